"""Who may be offered a product: conditions over what is known of a seller. Pure: no database, no clock.

The features are those that the scorecard keeps beside each assessment (`risk.scorecard.frozen`), and the score itself.
A version keeps its conditions as {"returned": {"at_most": "0.1"}}, each bound included; without any, everyone with a
limit may be offered the product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHARE, COUNT, AMOUNT, RATIO = "share", "count", "amount", "ratio"
BOUNDS = ("at_least", "at_most")


@dataclass(frozen=True, slots=True)
class Feature:
    """Something known of a seller: a share of one, a whole number, an amount in the pool's currency, or a ratio."""

    name: str
    label: Promise
    unit: str


FEATURES: Mapping[str, Feature] = {
    one.name: one
    for one in (
        Feature("score", _("score"), COUNT),
        Feature("active_months", _("months with sales, of the last twelve"), COUNT),
        Feature("days_selling", _("days since the first sale"), COUNT),
        Feature("daily_sales", _("net sales a day, on average"), AMOUNT),
        Feature("median_month", _("net sales of the middle month of six"), AMOUNT),
        Feature("returned", _("share of orders sent back"), SHARE),
        Feature("cancelled", _("share of orders cancelled"), SHARE),
        Feature("late", _("share of orders shipped late"), SHARE),
        Feature("swing", _("swing of monthly sales, 0 being even"), RATIO),
        Feature("trend", _("last three months' sales over the three before"), RATIO),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A feature lies within bounds, both included; None is no bound on that side."""

    feature: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


def thawed(kept: Mapping[str, Mapping[str, str]]) -> tuple[Condition, ...]:
    """The conditions that `frozen` kept, in the order of FEATURES. Raises KeyError for what is not known, TypeError
    for what has no bounds."""
    unknown = (set(kept) - set(FEATURES)) | {bound for bounds in kept.values() for bound in set(bounds) - set(BOUNDS)}
    if unknown:
        raise KeyError(min(unknown))
    return tuple(
        Condition(name, *(Decimal(kept[name][bound]) if bound in kept[name] else None for bound in BOUNDS))
        for name in FEATURES
        if name in kept
    )


def frozen(conditions: Sequence[Condition]) -> dict[str, dict[str, str]]:
    """The conditions as a version keeps them: text, and only the bounds that are set."""
    return {
        one.feature: {
            bound: format(value.normalize(), "f")
            for bound, value in zip(BOUNDS, (one.at_least, one.at_most), strict=True)
            if value is not None
        }
        for one in conditions
    }


def unmet(conditions: Sequence[Condition], features: Mapping[str, Any]) -> list[Condition]:
    """The conditions that `features` (numbers, or their text) do not meet. What is not known meets nothing."""
    return [one for one in conditions if one.feature not in features or not one.holds(Decimal(features[one.feature]))]


def overlap(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    """Whether a seller could meet both sets of conditions: no feature is kept apart by them."""
    others = {condition.feature: condition for condition in other}
    return not any(condition.feature in others and _apart(condition, others[condition.feature]) for condition in one)


def _apart(one: Condition, other: Condition) -> bool:
    """Whether no value lies within the bounds of both."""
    return any(
        low.at_least is not None and high.at_most is not None and low.at_least > high.at_most
        for low, high in ((one, other), (other, one))
    )


def fault_of(condition: Condition) -> Promise | None:
    """Why nobody, or nothing sensible, could meet the condition; None for one that makes sense."""
    bounds = [bound for bound in (condition.at_least, condition.at_most) if bound is not None]
    if any(bound < 0 for bound in bounds):
        return _("Nothing below 0 is ever measured here.")
    if FEATURES[condition.feature].unit == SHARE and any(bound > 1 for bound in bounds):
        return _("Write a share as 0.1 or 10%; none is above 1.")
    if condition.at_least is not None and condition.at_most is not None and condition.at_least > condition.at_most:
        return _("Nobody can be above the one and below the other: the least is more than the most.")
    return None
