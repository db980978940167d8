"""An order as a feed tells it, and the rules that it must keep. One place for every format."""

from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO

LONGEST_ID = 64
MOST = Decimal(10) ** 12
EARLIEST = "2000-01-01"
NEWS = (
    "placed", "paid", "shipped", "delivered", "cancelled",
    "refund_requested", "refunded", "partially_refunded", "refused", "charged_back",
)  # fmt: skip
PAID_STATES = frozenset(NEWS) - {"placed", "cancelled"}
ENDED_STATES = frozenset({"cancelled", "refunded", "partially_refunded", "charged_back"})


class FeedOrder(NamedTuple):
    """One seller's share of an order. Instants are ISO 8601 text with an offset, alike within one feed so that they
    compare as text; empty when the event has not happened. Prices and freights: one an article.
    """

    line: int
    text: str
    order_id: str
    seller: str
    state: str
    currency: str
    goods: Decimal
    freight: Decimal
    paid: Decimal
    refunded: Decimal
    category: str
    placed_at: str
    paid_at: str
    shipped_at: str
    delivered_at: str
    expected_at: str
    ended_at: str
    articles: tuple[str, ...] = ()
    prices: tuple[Decimal, ...] = ()
    freights: tuple[Decimal, ...] = ()


def fault_of(order: FeedOrder, currency: str, latest: str) -> str:
    """Why `order` cannot land on a platform with `currency`, in plain words; empty when it can.

    `latest` is the instant beyond which nothing can have happened yet, as text.
    """
    return (
        _fault_of_identity(order, currency)
        or _fault_of_amounts(order)
        or _fault_of_times(order, latest)
        or _fault_of_state(order)
    )


def _fault_of_identity(order: FeedOrder, currency: str) -> str:
    if not 0 < len(order.order_id) <= LONGEST_ID:
        return f"The order's id must have 1 to {LONGEST_ID} characters."
    if order.currency != currency:
        return f"The amounts are in {order.currency[:10] or 'no currency'}, the platform works in {currency}."
    if order.state not in NEWS:
        return f"{order.state[:40]!r} is not a status; they are {', '.join(NEWS)}."
    return ""


def _fault_of_amounts(order: FeedOrder) -> str:
    goods, freight, paid, refunded = order.goods, order.freight, order.paid, order.refunded
    if goods < ZERO or freight < ZERO or paid < ZERO or refunded < ZERO:
        return "An amount is negative."
    if goods > MOST or freight > MOST or paid > MOST:
        return "An amount is larger than 10^12, which cannot be."
    if refunded > paid:
        return f"The refund of {refunded} is larger than the {paid} that was paid."
    return ""


def _fault_of_times(order: FeedOrder, latest: str) -> str:
    placed, shipped, delivered = order.placed_at, order.shipped_at, order.delivered_at
    if not placed:
        return "It is not said when the order was placed."
    if placed < EARLIEST:
        return "The order was placed before the year 2000, which cannot be."
    if max(placed, order.paid_at, shipped, delivered, order.ended_at) > latest:
        return "Something happened in the future."
    for event, instant in (("paid", order.paid_at), ("shipped", shipped), ("delivered", delivered)):
        if instant and instant < placed:
            return f"The order was {event} before it was placed."
    if delivered and delivered < shipped:
        return "The order was delivered before it was shipped."
    if order.ended_at and order.ended_at < placed:
        return "The order ended before it was placed."
    return ""


def _fault_of_state(order: FeedOrder) -> str:
    state = order.state
    if state in PAID_STATES and not order.paid_at:
        return f"The order is {state}, but it is not said when it was paid."
    if state == "placed" and (order.paid or order.paid_at):
        return "The order is placed, so nothing can have been paid yet."
    if (state in {"shipped", "delivered"} and not order.shipped_at) or (
        state == "delivered" and not order.delivered_at
    ):
        return f"The order is {state}, but it is not said when it was {'shipped' if not order.shipped_at else state}."
    if state in ENDED_STATES and not order.ended_at:
        return f"The order is {state}, but it is not said when that was."
    return _fault_of_refund(order)


def _fault_of_refund(order: FeedOrder) -> str:
    state, paid, refunded = order.state, order.paid, order.refunded
    if state == "refunded" and (refunded != paid or not paid):
        return "A refunded order must have been paid and given back in full."
    if state == "partially_refunded" and not ZERO < refunded < paid:
        return "A partial refund must be more than nothing and less than what was paid."
    if refunded and state not in {"refunded", "partially_refunded", "charged_back"}:
        return f"The order is {state}, so nothing can have been refunded."
    return ""
