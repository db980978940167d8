"""Interest as it accrues on a live financing. Pure; one currency."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.financing.daycount import simple_interest

if TYPE_CHECKING:
    from apps.repayment.day import Balance

TWELVE_PLACES = Decimal("0.000000000001")
# Each night is rounded to twelve places; what many of them add up to is true to nine, and a tie to be rounded is one.
NINE_PLACES = Decimal("0.000000001")


def accrue(
    accrued: Decimal, principal: Decimal, rate: Decimal, since: date, through: date, balance: "Balance"
) -> Decimal:
    """All interest since disbursement, unrounded to twelve places: `accrued` and that of the days after `since`
    through `through` (inclusive) on `principal` at `rate` a year, counted as the terms of `balance` say."""
    if not rate or since >= through:
        return accrued
    day_count = balance.terms.day_count
    interest = simple_interest(principal, rate, since, through, day_count, since=balance.disbursed_on)
    return accrued + interest.quantize(TWELVE_PLACES)
