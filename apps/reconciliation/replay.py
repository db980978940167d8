"""Living through imported history again, day by day, with the services that people and the night use.

What the import does not tell is a stated policy (`policy`): the same seed gives the same cents.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.db.models import F, Sum

from apps.banking.models import PaymentBatch
from apps.banking.services import approve_and_send
from apps.core.dates import DAY, days_between
from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.financing.refusals import ContractRefused, OfferRefused
from apps.financing.services import accept_offer, render_contract, sign_contract
from apps.ledger import calendar, chart
from apps.ledger.models import DailyTotal
from apps.orders.models import IN_RETURN_WINDOW, Order
from apps.orders.services import Refund, SettlementLine, record_refunds, record_settlement
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.models import Break, NightlyRun
from apps.reconciliation.night import run_night
from apps.reconciliation.policy import Policy, chance, fate_of, wanted
from apps.risk.models import Assessment
from apps.tenants.models import Platform

BY = "replay"
CLERK = "replay:clerk"


@dataclass(frozen=True, slots=True)
class Month:
    """One line of the month table; money in the platform's currency, `outstanding` and `overdue` at the month's end."""

    month: str
    advanced: Decimal
    earned: Decimal
    repaid: Decimal
    outstanding: Decimal
    overdue: Decimal
    limit_use: Decimal
    breaks: int
    financings: int


@dataclass(frozen=True, slots=True)
class Sold:
    """One order that arrived, and how much of what was paid for it goes back."""

    order_id: int
    seller_id: int
    external_id: str
    seller: str
    paid: Decimal
    given_back: Decimal


class Replay:
    """Drives a platform from `first` to `last`, both inclusive; `pdfs` limits how many contracts become PDFs."""

    def __init__(
        self, *, platform: Platform, first: date, last: date, seed: int, pdfs: int, policy: Policy | None = None
    ) -> None:
        self.platform = platform
        self.first = first
        self.last = last
        self.seed = seed
        self.pdfs = pdfs
        self.policy = policy or Policy()
        self.refunds: dict[date, list[Sold]] = defaultdict(list)
        self.settlements: dict[date, list[Sold]] = defaultdict(list)
        self.chargebacks: dict[date, list[Sold]] = defaultdict(list)

    def run(self) -> Iterator[Month]:
        """Live through every date and yield a line of the table at each month's end (and at the last date)."""
        calendar.open_books(first_date=self.first)
        self._read_history()
        for day in days_between(self.first, self.last):
            self._live(day)
            if (day + DAY).month != day.month or day == self.last:
                yield self._month(day)

    def _read_history(self) -> None:
        """Decide, once, what becomes of each order that arrives in the time to live through."""
        orders = Order.objects.filter(
            state__in=[*IN_RETURN_WINDOW, "completed"], delivered_at__isnull=False, paid__gt=0
        )
        rows = orders.values_list(
            "id", "seller_id", "external_id", "seller__external_id", "paid", "currency", "delivered_at", "state"
        ).order_by("seller__external_id", "external_id")
        for order_id, seller_id, external_id, seller, paid, currency, delivered_at, state in rows.iterator():
            arrived = delivered_at.astimezone(self.platform.zone).date()
            settled = arrived + timedelta(days=self.policy.settlement_days)
            if settled < self.first or arrived > self.last:
                continue
            fate = fate_of(
                self.policy,
                chance(self.seed, "order", seller, external_id),
                paid=paid,
                currency=currency,
                arrived=arrived,
                may_return=state == "delivered" and arrived >= self.first,
            )
            sold = Sold(order_id, seller_id, external_id, seller, paid, fate.given_back)
            if fate.refunded_on:
                self.refunds[fate.refunded_on].append(sold)
            if fate.given_back < paid:
                self.settlements[fate.settled_on].append(sold)
            if fate.charged_back_on:
                self.chargebacks[fate.charged_back_on].append(sold)

    def _live(self, day: date) -> None:
        morning = datetime.combine(day, time(9), tzinfo=self.platform.zone)
        for batch in PaymentBatch.objects.filter(state="built", business_date__lt=day).order_by("pk"):
            approve_and_send(batch_id=batch.pk, at=morning, by=CLERK)
        book_settlement(of=day - DAY, on=day, currency=self.platform.currency)
        book_payments(on=day)
        self._feed(day, morning)
        self._sellers_act(day, datetime.combine(day, time(11), tzinfo=self.platform.zone))
        book_payments(on=day)
        match_bank_lines(business_date=day, at=datetime.combine(day, time(16), tzinfo=self.platform.zone), by=BY)
        night = datetime.combine(day + DAY, self.platform.cut_off, tzinfo=self.platform.zone)
        run_night(platform=self.platform, business_date=day, clock=lambda: night, by="night")

    def _feed(self, day: date, at: datetime) -> None:
        """The platform's news of the day: returns, settlements, chargebacks."""
        record_refunds(
            refunds=[Refund(order_id=sold.order_id, amount=sold.given_back) for sold in self.refunds.pop(day, [])],
            at=at,
            by=BY,
        )
        lines = []
        for sold in self.settlements.pop(day, []):
            lines.append(self._line(sold, "capture", sold.paid))
            if sold.given_back:
                lines.append(self._line(sold, "refund", sold.given_back))
        lines.extend(
            self._line(sold, "chargeback", sold.paid - sold.given_back) for sold in self.chargebacks.pop(day, [])
        )
        record_settlement(lines=lines, settled_on=day, at=at, by=BY)

    def _line(self, sold: Sold, kind: str, amount: Decimal) -> SettlementLine:
        return SettlementLine(
            key=f"{kind}:{sold.seller}:{sold.external_id}",
            seller_id=sold.seller_id,
            order_id=sold.order_id,
            kind=kind,
            amount=amount,
        )

    def _sellers_act(self, day: date, at: datetime) -> None:
        offers = Offer.objects.acceptable(day).select_related("seller").order_by("seller__external_id", "product_code")
        taken: set[int] = set()
        for offer in offers:
            luck = chance(self.seed, "accept", offer.seller.external_id, offer.product_code, day)
            if luck.random() < self.policy.accept_share and offer.seller_id not in taken:
                taken.add(offer.seller_id)
                self._draw(offer, luck, day, at)

    def _draw(self, offer: Offer, luck: Random, day: date, at: datetime) -> None:
        amount = wanted(luck, offer.maximum_amount, offer.minimum_amount)
        by = f"seller:{offer.seller_id}"
        try:
            contract = accept_offer(
                offer_id=offer.pk,
                seller_id=offer.seller_id,
                amount=amount,
                business_date=day,
                zone=self.platform.zone,
                language=offer.seller.language,
                at=at,
                by=by,
            )
            render_contract(contract_id=contract.pk, as_pdf=self.pdfs > 0, at=at, by=BY)
            self.pdfs -= 1
            sign_contract(contract_id=contract.pk, seller_id=offer.seller_id, business_date=day, at=at, by=by)
        except (OfferRefused, ContractRefused):
            return  # the fund or the orders were used up by someone quicker, as happens to people too

    def _month(self, day: date) -> Month:
        first = max(day.replace(day=1), self.first)
        moved = self._moved(first, day)
        financings = Financing.objects.filter(disbursed_on__range=(first, day))
        earning = (chart.FEE_INCOME, chart.INTEREST_INCOME, chart.PENALTY_INCOME)
        owing = (chart.PRINCIPAL, chart.FEE, chart.INTEREST, chart.PENALTY)
        principal = Financing.objects.aggregate(total=Sum("principal"))["total"] or ZERO
        limits = sum(Assessment.objects.filter(business_date__lte=day).current().values_list("limit", flat=True), ZERO)
        return Month(
            month=f"{day:%Y-%m}",
            advanced=financings.aggregate(total=Sum("amount"))["total"] or ZERO,
            earned=sum((moved[code][1] - moved[code][0] for code in earning), ZERO),
            repaid=sum((moved[code][1] for code in owing), ZERO),
            outstanding=Financing.objects.aggregate(
                total=Sum(F("principal") + F("fee") + F("interest") + F("penalty"))
            )["total"]
            or ZERO,
            overdue=Financing.objects.active().aggregate(total=Sum("past_due"))["total"] or ZERO,
            limit_use=(principal / limits).quantize(Decimal("0.001")) if limits else ZERO,
            breaks=Break.objects.filter(opened_on__range=(first, day)).count(),
            financings=financings.count(),
        )

    def _moved(self, first: date, last: date) -> defaultdict[str, tuple[Decimal, Decimal]]:
        rows = (
            DailyTotal.objects.filter(business_date__range=(first, last))
            .values_list("account__code")
            .annotate(debit_sum=Sum("debits"), credit_sum=Sum("credits"))
        )
        moved: defaultdict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
        moved.update({code: (debits, credits) for code, debits, credits in rows})
        return moved


def failed_nights() -> list[NightlyRun]:
    """Nights that did not come to an end."""
    return [run for run in NightlyRun.objects.order_by("business_date") if not run.is_over]
