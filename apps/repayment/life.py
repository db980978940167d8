"""The life of one financing told from its facts: what each of them did, with interest to the day. Pure.

The night writes a life as it happens. When a fact is added, dated back or taken away, the same life is told again from
the start, and what differs from the books is what has to change. Amounts are Decimals in one currency; dates are
business dates, inclusive.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.core.dates import DAY
from apps.core.money import ZERO, round_money
from apps.core.wording import day_text, money_text
from apps.financing.penalties import Overdue
from apps.financing.schedule_terms import Rate
from apps.repayment import instalments
from apps.repayment.day import Balance, OpenDemand, accrue_penalty, age, due_demands, overdue_of, settle_demands
from apps.repayment.instalments import Rows, Standing
from apps.repayment.interest import accrue
from apps.repayment.rebates import rebate, spread_of, taken_off
from apps.repayment.waterfall import Due, Parts, allocate

SWEEP, PAYMENT, REFUND, WAIVER, CHARGE, RATE, WRITE_OFF, DUE_DATE, RESTRUCTURE, REFILL, RETURNED = (
    "sweep", "payment", "refund", "waiver", "charge", "rate", "write_off", "due_date", "restructure", "refill",
    "returned",
)  # fmt: skip
LAST_OF_THE_DAY = 1_000_000


class Refused(ValueError):
    """The facts cannot be true together; the message says why."""


class Fact(NamedTuple):
    """Something that happened to a financing. `amount` is positive; `parts` says what of, where the kind needs it.

    order      its place among the facts of one date
    identity   names it for ever, with its date: "sweep", "payment:3"
    booked_on  the date in whose books it first stood: it pays the demands that were raised by then
    to, more   of a new due date of instalments: when the next one is due, and how many are added at the end
    """

    on: date
    order: int
    identity: str
    kind: str
    booked_on: date
    amount: Decimal = ZERO
    parts: Parts = Parts()
    to: date | None = None
    more: int = 0


class Told(NamedTuple):
    """What a fact, or a day's interest, did: the change in what is owed by component, and in what is paid beyond it."""

    on: date
    order: int
    identity: str
    kind: str
    change: Parts
    surplus: Decimal


class Life(NamedTuple):
    """A financing after its facts. `past_due` and `days_past_due` are as of the last closed date; `rows` are its
    instalments, raised or planned, undecided."""

    told: tuple[Told, ...]
    owed: Parts
    surplus: Decimal
    accrued: Decimal
    accrued_posted: Decimal
    penalty_accrued: Decimal
    penalty_posted: Decimal
    rate: Decimal
    demands: tuple[OpenDemand, ...]
    past_due: Decimal
    days_past_due: int
    rows: Rows = ()


def tell(start: Balance, facts: Sequence[Fact], through: date, currency: str) -> Life:
    """The life of `start`, a financing as it was when it was disbursed, with interest through `through`.

    The demands of `start` are those that were ever raised, unpaid; they are filled anew, and what was decided of them
    is not looked at. Raises Refused when a refund gives back more than was paid beyond what was owed.
    """
    teller = _Teller(start, currency)
    by_day: defaultdict[date, list[Fact]] = defaultdict(list)
    for fact in sorted(facts):
        by_day[fact.on].append(fact)
    for day in _days(start, by_day, through):
        teller.accrue_through(day)
        for fact in by_day.get(day, ()):
            teller.tell(fact)
    teller.accrue_through(through)
    return teller.life(start.closed_through)


def _days(start: Balance, by_day: dict[date, list[Fact]], through: date) -> Iterator[date]:
    """The days to look at: each one while interest or a penalty may run, for they are posted every night."""
    if not (start.rate or start.terms.penalises) and not any(
        fact.kind == RATE for facts in by_day.values() for fact in facts
    ):
        yield from sorted(day for day in by_day if day <= through)
        return
    for number in range((through - start.disbursed_on).days + 1):
        yield start.disbursed_on + timedelta(days=number)


