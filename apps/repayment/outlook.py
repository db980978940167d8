"""When a financing will be done, as far as can be told today. Pure: one currency, dates are business dates."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from apps.core.money import round_money

# Beyond this many days nobody can promise a date.
FURTHEST = 3_650


class Eased(NamedTuple):
    """A time in which less is kept of sales: the share `rate` (0: nothing) through `until`, inclusive."""

    until: date
    rate: Decimal


def expected_done(
    *,
    outstanding: Decimal,
    daily_sales: Decimal,
    sweep_rate: Decimal,
    due_on: date | None,
    on: date,
    currency: str,
    eased: Eased | None = None,
) -> date | None:
    """The date on which `outstanding` will be repaid: `due_on` where there is one, else when `sweep_rate` (a share) of
    `daily_sales` has brought it in, the first of it tonight; while it is `eased`, less. None when sales bring nothing
    or take too long to tell.
    """
    if due_on is not None:
        return due_on
    if eased is not None and eased.until >= on:
        done = _done(outstanding, round_money(daily_sales * eased.rate, currency), on)
        if done is not None and done <= eased.until:
            return done
        outstanding -= ((eased.until - on).days + 1) * round_money(daily_sales * eased.rate, currency)
        on = eased.until + timedelta(days=1)
    return _done(outstanding, round_money(daily_sales * sweep_rate, currency), on)


def _done(outstanding: Decimal, daily: Decimal, on: date) -> date | None:
    if daily <= 0:
        return None
    days = int((outstanding / daily).to_integral_value(rounding=ROUND_CEILING))
    return on + timedelta(days=days - 1) if days <= FURTHEST else None


def days_nearer(*, taken: Decimal, left: Decimal, daily_sales: Decimal, sweep_rate: Decimal, currency: str) -> int:
    """By how many days of usual sales a deduction of `taken`, after which `left` is owed, brought the end nearer.

    Days are counted whole, as on the calendar: those needed for what was owed before, less those needed after. 0 when
    sales bring nothing.
    """
    daily = round_money(daily_sales * sweep_rate, currency)
    if daily <= 0:
        return 0
    before, after = ((owed / daily).to_integral_value(rounding=ROUND_CEILING) for owed in (left + taken, left))
    return int(before - after)
