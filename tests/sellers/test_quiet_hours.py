"""When a message may go out, by the clock on the seller's own wall."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from apps.sellers.quiet import earliest

SHANGHAI, BERLIN, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def goes_out(at: str, zone: ZoneInfo, quiet_from: time = time(22), quiet_until: time = time(8)) -> str:
    """The wall-clock time at which a message of wall-clock time `at` goes out."""
    told = datetime.fromisoformat(at).replace(tzinfo=zone)
    return earliest(told, quiet_from=quiet_from, quiet_until=quiet_until, zone=zone).astimezone(zone).isoformat()


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("2025-03-14T12:00", "2025-03-14T12:00:00+08:00"),
        ("2025-03-14T21:59", "2025-03-14T21:59:00+08:00"),
        ("2025-03-14T22:00", "2025-03-15T08:00:00+08:00"),
        ("2025-03-15T02:10", "2025-03-15T08:00:00+08:00"),
        ("2025-03-15T07:59", "2025-03-15T08:00:00+08:00"),
        ("2025-03-15T08:00", "2025-03-15T08:00:00+08:00"),
    ],
)
def test_the_night_waits_until_morning(told: str, sent: str) -> None:
    assert goes_out(told, SHANGHAI) == sent


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    told = datetime(2025, 3, 29, 23, 0, tzinfo=BERLIN)
    sent = earliest(told, quiet_from=time(22), quiet_until=time(8), zone=BERLIN)
    assert sent == datetime(2025, 3, 30, 6, 0, tzinfo=UTC)  # 8 in the morning of summer time
    assert (sent - told.astimezone(UTC)).total_seconds() == 8 * 3600


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    told = datetime(2025, 10, 25, 23, 0, tzinfo=BERLIN)
    sent = earliest(told, quiet_from=time(22), quiet_until=time(8), zone=BERLIN)
    assert sent == datetime(2025, 10, 26, 7, 0, tzinfo=UTC)
    assert (sent - told.astimezone(UTC)).total_seconds() == 10 * 3600


def test_an_end_that_the_clocks_jump_over_comes_as_much_later() -> None:
    assert goes_out("2025-03-09T01:00", NEW_YORK, quiet_until=time(2, 30)) == "2025-03-09T03:30:00-04:00"


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    second = datetime(2025, 11, 2, 1, 30, fold=1, tzinfo=NEW_YORK)
    sent = earliest(second, quiet_from=time(22), quiet_until=time(2), zone=NEW_YORK)
    assert sent.astimezone(NEW_YORK).isoformat() == "2025-11-02T02:00:00-05:00"
    awake = earliest(second, quiet_from=time(22), quiet_until=time(1, 15), zone=NEW_YORK)
    assert awake == second.astimezone(UTC)


def test_quiet_at_noon_and_no_quiet_hours_at_all() -> None:
    assert goes_out("2025-03-14T13:00", SHANGHAI, time(12), time(14)) == "2025-03-14T14:00:00+08:00"
    assert goes_out("2025-03-14T23:00", SHANGHAI, time(12), time(14)) == "2025-03-14T23:00:00+08:00"
    assert goes_out("2025-03-14T23:00", SHANGHAI, time(9), time(9)) == "2025-03-14T23:00:00+08:00"