class _Teller:
    """The balances on the way through a life."""

    def __init__(self, start: Balance, currency: str) -> None:
        self.start = start
        self.terms = start.terms
        self.currency = currency
        self.owed = start.owed
        self.rate = start.rate
        self.surplus = self.accrued = self.posted = ZERO
        self.penalty_accrued = self.penalty_posted = self.fee_waived = ZERO
        self.accrued_to = start.disbursed_on
        self.demands = start.demands
        self.rows = start.rows
        self.rates = [Rate(start.disbursed_on, start.rate)]
        self.told: list[Told] = []

    def accrue_through(self, day: date) -> None:
        """Post the interest of the days up to `day`, once."""
        since = self.accrued_to
        if self.terms.plan:
            self._run_instalments_to(day)
        else:
            self.accrued = accrue(self.accrued, self.owed.principal, self.rate, since, day, self.start)
            self.accrued_to = max(day, since)
            self._post(round_money(self.accrued, self.currency, self.terms.rounding), day)
        if self.terms.penalises:
            self._penalise(since, day)

    def _run_instalments_to(self, day: date) -> None:
        before = Standing(self.owed, self.accrued, self.posted, self.accrued_to, self.rows)
        now = instalments.run_to(before, self.start, self.rate, self.currency, day)
        self.accrued, self.accrued_to, self.rows = now.accrued, now.accrued_to, now.rows
        self._post(now.posted, day)

    def _post(self, posted: Decimal, day: date) -> None:
        interest = posted - self.posted
        if interest:
            self.posted = posted
            self._change(Fact(day, 0, "accrual", "accrual", day), Parts(interest=interest))

    def _penalise(self, since: date, day: date) -> None:
        overdue = overdue_of(self._raised(day), self.rows, day)
        self.penalty_accrued = accrue_penalty(self.penalty_accrued, overdue, self.terms, since, day)
        penalty = round_money(self.penalty_accrued, self.currency, self.terms.rounding) - self.penalty_posted
        if penalty:
            self.penalty_posted += penalty
            self._change(Fact(day, 0, "penalty", "penalty", day), Parts(penalty=penalty))

    def tell(self, fact: Fact) -> None:
        """What `fact` does, on top of what happened before it."""
        match fact.kind:
            case "sweep" | "payment" | "refill":
                self._pay(fact)
            case "refund":
                self._refund(fact)
            case "waiver":
                self._waive(fact)
            case "charge" | "carried":
                self._charge(fact)
            case "write_off" | "restructure" | "returned":
                self._end(fact)
            case "rate":
                self.rate = fact.amount
                self.rates.append(Rate(fact.on + DAY, fact.amount))
                self._replan()
            case "due_date":
                self._replan(fact.to, fact.more)
            case _:
                raise ValueError(f"{fact.kind!r} is not a kind of fact.")

    def _refund(self, fact: Fact) -> None:
        if fact.amount > self.surplus:
            raise Refused(
                _("%(amount)s was given back on %(day)s as paid too much; then only %(left)s would have been.")
                % {
                    "amount": money_text(fact.amount, self.currency),
                    "day": day_text(fact.on),
                    "left": money_text(self.surplus, self.currency),
                }
            )
        self._change(fact, Parts(), -fact.amount)

    def _give_rebate(self, fact: Fact) -> None:
        """What repays everything, the rebate taken off, has earned the rebate."""
        off = self._rebate(fact.on)
        if off.total and fact.amount >= self.owed.total - off.total:
            given = fact._replace(identity=f"rebate:{fact.identity}", kind="rebate")
            self._reduce(given, off)

    def _rebate(self, on: date) -> Parts:
        start = self.start
        spread = spread_of(start.lent - start.owed.principal, start.disbursed_on, start.due_on, self.terms)
        return taken_off(self.owed, rebate(spread, on, self.fee_waived, self.terms, self.currency))

    def _waive(self, fact: Fact) -> None:
        waived = Parts(*(min(pair) for pair in zip(fact.parts, self.owed, strict=True)))
        self.fee_waived += waived.fee
        if self.rows:
            self.rows = instalments.forgive(self.rows, self.owed, waived, self.start)
        self._reduce(fact, waived)

    def _end(self, fact: Fact) -> None:
        """Nothing is owed any more; of money that came back nothing was ever due, by instalments neither."""
        if self.rows and fact.kind == RETURNED:
            self.rows = instalments.forgive(self.rows, self.owed, self.owed, self.start)
        self._reduce(fact, self.owed)

    def _charge(self, fact: Fact) -> None:
        if self.rows:
            self.rows = instalments.charge(self.rows, fact.parts.fee, fact.on)
        self._change(fact, fact.parts)

    def _replan(self, to: date | None = None, more: int = 0) -> None:
        if self.rows:
            self.rows = instalments.replan(self.rows, self.start, self.currency, self.rates, to, more)
            self.start = self.start._replace(due_on=self.rows[-1].due_on)

    def _pay(self, fact: Fact) -> None:
        if fact.kind != SWEEP:
            self._give_rebate(fact)
        if self.terms.plan:
            paid, left, self.rows = instalments.pay(
                self.rows, self.owed, fact.amount, fact.on, self.start, self.currency
            )
            return self._change(fact, Parts().minus(paid), left)
        past_due, _days = age(self._raised(fact.on - DAY), self.owed, fact.on - DAY, self.terms.grace_days)
        dues = [Due("past_due" if past_due else "due", self.owed)]
        (paid,), left = allocate(fact.amount, dues, self.terms.waterfall)
        return self._reduce(fact, paid, left)

    def _reduce(self, fact: Fact, paid: Parts, left: Decimal = ZERO) -> None:
        # The night raises a date's demands before its sweep; a person acts on the day before that night.
        raised = self._raised(fact.on if fact.kind == SWEEP else max(fact.on, fact.booked_on) - DAY)
        raised = settle_demands(raised, paid.principal + paid.fee, date.min)
        self.demands = (*raised, *self.demands[len(raised) :])
        self._change(fact, Parts().minus(paid), left)

    def _change(self, fact: Fact, change: Parts, surplus: Decimal = ZERO) -> None:
        self.owed = self.owed.plus(change)
        self.surplus += surplus
        if any(change) or surplus:
            self.told.append(Told(fact.on, fact.order, fact.identity, fact.kind, change, surplus))

    def _raised(self, day: date) -> tuple[OpenDemand, ...]:
        """The demands that stood by the end of `day`, oldest first: they are raised in the order of their numbers."""
        raised = 0
        for demand in self.demands:
            if (demand.due_on if demand.kind == "maturity" else demand.starts_on) > day:
                break
            raised += 1
        return self.demands[:raised]

    def life(self, closed_through: date) -> Life:
        """The end of it."""
        rows: Rows = ()
        if self.terms.plan:
            past_due, days = instalments.age(self.rows, self.owed, closed_through, self.start)
            rows = instalments.ended(self.rows) if self._is_repaid() else self.rows
        else:
            raised = self._raised(closed_through)
            past_due, days = age(raised, self.owed, closed_through, self.terms.grace_days)
        return Life(
            told=tuple(self.told),
            owed=self.owed,
            surplus=self.surplus,
            accrued=self.accrued,
            accrued_posted=self.posted,
            penalty_accrued=self.penalty_accrued,
            penalty_posted=self.penalty_posted,
            rate=self.rate,
            demands=self.demands,
            past_due=past_due,
            days_past_due=days,
            rows=rows,
        )

    def _is_repaid(self) -> bool:
        """What is written off is owed no more either, but its instalments stay unpaid."""
        return not self.owed.total and not any(row.open.total for row in self.rows)


