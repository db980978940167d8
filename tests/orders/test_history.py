"""What a seller's orders say at the end of a day: every event from its own time on, never before."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.history import SalesHistory, sales_history
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_order, make_seller

D = Decimal
DAY = date(2025, 3, 14)
ZONE = ZoneInfo("Asia/Shanghai")
NOTHING = (D(0),) * 12


@pytest.fixture
def seller(platform: Platform) -> Seller:
    return make_seller()


def at(days_before: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, 14, hour, tzinfo=ZONE) - timedelta(days=days_before)


def history(seller: Seller, as_of: date = DAY) -> SalesHistory | None:
    return sales_history(first_seller=seller.pk, last_seller=seller.pk, as_of=as_of, zone=ZONE).get(seller.pk)


def sold(seller: Seller, days_before: int, **facts: object) -> None:
    """An order of 100.00 placed and paid that many days before DAY; later events as `facts`."""
    moment = at(days_before)
    make_order(**{"seller": seller, "placed_at": moment, "paid_at": moment, **facts})


def test_a_seller_without_an_order_has_no_history(seller: Seller) -> None:
    assert history(seller) is None


def test_net_sales_fall_into_windows_of_thirty_days_the_last_ending_with_the_day(seller: Seller) -> None:
    sold(seller, 0)
    sold(seller, 29)
    sold(seller, 30)
    sold(seller, 359)
    sold(seller, 360)
    known = history(seller)
    assert known is not None
    assert known.monthly == (D(100), *NOTHING[:9], D(100), D(200))
    # The oldest one lies outside the windows; it still is the first.
    assert (known.orders, known.first_order_on) == (4, date(2024, 3, 19))
    assert known.active_days == 4


def test_days_end_at_midnight_in_the_platforms_zone(seller: Seller) -> None:
    make_order(seller=seller, placed_at=at(0, 0), paid_at=at(0, 0))
    make_order(seller=seller, placed_at=at(-1, 0), paid_at=at(-1, 0))  # the next day begins
    known = history(seller)
    assert known is not None
    assert (known.monthly[-1], known.orders) == (D(100), 1)
    assert history(seller, DAY - timedelta(days=1)) is None


def test_a_refund_counts_from_its_own_day_on(seller: Seller) -> None:
    sold(
        seller,
        10,
        state="partially_refunded",
        refunded=D("30.00"),
        shipped_at=at(9),
        delivered_at=at(7),
        ended_at=at(2),
    )
    before, after = history(seller, DAY - timedelta(days=3)), history(seller, DAY - timedelta(days=2))
    assert before is not None
    assert after is not None
    assert (before.monthly[-1], before.returned) == (D(100), 0)
    assert (after.monthly[-1], after.returned, after.cancelled) == (D(70), 1, 0)


def test_what_ended_before_it_left_was_cancelled_and_brings_nothing(seller: Seller) -> None:
    sold(seller, 10, state="cancelled", ended_at=at(9))
    sold(seller, 8, state="refunded", refunded=D("100.00"), ended_at=at(7))
    make_order(seller=seller, placed_at=at(5), paid_at=None, paid=D(0), goods=D(100), state="cancelled", ended_at=at(4))
    known = history(seller)
    assert known is not None
    assert (known.monthly, known.orders, known.cancelled, known.returned) == (NOTHING, 3, 3, 0)


def test_what_was_not_paid_yet_is_an_order_but_no_sale(seller: Seller) -> None:
    make_order(seller=seller, placed_at=at(1), paid_at=None, paid=D(0), goods=D(100), state="placed")
    known = history(seller)
    assert known is not None
    assert (known.monthly, known.orders, known.active_days) == (NOTHING, 1, 0)


def test_late_is_a_later_day_than_promised(seller: Seller) -> None:
    promised = at(5, 0)
    sold(seller, 10, state="delivered", shipped_at=at(9), delivered_at=at(5, 23), expected_at=promised)
    sold(seller, 10, state="delivered", shipped_at=at(9), delivered_at=at(4, 0), expected_at=promised)
    sold(seller, 10, state="shipped", shipped_at=at(9), expected_at=promised)
    known = history(seller)
    assert known is not None
    assert (known.delivered, known.late) == (2, 1)
    before = history(seller, DAY - timedelta(days=5))
    assert before is not None
    assert (before.delivered, before.late) == (1, 0)


def test_flagged_orders_count_for_nothing(seller: Seller) -> None:
    sold(seller, 1, flagged=True)
    assert history(seller) is None


def test_a_range_of_sellers_is_one_query_and_no_one_elses_orders(seller: Seller) -> None:
    neighbour, outside = make_seller(), make_seller()
    for one in (seller, neighbour, outside):
        sold(one, 3)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = sales_history(first_seller=seller.pk, last_seller=neighbour.pk, as_of=DAY, zone=ZONE)
    assert (sorted(found), len(queries)) == ([seller.pk, neighbour.pk], 1)
