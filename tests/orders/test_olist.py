"""The Olist files: split payments, oddities taken with care, and the real data set to the line."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Count, Sum

from apps.core.models import Transition
from apps.orders.feeds.olist import ITEMS, ORDERS, PAYMENTS, SELLERS
from apps.orders.models import Order, OrderLine
from apps.orders.refusals import FeedRefused
from apps.orders.services import ImportResult
from apps.sellers.models import Consent, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.orders.feed_files import olist, olist_item, olist_order, olist_payment, rejects, take_in

D = Decimal


@pytest.fixture
def market(two_platforms: tuple[Platform, Platform]) -> str:
    """Harbor: BRL, America/Sao_Paulo."""
    return two_platforms[1].schema_name


def import_folder(market: str, folder: Path) -> ImportResult:
    with entered(market):
        return take_in(folder, format="olist")


def one_order(folder: Path, **facts: str) -> Path:
    return olist(
        folder,
        orders=[olist_order("o1", **facts)],
        items=[olist_item("o1", 1, "s1", "100.00", "12.34")],
        payments=[olist_payment("o1", "112.34")],
    )


def test_an_order_with_its_seller_its_line_and_its_category(tmp_path: Path, market: str) -> None:
    result = import_folder(market, one_order(tmp_path / "olist"))
    assert (result.files[ORDERS], result.files[ITEMS], result.files[SELLERS]) == (1, 1, 3)
    with entered(market):
        order = Order.objects.select_related("seller").get()
        assert (order.external_id, order.seller.external_id, order.state) == ("o1", "s1", "delivered")
        assert (order.goods, order.freight, order.paid, order.currency) == (D(100), D("12.34"), D("112.34"), "BRL")
        assert order.lines == [OrderLine(article="p1", price=D("100.0000"), freight=D("12.3400"))]
        assert order.category == "fruit"
        # São Paulo was two hours behind UTC in that summer.
        assert order.placed_at.isoformat() == "2018-01-01T12:00:00+00:00"


def test_sellers_come_along_through_every_step_of_joining(tmp_path: Path, market: str) -> None:
    import_folder(market, one_order(tmp_path / "olist"))
    with entered(market):
        seller = Seller.objects.get(external_id="s1")
        assert (seller.state, seller.steps_left(), seller.joined_on) == ("verified", [], date(2018, 1, 1))
        assert seller.payout_account is not None
        assert [row.verb for row in Transition.of(seller)] == ["create", "register", "submit", "verify"]
        assert Consent.objects.in_force(date(2018, 1, 1)).filter(seller=seller, data="orders").count() == 1
        assert Seller.objects.count() == 3


def test_a_payment_is_shared_by_sellers_to_the_cent(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order("o1")],
        items=[
            olist_item("o1", 1, "s1", "10.00"),
            olist_item("o1", 2, "s2", "10.00"),
            olist_item("o1", 3, "s3", "5.00", "5.00"),
        ],
        payments=[olist_payment("o1", "20.00"), olist_payment("o1", "80.00", 2)],
    )
    assert import_folder(market, folder).landed == 3
    with entered(market):
        paid = dict(Order.objects.values_list("seller__external_id", "paid"))
        assert paid == {"s1": D("33.34"), "s2": D("33.33"), "s3": D("33.33")}
        assert sum(paid.values()) == D(100)


def test_several_items_of_one_seller_are_one_order_with_lines(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order("o1")],
        items=[
            olist_item("o1", 1, "s1", "10.00", "1.00"),
            olist_item("o1", 2, "s1", "20.00", "2.00", product='"p,""2"'),
        ],
        payments=[olist_payment("o1", "30.00"), olist_payment("o1", "0.00", 2), olist_payment("o1", "3.00", 3)],
    )
    assert import_folder(market, folder).landed == 1
    with entered(market):
        order = Order.objects.get()
        assert (order.goods, order.freight, order.paid) == (D(30), D(3), D(33))
        assert [line.article for line in order.lines] == ["p1", 'p,"2']


@pytest.mark.parametrize(
    ("told", "state", "note"),
    [
        ({"status": "created", "approved": "", "carrier": "", "customer": ""}, "placed", "never approved"),
        ({"status": "processing", "carrier": "", "customer": ""}, "paid", ""),
        ({"status": "shipped", "customer": ""}, "shipped", ""),
        ({"customer": ""}, "shipped", "delivered without a date"),
        ({"customer": "", "carrier": ""}, "paid", "delivered without a date"),
        ({"status": "canceled"}, "refunded", ""),
        ({"status": "unavailable", "carrier": "", "customer": ""}, "refunded", ""),
        ({"status": "canceled", "approved": "", "carrier": "", "customer": ""}, "cancelled", "never approved"),
        ({"approved": ""}, "delivered", "never approved"),
        ({"approved": "2018-01-09 10:00:00"}, "delivered", "paid only after they were delivered"),
        ({"carrier": "2017-12-30 10:00:00"}, "delivered", "handed over before they were placed"),
        ({"customer": "2018-01-02 10:00:00"}, "delivered", "delivered before they were handed over"),
    ],
)
def test_each_oddity_is_taken_in_the_way_that_claims_least(
    tmp_path: Path, market: str, told: dict[str, str], state: str, note: str
) -> None:
    result = import_folder(market, one_order(tmp_path / "olist", **told))
    assert (result.landed, result.rejected) == (1, 0)
    assert any(text.startswith(note) for text in result.notes) if note else not result.notes
    with entered(market):
        order = Order.objects.get()
        assert order.state == state
        assert order.paid == (D(0) if state in {"placed", "cancelled"} else D("112.34"))
        assert order.refunded == (order.paid if state == "refunded" else D(0))
        assert (order.ended_at is not None) == (state in {"refunded", "cancelled"})
        times = [order.placed_at, order.shipped_at, order.delivered_at, order.ended_at]
        known = [time for time in times if time]
        assert known == sorted(known)


def test_an_order_without_payment_is_taken_as_paid_what_its_items_cost(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist", orders=[olist_order("o1")], items=[olist_item("o1", 1, "s1", "9.00", "1.00")], payments=[]
    )
    result = import_folder(market, folder)
    assert result.notes == {"without a payment: taken as paid what the items cost": 1}
    with entered(market):
        assert Order.objects.get().paid == D(10)


def test_a_free_order_that_ended_needs_no_refund(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order("o1", "canceled")],
        items=[olist_item("o1", 1, "s1", "9.00")],
        payments=[olist_payment("o1", "0.00")],
    )
    assert import_folder(market, folder).landed == 1
    with entered(market):
        assert Order.objects.get().state == "cancelled"


def test_what_is_bad_about_a_part_keeps_the_whole_order_out(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order(f"o{number}") for number in range(1, 8)],
        items=[
            olist_item("o1", 1, "s1", "10.00"),
            olist_item("o1", 2, "s1", "ten"),
            olist_item("o2", 1, "s1", "10.00"),
            olist_item("o3", 1, "s1", "10.00") + ",surplus",
            olist_item("o5", 1, "s9", "10.00"),
            olist_item("o6", 1, "s1", "0.00"),
            olist_item("o6", 2, "s2", "0.00"),
            olist_item("o7", 1, "s1", "10.00"),
        ],
        payments=[olist_payment(f"o{number}", "10.00") for number in (1, 3, 5, 6, 7)] + [olist_payment("o2", "-10.00")],
    )
    result = import_folder(market, folder)
    assert (result.landed, result.rejected) == (1, 9)
    with entered(market):
        assert Order.objects.get().external_id == "o7"
    reasons = "\n".join(rejects(folder))
    for text in (
        f"{ITEMS},3,price: 'ten' is not an amount in BRL",
        f"{ITEMS},5,The line has 8 cells, the header 7.",
        f"{PAYMENTS},7,payment_value: '-10.00' is not an amount",
        f"{ORDERS},2,An item or a payment of this order cannot be understood",
        f"{ORDERS},3,An item or a payment of this order cannot be understood",
        f"{ORDERS},4,An item or a payment of this order cannot be understood",
        f"{ORDERS},5,The order has no items, so it has no seller.",
        f"{ORDERS},6,The seller is unknown here.",
        f"{ORDERS},7,What was paid cannot be shared among the items.",
    ):
        assert text in reasons.replace('"', "")


def test_an_amount_beyond_all_measure_is_rejected_however_it_is_written(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order("o1"), olist_order("o2")],
        items=[olist_item("o1", 1, "s1", "1.00"), olist_item("o2", 1, "s1", "1e13")],
        payments=[olist_payment("o1", "10.00"), olist_payment("o2", "10.00")],
    )
    assert import_folder(market, folder).landed == 1


def test_a_time_that_is_none_keeps_every_share_of_the_order_out(tmp_path: Path, market: str) -> None:
    folder = olist(
        tmp_path / "olist",
        orders=[olist_order("o1", placed="2018-02-30 10:00:00"), olist_order("o2"), olist_order("o2")],
        items=[
            olist_item("o1", 1, "s1", "10.00"),
            olist_item("o1", 2, "s2", "10.00"),
            olist_item("o2", 1, "s1", "10.00"),
        ],
        payments=[olist_payment("o1", "20.00"), olist_payment("o2", "10.00")],
    )
    result = import_folder(market, folder)
    assert (result.landed, result.rejected) == (1, 2)
    reasons = "\n".join(rejects(folder))
    assert f'{ORDERS},2,"A time is not on the calendar' in reasons
    assert f"{ORDERS},4,The order stands on an earlier line." in reasons


def test_a_folder_that_lacks_a_file_or_has_another_changes_nothing(tmp_path: Path, market: str) -> None:
    folder = one_order(tmp_path / "olist")
    (folder / PAYMENTS).unlink()
    with pytest.raises(FeedRefused, match=f"has no {PAYMENTS}"):
        import_folder(market, folder)
    (folder / PAYMENTS).write_text("payment_value,order_id\n10.00,o1\n")
    with pytest.raises(FeedRefused, match=r"first column of .* must be order_id"):
        import_folder(market, folder)
    with pytest.raises(FeedRefused, match="is not a folder"):
        import_folder(market, folder / ORDERS)
    with entered(market):
        assert not Order.objects.exists()
        assert not Seller.objects.exists()


def test_products_and_translation_may_be_missing(tmp_path: Path, market: str) -> None:
    folder = one_order(tmp_path / "olist")
    (folder / "olist_products_dataset.csv").unlink()
    (folder / "product_category_name_translation.csv").unlink()
    assert import_folder(market, folder).landed == 1
    with entered(market):
        assert Order.objects.get().category == ""


def test_a_later_download_moves_orders_on_and_tells_nothing_twice(tmp_path: Path, market: str) -> None:
    import_folder(market, one_order(tmp_path / "first", status="shipped", customer=""))
    assert import_folder(market, one_order(tmp_path / "second")).updated == 1
    assert import_folder(market, one_order(tmp_path / "third", status="shipped", customer="")).known is not None
    with entered(market):
        assert Order.objects.get().state == "delivered"


def test_the_real_data_to_the_line(tmp_path: Path, market: str, shared_data: Path) -> None:
    with entered(market):
        result = take_in(shared_data / "olist", format="olist", rejects_path=tmp_path / "rejects.csv")
        assert result.files[ORDERS] == 33_239
        assert result.files[ITEMS] == 37_105
        assert result.files[SELLERS] == 3_095
        # 776 orders have no items; 397 of the others are at several sellers.
        assert (result.landed, result.rejected, result.unchanged) == (32_879, 776, 0)
        assert result.notes == {
            "paid only after they were delivered: told as they are": 23,
            "paid only after they were handed over: told as they are": 414,
            "handed over before they were placed: taken as handed over when placed": 53,
            "delivered before they were handed over: taken as delivered when handed over": 6,
            "delivered without a date: taken as not delivered yet": 8,
            "never approved: taken as paid when handed over, or as never paid": 4,
            "orders that only the payments know: passed over": 66_202,
        }
        reasons = (tmp_path / "rejects.csv").read_text().splitlines()
        assert len(reasons) == 777
        assert all("The order has no items" in reason for reason in reasons[1:])
        states = dict(Order.objects.values_list("state").annotate(Count("id")).order_by())
        assert states == {"delivered": 30_680, "paid": 616, "refunded": 468, "shipped": 1_115}
        assert Seller.objects.verified().count() == 3_095
        assert sum(len(articles) for articles in Order.objects.values_list("articles", flat=True)) == 37_105
        sums = Order.objects.aggregate(Sum("goods"), Sum("freight"), Sum("paid"))
        assert sums == _sums(shared_data / "olist")


def _sums(folder: Path) -> dict[str, Decimal]:
    """What the landed orders should add up to, read from the files in another way."""
    import csv

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    items = rows(ITEMS)
    landed = {item["order_id"] for item in items}
    return {
        "goods__sum": sum((D(item["price"]) for item in items), D(0)),
        "freight__sum": sum((D(item["freight_value"]) for item in items), D(0)),
        "paid__sum": sum((D(row["payment_value"]) for row in rows(PAYMENTS) if row["order_id"] in landed), D(0)),
    }
