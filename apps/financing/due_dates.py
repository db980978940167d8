"""Due dates: when the instalments of a financing fall due. Dates are calendar dates; nothing here knows of holidays."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

DAYS, WEEKS, MONTHS = "days", "weeks", "months"
SAME_DAY, END_OF_MONTH, START_OF_NEXT_MONTH = "same_day", "end_of_month", "start_of_next_month"


class Period(NamedTuple):
    """One instalment's time: interest runs from `starts` (exclusive) to `due` (inclusive)."""

    number: int
    starts: date
    due: date

    @property
    def days(self) -> int:
        return (self.due - self.starts).days


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later (or earlier), or that month's last day when it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def step(day: date, count: int, unit: str) -> date:
    """`day` moved by `count` days, weeks or months. Raises ValueError for another unit."""
    if unit == MONTHS:
        return add_months(day, count)
    if unit in {DAYS, WEEKS}:
        return day + timedelta(days=count * (7 if unit == WEEKS else 1))
    raise ValueError(f"{unit!r} is not a unit of time between instalments.")


def due_dates(first_due: date, count: int, every: int = 1, unit: str = MONTHS, rule: str = SAME_DAY) -> list[date]:
    """`count` due dates from `first_due`, each `every` units after the one before, counted from the first.

    Counting from the first keeps the 31st after a short month. END_OF_MONTH moves each to the end of its month,
    START_OF_NEXT_MONTH to the day after that.
    """
    plain = [step(first_due, every * number, unit) for number in range(count)]
    if rule == END_OF_MONTH:
        return [end_of_month(day) for day in plain]
    if rule == START_OF_NEXT_MONTH:
        return [end_of_month(day) + timedelta(days=1) for day in plain]
    return plain


def periods_between(start: date, dues: Sequence[date]) -> tuple[Period, ...]:
    """The periods from `start` that end on each of `dues` (ascending). Raises ValueError when they do not ascend."""
    starts = [start, *dues]
    if any(due <= before for before, due in zip(starts, dues, strict=False)):
        raise ValueError("Each due date must be later than the one before.")
    return tuple(
        Period(number, before, due) for number, (before, due) in enumerate(zip(starts, dues, strict=False), start=1)
    )


def moved(dues: Sequence[date], first: date, to: date, every: int, unit: str) -> list[date]:
    """`dues` with the first one on or after `first` moved to `to`, and each after it stepped on from `to`."""
    kept = [due for due in dues if due < first]
    return kept + due_dates(to, len(dues) - len(kept), every, unit)


def extended(dues: Sequence[date], extra: int, every: int, unit: str) -> list[date]:
    """`dues` with `extra` more after the last one."""
    return [*dues, *(step(dues[-1], every * number, unit) for number in range(1, extra + 1))]
