"""Proceeds: what the platform settles for sold goods, and takes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum

from apps.core import bulk
from apps.core.money import ZERO, is_payable
from apps.core.states import move_all
from apps.core.turns import take_turn
from apps.ledger.calendar import booking_date
from apps.orders.models import Order, Proceeds
from apps.orders.refusals import RejectedLine, SettlementRefused
from apps.sellers.models import Seller

CAPTURE, REFUND, CHARGEBACK = Proceeds.Kind.CAPTURE, Proceeds.Kind.REFUND, Proceeds.Kind.CHARGEBACK
ABSURD = Decimal(10) ** 12
OLDEST = timedelta(days=3 * 365)
LONGEST_KEY = 120
NOBODY, NO_ORDER = 0, -1


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One line of a settlement: a positive amount in the seller's currency, for (capture) or back from (refund,
    chargeback) a sale. `key` is the settlement's own name of the line, `file_line` its number in the file, if one
    brought it. Lines without an order are allowed."""

    key: str
    seller_id: int
    order_id: int | None
    kind: str
    amount: Decimal
    file_line: int | None = None


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line as it comes from outside: `seller` and `order` are the platform's own keys, `order` may be empty."""

    key: str
    seller: str
    kind: str
    amount: Decimal
    order: str = ""
    file_line: int | None = None


def known_lines(told: Sequence[ToldLine]) -> list[SettlementLine]:
    """The lines with our keys instead of the platform's; a seller or order that we do not know gets nobody's key, and
    `record_settlement` says so."""
    named = Seller.objects.filter(external_id__in={one.seller for one in told})
    sellers = dict(named.values_list("external_id", "pk"))
    orders = {
        (seller_id, external_id): pk
        for pk, seller_id, external_id in Order.objects.filter(
            seller_id__in=sellers.values(), external_id__in={one.order for one in told if one.order}
        ).values_list("pk", "seller_id", "external_id")
    }
    return [
        SettlementLine(
            key=one.key,
            seller_id=(seller := sellers.get(one.seller, NOBODY)),
            kind=one.kind,
            amount=one.amount,
            file_line=one.file_line,
            order_id=orders.get((seller, one.order), NO_ORDER) if one.order else None,
        )
        for one in told
    ]


@dataclass(frozen=True, slots=True)
class SettlementResult:
    """What became of the lines: landed on the date `booked_on`, known before, rejected with a reason each."""

    booked_on: date
    landed: int
    known: int
    rejected: tuple[RejectedLine, ...]


@dataclass(slots=True)
class Reckoning:
    """What the lines of one settlement are held against, and where each of them went."""

    orders: dict[int, Order]
    currencies: dict[int, str]
    written: dict[str, tuple[int, int | None, str, Decimal, date]]
    captured: dict[int, Decimal]
    given_back: dict[int, Decimal]
    booked: list[SettlementLine] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    known: int = 0


def record_settlement(
    *, lines: Sequence[SettlementLine], settled_on: date, settlement_id: int | None = None, at: datetime, by: str
) -> SettlementResult:
    """Book the settlement of the sales day `settled_on`, on that date or on the first business date still open.

    A line whose key is known with the same content changes nothing; with other content it is refused. A line is also
    refused when its seller is unknown, its order is another seller's, its amount is not positive, not payable in the
    currency or beyond 10^12, when more is captured than the buyer paid, or more given back than was captured for the
    order. The others are booked. A capture settles a completed order, one still in its return window when that ends;
    a chargeback moves the order to charged back. `settlement_id` is the payout whose file brought them.

    Raises SettlementRefused for a date later than tomorrow (in UTC) or three years past.
    """
    _must_be_plausible(settled_on, at)
    with transaction.atomic():
        booked_on = booking_date(settled_on)
        take_turn("settlement")  # who hands in the same line at the same moment finds it known
        reckoning = _reckoning(lines)
        for line in sorted(lines, key=lambda line: line.kind != CAPTURE):  # what is given back had come before
            _take(line, settled_on, reckoning)
        bulk.copy_rows(
            Proceeds,
            ["key", "seller_id", "order_id", "kind", "amount", "currency", "settled_on", "booked_on",
             "settlement_id", "file_line"],
            [
                (line.key, line.seller_id, line.order_id, line.kind, line.amount,
                 reckoning.currencies[line.seller_id], settled_on, booked_on, settlement_id, line.file_line)
                for line in reckoning.booked
            ],
        )  # fmt: skip
        _move_orders(reckoning, settled_on, at, by)
    return SettlementResult(booked_on, len(reckoning.booked), reckoning.known, tuple(reckoning.rejected))


def _must_be_plausible(settled_on: date, at: datetime) -> None:
    if not at.date() - OLDEST <= settled_on <= at.date() + timedelta(days=1):
        raise SettlementRefused(
            f"A settlement of {settled_on} cannot come on {at.date()}. Nothing was changed; correct the date."
        )


