"""Day counts: how many days, over how many days in a year."""

from datetime import date
from decimal import Decimal

BASIS = {"ACT/360": Decimal(360), "ACT/365F": Decimal(365)}


def simple_interest(principal: Decimal, annual_rate: Decimal, first: date, last: date, day_count: str) -> Decimal:
    """Daily simple interest on `principal` from `first` (exclusive) to `last` (inclusive), unrounded.

    `annual_rate` is a share a year under `day_count` (ACT/360 or ACT/365 fixed). Same currency as `principal`.
    Raises ValueError when `last` is before `first`, KeyError for an unknown day count.
    """
    days = (last - first).days
    if days < 0:
        raise ValueError(f"Interest cannot run backwards from {first} to {last}.")
    return principal * annual_rate * days / BASIS[day_count]
