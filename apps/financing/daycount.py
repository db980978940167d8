"""Day counts: how long it is from one date to another, in days and as a share of a year. Exact: Fractions, no floats.

The first date is excluded and the last included, so that periods that touch neither overlap nor leave a gap. Where a
published convention has several readings, the one taken stands beside its rule.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from typing import NamedTuple

import holidays

BASIS = {"ACT/360": Decimal(360), "ACT/365F": Decimal(365)}


class Period(NamedTuple):
    """From `start` (excluded) to `end` (included).

    `termination` is the last date of the contract (30E/360 ISDA), `reference` the regular coupon period that the dates
    lie in or beside (ACT/ACT ISMA).
    """

    start: date
    end: date
    termination: date | None = None
    reference: tuple[date, date] | None = None


class DayCount(NamedTuple):
    """A convention: how it counts days, and how it makes a share of a year."""

    days: Callable[[Period], int]
    years: Callable[[Period], Fraction]


def simple_interest(
    principal: Decimal, annual_rate: Decimal, first: date, last: date, day_count: str, *, since: date | None = None
) -> Decimal:
    """Daily simple interest on `principal` from `first` (exclusive) to `last` (inclusive), unrounded.

    `annual_rate` is a share a year under `day_count`. Same currency as `principal`. `since` is the date the interest
    began to run: under a convention that does not add up day by day (30/360 US) the interest of each night is then the
    difference of two counts from that date, so that the nights together make the count of the whole period.
    Raises ValueError when `last` is before `first`, KeyError for an unknown day count.
    """
    if last < first:
        raise ValueError(f"Interest cannot run backwards from {first} to {last}.")
    basis = BASIS.get(day_count)
    if basis:
        return principal * annual_rate * (last - first).days / basis
    share = _share_since(since or first, first, last, day_count)
    return principal * annual_rate * share.numerator / share.denominator


@lru_cache(maxsize=10_000)  # a night asks the same of many financings
def _share_since(since: date, first: date, last: date, day_count: str) -> Fraction:
    return year_fraction(since, last, day_count) - year_fraction(since, first, day_count)


def year_fraction(
    start: date,
    end: date,
    day_count: str,
    *,
    termination: date | None = None,
    reference: tuple[date, date] | None = None,
) -> Fraction:
    """The share of a year from `start` to `end` under `day_count`, exact; negative when `end` is before `start`.

    `termination` and `reference` as in Period. Raises KeyError for an unknown day count.
    """
    if end < start:
        return -year_fraction(end, start, day_count, termination=termination, reference=reference)
    return DAY_COUNTS[day_count].years(Period(start, end, termination, reference))


def count_days(start: date, end: date, day_count: str, *, termination: date | None = None) -> int:
    """How many days `day_count` counts from `start` to `end`; negative when `end` is before `start`.

    Raises KeyError for an unknown day count.
    """
    if end < start:
        return -count_days(end, start, day_count, termination=termination)
    return DAY_COUNTS[day_count].days(Period(start, end, termination))


# Actual days over a fixed or a leap-dependent year.


def _actual(period: Period) -> int:
    return (period.end - period.start).days


def _leap_days(start: date, end: date) -> int:
    """How many 29 Februaries lie after `start` and not after `end`."""
    before = calendar.leapdays(1, start.year) + (calendar.isleap(start.year) and start >= date(start.year, 2, 29))
    through = calendar.leapdays(1, end.year) + (calendar.isleap(end.year) and end >= date(end.year, 2, 29))
    return through - before


def _without_leap_days(period: Period) -> int:
    return _actual(period) - _leap_days(period.start, period.end)


def _act_365_actual(period: Period) -> Fraction:
    return Fraction(_actual(period), 366 if _leap_days(period.start, period.end) else 365)


def _act_act_isda(period: Period) -> Fraction:
    """The days of each calendar year over the length of that year (ISDA 2006 4.16(b))."""
    return _years_since_epoch(period.end) - _years_since_epoch(period.start)


def _years_since_epoch(day: date) -> Fraction:
    return day.year + Fraction(day.timetuple().tm_yday - 1, _year_length(day.year))


def _year_length(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


def _act_act_afb(period: Period) -> Fraction:
    """Whole years counted back from the end; the days before them over 366 when a 29 February is among them.

    The end of a February counts back to the end of a February. A 29 February on the first date counts, on the last not.
    """
    years = period.end.year - period.start.year + 1
    while (end := _months_away(period.end, -12 * years, keep_month_end=period.end.month == 2)) < period.start:
        years -= 1
    day = timedelta(days=1)
    leap = period.start < end and _leap_days(period.start - day, end - day)
    return years + Fraction((end - period.start).days, 366 if leap else 365)


def _act_act_year(period: Period) -> Fraction:
    """Whole years counted forward from the start; the days after them over the length of the year that they are in."""
    years = period.end.year - period.start.year
    if _months_away(period.start, 12 * years) > period.end:
        years -= 1
    first, last = (_months_away(period.start, 12 * number) for number in (years, years + 1))
    return years + Fraction((period.end - first).days, (last - first).days)


def _act_act_yearfrac(period: Period) -> Fraction:
    """As YEARFRAC with basis 1: within a year over 365 or 366, beyond it over the average year of the years touched."""
    start, end = period.start, period.end
    if end > _months_away(start, 12):
        touched = range(start.year, end.year + 1)
        return Fraction(_actual(period) * len(touched), sum(map(_year_length, touched)))
    within_leap = start.year == end.year and calendar.isleap(start.year)
    return Fraction(_actual(period), 366 if within_leap or _leap_days(start - timedelta(days=1), end) else 365)


def _act_act_isma(period: Period) -> Fraction:
    """Actual days over the coupon period they are in, each as long as `reference` (ICMA rule 251).

    Without a reference the period is its own. Notional coupon periods are laid before and after the reference.
    """
    first, last = period.reference or (period.start, period.end)
    months = round(Fraction(12 * (last - first).days, 365))
    if not months:
        first, last, months = period.start, _months_away(period.start, 12), 12
    ends = _is_month_end(first) and _is_month_end(last)

    def bound(number: int) -> date:
        return _months_away(first, months * number, keep_month_end=ends) if number != 1 else last

    number = 0
    while bound(number) > period.start:
        number -= 1
    share = Fraction(0)
    while bound(number) < period.end:
        low, high = bound(number), bound(number + 1)
        covered = (min(high, period.end) - max(low, period.start)).days
        share += Fraction(months * max(covered, 0), 12 * (high - low).days)
        number += 1
    return share


# Months of thirty days.


def _thirty(period: Period, adjusted: Callable[[Period], tuple[int, int]]) -> int:
    first, last = adjusted(period)
    return 360 * (period.end.year - period.start.year) + 30 * (period.end.month - period.start.month) + last - first


def _bond_basis(period: Period) -> tuple[int, int]:
    first = min(period.start.day, 30)
    return first, min(period.end.day, 30) if first == 30 else period.end.day


def _us(period: Period) -> tuple[int, int]:
    """As the bond basis, and the end of February is the thirtieth: on the last date only if on the first as well."""
    if not _is_end_of_february(period.start):
        return _bond_basis(period)
    return 30, 30 if _is_end_of_february(period.end) else min(period.end.day, 30)


def _psa(period: Period) -> tuple[int, int]:
    """As the bond basis, and the end of February is the thirtieth, on the first date only."""
    return (30, min(period.end.day, 30)) if _is_end_of_february(period.start) else _bond_basis(period)


def _eurobond(period: Period) -> tuple[int, int]:
    return min(period.start.day, 30), min(period.end.day, 30)


def _eurobond_plus(period: Period) -> tuple[int, int]:
    """As the Eurobond basis, and a 31st on the last date is the first of the next month, unless no day has passed."""
    first = min(period.start.day, 30)
    return first, first if period.end == period.start else period.end.day


def _german(period: Period) -> tuple[int, int]:
    """The end of every month is the thirtieth, except a last date that ends the contract in February."""
    ends_contract = period.end == period.termination and period.end.month == 2
    return (
        30 if _is_month_end(period.start) else period.start.day,
        30 if _is_month_end(period.end) and not ends_contract else period.end.day,
    )


# Counted by other things than days of the calendar.


def _working_days(period: Period) -> int:
    """Days on which Brazilian payments settle: the first date counts, the last does not."""
    days = (period.start + timedelta(days=number) for number in range(_actual(period)))
    closed = holidays.financial_holidays("BVMF", years=range(period.start.year, period.end.year + 1))
    return sum(day.weekday() < 5 and day not in closed for day in days)


def _eu_consumer_credit(period: Period, step: Callable[[Period, int], date], a_year: int) -> Fraction:
    """Directive 2008/48/EC annex I remark (c): whole periods counted back from the end, and the days before them.

    Those days are divided by the length of the year that ends where they end.
    """
    whole = 0
    while step(period, whole + 1) >= period.start:
        whole += 1
    end = step(period, whole)
    days = (end - period.start).days
    return Fraction(whole, a_year) + Fraction(days, (end - _months_away(end, -12)).days)


def _months_before(period: Period, number: int, *, months: int) -> date:
    # From a month's end to a month's end are whole months.
    ends = _is_month_end(period.start) and _is_month_end(period.end)
    return _months_away(period.end, -months * number, keep_month_end=ends)


def _weeks_before(period: Period, number: int) -> date:
    return period.end - timedelta(weeks=number)


# Parts of a calendar.


def _months_away(day: date, months: int, *, keep_month_end: bool = False) -> date:
    """The same day of another month, or that month's last; with `keep_month_end` a month's end stays one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, length if keep_month_end and _is_month_end(day) else min(day.day, length))


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _is_end_of_february(day: date) -> bool:
    return day.month == 2 and _is_month_end(day)


