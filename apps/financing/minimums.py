"""What the minimum periods of an advance on sales ask for, frozen when the contract is made. Pure; one currency.

The minimum of a period is a share of all that is to be repaid, or total x period days / (pace x expected days): a pace
of 1.5 lets repayment take half as long again as expected. Where the seller's year has seasons, the minimums follow them
and add up to the same.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from apps.core.money import ZERO, quantum, round_money, split
from apps.products.bounds import MOST_PERIODS
from apps.products.terms import Terms

YEAR = 365


class TooManyPeriods(ValueError):
    """So small a minimum asks for more periods than any contract has."""


def period_minimum(owed: Decimal, terms: Terms, expected_days: int) -> Decimal:
    """What one period of `terms` asks for of `owed` in all, rounded to the minor unit: at least one of it, and so much
    that there are no more than MOST_PERIODS, however slow the seller's sales.

    Raises ValueError when the terms have no minimum, or a pace and no expected days.
    """
    if not terms.period_days or not (terms.minimum_share or terms.minimum_pace):
        raise ValueError("These terms have no minimum.")
    share = terms.minimum_share
    if terms.minimum_pace:
        if expected_days <= 0:
            raise ValueError("A pace needs the days that repayment is expected to take.")
        share = terms.period_days / (terms.minimum_pace * expected_days)
    return share_of(owed, share, terms)


def share_of(owed: Decimal, share: Decimal, terms: Terms) -> Decimal:
    """`share` of `owed`, rounded as `terms` say, and so much that no more than MOST_PERIODS of it are needed."""
    least = (owed / MOST_PERIODS).quantize(quantum(terms.currency), ROUND_CEILING)
    return max(round_money(owed * share, terms.currency, terms.rounding), least)


def payments_in(amount: Decimal, each: Decimal) -> int:
    """How many payments of `each` make up `amount`, the last one perhaps smaller."""
    return int((amount / each).to_integral_value(rounding=ROUND_CEILING))


def level_minimums(owed: Decimal, minimum: Decimal) -> list[Decimal]:
    """`owed` in periods of `minimum`, the last one taking what is left.

    Raises TooManyPeriods when those would be more than MOST_PERIODS.
    """
    periods = payments_in(owed, minimum)
    if periods > MOST_PERIODS:
        raise TooManyPeriods(f"{owed} in periods of {minimum} are {periods} periods.")
    return [minimum] * (periods - 1) + [owed - minimum * (periods - 1)]


def shaped_minimums(
    minimums: Sequence[Decimal],
    period_days: int,
    begins_after: date,
    monthly: Sequence[Decimal],
    known_on: date,
    currency: str,
) -> list[Decimal]:
    """`minimums` weighed by what the same days of the seller's last year brought; their sum stays the same.

    `monthly` are the net sales of the last twelve windows of 30 days before `known_on`, oldest first; the first period
    begins on the day after `begins_after`. A period in which nothing was sold asks for nothing. A seller who sold
    nothing at all, or a year that is not known, leaves the minimums level.
    """  # fmt: skip
    weights = [
        minimum * _sold(begins_after + timedelta(days=number * period_days), period_days, monthly, known_on)
        for number, minimum in enumerate(minimums)
    ]
    if not any(weights):
        return list(minimums)
    return split(sum(minimums, ZERO), weights, currency)


def _sold(begins_after: date, days: int, monthly: Sequence[Decimal], known_on: date) -> Decimal:
    """What the days of a period brought a year before, each day weighing as much as all of its window; the twelve
    windows stand for the months of a year."""
    return sum(
        (window_of(begins_after + timedelta(days=number), monthly, known_on) for number in range(1, days + 1)), ZERO
    )


def window_of(day: date, monthly: Sequence[Decimal], known_on: date) -> Decimal:
    """The net sales, none below zero, of the window of 30 days in which `day` lay a year before."""
    return max(monthly[(day - known_on).days % YEAR * len(monthly) // YEAR], ZERO)


def frozen_minimums(
    *, owed: Decimal, terms: Terms, expected_days: int, monthly: Sequence[Decimal], known_on: date, begins_after: date
) -> list[Decimal]:
    """What a contract freezes: the minimum of each period, adding up to `owed`; empty where the terms alone tell."""
    if not terms.freezes_minimums:
        return []
    minimums = level_minimums(owed, period_minimum(owed, terms, expected_days))
    if not terms.season_shaped or not monthly:
        return minimums
    return shaped_minimums(minimums, terms.period_days, begins_after, monthly, known_on, terms.currency)


def dated(minimums: Sequence[Decimal], period_days: int, start: date) -> list[tuple[date, date, Decimal]]:
    """Each minimum with the first and the last day of its period, both inclusive; the first begins after `start`."""
    return [
        (start + timedelta(days=period_days * number + 1), start + timedelta(days=period_days * (number + 1)), amount)
        for number, amount in enumerate(minimums)
    ]
