"""The part of a flat fee that is given back to who repays everything early. Pure; one currency.

The rule is pro rata temporis: the fee is spread evenly over the days that the financing was expected to run, and the
part that belongs to days not used is unearned. It is the linear method by which lenders carry out Article 16(1) of
Directive 2008/48/EC since the judgment of the Court of Justice in C-383/18 (Lexitor) brought one-off costs under it.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO, round_money
from apps.products.terms import Terms
from apps.repayment.waterfall import Parts


class Spread(NamedTuple):
    """A flat fee and the days it was charged for: after `first` through `last`."""

    fee: Decimal
    first: date
    last: date


def spread_of(fee: Decimal, disbursed_on: date, due_on: date | None, terms: Terms) -> Spread:
    """The fee over the days to the due date, or where there is none, over the expected days of the terms."""
    return Spread(fee, disbursed_on, due_on or disbursed_on + timedelta(days=terms.expected_days))


def rebate(spread: Spread, on: date, waived: Decimal, terms: Terms, currency: str) -> Decimal:
    """What of the fee goes back when everything is repaid on `on`: the agreed share of fee x days left / all days.

    Rounded to the minor unit; what was `waived` of the fee goes back no second time; nothing after the last day.
    """
    left, whole = (spread.last - on).days, (spread.last - spread.first).days
    if not terms.fee_rebate or left <= 0 or whole <= 0:
        return ZERO
    unearned = round_money(spread.fee * terms.fee_rebate * min(left, whole) / whole, currency, terms.rounding)
    return max(min(unearned, spread.fee - waived), ZERO)


def taken_off(owed: Parts, amount: Decimal) -> Parts:
    """How `amount` of rebate lowers what is `owed`: the fee first, since it was never earned, then the rest."""
    fee = min(amount, owed.fee)
    principal = min(amount - fee, owed.principal)
    interest = min(amount - fee - principal, owed.interest)
    return Parts(ZERO, fee, interest, principal)
