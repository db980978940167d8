"""Settlement lines, refunds and return windows: what the platform says about money for orders. Written in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from apps.core import bulk
from apps.core.money import ZERO, is_payable
from apps.core.states import move_all
from apps.ledger.calendar import booking_date
from apps.orders.models import IN_RETURN_WINDOW, Order, Proceeds
from apps.sellers.models import Seller

LARGEST = Decimal(10) ** 12
# A settlement that names a day this long ago is a mistake, not a late line.
OLDEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One line of a settlement: `amount` (positive, payable in the seller's currency) for, or back from, a sale."""

    key: str
    seller_id: int
    kind: str
    amount: Decimal
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken in, and why. The others were."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class SettlementResult:
    """What became of a settlement: lines taken in, lines that were known already, lines refused."""

    landed: int
    known: int
    rejected: tuple[RejectedLine, ...]


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back to the buyer of an order within its return window."""

    order_id: int
    amount: Decimal


def record_settlement(*, lines: Sequence[SettlementLine], settled_on: date, at: datetime, by: str) -> SettlementResult:
    """Take in the settlement lines of the sales day `settled_on`.

    Each line is booked on that date, or on the first open one when it comes late. A line known by its key is not taken
    again; the same key with other content, and whatever does not fit its order, is refused with a reason while the
    rest lands. Captures settle their orders (once the return window is over), chargebacks charge them back.
    """
    with transaction.atomic():
        booked_on = booking_date(settled_on)
        if not settled_on <= at.date() + timedelta(days=1) or settled_on < booked_on - OLDEST:
            reason = f"{settled_on} is not a sales day that can be settled now."
            return SettlementResult(0, 0, tuple(RejectedLine(line.key, reason) for line in lines))
        check = _Check(lines, settled_on)
        rejected = []
        fresh: list[SettlementLine] = []
        for line in lines:
            reason = check.reason_against(line)
            if reason:
                rejected.append(RejectedLine(line.key, reason))
            elif not check.is_known(line):
                check.take(line)
                fresh.append(line)
        bulk.copy_rows(
            Proceeds,
            ["key", "seller_id", "order_id", "kind", "amount", "currency", "settled_on", "booked_on"],
            (
                (
                    line.key,
                    line.seller_id,
                    line.order_id,
                    line.kind,
                    line.amount,
                    check.currencies[line.seller_id],
                    settled_on,
                    booked_on,
                )
                for line in fresh
            ),
        )
        _move_orders(fresh, check.orders, settled_on, at, by)
        return SettlementResult(len(fresh), len(lines) - len(fresh) - len(rejected), tuple(rejected))


def _move_orders(
    fresh: Iterable[SettlementLine], orders: dict[int, Order], settled_on: date, at: datetime, by: str
) -> None:
    settled: dict[int, Order] = {}
    charged_back: list[Order] = []
    for line in fresh:
        order = orders.get(line.order_id or 0)
        if order is not None and line.kind == "capture" and order.settled_on is None:
            order.settled_on = settled_on
            settled[order.pk] = order
        if order is not None and line.kind == "chargeback":
            order.ended_at = at
            charged_back.append(order)
    bulk.update_rows(Order, ["settled_on"], [(pk, settled_on) for pk in settled])
    _settle_completed(settled.values(), at=at, by=by)
    move_all(charged_back, "charge_back", at=at, by=by, reason=f"settlement of {settled_on}", fields=["ended_at"])


def _settle_completed(orders: Iterable[Order], *, at: datetime, by: str) -> None:
    """Settle the orders whose money came and whose return window is over, whichever was first."""
    ready = [order for order in orders if order.settled_on is not None and order.can("settle")]
    move_all(ready, "settle", at=at, by=by, reason="its money came")


class _Check:
    """Everything that lines are held against, read in four queries."""

    def __init__(self, lines: Sequence[SettlementLine], settled_on: date) -> None:
        self.settled_on = settled_on
        self.currencies = dict(
            Seller.objects.filter(pk__in={line.seller_id for line in lines}).values_list("pk", "currency")
        )
        order_ids = sorted({line.order_id for line in lines if line.order_id})
        self.orders = {
            order.pk: order for order in Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk")
        }
        self.known = {
            row.key: (row.seller_id, row.order_id, row.kind, row.amount)
            for row in Proceeds.objects.filter(key__in=[line.key for line in lines])
        }
        self.sums: defaultdict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
        for order_id, kind, total in (
            Proceeds.objects.filter(order__in=order_ids).values_list("order_id", "kind").annotate(total=Sum("amount"))
        ):
            self.sums[order_id, kind] = total

    def is_known(self, line: SettlementLine) -> bool:
        return line.key in self.known

    def take(self, line: SettlementLine) -> None:
        """Count a line in, so that the next ones of the same file are held against it too."""
        self.known[line.key] = (line.seller_id, line.order_id, line.kind, line.amount)
        if line.order_id:
            self.sums[line.order_id, line.kind] += line.amount

    def reason_against(self, line: SettlementLine) -> str:
        """Why the line cannot be taken in; empty when it can."""
        known = self.known.get(line.key)
        if known is not None:
            same = known == (line.seller_id, line.order_id, line.kind, line.amount)
            return "" if same else "This key was used before for another line; the first one stands."
        if line.seller_id not in self.currencies:
            return "No such seller."
        if line.kind not in Proceeds.Kind.values:
            return f"{line.kind!r} is not capture, refund or chargeback."
        currency = self.currencies[line.seller_id]
        if not line.amount.is_finite() or not ZERO < line.amount < LARGEST or not is_payable(line.amount, currency):
            return f"{line.amount} is not an amount that can be paid in {currency}."
        return self._reason_of_order(line) if line.order_id else ""

    def _reason_of_order(self, line: SettlementLine) -> str:
        order = self.orders.get(line.order_id or 0)
        if order is None or order.seller_id != line.seller_id:
            return "This seller has no such order."
        captured = self.sums[order.pk, "capture"]
        given_back = self.sums[order.pk, "refund"] + self.sums[order.pk, "chargeback"]
        if line.kind == "capture":
            if captured + line.amount > order.paid:
                return f"The order was paid {order.paid}; {captured} of it was settled before."
            return ""
        if given_back + line.amount > captured:
            return f"More would go back than came in: {captured} captured, {given_back} given back before."
        return ""


def record_refunds(*, refunds: Sequence[Refund], at: datetime, by: str) -> SettlementResult:
    """Give money back for delivered orders: requested, then refunded in full or in part.

    Refused with a reason: an order that is not in its return window, an amount above what was paid. An order that was
    refunded by the same amount before is known and left alone.
    """
    with transaction.atomic():
        wanted = {refund.order_id: refund.amount for refund in refunds}
        orders = {order.pk: order for order in Order.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
        rejected, known = [], 0
        in_full: list[Order] = []
        in_part: list[Order] = []
        for order_id, amount in wanted.items():
            order = orders.get(order_id)
            if order is not None and order.refunded == amount and order.state in {"refunded", "partially_refunded"}:
                known += 1
                continue
            reason = _reason_against_refund(order, amount)
            if reason or order is None:
                rejected.append(RejectedLine(str(order_id), reason))
                continue
            order.refunded, order.ended_at = amount, at
            (in_full if amount == order.paid else in_part).append(order)
        move_all([*in_full, *in_part], "request_refund", at=at, by=by)
        move_all(in_full, "refund", at=at, by=by, fields=["refunded", "ended_at"])
        move_all(in_part, "refund_in_part", at=at, by=by, fields=["refunded"])
        return SettlementResult(len(in_full) + len(in_part), known, tuple(rejected))


def _reason_against_refund(order: Order | None, amount: Decimal) -> str:
    if order is None:
        return "No such order."
    if not order.can("request_refund"):
        return f"The order is {order.state}; a refund is no longer possible."
    if not (amount > 0 and is_payable(amount, order.currency)):
        return f"{amount} is not an amount that can be paid in {order.currency}."
    if amount > order.paid:
        return f"The refund of {amount} is larger than the {order.paid} that was paid."
    return ""


def close_return_windows(*, first_seller: int, last_seller: int, through: datetime, at: datetime, by: str) -> int:
    """Complete the orders of a range of sellers that arrived at or before `through` and were not sent back whole.

    Returns how many; asked twice, there are none left.
    """
    with transaction.atomic():
        arrived = Order.objects.select_for_update().filter(
            seller_id__gte=first_seller,
            seller_id__lte=last_seller,
            state__in=IN_RETURN_WINDOW,
            delivered_at__lte=through,
        )
        orders = list(arrived.order_by("pk"))
        move_all(orders, "close_return_window", at=at, by=by)
        _settle_completed(orders, at=at, by=by)
        return len(orders)
