"""What pools have out with a product, grade, category, region or seller, and what their limits leave."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, Sum, When
from django.utils.translation import gettext as _

from apps.core.money import ZERO, amount_text
from apps.financing.models import Financing, Offer, Participation, Promise
from apps.products.limits import CATEGORY, GRADE, PRODUCT, REGION, SELLER, Limit, Overstep, Traits, oversteps
from apps.products.models import FundingPool, PoolLimit
from apps.products.models.pools import KIND_NAMES
from apps.sellers.models import Seller

COLUMNS = {
    PRODUCT: "version__product__code",
    GRADE: "offer__assessment__grade",
    CATEGORY: "seller__category",
    REGION: "seller__region",
    SELLER: "seller__external_id",
}


def traits_with(product_code: str, grade: str, seller: Seller) -> Traits:
    """What limits may be about, of a financing of `seller` under the product."""
    return {
        PRODUCT: product_code,
        GRADE: grade,
        CATEGORY: seller.category,
        REGION: seller.region,
        SELLER: seller.external_id,
    }


def traits_of(offer: Offer) -> Traits:
    """What limits may be about, of the financing that `offer` becomes."""
    return traits_with(offer.product_code, offer.assessment.grade, offer.seller)


def out_with(pool_ids: Collection[int], kind: str, names: Collection[str] = ()) -> dict[tuple[int, str], Decimal]:
    """By pool and name of `kind` (all of them, or `names` alone), what is lent and promised, each in its pool's
    currency: to financings, and to contracts that wait for a signature."""
    column = COLUMNS[kind]
    alone = Financing.objects.outstanding().filter(pool__in=pool_ids, is_shared=False)
    parts = Participation.objects.filter(pool__in=pool_ids, financing__state__in=["pending", "active"])
    promised = Promise.objects.standing().filter(pool__in=pool_ids)
    found: defaultdict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for rows, name, out in (
        (alone, column, Sum(Case(When(state="pending", then=F("amount")), default=F("principal")))),
        (
            parts,
            f"financing__{column}",
            Sum(Case(When(financing__state="pending", then=F("amount")), default=F("principal"))),
        ),
        (promised, f"application__{column}", Sum("amount")),
    ):
        rows = rows.filter(**{f"{name}__in": names}) if names else rows
        for pool_id, own, total in rows.values_list("pool_id", name).annotate(out=out):
            found[pool_id, own] += total
    return dict(found)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What some pools may yet lend, in all and under their limits, as read at once. For a sure answer the caller holds
    the pools."""

    pools: Mapping[int, FundingPool]
    limits: Mapping[int, Sequence[Limit]]
    out: Mapping[str, Mapping[tuple[int, str], Decimal]]

    def left(self, pool_id: int, traits: Traits) -> Decimal:
        """The most that the pool may lend a financing with `traits`, in its currency; never below zero."""
        headroom = self.pools[pool_id].headroom
        rooms = [
            limit.most - self.out[limit.kind].get((pool_id, traits[limit.kind]), ZERO)
            for limit in self.limits[pool_id]
            if limit.concerns(traits)
        ]
        return max(min([headroom, *rooms]), ZERO)

    def over(self, pool_id: int, traits: Traits, amount: Decimal) -> list[Overstep]:
        """The limits of the pool that lending `amount` more, with `traits`, would go beyond."""
        out = {(kind, traits[kind]): by.get((pool_id, traits[kind]), ZERO) for kind, by in self.out.items()}
        return oversteps(self.limits[pool_id], traits, out, amount)


def rooms_of(pools: Mapping[int, FundingPool], named: Collection[Traits] = ()) -> Rooms:
    """What `pools`, by their keys, may yet lend: to anybody, or only to financings with the traits `named`. One query
    for the limits, and three for each kind that is limited."""
    limits: dict[int, list[Limit]] = {key: [] for key in pools}
    for one in PoolLimit.objects.in_force().filter(pool__in=pools):
        limits[one.pool_id].append(one.limit)
    kinds = sorted({limit.kind for own in limits.values() for limit in own})
    out = {kind: out_with(list(pools), kind, {traits[kind] for traits in named}) for kind in kinds}
    return Rooms(pools, limits, out)


def in_words(found: Overstep, currency: str) -> str:
    """Which limit it is and by how much it would be exceeded, for whoever asks for the money."""
    return _(
        "The fund behind this offer lends at most %(most)s for the %(kind)s %(value)s. %(out)s of it is in use, so "
        "this would be %(by)s too much. Nothing was changed."
    ) % {
        "most": amount_text(found.limit.most, currency),
        "kind": KIND_NAMES[found.limit.kind],
        "value": found.value,
        "out": amount_text(found.out, currency),
        "by": amount_text(found.by, currency),
    }
