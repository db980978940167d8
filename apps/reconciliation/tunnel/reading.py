"""Reads a platform's past for the wind tunnel: two statements a range of sellers. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from apps.reconciliation.tunnel.past import Course, MoneyRow, OrderRow, SellerPast, lay_out
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS

SELLERS_AT_ONCE = 250
SellerFacts = tuple[int, str, str, Decimal]

# An ordinal is the number of days since 1 January of the year 1, that day being 1.
_DAY = "(({} AT TIME ZONE %(zone)s)::date - DATE '0001-01-01' + 1)"
PAST = f"""
SELECT seller_id, id, external_id, state, paid, refunded, flagged,
       {_DAY.format("placed_at")}, {_DAY.format("paid_at")}, {_DAY.format("shipped_at")}, {_DAY.format("delivered_at")},
       {_DAY.format("(delivered_at - interval '1 microsecond')")} + 7,
       coalesce((delivered_at AT TIME ZONE %(zone)s)::date > (expected_at AT TIME ZONE %(zone)s)::date, false),
       {_DAY.format("ended_at")}, coalesce(shipped_at <= coalesce(ended_at, shipped_at), false),
       settled_on - DATE '0001-01-01' + 1
FROM orders_order WHERE seller_id = ANY(%(sellers)s::bigint[]) ORDER BY seller_id, delivered_at DESC, id
"""  # noqa: S608  no value of anyone's is in it
MONEY = """
SELECT seller_id, order_id, kind, booked_on - DATE '0001-01-01' + 1, sum(amount) FROM orders_proceeds
WHERE seller_id = ANY(%(sellers)s::bigint[]) GROUP BY seller_id, order_id, kind, booked_on
ORDER BY seller_id, booked_on, order_id, kind
"""


def readable_sellers(on: date) -> list[SellerFacts]:
    """The verified sellers whose orders may be read on `on`: (id, external id, currency, sweep cap), by id."""
    sellers = Seller.objects.verified().consenting(ORDERS, on).order_by("id").distinct()
    return list(sellers.values_list("id", "external_id", "currency", "sweep_cap"))


def pasts(sellers: list[SellerFacts], course: Course, zone: ZoneInfo) -> Iterator[SellerPast]:
    """The past of each of `sellers` (as `readable_sellers` names them), in their order."""
    for start in range(0, len(sellers), SELLERS_AT_ONCE):
        yield from _range(sellers[start : start + SELLERS_AT_ONCE], course, zone)


def _range(sellers: list[SellerFacts], course: Course, zone: ZoneInfo) -> Iterator[SellerPast]:
    arguments: dict[str, Any] = {"sellers": [key for key, *_facts in sellers], "zone": zone.key}
    orders: defaultdict[int, list[OrderRow]] = defaultdict(list)
    money: defaultdict[int, list[MoneyRow]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(PAST, arguments)
        for seller_id, *fields in cursor:
            orders[seller_id].append(OrderRow._make(fields))
        cursor.execute(MONEY, arguments)
        for seller_id, *fields in cursor:
            money[seller_id].append(MoneyRow._make(fields))
    for key, external_id, currency, sweep_cap in sellers:
        past = SellerPast(key, external_id, currency, sweep_cap)
        yield lay_out(past, orders.pop(key, []), money.pop(key, []), course)
