"""Business dates: whose date it is where, and when its night may start."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.core.dates import (
    add_business_days,
    days_between,
    has_calendar,
    is_business_day,
    last_due_date,
    local_date,
)

TWO = time(2, 0)
ZONES = ["Pacific/Honolulu", "America/Sao_Paulo", "UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Shanghai"]
ZONES += ["Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati"]  # UTC-10 to UTC+14, with odd quarters between


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Honolulu", date(2025, 3, 13)),
        ("America/Sao_Paulo", date(2025, 3, 14)),
        ("Asia/Shanghai", date(2025, 3, 14)),
        ("Pacific/Kiritimati", date(2025, 3, 15)),
    ],
)
def test_one_instant_is_three_dates(zone: str, day: date) -> None:
    ten_hours_past_midnight = datetime(2025, 3, 14, 10, 0, tzinfo=UTC) - timedelta(minutes=1)
    assert local_date(ten_hours_past_midnight, ZoneInfo(zone)) == day - (
        timedelta(days=1) if zone == "Pacific/Kiritimati" else timedelta(0)
    )
    assert local_date(ten_hours_past_midnight + timedelta(minutes=1), ZoneInfo(zone)) == (
        date(2025, 3, 14) if zone == "Pacific/Honolulu" else day
    )


@pytest.mark.parametrize(
    ("wall_clock", "due"),
    [
        ("2025-03-15 01:59:59", date(2025, 3, 13)),
        ("2025-03-15 02:00:00", date(2025, 3, 14)),
        ("2025-03-15 23:59:59", date(2025, 3, 14)),
        ("2025-03-16 00:00:00", date(2025, 3, 14)),
    ],
)
def test_a_night_is_due_from_the_cut_off_of_the_next_day(wall_clock: str, due: date) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert last_due_date(datetime.fromisoformat(wall_clock).replace(tzinfo=shanghai), shanghai, TWO) == due


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cut_off", [time(0, 0), TWO, time(2, 30), time(23, 45)])
def test_through_a_leap_year_each_night_becomes_due_once_in_order_and_never_early(zone: str, cut_off: time) -> None:
    there = ZoneInfo(zone)
    instant = datetime(2024, 1, 3, tzinfo=UTC)
    latest = last_due_date(instant, there, cut_off)
    seen = [latest]
    while instant < datetime(2025, 1, 3, tzinfo=UTC):
        instant += timedelta(minutes=15)
        due = last_due_date(instant, there, cut_off)
        assert due < local_date(instant, there), "a date that is still open was due"
        if due > latest:
            latest = due
            seen.append(due)
    assert seen == list(days_between(seen[0], seen[-1]))
    assert date(2024, 2, 29) in seen


@pytest.mark.parametrize(
    ("zone", "night"),
    [("Europe/Berlin", "2025-03-30"), ("Europe/Berlin", "2025-10-26"), ("America/New_York", "2025-03-09")],
)
def test_a_clock_change_moves_no_night_to_another_date(zone: str, night: str) -> None:
    """At the cut-off of half past two, which one of these nights skips and another has twice."""
    there, day = ZoneInfo(zone), date.fromisoformat(night)
    noon = datetime.combine(day, time(12), tzinfo=there)
    assert last_due_date(noon, there, time(2, 30)) == day - timedelta(days=1)
    before = datetime.combine(day, time(1, 29), tzinfo=there)
    assert last_due_date(before, there, time(2, 30)) == day - timedelta(days=2)


def test_days_between_are_inclusive_on_both_ends() -> None:
    assert list(days_between(date(2024, 2, 28), date(2024, 3, 1))) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]
    assert list(days_between(date(2024, 3, 1), date(2024, 2, 28))) == []


@pytest.mark.parametrize(
    ("day", "country", "works"),
    [
        (date(2025, 3, 14), "CN", True),
        (date(2025, 3, 15), "CN", False),
        (date(2025, 1, 29), "CN", False),  # the first day of the year of the snake
        (date(2025, 1, 26), "CN", True),  # a Sunday that was worked for it
        (date(2025, 4, 21), "BR", False),  # Tiradentes
        (date(2025, 4, 21), "CN", True),
    ],
)
def test_banks_work_by_the_calendar_of_their_country(day: date, country: str, works: bool) -> None:
    assert is_business_day(day, country) is works


@pytest.mark.parametrize(
    ("day", "number", "country", "result"),
    [
        (date(2025, 3, 14), 0, "CN", date(2025, 3, 14)),
        (date(2025, 3, 15), 0, "CN", date(2025, 3, 17)),
        (date(2025, 3, 14), 1, "CN", date(2025, 3, 17)),
        (date(2025, 4, 17), 2, "BR", date(2025, 4, 23)),  # over Good Friday, a weekend and Tiradentes
    ],
)
def test_business_days_ahead(day: date, number: int, country: str, result: date) -> None:
    assert add_business_days(day, number, country) == result


def test_a_country_without_a_calendar_is_known_as_such() -> None:
    assert has_calendar("CN")
    assert not has_calendar("XX")
    assert not has_calendar("CHN")
