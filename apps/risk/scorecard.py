"""The points scorecard: what a seller's record is worth, and the reasons in points. Pure functions, no I/O.

Score = OFFSET + FACTOR x ln(odds); 600 points stand for odds of 50:1, each 20 points more double them. The points of
each attribute are on that scale already, so the score is BASE plus their sum.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from functools import cache, cached_property
from statistics import median
from typing import Any, NamedTuple, Protocol

from apps.core.money import ZERO

SCORECARD = "points-1"
BASE = 487
FACTOR = Decimal("28.854")
OFFSET = Decimal("487.123")
MINIMUM_ACTIVE_MONTHS = 3
NO_CREDIT_ABOVE = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Record:
    """A seller's record at the end of a business date. Shares are of one; money is in the platform's currency.

    monthly         net sales of the last twelve 30-day windows, oldest first
    returned, cancelled, late   shares of orders
    """

    monthly: tuple[Decimal, ...]
    days_selling: int
    returned: Decimal
    cancelled: Decimal
    late: Decimal
    days_past_due: int

    @property
    def active_months(self) -> int:
        return len([month for month in self.monthly if month > ZERO])

    @property
    def median_month(self) -> Decimal:
        """Median of the last six months, none below zero."""
        return median([max(month, ZERO) for month in self.monthly[-6:]])

    @property
    def daily_sales(self) -> Decimal:
        """Average net sales a day over the last six months, unrounded."""
        return max(sum(self.monthly[-6:], ZERO), ZERO) / 180

    @property
    def trend(self) -> Decimal:
        """Sales of the last three months over those of the three before; 1 when there were none before."""
        before = sum(self.monthly[-6:-3], ZERO)
        return sum(self.monthly[-3:], ZERO) / before if before > 0 else Decimal(1)

    @property
    def swing(self) -> Decimal:
        """Mean absolute deviation of the last six months over their mean: 0 is perfectly even."""
        mean = sum(self.monthly[-6:], ZERO) / 6
        if mean <= 0:
            return Decimal(9)
        return sum([abs(month - mean) for month in self.monthly[-6:]], ZERO) / 6 / mean


@dataclass(frozen=True)
class Attribute:
    """One line of the points table: bands from the lowest value up (from this value on, points), and the mean points
    of the population, against which reasons are measured."""

    name: str
    bands: tuple[tuple[Decimal, int], ...]
    mean: int

    @cached_property
    def starts(self) -> tuple[Decimal, ...]:
        """From which values on the bands count."""
        return tuple(start for start, _points in self.bands)

    @cached_property
    def _steps(self) -> tuple[tuple[Decimal, ...], tuple[int, ...]]:
        """Where each band but the lowest begins, and what each earns."""
        return self.starts[1:], tuple(points for _start, points in self.bands)

    def points(self, value: Decimal | int) -> int:
        """The points of `value`; one below all bands earns what the lowest does."""
        starts, points = self._steps
        return points[bisect_right(starts, value)]


def _bands(*pairs: tuple[str, int]) -> tuple[tuple[Decimal, int], ...]:
    return tuple((Decimal(start), points) for start, points in pairs)


POINTS = (
    Attribute("active_months", _bands(("0", 0), ("3", 26), ("6", 44), ("9", 58)), mean=40),
    Attribute("days_selling", _bands(("0", 0), ("90", 10), ("180", 20), ("365", 30)), mean=18),
    Attribute("returned", _bands(("0", 26), ("0.05", 18), ("0.10", 8), ("0.20", 0)), mean=22),
    Attribute("cancelled", _bands(("0", 18), ("0.02", 14), ("0.05", 8), ("0.15", 0)), mean=14),
    Attribute("late", _bands(("0", 16), ("0.10", 8), ("0.30", 0)), mean=12),
    Attribute("swing", _bands(("0", 30), ("0.3", 22), ("0.6", 12), ("1.0", 0)), mean=14),
    Attribute("trend", _bands(("0", 0), ("0.5", 8), ("0.9", 16), ("1.5", 20)), mean=13),
    Attribute("days_past_due", _bands(("0", 0), ("1", -30), ("31", -90), ("91", -200)), mean=0),
)
GRADES = ((650, "A", Decimal(2)), (615, "B", Decimal("1.5")), (585, "C", Decimal(1)), (560, "D", Decimal("0.6")))


@dataclass(frozen=True, slots=True)
class Result:
    """What the scorecard says: score, grade ('' is no credit), probability of default, limit, at most four reasons."""

    score: int
    grade: str
    default_probability: Decimal
    limit: Decimal
    reasons: tuple[str, ...]


def assess(record: Record, instead: Mapping[str, Decimal] | None = None) -> Result:
    """Score a record and set its limit, rounded down to two significant digits so that it does not twitch every night.

    Limit = k(grade) x median monthly net sales of the last six months, at most a quarter of the year's inflow. No
    credit below grade D, with fewer than three active months, when more than 30 days past due, or when the probability
    of default is above 50 %. Reasons are the attributes that lose most points against the population's mean.
    `instead` names attributes that shall count as if they had another value; sales stay what they are.
    """
    values = {one.name: getattr(record, one.name) for one in POINTS}
    if instead:
        values |= instead
    scored = _scored(tuple([one.points(values[one.name]) for one in POINTS]))
    if not scored.grade or values["active_months"] < MINIMUM_ACTIVE_MONTHS or values["days_past_due"] > 30:
        return Result(scored.score, "", scored.default_probability, ZERO, scored.reasons)
    inflow_cap = max(sum(record.monthly, ZERO), ZERO) / 4
    limit = two_digits(min(scored.multiple * record.median_month, inflow_cap))
    return Result(scored.score, scored.grade, scored.default_probability, limit, scored.reasons)


class _Scored(NamedTuple):
    """What the points alone decide."""

    score: int
    grade: str
    multiple: Decimal
    default_probability: Decimal
    reasons: tuple[str, ...]


@cache
def _scored(earned: tuple[int, ...]) -> _Scored:
    """What the points of POINTS, in their order, come to. There are 49,152 at most."""
    score = BASE + sum(earned)
    default_probability = _default_probability(score)
    grade, multiple = _grade(score)
    if default_probability > NO_CREDIT_ABOVE:
        grade = ""
    return _Scored(score, grade, multiple, default_probability, _reasons(earned))


class Verdict(Protocol):
    """What an assessment comes to, kept or just made."""

    @property
    def score(self) -> int: ...
    @property
    def grade(self) -> str: ...
    @property
    def limit(self) -> Decimal: ...


def same_verdict(one: Verdict, other: Verdict) -> bool:
    """Whether two assessments by one scorecard come to the same: then the earlier stands, and offers rest on it."""
    return (one.score, one.grade, one.limit) == (other.score, other.grade, other.limit)


def turns_of(name: str) -> frozenset[Decimal]:
    """The values of an attribute at which its points change: between them, nothing that rests on it does."""
    return frozenset(start for one in POINTS if one.name == name for start, _points in one.bands)


def _grade(score: int) -> tuple[str, Decimal]:
    for least, grade, multiple in GRADES:
        if score >= least:
            return grade, multiple
    return "", ZERO


def _default_probability(score: int) -> Decimal:
    odds = ((Decimal(score) - OFFSET) / FACTOR).exp()
    return (1 / (1 + odds)).quantize(Decimal("0.000001"))


def _reasons(earned: Sequence[int]) -> tuple[str, ...]:
    lost = sorted((points - one.mean, one.name) for one, points in zip(POINTS, earned, strict=True))
    return tuple(name for difference, name in lost[:4] if difference < 0)


def two_digits(amount: Decimal) -> Decimal:
    """`amount` (not negative) rounded down to two significant digits, in whole units."""
    if amount < 1:
        return ZERO
    step = Decimal(1).scaleb(max(amount.adjusted() - 1, 0))
    return (amount / step).to_integral_value(rounding=ROUND_DOWN) * step


def share(part: int, whole: int) -> Decimal:
    """part / whole to four places, 0 when there is nothing to count."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else ZERO


def frozen(record: Record) -> dict[str, object]:
    """The record as it is kept beside a decision: every feature, as text where it is not a whole number."""
    names: Sequence[str] = ("days_selling", "returned", "cancelled", "late", "days_past_due", "active_months")
    return {
        "monthly": [str(month) for month in record.monthly],
        **{name: _plain(getattr(record, name)) for name in names},
        "median_month": str(record.median_month),
        "daily_sales": str(record.daily_sales.quantize(Decimal("0.0001"))),
        "trend": str(record.trend.quantize(Decimal("0.0001"))),
        "swing": str(record.swing.quantize(Decimal("0.0001"))),
    }


def thawed(features: Mapping[str, Any]) -> Record:
    """The record that `frozen` kept."""
    return Record(
        monthly=tuple(Decimal(month) for month in features["monthly"]),
        days_selling=int(features["days_selling"]),
        returned=Decimal(features["returned"]),
        cancelled=Decimal(features["cancelled"]),
        late=Decimal(features["late"]),
        days_past_due=int(features["days_past_due"]),
    )


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value)
