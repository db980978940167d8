"""Penalty interest on what is past due. Pure; one currency."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.daycount import simple_interest


class Overdue(NamedTuple):
    """An amount still unpaid, and the date it was due."""

    due: date
    amount: Decimal


def penalty_interest(
    overdue: Iterable[Overdue], annual_rate: Decimal, through: date, grace_days: int = 0, day_count: str = "ACT/365F"
) -> Decimal:
    """Daily simple penalty interest to `through` (inclusive), unrounded; `annual_rate` a share a year.

    Days of grace bear none. An amount paid on its due date, however late that became known, bears none either.
    """
    return sum(
        (
            simple_interest(one.amount, annual_rate, one.due + timedelta(days=grace_days), through, day_count)
            for one in overdue
            if one.due + timedelta(days=grace_days) < through
        ),
        ZERO,
    )
