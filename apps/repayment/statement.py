"""A statement of one financing over a range of business dates: what was owed, what moved, what is owed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.history import as_known, owed_after
from apps.repayment.models import Movement
from apps.repayment.waterfall import Parts

LONGEST_BY_DAY = 92


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what moved, by component, and what was owed after it.

    on         its business date; of several put together, the last
    since      of several put together, the first; else None
    counts_from  the date from which it counts, where that is another
    """

    on: date
    since: date | None
    counts_from: date | None
    kind: str
    change: Parts
    outstanding: Parts
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A financing from `first` through `last`, both inclusive: opening + rows = closing, by component."""

    financing: Financing
    first: date
    last: date
    opening: Parts
    rows: tuple[Row, ...]
    closing: Parts


def statement_of(financing: Financing, first: date, last: date) -> Statement:
    """The statement of `financing` over the business dates from `first` through `last`.

    Over more than LONGEST_BY_DAY days, the movements of one kind in a month are one row. Raises ValueError when `last`
    is before `first`.
    """
    if last < first:
        raise ValueError(f"A statement cannot end on {last} when it begins on {first}.")
    booked = as_known(financing, last)
    before = [one for one in booked if one.business_date < first]
    within = [one for one in booked if one.business_date >= first]
    groups = _by_month(within) if (last - first).days > LONGEST_BY_DAY else ([one] for one in within)
    opening = owed = owed_after(before)
    rows = []
    for group in groups:
        change = owed_after(group)
        owed = owed.plus(change)
        rows.append(_row(group, change, owed))
    return Statement(financing, first, last, opening, tuple(rows), owed)


def _by_month(movements: Iterable[Movement]) -> Iterable[list[Movement]]:
    """Movements of one kind in one month together, in the order of their first; what an event did stands alone."""
    for _month, of_month in groupby(movements, key=lambda one: (one.business_date.year, one.business_date.month)):
        together: dict[tuple[str, int | None, bool], list[Movement]] = {}
        for one in of_month:
            together.setdefault((one.kind, one.event_id, one.reverses_id is not None), []).append(one)
        yield from together.values()


def _row(group: list[Movement], change: Parts, owed: Parts) -> Row:
    first, last = group[0], group[-1]
    return Row(
        on=last.business_date,
        since=first.business_date if len(group) > 1 else None,
        counts_from=first.effective_on if len(group) == 1 else None,
        kind=last.kind,
        change=change,
        outstanding=owed,
        is_reversal=last.reverses_id is not None,
    )


def paid(statement: Statement) -> Parts:
    """What reduced the financing over the statement's range, by component, as positive amounts."""
    less = [row.change for row in statement.rows]
    return (
        Parts(*(sum((-min(part, ZERO) for part in parts), ZERO) for parts in zip(*less, strict=True)))
        if less
        else Parts()
    )
