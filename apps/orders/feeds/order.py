"""An order as a feed tells it, and the rules that it must keep to land. One place for every format."""

from decimal import Decimal
from typing import NamedTuple

LONGEST_ID = 64
MOST = Decimal(10) ** 12
EARLIEST = "2000-01-01"
NEWS = (
    "placed", "paid", "shipped", "delivered", "cancelled",
    "refund_requested", "refunded", "partially_refunded", "refused", "charged_back",
)  # fmt: skip
UNPAID = frozenset({"placed", "cancelled"})
ENDED = frozenset({"cancelled", "refunded", "partially_refunded", "charged_back"})
GIVEN_BACK = frozenset({"refunded", "partially_refunded", "charged_back"})


class FeedOrder(NamedTuple):
    """One seller's share of an order. Amounts are texts of payable amounts. Times are texts of one form throughout a
    feed, so that they compare as texts; empty when the event has not happened."""

    line: int
    text: str
    order_id: str
    seller: str
    state: str
    currency: str
    goods: str
    freight: str
    paid: str
    refunded: str
    category: str
    placed_at: str
    paid_at: str
    shipped_at: str
    delivered_at: str
    expected_at: str
    ended_at: str
    articles: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    freights: tuple[str, ...] = ()


def fault_of(order: FeedOrder, currency: str, latest: str) -> str:
    """Why `order` cannot land on a platform with `currency`, in plain words; empty when it can.

    Nothing can have happened after the time `latest`, a text of the feed's form.
    """
    if not 0 < len(order.order_id) <= LONGEST_ID:
        return f"The order's id must have 1 to {LONGEST_ID} characters."
    if order.currency != currency:
        return f"The amounts are in {order.currency[:10]}, the platform works in {currency}."
    if order.state not in NEWS:
        return f"{order.state[:40]!r} is no status; they are {', '.join(NEWS)}."
    return _fault_of_amounts(order) or _fault_of_times(order, latest) or _fault_of_state(order)


def _fault_of_amounts(order: FeedOrder) -> str:
    amounts = (order.goods, order.freight, order.paid, order.refunded)
    if max(map(len, amounts)) > 12 and any(Decimal(amount) > MOST for amount in amounts):
        return "An amount is larger than 10^12, which cannot be."
    if "-" in "".join(amounts) and any(Decimal(amount) < 0 for amount in amounts):
        return "An amount is negative."
    if order.refunded != "0" and Decimal(order.refunded) > Decimal(order.paid):
        return f"The refund of {order.refunded} is larger than the {order.paid} that was paid."
    return ""


def _fault_of_times(order: FeedOrder, latest: str) -> str:
    placed, shipped, delivered = order.placed_at, order.shipped_at, order.delivered_at
    if placed < EARLIEST:
        return "The order was placed before the year 2000, or it is not said when."
    if max(placed, order.paid_at, shipped, delivered, order.ended_at) > latest:
        return "Something of the order happened in the future."
    for event, time in (("paid", order.paid_at), ("shipped", shipped), ("delivered", delivered), ("ended", order.ended_at)):
        if time and time < placed:
            return f"The order was {event} before it was placed."
    if delivered and delivered < shipped:
        return "The order was delivered before it was shipped."
    return ""


def _fault_of_state(order: FeedOrder) -> str:
    state = order.state
    if state not in UNPAID and not order.paid_at:
        return "It is not said when the order was paid."
    if state in {"shipped", "delivered"} and not order.shipped_at:
        return "It is not said when the order was shipped."
    if state == "delivered" and not order.delivered_at:
        return "It is not said when the order was delivered."
    if state in ENDED and not order.ended_at:
        return "It is not said when the order ended."
    if state == "placed" and (order.paid_at or Decimal(order.paid)):
        return "The order is only placed, but paid already."
    return _fault_of_refund(order)


def _fault_of_refund(order: FeedOrder) -> str:
    if order.refunded == "0" and order.state not in GIVEN_BACK:
        return ""
    paid, refunded = Decimal(order.paid), Decimal(order.refunded)
    if order.state == "refunded" and (refunded != paid or not paid):
        return "A refunded order was paid, and given back in full."
    if order.state == "partially_refunded" and not 0 < refunded < paid:
        return "A partial refund is more than nothing and less than what was paid."
    if refunded and order.state not in GIVEN_BACK:
        return "The order has a refund that its status does not tell of."
    return ""
