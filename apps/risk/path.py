"""The path to yes: for each reason that holds a limit back, the smallest change that turns it. Pure functions, no I/O.

Found by asking the scorecard itself: nothing here knows which figure is good.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.risk.scorecard import POINTS, Attribute, Record, Result, assess

ATTRIBUTES: Mapping[str, Attribute] = {one.name: one for one in POINTS}
# The finest step in which an attribute is kept: how far below a band "below it" lies.
FINEST = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Way:
    """One reason and what would turn it. Shares are of one.

    target  the figure from which it counts for more, or below which it does
    limit   what the limit would be with this change alone, everything else as it is
    """

    name: str
    now: Decimal
    target: Decimal | None
    below: bool
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Path:
    """At most four ways, the heaviest reason first, and the limit that all of them together would carry."""

    ways: tuple[Way, ...]
    limit_now: Decimal
    limit_then: Decimal


def is_reached(value: Decimal, target: Decimal, *, below: bool) -> bool:
    """Whether `value` lies below `target`, or at it and above, as `below` says."""
    return value < target if below else value >= target


def path_to_yes(record: Record, reasons: Sequence[str] | None = None) -> Path:
    """The ways out of what holds `record` back, in the currency of its sales; `reasons` are those that were named for
    it, where they were kept."""
    now = assess(record)
    names = now.reasons if reasons is None else [name for name in reasons if name in ATTRIBUTES]
    ways = tuple(_way(record, name, now) for name in names)
    changed = {way.name: _at(way.target, way.below) for way in ways if way.target is not None}
    return Path(ways, now.limit, max(assess(record, changed).limit, now.limit))


def _way(record: Record, name: str, now: Result) -> Way:
    """The nearest band that by itself turns no credit into some; where none does, the nearest that earns as much as
    sellers do on average, and so is no reason any more; else the nearest that earns more. At the best, no target."""
    attribute, value = ATTRIBUTES[name], Decimal(getattr(record, name))
    better = sorted(_better(attribute, value), key=lambda one: abs(one[0] - value))
    if not better:
        return Way(name, value, None, below=False, limit=now.limit)
    turning = [one for one in better if not now.grade and assess(record, {name: _at(one[0], one[1])}).grade]
    average = [one for one in better if one[2] >= attribute.mean]
    target, below, _points = (turning or average or better)[0]
    return Way(name, value, target, below, max(assess(record, {name: _at(target, below)}).limit, now.limit))


def _better(attribute: Attribute, now: Decimal) -> Iterator[tuple[Decimal, bool, int]]:
    """The edge of each band that earns more than `now` does, whether one must get below it, and what it earns."""
    earned = attribute.points(now)
    for number, (start, points) in enumerate(attribute.bands):
        if points <= earned:
            continue
        if start > now:
            yield start, False, points
        else:
            yield attribute.starts[number + 1], True, points


def _at(target: Decimal, below: bool) -> Decimal:
    return target - FINEST if below else target
