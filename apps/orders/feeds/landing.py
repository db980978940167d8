"""Orders of a feed into the database: new ones by COPY in the state that the feed tells, known ones moved forward.

The feed file and the order's own instants are the record of a new order's birth; moves are logged like all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.core import bulk
from apps.core.states import move_all
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.news import contradiction, way
from apps.orders.feeds.order import FeedOrder, fault_of
from apps.orders.models import Order

CHUNK = 10_000
COPY = """
COPY orders_order (
    seller_id, external_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at, shipped_at,
    delivered_at, expected_at, ended_at, articles, article_prices, article_freights, flagged
) FROM STDIN
"""
KNOWN = """
SELECT id, seller_id, external_id, state, goods, freight, paid, refunded
FROM unnest(%s::bigint[], %s::text[]) AS told (seller_id, external_id)
JOIN orders_order USING (seller_id, external_id)
"""

Key = tuple[int, str]
Chunk = dict[Key, FeedOrder]


@dataclass(slots=True)
class Landed:
    """How many orders were new, moved on, or had nothing new told of them."""

    new: int = 0
    moved: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Gate:
    """What orders must fit to land: the sellers of the platform by external id, its currency, and the present."""

    sellers: Mapping[str, int]
    currency: str
    latest: str
    file: str
    intake: Intake

    def chunks(self, orders: Iterable[FeedOrder]) -> Iterator[Chunk]:
        """The orders that may land, some thousand at a time, no order twice in one chunk; the others are rejected."""
        chunk: Chunk = {}
        for order in orders:
            seller_id = self.sellers.get(order.seller)
            fault = fault_of(order, self.currency, self.latest) if seller_id else "The seller is unknown here."
            if fault or seller_id is None:
                self.intake.reject(self.file, order.line, fault, order.text)
                continue
            key = (seller_id, order.order_id)
            if len(chunk) == CHUNK or key in chunk:
                yield chunk
                chunk = {}
            chunk[key] = order
        if chunk:
            yield chunk


def land(orders: Iterable[FeedOrder], gate: Gate, *, at: datetime, by: str) -> Landed:
    """Bring `orders` into the database, within the caller's transaction. The next chunk is read while the database
    takes in this one."""
    landed = Landed()
    chunks = gate.chunks(orders)
    chunk = next(chunks, None)
    while chunk is not None:
        known = _known(chunk)
        new = sorted(chunk.keys() - known.keys())
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write("".join([_copy_line(key[0], chunk[key]) for key in new]))
            following = next(chunks, None)
        landed.new += len(new)
        _tell(known, chunk, gate, landed, at, by)
        chunk = following
    return landed


def _known(chunk: Chunk) -> dict[Key, tuple[object, ...]]:
    sellers, order_ids = zip(*chunk, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(sellers), list(order_ids)])
        return {(row[1], row[2]): (row[0], *row[3:]) for row in cursor.fetchall()}


def _copy_line(seller_id: int, order: FeedOrder) -> str:
    (_line, _text, order_id, _seller, state, currency, goods, freight, paid, refunded, category,
     placed_at, paid_at, shipped_at, delivered_at, expected_at, ended_at, articles, prices, freights) = order  # fmt: skip
    line = (
        f"{seller_id}\t{order_id}\t{state}\t{currency}\t{goods}\t{freight}\t{paid}\t{refunded}\t{category}\t{placed_at}\t"
        f"{paid_at or N}\t{shipped_at or N}\t{delivered_at or N}\t{expected_at or N}\t{ended_at or N}\t"
        f"{_array(articles)}\t{_array(prices)}\t{_array(freights)}\tf\n"
    )
    return line


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"
