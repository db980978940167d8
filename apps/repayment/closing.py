"""Closing a business date for a range of sellers: read, compute with `day.close_seller`, write in bulk.

A date that a seller missed is closed as its own night would have closed it, value-dated, and booked on a date still
open.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F

from apps.banking.models import Instruction
from apps.core import bulk
from apps.core.dates import DAY, days_between
from apps.core.money import ZERO
from apps.core.states import ConcurrentTransition, move_all
from apps.financing.models import Financing
from apps.financing.services.participations import Moved, share_out
from apps.ledger import chart
from apps.ledger.services import Draft, Line, post_many
from apps.products.models import FundingPool
from apps.repayment.booking import Booking
from apps.repayment.changes import finish
from apps.repayment.chunk import Chunk
from apps.repayment.day import Closed, OpenDemand, SellerClosed, close_seller, near_breaches, quiet_through
from apps.repayment.entries import paid_lines
from apps.repayment.instalment_rows import write_rows
from apps.repayment.instalments import Row
from apps.repayment.models import Demand, Movement, NearBreach, Sweep
from apps.sellers.models import Seller

# What grows by the day: the account that is owed more, and its income.
ACCRUED = {
    "accrual": (chart.INTEREST, chart.INTEREST_INCOME),
    "penalty": (chart.PENALTY, chart.PENALTY_INCOME),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What closing a range did: numbers of things, and sums in the platform's currency."""

    sellers: int = 0
    financings: int = 0
    demands_raised: int = 0
    demands_breached: int = 0
    accrued: Decimal = ZERO
    sales: Decimal = ZERO
    kept: Decimal = ZERO
    fees_earned: Decimal = ZERO
    paid_out: Decimal = ZERO
    payouts: int = 0
    repaid: int = 0
    past_due: Decimal = ZERO

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def close_sellers(
    *,
    first_seller: int,
    last_seller: int,
    business_date: date,
    booking: Booking,
    behind: Mapping[int, date] | None = None,
    at: datetime,
    by: str,
) -> Counts:
    """Close `business_date` for the sellers whose ids lie between the two, both inclusive, in the running transaction.

    Each seller is locked, each financing closed once: what is closed already is not read again. The statements are as
    many for one seller as for thousands. `behind` names sellers whom earlier nights set aside, each with the first date
    that they missed: those dates are closed before. Raises ConcurrentTransition when a financing moved in spite of the
    lock.
    """
    caught_up = Counts()
    if behind:
        # Sellers are locked before the books, which the first date that is caught up takes.
        list(Seller.objects.select_for_update().filter(pk__range=(first_seller, last_seller)).order_by("pk").only("pk"))
    for seller_id, first_missed in sorted((behind or {}).items()):
        caught_up += catch_up(
            seller_id=seller_id, first=first_missed, last=business_date - DAY, booking=booking, at=at, by=by
        )
    return caught_up + _close(first_seller, last_seller, business_date, booking, at, by)


def catch_up(*, seller_id: int, first: date, last: date, booking: Booking, at: datetime, by: str) -> Counts:
    """Close the dates from `first` through `last`, both inclusive, for a seller whom their nights set aside: one by
    one, each with its own proceeds, as if the night had run then, but booked on `booking.on` and value-dated.

    A date that is closed is left as it is. The caller holds the seller. The counts name what was done, not whom.
    """
    counts = Counts()
    for missed in days_between(first, last):
        counts += _close(seller_id, seller_id, missed, booking, at, by)
    return replace(counts, sellers=0, financings=0, past_due=ZERO)


def _close(first: int, last: int, business_date: date, booking: Booking, at: datetime, by: str) -> Counts:
    chunk = Chunk(first_seller=first, last_seller=last, business_date=business_date)
    quiet = Counts(sellers=chunk.quiet_sellers, financings=chunk.quiet_financings)
    closed = [close_seller(seller, business_date) for seller in chunk.sellers()]
    if not closed:
        return quiet
    writer = _Writer(closed, chunk, business_date, booking, f"{first}-{last}", at, by)
    counts = quiet + writer.counts()  # before the writing, which ends with the books that others wait for
    writer.write()
    return counts


