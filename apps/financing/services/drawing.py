"""What a seller can draw today: each open offer, cut down to the room that is left."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from apps.core.money import ZERO
from apps.financing.headroom import largest_amount, only_fund_lacks, repaid_by_sales
from apps.financing.models import Offer
from apps.financing.services.offers import exposure_of_seller
from apps.financing.services.pool_limits import rooms_of, traits_with
from apps.financing.services.promises import funding_of, most_fundable
from apps.products.eligibility import unmet
from apps.products.models import FundingPool, ProductVersion
from apps.risk.models import Assessment
from apps.sellers.models import Seller


@dataclass(frozen=True, slots=True)
class Drawable:
    """An open offer and the most that can be drawn from it today, in its currency."""

    offer: Offer
    most: Decimal


@dataclass(frozen=True, slots=True)
class Room:
    """What a seller uses of the limit now, and what can be drawn today, the largest first; whether an offer that the
    limit has room for cannot be drawn, or was not made, because the funds behind it are full."""

    in_use: Decimal
    drawable: tuple[Drawable, ...]
    is_fund_full: bool = False

    @property
    def most(self) -> Decimal:
        """The most that can be drawn in one go: accepting one offer passes the others over."""
        return max((one.most for one in self.drawable), default=ZERO)


def most_drawable(offer: Offer, exposure: Decimal, fundable: Decimal | None = None) -> Decimal:
    """The most that may be drawn from `offer` when `exposure` is out or approved: what was offered, and no more than
    the seller's limit and the funds behind it have left (`fundable`, where the caller has read it). Below zero when the
    limit is exceeded already."""
    left = most_fundable([offer])[offer.pk] if fundable is None else fundable
    return min(offer.maximum_amount, offer.assessment.limit - exposure, left)


def room_of(*, seller: Seller, on: date) -> Room:
    """What `seller` can draw on `on`: nothing unless verified, and no offer whose least amount has no room any more."""
    in_use = exposure_of_seller(seller.pk)
    if seller.state != "verified":
        return Room(in_use, ())
    offers = list(
        Offer.objects.acceptable(on)
        .filter(seller=seller)
        .select_related("version__product__pool", "assessment", "seller")
        .prefetch_related("version__product__funders")
    )
    fundable = most_fundable(offers) if offers else {}
    drawable = [Drawable(offer, most_drawable(offer, in_use, fundable[offer.pk])) for offer in offers]
    largest_first = sorted(
        (one for one in drawable if one.most >= one.offer.minimum_amount), key=lambda one: (-one.most, one.offer.pk)
    )
    is_full = not largest_first and (
        any(_lacks_only_funds(offer, in_use, fundable[offer.pk]) for offer in offers) or _is_held(seller, on, in_use)
    )
    return Room(in_use, tuple(largest_first), is_full)


def _lacks_only_funds(offer: Offer, in_use: Decimal, fundable: Decimal) -> bool:
    """Whether `offer` could be drawn if its funds had more."""
    return fundable < offer.minimum_amount <= min(offer.maximum_amount, offer.assessment.limit - in_use)


def _is_held(seller: Seller, on: date, in_use: Decimal) -> bool:
    """Whether the night made `seller` no offer only because the fund is full; told of products whose amount sales
    decide. What orders and goods carry is not looked at here."""
    assessment = Assessment.objects.latest_of(seller, on)
    if assessment is None or not assessment.grade or seller.worst_days_past_due:
        return False
    versions = list(ProductVersion.objects.active().prefetch_related("product__funders"))
    fundings = {version.pk: funding_of(version.product) for version in versions}
    pools = FundingPool.objects.in_bulk({key for one in fundings.values() for key in one.pools})
    traits = {version.pk: traits_with(version.product.code, assessment.grade, seller) for version in versions}
    rooms = rooms_of(pools, list(traits.values()))
    daily_sales = Decimal(assessment.features["daily_sales"])
    for version in versions:
        if unmet(version.conditions, assessment.measured) or repaid_by_sales(version.terms, daily_sales) is None:
            continue
        largest = partial(
            largest_amount,
            terms=version.terms, limit=assessment.limit, exposure=in_use, daily_sales=daily_sales, eligible=ZERO,
        )  # fmt: skip
        left = fundings[version.pk].most(rooms, traits[version.pk], version.terms.currency)
        if only_fund_lacks(largest, version.terms, left):
            return True
    return False
