"""Roll rates and vintages: pure arithmetic over sums that are read already, all in one currency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Rolled:
    """Of the principal that stood `before` in one bucket a month ago, what now stands in `bucket`."""

    before: str
    bucket: str
    principal_before: Decimal
    financings: int


@dataclass(frozen=True, slots=True)
class Lives:
    """Financings paid out in `month` that were first more than 30 days late `late_after` months on, and were written
    off `lost_after` months on; None where they never were."""

    month: date
    late_after: int | None
    lost_after: int | None
    financings: int
    drawn: Decimal
    lost: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """A month's payouts: how many, how much, and by each month since, from 0 on, which share of the amount had ever
    been more than 30 days late, and which share was written off."""

    month: date
    financings: int
    drawn: Decimal
    late: tuple[Decimal, ...]
    lost: tuple[Decimal, ...]


def roll_rates(rolled: Iterable[Rolled]) -> dict[tuple[str, str], Decimal]:
    """By bucket before and bucket now, the share of the principal owed a month before that went there; the shares of
    one bucket before add up to 1. A bucket in which nothing stood has none."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    whole: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in rolled:
        sums[one.before, one.bucket] += one.principal_before
        whole[one.before] += one.principal_before
    return {(before, now): amount / whole[before] for (before, now), amount in sums.items() if whole[before]}


def months_between(first: date, last: date) -> int:
    """From the month of `first` to that of `last`."""
    return 12 * (last.year - first.year) + last.month - first.month


def curves(lives: Iterable[Lives], *, on: date, longest: int) -> list[Curve]:
    """A curve for each month of payouts, oldest first, through the month of `on` and at most `longest` months on."""
    by_month: defaultdict[date, list[Lives]] = defaultdict(list)
    for one in lives:
        by_month[one.month].append(one)
    return [_curve(month, by_month[month], min(months_between(month, on), longest)) for month in sorted(by_month)]


def _curve(month: date, lives: Sequence[Lives], last: int) -> Curve:
    drawn = sum((one.drawn for one in lives), ZERO)
    ages = range(last + 1)
    late = (sum((one.drawn for one in lives if _by(one.late_after, age)), ZERO) / drawn for age in ages)
    lost = (sum((one.lost for one in lives if _by(one.lost_after, age)), ZERO) / drawn for age in ages)
    return Curve(month, sum(one.financings for one in lives), drawn, tuple(late), tuple(lost))


def _by(months: int | None, age: int) -> bool:
    return months is not None and months <= age