class _Writer:
    """Writes what a chunk computed. One method a table."""

    def __init__(
        self,
        closed: Sequence[SellerClosed],
        chunk: Chunk,
        business_date: date,
        booking: Booking,
        name: str,
        at: datetime,
        by: str,
    ) -> None:
        self.closed = closed
        self.chunk = chunk
        self.date = business_date
        self.day = business_date.isoformat()  # as COPY takes it, made once for all rows
        self.booking = booking
        self.booked_on = booking.on.isoformat()
        self.is_missed = booking.on != business_date
        self.name = name
        self.at = at
        self.by = by
        self.currency = closed[0].before.currency
        self.financings: list[Closed] = [one for seller in closed for one in seller.financings]
        self.repaid = [one.before.id for one in self.financings if not one.owed.total]
        self.with_money = [one for one in closed if one.before.sales.captured or _gave_back(one) or one.paid_out]

    def write(self) -> None:
        self._sweeps()
        self._payouts()
        self._movements()
        self._financings()
        self._demands()
        self._near_breaches()
        write_rows(self._rows_moved(), at=self.at, by=self.by)
        self._repaid()
        self._sellers()
        # Rows that other chunks write too come last, so that nobody waits long for them.
        post_many(self._entries(), business_date=self.booking.on, currency=self.currency, at=self.at, by=self.by)
        self._pools()

    def counts(self) -> Counts:
        raised = sum(1 for one in self.financings for demand in one.demands if demand.id is None)
        raised += sum(one.demands_raised - one.before.demands_raised for one in self.financings if one.rows)
        missed = sum(1 for was, now in self._rows_moved() if now.state == "breached" != was.state)
        return Counts(
            sellers=len(self.closed),
            financings=len(self.financings),
            demands_raised=raised,
            demands_breached=missed + sum(1 for demand in self._decided("breached")),
            accrued=sum((one.interest_posted for one in self.financings), ZERO),
            sales=sum((seller.before.sales.net for seller in self.closed), ZERO),
            kept=sum((seller.kept for seller in self.closed), ZERO),
            fees_earned=sum((one.paid.fee for one in self.financings), ZERO),
            paid_out=sum((seller.paid_out for seller in self.closed), ZERO),
            payouts=sum(1 for seller in self.closed if seller.paid_out),
            repaid=len(self.repaid),
            past_due=sum((one.past_due for one in self.financings), ZERO),
        )

    def _sweeps(self) -> None:
        bulk.copy_rows(
            Sweep,
            [
                "seller_id", "business_date", "currency", "captured", "refunded", "charged_back", "brought_forward",
                "kept", "paid_out", "carried_forward", "state",
            ],
            (
                (
                    seller.before.id, self.day, seller.before.currency, seller.before.sales.captured,
                    seller.before.sales.refunded, seller.before.sales.charged_back, seller.before.balance,
                    seller.kept, seller.paid_out, seller.carried_forward, "posted" if seller.kept else "released",
                )
                for seller in self.with_money
            ),
        )  # fmt: skip

    def _payouts(self) -> None:
        day = f"{self.date:%Y%m%d}"
        bulk.copy_rows(
            Instruction,
            [
                "key", "reference", "kind", "subject", "from_purpose", "to_account_id", "amount", "currency",
                "business_date", "batch_id",
            ],
            (
                (
                    f"payout:{self.day}:{seller.before.id}", f"P{day}-{seller.before.id}", "payout",
                    f"seller:{seller.before.id}", "collection", self.chunk.payout_accounts[seller.before.id],
                    seller.paid_out, seller.before.currency, self.booked_on, self.booking.batch,
                )
                for seller in self.closed
                if seller.paid_out
            ),
        )  # fmt: skip

    def _movements(self) -> None:
        columns = [
            "financing_id", "business_date", "kind", "reason", "key", "penalty", "fee", "interest", "principal",
            "outstanding", "entry_key",
        ]  # fmt: skip
        if self.is_missed:
            rows = ((*row, self.day) for row in self._movement_rows(f"@{self.day}"))
            bulk.copy_rows(Movement, [*columns, "effective_on"], rows)
        else:
            bulk.copy_rows(Movement, columns, self._movement_rows())

    def _movement_rows(self, again: str = "") -> Iterator[tuple[object, ...]]:
        """The movements; `again` ends the keys of those that are not the first of their kind in the books of a date."""
        accrual, penalty, sweep = f"accrual{again}", f"penalty{again}", f"sweep{again}"
        for one in self.financings:
            if one.interest_posted:
                yield (
                    one.before.id, self.booked_on, "accrual", "interest", accrual, ZERO, ZERO, one.interest_posted,
                    ZERO, one.before.owed.total + one.interest_posted, self._accrual_key(one.before.terms.product),
                )  # fmt: skip
            if one.penalty_posted:
                yield (
                    one.before.id, self.booked_on, "penalty", "penalty", penalty, one.penalty_posted, ZERO, ZERO, ZERO,
                    one.before.owed.total + one.interest_posted + one.penalty_posted,
                    self._accrual_key(one.before.terms.product, "penalty"),
                )  # fmt: skip
            if one.paid.total:
                paid = one.paid
                yield (
                    one.before.id, self.booked_on, "sweep", "automatic_withholding", sweep, -paid.penalty, -paid.fee,
                    -paid.interest, -paid.principal, one.owed.total, self._sweep_key(one),
                )  # fmt: skip

    def _financings(self) -> None:
        rows = [
            (
                one.before.id, one.owed.penalty, one.owed.fee, one.owed.interest, one.owed.principal, one.accrued,
                one.before.accrued_posted + one.interest_posted, self.day, one.demands_raised, one.past_due,
                one.days_past_due, quiet_through(one, self.date), one.before.closed_through,
            )
            for one in self.financings
        ]  # fmt: skip
        columns = [
            "penalty", "fee", "interest", "principal", "accrued", "accrued_posted", "closed_through", "demands_raised",
            "past_due", "days_past_due", "quiet_through",
        ]  # fmt: skip
        if bulk.update_rows(Financing, columns, rows, guards=["closed_through"]) != len(rows):
            raise ConcurrentTransition("A financing of this range was closed by another night.")
        penalised = [
            (one.before.id, one.penalty_accrued, one.before.extras.penalty_posted + one.penalty_posted)
            for one in self.financings
            if one.before.terms.penalises and one.penalty_accrued != one.before.extras.penalty_accrued
        ]
        bulk.update_rows(Financing, ["penalty_accrued", "penalty_posted"], penalised)

    def _demands(self) -> None:
        raised = [(one.before.id, demand) for one in self.financings for demand in one.demands if demand.id is None]
        ids = bulk.next_ids(Demand, len(raised)) if raised else []
        fresh = [(key, demand._replace(id=new)) for (key, demand), new in zip(raised, ids, strict=True)]
        bulk.copy_rows(
            Demand,
            ["id", "financing_id", "number", "kind", "starts_on", "due_on", "amount", "paid", "state"],
            (
                (new.id, key, new.number, new.kind, new.starts_on, new.due_on, new.amount, new.paid, "open")
                for key, new in fresh
            ),
        )
        known = {
            demand.id: demand
            for one in self.financings
            if one.demands is not one.before.demands
            for demand, before in zip(one.demands, one.before.demands, strict=False)
            if demand is not before
        }
        bulk.update_rows(Demand, ["paid"], [(demand.id, demand.paid) for demand in known.values()])
        for verb, state in (("pay", "met"), ("end", "breached")):
            keys = [demand.id for demand in self._decided(state) if demand.id in known]
            keys += [demand.id for _key, demand in fresh if demand.state == state]
            if keys:
                move_all(list(Demand.objects.filter(pk__in=keys)), verb, at=self.at, by=self.by)

    def _near_breaches(self) -> None:
        """What the checks inside the periods found tonight."""
        rows = [
            (one.before.id, found.number, check.on.isoformat(), check.expected, found.paid)
            for one in self.financings
            if one.before.terms.near_breach_checks
            for found, check in near_breaches(one, self.currency, self.date)
        ]
        if rows:
            columns = ["financing_id", "number", "checked_on", "expected", "paid"]
            bulk.copy_rows(NearBreach, columns, rows)

    def _decided(self, state: str) -> Iterator[OpenDemand]:
        """The demands that reached `state` tonight."""
        for one in self.financings:
            decided = [demand for demand in one.demands if demand.state == state]
            if decided:
                before = {demand.id: demand.state for demand in one.before.demands}
                yield from (demand for demand in decided if before.get(demand.id, "open") == "open")

    def _rows_moved(self) -> list[tuple[Row, Row]]:
        """The instalments that the night raised, paid or decided, before and after."""
        return [
            (was, now)
            for one in self.financings
            if one.rows is not one.before.rows
            for was, now in zip(one.before.rows, one.rows, strict=True)
            if was != now
        ]

    def _repaid(self) -> None:
        if self.repaid:
            financings = list(Financing.objects.filter(pk__in=self.repaid).order_by("pk"))
            finish(financings, on=self.booking.on, at=self.at, by=self.by, reason="repaid in full")

    def _sellers(self) -> None:
        rows = [
            (seller.before.id, seller.carried_forward, seller.worst_days_past_due)
            for seller in self.closed
            if seller.carried_forward != seller.before.balance
            or seller.worst_days_past_due != self.chunk.worst_before[seller.before.id]
        ]
        bulk.update_rows(Seller, ["balance", "worst_days_past_due"], rows)

    def _entries(self) -> Iterator[Draft]:
        accrued: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for one in self.financings:
            accrued["accrual", one.before.terms.product] += one.interest_posted
            if one.penalty_posted:
                accrued["penalty", one.before.terms.product] += one.penalty_posted
        for (kind, product), amount in accrued.items():
            if amount > 0:
                key = self._accrual_key(product, kind)
                yield Draft(key, kind, f"product:{product}", (Line(*ACCRUED[kind], amount),))
        for seller in self.with_money:
            yield Draft(
                f"sales:{self.day}:{seller.before.id}", "sales", f"seller:{seller.before.id}", _sales_lines(seller)
            )
        for one in self.financings:
            if one.paid.total:
                paid = tuple(paid_lines(chart.SELLER_PAYABLE, one.paid))
                yield Draft(self._sweep_key(one), "sweep", f"financing:{one.before.id}", paid)

    def _accrual_key(self, product: str, kind: str = "accrual") -> str:
        return f"{kind}:{self.day}:{product}:{self.name}"

    def _sweep_key(self, one: Closed) -> str:
        return f"sweep:{self.day}:{one.before.id}"

    def _pools(self) -> None:
        repaid: defaultdict[int | None, Decimal] = defaultdict(lambda: ZERO)
        swept: defaultdict[int | None, Decimal] = defaultdict(lambda: ZERO)
        for one in self.financings:
            repaid[one.before.pool_id] += one.paid.principal
            if self.booking.is_late:
                swept[one.before.pool_id] += one.paid.total
        if None in repaid:
            self._shared()
        moved = [pool_id for pool_id, amount in repaid.items() if pool_id is not None and (amount or swept[pool_id])]
        for pool_id in sorted(moved):
            FundingPool.objects.filter(pk=pool_id).update(
                drawn=F("drawn") - repaid[pool_id], collected=F("collected") + swept[pool_id]
            )

    def _shared(self) -> None:
        """What financings that several pools fund were repaid; it waits at the pools for tonight's transfers."""
        moved = [
            Moved(one.before.id, self._sweep_key(one), one.paid.principal, one.paid.total - one.paid.principal)
            for one in self.financings
            if one.before.pool_id is None and one.paid.total
        ]
        if moved:
            share_out(moved, on=self.booking.on)


def _gave_back(seller: SellerClosed) -> bool:
    sales = seller.before.sales
    return bool(sales.refunded or sales.charged_back)


def _sales_lines(seller: SellerClosed) -> tuple[Line, ...]:
    """What the settlement owes the seller, less what went back to buyers, less what is paid out."""
    sales = seller.before.sales
    candidates = (
        Line(chart.SETTLEMENT_RECEIVABLE, chart.SELLER_PAYABLE, sales.captured),
        Line(chart.SELLER_PAYABLE, chart.SETTLEMENT_RECEIVABLE, sales.refunded + sales.charged_back),
        Line(chart.SELLER_PAYABLE, chart.PAYOUTS_IN_TRANSIT, seller.paid_out),
    )
    return tuple(line for line in candidates if line.amount)
