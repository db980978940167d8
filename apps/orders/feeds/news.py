"""How an order that is known moves on when a feed tells more of it. Forward only, by the model's own transitions."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from apps.orders.models import Order

TOLD_BY_FEEDS = (
    "pay", "ship", "deliver", "cancel", "request_refund", "refund", "refund_in_part", "refuse_refund", "charge_back",
)  # fmt: skip
DECIDED_HERE = ("close_return_window", "settle")
TIMES = ("paid_at", "shipped_at", "delivered_at", "expected_at", "ended_at")
LEARNT = ("goods", "freight", "paid", "refunded", *TIMES)


class News(NamedTuple):
    """What a line tells of an order that is known already."""

    line: int
    order_id: int
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


@cache
def way(source: str, target: str, verbs: Sequence[str] = TOLD_BY_FEEDS) -> tuple[str, ...] | None:
    """The fewest transitions that lead from one state to another; None when there is no way."""
    ways: deque[tuple[str, tuple[str, ...]]] = deque([(source, ())])
    seen = {source}
    while ways:
        state, path = ways.popleft()
        if state == target:
            return path
        for verb in verbs:
            step = getattr(Order, verb)._django_fsm.get_transition(state)
            if step is not None and step.target not in seen:
                seen.add(step.target)
                ways.append((step.target, (*path, verb)))
    return None


def is_older(told: str, known: str) -> bool:
    """Whether an order in the state `known` has left the state `told` behind."""
    return way(told, known, (*TOLD_BY_FEEDS, *DECIDED_HERE)) is not None


def contradiction(news: News, order: Order) -> str:
    """Why what is told cannot be true of the order as it is known; empty when it can.

    Goods, freight and payment stand from the moment of payment on; what was given back stands as soon as it is known.
    """
    told, known = (news.goods, news.freight, news.paid), (order.goods, order.freight, order.paid)
    if news.paid_at and order.paid_at and told != known:
        return "The amounts differ from those of the order when it was paid. Those were kept."
    if news.state == order.state and news.refunded != order.refunded:
        return f"The refund differs from the {order.refunded} that is known. That was kept."
    if way(order.state, news.state) is None and not is_older(news.state, order.state):
        return f"The order is {order.state}; it cannot become {news.state} any more."
    return ""


def learn(order: Order, news: News) -> None:
    """Write into `order`, which is about to move on, what was not known of it. Amounts of a settled order stay."""
    if order.paid_at is None:
        order.goods, order.freight, order.paid = news.goods, news.freight, news.paid
    if order.state != "settled":
        order.refunded = max(order.refunded, news.refunded)
    for name in TIMES:
        if getattr(order, name) is None:
            setattr(order, name, getattr(news, name))
