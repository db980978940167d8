"""Quiet hours: when a message may go out. Pure; instants are aware, hours are those of the seller's own clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from apps.core.dates import DAY


def earliest(at: datetime, *, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> datetime:
    """The first instant from `at` on that lies outside the quiet hours, in UTC.

    They run from `quiet_from` (inclusive) to `quiet_until` (exclusive) as the clock on the wall in `zone` shows it,
    over midnight where the end is the earlier of the two; equal, there are none. An end that the clocks jump over in
    spring comes as much later as they jumped.
    """
    local = at.astimezone(zone)
    now = local.time()
    over_midnight = quiet_until < quiet_from
    begun, not_ended = now >= quiet_from, now < quiet_until
    if not ((begun or not_ended) if over_midnight else (begun and not_ended)):
        return at.astimezone(UTC)
    day = local.date() + DAY if over_midnight and now >= quiet_from else local.date()
    return max(datetime.combine(day, quiet_until, tzinfo=zone).astimezone(UTC), at.astimezone(UTC))
