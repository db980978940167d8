"""What an Olist order's status and four times say happened to it. Pure, in the data set's own local times.

The data set has its oddities; each is taken in the way that claims the least, and counted.
"""

from collections import Counter
from typing import NamedTuple

from apps.orders.feeds.cells import BadCell

STATES = {
    "created": "placed",
    "approved": "paid",
    "processing": "paid",
    "invoiced": "paid",
    "shipped": "shipped",
    "delivered": "delivered",
    "canceled": "refunded",
    "unavailable": "refunded",
}
SHIPPED_EARLY = "handed over before they were placed: taken as handed over when placed"
DELIVERED_EARLY = "delivered before they were handed over: taken as delivered when handed over"
APPROVED_AFTER_SHIPPING = "paid only after they were handed over: told as they are"
APPROVED_AFTER_DELIVERY = "paid only after they were delivered: told as they are"
NEVER_APPROVED = "never approved: taken as paid when handed over, or as never paid"
NOT_DELIVERED = "delivered without a date: taken as not delivered yet"


class Life(NamedTuple):
    """The state of an order and its local times, empty for what has not happened."""

    state: str
    placed: str
    paid: str
    shipped: str
    delivered: str
    ended: str


def life_of(status: str, placed: str, approved: str, carrier: str, customer: str, notes: Counter[str]) -> Life:
    """The life of one order; oddities are counted in `notes`. Raises BadCell for an unknown status.

    An order that was cancelled after it had been paid was refunded, at the last time known of it; one that was
    cancelled unpaid ended so.
    """
    state = STATES.get(status)
    if state is None:
        raise BadCell(f"order_status: {status[:40]!r} is none of {', '.join(STATES)}.")
    if approved > carrier or customer < carrier or carrier < placed:
        _count_odd_times(placed, approved, carrier, customer, notes)
    shipped = max(carrier, placed) if carrier or customer else ""
    delivered = max(customer, shipped) if customer else ""
    if state == "delivered" and not delivered:
        notes[NOT_DELIVERED] += 1
        state = "shipped"
    if state == "shipped" and not shipped:
        state = "paid"
    paid = approved or shipped
    if not approved:
        notes[NEVER_APPROVED] += 1
        paid = paid or (placed if state == "paid" else "")
    if state != "refunded":
        return Life(state, placed, paid, shipped, delivered, "")
    return Life(state if paid else "cancelled", placed, paid, shipped, delivered, max(placed, paid, shipped, delivered))


def _count_odd_times(placed: str, approved: str, carrier: str, customer: str, notes: Counter[str]) -> None:
    if "" < carrier < placed:
        notes[SHIPPED_EARLY] += 1
    if "" < customer < carrier:
        notes[DELIVERED_EARLY] += 1
    if approved > carrier > "":
        notes[APPROVED_AFTER_SHIPPING] += 1
    if approved > customer > "":
        notes[APPROVED_AFTER_DELIVERY] += 1
