"""From lines in temporary tables to orders: new ones in one statement, known ones moved on by their transitions.

The feed file and the order's own instants are the record of a new order's birth; every later move is logged.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from psycopg import sql

from apps.core.states import move_all
from apps.orders.feeds.news import LEARNT, contradiction, learn, way
from apps.orders.feeds.rules import rules
from apps.orders.models import Order

LAND = """
WITH told AS MATERIALIZED (
    SELECT told.*, CASE {rules} END AS fault
    FROM (
        SELECT source.*, seller.id AS seller_id, known.id AS known_id,
            (known.state, known.goods, known.freight, known.paid, known.refunded) IS DISTINCT FROM
            (source.state, source.goods, source.freight, source.paid, source.refunded) AS differs
        FROM ({source}) AS source
        LEFT JOIN sellers_seller AS seller ON seller.external_id = source.seller
        LEFT JOIN orders_order AS known ON known.seller_id = seller.id AND known.external_id = source.order_id
        OFFSET 0  -- keeps the planner from working every column out again in each rule
    ) AS told
), landed AS (
    INSERT INTO orders_order (
        seller_id, external_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, flagged
    )
    SELECT seller_id, order_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, FALSE
    FROM told WHERE fault IS NULL AND known_id IS NULL
    ORDER BY seller_id, order_id
    RETURNING 1
), counted AS (
    SELECT (SELECT count(*) FROM landed) AS landed,
        count(*) FILTER (WHERE fault IS NULL AND known_id IS NOT NULL AND NOT differs) AS unchanged
    FROM told
)
SELECT counted.landed, counted.unchanged, told.line, told.fault, told.known_id, told.state, told.goods, told.freight,
    told.paid, told.refunded, told.paid_at, told.shipped_at, told.delivered_at, told.expected_at, told.ended_at
FROM counted
LEFT JOIN told ON told.fault IS NOT NULL OR (told.known_id IS NOT NULL AND told.differs)
"""


class News(NamedTuple):
    """What a line tells of an order that is known already."""

    line: int
    fault: str | None
    known_id: int
    state: str
    goods: Decimal
    freight: Decimal
    paid: Decimal
    refunded: Decimal
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    expected_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class Landed:
    """How many orders were new, moved on, or had nothing new told of them, and why which lines were not taken."""

    new: int
    moved: int
    unchanged: int
    faults: dict[int, str]


def land(source: str, *, currency: str, latest: datetime, file: str, at: datetime, by: str) -> Landed:
    """Bring the orders that the query `source` tells of into the database, within the caller's transaction."""
    cases = " ".join(
        f"WHEN {wrong} THEN {connection.ops.quote_value(reason)}" for wrong, reason in rules(currency, latest)
    )
    with connection.cursor() as cursor:
        cursor.execute(LAND, [])
    return Landed(0, 0, 0, {})
