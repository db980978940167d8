"""A demo platform's days go on: no marketplace and no bank is behind it, so what they would tell is made up here."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from apps.banking.models import PaymentBatch
from apps.banking.models.payments import WITHDRAWAL
from apps.banking.services import approve_and_send
from apps.core.dates import DAY, days_between, local_date
from apps.core.money import round_money
from apps.orders.models import IN_RETURN_WINDOW, Order
from apps.orders.services import Refund, SettlementLine, record_refunds, record_settlement
from apps.portal.demo.feed import take_in_orders
from apps.portal.demo.market import Market
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.night import Clock, missing_dates, run_night
from apps.reconciliation.portfolio import make_missing_days
from apps.tenants.models import Platform

BY = "demo"
CLERK = "demo:clerk"
SETTLED_AFTER = timedelta(days=14)
NEWS_WITHIN = timedelta(days=14)
RETURNED_WITHIN = timedelta(days=6)
LATE_SETTLEMENTS = timedelta(days=10)
PARTS = (Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(1))


def go_on(*, market: Market, platform: Platform, at: datetime) -> None:
    """Bring a demo platform up to instant `at`: once an hour what its marketplace tells (orders, returns, the day's
    settlement), and every time what its bank booked. Asked again, it adds only what is new.

    While an earlier date's night is still to run nothing happens: its books are about to be closed.
    """
    today = platform.business_date(at)
    if missing_dates(platform=platform, through=today - DAY):
        return
    hour = at.astimezone(platform.zone).replace(minute=0, second=0, microsecond=0)
    if take_in_orders(market, platform, first=today - NEWS_WITHIN, known_at=hour):
        _return_orders(market, platform, today, at)
        _settle(platform, today, at)
    _bank(platform, today, at)


def catch_up(*, market: Market, platform: Platform, at: datetime) -> int:
    """Live through the dates whose night was missed while nobody ran the platform, each whole before its night; returns
    how many. A night that fails is left to people."""
    days = 0
    for day in missing_dates(platform=platform, through=platform.last_due_date(at)):
        midnight = datetime.combine(day + DAY, time.min, tzinfo=platform.zone)
        go_on(market=market, platform=platform, at=midnight - timedelta(seconds=1))
        night = datetime.combine(day + DAY, platform.cut_off, tzinfo=platform.zone)
        run = run_night(platform=platform, business_date=day, clock=_standing_at(night), by="night")
        if not run.is_over:
            break
        make_missing_days(currency=platform.currency, at=night)
        days += 1
    return days


def _standing_at(at: datetime) -> Clock:
    return lambda: at


def _return_orders(market: Market, platform: Platform, today: date, at: datetime) -> None:
    """Some of the orders that arrived within the last days go back, whole or in part, one to five days later."""
    since = datetime.combine(today - RETURNED_WITHIN, time.min, tzinfo=platform.zone)
    arrived = Order.objects.filter(state="delivered", delivered_at__gte=since).select_related("seller")
    refunds = []
    for order in arrived.order_by("pk"):
        luck = Random(f"{market.seed}:return:{order.external_id}")  # noqa: S311  the same for whoever asks
        part, days = luck.choice(PARTS), luck.randint(1, 5)
        arrived_on = local_date(order.delivered_at or at, platform.zone)
        if luck.random() < market.returned_share and arrived_on + timedelta(days=days) <= today:
            refunds.append(Refund(order_id=order.pk, amount=round_money(order.paid * part, order.currency)))
    record_refunds(refunds=[refund for refund in refunds if refund.amount > 0], at=at, by=BY)


def _settle(platform: Platform, today: date, at: datetime) -> None:
    """The settlement of `today`: what arrived a fortnight ago, less what went back."""
    due = datetime.combine(today - SETTLED_AFTER + DAY, time.min, tzinfo=platform.zone)
    orders = Order.objects.filter(
        state__in=[*IN_RETURN_WINDOW, "completed"],
        delivered_at__lt=due,
        delivered_at__gte=due - LATE_SETTLEMENTS,
        paid__gt=0,
        proceeds=None,
    ).select_related("seller")
    lines = []
    for order in orders.order_by("pk"):
        for kind, amount in (("capture", order.paid), ("refund", order.refunded)):
            if amount:
                key = f"{kind}:{order.seller.external_id}:{order.external_id}"
                lines.append(
                    SettlementLine(key=key, seller_id=order.seller_id, order_id=order.pk, kind=kind, amount=amount)
                )
    record_settlement(lines=lines, settled_on=today, at=at, by=BY)


def _bank(platform: Platform, today: date, at: datetime) -> None:
    """The bank books disbursements, settlements and payouts. Payouts that nobody on the desk has approved for a day, a
    clerk approves."""
    waiting = PaymentBatch.objects.filter(state="built", business_date__lt=today - DAY)
    for batch in waiting.exclude(key__startswith=WITHDRAWAL).order_by("pk"):  # those are the financiers' to approve
        approve_and_send(batch_id=batch.pk, at=at, by=CLERK)
    for day in days_between(today - LATE_SETTLEMENTS, today - DAY):
        book_settlement(of=day, on=today, currency=platform.currency)
    book_payments(on=today)
    match_bank_lines(business_date=today, at=at, by=BY)
