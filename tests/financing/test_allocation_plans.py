"""Plans of who funds what: from the open demand to the pools that signed contracts take their money of."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.evidence.models import Record
from apps.financing.models import Allocation, AllocationPlan, Contract, Financing, Offer, Participation, Promise
from apps.financing.refusals import OfferRefused
from apps.financing.services import render_contract
from apps.financing.services.allocation import PlanRefused, apply_plan, draft_plan, drop_plan, save_plan
from apps.financing.services.drawing import room_of
from apps.ledger import proofs
from apps.products.funding import commit_funding, set_limit
from apps.products.models import FinancingProduct, Funder, FundingPool, PoolLimit
from apps.repayment import proofs as repayment_proofs
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.story import DAY, FIRST, Story

D = Decimal
TODAY = FIRST + DAY
MAKER, CHECKER = "user:1", "user:2"


class Funds:
    """Riverbank (10 %) has 3,000 and Harvest (5 %) 1,500, which the allocator may use for advances; three sellers had
    offers of 1,300 each, and Li has a contract of 1,000 that waits for a signature: 1,000 of Riverbank are promised."""

    def __init__(self, platform: Platform) -> None:
        self.story = Story(platform, funding="3000")
        self.own = FundingPool.objects.get()
        self.own.cost_rate = D("0.10")
        self.own.save()
        self.harvest = FundingPool.objects.create(
            name="Harvest", financier="Harvest", currency=platform.currency, cost_rate=D("0.05")
        )
        commit_funding(
            pool_id=self.harvest.pk, amount=D(1500), reference="opening", business_date=FIRST,
            at=self.story.at(FIRST), by=MAKER,
        )  # fmt: skip
        Funder.objects.create(product=FinancingProduct.objects.get(code="sales-advance"), pool=self.harvest)
        self.sellers = [self.story.seller(name) for name in ("Li", "Wang", "Zhao")]
        self.story.night(FIRST)
        Offer.objects.exclude(product_code="sales-advance").update(state="cancelled")
        self.contract = self.story.accept(self.story.offer(self.sellers[0]), "1000", TODAY)
        render_contract(contract_id=self.contract.pk, as_pdf=False, at=self.story.at(TODAY), by="test")

    def save(self) -> AllocationPlan:
        return save_plan(currency=self.own.currency, on=TODAY, at=self.story.at(TODAY), by=MAKER)

    def apply(self, plan: AllocationPlan, by: str = CHECKER) -> AllocationPlan:
        return apply_plan(plan_id=plan.pk, on=TODAY, at=self.story.at(TODAY), by=by)


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults()]


def test_the_plan_is_kept_with_its_reasons_and_moves_no_money(platform: Platform) -> None:
    """
    who           wants         Harvest (5 %)   Riverbank (10 %)
    Wang, Zhao    1,300 each    1,500           1,100 of the 2,000 that are left
    """
    funds = Funds(platform)
    before = list(FundingPool.objects.order_by("pk").values())
    plan = funds.save()
    assert (plan.asked, plan.placed, plan.state) == (2600, 2600, "proposed")
    given = {pool.pk: D(0) for pool in FundingPool.objects.all()}
    for row in plan.allocations.all():
        given[row.pool_id] += row.amount
    assert given == {funds.own.pk: 1100, funds.harvest.pk: 1500}
    lines = plan.told["lines"]
    assert [one["seller"] for one in lines] == ["Wang", "Zhao"]
    assert all(one["missing"] == "0.00" for one in lines)
    dear = [one for one in lines if any(name == "Riverbank pool" for name, _amount in one["given"])]
    assert all(hold["pool"] == "Harvest" for one in dear for hold in one["passed_over"])
    assert list(FundingPool.objects.order_by("pk").values()) == before


def test_another_person_puts_it_in_force_and_contracts_follow_it(platform: Platform) -> None:
    funds = Funds(platform)
    set_limit(
        limit=PoolLimit(pool=funds.own, kind="seller", value="Wang", most=D(400), because="spread"),
        at=funds.story.at(TODAY), by=MAKER,
    )  # fmt: skip
    plan = funds.save()
    with pytest.raises(PlanRefused, match="Ask a colleague"), transaction.atomic():
        funds.apply(plan, by=MAKER)
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        AllocationPlan.objects.filter(pk=plan.pk).update(state="applied", applied_by=MAKER)
    with pytest.raises(PlanRefused, match="another date"), transaction.atomic():
        apply_plan(plan_id=plan.pk, on=TODAY + timedelta(days=1), at=funds.story.at(TODAY), by=CHECKER)
    assert funds.apply(plan).state == "applied"
    assert funds.apply(plan).pk == plan.pk
    assert Record.objects.filter(kind="allocation_applied").count() == 1
    offer = funds.story.offer(funds.sellers[1])
    rows = dict(Allocation.objects.filter(offer=offer).values_list("pool_id", "amount"))
    assert rows[funds.harvest.pk] >= 900  # Riverbank lends Wang at most 400
    assert sum(rows.values()) == 1300
    contract = funds.story.accept(offer, "1300", TODAY)
    promised = dict(Promise.objects.filter(application=contract.application).values_list("pool_id", "amount"))
    assert promised == rows
    render_contract(contract_id=contract.pk, as_pdf=False, at=funds.story.at(TODAY), by="test")
    financing = funds.story.sign(contract, TODAY)
    parts = dict(Participation.objects.filter(financing=financing).values_list("pool_id", "amount"))
    assert (parts or {financing.pool_id: financing.amount}) == rows
    funds.harvest.refresh_from_db()
    assert funds.harvest.reserved == rows[funds.harvest.pk]
    assert faults() == []


def test_a_plan_that_fits_no_more_gives_way_to_the_products_own_pool(platform: Platform) -> None:
    funds = Funds(platform)
    funds.apply(funds.save())
    FundingPool.objects.filter(pk=funds.harvest.pk).update(committed=0)
    contract = funds.story.accept(funds.story.offer(funds.sellers[1]), "1300", TODAY)
    render_contract(contract_id=contract.pk, as_pdf=False, at=funds.story.at(TODAY), by="test")
    financing = funds.story.sign(contract, TODAY)
    assert (financing.pool_id, financing.is_shared) == (funds.own.pk, False)
    assert not Participation.objects.exists()


def test_the_next_plan_replaces_it_and_a_dropped_one_is_over(platform: Platform) -> None:
    funds = Funds(platform)
    first, second, third = funds.save(), funds.save(), funds.save()
    funds.apply(first)
    funds.apply(second)
    first.refresh_from_db()
    assert (first.state, second.pk) == ("replaced", AllocationPlan.objects.get(state="applied").pk)
    with pytest.raises(PlanRefused, match="Say why"):
        drop_plan(plan_id=third.pk, reason=" ", at=funds.story.at(TODAY), by=CHECKER)
    drop_plan(plan_id=third.pk, reason="too dear", at=funds.story.at(TODAY), by=CHECKER)
    for over in (first, third):
        with pytest.raises(PlanRefused, match="is over"), transaction.atomic():
            funds.apply(over)


def test_whoever_is_left_out_is_told_which_limit_and_by_how_much(platform: Platform) -> None:
    funds = Funds(platform)
    for pool in (funds.own, funds.harvest):
        set_limit(
            limit=PoolLimit(pool=pool, kind="seller", value="", most=D(500), because="spread"),
            at=funds.story.at(TODAY), by=MAKER,
        )  # fmt: skip
    plan = funds.save()
    assert (plan.asked, plan.placed) == (2600, 2000)
    wang = next(one for one in plan.told["lines"] if one["seller"] == "Wang")
    assert (wang["asked"], wang["missing"]) == ("1300.00", "300.00")
    held = {(one["pool"], one["kind"], one["value"], one["by"]) for one in wang["held"]}
    assert ("Riverbank pool", "seller", "Wang", "300.00") in held
    assert ("Harvest", "seller", "Wang", "300.00") in held
    offer = funds.story.offer(funds.sellers[1])
    funds.apply(plan)
    assert {one.most for one in room_of(seller=funds.sellers[1], on=TODAY).drawable} == {1000}
    for too_much in ("1000.01", "1300"):
        with pytest.raises(OfferRefused, match=r"give at most 1,000.00\sCNY of it now"), transaction.atomic():
            funds.story.accept(offer, too_much, TODAY)
    contract = funds.story.accept(offer, "900", TODAY)  # the plan covers it: from two pools, each within its limit
    render_contract(contract_id=contract.pk, as_pdf=False, at=funds.story.at(TODAY), by="test")
    financing = funds.story.sign(contract, TODAY)
    assert financing.is_shared
    assert dict(financing.participations.values_list("pool_id", "amount")) == {
        funds.own.pk: 450, funds.harvest.pk: 450,
    }  # fmt: skip
    assert faults() == []


def test_whom_the_plan_gives_nothing_is_not_invited_to_sign(platform: Platform) -> None:
    """The plan names Wang's offer and gives nothing for it: money for advances to Wang is there again the same day, and
    still nothing is drawn until another plan, or another night's offer."""
    funds = Funds(platform)
    limits = [
        set_limit(
            limit=PoolLimit(pool=pool, kind="seller", value="Wang", most=D(0), because="disputed"),
            at=funds.story.at(TODAY), by=MAKER,
        )
        for pool in (funds.own, funds.harvest)
    ]  # fmt: skip
    plan = funds.apply(funds.save())
    offer = funds.story.offer(funds.sellers[1])
    assert plan.names(offer.pk)
    assert not plan.names(offer.pk + 1_000)
    PoolLimit.objects.filter(pk__in=[one.pk for one in limits]).update(is_in_force=False)
    room = room_of(seller=funds.sellers[1], on=TODAY)
    assert (room.drawable, room.is_fund_full) == ((), True)
    with pytest.raises(OfferRefused, match="The fund for this is full now"), transaction.atomic():
        funds.story.accept(offer, "100", TODAY)
    assert Contract.objects.count() == 1  # Li's
    funds.apply(funds.save())
    assert room_of(seller=funds.sellers[1], on=TODAY).most == 1300


def test_without_demand_there_is_no_plan(platform: Platform) -> None:
    story = Story(platform)
    with pytest.raises(PlanRefused, match="nothing to fund"):
        save_plan(currency="CNY", on=TODAY, at=story.at(TODAY), by=MAKER)
    assert not AllocationPlan.objects.exists()


def test_a_plan_sees_its_own_platform_alone(two_platforms: tuple[Platform, Platform]) -> None:
    meadow, harbor = two_platforms
    with entered(meadow.schema_name):
        Funds(meadow).save()
    with entered(harbor.schema_name):
        assert not draft_plan(currency="CNY", on=TODAY).lines
        assert not AllocationPlan.objects.exists()
        assert not Financing.objects.exists()
