"""Hard times: what a seller may ask for, what a product's policy grants at once, what a person has to decide.

Pure; on business dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

YEAR = timedelta(days=365)
PAUSE, LOWER_SHARE, LONGER, EXTENSION = "pause", "lower_share", "longer", "extension"
LONGEST_ASKED = 180
MOST_ADDED = 24
PARTS = (Decimal("0.75"), Decimal("0.5"), Decimal("0.25"))
"""What may be left of the agreed share of sales."""
ANSWERED_WITHIN = 2
"""Business days after the one of the asking by whose end a person has answered."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. A pause lasts `days`; a lower share too, and leaves `part` of the agreed share of sales; a
    longer time has `more` instalments or minimum periods, each smaller. An extension moves the one due date of a
    receivable or of a loan on goods by `days`."""

    kind: str
    days: int = 0
    part: Decimal | None = None
    more: int = 0

    @property
    def is_sensible(self) -> bool:
        """Whether anybody could be asked for it."""
        match self.kind:
            case "pause" | "extension":
                return 1 <= self.days <= LONGEST_ASKED and self.part is None and not self.more
            case "lower_share":
                return 1 <= self.days <= LONGEST_ASKED and self.part in PARTS and not self.more
            case "longer":
                return 1 <= self.more <= MOST_ADDED and self.part is None and not self.days
        return False


@dataclass(frozen=True, slots=True)
class Policy:
    """What needs no person: a pause of `days` at most; a lower share for `lower_days` at most that leaves at least
    `lowest_part` of what was agreed; `more` instalments or periods at most; a due date at most `later_days` later. Of
    all these `a_year` in 365 days, and `between` days after the last one's end."""

    days: int
    a_year: int
    between: int
    lower_days: int
    lowest_part: Decimal
    more: int
    later_days: int

    def grants_some(self, kind: str) -> bool:
        """Whether some wish of `kind` is granted at once."""
        most = {PAUSE: self.days, LOWER_SHARE: self.lower_days, LONGER: self.more, EXTENSION: self.later_days}
        return bool(self.a_year and most[kind])


@dataclass(frozen=True, slots=True)
class Relief:
    """What was granted before: its first and its last day, both inclusive; one day where it only changed dates."""

    first: date
    last: date


def why_not(policy: Policy, earlier: Sequence[Relief], wish: Wish, *, past_due: bool, on: date) -> tuple[str, ...]:
    """Why `wish` is not granted by itself on `on`; nothing when it is.

    too_long, too_low (less of the share stays than the policy leaves), too_often, too_soon (after the last), or late:
    what is past due already, a person looks at.
    """
    last = max((one.last for one in earlier), default=None)
    longest = {LOWER_SHARE: policy.lower_days, EXTENSION: policy.later_days}.get(wish.kind, policy.days)
    reasons = {
        "too_long": wish.days > longest or wish.more > policy.more,
        "too_low": wish.part is not None and wish.part < policy.lowest_part,
        "too_often": sum(1 for one in earlier if one.first > on - YEAR) >= policy.a_year,
        "too_soon": last is not None and on <= last + timedelta(days=policy.between),
        "late": past_due,
    }
    return tuple(name for name, holds in reasons.items() if holds)


def days_moved(days: int, *, lower: Decimal, agreed: Decimal) -> int:
    """The days by which minimums move when `days` keep the share `lower` of sales instead of `agreed`: as many days of
    the agreed share as are not kept, rounded up. A pause, which keeps nothing, moves them by all its days."""
    return int((days * (agreed - lower) / agreed).to_integral_value(rounding=ROUND_CEILING))


def days_given_back(days: int, *, lower: Decimal, agreed: Decimal) -> int:
    """As `days_moved`, of the `days` that are left when it ends early; rounded down, so that never more comes back than
    was given."""
    return int((days * (agreed - lower) / agreed).to_integral_value(rounding=ROUND_FLOOR))
