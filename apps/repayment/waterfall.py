"""The waterfall: in which order a payment pays what is owed. It is data on the product; this module only follows it."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache
from typing import NamedTuple

from apps.core.money import ZERO

HORIZONTAL = "horizontal"
VERTICAL = "vertical"

NEXT_INSTALMENT, LAST_INSTALMENT, REAMORTISE = "next", "last", "reamortise"
IN_ADVANCE = "in_advance"


class Parts(NamedTuple):
    """An amount by component. All in one currency."""

    penalty: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO
    principal: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.penalty + self.fee + self.interest + self.principal

    def plus(self, other: "Parts") -> "Parts":
        return Parts(
            self.penalty + other.penalty,
            self.fee + other.fee,
            self.interest + other.interest,
            self.principal + other.principal,
        )

    def minus(self, other: "Parts") -> "Parts":
        return Parts(
            self.penalty - other.penalty,
            self.fee - other.fee,
            self.interest - other.interest,
            self.principal - other.principal,
        )


class Due(NamedTuple):
    """What one instalment still owes, and how it stands: past_due, due or in_advance."""

    standing: str
    parts: Parts


def allocate(
    payment: Decimal,
    dues: Sequence[Due],
    waterfall: Sequence[str],
    mode: str = HORIZONTAL,
    advance: str = NEXT_INSTALMENT,
    unit: Decimal = Decimal("0.01"),
) -> tuple[list[Parts], Decimal]:
    """How `payment` pays `dues`, oldest first: what each receives, and what is left over.

    `waterfall` lists steps such as "past_due_interest" in order. HORIZONTAL finishes one instalment before the next of
    the same standing; VERTICAL finishes one component across instalments. `advance` says where money in advance goes:
    the next instalment, the last, or evenly over all of them in whole `unit`s (REAMORTISE). The parts and the rest add
    up to `payment`; none is negative; none is above what is due. Raises ValueError for a negative payment or an
    unknown step.
    """
    if payment < 0:
        raise ValueError("A payment cannot be negative.")
    if advance == NEXT_INSTALMENT:
        return _pour(payment, dues, waterfall, mode)
    now = [due if due.standing != IN_ADVANCE else due._replace(parts=Parts()) for due in dues]
    later = [due if due.standing == IN_ADVANCE else due._replace(parts=Parts()) for due in dues]
    paid_now, left = _pour(payment, now, waterfall, mode)
    if advance == LAST_INSTALMENT:
        paid_later, left = _pour(left, later[::-1], waterfall, mode)
        paid_later.reverse()
    else:
        paid_later, left = _spread(left, later, waterfall, unit)
    return [one.plus(other) for one, other in zip(paid_now, paid_later, strict=True)], left


def _spread(
    payment: Decimal, dues: Sequence[Due], waterfall: Sequence[str], unit: Decimal
) -> tuple[list[Parts], Decimal]:
    """`payment` in equal shares over the open dues, what one cannot take going to the others."""
    paid = [Parts() for _due in dues]
    left = payment
    while left > 0 and (open_ := [place for place, due in enumerate(dues) if due.parts.minus(paid[place]).total > 0]):
        share = max((left / len(open_)).quantize(unit, rounding=ROUND_DOWN), unit)
        for place in open_:
            amount = left if place == open_[-1] and left - share < unit * len(open_) else min(share, left)
            rest = [Due(dues[place].standing, dues[place].parts.minus(paid[place]))]
            (part,), over = _pour(amount, rest, waterfall, HORIZONTAL)
            paid[place] = paid[place].plus(part)
            left -= amount - over
    return paid, left


def _pour(payment: Decimal, dues: Sequence[Due], waterfall: Sequence[str], mode: str) -> tuple[list[Parts], Decimal]:
    left = payment
    paid: list[dict[str, Decimal]] = [{} for _due in dues]
    for place, component in _visits(dues, waterfall, mode):
        if not left:
            break
        amount = min(left, getattr(dues[place].parts, component))
        if amount > 0:
            paid[place][component] = amount
            left -= amount
    return [Parts(**parts) for parts in paid], left


def _visits(dues: Sequence[Due], waterfall: Sequence[str], mode: str) -> list[tuple[int, str]]:
    """Every (instalment, component) in the order in which money reaches it."""
    return _order(tuple(due.standing for due in dues), tuple(waterfall), mode)


@lru_cache(maxsize=4096)
def _order(standings: tuple[str, ...], waterfall: tuple[str, ...], mode: str) -> list[tuple[int, str]]:
    steps = [_standing_and_component(step) for step in waterfall]
    if mode == VERTICAL:
        return [
            (place, component)
            for standing, component in steps
            for place, stands in enumerate(standings)
            if stands == standing
        ]
    order = list(dict.fromkeys(standing for standing, _component in steps))
    return [
        (place, component)
        for standing in order
        for place, stands in enumerate(standings)
        if stands == standing
        for step_standing, component in steps
        if step_standing == standing
    ]


def _standing_and_component(step: str) -> tuple[str, str]:
    standing, _underscore, component = step.rpartition("_")
    if standing not in {"past_due", "due", "in_advance"} or component not in Parts._fields:
        raise ValueError(f"{step!r} is not a step of a waterfall.")
    return standing, component
