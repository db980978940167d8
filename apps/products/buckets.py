"""How late is how bad: ranges of days past due, and what has to be set aside for each class of them. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from apps.core.money import round_money


class Bucket(NamedTuple):
    """A range of days past due, both ends inclusive; `last` None is open."""

    name: str
    first: int
    last: int | None


def buckets_ending(ends: Sequence[int]) -> tuple[Bucket, ...]:
    """The ranges whose last days are `ends` (rising, at least one), and an open one of all days after the last of them.

    Each is named by its days, the open one by the day that it lies beyond: 7 and 15 end "1-7", "8-15" and "15+".
    """
    starts = (0, *ends)
    closed = [Bucket(_name(before + 1, last), before + 1, last) for before, last in pairwise(starts)]
    return (*closed, Bucket(f"{ends[-1]}+", ends[-1] + 1, None))


def _name(first: int, last: int) -> str:
    return f"{first}-{last}" if first < last else str(last)


DEFAULT_ENDS = (30, 60, 90)
BUCKETS = buckets_ending(DEFAULT_ENDS)


def bucket_of(days: int, buckets: Sequence[Bucket] = BUCKETS) -> str:
    """The name of the range that holds `days` past due, "" when none does."""
    for bucket in buckets:
        if bucket.first <= days and (bucket.last is None or days <= bucket.last):
            return bucket.name
    return ""


class RiskClass(NamedTuple):
    """A class of provisioning: from `first_day` past due on, `rate` (a share) of what is owed is set aside."""

    code: str
    first_day: int
    rate: Decimal


# Five classes as supervisors of banks know them. Days: China's rules on risk classification of financial assets (2023:
# more than 90, 270 and 360 days past due are at least substandard, doubtful and loss); rates: the guidance of 2002.
RISK_CLASSES = (
    RiskClass("normal", 0, Decimal("0.01")),
    RiskClass("special_mention", 1, Decimal("0.02")),
    RiskClass("substandard", 91, Decimal("0.25")),
    RiskClass("doubtful", 271, Decimal("0.5")),
    RiskClass("loss", 361, Decimal(1)),
)


def class_of(days: int, classes: Iterable[RiskClass] = RISK_CLASSES) -> RiskClass:
    """The class that `days` past due fall in. Raises ValueError when `classes` hold none for 0 days."""
    fitting = [one for one in classes if one.first_day <= days]
    if not fitting:
        raise ValueError(f"No class of provisioning holds {days} days past due.")
    return max(fitting, key=lambda one: one.first_day)


def provision(owed: Decimal, risk: RiskClass, currency: str) -> Decimal:
    """What is set aside for `owed` of a class, rounded to the minor unit of `currency`."""
    return round_money(owed * risk.rate, currency)
