"""The instalments of one financing while its history is retold: what each owes, what was paid, when, and by what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO, round_money
from apps.financing.schedule_terms import Instalment
from apps.repayment.course_events import (
    EACH_INSTALMENT,
    OF_PRINCIPAL,
    ON_DATE,
    WHEN_OVERDUE,
    Event,
)
from apps.repayment.waterfall import Due, Parts

NOTHING = Parts()


@dataclass(slots=True)
class Line:
    """One instalment, or the one after the last that collects what arose past maturity (`beyond`)."""

    number: int
    starts: date
    due: date
    principal: Decimal = ZERO
    interest: Decimal = ZERO
    added: Decimal = ZERO  # principal charged back into it
    balance: Decimal = ZERO
    fee: Decimal = ZERO
    penalty: Decimal = ZERO
    waived: Parts = NOTHING
    paid: Parts = NOTHING
    early: Decimal = ZERO
    late: Decimal = ZERO
    met_on: date | None = None
    beyond: bool = False

    @property
    def owed(self) -> Parts:
        return Parts(self.penalty, self.fee, self.interest, self.principal + self.added)

    @property
    def open(self) -> Parts:
        """What is still to be paid, by component."""
        return self.owed.minus(self.paid).minus(self.waived)

    def pay(self, parts: Parts, on: date) -> None:
        """Takes `parts` (never above what is open) as paid on `on`."""
        if not parts.total:
            return
        self.paid = self.paid.plus(parts)
        if on < self.due:
            self.early += parts.total
        elif on > self.due:
            self.late += parts.total
        self.met_on = on if not self.open.total else None

    def standing(self, on: date) -> str:
        if self.due < on:
            return "past_due"
        return "due" if self.due == on else "in_advance"


@dataclass(slots=True)
class Asked:
    """A charge as it lies on one instalment."""

    event: Event
    line: Line
    amount: Decimal
    waived: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.amount - self.waived - self.paid

    @property
    def component(self) -> str:
        return "penalty" if self.event.penalty else "fee"


def lines_of(rows: Iterable[Instalment]) -> list[Line]:
    """A line for each row of a schedule."""
    return [Line(row.number, row.starts, row.due, row.principal, row.interest, balance=row.balance) for row in rows]


def line_for(lines: list[Line], on: date) -> Line:
    """The instalment whose period holds `on`; past the last one, the line beyond maturity, made or moved as needed."""
    for line in lines:
        if on <= line.due and not line.beyond:
            return line
    last = lines[-1]
    if last.beyond:
        last.due = max(last.due, on)
        return last
    lines.append(Line(last.number + 1, last.due, on, beyond=True))
    return lines[-1]


def ask(event: Event, lines: list[Line], drawn: Decimal, currency: str, waived: Decimal) -> list[Asked]:
    """Puts a charge on the line or lines it belongs to. `waived` is taken off it, oldest instalment first."""
    asked = [Asked(event, line, _amount(event, line, lines, drawn, currency)) for line in _places(event, lines)]
    for one in asked:
        one.waived = min(waived, one.amount)
        waived -= one.waived
        _put(one)
    return asked


def _places(event: Event, lines: list[Line]) -> list[Line]:
    if event.timing == EACH_INSTALMENT:
        return [line for line in lines if not line.beyond]
    return [line_for(lines, event.on)]


def _amount(event: Event, line: Line, lines: Sequence[Line], drawn: Decimal, currency: str) -> Decimal:
    if event.share is None:
        return event.amount
    if event.timing == ON_DATE:
        base = drawn if event.basis == OF_PRINCIPAL else drawn + sum((one.interest for one in lines), ZERO)
    else:
        base = line.principal if event.basis == OF_PRINCIPAL else line.principal + line.interest
    return round_money(base * event.share, currency)


def _put(one: Asked) -> None:
    line = one.line
    if one.event.penalty:
        line.penalty += one.amount
        line.waived = line.waived.plus(Parts(penalty=one.waived))
    else:
        line.fee += one.amount
        line.waived = line.waived.plus(Parts(fee=one.waived))
    if line.open.total:
        line.met_on = None


def spread_over_charges(asked: Sequence[Asked], line: Line, parts: Parts) -> None:
    """Tells the charges of `line` what of them was paid: the earliest due first."""
    for component in ("fee", "penalty"):
        left: Decimal = getattr(parts, component)
        mine = [one for one in asked if one.line is line and one.component == component]
        for one in sorted(mine, key=lambda one: one.event.on):
            part = min(left, one.open)
            one.paid += part
            left -= part


def dues_on(
    lines: Sequence[Line], asked: Sequence[Asked], on: date, split_due_charges: bool
) -> tuple[list[Due], list[Line]]:
    """What is to be paid on `on`, as the waterfall sees it, and the line behind each.

    With `split_due_charges`, charges whose date has come are due even in an instalment that is not.
    """
    dues: list[Due] = []
    behind: list[Line] = []
    for line in lines:
        standing, parts = line.standing(on), line.open
        if split_due_charges and standing == "in_advance":
            ready = _ready(line, asked, on)
            dues.append(Due("due", ready))
            behind.append(line)
            parts = parts.minus(ready)
        dues.append(Due(standing, parts))
        behind.append(line)
    return dues, behind


def _ready(line: Line, asked: Sequence[Asked], on: date) -> Parts:
    ready = {"fee": ZERO, "penalty": ZERO}
    for one in asked:
        if one.line is line and one.event.timing in {ON_DATE, WHEN_OVERDUE} and one.event.on <= on:
            ready[one.component] += one.open
    return Parts(**ready)