def _over(days: Callable[[Period], int], year: int | Fraction) -> DayCount:
    return DayCount(days, lambda period: Fraction(days(period)) / year)


def _thirty_over(adjusted: Callable[[Period], tuple[int, int]], year: int) -> DayCount:
    return _over(partial(_thirty, adjusted=adjusted), year)


def _eu(step: Callable[[Period, int], date], a_year: int) -> DayCount:
    return DayCount(_actual, partial(_eu_consumer_credit, step=step, a_year=a_year))


DAY_COUNTS: Mapping[str, DayCount] = {
    "1/1": DayCount(lambda _period: 1, lambda _period: Fraction(1)),
    "ACT/360": _over(_actual, 360),
    "ACT/364": _over(_actual, 364),
    "ACT/365F": _over(_actual, 365),
    "ACT/365.25": _over(_actual, Fraction("365.25")),
    "ACT/366": _over(_actual, 366),
    "ACT/365 ACTUAL": DayCount(_actual, _act_365_actual),
    "ACT/ACT ISDA": DayCount(_actual, _act_act_isda),
    "ACT/ACT ISMA": DayCount(_actual, _act_act_isma),
    "ACT/ACT AFB": DayCount(_actual, _act_act_afb),
    "ACT/ACT YEAR": DayCount(_actual, _act_act_year),
    "ACT/ACT YEARFRAC": DayCount(_actual, _act_act_yearfrac),
    "NL/360": _over(_without_leap_days, 360),
    "NL/365": _over(_without_leap_days, 365),
    "30/360 ISDA": _thirty_over(_bond_basis, 360),
    "30/360 US": _thirty_over(_us, 360),
    "30/360 PSA": _thirty_over(_psa, 360),
    "30E/360": _thirty_over(_eurobond, 360),
    "30E/360 ISDA": _thirty_over(_german, 360),
    "30E+/360": _thirty_over(_eurobond_plus, 360),
    "30E/365": _thirty_over(_german, 365),
    "30/365": _thirty_over(_eurobond, 365),  # ISO 20022 A011: a 31st is the thirtieth
    "BUSINESS/252": _over(_working_days, 252),
    "EU 2008/48/EC YEAR": _eu(partial(_months_before, months=12), 1),
    "EU 2008/48/EC MONTH": _eu(partial(_months_before, months=1), 12),
    "EU 2008/48/EC WEEK": _eu(_weeks_before, 52),
}
