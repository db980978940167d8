"""A change as a value: what an event will do to a financing."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.financing.models import Financing
from apps.repayment.life import RETURNED, Life, Told
from apps.repayment.models import Event
from apps.repayment.waterfall import Parts

ENDS = ("write_off", "restructure")  # proposed before they are done, and the last thing that happens


@dataclass(frozen=True, slots=True)
class Standing:
    """What is owed by component, what was paid beyond it, and how late it is."""

    owed: Parts
    surplus: Decimal
    past_due: Decimal
    days_past_due: int


class Recorded(NamedTuple):
    """A movement that holds: neither a reversal nor reversed. `on` is the date that it counts from."""

    on: date
    pk: int
    identity: str
    kind: str
    change: Parts
    surplus: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """What an event will change. `undone` are movements that it reverses, `told` what it adds; both in date order.

    `events` are all that hold then, this one among them.
    """

    financing: Financing
    event: Event
    before: Standing
    after: Standing
    undone: tuple[Recorded, ...]
    told: tuple[Told, ...]
    life: Life
    events: tuple[Event, ...]

    @property
    def rewrites_history(self) -> bool:
        """Whether days change that are closed already."""
        return bool(self.undone)

    @property
    def event_of(self) -> dict[str, Event]:
        """By the identity of a movement, the event that it stands for, though another told it again."""
        known = [*self.events, *([self.event.reverses] if self.event.reverses else [])]
        return {f"{one.kind}:{one.number}": one for one in known}

    @property
    def money_came_back(self) -> bool:
        """Whether the bank gave back what it had paid out: then nothing was ever owed."""
        return any(one.kind == RETURNED for one in self.events)

    @property
    def before_end(self) -> Parts:
        """What was owed when the event ended it, with interest and penalty through that date; nothing where it does
        not end anything."""
        ends = [told.change for told in self.told if told.kind == self.event.kind and told.kind in ENDS]
        return Parts().minus(ends[0]) if ends else Parts()

    @property
    def fingerprint(self) -> str:
        """Tells whether what is about to be written is what a person was shown: terms, balances and days."""
        event = self.event
        agreed = (event.kind, event.effective_on, event.amount, event.reverses_id)
        details = json.dumps(event.details, sort_keys=True)
        seen = (agreed, details, self.before, self.after, [one.pk for one in self.undone], self.told)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
