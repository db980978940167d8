"""Orders of a feed into the database: new ones by COPY in the state that the feed tells, known ones moved forward.

The feed file and the order's own instants are the record of a new order's birth; moves are logged like all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.core.states import move_all
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.news import LEARNT, contradiction, learn, way
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

NULL = r"\N"
QUOTED = '","'

Key = tuple[int, str]
Known = dict[Key, tuple[int, str, Decimal, Decimal, Decimal, Decimal]]
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


def _known(chunk: Chunk) -> Known:
    sellers, order_ids = zip(*chunk, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(sellers), list(order_ids)])
        return {(row[1], row[2]): (row[0], *row[3:]) for row in cursor.fetchall()}


def _copy_line(seller_id: int, order: FeedOrder) -> str:
    (_line, _text, order_id, _seller, state, currency, goods, freight, paid, refunded, category,
     placed_at, paid_at, shipped_at, delivered_at, expected_at, ended_at, articles, prices, freights) = order  # fmt: skip
    return (
        f"{seller_id}\t{_escaped(order_id)}\t{state}\t{currency}\t{goods}\t{freight}\t{paid}\t{refunded}\t"
        f"{_escaped(category)}\t{placed_at}\t{paid_at or NULL}\t{shipped_at or NULL}\t{delivered_at or NULL}\t"
        f"{expected_at or NULL}\t{ended_at or NULL}\t{_texts(articles)}\t{_numbers(prices)}\t{_numbers(freights)}\tf\n"
    )


def _escaped(text: str) -> str:
    """Text as COPY wants it; control characters have been rejected before."""
    return text.replace("\\", "\\\\")


def _numbers(values: tuple[Decimal, ...]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _texts(values: tuple[str, ...]) -> str:
    whole = "".join(values)
    if '"' in whole or "\\" in whole:
        values = tuple(_escaped(value.replace("\\", "\\\\").replace('"', '\\"')) for value in values)
    return f'{{"{QUOTED.join(values)}"}}' if values else "{}"


def _tell(known: Known, chunk: Chunk, gate: Gate, landed: Landed, at: datetime, by: str) -> None:
    """Move on the orders of which something new is told; say why of those that cannot be as told."""
    different = {}
    for key, (order_id, *facts) in known.items():
        told = chunk[key]
        if facts == [told.state, told.goods, told.freight, told.paid, told.refunded]:
            landed.unchanged += 1
        else:
            different[order_id] = told
    moves: defaultdict[tuple[str, ...], list[Order]] = defaultdict(list)
    for order_id, order in Order.objects.select_for_update().order_by("pk").in_bulk(list(different)).items():
        told = different[order_id]
        steps = way(order.state, told.state)
        if fault := contradiction(told, order):
            gate.intake.reject(gate.file, told.line, fault, told.text)
        elif steps:
            learn(order, told)
            moves[steps].append(order)
        else:
            landed.unchanged += 1
    for steps, orders in moves.items():
        move_all(orders, steps[0], at=at, by=by, reason=f"feed {gate.file}", fields=LEARNT)
        for verb in steps[1:]:
            move_all(orders, verb, at=at, by=by, reason=f"feed {gate.file}")
        landed.moved += len(orders)
