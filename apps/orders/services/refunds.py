"""Money that goes back to buyers, and orders that outlive their return window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from apps.core.money import is_payable
from apps.core.states import move_all
from apps.orders.models import IN_RETURN_WINDOW, Order
from apps.orders.refusals import RejectedLine

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Refund:
    """The platform gave `amount` of one order back to the buyer; in the order's currency."""

    order_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RefundResult:
    """What became of the refunds: landed now, known before, rejected with a reason each."""

    landed: int
    known: int
    rejected: tuple[RejectedLine, ...]


def record_refunds(*, refunds: Sequence[Refund], at: datetime, by: str) -> RefundResult:
    """Mark orders as refunded, in full or in part, as of instant `at`.

    One refund an order; the same one again changes nothing. A refund larger than what the buyer paid, of an order
    that cannot be refunded any more, or of no payable amount, is rejected with its reason; the others land.
    """
    with transaction.atomic():
        orders = Order.objects.select_for_update().order_by("pk").in_bulk([refund.order_id for refund in refunds])
        whole: list[Order] = []
        in_part: list[Order] = []
        rejected: list[RejectedLine] = []
        known = 0
        for refund in refunds:
            order = orders.get(refund.order_id)
            if order is not None and order.refunded == refund.amount > 0:
                known += 1
            elif order is None or (reason := _why_not(order, refund.amount)):
                rejected.append(RejectedLine(str(refund.order_id), reason if order else "There is no such order."))
            else:
                order.refunded, order.ended_at = refund.amount, at
                (whole if refund.amount == order.paid else in_part).append(order)
        move_all(whole + in_part, "request_refund", at=at, by=by, fields=["refunded", "ended_at"])
        move_all(whole, "refund", at=at, by=by)
        move_all(in_part, "refund_in_part", at=at, by=by)
    return RefundResult(landed=len(whole) + len(in_part), known=known, rejected=tuple(rejected))


def _why_not(order: Order, amount: Decimal) -> str:
    """Why `amount` cannot be given back for `order`; empty when it can."""
    if not amount.is_finite() or amount <= 0 or not is_payable(amount, order.currency):
        return f"{amount} is not a positive amount that can be paid in {order.currency}."
    if amount > order.paid:
        return f"The refund of {amount} is larger than the {order.paid} {order.currency} that the buyer paid."
    if order.refunded:
        return f"{order.refunded} {order.currency} were given back before. An order is refunded once."
    if not order.can("request_refund"):
        return f"The order is {order.state.replace('_', ' ')}; only paid, shipped or delivered orders can be refunded."
    return ""


def close_return_windows(*, first_seller: int, last_seller: int, through: datetime, at: datetime, by: str) -> int:
    """Complete orders that can be sent back no more, and answer how many.

    Those are orders in their return window that were delivered at or before `through`, or whose refund was decided by
    then without a delivery, of sellers with id `first_seller` to `last_seller` (inclusive). Orders whose money came
    before are settled at once.
    """
    outlived = Order.objects.filter(
        Q(delivered_at__lte=through) | Q(delivered_at=None, ended_at__lte=through),
        seller_id__gte=first_seller,
        seller_id__lte=last_seller,
        state__in=IN_RETURN_WINDOW,
    )
    completed = 0
    with transaction.atomic():
        while orders := list(outlived.select_for_update().order_by("pk")[:BATCH]):
            move_all(orders, "close_return_window", at=at, by=by)
            move_all([order for order in orders if order.settled_on], "settle", at=at, by=by)
            completed += len(orders)
    return completed
