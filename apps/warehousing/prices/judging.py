"""Whether a price is believed: against the clock, its own file, what was known before, and the price next to it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.warehousing.prices.reading import PriceTold


class Known(NamedTuple):
    """The price of a date as it stands, and which revision that is."""

    price: Decimal
    revision: int


@dataclass(slots=True)
class Judged:
    """What becomes of the prices of one series.

    landed     price and revision: 1 for a new date, more for a correction
    unchanged  how many were known already
    rejected   each with its reason
    """

    landed: list[tuple[PriceTold, int]] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[tuple[PriceTold, str]] = field(default_factory=list)


def judge(
    told: Iterable[PriceTold], known: Mapping[date, Known], *, today: date, largest_step: Decimal | None
) -> Judged:
    """Judge prices of one series against `known`, those of it that stand already.

    A price is measured against the one before it, or, where there is none, the one after: more than `largest_step`
    times as much or as little is rejected; None accepts any. Rejected, too: a date after `today`, a date that stands on
    an earlier line.
    """
    judged = Judged()
    prices = {on: price for on, (price, _revision) in known.items()}
    dates = sorted(prices)
    lines: dict[date, int] = {}
    for price in sorted(told, key=lambda price: (price.on, price.line)):
        if fault := _clash(price, lines, today) or _step(price, prices, dates, largest_step):
            judged.rejected.append((price, fault))
            continue
        lines[price.on] = price.line
        if prices.get(price.on) == price.price:
            judged.unchanged += 1
            continue
        if price.on not in prices:
            insort(dates, price.on)
        prices[price.on] = price.price
        before = known.get(price.on)
        judged.landed.append((price, before.revision + 1 if before else 1))
    return judged


def _clash(price: PriceTold, lines: Mapping[date, int], today: date) -> str:
    if price.on > today:
        return f"{price.on} lies in the future: a price is known when its day, or its month, is over."
    if price.on in lines:
        return f"The price of {price.on} stands on line {lines[price.on]} already."
    return ""


def _step(price: PriceTold, prices: Mapping[date, Decimal], dates: list[date], largest_step: Decimal | None) -> str:
    if largest_step is None or prices.get(price.on) == price.price:
        return ""
    place = bisect_left(dates, price.on)
    neighbours = dates[max(0, place - 1) : place] or [day for day in dates[place : place + 2] if day != price.on]
    if not neighbours:
        return ""
    other = prices[neighbours[0]]
    step = max(price.price / other, other / price.price)
    if step <= largest_step:
        return ""
    return (
        f"{price.price.normalize():f} is absurd beside the {other.normalize():f} of {neighbours[0]}: a step of more "
        f"than {largest_step.normalize():f} times waits for a person. If it is right, accept the step."
    )
