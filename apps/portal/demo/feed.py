"""The demo platform's order feed in our own csv format (docs/feeds.md): what was known at an instant, nothing more."""

import csv
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from apps.portal.demo.orders import DemoOrder

COLUMNS = (
    "order_id", "seller_id", "status", "placed_at", "paid_at", "shipped_at", "delivered_at", "expected_at", "ended_at",
    "goods", "freight", "paid", "refunded", "category", "currency",
)  # fmt: skip
NOTHING = Decimal("0.00")


def write_feed(
    path: Path, orders: Iterable[DemoOrder], *, known_at: datetime, returns_until: datetime, currency: str
) -> int:
    """Write to `path` what the platform knows of `orders` at `known_at`, and answer the number of lines.

    Orders that came back are told as refunded when they had arrived before `returns_until`; what happens later to an
    order that arrived, other events tell. Amounts in `currency`.
    """
    written = 0
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        for order in orders:
            if order.placed_at <= known_at:
                rows.writerow(_row(order, known_at, returns_until, currency))
                written += 1
    return written


def _row(order: DemoOrder, known_at: datetime, returns_until: datetime, currency: str) -> tuple[object, ...]:
    paid_at, shipped_at, delivered_at, cancelled_at, refunded_at = (
        event if event is not None and event <= known_at else None
        for event in (order.paid_at, order.shipped_at, order.delivered_at, order.cancelled_at, order.refunded_at)
    )
    if delivered_at is None or delivered_at >= returns_until:
        refunded_at = None
    paid = order.total if paid_at else NOTHING
    status = (
        (refunded_at and "refunded")
        or (cancelled_at and "cancelled")
        or (delivered_at and "delivered")
        or (shipped_at and "shipped")
        or (paid_at and "paid")
        or "placed"
    )
    times = (order.placed_at, paid_at, shipped_at, delivered_at, order.expected_at, refunded_at or cancelled_at)
    return (
        order.external_id,
        order.seller.external_id,
        status,
        *(moment.isoformat() if moment else "" for moment in times),
        order.goods,
        order.freight,
        paid,
        paid if refunded_at else NOTHING,
        order.seller.goods.code,
        currency,
    )
