"""Whose money a contract will be made of: promised when it is approved, kept until it is signed or given up.

Offers promise nothing. A plan in force (`allocation`) says which pools pay for the offers that it names, and how much
they give at most; every other offer is paid by the product's own pool. Pools with a fixed share stand beside either.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from apps.core.money import ZERO, amount_text
from apps.financing.models import Allocation, AllocationPlan, Application, Offer, Promise
from apps.financing.refusals import OfferRefused
from apps.financing.services.participations import free_reserves
from apps.financing.services.pool_limits import Rooms, in_words, rooms_of, traits_of
from apps.financing.sharing import FixedShare, Part, Weights, fixed_of, most_within, rest_of
from apps.products.limits import Traits
from apps.products.models import FinancingProduct, Funder, FundingPool


@dataclass(frozen=True, slots=True)
class Funding:
    """How a financing of a product would be paid: the fixed shares, the ways to spread the rest (the one to be tried
    first in front), and how much of that rest a plan gives at most; None where no plan speaks of it."""

    fixed: tuple[FixedShare, ...]
    ways: tuple[Weights, ...]
    planned: Decimal | None = None

    @property
    def pools(self) -> set[int]:
        return {one.pool for one in self.fixed} | {pool for way in self.ways for pool, _weight in way}

    def fixed_parts(self, amount: Decimal, currency: str) -> list[Part]:
        return fixed_of(amount, self.fixed, currency)

    def parts(self, way: Weights, amount: Decimal, currency: str) -> list[Part]:
        """`amount` by pool, the rest spread as `way` says."""
        fixed = self.fixed_parts(amount, currency)
        return [*rest_of(amount - sum((one.amount for one in fixed), ZERO), way, currency), *fixed]

    def most(self, rooms: Rooms, traits: Traits, currency: str) -> Decimal:
        """The most that could be paid, within what `rooms` leave and the plan gives."""
        left = {pool: rooms.left(pool, traits) for pool in self.pools}
        return max(most_within(left, self.fixed, way, self.planned, currency) for way in self.ways)


def funding_of(product: FinancingProduct) -> Funding:
    """How financings of `product` are paid without a plan."""
    funders = [one for one in product.funders.all() if one.is_in_force and one.part != Funder.Part.OPEN]
    fixed = tuple(
        FixedShare(one.pool_id, one.share, one.part == Funder.Part.FIRST_LOSS)
        for one in sorted(funders, key=lambda one: one.pk)
    )
    return Funding(fixed, (((product.pool_id, Decimal(1)),),))


def fundings_of(offers: Collection[Offer]) -> dict[int, Funding]:
    """How each of `offers` (of one currency, with their products selected) would be paid now, by its key."""
    found = {offer.pk: funding_of(offer.version.product) for offer in offers}
    currencies = {offer.currency for offer in offers}
    for plan in AllocationPlan.objects.filter(state="applied", currency__in=currencies).defer("told"):
        given: defaultdict[int, list[tuple[int, Decimal]]] = defaultdict(list)
        for row in Allocation.objects.filter(plan=plan, offer__in=found).order_by("pk"):
            given[row.offer_id].append((row.pool_id, row.amount))
        for key in found:
            if key in given or plan.names(key):
                found[key] = _as_planned(found[key], given[key])
    return found


def _as_planned(own: Funding, given: Sequence[tuple[int, Decimal]]) -> Funding:
    planned = sum((amount for _pool, amount in given), ZERO)
    fixed = {one.pool for one in own.fixed}
    is_way = bool(given) and not fixed & {pool for pool, _amount in given}
    return Funding(own.fixed, (tuple(given), *own.ways) if is_way else own.ways, planned)


def most_fundable(offers: Collection[Offer]) -> dict[int, Decimal]:
    """The most of each of `offers` (of one currency, with seller, assessment and pool selected) that would be paid
    as things stand, by its key; rounded down to the minor unit. A promise asks again, with the pools locked."""
    fundings = fundings_of(offers)
    read = {offer.version.product.pool_id: offer.version.product.pool for offer in offers}
    others = {pool for one in fundings.values() for pool in one.pools} - set(read)
    rooms = rooms_of(read | FundingPool.objects.in_bulk(others), [traits_of(offer) for offer in offers])
    return {offer.pk: fundings[offer.pk].most(rooms, traits_of(offer), offer.currency) for offer in offers}


def promise(application: Application, offer: Offer, amount: Decimal) -> None:
    """Promise `amount` of the pools that pay for `offer` to `application`, which is approved in the same transaction.
    The pools stay locked, so of two that come at once for the last room one is refused.

    Raises OfferRefused, in words for the seller, when no pool has the room or a limit stands against it.
    """
    funding = fundings_of([offer])[offer.pk]
    parts, refusal = _way_to_pay(offer, amount, funding, _hold(funding.pools))
    if refusal:
        raise OfferRefused(refusal)
    _keep(application, parts)


def _hold(keys: Iterable[int]) -> Mapping[int, FundingPool]:
    """The pools, locked in the order of their keys."""
    return {pool.pk: pool for pool in FundingPool.objects.select_for_update().filter(pk__in=keys).order_by("pk")}


def _keep(application: Application, parts: Sequence[Part]) -> None:
    Promise.objects.bulk_create(
        Promise(application=application, pool_id=one.pool, amount=one.amount, is_first_loss=one.is_first_loss)
        for one in parts
    )
    for part in parts:
        FundingPool.objects.filter(pk=part.pool).update(reserved=F("reserved") + part.amount)


def refusal_to_fund(offer: Offer, amount: Decimal) -> str:
    """Why `amount` of `offer` would not be paid as things stand, in words for the seller; empty when it would be."""
    funding = fundings_of([offer])[offer.pk]
    return _way_to_pay(offer, amount, funding, FundingPool.objects.in_bulk(funding.pools))[1]


def _way_to_pay(
    offer: Offer, amount: Decimal, funding: Funding, pools: Mapping[int, FundingPool]
) -> tuple[list[Part], str]:
    """The parts of the first way in which `amount` can be paid; where there is none, why, in words for the seller."""
    traits, currency = traits_of(offer), offer.currency
    refusal = _beyond_plan(funding, amount, currency)
    if refusal:
        return [], refusal
    rooms = rooms_of(pools, [traits])
    for way in funding.ways:
        parts = funding.parts(way, amount, currency)
        refusal = _refusal(parts, rooms, traits, currency)
        if not refusal:
            return parts, ""
    return [], refusal


def _full() -> str:
    """That a fund has nothing left, in words for the seller."""
    return _("The fund for this is full now. Nothing was changed. You will be told when there is money in it again.")


def _beyond_plan(funding: Funding, amount: Decimal, currency: str) -> str:
    """Why the plan in force does not give as much; empty where it does or does not speak of it."""
    if funding.planned is None:
        return ""
    rest = amount - sum((one.amount for one in funding.fixed_parts(amount, currency)), ZERO)
    if rest <= funding.planned:
        return ""
    if not funding.planned:
        return _full()
    return _("The funds behind this offer give at most %(most)s of it now. Choose a smaller amount.") % {
        "most": amount_text(most_within({}, funding.fixed, (), funding.planned, currency), currency)
    }


def _refusal(parts: Sequence[Part], rooms: Rooms, traits: Traits, currency: str) -> str:
    """Why it cannot be paid so; empty when it can."""
    for part in parts:
        if rooms.pools[part.pool].headroom < part.amount:
            return _full()
        if over := rooms.over(part.pool, traits, part.amount):
            return in_words(over[0], currency)
    return ""


def promised_to(application: Application) -> list[Part]:
    """What each pool has promised to `application`, in the order in which it was agreed."""
    return [Part(one.pool_id, one.amount, one.is_first_loss) for one in application.promises.order_by("pk")]


def give_back(applications: Iterable[Application]) -> None:
    """What pools promised to `applications`, which are given up in the same transaction, may be promised to others.
    Whoever writes evidence too does that afterwards."""
    held = Promise.objects.standing().filter(application__in=list(applications))
    free_reserves(held.values_list("pool_id").annotate(total=Sum("amount")))
