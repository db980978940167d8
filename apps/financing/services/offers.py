"""Offers of a night: new ones, replaced ones, expired ones. Never an edit."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, F, OuterRef, Sum, When

from apps.core import bulk
from apps.core.money import ZERO
from apps.core.states import log_birth, move_all
from apps.financing.headroom import OfferVerb, eligible_value, end_of_offer, largest_amount, only_fund_lacks
from apps.financing.models import Application, FinancedOrder, Financing, Offer
from apps.financing.services.pool_limits import rooms_of, traits_with
from apps.financing.services.promises import funding_of
from apps.orders.models import Order, OrderQuerySet
from apps.products.eligibility import unmet
from apps.products.limits import Traits
from apps.products.models import FundingPool, ProductVersion
from apps.products.terms import RECEIPT, RECEIVABLE
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.warehousing.worth import lendable_on_free_goods


@dataclass(frozen=True, slots=True)
class OfferCounts:
    """What a refresh did; `held` are offers that were not made, or were cancelled, because their fund is full."""

    issued: int
    replaced: int
    expired: int
    cancelled: int
    held: int


def refresh_offers(
    *,
    first_seller: int,
    last_seller: int,
    business_date: date,
    zone: ZoneInfo,
    assessments: Mapping[int, Assessment],
    at: datetime,
    by: str,
) -> OfferCounts:
    """Bring the open offers of a range of sellers in line with their assessments at the end of `business_date`.

    An offer past its last date expires; one whose amount moved materially is replaced, one that may no longer stand is
    cancelled; a seller without one who can carry one gets one from the next date on. None is larger than what its funds
    have left, in all and under their limits. Asked twice, it changes nothing.
    """
    versions = list(ProductVersion.objects.active().prefetch_related("product__funders"))
    open_offers = list(Offer.objects.open().filter(seller_id__gte=first_seller, seller_id__lte=last_seller))
    amounts, held = _amounts(first_seller, last_seller, business_date, zone, versions, assessments)
    ended: defaultdict[OfferVerb | None, list[Offer]] = defaultdict(list)
    for offer in open_offers:
        amount = amounts.get((offer.seller_id, offer.product_code), ZERO)
        ended[end_of_offer(offer.maximum_amount, offer.expires_on, amount, business_date)].append(offer)
    expired, cancelled, replaced = ended["expire"], ended["cancel"], ended["replace"]
    move_all(expired, "expire", at=at, by=by, reason="ran out")
    by_fund = [offer for offer in cancelled if (offer.seller_id, offer.product_code) in held]
    move_all(by_fund, "cancel", at=at, by=by, reason="the fund is full")
    of_seller = [offer for offer in cancelled if (offer.seller_id, offer.product_code) not in held]
    move_all(of_seller, "cancel", at=at, by=by, reason="no longer within limits")
    move_all(replaced, "replace", at=at, by=by, reason="newer figures")
    kept = {(offer.seller_id, offer.product_code) for offer in ended[None]}
    version_by_code = {version.product.code: version for version in versions}
    fresh = [
        _new_offer(version_by_code[code], assessments[seller_id], amount, business_date)
        for (seller_id, code), amount in amounts.items()
        if amount and (seller_id, code) not in kept
    ]
    _issue(fresh, replaced, at=at, by=by)
    return OfferCounts(len(fresh) - len(replaced), len(replaced), len(expired), len(cancelled), len(held))


def _issue(fresh: list[Offer], replaced: list[Offer], *, at: datetime, by: str) -> None:
    for offer in fresh:
        offer.deliver()
    bulk.copy_instances(fresh)
    log_birth(fresh, at=at, by=by)
    successors = {(offer.seller_id, offer.product_code): offer.pk for offer in fresh}
    bulk.update_rows(
        Offer,
        ["replaced_by_id"],
        [(offer.pk, successors[(offer.seller_id, offer.product_code)]) for offer in replaced],
    )


def _new_offer(version: ProductVersion, assessment: Assessment, amount: Decimal, business_date: date) -> Offer:
    return Offer(
        seller_id=assessment.seller_id,
        version=version,
        product_code=version.product.code,
        assessment=assessment,
        currency=assessment.currency,
        minimum_amount=version.minimum_amount,
        maximum_amount=amount,
        expected_daily_sales=Decimal(assessment.features["daily_sales"]),
        made_on=business_date,
        expires_on=business_date + timedelta(days=version.offer_valid_days),
    )


def _amounts(
    first_seller: int,
    last_seller: int,
    business_date: date,
    zone: ZoneInfo,
    versions: list[ProductVersion],
    assessments: Mapping[int, Assessment],
) -> tuple[dict[tuple[int, str], Decimal], set[tuple[int, str]]]:
    """The largest amount of each product for each seller who may be offered one and meets its conditions; and which of
    them get nothing only because the fund is full."""
    creditworthy = {seller_id: one for seller_id, one in assessments.items() if one.grade}
    if not creditworthy or not versions:
        return {}, set()
    exposures = exposure_of(first_seller, last_seller)
    in_arrears = set(
        Seller.objects.filter(pk__range=(first_seller, last_seller), worst_days_past_due__gt=0).values_list(
            "pk", flat=True
        )
    )
    eligible = {
        version.product.code: _eligible_values(
            first_seller, last_seller, business_date, zone, version.terms.settlement_days, creditworthy
        )
        for version in versions
        if version.terms.technique == RECEIVABLE
    }
    for version in versions:
        if version.terms.technique == RECEIPT and version.terms.lending is not None:
            eligible[version.product.code] = lendable_on_free_goods(
                first_seller, last_seller, terms=version.terms.lending, on=business_date
            )
    funds = _Funds(versions, first_seller, last_seller)
    amounts: dict[tuple[int, str], Decimal] = {}
    held: set[tuple[int, str]] = set()
    for seller_id, one in creditworthy.items():
        for version in versions if seller_id not in in_arrears else ():
            if unmet(version.conditions, one.measured):
                continue
            key = (seller_id, version.product.code)
            largest = partial(
                largest_amount,
                terms=version.terms,
                limit=one.limit,
                exposure=exposures.get(seller_id, ZERO),
                daily_sales=Decimal(one.features["daily_sales"]),
                eligible=eligible.get(version.product.code, {}).get(seller_id, ZERO),
            )
            left = funds.left(version, one)
            amounts[key] = largest(pool_headroom=left)
            if only_fund_lacks(largest, version.terms, left):
                held.add(key)
    return amounts, held


class _Funds:
    """What the funds of each product leave each seller of a range tonight, as read at once."""

    def __init__(self, versions: list[ProductVersion], first_seller: int, last_seller: int) -> None:
        self.fundings = {version.product.code: funding_of(version.product) for version in versions}
        self.rooms = rooms_of(FundingPool.objects.in_bulk({key for one in self.fundings.values() for key in one.pools}))
        in_range = Seller.objects.filter(pk__range=(first_seller, last_seller))
        self.sellers = in_range.in_bulk() if self.rooms.out else {}
        self.known: dict[tuple[str, ...], Decimal] = {}

    def left(self, version: ProductVersion, one: Assessment) -> Decimal:
        """The most that may be lent, in the pool's currency; reckoned once for all whom no limit tells apart."""
        seller = self.sellers.get(one.seller_id)
        traits: Traits = traits_with(version.product.code, one.grade, seller) if seller else {}
        names = (version.product.code, *(traits[kind] for kind in self.rooms.out))
        if names not in self.known:
            funding, currency = self.fundings[version.product.code], version.product.pool.currency
            self.known[names] = funding.most(self.rooms, traits, currency)
        return self.known[names]


