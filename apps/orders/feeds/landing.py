"""From lines in temporary tables to orders: new ones in one statement, known ones moved on by their transitions.

The feed file and the order's own instants are the record of a new order's birth; every later move is logged.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from psycopg import sql

from apps.core.states import move_all
from apps.orders.feeds.news import LEARNT, News, contradiction, learn, way
from apps.orders.feeds.rules import rules
from apps.orders.models import Order

# OFFSET 0 keeps the planner from working every column out again in each rule.
LAND = """
WITH told AS MATERIALIZED (
    SELECT told.*, CASE {rules} END AS fault
    FROM (
        SELECT source.*, seller.id AS seller_id, known.id AS known_id,
            (known.state, known.goods, known.freight, known.paid, known.refunded)
                <> (source.state, source.goods, source.freight, source.paid, source.refunded) AS differs
        FROM ({source}) AS source
        LEFT JOIN sellers_seller AS seller ON seller.external_id = source.seller
        LEFT JOIN orders_order AS known ON known.seller_id = seller.id AND known.external_id = source.order_id
        OFFSET 0
    ) AS told
), landed AS (
    INSERT INTO orders_order (
        seller_id, external_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, flagged
    )
    SELECT seller_id, order_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, FALSE
    FROM told
    WHERE fault IS NULL AND known_id IS NULL
    ORDER BY seller_id, order_id
), counted AS (
    SELECT count(*) FILTER (WHERE known_id IS NULL) AS new, count(*) FILTER (WHERE NOT differs) AS unchanged
    FROM told
    WHERE fault IS NULL
)
SELECT counted.new, counted.unchanged, told.fault, told.line, told.known_id, told.state, told.goods, told.freight,
    told.paid, told.refunded, told.paid_at, told.shipped_at, told.delivered_at, told.expected_at, told.ended_at
FROM counted LEFT JOIN told ON told.fault IS NOT NULL OR told.differs
"""


@dataclass(slots=True)
class Landed:
    """How many orders were new, moved on, or had nothing new told of them; which lines were not taken, and why."""

    new: int = 0
    moved: int = 0
    unchanged: int = 0
    faults: dict[int, str] = field(default_factory=dict)


def land(source: str, *, currency: str, latest: datetime, reason: str, at: datetime, by: str) -> Landed:
    """Bring the orders that the query `source` tells of into the database, within the caller's transaction.

    Moves of known orders are logged with `reason`. Nothing may have happened after `latest`.
    """
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.SQL(wrong), sql.Literal(said))
        for wrong, said in rules(currency, latest.isoformat())
    ]
    statement = sql.SQL(LAND).format(
        rules=sql.SQL(" ").join(cases), source=sql.SQL(source).format(currency=sql.Literal(currency))
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    landed = Landed(new=rows[0][0], unchanged=rows[0][1])
    news = []
    for _new, _unchanged, fault, line, *told in rows:
        if fault:
            landed.faults[line] = fault
        elif line is not None:
            news.append(News(line, *told))
    _tell(news, landed, reason, at, by)
    return landed


def _tell(news: Iterable[News], landed: Landed, reason: str, at: datetime, by: str) -> None:
    """Move on the orders of which something new is told; say why of those that cannot be as told."""
    by_order = {one.order_id: one for one in news}
    moves: defaultdict[tuple[str, ...], list[Order]] = defaultdict(list)
    for order_id, order in Order.objects.select_for_update().order_by("pk").in_bulk(list(by_order)).items():
        one = by_order[order_id]
        steps = way(order.state, one.state)
        if fault := contradiction(one, order):
            landed.faults[one.line] = fault
        elif steps:
            learn(order, one)
            moves[steps].append(order)
        else:
            landed.unchanged += 1
    for (first, *others), orders in moves.items():
        move_all(orders, first, at=at, by=by, reason=reason, fields=LEARNT)
        for verb in others:
            move_all(orders, verb, at=at, by=by, reason=reason)
        landed.moved += len(orders)
