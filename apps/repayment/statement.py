"""A statement of one financing over a range of business dates: what was owed, what moved, what is owed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from itertools import groupby

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.entries import CASH
from apps.repayment.history import Moved, Retelling, as_known, as_told, moved_by, retellings
from apps.repayment.models import Event, Movement
from apps.repayment.recoveries import recovered_by, recoveries

LONGEST_BY_DAY = 92
TAKEN_OFF = ("waiver", "rebate", "write_off", "restructure", "returned")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what moved, by component, and what stood after it.

    on         its business date; of several put together, the last
    since      of several put together, the first; else None
    counts_from  the date from which it counts, where that is another; of several put together, the first
    """

    on: date
    since: date | None
    counts_from: date | None
    kind: str
    change: Moved
    after: Moved
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A financing from `first` through `last`, both inclusive: opening + rows = closing, by component, as it was known
    at the end of `last`.

    told        what stood at the end of `last` as it is told today
    retellings  what told days of the range anew, whether within it or since
    recoveries  what came in within the range for what was written off, and what took it back: it repays nothing
    """

    financing: Financing
    first: date
    last: date
    opening: Moved
    rows: tuple[Row, ...]
    closing: Moved
    told: Moved
    retellings: tuple[Retelling, ...]
    recoveries: tuple[Event, ...]

    @property
    def recovered(self) -> Decimal:
        """What came in for what was written off, less what of it was taken back."""
        return sum((recovered_by(one) for one in self.recoveries), ZERO)

    @property
    def repaid(self) -> Moved:
        """What repaid the financing, less what was taken back of it, as positive amounts; `surplus` came beside it."""
        return Moved().minus(self._sum(CASH))

    @property
    def taken_off(self) -> Moved:
        """What was waived, written off, carried to another contract or given back by the bank, less what was taken back
        of it; positive."""
        return Moved().minus(self._sum(TAKEN_OFF))

    @property
    def added(self) -> Moved:
        """What came to be owed: opening + added - repaid - taken off = closing."""
        return self.closing.minus(self.opening).plus(self.repaid).plus(self.taken_off)

    def _sum(self, kinds: Collection[str]) -> Moved:
        changes = (row.change for row in self.rows if row.kind in kinds)
        return reduce(Moved.plus, changes, Moved())


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
    opening = stands = moved_by(before)
    rows = []
    for group in groups:
        change = moved_by(group)
        stands = stands.plus(change)
        rows.append(_row(group, change, stands))
    return Statement(
        financing=financing,
        first=first,
        last=last,
        opening=opening,
        rows=tuple(rows),
        closing=stands,
        told=moved_by(as_told(financing, last)),
        retellings=tuple(retellings(financing, first, last)),
        recoveries=tuple(recoveries(financing.events.filter(business_date__range=(first, last)))),
    )


def _by_month(movements: Iterable[Movement]) -> Iterable[list[Movement]]:
    """Movements of one kind in one month together, in the order of their first; what an event did stands alone."""
    for _month, of_month in groupby(movements, key=lambda one: (one.business_date.year, one.business_date.month)):
        together: dict[tuple[str, int | None, bool], list[Movement]] = {}
        for one in of_month:
            together.setdefault((one.kind, one.event_id, one.reverses_id is not None), []).append(one)
        yield from together.values()


def _row(group: list[Movement], change: Moved, after: Moved) -> Row:
    first, last = group[0], group[-1]
    return Row(
        on=last.business_date,
        since=first.business_date if first.business_date != last.business_date else None,
        counts_from=min((one.effective_on for one in group if one.effective_on), default=None),
        kind=last.kind,
        change=change,
        after=after,
        is_reversal=last.reverses_id is not None,
    )
