"""Receipts: issued once for goods that are named in full, one paper a lot, parts that add up to the whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction

from apps.core.models import Transition
from apps.core.states import TransitionNotAllowed
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.models import CommodityPrice, WarehouseReceipt
from apps.warehousing.services import ReceiptRefused, issue_receipt
from tests.factories import make_commodity_price, make_seller, make_warehouse
from tests.warehousing.goods import COTTON, ISSUED_ON, VALID_UNTIL, issued

pytestmark = pytest.mark.usefixtures("platform")


@contextmanager
def refused_by_the_database(words: str) -> Iterator[None]:
    with pytest.raises(Error, match=words), transaction.atomic():
        yield


def check_now() -> None:
    """Let the checks that wait for the end of a transaction speak."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_receipt_is_issued_with_everything_that_names_the_goods(at: datetime) -> None:
    warehouse, farmer = make_warehouse(), make_seller()
    receipt = issue_receipt(
        number="WR-1",
        warehouse=warehouse,
        depositor=farmer,
        goods=COTTON,
        issued_on=ISSUED_ON,
        valid_until=VALID_UNTIL,
        at=at,
        by="user:7",
    )
    stored = WarehouseReceipt.objects.get()
    assert stored == receipt
    assert (stored.state, stored.weight, stored.lot, stored.grade) == ("issued", Decimal("5000.0000"), "L-1", "3128")
    assert (stored.depositor, stored.holder) == (farmer, farmer)
    assert [entry.verb for entry in Transition.of(receipt)] == ["create", "issue"]
    assert list(WarehouseReceipt.objects.pledgeable(VALID_UNTIL)) == [receipt]
    assert not WarehouseReceipt.objects.pledgeable(date(2026, 3, 2)).exists()
    assert list(WarehouseReceipt.objects.in_store().held_by(farmer)) == [receipt]


def test_issuing_twice_answers_the_same_receipt() -> None:
    first = issued()
    again = issued(warehouse=first.warehouse, depositor=first.depositor)
    assert again == first
    assert WarehouseReceipt.objects.count() == 1
    assert Transition.of(first).count() == 2


def test_a_number_never_names_other_goods() -> None:
    first = issued()
    heavier = replace(COTTON, weight=Decimal(9000))
    with pytest.raises(ReceiptRefused, match="issued for other goods"):
        issued(warehouse=first.warehouse, depositor=first.depositor, goods=heavier)
    assert WarehouseReceipt.objects.get().weight == 5000


def test_one_lot_has_one_paper() -> None:
    first = issued()
    with pytest.raises(ReceiptRefused, match="Lot L-1 already has a receipt"):
        issued(number="WR-2", warehouse=first.warehouse)
    elsewhere = issued(number="WR-3", warehouse=make_warehouse())
    assert set(WarehouseReceipt.objects.all()) == {first, elsewhere}
    with refused_by_the_database("one_receipt_a_lot"):
        WarehouseReceipt.objects.filter(pk=elsewhere.pk).update(warehouse=first.warehouse)


@pytest.mark.parametrize(
    ("differing", "words"),
    [
        ({"goods": replace(COTTON, weight=Decimal(0))}, "more than nothing"),
        ({"goods": replace(COTTON, weight=Decimal(-1))}, "more than nothing"),
        ({"goods": replace(COTTON, bin="")}, "Add what is missing"),
        ({"goods": replace(COTTON, insured_until=date(2025, 2, 28))}, "at least through the day of issue"),
        ({"valid_until": date(2025, 2, 28)}, "at least through the day of issue"),
    ],
)
def test_bad_input_issues_nothing(differing: dict[str, Any], words: str) -> None:
    with pytest.raises(ReceiptRefused, match=words):
        issued(**differing)
    assert not WarehouseReceipt.objects.exists()
    assert not Transition.objects.exists()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"weight": 0}, "receipt_weight_positive"),
        ({"weight": -5}, "receipt_weight_positive"),
        ({"grade": ""}, "receipt_issued_is_complete"),
        ({"weight": None}, "receipt_issued_is_complete"),
        ({"valid_until": None}, "receipt_issued_is_complete"),
        ({"valid_until": date(2024, 1, 1)}, "receipt_issued_is_complete"),
    ],
)
def test_the_database_keeps_receipts_whole(change: dict[str, Any], constraint: str) -> None:
    receipt = issued()
    with refused_by_the_database(constraint):
        WarehouseReceipt.objects.filter(pk=receipt.pk).update(**change)


