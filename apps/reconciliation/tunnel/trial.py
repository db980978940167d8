"""One seller's past lived through again under one product. Pure: what the night does with rows, here in memory, with
the night's own functions for records, limits, offers, amounts, contracts and the closing of each day.

The seller has this product alone, and the fund never runs out. A financing is drawn, signed and paid out on one day.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import NamedTuple

from apps.core.money import ZERO, is_payable
from apps.financing.headroom import eligible_value, end_of_offer, largest_amount
from apps.financing.minimums import frozen_minimums
from apps.financing.pricing import pace_of
from apps.financing.refusals import OfferRefused
from apps.financing.services.receivables import FreeOrder, choose_orders
from apps.financing.services.terms import all_fees
from apps.orders.running import RunningHistory
from apps.products.terms import RECEIVABLE, Terms
from apps.reconciliation.policy import chance, wanted
from apps.reconciliation.tunnel.lived import Lived, ready, take
from apps.reconciliation.tunnel.past import Course, SellerPast
from apps.repayment.day import (
    NO_EXTRAS,
    Balance,
    Extras,
    SellerDay,
    age,
    close_seller,
)
from apps.repayment.instalments import rows_of
from apps.repayment.periods import Minimums
from apps.repayment.waterfall import Parts
from apps.risk.scorecard import MINIMUM_ACTIVE_MONTHS, Record, Result, assess, same_verdict, turns_of
from apps.risk.services import record_of

TURNS = frozenset(int(turn) for turn in turns_of("days_selling"))
LATE_TURNS = sorted(int(turn) for turn in turns_of("days_past_due"))
FOUR_PLACES = Decimal("0.0001")
NEVER = date.max.toordinal()


class Known(NamedTuple):
    """The assessment that offers rest on: that of the night in which score, grade or limit changed last."""

    result: Result
    record: Record
    on: date
    daily_sales: Decimal


class Records:
    """What the scorecard says night after night, asked again only when something changed that it reads."""

    def __init__(self, past: SellerPast) -> None:
        self._history = RunningHistory(past.orders)
        self._first = min((one.placed_on for one in past.orders), default=0)
        self._results: dict[int, tuple[Record, Result] | None] = {}
        self.changed_on = 0

    def through(self, day: int) -> None:
        """Move to the end of `day`. `changed_on` is the last one on which results may have changed."""
        if self._history.through(day) or day - self._first in TURNS:
            self._results.clear()
            self.changed_on = day

    def result(self, day: int, days_past_due: int) -> tuple[Record, Result] | None:
        """The record and the result of a seller so many days past due; None with too little to be assessed at all.
        Between two turns of the points, days past due make no difference."""
        turn = LATE_TURNS[bisect_right(LATE_TURNS, days_past_due) - 1]
        if turn not in self._results:
            self._results[turn] = self._assess(day, turn)
        return self._results[turn]

    def _assess(self, day: int, days_past_due: int) -> tuple[Record, Result] | None:
        if self._history.active_months < MINIMUM_ACTIVE_MONTHS:
            return None
        history = self._history.history(day)
        if history is None:
            return None
        record = record_of(history, days_past_due, date.fromordinal(day))
        return record, assess(record)


class Lots:
    """Whether a seller takes an open offer of a product on a day: one lot a day, whichever version is on offer."""

    def __init__(self, course: Course, seller: str, product: str) -> None:
        self._least, self._names = course.policy.accept_share, (course.seed, "accept", seller, product)
        self._day, self._takes, self._luck = 0, False, Random(0)  # noqa: S311  never used before it is seeded

    def luck(self, day: int) -> Random | None:
        """The luck that says how much is drawn on `day`; None when the seller lets the offer lie."""
        if day != self._day:
            self._day, self._takes = day, self._drawn(day).random() < self._least
        if not self._takes:
            return None
        luck = self._drawn(day)
        luck.random()  # the lot of the day
        return luck

    def _drawn(self, day: int) -> Random:
        return chance(*self._names, date.fromordinal(day), again=self._luck)


class Standing(NamedTuple):
    """An open offer."""

    most: Decimal
    known: Known
    expires_on: date


@dataclass(slots=True)
class Trial:
    """A seller under `terms`, moved from day to day by `live`.

    exposure        principal owed
    still_through   the day through which nothing happens to any financing unless money comes in
    quiet_through   the day through which nights find each offer as they left it, unless money comes in, the seller
                    draws, or the record changes: nobody is late, and no offer runs out
    """

    past: SellerPast
    terms: Terms
    lots: Lots
    offer: Standing | None = None
    known: Known | None = None
    qualified_on: date | None = None
    most_offered: Decimal = ZERO
    answered: tuple[Known, Decimal, Decimal, Decimal] | None = None
    balance: Decimal = ZERO
    worst_days: int = 0
    running: list[Lived] = field(default_factory=list)
    financings: list[Lived] = field(default_factory=list)
    exposure: Decimal = ZERO
    still_through: int = NEVER
    quiet_through: int = 0

    def live(self, day: int, records: Records) -> None:
        """One day and its night: the seller may draw, the day is closed, offers are brought in line."""
        drawn = self._draw(day) if self.offer is not None else None
        brings_money = day in self.past.money
        if drawn is None and day <= self.quiet_through and not brings_money and records.changed_on != day:
            return
        on = date.fromordinal(day)
        if day <= self.still_through and not brings_money:
            self._grow_older(on)
        else:
            self._close(day, on)
        if drawn is not None:
            self.running.append(drawn)
            self.financings.append(drawn)
            self.exposure += drawn.amount
            self.still_through = 0  # its first night has not been
        self._offer(day, on, records)
        self.quiet_through = self._quiet_through()

    def _quiet_through(self) -> int:
        if self.terms.technique == RECEIVABLE:  # orders come and go
            return 0
        if self.worst_days or any(one.balance.past_due for one in self.running):  # days count, those of grace too
            return 0
        if self.offer is None:
            return self.still_through
        return min(self.still_through, self.offer.expires_on.toordinal() - 1)

    # The seller

    def _draw(self, day: int) -> Lived | None:
        offer, terms, luck = self.offer, self.terms, self.lots.luck(day)
        if offer is None or luck is None:
            return None
        amount = wanted(luck, offer.most, terms.minimum_amount)
        if not is_payable(amount, terms.currency) or amount > min(offer.most, offer.known.result.limit - self.exposure):
            return None
        try:
            lived = self._contract(offer, amount, day, date.fromordinal(day))
        except OfferRefused:
            return None  # the orders do not carry it
        self.offer = None
        return lived

    def _contract(self, offer: Standing, amount: Decimal, day: int, on: date) -> Lived:
        terms, known = self.terms, offer.known
        pledged: tuple[int, ...] = ()
        due_on = None
        if terms.technique == RECEIVABLE:
            orders = choose_orders(amount, terms, known.record.returned, self._free(day), on)
            pledged, due_on = tuple(one.order_id for one in orders), max(one.expected_on for one in orders)
        fee = all_fees(terms, amount)
        minimums = self._minimums(amount + fee, known, on) if terms.freezes_minimums else []
        rows = rows_of(terms, amount, fee, on) if terms.plan else ()
        balance = Balance(
            id=len(self.financings),
            terms=terms,
            pool_id=0,
            owed=Parts(fee=fee, principal=amount),
            lent=amount + fee,
            accrued=ZERO,
            accrued_posted=ZERO,
            disbursed_on=on,
            due_on=rows[-1].due_on if rows else due_on,
            closed_through=on,
            accrued_through=on,
            annual_rate=None,
            paused_days=0,
            demands_raised=0,
            past_due=ZERO,
            sweep_rate=terms.sweep_rate,
            demands=(),
            extras=Extras(minimums=Minimums(terms.period_days, tuple(minimums))) if minimums else NO_EXTRAS,
        )
        return Lived(balance, on, amount, fee, known.result.default_probability, pledged, rows)

    def _minimums(self, owed: Decimal, known: Known, on: date) -> list[Decimal]:
        _daily, days = pace_of(owed=owed, daily_sales=known.daily_sales, terms=self.terms)
        return frozen_minimums(
            owed=owed,
            terms=self.terms,
            expected_days=days,
            monthly=known.record.monthly,
            known_on=known.on,
            begins_after=on,
        )

    def _free(self, day: int) -> Iterator[FreeOrder]:
        """The orders that may be assigned in the course of `day`, the latest delivered first."""
        taken = {order for one in self.running for order in one.pledged}
        for arrived in range(day - 1, day - self.terms.settlement_days - 1, -1):
            for one in self.past.arrivals.get(arrived, ()):
                state = one.standing(morning=day, nights=day - 1) if one.id not in taken else ""
                if state:
                    yield one.as_free(state, day, self.past.currency)

    # The night

    def _close(self, day: int, on: date) -> None:
        pledged = {order: one.balance.id for one in self.running for order in one.pledged}
        closed = close_seller(
            SellerDay(
                id=self.past.id,
                currency=self.past.currency,
                balance=self.balance,
                sweep_cap=self.past.sweep_cap,
                may_be_paid=True,
                sales=self.past.sales(day, pledged),
                financings=tuple(ready(one, on) for one in self.running),
            ),
            on,
        )
        self.balance, self.worst_days = closed.carried_forward, closed.worst_days_past_due
        for lived, after in zip(self.running, closed.financings, strict=True):
            take(lived, after, on)
        if any(one.repaid_on for one in self.running):
            self.running = [one for one in self.running if not one.repaid_on]
        self.exposure = sum((one.balance.owed.principal for one in self.running), ZERO)
        ends = [one.still_through.toordinal() if one.still_through else 0 for one in self.running]
        self.still_through = min(ends, default=NEVER)

    def _grow_older(self, on: date) -> None:
        """A night in which nothing happens but that what is past due is so for a day more."""
        if not self.worst_days and not any(one.balance.past_due for one in self.running):
            return
        for one in self.running:
            now = one.balance
            if one.days_past_due:
                one.days_past_due += 1
            elif now.past_due:
                one.days_past_due = age(now.demands, now.owed, on, now.terms.grace_days)[1]
            one.worst_days = max(one.worst_days, one.days_past_due)
        if self.running:
            self.worst_days = max(one.days_past_due for one in self.running)

    def _offer(self, day: int, on: date, records: Records) -> None:
        found = records.result(day, self.worst_days)
        if found is None or not found[1].grade:
            self.known = self.offer = None
            return
        record, result = found
        if self.known is None or not same_verdict(self.known.result, result):
            self.known = Known(result, record, on, record.daily_sales.quantize(FOUR_PLACES))
        amount = ZERO if self.worst_days else self._largest(self.known, day)
        if self.offer and end_of_offer(self.offer.most, self.offer.expires_on, amount, on):
            self.offer = None
        if self.offer is None and amount:
            self.offer = Standing(amount, self.known, date.fromordinal(day + self.terms.offer_valid_days))
            self.qualified_on = self.qualified_on or on
            self.most_offered = max(self.most_offered, amount)

    def _largest(self, known: Known, day: int) -> Decimal:
        """The largest amount to offer; asked again for the same facts, what was answered the night before."""
        exposure = self.exposure
        eligible = self._eligible(known, day) if self.terms.technique == RECEIVABLE else ZERO
        if self.answered is not None and self.answered[0] is known and self.answered[1:3] == (exposure, eligible):
            return self.answered[3]
        amount = largest_amount(
            terms=self.terms,
            limit=known.result.limit,
            exposure=exposure,
            pool_headroom=self.terms.maximum_amount,
            daily_sales=known.daily_sales,
            eligible=eligible,
        )
        self.answered = (known, exposure, eligible, amount)
        return amount

    def _eligible(self, known: Known, day: int) -> Decimal:
        """What the orders count for that are free at the end of `day` and whose money comes after tomorrow."""
        taken = {order for one in self.running for order in one.pledged}
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for arrived in range(day + 2 - self.terms.settlement_days, day + 1):
            for one in self.past.arrivals.get(arrived, ()):
                state = one.standing(morning=day, nights=day) if one.id not in taken else ""
                if state:
                    paid, refunded = sums.get(state, (ZERO, ZERO))
                    sums[state] = paid + one.paid, refunded + one.refunded(day)
        return sum(
            (
                eligible_value(paid, refunded, state, known.record.returned, self.past.currency)
                for state, (paid, refunded) in sums.items()
            ),
            ZERO,
        )


def live_through(past: SellerPast, versions: Iterable[Terms], course: Course) -> list[Trial]:
    """The seller's days from first to last of `course`, under each of `versions` by itself."""
    records = Records(past)
    versions = list(versions)
    lots = {terms.product: Lots(course, past.external_id, terms.product) for terms in versions}
    trials = [Trial(past, terms, lots[terms.product]) for terms in versions]
    for day in range(course.first, course.last + 1):
        records.through(day)
        for trial in trials:
            trial.live(day, records)
    return trials
