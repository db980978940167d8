"""What pledged goods are worth to a financier: drawing power, margin calls, releases. Amounts in one currency."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO


class Pledged(NamedTuple):
    """A quantity of goods at a price a unit; `haircut` is the share of the value nobody lends against."""

    quantity: Decimal
    unit_price: Decimal
    haircut: Decimal = ZERO


def value(pledges: Iterable[Pledged]) -> Decimal:
    """The goods at their prices, before any haircut."""
    return sum((one.quantity * one.unit_price for one in pledges), ZERO)


def drawing_power(pledges: Iterable[Pledged]) -> Decimal:
    """What may be lent against the goods: their value after haircuts."""
    return sum((one.quantity * one.unit_price * (1 - one.haircut) for one in pledges), ZERO)


def drawable(pledges: Iterable[Pledged], sanctioned: Decimal, drawn: Decimal) -> Decimal:
    """What may still be drawn: the lower of sanction and drawing power, less what is drawn; never below zero."""
    return max(min(sanctioned, drawing_power(pledges)) - drawn, ZERO)


def shortfall(pledges: Iterable[Pledged], outstanding: Decimal, limit: Decimal = Decimal(1)) -> Decimal:
    """The cash that cures a margin call: what is owed above `limit` (a share) of the goods' value; zero when none."""
    return max(outstanding - value(pledges) * limit, ZERO)


def may_release(remaining: Iterable[Pledged], outstanding: Decimal) -> bool:
    """Whether goods may go: what stays pledged must still carry what is owed."""
    return outstanding <= drawing_power(remaining)
