"""Business dates. Rules take dates as arguments; only views, commands and the beat entry read the clock."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The calendar date at instant `at` (aware) in `zone`: the business date that is open then."""
    return at.astimezone(zone).date()


def last_due_date(at: datetime, zone: ZoneInfo, cut_off: time) -> date:
    """The latest business date whose night may run at instant `at`.

    The night of a date is due once the clock on the wall shows `cut_off` on the following date, so a clock change
    moves no night to another date.
    """
    local = at.astimezone(zone)
    return local.date() - (DAY if local.time() >= cut_off else 2 * DAY)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date from `first` to `last`, both inclusive; nothing when `last` is earlier."""
    for number in range((last - first).days + 1):
        yield first + number * DAY


@cache
def _calendar(country: str, year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(country, years=year)


def has_calendar(country: str) -> bool:
    """Whether the bank holidays of `country` (ISO 3166 alpha-2) are known."""
    return country in holidays.list_supported_countries(include_aliases=False)


def is_business_day(day: date, country: str) -> bool:
    """Whether banks of `country` (ISO 3166 alpha-2) work on `day`: neither on a public holiday nor on a weekend, unless
    the weekend day is worked in exchange for a bridge day, as in China.

    Raises NotImplementedError for a country without a calendar.
    """
    return _calendar(country, day.year).is_working_day(day)


def add_business_days(day: date, number: int, country: str) -> date:
    """The `number`-th business day after `day`; with 0, `day` itself when it is one, else the next."""
    while number > 0 or not is_business_day(day, country):
        day += DAY
        number -= is_business_day(day, country)
    return day