class Payoff(NamedTuple):
    """What is owed on a day by component, and what of it the rebate of the flat fee takes off; in one currency."""

    owed: Parts
    rebate: Parts

    @property
    def to_pay(self) -> Parts:
        """What repays everything."""
        return self.owed.minus(self.rebate)

    @property
    def total(self) -> Decimal:
        return self.to_pay.total


def payoff(balance: Balance, on: date, currency: str, fee: Decimal = ZERO, waived: Decimal = ZERO) -> Payoff:
    """What repays everything on `on`: what is owed, with interest and penalty through that date (inclusive), less the
    rebate of the flat `fee` (of which `waived` was given up) where the terms give one; to the minor unit.

    Raises ValueError for a date before the last day of interest: that is history.
    """
    if on < balance.accrued_through:
        raise ValueError(f"Interest has run through {balance.accrued_through}; {on} is past.")
    terms, extras = balance.terms, balance.extras
    owed, overdue = (_in_rows_by if terms.plan else _in_demands_by)(balance, on, currency)
    if terms.penalises:
        accrued = accrue_penalty(extras.penalty_accrued, overdue, terms, balance.accrued_through, on)
        owed = owed.plus(Parts(penalty=round_money(accrued, currency, terms.rounding) - extras.penalty_posted))
    spread = spread_of(fee, balance.disbursed_on, balance.due_on, terms)
    return Payoff(owed, taken_off(owed, rebate(spread, on, waived, terms, currency)))


def _in_rows_by(balance: Balance, on: date, currency: str) -> tuple[Parts, list[Overdue]]:
    """What is owed with interest through `on`, and what is overdue then, if nothing is paid until `on`."""
    now = Standing(balance.owed, balance.accrued, balance.accrued_posted, balance.accrued_through, balance.rows)
    now = instalments.run_to(now, balance, balance.rate, currency, on)
    return now.owed, overdue_of((), now.rows, on)


def _in_demands_by(balance: Balance, on: date, currency: str) -> tuple[Parts, list[Overdue]]:
    accrued = accrue(balance.accrued, balance.owed.principal, balance.rate, balance.accrued_through, on, balance)
    interest = round_money(accrued, currency, balance.terms.rounding) - balance.accrued_posted
    demands = [*balance.demands, *due_demands(balance, currency, on)] if balance.terms.penalises else ()
    return balance.owed.plus(Parts(interest=interest)), overdue_of(demands, (), on)
