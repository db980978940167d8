"""Which orders a receivable financing rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.financing.headroom import eligible_value
from apps.financing.models import Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services.offers import free_orders
from apps.products.terms import RECEIVABLE, Terms


@dataclass(frozen=True, slots=True)
class AssignedOrder:
    """An order chosen to be assigned, what it counts for, and when its money is expected."""

    order_id: int
    external_id: str
    value: Decimal
    expected_on: date


class FreeOrder(NamedTuple):
    """An order that may be assigned: amounts in its currency, `arrived_on` local to the platform."""

    order_id: int
    external_id: str
    paid: Decimal
    refunded: Decimal
    state: str
    currency: str
    arrived_on: date


def assign_orders(amount: Decimal, offer: Offer, business_date: date, zone: ZoneInfo) -> list[AssignedOrder]:
    """The orders that carry `amount` (in the offer's currency), the latest delivered first, so that they are repaid in
    one go.

    Empty for techniques that rest on no orders. Raises OfferRefused when the advance rate times the eligible value
    of all free orders is below the amount.
    """
    terms = offer.version.terms
    if terms.technique != RECEIVABLE:
        return []
    orders = free_orders(business_date - timedelta(days=1), zone).filter(seller_id=offer.seller_id)
    free = (
        FreeOrder(
            one.pk, one.external_id, one.paid, one.refunded, one.state, one.currency,
            one.delivered_at.astimezone(zone).date(),
        )
        for one in orders.order_by("-delivered_at", "pk")
        if one.delivered_at is not None
    )  # fmt: skip
    return choose_orders(amount, terms, Decimal(offer.assessment.features["returned"]), free, business_date)


def choose_orders(
    amount: Decimal, terms: Terms, returned: Decimal, free: Iterable[FreeOrder], business_date: date
) -> list[AssignedOrder]:
    """Of the `free` orders, latest delivered first, as many as carry `amount`; `returned` is the share of the seller's
    orders that come back. Pure. Raises OfferRefused when all of them do not carry it."""
    needed = amount / terms.advance_rate
    chosen: list[AssignedOrder] = []
    carried = ZERO
    for order in free:
        if carried >= needed:
            break
        value = eligible_value(order.paid, order.refunded, order.state, returned, order.currency)
        expected = order.arrived_on + timedelta(days=terms.settlement_days)
        if value > 0 and expected > business_date:
            chosen.append(AssignedOrder(order.order_id, order.external_id, value, expected))
            carried += value
    if carried < needed:
        raise OfferRefused(
            _("The orders that can be financed today do not carry this amount. Please choose a smaller amount.")
        )
    return chosen
