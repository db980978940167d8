"""What somebody asks for."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from apps.repayment.life import Refused


class Stale(Refused):
    """The financing has moved since the change was shown."""


class KeyUsed(Refused):
    """An event with this key is there already, and another act was asked for then."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act that somebody asks for. `kind` is one of Event.Kind; what it needs besides stands in the other fields.

    amount    payment from sales, recovery; for a payment by bank the amount is that of its line
    line_id   the bank's line that brought the money, or took it back
    parts     waiver and charge: how much of which component (principal cannot be waived or charged)
    rate      the new rate a year, as a share
    share     lower share: what is kept of sales, as a share
    until     pause and lower share: its last day; due date: the new one; restructure: the due date where the new
              terms have one
    more      due date of instalments: how many are added at the end
    reverses  reversal and chargeback: the number of the event that is taken back

    period_days, minimum               reschedule: the days of a period, and what each asks for
    version_id, capitalise, agreement  restructure: the terms that follow, whether fee, interest and penalty become
                                       principal, and the paper that the seller signed
    """

    kind: str
    reason: str
    effective_on: date | None = None
    amount: Decimal | None = None
    line_id: int | None = None
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    rate: Decimal | None = None
    share: Decimal | None = None
    until: date | None = None
    more: int = 0
    reverses: int | None = None
    period_days: int | None = None
    minimum: Decimal | None = None
    version_id: int | None = None
    capitalise: bool = False
    agreement: str = ""

    def as_json(self) -> dict[str, Any]:
        """What is asked for, as an event keeps it: an act asked for again reads the same, whatever the financing has
        become since. What is not said is left out; an amount reads the same with and without zeros at its end."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        said |= {"reason": self.reason.strip(), "parts": {name: part for name, part in self.parts.items() if part}}
        return {one.name: _plain(said[one.name]) for one in fields(self) if said[one.name] != _unsaid(one)}


def _unsaid(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
    return value
