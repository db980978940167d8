"""The course of a financing repaid in instalments: a pure function of its terms and its dated events.

The events are retold in the order of their value dates, so a payment dated back or reversed gives the same course as
if it had been known from the start. What only knowledge at the time decides (how much was waived, what a reversed
payment had paid, what income was taken) is read from the course as it stood when the event was entered.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.repayment.accrual import Taken, accrue
from apps.repayment.course_events import (
    MONEY,
    PAYMENTS,
    WHEN_OVERDUE,
    CourseTerms,
    Event,
    Kind,
)
from apps.repayment.delinquency import Delinquency, delinquency
from apps.repayment.lines import Asked, Line
from apps.repayment.retelling import Entry, Retelling
from apps.repayment.waterfall import Parts

PENDING, APPROVED, ACTIVE, REPAID, OVERPAID = "pending", "approved", "active", "repaid", "overpaid"
SETTLED = "settled"


class DrawRow(NamedTuple):
    """A payout in the schedule, with the fee taken from it."""

    drawn_on: date
    amount: Decimal
    fee: Decimal


class Row(NamedTuple):
    """An instalment as it stands. `paid` of `owed`, of it `early` before and `late` after the due date."""

    number: int
    starts: date
    due: date
    balance: Decimal
    owed: Parts
    paid: Parts
    waived: Parts
    early: Decimal
    late: Decimal
    met_on: date | None

    @property
    def outstanding(self) -> Decimal:
        return self.owed.total - self.paid.total - self.waived.total


class Totals(NamedTuple):
    """The columns of the schedule added up, fees taken at drawdown among them."""

    owed: Parts
    paid: Decimal
    early: Decimal
    late: Decimal
    outstanding: Decimal


class Charge(NamedTuple):
    """A fee or penalty over all its instalments."""

    event: Event
    amount: Decimal
    paid: Decimal
    waived: Decimal

    @property
    def outstanding(self) -> Decimal:
        return self.amount - self.paid - self.waived


class Course(NamedTuple):
    """A financing as it stands after its events. Amounts in the currency of its terms."""

    draws: tuple[DrawRow, ...]
    rows: tuple[Row, ...]
    totals: Totals
    entries: tuple[Entry, ...]
    charges: tuple[Charge, ...]
    status: str
    outstanding: Decimal
    surplus: Decimal
    written_off_on: date | None
    maturity: date
    delinquency: Delinquency

    @property
    def on_books(self) -> Decimal:
        """What is owed and not written off."""
        return ZERO if self.written_off_on else self.outstanding

    @property
    def recovered(self) -> Decimal:
        """What was paid after it was written off."""
        paid = PAYMENTS | {Kind.SETTLE}
        since = self.written_off_on
        if since is None:
            return ZERO
        return sum((one.amount for one in self.entries if one.kind in paid and since <= one.on), ZERO)


def course(terms: CourseTerms, events: Sequence[Event], through: date | None = None) -> Course:
    """How the financing stands after `events` (in the order they were entered), as seen on `through`.

    `through` is inclusive and defaults to the latest business date among the events; later events are left out.
    Raises ValueError for an event that names one that is not there.
    """
    known = [event for event in events if through is None or event.recorded <= through]
    told = _tell(terms, known)
    today = through or max((event.recorded for event in known), default=terms.start)
    return _course(terms, told, today)


class _Told(NamedTuple):
    last: Retelling
    events: list[Event]
    reversed_entries: list[Entry]
    taken: list[Taken]
    given_back: dict[str, Parts]  # income that each waiver gives up


def _tell(terms: CourseTerms, events: Sequence[Event]) -> _Told:
    """Enters the events one by one, keeping what only the moment knows."""
    told = _Told(Retelling(terms, (), {}), [], [], [], {})
    waived: dict[str, Decimal] = {}
    for event in events:
        before = told.last
        if event.kind == Kind.REVERSE:
            told.reversed_entries.extend(
                entry._replace(reversed=True) for entry in before.entries if entry.id == event.of
            )
        if event.kind == Kind.WAIVE:
            waived[event.id] = event.amount or before.charge_open(event.of)
            told.given_back[event.id] = _given_back(event, waived[event.id], before, told.taken)
        if event.kind == Kind.CLOSE_DAY:
            told.events.extend(_overdue_penalties(terms, event, before))
        told.events.append(event)
        after = Retelling(terms, told.events, waived).run()
        told.taken.extend(_income(terms, event, before, after, told.taken))
        told = told._replace(last=after)
    if not events:
        told = told._replace(last=Retelling(terms, (), {}).run())
    return told


def _given_back(event: Event, amount: Decimal, before: Retelling, taken: Sequence[Taken]) -> Parts:
    """The part of a waived `amount` that had been taken as income already."""
    component = before.charge_component(event.of)
    income = sum((getattr(one.parts, component) for one in taken), ZERO)
    paid = sum((getattr(line.paid, component) for line in before.lines), ZERO)
    return Parts(**{component: min(amount, max(income - paid, ZERO))})


def _overdue_penalties(terms: CourseTerms, closing: Event, before: Retelling) -> list[Event]:
    """The charges that the end of this day adds: once for each instalment past due and not met."""
    rule = terms.overdue_penalty
    if rule is None:
        return []
    asked = {one.event.on for one in before.asked if one.event.timing == WHEN_OVERDUE}
    return [
        Event(
            id=f"{closing.id}:overdue:{line.due}",
            kind=Kind.CHARGE,
            on=line.due,
            recorded=closing.recorded,
            share=rule.share,
            basis=rule.basis,
            timing=WHEN_OVERDUE,
            penalty=True,
            label=rule.label,
        )
        for line in before.lines
        if line.due < closing.on and line.open.total and line.due not in asked and not line.beyond
    ]


def _income(
    terms: CourseTerms, event: Event, before: Retelling, after: Retelling, taken: Sequence[Taken]
) -> list[Taken]:
    """The income an event brings: at the end of a day what has arisen by then, at the last payment all that is left."""
    if after.written_off_on is not None:
        return []
    if event.kind == Kind.CLOSE_DAY:
        return accrue(terms, after.lines, after.asked, taken, event.id, event.on)
    closed = event.kind in MONEY and after.settled and not before.settled
    return accrue(terms, after.lines, after.asked, taken, event.id, None, event.on) if closed else []


def _course(terms: CourseTerms, told: _Told, today: date) -> Course:
    last = told.last
    rows = tuple(_row(line) for line in last.lines)
    outstanding = sum((row.outstanding for row in rows), ZERO)
    draws = tuple(DrawRow(draw.drawn_on, draw.amount, last.fee_at(draw)) for draw in last.drawn_rows)
    return Course(
        draws=draws,
        rows=rows,
        totals=_totals(draws, rows, outstanding),
        entries=_entries(told),
        charges=_charges(last.asked, last.drawdown_charges()),
        status=_status(told.events, last, outstanding),
        outstanding=outstanding,
        surplus=last.surplus,
        written_off_on=last.written_off_on,
        maturity=last.maturity,
        delinquency=delinquency(terms, last.lines, last.pauses, today),
    )


def _row(line: Line) -> Row:
    return Row(
        line.number,
        line.starts,
        line.due,
        line.balance,
        line.owed,
        line.paid,
        line.waived,
        line.early,
        line.late,
        line.met_on if not line.open.total else None,
    )


def _totals(draws: Iterable[DrawRow], rows: Sequence[Row], outstanding: Decimal) -> Totals:
    fees = sum((draw.fee for draw in draws), ZERO)
    owed = Parts(fee=fees)
    for row in rows:
        owed = owed.plus(row.owed)
    return Totals(
        owed=owed,
        paid=sum((row.paid.total for row in rows), fees),
        early=sum((row.early for row in rows), ZERO),
        late=sum((row.late for row in rows), ZERO),
        outstanding=outstanding,
    )


def _entries(told: _Told) -> tuple[Entry, ...]:
    accruals: dict[str, Entry] = {}
    for one in told.taken:
        name = f"{one.run}:accrual:{one.on}"
        parts = one.parts.plus(accruals[name].parts) if name in accruals else one.parts
        accruals[name] = Entry(name, Kind.ACCRUAL, one.on, parts.total, parts, ZERO)
    told_entries = [*told.last.entries, *told.reversed_entries]
    everything = [entry._replace(parts=told.given_back.get(entry.id, entry.parts)) for entry in told_entries]
    everything += accruals.values()
    return tuple(sorted(everything, key=lambda entry: entry.on))


def _charges(asked: Iterable[Asked], at_drawdown: Iterable[tuple[Event, Decimal]]) -> tuple[Charge, ...]:
    charges: dict[str, Charge] = {}
    for one in asked:
        known = charges.get(one.event.id, Charge(one.event, ZERO, ZERO, ZERO))
        charges[one.event.id] = Charge(
            one.event, known.amount + one.amount, known.paid + one.paid, known.waived + one.waived
        )
    for event, amount in at_drawdown:
        charges[event.id] = Charge(event, amount, amount, ZERO)
    return tuple(charges.values())


def _status(events: Iterable[Event], last: Retelling, outstanding: Decimal) -> str:
    if not last.draws:
        return APPROVED if any(event.kind == Kind.APPROVE for event in events) else PENDING
    if outstanding:
        return ACTIVE
    if last.of_kind(Kind.SETTLE):
        return SETTLED
    return OVERPAID if last.surplus else REPAID
