"""From lines in temporary tables to orders: new ones in one statement, known ones moved on by their transitions.

The feed file and the order's own times are the record of a new order's birth; every later move is logged.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from psycopg import sql

from apps.core.bulk import next_ids
from apps.core.states import move_all
from apps.orders.feeds.news import LEARNT, News, contradiction, learn, way
from apps.orders.feeds.rules import rules
from apps.orders.models import Order

# The orders that the feed tells of, with the seller and the order that are known here, and the first rule broken.
# OFFSET 0 keeps the planner from working every column out again in each rule.
TOLD = """
    CREATE TEMP VIEW feed_told AS
    SELECT joined.*, CASE {rules} END AS fault
    FROM (
        SELECT told.*, seller.id AS seller_id, known.id AS known_id,
            (known.state, known.goods, known.freight, known.paid, known.refunded)
                <> (told.state, told.goods, told.freight, told.paid, told.refunded) AS differs
        FROM ({told}) AS told
        LEFT JOIN sellers_seller AS seller ON seller.external_id = told.seller
        LEFT JOIN orders_order AS known ON known.seller_id = seller.id AND known.external_id = told.order_id
        OFFSET 0
    ) AS joined
"""
INSERT = """
    INSERT INTO orders_order (
        seller_id, external_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, flagged,
        feed_id, feed_line
    )
    SELECT seller_id, order_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, FALSE,
        %s, line
    FROM feed_told
    WHERE fault IS NULL AND known_id IS NULL
    ORDER BY seller_id
"""
REST = """
    SELECT fault, differs, line, known_id, state, goods, freight, paid, refunded, paid_at, shipped_at, delivered_at,
        expected_at, ended_at
    FROM feed_told
    WHERE fault IS NOT NULL OR known_id < %s
"""


@dataclass(slots=True)
class Landed:
    """How many orders were new, moved on, or had nothing new told of them; which lines were not taken, and why."""

    new: int = 0
    moved: int = 0
    unchanged: int = 0
    faults: dict[int, str] = field(default_factory=dict)


def land(
    told: str, expected: int, *, feed_id: int, currency: str, latest: datetime, reason: str, at: datetime, by: str
) -> Landed:
    """Bring the orders that the query `told` tells of into the database, as told by the file `feed_id`, within the
    caller's transaction.

    Only when fewer than the `expected` ones are new is it asked what became of the others. Nothing can have happened
    after `latest`. Moves of known orders are logged with `reason`.
    """
    landed, news = Landed(), []
    with connection.cursor() as cursor:
        first_new = next_ids(Order, 1)[0]
        cursor.execute(_view(told, currency, latest))
        cursor.execute(INSERT, [feed_id])
        landed.new = cursor.rowcount
        if landed.new < expected:
            cursor.execute(REST, [first_new])
            for fault, differs, line, *rest in cursor.fetchall():
                if fault:
                    landed.faults[line] = fault
                elif differs:
                    news.append(News(line, *rest))
                else:
                    landed.unchanged += 1
        cursor.execute("DROP VIEW feed_told")
    _tell(news, landed, reason, at, by)
    return landed


def _view(told: str, currency: str, latest: datetime) -> sql.Composed:
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.SQL(wrong), sql.Literal(said)) for wrong, said in rules(currency, latest)
    ]
    return sql.SQL(TOLD).format(
        rules=sql.SQL(" ").join(cases), told=sql.SQL(told).format(currency=sql.Literal(currency))
    )


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