def part_of(parent: WarehouseReceipt, number: str, weight: int, **differing: Any) -> WarehouseReceipt:
    names = ["warehouse", "depositor", "holder", "commodity", "unit", "grade", "lot", "bin", "insurance"]
    names += ["insured_until", "issued_on", "valid_until"]
    facts = {name: getattr(parent, name) for name in names} | differing
    return WarehouseReceipt.objects.create(number=number, parent=parent, weight=weight, state="issued", **facts)


def test_a_split_adds_up(at: datetime) -> None:
    parent = issued()
    with transaction.atomic():
        parent.move("split", at=at, by="user:7")
        children = [part_of(parent, "WR-1/1", 2000), part_of(parent, "WR-1/2", 3000)]
        check_now()
    assert [child.parent for child in children] == [parent, parent]
    with pytest.raises(TransitionNotAllowed):
        parent.move("pledge", at=at, by="user:7")


@pytest.mark.parametrize(
    ("weights", "differing"),
    [
        ((2000, 2999), {}),
        ((2000, 3001), {}),
        ((), {}),
        ((2000, 3000), {"lot": "L-9"}),
        ((5000,), {"commodity": "gold"}),
    ],
)
def test_a_split_that_does_not_add_up_is_refused(
    at: datetime, weights: tuple[int, ...], differing: dict[str, Any]
) -> None:
    parent = issued()
    with refused_by_the_database("do not add up"):
        parent.move("split", at=at, by="user:7")
        for number, weight in enumerate(weights):
            part_of(parent, f"WR-1/{number}", weight, **differing)
        check_now()
    assert WarehouseReceipt.objects.get().state == "issued"


def test_a_part_of_a_receipt_that_was_not_split_is_refused() -> None:
    parent = issued()
    with refused_by_the_database("do not add up"):
        part_of(parent, "WR-1/1", 5000)
        check_now()


def test_an_expired_receipt_comes_back_as_it_was(at: datetime) -> None:
    free, pledged = issued(), issued(number="WR-2", warehouse=make_warehouse())
    pledged.move("pledge", at=at, by="user:7")
    for receipt in (free, pledged):
        receipt.move("expire", at=at, by="night")
        receipt.move("revalidate", at=at, by="user:7", valid_until=date(2027, 1, 1), insured_until=date(2027, 1, 1))
    assert (free.state, pledged.state) == ("issued", "pledged")
    assert WarehouseReceipt.objects.get(pk=pledged.pk).valid_until == date(2027, 1, 1)


def test_a_published_price_stays_as_it_was_published() -> None:
    price = make_commodity_price()
    with refused_by_the_database("append-only"):
        CommodityPrice.objects.filter(pk=price.pk).update(price=1)
    with refused_by_the_database("append-only"):
        CommodityPrice.objects.filter(pk=price.pk).delete()
    for wrong in (0, -3):
        with refused_by_the_database("price_positive"):
            make_commodity_price(on=date(2025, 3, 2), price=wrong)
    assert CommodityPrice.objects.get().price == Decimal("6.40")


def test_a_valuation_sees_no_price_of_a_later_date() -> None:
    for day, amount in ((1, "14.20"), (14, "14.60"), (31, "15.10")):
        make_commodity_price(on=date(2025, 3, day), price=Decimal(amount))
    series = CommodityPrice.objects.series("apples", "kg", "CNY")
    assert [price.on.day for price in series.known(date(2025, 3, 14))] == [14, 1]
    assert not CommodityPrice.objects.series("apples", "t", "CNY").exists()


def test_two_platforms_keep_their_own_lots(platform: Platform, other_platform: Platform) -> None:
    issued()
    with entered(other_platform.schema_name):
        assert not WarehouseReceipt.objects.exists()
        issued()
        with refused_by_the_database("append-only"), connection.cursor() as cursor:
            make_commodity_price(currency="BRL")
            cursor.execute("DELETE FROM warehousing_commodityprice")
    assert WarehouseReceipt.objects.count() == 1
