"""Plans of who funds what: gathered from the open demand, solved, kept with its reasons, applied by another person.

A plan moves no money. While it is in force, an offer that it names is paid by the pools that it says where that still
fits, and by no more than it gives (`promises`), which asks every pool and limit again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.money import ZERO, quantum
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.models import Allocation, AllocationPlan, Offer
from apps.financing.services.pool_limits import out_with, traits_of
from apps.financing.services.promises import funding_of
from apps.financing.sharing import Part
from apps.products.allocation import AVAILABLE, Ceiling, Demand, Hold, Line, Source, allocate
from apps.products.limits import EACH, Limit
from apps.products.models import Funder, FundingPool, PoolLimit

MOST_DEMANDS = 2_000  # the largest offers


class PlanRefused(ValueError):
    """The plan cannot be made or moved like this; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is not kept: a line for each demand with its offer, the pools, and how many offers were too many."""

    lines: tuple[tuple[Offer, Line], ...]
    pools: tuple[FundingPool, ...]
    currency: str
    left_out: int

    @property
    def asked(self) -> Decimal:
        return sum((self.money(line.demand.amount) for _offer, line in self.lines), ZERO)

    @property
    def placed(self) -> Decimal:
        return self.asked - sum((self.money(line.missing) for _offer, line in self.lines), ZERO)

    def money(self, units: int) -> Decimal:
        """So many minor units as an amount."""
        return units * quantum(self.currency)


def draft_plan(*, currency: str, on: date) -> Draft:
    """Who would fund the open demand of `on` in `currency`: of each seller the largest offer that stands. What is
    promised to contracts already is out. Nothing is kept."""
    offers, left_out = _demand(currency, on)
    pools = tuple(FundingPool.objects.filter(currency=currency).order_by("pk"))
    parts = {
        offer.pk: funding_of(offer.version.product).fixed_parts(offer.maximum_amount, currency) for offer in offers
    }
    unit = quantum(currency)
    open_to: defaultdict[int, list[int]] = defaultdict(list)
    for product_id, pool_id in Funder.objects.filter(
        is_in_force=True, part=Funder.Part.OPEN, pool__currency=currency
    ).values_list("product_id", "pool_id"):
        open_to[product_id].append(pool_id)
    demands = [
        Demand(
            key=offer.pk,
            amount=int((offer.maximum_amount - sum((one.amount for one in parts[offer.pk]), ZERO)) / unit),
            traits=traits_of(offer),
            pools=(offer.version.product.pool_id, *open_to[offer.version.product_id]),
        )
        for offer in offers
    ]
    sources = _sources(pools, demands, parts, unit)
    return Draft(tuple(zip(offers, allocate(demands, sources), strict=True)), pools, currency, left_out)


def _demand(currency: str, on: date) -> tuple[list[Offer], int]:
    """The offers that want funding, the largest first; and how many more there are."""
    found = (
        Offer.objects.acceptable(on)
        .filter(currency=currency)
        .select_related("assessment", "seller", "version__product__pool")
        .prefetch_related("version__product__funders")
    )
    largest: dict[int, Offer] = {}
    for offer in found.order_by("-maximum_amount", "pk"):
        largest.setdefault(offer.seller_id, offer)
    chosen = list(largest.values())
    return chosen[:MOST_DEMANDS], max(len(chosen) - MOST_DEMANDS, 0)


def _sources(
    pools: Iterable[FundingPool], demands: Sequence[Demand], parts: dict[int, list[Part]], unit: Decimal
) -> list[Source]:
    """The pools with what they may yet lend in all and under each limit, less what is fixed of these very demands."""
    limits: defaultdict[int, list[Limit]] = defaultdict(list)
    for one in PoolLimit.objects.in_force():
        limits[one.pool_id].append(one.limit)
    kinds = {limit.kind for own in limits.values() for limit in own}
    out = {kind: out_with(list(limits), kind) for kind in sorted(kinds)}
    names = {kind: sorted({one.traits[kind] for one in demands if one.traits.get(kind)}) for kind in kinds}
    fixed: defaultdict[tuple[int, str, str], Decimal] = defaultdict(lambda: ZERO)
    for demand in demands:
        for part in parts[demand.key]:
            for kind, value in ((AVAILABLE, EACH), *demand.traits.items()):
                fixed[part.pool, kind, value] += part.amount

    def ceiling(pool: FundingPool, kind: str, value: str, room: Decimal, most: Decimal) -> Ceiling:
        return Ceiling(kind, value, int((room - fixed[pool.pk, kind, value]) / unit), int(most / unit))

    return [
        Source(
            pool.pk,
            pool.cost_rate,
            (
                ceiling(pool, AVAILABLE, EACH, pool.headroom, pool.committed),
                *(
                    ceiling(
                        pool, limit.kind, value, limit.most - out[limit.kind].get((pool.pk, value), ZERO), limit.most
                    )
                    for limit in limits[pool.pk]
                    for value in ([limit.value] if limit.value else names[limit.kind])
                ),
            ),
        )
        for pool in pools
    ]


def save_plan(*, currency: str, on: date, at: datetime, by: str) -> AllocationPlan:
    """Work the plan out and keep it with all its reasons, for another person to apply.

    Raises PlanRefused when nobody wants money.
    """
    with transaction.atomic():
        draft = draft_plan(currency=currency, on=on)
        if not draft.lines:
            raise PlanRefused(_("No offer stands, so there is nothing to fund."))
        plan = AllocationPlan.objects.create(
            business_date=on, currency=currency, asked=draft.asked, placed=draft.placed, told=told(draft),
            made_by=by, made_at=at,
        )  # fmt: skip
        log_birth([plan], at=at, by=by)
        Allocation.objects.bulk_create(
            Allocation(plan=plan, offer=offer, pool_id=pool_id, amount=draft.money(units))
            for offer, line in draft.lines
            for pool_id, units in line.given
        )
        return plan


def told(draft: Draft) -> dict[str, Any]:
    """The plan as figures and names, amounts as text in the plan's currency."""
    names = {pool.pk: pool.name for pool in draft.pools}
    given: defaultdict[int, int] = defaultdict(int)
    for _offer, line in draft.lines:
        for pool_id, units in line.given:
            given[pool_id] += units
    return {
        "left_out": draft.left_out,
        "pools": [
            {"name": pool.name, "cost": str(pool.cost_rate), "available": str(pool.headroom),
             "given": str(draft.money(given[pool.pk]))}
            for pool in draft.pools
        ],
        "lines": [
            {
                "offer": offer.pk, "seller": offer.seller.name, "product": offer.product_code,
                "asked": str(draft.money(line.demand.amount)),
                "given": [[names[pool_id], str(draft.money(units))] for pool_id, units in line.given],
                "missing": str(draft.money(line.missing)),
                "held": [_hold(one, names, draft) for one in line.held],
                "passed_over": [_hold(one, names, draft) for one in line.passed_over],
            }
            for offer, line in draft.lines
        ],
    }  # fmt: skip


