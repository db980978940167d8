"""Who may approve how much, and when it takes two. Pure; amounts in the platform's currency.

Every amount needs one person whose own limit reaches it. Above the platform's sum it needs two people besides.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Outcome(Enum):
    """What comes of one more person's approval."""

    TAKES_EFFECT = "takes effect"
    IS_FIRST = "waits for another person"
    NOBODY_MAY = "neither person's limit reaches it"


@dataclass(frozen=True, slots=True)
class Approver:
    """A person, as logs name them, and the most that they may approve alone, included."""

    actor: str
    most: Decimal


def outcome_of(amount: Decimal, by: Approver, first: Approver | None, second_above: Decimal) -> Outcome:
    """What comes of `by` approving `amount`, when `first`, another person, has approved the same amount before, if
    anybody has. An amount of exactly `second_above`, or exactly somebody's limit, is still within it."""
    reaches = amount <= by.most or (first is not None and amount <= first.most)
    if reaches and (first is not None or amount <= second_above):
        return Outcome.TAKES_EFFECT
    return Outcome.IS_FIRST if first is None else Outcome.NOBODY_MAY
