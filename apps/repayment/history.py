"""Time travel: a financing as the books knew it on a day, and as it is told today, with the causes of every cent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from itertools import groupby
from typing import NamedTuple

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.models import Event, Movement
from apps.repayment.waterfall import Parts


class Moved(NamedTuple):
    """What movements come to: in what is owed, by component, and in what was paid beyond it (negative: given back)."""

    owed: Parts = Parts()
    surplus: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """The change in what is owed."""
        return self.owed.total

    def plus(self, other: "Moved") -> "Moved":
        return Moved(self.owed.plus(other.owed), self.surplus + other.surplus)

    def minus(self, other: "Moved") -> "Moved":
        return Moved(self.owed.minus(other.owed), self.surplus - other.surplus)

    def by_component(self) -> dict[str, Decimal]:
        """As a reader expects them: principal, fee, interest, penalty, surplus."""
        owed = self.owed
        return {
            "principal": owed.principal, "fee": owed.fee, "interest": owed.interest, "penalty": owed.penalty,
            "surplus": self.surplus,
        }  # fmt: skip


class Step(NamedTuple):
    """What one cause made of a figure. `cause` is None where a night made it, closing a date late."""

    cause: Event | None
    was: Moved
    now: Moved


@dataclass(frozen=True, slots=True)
class Restated:
    """One thing that happened and is told otherwise today than it was known: nothing where it was, or is, not there.

    on     the date from which it counts
    steps  how `known` became `told`, in the order of booking: each begins where the one before ended
    """

    on: date
    kind: str
    known: Moved
    told: Moved
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Retelling:
    """Days that were over were told anew, all at once, for one cause.

    booked_on, since  the date in whose books that stands, and the first date that it changed
    through           the day for which the figures of `step` are told: what was owed, and paid too much, by its end
    """

    booked_on: date
    since: date
    through: date
    step: Step


def as_known(financing: Financing, on: date) -> list[Movement]:
    """The movements that stood in the books by the end of business date `on`, in the order of booking."""
    return list(financing.movements.filter(business_date__lte=on).select_related("event").order_by("pk"))


def as_told(financing: Financing, on: date) -> list[Movement]:
    """The movements that count by the end of `on` as they are told today, in the order of the days they count from."""
    standing = financing.movements.filter(reverses=None, reversals=None).select_related("event")
    return sorted((one for one in standing if one.counts_from <= on), key=lambda one: (one.counts_from, one.pk))


def owed_after(movements: Iterable[Movement]) -> Parts:
    """What `movements` leave owed, by component, in the financing's currency."""
    return moved_by(movements).owed


def moved_by(movements: Iterable[Movement]) -> Moved:
    """What `movements` come to, in the financing's currency."""
    return reduce(Moved.plus, (Moved(one.parts, one.surplus) for one in movements), Moved())


def restated(financing: Financing, on: date) -> list[Restated]:
    """What is told otherwise today than it was known at the end of `on`, oldest first; empty when nothing is.

    The steps of all add up to the difference between `as_told` and `as_known`, component by component: what was undone
    or told after `on` and counts by then is all that is between them.
    """
    happened: defaultdict[tuple[date, str], list[Movement]] = defaultdict(list)
    for one in _booked(financing):
        if one.counts_from <= on:
            happened[one.counts_from, (one.reverses or one).identity].append(one)
    found = []
    for (day, _identity), movements in sorted(happened.items()):
        since = [one for one in movements if one.business_date > on]
        known, told = moved_by(one for one in movements if one.business_date <= on), moved_by(movements)
        if known != told:
            found.append(Restated(day, since[-1].kind, known, told, tuple(_steps(known, since))))
    return found


def _steps(was: Moved, since: Iterable[Movement]) -> Iterator[Step]:
    for _event, of_one in groupby(since, key=lambda one: one.event_id):
        movements = list(of_one)
        now = was.plus(moved_by(movements))
        yield Step(movements[0].event, was, now)
        was = now


def retellings(financing: Financing, first: date = date.min, last: date = date.max) -> list[Retelling]:
    """What changed days that were over, through `last`, and was booked on `first` or later; in the order of booking.

    The figures of each are those of the day before it was booked, or of `last` where that is earlier: from there on the
    last of them are those of `as_told`.
    """
    booked = _booked(financing) if financing.movements.exclude(effective_on=None).exists() else []
    found = []
    stood = 0
    for (booked_on, _event), at_once in groupby(booked, key=lambda one: (one.business_date, one.event_id)):
        movements = list(at_once)
        before, stood = stood, stood + len(movements)
        since = min(one.counts_from for one in movements)
        through = min(booked_on - DAY, last)
        if booked_on < first or since > through:
            continue
        was, now = (_by_the_end_of(through, booked[:end]) for end in (before, stood))
        if was != now:
            found.append(Retelling(booked_on, since, through, Step(movements[0].event, was, now)))
    return found


def _booked(financing: Financing) -> Sequence[Movement]:
    return list(financing.movements.select_related("event__reverses", "reverses").order_by("pk"))


def _by_the_end_of(day: date, movements: Iterable[Movement]) -> Moved:
    return moved_by(one for one in movements if one.counts_from <= day)