def exposure_of(first_seller: int, last_seller: int) -> dict[int, Decimal]:
    """Principal that each seller of the range has out, on its way, or approved and not yet signed."""
    in_range = {"seller_id__gte": first_seller, "seller_id__lte": last_seller}
    drawn = Financing.objects.outstanding().filter(**in_range).values_list("seller_id")
    approved = Application.objects.filter(state="approved", **in_range).values_list("seller_id")
    exposures: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    lent = drawn.annotate(total=Sum(Case(When(state="pending", then=F("amount")), default=F("principal"))))
    for seller_id, total in lent.union(approved.annotate(total=Sum("approved_amount")), all=True):
        exposures[seller_id] += total
    return exposures


def exposure_of_seller(seller_id: int) -> Decimal:
    """`exposure_of` one seller."""
    return exposure_of(seller_id, seller_id).get(seller_id, ZERO)


def free_orders(business_date: date, zone: ZoneInfo) -> OrderQuerySet:
    """Delivered, unsettled orders at the end of `business_date` that no live financing rests on."""
    end_of_day = datetime.combine(business_date + timedelta(days=1), time.min, tzinfo=zone)
    financed = FinancedOrder.objects.filter(order=OuterRef("pk"), released_on=None)
    return Order.objects.delivered_unsettled(end_of_day).filter(~Exists(financed), flagged=False)


def _eligible_values(
    first_seller: int,
    last_seller: int,
    business_date: date,
    zone: ZoneInfo,
    settlement_days: int,
    creditworthy: Mapping[int, Assessment],
) -> dict[int, Decimal]:
    """Eligible value of each seller's free orders whose money is still to come after the next business date."""
    oldest = datetime.combine(business_date + timedelta(days=2 - settlement_days), time.min, tzinfo=zone)
    rows = (
        free_orders(business_date, zone)
        .filter(seller_id__gte=first_seller, seller_id__lte=last_seller, delivered_at__gte=oldest)
        .values_list("seller_id", "state", "currency")
        .annotate(Sum("paid"), Sum("refunded"))
    )
    values: defaultdict[int, Decimal] = defaultdict(lambda: ZERO)
    for seller_id, state, currency, paid, refunded in rows:
        if seller_id in creditworthy:
            returned = Decimal(creditworthy[seller_id].features["returned"])
            values[seller_id] += eligible_value(paid, refunded, state, returned, currency)
    return values
