"""What happened to one seller's orders, laid out by day for the wind tunnel. Pure; days are ordinals of local dates."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.services.receivables import FreeOrder
from apps.orders.models import IN_RETURN_WINDOW
from apps.orders.running import OrderCourse
from apps.reconciliation.policy import Policy, chance, fate_of
from apps.repayment.day import SalesDay

CAPTURE, REFUND, CHARGEBACK = "capture", "refund", "chargeback"
WAITING = frozenset((*IN_RETURN_WINDOW, "completed"))


class OrderRow(NamedTuple):
    """An order as it is stored; `window_ends` is the night that ends its return window."""

    id: int
    external_id: str
    state: str
    paid: Decimal
    refunded: Decimal
    flagged: bool
    placed_on: int
    paid_on: int | None
    shipped_on: int | None
    arrived_on: int | None
    window_ends: int | None
    is_late: bool
    ended_on: int | None
    left_first: bool
    settled_on: int | None


class MoneyRow(NamedTuple):
    """Settlement lines of one kind for one order (or none) that one night took in."""

    order_id: int | None
    kind: str
    booked_on: int
    amount: Decimal


class Arrival(NamedTuple):
    """An order that an early payment may rest on. `paid` is net of what had gone back before the past begins."""

    id: int
    external_id: str
    paid: Decimal
    given_back: Decimal
    given_back_on: int | None
    arrived_on: int
    completed_on: int
    settled_on: int | None

    def standing(self, *, morning: int, nights: int) -> str:
        """Its state in the course of day `morning`, the nights through `nights` closed; empty when its money has come
        or it was sent back."""
        if self.settled_on is not None and self.settled_on <= morning:
            return ""
        completed = self.completed_on <= nights
        if self.given_back_on is not None and self.given_back_on <= morning:
            return "completed" if completed and self.given_back < self.paid else ""
        return "completed" if completed else "delivered"

    def refunded(self, morning: int) -> Decimal:
        return self.given_back if self.given_back_on is not None and self.given_back_on <= morning else ZERO

    def as_free(self, state: str, morning: int, currency: str) -> FreeOrder:
        arrived = date.fromordinal(self.arrived_on)
        return FreeOrder(self.id, self.external_id, self.paid, self.refunded(morning), state, currency, arrived)


@dataclass(slots=True)
class SellerPast:
    """All that a trial needs to know of a seller. `money` holds (kind, amount, order) by day; amounts are in
    `currency`; `arrivals` are by day, those of a day the latest delivered first."""

    id: int
    external_id: str
    currency: str
    sweep_cap: Decimal
    orders: list[OrderCourse] = field(default_factory=list)
    money: defaultdict[int, list[tuple[str, Decimal, int | None]]] = field(default_factory=lambda: defaultdict(list))
    arrivals: defaultdict[int, list[Arrival]] = field(default_factory=lambda: defaultdict(list))

    def sales(self, day: int, pledged: dict[int, int]) -> SalesDay:
        """The sales day, with what belongs first to the financing that an order is `pledged` to."""
        sums = {CAPTURE: ZERO, REFUND: ZERO, CHARGEBACK: ZERO}
        own: dict[int, Decimal] = {}
        for kind, amount, order in self.money.get(day, ()):
            sums[kind] += amount
            if order in pledged:
                one = pledged[order]
                own[one] = own.get(one, ZERO) + (amount if kind == CAPTURE else -amount)
        return SalesDay(sums[CAPTURE], sums[REFUND], sums[CHARGEBACK], own)


@dataclass(frozen=True, slots=True)
class Course:
    """Which days are lived through, both inclusive, and what is assumed where the past does not tell."""

    first: int
    last: int
    seed: int
    policy: Policy


def lay_out(past: SellerPast, orders: Iterable[OrderRow], money: Iterable[MoneyRow], course: Course) -> SellerPast:
    """Fill `past`: money as it was settled where that is known, as assumed where it is not. `orders` come the latest
    delivered first."""
    settled, luck = set(), Random(0)  # noqa: S311  seeded for each order
    for line in money:
        settled.add(line.order_id)
        past.money[line.booked_on].append((line.kind, line.amount, line.order_id))
    for order in orders:
        if order.id in settled:
            _as_settled(past, order)
        elif order.state in WAITING and order.arrived_on is not None and order.paid > 0 and order.settled_on is None:
            _as_assumed(past, order, course, luck)
        else:
            _as_stored(past, order)
    return past


def _as_settled(past: SellerPast, order: OrderRow) -> None:
    """An order of which settlement lines are known."""
    _record(past, order, _cuts(order))
    _arrive(past, order, ZERO, order.ended_on, order.settled_on)


def _as_stored(past: SellerPast, order: OrderRow) -> None:
    """An order whose money came before anybody kept lines of it, or never."""
    _record(past, order, _cuts(order))
    if order.settled_on is not None and order.paid > 0:
        past.money[order.settled_on].append((CAPTURE, order.paid, order.id))
        if order.refunded:
            past.money[max(order.settled_on, order.ended_on or 0)].append((REFUND, order.refunded, order.id))
        _arrive(past, order, ZERO, order.ended_on, order.settled_on)


def _as_assumed(past: SellerPast, order: OrderRow, course: Course, luck: Random) -> None:
    """An order that arrived and of whose money nothing is known yet: the policy says what becomes of it."""
    arrived = order.arrived_on or 0
    fate = fate_of(
        course.policy,
        chance(course.seed, "order", past.external_id, order.external_id, again=luck),
        paid=order.paid,
        currency=past.currency,
        arrived=date.fromordinal(arrived),
        may_return=order.state == "delivered" and arrived >= course.first,
    )
    settled = fate.settled_on.toordinal()
    if settled < course.first or arrived > course.last:
        _record(past, order, _cuts(order))
        _arrive(past, order, ZERO, _asked_back(order), None, course.first)
        return
    cuts = list(_cuts(order))
    given_back_on = fate.refunded_on.toordinal() if fate.refunded_on else _asked_back(order)
    if fate.refunded_on:
        cuts.append((fate.refunded_on.toordinal(), fate.given_back))
    if fate.given_back < order.paid:
        past.money[settled].append((CAPTURE, order.paid, order.id))
        if fate.given_back:
            past.money[settled].append((REFUND, fate.given_back, order.id))
    if fate.charged_back_on:
        day, left = fate.charged_back_on.toordinal(), order.paid - fate.given_back
        past.money[day].append((CHARGEBACK, left, order.id))
        cuts.append((day, order.paid - sum((cut for _day, cut in cuts), ZERO)))
    _record(past, order, tuple(cuts))
    comes = settled if fate.given_back < order.paid else None
    _arrive(past, order, fate.given_back, given_back_on, comes, course.first)


def _asked_back(order: OrderRow) -> int | None:
    """From which day on an order rests on nothing before its return window ends: a refund was asked for."""
    return 0 if order.state in {"partially_refunded", "refused"} else None


def _cuts(order: OrderRow) -> tuple[tuple[int, Decimal], ...]:
    if order.ended_on is None:
        return ()
    cut = order.paid if order.state == "cancelled" else order.refunded
    return ((order.ended_on, cut),) if cut or order.state in {"cancelled", "charged_back"} else ()


def _record(past: SellerPast, order: OrderRow, cuts: tuple[tuple[int, Decimal], ...]) -> None:
    """What the scorecard reads; a flagged order counts for nothing."""
    if order.flagged:
        return
    ended_on = min((day for day, _amount in cuts), default=None)
    left_first = order.left_first
    if ended_on is not None and ended_on != order.ended_on:
        left_first = order.shipped_on is not None and order.shipped_on <= ended_on
    past.orders.append(
        OrderCourse(
            order.placed_on, order.paid_on, order.paid, order.arrived_on, order.is_late, ended_on, left_first, cuts
        )
    )


def _arrive(
    past: SellerPast, order: OrderRow, given_back: Decimal, given_back_on: int | None, settled_on: int | None,
    opens_on: int = 0,
) -> None:  # fmt: skip
    if order.arrived_on is None or order.window_ends is None or order.flagged:
        return
    completed_on = 0 if order.state == "completed" else max(order.window_ends, opens_on)
    past.arrivals[order.arrived_on].append(
        Arrival(
            order.id, order.external_id, order.paid - order.refunded, given_back, given_back_on, order.arrived_on,
            completed_on, settled_on,
        )
    )  # fmt: skip
