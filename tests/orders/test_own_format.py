"""Our own order feed: what lands, in which state, and that the same news is no news."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from apps.core.models import Transition
from apps.orders.models import FeedFile, Order
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_seller
from tests.orders.feed_files import AT, COLUMNS, DELIVERED, PAID, PLACED, REFUNDED, SHIPPED, feed, take_in

D = Decimal


@pytest.fixture
def seller(platform: Platform) -> Seller:
    return make_seller(external_id="S-1")


def test_an_order_lands_in_the_state_that_the_feed_tells(tmp_path: Path, seller: Seller) -> None:
    result = take_in(feed(tmp_path, DELIVERED))
    assert (result.lines, result.landed, result.rejected, result.rejects_path) == (1, 1, 0, None)
    order = Order.objects.get()
    assert (order.seller, order.external_id, order.state, order.currency) == (seller, "A-1", "delivered", "CNY")
    assert (order.goods, order.freight, order.paid, order.refunded) == (D(100), D(8), D(108), D(0))
    # 10:00 on the wall in Shanghai
    assert order.placed_at == datetime(2025, 3, 1, 2, 0, tzinfo=UTC)
    assert (order.category, order.lines, order.ended_at) == ("fruit", [], None)
    # Born, not moved: the feed file is the record of that.
    assert not Transition.of(order).exists()
    file = FeedFile.objects.get()
    assert (file.kind, file.name, file.lines, file.landed, file.rejected) == ("csv", "orders.csv", 1, 1, 0)


def test_columns_may_stand_in_any_order_and_optional_ones_be_missing(tmp_path: Path, seller: Seller) -> None:
    columns = ("paid", "goods", "placed_at", "status", "seller_id", "order_id")
    assert take_in(feed(tmp_path, PLACED, columns=columns)).landed == 1
    order = Order.objects.get()
    assert (order.state, order.goods, order.freight, order.currency) == ("placed", D(100), D(0), "CNY")


@pytest.mark.parametrize(
    "written",
    ["2025-03-01T02:00:00Z", "2025-03-01 10:00", "2025-03-01T10:00:00+08:00", "2025-02-28 23:00:00.000-0300"],
)
def test_times_bring_their_offset_or_are_local_to_the_platform(tmp_path: Path, seller: Seller, written: str) -> None:
    assert take_in(feed(tmp_path, {**DELIVERED, "placed_at": written})).landed == 1
    assert Order.objects.get().placed_at == datetime(2025, 3, 1, 2, 0, tzinfo=UTC)


def test_byte_order_mark_windows_line_ends_quotes_and_chinese_are_fine(tmp_path: Path, seller: Seller) -> None:
    path = feed(tmp_path, {**DELIVERED, "category": '"水果, ""特级"" 果"'})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    result = take_in(path)
    assert (result.landed, result.rejected) == (1, 0)
    assert Order.objects.get().category == '水果, "特级" 果'


def test_the_same_bytes_again_are_a_no_op_whatever_the_name(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, DELIVERED))
    again = take_in(feed(tmp_path, DELIVERED, name="copy.csv"))
    assert (again.lines, again.landed, again.unchanged) == (0, 0, 0)
    assert again.known is not None
    assert again.known.name == "orders.csv"
    assert (Order.objects.count(), FeedFile.objects.count()) == (1, 1)


def test_the_same_orders_in_another_file_are_nothing_new(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, DELIVERED))
    again = take_in(feed(tmp_path, DELIVERED, {**DELIVERED, "order_id": "A-2"}, name="more.csv"))
    assert (again.landed, again.updated, again.unchanged, again.rejected) == (1, 0, 1, 0)
    assert Order.objects.count() == 2
    assert not Transition.objects.filter(model="orders.order").exists()


def test_one_order_id_at_two_sellers_is_two_orders(tmp_path: Path, seller: Seller) -> None:
    make_seller(external_id="S-2")
    assert take_in(feed(tmp_path, DELIVERED, {**DELIVERED, "seller_id": "S-2"})).landed == 2


def test_later_news_move_an_order_on_step_by_step(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, PLACED))
    result = take_in(feed(tmp_path, DELIVERED, name="later.csv"))
    assert (result.landed, result.updated, result.unchanged) == (0, 1, 0)
    order = Order.objects.get()
    assert (order.state, order.paid, order.delivered_at) == (
        "delivered",
        D(108),
        datetime(2025, 3, 4, 8, 30, tzinfo=UTC),
    )
    log = Transition.of(order)
    assert [row.verb for row in log] == ["pay", "ship", "deliver"]
    assert {(row.by, row.reason, row.at) for row in log} == {("test", "feed later.csv", AT)}


def test_a_refund_is_told_after_delivery(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, DELIVERED))
    assert take_in(feed(tmp_path, REFUNDED, name="later.csv")).updated == 1
    order = Order.objects.get()
    assert (order.state, order.refunded, order.paid) == ("refunded", D(108), D(108))
    assert [row.verb for row in Transition.of(order)] == ["request_refund", "refund"]


@pytest.mark.parametrize("older", [PLACED, PAID, SHIPPED])
def test_older_news_never_move_an_order_back(tmp_path: Path, seller: Seller, older: dict[str, str]) -> None:
    take_in(feed(tmp_path, DELIVERED))
    result = take_in(feed(tmp_path, older, name="older.csv"))
    assert (result.landed, result.updated, result.unchanged, result.rejected) == (0, 0, 1, 0)
    order = Order.objects.get()
    assert (order.state, order.paid) == ("delivered", D(108))
    assert not Transition.of(order).exists()


def test_what_was_decided_here_is_ahead_of_the_feed(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, DELIVERED))
    order = Order.objects.get()
    order.move("close_return_window", at=AT, by="night")
    result = take_in(feed(tmp_path, DELIVERED, {**DELIVERED, "order_id": "A-2"}, name="again.csv"))
    assert (result.landed, result.unchanged) == (1, 1)
    order.refresh_from_db()
    assert order.state == "completed"


def test_news_that_cannot_follow_are_rejected(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, REFUNDED))
    result = take_in(
        feed(tmp_path, {**PAID, "status": "cancelled", "ended_at": "2025-03-07 10:00:00"}, name="later.csv")
    )
    assert (result.updated, result.rejected) == (0, 1)
    assert Order.objects.get().state == "refunded"


def test_amounts_stand_once_the_order_is_paid(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, PAID))
    result = take_in(feed(tmp_path, {**SHIPPED, "paid": "98.00"}, name="later.csv"))
    assert (result.updated, result.rejected) == (0, 1)
    order = Order.objects.get()
    assert (order.state, order.paid) == ("paid", D(108))


def test_a_chargeback_of_a_settled_order_changes_no_amount(tmp_path: Path, seller: Seller) -> None:
    take_in(feed(tmp_path, DELIVERED))
    order = Order.objects.get()
    order.move("close_return_window", at=AT, by="night")
    order.move("settle", at=AT, by="night")
    told = {**DELIVERED, "status": "charged_back", "refunded": "50.00", "ended_at": "2025-03-10 10:00:00"}
    assert take_in(feed(tmp_path, told, name="later.csv")).updated == 1
    order.refresh_from_db()
    assert (order.state, order.paid, order.refunded) == ("charged_back", D(108), D(0))


def test_an_order_twice_in_one_file_lands_once(tmp_path: Path, seller: Seller) -> None:
    result = take_in(feed(tmp_path, PAID, DELIVERED))
    assert (result.landed, result.rejected) == (1, 1)
    assert Order.objects.get().state == "paid"


def test_what_lands_at_one_platform_is_not_at_another(tmp_path: Path, seller: Seller, other_platform: Platform) -> None:
    take_in(feed(tmp_path, DELIVERED))
    with entered(other_platform.schema_name):
        assert not Order.objects.exists()
        make_seller(external_id="S-1", currency="BRL")
        # The very same bytes are new there, and its own zone and currency hold.
        result = take_in(feed(tmp_path, {**DELIVERED, "currency": "BRL"}, name="brl.csv"))
        assert result.landed == 1
        assert Order.objects.get().placed_at == datetime(2025, 3, 1, 13, 0, tzinfo=UTC)
        assert take_in(feed(tmp_path, DELIVERED)).rejected == 1


def test_every_column_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"`{column}`" in text
