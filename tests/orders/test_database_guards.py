"""What the database itself holds about orders, whoever writes; each guard with its failing control."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.bulk import copy_instances
from apps.orders.models import Order
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_order, make_seller

STRAY = 987_654_321


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_order_of_no_seller_is_refused_however_it_comes(platform: Platform) -> None:
    stray = Order(seller_id=STRAY, external_id="A-1", currency="CNY", goods=1, paid=0, placed_at=platform.created_at)
    for write in (stray.save, lambda: copy_instances([stray])):
        with pytest.raises(IntegrityError, match=f"there is no seller {STRAY}"), transaction.atomic():
            write()
    assert not Order.objects.exists()
    run("DROP TRIGGER orders_have_sellers ON orders_order")
    stray.pk = None
    stray.save(force_insert=True)  # the control: without the guard it lands
    assert Order.objects.count() == 1


def test_a_seller_of_another_platform_is_none(two_platforms: tuple[Platform, Platform]) -> None:
    with entered(two_platforms[0].schema_name):
        seller = make_seller(id=STRAY)
        order = make_order(seller=seller)
    with entered(two_platforms[1].schema_name):
        order.pk = None
        with pytest.raises(IntegrityError, match="there is no seller"), transaction.atomic():
            order.save(force_insert=True)


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("DELETE FROM sellers_seller", "seller_is_kept"),
        ("UPDATE sellers_seller SET id = id + 1000000", "seller_keeps_its_id"),
    ],
)
def test_sellers_stay_under_their_id(platform: Platform, statement: str, guard: str) -> None:
    make_order()
    with pytest.raises(IntegrityError, match="is kept for ever"):
        run(statement)
    run(f"DROP TRIGGER {guard} ON sellers_seller")
    run(statement)  # the control


def test_an_order_keeps_its_seller(platform: Platform) -> None:
    order, other = make_order(), make_seller()
    with pytest.raises(IntegrityError, match="is kept for ever"):
        run(f"UPDATE orders_order SET seller_id = {other.pk}")
    order.refresh_from_db()
    assert order.seller_id != other.pk
    run("UPDATE orders_order SET flagged = true")  # anything else may change


@pytest.mark.parametrize(
    "facts",
    [
        {"articles": ["a"]},
        {"articles": ["a"], "article_prices": [1], "article_freights": []},
        {"refunded": 101},
        {"paid": -1, "goods": 1},
    ],
)
def test_incomplete_lines_and_impossible_amounts_are_refused(platform: Platform, facts: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_order(**facts)


def test_an_order_is_there_once_a_seller(platform: Platform) -> None:
    order = make_order()
    again: Callable[[], Order] = lambda: make_order(seller=order.seller, external_id=order.external_id)  # noqa: E731
    with pytest.raises(IntegrityError), transaction.atomic():
        again()
