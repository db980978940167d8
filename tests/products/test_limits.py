"""Limits of pools: what they let through, what they refuse and how they say it, and many who sign at once."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import Error, IntegrityError, transaction

from apps.evidence.models import Record
from apps.financing.models import Contract, Financing, Promise
from apps.financing.refusals import OfferRefused
from apps.financing.services import render_contract
from apps.financing.services.drawing import room_of
from apps.products.funding import LimitRefused, set_limit
from apps.products.limits import EACH, Limit, oversteps
from apps.products.models import FinancingProduct, FundingPool, PoolLimit
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import AT, make_funding_pool
from tests.scenarios.scene import faults
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
TODAY = FIRST + DAY
TRAITS = {"product": "advance", "grade": "B", "category": "fruit", "region": "", "seller": "S1"}
OUT = {("category", "fruit"): D(400), ("grade", "B"): D(900), ("seller", "S2"): D(500)}


@pytest.mark.parametrize(
    ("limit", "amount", "over"),
    [
        (Limit("category", "fruit", D(500)), 100, None),  # exactly full is not over
        (Limit("category", "fruit", D(500)), "100.01", "0.01"),
        (Limit("category", "meat", D(0)), 100, None),  # of others it says nothing
        (Limit("category", EACH, D(500)), 150, "50"),
        (Limit("seller", EACH, D(500)), 500, None),  # another seller's 500 is not this one's
        (Limit("seller", EACH, D(500)), 501, "1"),
        (Limit("grade", "B", D(500)), 1, "401"),  # over already: nothing more, and it says by how much
        (Limit("region", EACH, D(0)), 100, None),  # who has no region counts towards none
    ],
)
def test_what_a_limit_lets_through(limit: Limit, amount: Any, over: str | None) -> None:
    found = oversteps([limit], TRAITS, OUT, D(amount))
    assert [one.by for one in found] == ([] if over is None else [D(over)])


def limited(**facts: Any) -> PoolLimit:
    pool = FundingPool.objects.get()
    return set_limit(limit=PoolLimit(pool=pool, **{"because": "spread the risk", **facts}), at=AT, by="user:1")


def test_acceptance_stops_at_the_limit_and_says_which_and_by_how_much(platform: Platform) -> None:
    story = Story(platform, funding="10000")
    first, second = story.seller("Li Mei"), story.seller("Wang Fang")
    for seller in (first, second):
        seller.category = "fruit"
        seller.save()
    story.night(FIRST)
    limited(kind="category", value="fruit", most_share=D("0.15"))  # 1,500.00 of the 10,000.00 committed
    waiting = story.accept(story.offer(first), "1000", TODAY)  # not signed yet, and counts
    with pytest.raises(OfferRefused) as refused:
        story.accept(story.offer(second), "1000", TODAY)
    assert room_of(seller=second, on=TODAY).most == 500
    assert str(refused.value).replace("\xa0", " ") == (
        "The fund behind this offer lends at most 1,500.00 CNY for the category fruit. 1,000.00 CNY of it is in use, "
        "so this would be 500.00 CNY too much. Nothing was changed."
    )
    pool = FundingPool.objects.get()
    assert (pool.reserved, Promise.objects.count(), Financing.objects.count()) == (1000, 1, 0)
    limit = PoolLimit.objects.get()
    limit.most_share = D("0.2")
    set_limit(limit=limit, at=AT, by="user:1")
    for contract in (waiting, story.accept(story.offer(second), "1000", TODAY)):
        render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(TODAY), by="test")
        story.sign(contract, TODAY)
    assert (FundingPool.objects.get().reserved, Financing.objects.count()) == (2000, 2)
    assert faults() == []


def test_whoever_cannot_be_funded_is_told_before_there_is_a_contract(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    limited(kind="seller", value=EACH, most=D(500))
    with pytest.raises(OfferRefused, match=r"at most 500.00\sCNY for the single seller Li Mei"):
        story.accept(story.offer(seller), "1000", TODAY)
    assert not Contract.objects.exists()
    story.accept(story.offer(seller), "500", TODAY)


def test_of_twenty_who_accept_at_once_a_limit_for_ten_lets_ten_through(
    fresh_platform: Callable[..., Platform],
) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform)
        sellers = [story.seller(f"Seller {number}") for number in range(20)]
        for seller in sellers:
            seller.region = "Yunnan"
            seller.save()
        story.night(FIRST)
        limited(kind="region", value="Yunnan", most=D(1000))
        offers = [story.offer(one) for one in sellers]
        outcomes = at_once(platform.schema_name, [partial(story.accept, one, "100", TODAY) for one in offers])
        contracts = [one for one in outcomes if isinstance(one, Contract)]
        assert len(contracts) == 10
        assert [type(one).__name__ for one in outcomes].count("OfferRefused") == 10
        assert FundingPool.objects.get().reserved == 1000
        for contract in contracts:  # each of them can be paid out
            render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(TODAY), by="test")
        outcomes = at_once(platform.schema_name, [partial(story.sign, one, TODAY) for one in contracts])
        assert all(isinstance(one, Financing) for one in outcomes)
        assert FundingPool.objects.get().reserved == 1000
        assert faults() == []


def test_a_limit_is_set_with_its_trace_and_bad_ones_are_refused(platform: Platform) -> None:
    Story(platform, funding="10000")
    code = FinancingProduct.objects.values_list("code", flat=True)[0]
    set_once = limited(kind="product", value=code, most=D(5000))
    set_limit(limit=set_once, at=AT, by="user:1")  # alike: nothing new
    set_once.most, set_once.because = D(4000), "less of it"
    set_limit(limit=set_once, at=AT, by="user:2")
    first, second = Record.objects.filter(kind="pool_limit_set").order_by("pk")
    assert (first.by, second.by) == ("user:1", "user:2")
    assert '"most":"4,000.00' in str(second.payload) or "4,000.00" in str(second.payload)
    for bad in (
        {"kind": "product", "value": "nobody-sells-it", "most": D(1)},
        {"kind": "seller", "value": "nobody", "most": D(1)},
        {"kind": "grade", "value": "A"},
        {"kind": "grade", "value": "A", "most": D(1), "most_share": D("0.1")},
        {"kind": "grade", "value": "A", "most": D(-1)},
        {"kind": "grade", "value": "A", "most": D("0.001")},
        {"kind": "grade", "value": "A", "most_share": D("20")},  # meant as per cent
        {"kind": "weather", "value": "rain", "most": D(1)},
        {"kind": "grade", "value": "A", "most": D(1), "because": " "},
        {"kind": "product", "value": code, "most": D(1)},  # there is one
    ):
        with pytest.raises(LimitRefused):
            limited(**bad)
    assert PoolLimit.objects.count() == 1
    assert Record.objects.filter(kind="pool_limit_set").count() == 2


def test_the_database_keeps_limits_whole(platform: Platform) -> None:
    pool = make_funding_pool()
    with pytest.raises(IntegrityError), transaction.atomic():
        PoolLimit.objects.create(pool=pool, kind="grade", because="x", set_by="y", set_at=AT)
    one = PoolLimit.objects.create(pool=pool, kind="grade", value="A", most=D(1), because="x", set_by="y", set_at=AT)
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        PoolLimit.objects.filter(pk=one.pk).update(value="B")
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        PoolLimit.objects.filter(pk=one.pk).delete()
