"""Hard times: what a product's policy grants at once, and what a person has to decide. Pure; on business dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

YEAR = timedelta(days=365)
LONGEST_ASKED = 180


@dataclass(frozen=True, slots=True)
class Policy:
    """The pauses that need no person: `days` at most, `a_year` in 365 days, `between` days after the last one's end."""

    days: int
    a_year: int
    between: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that was granted: its first and last day, both inclusive."""

    first: date
    last: date


def why_not(policy: Policy, earlier: Sequence[Pause], *, days: int, past_due: bool, on: date) -> tuple[str, ...]:
    """Why `days` of pause from `on` are not granted by themselves; nothing when they are.

    too_long, too_often, too_soon (after the last), or late: what is past due already, a person looks at.
    """
    last = max((one.last for one in earlier), default=None)
    reasons = {
        "too_long": days > policy.days,
        "too_often": sum(1 for one in earlier if one.first > on - YEAR) >= policy.a_year,
        "too_soon": last is not None and on <= last + timedelta(days=policy.between),
        "late": past_due,
    }
    return tuple(name for name, holds in reasons.items() if holds)
