"""Penalty interest on what is past due. Pure; one currency."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.daycount import simple_interest
from apps.products.terms import Terms


class Overdue(NamedTuple):
    """An amount still unpaid, and the date it was due."""

    due: date
    amount: Decimal


def penalty_interest(
    overdue: Iterable[Overdue],
    annual_rate: Decimal,
    through: date,
    grace_days: int = 0,
    day_count: str = "ACT/365F",
    after: date = date.min,
) -> Decimal:
    """Daily simple penalty interest to `through` (inclusive), unrounded; `annual_rate` a share a year.

    Days of grace bear none. An amount paid on its due date, however late that became known, bears none either. Only
    the days after `after` count: what a night adds to those before it.
    """
    total = ZERO
    for one in overdue:
        since = one.due + timedelta(days=grace_days)
        first = max(since, after)
        if first < through:
            total += simple_interest(one.amount, annual_rate, first, through, day_count, since=since)
    return total


def penalty_added(terms: Terms, overdue: Iterable[Overdue], after: date, through: date) -> Decimal:
    """What the days after `after` through `through` (inclusive) add to the penalty, unrounded, as `terms` say."""
    rate, day_count = terms.penalty
    return penalty_interest(overdue, rate, through, terms.grace_days, day_count, after)
