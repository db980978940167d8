"""The generated history: the same every time, believable, and never ahead of its own time."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from apps.portal.demo.feed import write_feed
from apps.portal.demo.market import HARVEST, LIVESTREAM, MARKETS, Market
from apps.portal.demo.orders import DemoOrder, orders_between
from apps.portal.demo.sellers import QUIET

ZONE = ZoneInfo("Asia/Shanghai")
OPENED = date(2025, 3, 1)
LAST = OPENED + timedelta(days=99)


def history(market: Market, first: date | None = None, last: date = LAST) -> list[DemoOrder]:
    return list(
        orders_between(
            sellers=market.sellers(OPENED),
            rhythm=market.rhythm,
            first=first or market.first_day(OPENED),
            last=last,
            zone=ZONE,
            seed=market.seed,
        )
    )


def test_the_same_seed_makes_the_same_orders_and_another_seed_others() -> None:
    week = OPENED + timedelta(days=6)
    assert history(HARVEST, OPENED, week) == history(HARVEST, OPENED, week)
    other = replace(HARVEST, seed=9)
    assert history(other, OPENED, week) != history(HARVEST, OPENED, week)


def test_a_day_has_the_same_orders_whichever_days_are_asked_for() -> None:
    """So the feed of today goes on where the history of the first start ended."""
    alone = history(HARVEST, OPENED, OPENED)
    within = [order for order in history(HARVEST, OPENED - timedelta(days=3), LAST) if order.placed_at.date() == OPENED]
    assert alone == within


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.schema_name)
def test_a_demo_platform_has_a_year_of_orders_of_many_sellers(market: Market) -> None:
    orders = history(market)
    sellers = market.sellers(OPENED)
    assert 15_000 <= len(orders) <= 25_000
    assert len({order.external_id for order in orders}) == len(orders)
    assert len({one.name for one in sellers}) == len(sellers) == market.number_of_sellers
    assert {one.language for one in sellers} == {"en", "zh-hans"}
    assert {one.external_id for one in sellers} == {order.seller.external_id for order in orders}


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.schema_name)
def test_an_order_lives_forward_and_costs_money(market: Market) -> None:
    for order in history(market, OPENED, OPENED + timedelta(days=13)):
        life = [order.placed_at, order.paid_at, order.shipped_at, order.delivered_at, order.refunded_at]
        happened = [moment for moment in life if moment is not None]
        assert happened == sorted(happened)
        assert order.placed_at.tzinfo == ZONE
        assert order.total > 0
        assert order.total == order.total.quantize(Decimal("0.01"))
        assert not (order.cancelled_at and order.shipped_at)
        assert order.placed_at.date() >= order.seller.joined_on


def test_who_stopped_selling_sells_nothing_more() -> None:
    quiet = HARVEST.sellers(OPENED)[QUIET]
    days = [order.placed_at.date() for order in history(HARVEST) if order.seller == quiet]
    assert quiet.stops_on is not None
    assert max(days) < quiet.stops_on
    assert len(days) > 100


def test_apples_sell_in_autumn_and_tea_in_spring() -> None:
    months: dict[str, Counter[int]] = defaultdict(Counter)
    for order in history(HARVEST, date(2024, 7, 1), date(2025, 6, 30)):
        months[order.seller.goods.code][order.placed_at.month] += 1
    assert months["apples"][10] > 3 * months["apples"][5]
    assert months["tea"][4] > 3 * months["tea"][8]
    assert months["vegetables"][4] < 2 * months["vegetables"][8]


def test_livestream_sales_come_in_the_evening_on_some_days_and_go_back_often() -> None:
    orders = history(LIVESTREAM)
    evenings = sum(1 for order in orders if order.placed_at.hour >= 19)
    assert evenings / len(orders) > 0.7
    delivered = [order for order in orders if order.delivered_at]
    assert 0.10 <= sum(1 for order in delivered if order.refunded_at) / len(delivered) <= 0.25
    star = Counter(order.placed_at.date() for order in orders if order.seller == orders[0].seller)
    days = [star[LAST - timedelta(days=back)] for back in range(28)]
    assert max(days) >= 3 * (sum(days) / len(days)) / 2
    assert min(days) < sum(days) / len(days) / 2


def test_a_feed_tells_nothing_that_has_not_happened(tmp_path: Path) -> None:
    noon = datetime(2025, 6, 12, 12, tzinfo=ZONE)
    orders = history(HARVEST, date(2025, 6, 1), date(2025, 6, 12))
    rows = feed(tmp_path, orders, noon)
    assert rows
    for row in rows:
        for column in ("placed_at", "paid_at", "shipped_at", "delivered_at", "ended_at"):
            assert not row[column] or datetime.fromisoformat(row[column]) <= noon
        assert (Decimal(row["paid"]) > 0) == bool(row["paid_at"])
    assert len(rows) < len(orders)
    assert {row["status"] for row in rows} >= {"paid", "shipped", "delivered"}


def test_a_later_feed_moves_orders_forward_only(tmp_path: Path) -> None:
    orders = history(HARVEST, date(2025, 6, 1), date(2025, 6, 12))
    ranks = ("placed", "paid", "shipped", "delivered", "cancelled", "refunded")
    before = {row["order_id"]: row["status"] for row in feed(tmp_path, orders, datetime(2025, 6, 8, 12, tzinfo=ZONE))}
    after = {row["order_id"]: row["status"] for row in feed(tmp_path, orders, datetime(2025, 6, 12, 12, tzinfo=ZONE))}
    assert before.keys() < after.keys()
    assert all(ranks.index(after[key]) >= ranks.index(status) for key, status in before.items())
    assert before != {key: after[key] for key in before}


def test_returns_are_in_the_feed_only_before_the_books_opened(tmp_path: Path) -> None:
    noon = datetime(2025, 6, 12, 12, tzinfo=ZONE)
    orders = history(LIVESTREAM, date(2025, 5, 1), date(2025, 5, 31))
    opened = datetime(2025, 5, 15, tzinfo=ZONE)
    returned = [row for row in feed(tmp_path, orders, noon, opened) if row["status"] == "refunded"]
    assert returned
    assert all(datetime.fromisoformat(row["delivered_at"]) < opened for row in returned)
    assert all(row["refunded"] == row["paid"] for row in returned)


def feed(
    folder: Path,
    orders: Sequence[DemoOrder],
    known_at: datetime,
    returns_until: datetime = datetime(2025, 3, 1, tzinfo=ZONE),
) -> list[dict[str, str]]:
    path = folder / "feed.csv"
    write_feed(path, orders, known_at=known_at, returns_until=returns_until, currency="CNY")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
