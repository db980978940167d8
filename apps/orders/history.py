"""A seller's sales as they were known at the end of a day. An event counts from its own time on, never before."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from apps.core.dates import DAY

WINDOWS = 12
WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SalesHistory:
    """What one seller's orders say at the end of a day. Amounts are in the currency of the orders, flagged orders are
    left out of everything.

    monthly         net sales (paid less refunded) of the last twelve 30-day windows, oldest first, by time of payment
    orders          orders placed within those 360 days; the four counts below are of these orders
    returned        money given back, in full or in part, after the goods had left
    cancelled       ended before the goods had left: cancelled, or refunded
    delivered       arrived
    late            arrived on a later day than promised
    first_order_on  the day of the first order ever, also before the windows
    active_days     days within the windows on which at least one order was paid
    """

    monthly: tuple[Decimal, ...]
    orders: int
    returned: int
    cancelled: int
    delivered: int
    late: int
    first_order_on: date
    active_days: int


def sales_history(*, first_seller: int, last_seller: int, as_of: date, zone: ZoneInfo) -> dict[int, SalesHistory]:
    """The history of each seller from id `first_seller` to `last_seller` (inclusive) at the end of `as_of` in `zone`.

    Sellers whose first order is later than that are absent. The windows are 30 days each, the last one ending with
    `as_of` itself (inclusive). One query.
    """
    bounds = [_midnight(as_of + DAY - WINDOW * back, zone) for back in range(WINDOWS, -1, -1)]
    with connection.cursor() as cursor:
        cursor.execute(
            HISTORY,
            {
                "first": first_seller,
                "last": last_seller,
                "start": bounds[0],
                "end": bounds[-1],
                "bounds": bounds,
                "zone": zone.key,
            },
        )
        return {seller: SalesHistory(tuple(rest[:WINDOWS]), *rest[WINDOWS:]) for seller, *rest in cursor.fetchall()}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


_MONTHLY = ",\n    ".join(
    f"coalesce(sum(net) FILTER (WHERE paid_window = {number}), 0)" for number in range(1, WINDOWS + 1)
)

# The columns are ours. width_bucket answers 1 to 12 inside the windows, 0 before them and 13 after the end.
HISTORY = f"""
WITH known AS (
    SELECT
        seller_id,
        placed_at,
        placed_at >= %(start)s AS recent,
        coalesce(ended_at < %(end)s, FALSE) AND (refunded > 0 OR state IN ('cancelled', 'charged_back')) AS ended,
        coalesce(shipped_at < %(end)s AND shipped_at <= coalesce(ended_at, shipped_at), FALSE) AS left_first,
        CASE WHEN delivered_at < %(end)s THEN delivered_at END AS arrived_at,
        (expected_at AT TIME ZONE %(zone)s)::date AS promised_on,
        CASE WHEN paid_at < %(end)s THEN width_bucket(paid_at, %(bounds)s::timestamptz[]) END AS paid_window,
        (paid_at AT TIME ZONE %(zone)s)::date AS paid_on,
        CASE
            WHEN ended_at < %(end)s AND state = 'cancelled' THEN 0
            WHEN ended_at < %(end)s THEN paid - refunded
            ELSE paid
        END AS net
    FROM orders_order
    WHERE seller_id BETWEEN %(first)s AND %(last)s AND placed_at < %(end)s AND NOT flagged
)
SELECT
    seller_id,
    {_MONTHLY},
    count(*) FILTER (WHERE recent),
    count(*) FILTER (WHERE recent AND ended AND left_first),
    count(*) FILTER (WHERE recent AND ended AND NOT left_first),
    count(*) FILTER (WHERE recent AND arrived_at IS NOT NULL),
    count(*) FILTER (WHERE recent AND (arrived_at AT TIME ZONE %(zone)s)::date > promised_on),
    (min(placed_at) AT TIME ZONE %(zone)s)::date,
    count(DISTINCT paid_on) FILTER (WHERE paid_window BETWEEN 1 AND {WINDOWS})
FROM known
GROUP BY seller_id
"""  # noqa: S608  no value of anyone's is in it