def _hold(one: Hold, names: dict[int, str], draft: Draft) -> dict[str, str]:
    return {
        "pool": names[one.pool], "kind": one.ceiling.kind, "value": one.ceiling.value,
        "most": str(draft.money(one.ceiling.most)), "by": str(draft.money(one.by)),
    }  # fmt: skip


def apply_plan(*, plan_id: int, on: date, at: datetime, by: str) -> AllocationPlan:
    """Put the plan in force as the second person; the one that was in force is replaced. In force already, nothing
    happens. Raises PlanRefused when `by` made it, when it was dropped or replaced, and when it is of another date: what
    it rests on has changed since."""
    with transaction.atomic():
        plan = _held(plan_id)
        if plan.state == "applied":
            return plan
        if plan.state != "proposed":
            raise PlanRefused(_("This plan is over. Make a new one."))
        if plan.made_by == by:
            raise PlanRefused(_("Whoever made the plan cannot put it in force. Ask a colleague."))
        if plan.business_date != on:
            raise PlanRefused(_("This plan is of another date: pools and offers have changed since. Make a new one."))
        former = AllocationPlan.objects.filter(currency=plan.currency, state="applied").first()
        if former is not None:
            former.move("replace", at=at, by=by, reason=f"replaced by plan {plan.pk}")
        plan.move("apply", at=at, by=by, applied_by=by)
        payload = {"asked": plan.asked, "placed": plan.placed, "currency": plan.currency, "made_by": plan.made_by}
        record(kind="allocation_applied", subject=f"plan:{plan.pk}", payload=payload, business_date=on, at=at, by=by)
        return plan


def drop_plan(*, plan_id: int, reason: str, at: datetime, by: str) -> AllocationPlan:
    """Drop a plan that waits. Raises PlanRefused without a reason, and when it does not wait any more."""
    if not reason.strip():
        raise PlanRefused(_("Say why, so that whoever made it knows."))
    with transaction.atomic():
        plan = _held(plan_id)
        if plan.state == "dropped":
            return plan
        if plan.state != "proposed":
            raise PlanRefused(_("This plan is over. Make a new one."))
        plan.move("drop", at=at, by=by, reason=reason.strip())
        return plan


def _held(plan_id: int) -> AllocationPlan:
    """The plan, with all of its currency locked first in one order: whoever moves plans comes one at a time."""
    currency = AllocationPlan.objects.values_list("currency", flat=True).get(pk=plan_id)
    waiting = AllocationPlan.objects.select_for_update().filter(currency=currency).order_by("pk")
    return next(one for one in waiting.filter(Q(pk=plan_id) | Q(state="applied")) if one.pk == plan_id)
