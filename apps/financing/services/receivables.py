"""Which orders a receivable financing rests on."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.financing.headroom import eligible_value
from apps.financing.models import Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services.offers import free_orders
from apps.products.terms import RECEIVABLE


@dataclass(frozen=True, slots=True)
class AssignedOrder:
    """An order chosen to be assigned, what it counts for, and when its money is expected."""

    order_id: int
    external_id: str
    value: Decimal
    expected_on: date


def assign_orders(amount: Decimal, offer: Offer, business_date: date, zone: ZoneInfo) -> list[AssignedOrder]:
    """The orders that carry `amount` (in the offer's currency), the latest delivered first, so that they are repaid in
    one go.

    Empty for techniques that rest on no orders. Raises OfferRefused when the advance rate times the eligible value
    of all free orders is below the amount.
    """
    terms = offer.version.terms
    if terms.technique != RECEIVABLE:
        return []
    needed = amount / terms.advance_rate
    returned = Decimal(offer.assessment.features["returned"])
    chosen: list[AssignedOrder] = []
    carried = ZERO
    orders = free_orders(business_date - timedelta(days=1), zone).filter(seller_id=offer.seller_id)
    for order in orders.order_by("-delivered_at", "pk"):
        if carried >= needed or order.delivered_at is None:
            break
        value = eligible_value(order.paid, order.refunded, order.state, returned, order.currency)
        expected = order.delivered_at.astimezone(zone).date() + timedelta(days=terms.settlement_days)
        if value > 0 and expected > business_date:
            chosen.append(AssignedOrder(order.pk, order.external_id, value, expected))
            carried += value
    if carried < needed:
        raise OfferRefused(
            _("The orders that can be financed today do not carry this amount. Please choose a smaller amount.")
        )
    return chosen
