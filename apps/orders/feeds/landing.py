"""Orders of a feed into the database: new ones by COPY in the state that the feed tells, known ones moved on.

The feed file and the order's own times are the record of a new order's birth; every later move is logged.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction

from apps.core.states import move_all
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.news import LEARNT, contradiction, learn, way
from apps.orders.feeds.order import FeedOrder, fault_of
from apps.orders.models import Order

CHUNK = 10_000
COPY = """
    COPY orders_order (
        seller_id, external_id, state, currency, goods, freight, paid, refunded, category, placed_at, paid_at,
        shipped_at, delivered_at, expected_at, ended_at, articles, article_prices, article_freights, flagged
    ) FROM STDIN
"""
KNOWN = """
    SELECT orders_order.id, seller_id, external_id
    FROM unnest(%s::bigint[], %s::text[]) AS told (seller_id, external_id)
    JOIN orders_order USING (seller_id, external_id)
"""
NULL = r"\N"

Key = tuple[int, str]
Chunk = dict[Key, FeedOrder]


@dataclass(frozen=True, slots=True)
class Gate:
    """What orders must fit to land: the platform's sellers by external id, its currency, its zone and the present."""

    sellers: Mapping[str, int]
    currency: str
    zone: ZoneInfo
    latest: str
    file: str
    intake: Intake

    def chunks(self, orders: Iterable[FeedOrder]) -> Iterator[Chunk]:
        """The orders that may land, some thousand at a time, no order twice in a chunk; the others are rejected."""
        chunk: Chunk = {}
        for order in orders:
            seller_id = self.sellers.get(order.seller)
            fault = fault_of(order, self.currency, self.latest) if seller_id else "The seller is unknown here."
            if fault or seller_id is None:
                self.reject(order, fault)
                continue
            key = (seller_id, order.order_id)
            if len(chunk) == CHUNK or key in chunk:
                yield chunk
                chunk = {}
            chunk[key] = order
        yield chunk

    def reject(self, order: FeedOrder, reason: str) -> None:
        self.intake.reject(self.file, order.line, reason, order.text)


@dataclass(slots=True)
class Landed:
    """How many orders were new, moved on, or had nothing new told of them."""

    new: int = 0
    moved: int = 0
    unchanged: int = 0


def land(orders: Iterable[FeedOrder], gate: Gate, *, at: datetime, by: str) -> Landed:
    """Bring `orders` into the database, within the caller's transaction. The next chunk is read while the database
    takes in this one."""
    landed = Landed()
    ahead = gate.chunks(orders)
    chunk = next(ahead, None)
    while chunk is not None:
        known: dict[Key, int] = {}
        following = None
        try:
            with transaction.atomic():
                following = _insert(chunk, gate.zone, ahead)
        except IntegrityError:  # most chunks are new as a whole, so nobody asks before the unique key says otherwise
            known = _known(chunk)
            new = {key: order for key, order in chunk.items() if key not in known}
            following = _insert(new, gate.zone, iter([following]))
        landed.new += len(chunk) - len(known)
        _tell({order_id: chunk[key] for key, order_id in known.items()}, gate, landed, at, by)
        chunk = following
    return landed


