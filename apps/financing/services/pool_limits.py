"""What pools have out with a product, grade, category, region or seller, and what their limits leave."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from django.db.models import Case, F, Sum, When
from django.utils.translation import gettext as _

from apps.core.money import ZERO, amount_text
from apps.financing.models import Financing, Offer, Participation
from apps.products.limits import CATEGORY, GRADE, PRODUCT, REGION, SELLER, Overstep, Traits, oversteps
from apps.products.models import FundingPool, PoolLimit
from apps.products.models.pools import KIND_NAMES

COLUMNS = {
    PRODUCT: "version__product__code",
    GRADE: "offer__assessment__grade",
    CATEGORY: "seller__category",
    REGION: "seller__region",
    SELLER: "seller__external_id",
}


def traits_of(offer: Offer) -> Traits:
    """What limits may be about, of the financing that `offer` becomes."""
    return {
        PRODUCT: offer.product_code,
        GRADE: offer.assessment.grade,
        CATEGORY: offer.seller.category,
        REGION: offer.seller.region,
        SELLER: offer.seller.external_id,
    }


def out_with(pool_ids: Collection[int], kind: str, value: str = "") -> dict[tuple[int, str], Decimal]:
    """By pool and name of `kind` (or `value` alone), what is lent and promised, each in its pool's currency."""
    column = COLUMNS[kind]
    alone = Financing.objects.outstanding().filter(pool__in=pool_ids, is_shared=False)
    parts = Participation.objects.filter(pool__in=pool_ids, financing__state__in=["pending", "active"])
    found: defaultdict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for rows, name, state in ((alone, column, "state"), (parts, f"financing__{column}", "financing__state")):
        rows = rows.filter(**{name: value}) if value else rows
        out = Sum(Case(When(**{state: "pending"}, then=F("amount")), default=F("principal")))
        for pool_id, own, total in rows.values_list("pool_id", name).annotate(out=out):
            found[pool_id, own] += total
    return dict(found)


def over_limits(pool: FundingPool, traits: Traits, amount: Decimal) -> list[Overstep]:
    """The limits of `pool` that lending `amount` more, with `traits`, would go beyond. For a sure answer the caller
    holds the pool."""
    limits = [one.limit for one in PoolLimit.objects.in_force().filter(pool=pool)]
    concerned = [one for one in limits if one.concerns(traits)]
    out = {
        (kind, traits[kind]): out_with([pool.pk], kind, traits[kind]).get((pool.pk, traits[kind]), ZERO)
        for kind in {one.kind for one in concerned}
    }
    return oversteps(concerned, traits, out, amount)


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
