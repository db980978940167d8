"""The annual percentage rate that a regulator wants to see: United States, European Union, United Kingdom.

Advances are what the borrower gets, payments what they give back, both positive, in one currency. Rates are shares.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from apps.financing.rates import Flows, NoSolution, sharpened, xirr

ZERO = Decimal(0)


class UnitPeriod(NamedTuple):
    """The interval that an actuarial rate is reckoned over: `number` of days, weeks, half months or months."""

    number: int
    kind: str

    @property
    def a_year(self) -> Fraction:
        """How many of them the regulation has in a year."""
        return Fraction({DAY: 365, WEEK: 52, HALF_MONTH: 24, MONTH: 12}[self.kind], self.number)

    @property
    def length(self) -> int:
        """Roughly how many days it has, to tell the longer of two."""
        return self.number * {DAY: 1, WEEK: 7, HALF_MONTH: 15, MONTH: 30}[self.kind]


DAY, WEEK, HALF_MONTH, MONTH = "day", "week", "half month", "month"
YEAR = UnitPeriod(12, MONTH)
STANDARD = (
    UnitPeriod(1, DAY),
    UnitPeriod(1, WEEK),
    UnitPeriod(2, WEEK),
    UnitPeriod(1, HALF_MONTH),
    *(UnitPeriod(number, MONTH) for number in range(1, 13)),
)


def european_apr(advances: Flows, payments: Flows) -> Decimal:
    """The effective yearly rate of Directive 2008/48/EC annex I, which the United Kingdom kept (CONC App 1.2).

    An interval is its days over 365. A credit that costs nothing has the rate 0. Raises NoSolution when no rate solves.
    """
    if sum((amount for _day, amount in advances), ZERO) == sum((amount for _day, amount in payments), ZERO):
        return ZERO
    return xirr([*((day, -amount) for day, amount in advances), *payments])


def actuarial_apr(advances: Flows, payments: Flows, unit_period: UnitPeriod | None = None) -> Decimal:
    """The nominal yearly rate of Regulation Z (12 CFR 1026) appendix J: the rate a unit period times those in a year.

    The term begins with the first advance. Without `unit_period` the most common interval is taken, as (b)(4) says; the
    unit period of one advance and one payment within a year is always its term. Raises NoSolution when nothing solves.
    """
    if not advances or not payments:
        raise NoSolution("An annual percentage rate needs an advance and a payment.")
    start = min(day for day, _amount in advances)
    dates = sorted({day for day, _amount in [*advances, *payments]})
    if len(advances) == len(payments) == 1 and _months_back(dates[-1], 12, dates) < start:
        return _rate_of_term(start, advances[0][1], *payments[0])
    unit = unit_period or common_unit_period(dates)
    flows = [
        *((*_unit_periods(start, day, unit, dates), -amount) for day, amount in advances),
        *((*_unit_periods(start, day, unit, dates), amount) for day, amount in payments),
    ]
    return _rate_per_unit(flows) * unit.a_year.numerator / unit.a_year.denominator


def _rate_of_term(start: date, advance: Decimal, end: date, payment: Decimal) -> Decimal:
    """(b)(5)(vi) and (vii): one advance, one payment, less than a year apart."""
    months, days = _months_and_days(start, end, [start, end])
    if start == end:
        raise NoSolution("All money moves on one date: there is no time for a rate.")
    a_year = Fraction(365, (end - start).days) if days else Fraction(12, months)
    return (payment / advance - 1) * a_year.numerator / a_year.denominator


def _rate_per_unit(flows: Sequence[tuple[int, Fraction, Decimal]]) -> Decimal:
    """(b)(8), the general equation: each flow over (1 + fraction x rate) (1 + rate) ^ whole units, in sum nothing."""
    exact = [(whole, Decimal(part.numerator) / part.denominator, amount) for whole, part, amount in flows]

    def value(rate: Decimal) -> Decimal:
        return sum((amount / ((1 + part * rate) * (1 + rate) ** whole) for whole, part, amount in exact), ZERO)

    low, high = (ZERO, Decimal(1)) if value(ZERO) >= 0 else (Decimal("-0.999"), ZERO)
    while value(high) > 0:
        low, high = high, high * 2
        if high > Decimal("1e12"):
            raise NoSolution("No rate solves these advances and payments.")
    if value(low) < 0:
        raise NoSolution("No rate solves these advances and payments.")
    for _halving in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if value(middle) > 0 else (low, middle)
    return sharpened(high, value)


def _unit_periods(start: date, end: date, unit: UnitPeriod, dates: Sequence[date]) -> tuple[int, Fraction]:
    """(b)(5)(ii) to (v): the whole unit periods from `start` to `end`, and the fraction of one before them."""
    if unit.kind in (DAY, WEEK):
        return _split(Fraction((end - start).days, unit.length))
    if unit == YEAR:
        return _years(start, end, dates)
    months, days = _months_and_days(start, end, dates)
    return _split(Fraction(30 * months + days, unit.length))


def _years(start: date, end: date, dates: Sequence[date]) -> tuple[int, Fraction]:
    months, days = _months_and_days(start, end, dates)
    whole, over = divmod(months, 12)
    if not days:
        return whole, Fraction(over, 12)
    return whole, Fraction((_months_back(end, 12 * whole, dates) - start).days, 365)


def _split(units: Fraction) -> tuple[int, Fraction]:
    return units.numerator // units.denominator, units % 1


def _months_and_days(start: date, end: date, dates: Sequence[date]) -> tuple[int, int]:
    """The whole months measured back from `end`, and the days from `start` that are left before them."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if _months_back(end, months, dates) < start:
        months -= 1
    return months, (_months_back(end, months, dates) - start).days


def _months_back(day: date, months: int, dates: Sequence[date]) -> date:
    """The same day `months` earlier, or that month's last. (b)(3): what is due on each month's last day stays there.

    A last day that stands for the 29th, 30th or 31st of a series goes back to that day.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    wanted = day.day
    if _is_month_end(day):
        late = [one for one in dates if one.day >= 28]
        wanted = 31 if all(_is_month_end(one) for one in late) else max(one.day for one in late)
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


def _is_month_end(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def common_unit_period(dates: Sequence[date]) -> UnitPeriod:
    """(b)(4): the interval between `dates` (in order) that occurs most often, of equally frequent ones the shortest.

    When each occurs once, the standard interval nearest to their average; at most a year.
    """
    intervals = [_interval(first, second, dates) for first, second in pairwise(dates)]
    if not intervals:
        raise NoSolution("All money moves on one date: there is no time for a rate.")
    counted = Counter(intervals)
    most = max(counted.values())
    if most > 1 or len(intervals) == 1:
        return min((one for one, times in counted.items() if times == most), key=lambda one: one.length)
    return _nearest_standard(Fraction((dates[-1] - dates[0]).days, len(intervals)))


def _interval(first: date, second: date, dates: Sequence[date]) -> UnitPeriod:
    months, days = _months_and_days(first, second, dates)
    if months and not days:
        return UnitPeriod(min(months, 12), MONTH)
    length = (second - first).days
    if length % 7 == 0 and length < 365:
        return UnitPeriod(length // 7, WEEK)
    return _nearest_standard(Fraction(length))


def _nearest_standard(days: Fraction) -> UnitPeriod:
    """The standard interval nearest to `days`, of two as near the shorter; at most a year."""
    return min(STANDARD, key=lambda one: (abs(one.length - days), one.length))
