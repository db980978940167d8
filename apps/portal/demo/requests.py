"""What a demo platform leaves to people: who may approve how much, and a request that waits in the queue."""

from datetime import date, datetime
from decimal import Decimal

from apps.financing.models import ApprovalLimit, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services import ask_for_more, set_approval_limit
from apps.financing.services.requests import Said
from apps.products.services import set_policy
from apps.tenants.models import Platform
from apps.users.models import Role

LIMITS = {Role.FINANCIER: Decimal(80_000), Role.APPROVER: Decimal(20_000)}
TWO_ABOVE = Decimal(20_000)
WHY = "Credit committee of the financier"
NOTE = "A buyer has ordered for the festival. I need boxes and cold storage before they pay; their order is larger."


def say_who_may_approve(*, at: datetime, by: str) -> None:
    """A limit for each role that decides, and the sum above which it takes two."""
    set_policy(
        rate_cap=Decimal("0.36"), sweep_cap=Decimal("0.3"), second_above=TWO_ABOVE, because=WHY, at=at, by=by
    )  # fmt: skip
    for role, most in LIMITS.items():
        set_approval_limit(limit=ApprovalLimit(role=role, most=most, because=WHY), at=at, by=by)


def ask_in_the_queue(*, platform: Platform, on: date, at: datetime, by: str) -> bool:
    """The seller with the largest open offer of whom nobody has signed up asks for twice as much; whether one could."""
    offers = Offer.objects.acceptable(on).filter(seller__user=None, version__product__code="sales-advance")
    for offer in offers.order_by("-maximum_amount", "pk"):
        try:
            ask_for_more(
                version_id=offer.version_id,
                seller_id=offer.seller_id,
                amount=offer.maximum_amount * 2,
                said=Said(NOTE),
                business_date=on,
                zone=platform.zone,
                at=at,
                by=by,
            )
        except OfferRefused:
            continue
        return True
    return False
