"""The demo platform's order feed in our own csv format (docs/feeds.md): what was known at an instant, nothing more."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from apps.orders.models import FeedFile
from apps.orders.services import ImportResult, import_orders
from apps.portal.demo.market import Market
from apps.portal.demo.orders import DemoOrder, orders_between
from apps.tenants.models import Platform

BY = "demo"
COLUMNS = (
    "order_id", "seller_id", "status", "placed_at", "paid_at", "shipped_at", "delivered_at", "expected_at", "ended_at",
    "goods", "freight", "paid", "refunded", "category", "currency",
)  # fmt: skip
NOTHING = Decimal("0.00")


def take_in_orders(market: Market, platform: Platform, *, first: date, known_at: datetime) -> ImportResult | None:
    """Take in what is known at the full hour `known_at` of the orders placed since `first`, by the real import.

    None when that hour's feed has been taken in before. Orders that arrived before the books opened may come back in
    this feed; what becomes of later ones, refunds and settlements tell.
    """
    name = f"{platform.schema_name}-{known_at:%Y-%m-%dT%H}.csv"
    if FeedFile.objects.filter(name=name).exists():
        return None
    orders = orders_between(
        sellers=market.sellers(platform.opened_on),
        rhythm=market.rhythm,
        first=first,
        last=platform.business_date(known_at),
        zone=platform.zone,
        seed=market.seed,
    )
    books_open = datetime.combine(platform.opened_on, time.min, tzinfo=platform.zone)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_feed(path, orders, known_at=known_at, returns_until=books_open, currency=platform.currency)
        return import_orders(path=path, format="csv", rejects_path=path.with_suffix(".rejects"), at=known_at, by=BY)


def write_feed(
    path: Path, orders: Iterable[DemoOrder], *, known_at: datetime, returns_until: datetime, currency: str
) -> None:
    """Write to `path` what is known of `orders` at `known_at`. Orders that came back are told as refunded when they had
    arrived before `returns_until`. Amounts in `currency`."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        rows.writerows(_lines(orders, known_at, returns_until, currency))


def _lines(
    orders: Iterable[DemoOrder], known_at: datetime, returns_until: datetime, currency: str
) -> Iterator[tuple[object, ...]]:
    for order in orders:
        if order.placed_at <= known_at:
            yield _line(order, known_at, returns_until, currency)


def _line(order: DemoOrder, known_at: datetime, returns_until: datetime, currency: str) -> tuple[object, ...]:
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
