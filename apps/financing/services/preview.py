"""What a seller sees before accepting: the very figures that the contract will state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from apps.financing.instalments import Planned
from apps.financing.minimums import dated
from apps.financing.models import Offer
from apps.financing.pricing import Cost, Projection, minimum_periods
from apps.financing.services.receivables import AssignedOrder, assign_orders
from apps.financing.services.terms import due_date, minimums_of, quote


@dataclass(frozen=True, slots=True)
class Preview:
    """The cost of drawing an amount, how it would be repaid, and what it would rest on.

    schedule         the instalments, if the money came today; empty for what sales or orders repay
    minimum_periods  (first date, last date, amount), dates inclusive, if the money came today; empty without a minimum
    """

    offer: Offer
    cost: Cost
    fee: Decimal
    projections: Sequence[Projection]
    minimum_periods: Sequence[tuple[date, date, Decimal]]
    schedule: Sequence[Planned]
    orders: Sequence[AssignedOrder]
    due_on: date | None

    @property
    def interest(self) -> Decimal:
        """The part of the charge that is interest."""
        return self.cost.charge - self.fee


def preview(*, offer: Offer, amount: Decimal, on: date, zone: ZoneInfo) -> Preview:
    """Everything about drawing `amount` (in the offer's currency) on business date `on`; nothing is written.

    Raises OfferRefused when the seller's orders do not carry the amount today.
    """
    terms = offer.version.terms
    orders = assign_orders(amount, offer, on, zone)
    due_on = due_date(terms, on) or max((order.expected_on for order in orders), default=None)
    figures = quote(offer, amount, on, due_on)
    cost: Cost = figures["cost"]
    frozen = minimums_of(offer, cost.total, figures["projections"], on)
    return Preview(
        offer=offer,
        cost=cost,
        fee=figures["fee"],
        projections=figures["projections"],
        minimum_periods=dated(frozen, terms.period_days, on) if frozen else minimum_periods(cost.total, terms, on),
        schedule=figures["schedule"],
        orders=orders,
        due_on=max((row.due_on for row in figures["schedule"]), default=due_on),
    )
