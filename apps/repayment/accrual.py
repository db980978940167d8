"""Income: when interest and charges count as earned. What is taken is round(earned by then) less what was taken."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO, round_money
from apps.repayment.course_events import RECORDED_DATE, CourseTerms
from apps.repayment.lines import Asked, Line
from apps.repayment.waterfall import Parts


class Taken(NamedTuple):
    """Income taken on a date for one line; all that `run` (an event's id) took on one date is one entry."""

    run: str
    on: date
    number: int
    parts: Parts


def accrue(
    terms: CourseTerms,
    lines: Sequence[Line],
    asked: Sequence[Asked],
    taken: Sequence[Taken],
    run: str,
    closing: date | None,
    settled_on: date | None = None,
) -> list[Taken]:
    """The income not yet taken: earned before the business date `closing`, or all there is once settled.

    At the end of a day, each instalment's income is dated the day before or its due date, whichever is earlier; with
    `one_accrual_a_day` it is one amount. Unrounded interest is spread evenly over the days of its period.
    """
    through = closing - timedelta(days=1) if closing else None
    new = []
    for line in lines:
        earned = _earned(terms, line, asked, through)
        before = [one.parts for one in taken if one.number == line.number]
        parts = Parts(*(_more(place, earned, before) for place in range(len(earned))))
        if parts.total:
            on = settled_on if through is None else min(through, line.due)
            new.append(Taken(run, on or line.due, line.number, parts))
    if through is None or terms.one_accrual_a_day:
        return _as_one(new)
    return new


def _more(place: int, earned: Parts, before: Sequence[Parts]) -> Decimal:
    return max(earned[place] - sum((parts[place] for parts in before), ZERO), ZERO)


def _earned(terms: CourseTerms, line: Line, asked: Sequence[Asked], through: date | None) -> Parts:
    charges = {"fee": ZERO, "penalty": ZERO}
    for one in asked:
        dated = one.event.recorded if terms.charge_income_on == RECORDED_DATE else one.event.on
        if one.line is line and (through is None or dated <= through):
            charges[one.component] += one.amount - one.waived
    return Parts(interest=_interest(terms, line, through), **charges)


def _interest(terms: CourseTerms, line: Line, through: date | None) -> Decimal:
    if through is None or through >= line.due:
        return line.interest
    days = (through - line.starts).days
    if days <= 0:
        return ZERO
    whole = (line.due - line.starts).days
    return round_money(line.interest * days / whole, terms.plan.currency, terms.plan.rounding)


def _as_one(new: Sequence[Taken]) -> list[Taken]:
    """The same income as one date's: the latest of them. Each line keeps its own record of what was taken."""
    if not new:
        return []
    on = max(one.on for one in new)
    return [one._replace(on=on) for one in new]
