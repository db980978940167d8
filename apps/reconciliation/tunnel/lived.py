"""One financing of a trial, from night to night: what `repayment.day` made of it is what the next night finds. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.repayment.day import Balance, Closed, OpenDemand, still_through
from apps.repayment.instalments import BREACHED, PLANNED, Row, Rows
from apps.repayment.periods import periods_of
from apps.repayment.waterfall import Parts


@dataclass(slots=True)
class Lived:
    """One financing of a trial: as it stands, and what came of it. Amounts in its currency; `income` is what the
    ledger takes as income: fees as they are paid, interest and penalties as they arise."""

    balance: Balance
    drawn_on: date
    amount: Decimal
    fee: Decimal
    default_probability: Decimal
    pledged: tuple[int, ...] = ()
    rows: Rows = ()
    still_through: date | None = None
    payments: list[tuple[date, Parts]] = field(default_factory=list)
    accruals: list[tuple[date, Decimal, Decimal]] = field(default_factory=list)
    asked: int = 0
    missed: int = 0
    worst_days: int = 0
    days_past_due: int = 0
    repaid_on: date | None = None


def ready(lived: Lived, on: date) -> Balance:
    """The financing as the night of `on` reads it: closed through the day before, with the instalments it looks at."""
    before = lived.balance
    if before.rate or before.terms.penalises:
        before = before._replace(closed_through=on - DAY, accrued_through=on - DAY)
    if before.terms.plan:
        before = before._replace(rows=tuple(row for row in lived.rows if _is_looked_at(row, on)))
    if before.terms.maximum_share:
        before = before._replace(extras=before.extras._replace(swept=_swept(lived, on)))
    return before


def _is_looked_at(row: Row, on: date) -> bool:
    if row.state == PLANNED:
        return row.due_on <= on or bool(row.paid.total)
    return row.paid.total < row.owed.total


def _swept(lived: Lived, on: date) -> Decimal:
    """What sweeps took since the period began that `on` lies in."""
    one = lived.balance
    periods = periods_of(one.terms, one.extras.minimums, one.disbursed_on, one.paused_days)
    if periods is None:
        return ZERO
    begins = periods.bounds(periods.reached(on))[0]
    return sum((paid.total for day, paid in lived.payments if day >= begins), ZERO)


def take(lived: Lived, after: Closed, on: date) -> None:
    """What the night did to one financing."""
    before = after.before
    lived.days_past_due = after.days_past_due
    lived.worst_days = max(lived.worst_days, after.days_past_due)
    lived.still_through = still_through(after, on)
    if after.demands != before.demands or after.rows:
        _take_demands(lived, after)
    if after.interest_posted or after.penalty_posted:
        lived.accruals.append((on, after.interest_posted, after.penalty_posted))
    if after.paid.total:
        lived.payments.append((on, after.paid))
    if not after.owed.total:
        lived.repaid_on = on
    lived.balance = _after(after)


def _take_demands(lived: Lived, after: Closed) -> None:
    before = after.before
    fresh = sum(1 for one in after.demands if one.number > before.demands_raised)
    lived.asked += after.demands_raised - before.demands_raised if before.terms.plan else fresh
    lived.missed += _missed(after.demands) - _missed(before.demands) + _missed(after.rows) - _missed(before.rows)
    if after.rows:
        now = {row.number: row for row in after.rows}
        lived.rows = tuple(now.get(row.number, row) for row in lived.rows)


def _after(after: Closed) -> Balance:
    """The balance that the next night finds."""
    before = after.before
    changes: dict[str, Any] = {}
    if after.owed is not before.owed:
        changes["owed"] = after.owed
    if after.accrued is not before.accrued:
        changes |= {"accrued": after.accrued, "accrued_posted": before.accrued_posted + after.interest_posted}
    if after.demands != before.demands:
        changes["demands"] = tuple(one for one in after.demands if one.unpaid > 0)
    if after.demands_raised != before.demands_raised:
        changes["demands_raised"] = after.demands_raised
    if after.past_due != before.past_due:
        changes["past_due"] = after.past_due
    if after.penalty_accrued is not before.extras.penalty_accrued and before.terms.penalises:
        posted = before.extras.penalty_posted + after.penalty_posted
        changes["extras"] = before.extras._replace(penalty_accrued=after.penalty_accrued, penalty_posted=posted)
    return before._replace(**changes) if changes else before


def _missed(asked: Iterable[OpenDemand | Row]) -> int:
    return sum(1 for one in asked if one.state == BREACHED)
