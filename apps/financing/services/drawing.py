"""What a seller can draw today: each open offer, cut down to the room that is left."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO
from apps.financing.models import Offer
from apps.financing.services.offers import exposure_of
from apps.sellers.models import Seller


@dataclass(frozen=True, slots=True)
class Drawable:
    """An open offer and the most that can be drawn from it today, in its currency."""

    offer: Offer
    most: Decimal


@dataclass(frozen=True, slots=True)
class Room:
    """What a seller uses of the limit now, and what can be drawn today, the largest first."""

    in_use: Decimal
    drawable: tuple[Drawable, ...]

    @property
    def most(self) -> Decimal:
        """The most that can be drawn in one go: accepting one offer passes the others over."""
        return max((one.most for one in self.drawable), default=ZERO)


def most_drawable(offer: Offer, exposure: Decimal) -> Decimal:
    """The most that may be drawn from `offer` when `exposure` is out or approved: what was offered, and no more than
    the seller's limit and the pool have left. Below zero when the limit is exceeded already."""
    return min(offer.maximum_amount, offer.assessment.limit - exposure, offer.version.product.pool.headroom)


def room_of(*, seller: Seller, on: date) -> Room:
    """What `seller` can draw on `on`: nothing unless verified, and no offer whose least amount has no room any more."""
    in_use = exposure_of(seller.pk, seller.pk).get(seller.pk, ZERO)
    if seller.state != "verified":
        return Room(in_use, ())
    offers = Offer.objects.acceptable(on).filter(seller=seller).select_related("version__product__pool", "assessment")
    drawable = [Drawable(offer, most_drawable(offer, in_use)) for offer in offers]
    return Room(
        in_use,
        tuple(
            sorted(
                (one for one in drawable if one.most >= one.offer.minimum_amount),
                key=lambda one: (-one.most, one.offer.pk),
            )
        ),
    )