def _reckoning(lines: Sequence[SettlementLine]) -> Reckoning:
    order_ids = {line.order_id for line in lines if line.order_id is not None}
    orders = Order.objects.select_for_update().order_by("pk").in_bulk(order_ids)
    captured: dict[int, Decimal] = dict.fromkeys(orders, ZERO)
    given_back = dict(captured)
    sums = (
        Proceeds.objects.filter(order_id__in=orders)
        .values_list("order_id")
        .annotate(
            captured=Sum("amount", filter=Q(kind=CAPTURE), default=ZERO),
            given_back=Sum("amount", filter=~Q(kind=CAPTURE), default=ZERO),
        )
    )
    for order_id, came, went in sums:
        captured[order_id], given_back[order_id] = came, went
    written = Proceeds.objects.filter(key__in=[line.key for line in lines]).values_list(
        "key", "seller_id", "order_id", "kind", "amount", "settled_on"
    )
    return Reckoning(
        orders=orders,
        currencies=dict(Seller.objects.filter(pk__in={line.seller_id for line in lines}).values_list("pk", "currency")),
        written={row[0]: row[1:] for row in written},
        captured=captured,
        given_back=given_back,
    )


def _take(line: SettlementLine, settled_on: date, reckoning: Reckoning) -> None:
    content = (line.seller_id, line.order_id, line.kind, line.amount, settled_on)
    known = reckoning.written.get(line.key)
    if known == content:
        reckoning.known += 1
        return
    reason = "This key was used before for another line." if known else _why_not(line, reckoning)
    if reason:
        reckoning.rejected.append(RejectedLine(line.key, reason))
        return
    reckoning.written[line.key] = content
    reckoning.booked.append(line)
    if line.order_id is not None:
        sums = reckoning.captured if line.kind == CAPTURE else reckoning.given_back
        sums[line.order_id] += line.amount


def _why_not(line: SettlementLine, reckoning: Reckoning) -> str:
    """Why `line` cannot be booked; empty when it can."""
    currency = reckoning.currencies.get(line.seller_id)
    if not line.key or len(line.key) > LONGEST_KEY:
        return f"A line needs a key of 1 to {LONGEST_KEY} characters."
    if line.kind not in Proceeds.Kind.values:
        return f"{line.kind!r} is none of: {', '.join(Proceeds.Kind.values)}."
    if currency is None:
        return "The seller is unknown."
    if not line.amount.is_finite() or not 0 < line.amount <= ABSURD:
        return f"{line.amount} is not an amount between 0 and 10^12."
    if not is_payable(line.amount, currency):
        return f"{line.amount} has smaller parts than {currency} has."
    return "" if line.order_id is None else _why_not_for_order(line, line.order_id, reckoning)


def _why_not_for_order(line: SettlementLine, order_id: int, reckoning: Reckoning) -> str:
    order = reckoning.orders.get(order_id)
    if order is None:
        return "The order is unknown."
    if order.seller_id != line.seller_id:
        return "The order belongs to another seller."
    captured, given_back = reckoning.captured[order_id], reckoning.given_back[order_id]
    if line.kind == CAPTURE and captured + line.amount > order.paid:
        return f"{captured + line.amount} would be settled for an order of which the buyer paid {order.paid}."
    if line.kind != CAPTURE and given_back + line.amount > captured:
        return f"{given_back + line.amount} would be given back for an order of which {captured} was settled."
    return ""


def _move_orders(reckoning: Reckoning, settled_on: date, at: datetime, by: str) -> None:
    """Tell the orders what came and went: date and sums first, then the moves."""
    captured = _orders_of(reckoning, CAPTURE)
    charged_back = _orders_of(reckoning, CHARGEBACK)
    returned = _orders_of(reckoning, REFUND, CHARGEBACK)
    for order in captured:
        order.settled_on = order.settled_on or settled_on
    for order in returned:
        order.refunded = max(order.refunded, reckoning.given_back[order.pk])
        order.ended_at = at
    touched = {order.pk: order for order in (*captured, *returned)}.values()
    bulk.update_rows(
        Order,
        ["settled_on", "refunded", "ended_at"],
        [(order.pk, order.settled_on, order.refunded, order.ended_at) for order in touched],
    )
    move_all([order for order in captured if order.can("settle")], "settle", at=at, by=by)
    move_all([order for order in charged_back if order.state != "charged_back"], "charge_back", at=at, by=by)


def _orders_of(reckoning: Reckoning, *kinds: str) -> list[Order]:
    keys = {line.order_id for line in reckoning.booked if line.kind in kinds and line.order_id is not None}
    return [reckoning.orders[key] for key in sorted(keys)]
