"""Quiet financings: the night closes them in one statement, and leaves what looking at each of them would have left."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.products.models import FinancingProduct
from apps.reconciliation.fingerprint import book_lines
from apps.repayment import chunk
from apps.repayment.day import Closed, SellerClosed, close_seller, quiet_through
from apps.repayment.models import Demand
from apps.repayment.proofs import faults
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_product_version
from tests.repayment.test_day import START, advance, live, next_day, receivable, seller, sold
from tests.scenarios.scene import Scene
from tests.story import FIRST

D = Decimal
DAY = timedelta(days=1)


def states(one: Closed) -> object:
    """All that a night may change on a financing, but for the date."""
    demands = tuple((demand.number, demand.paid, demand.state) for demand in one.demands if demand.unpaid)
    return one.owed, one.accrued, one.demands_raised, one.past_due, one.days_past_due, demands


def without_sales(closed: SellerClosed, day: date) -> SellerClosed:
    return close_seller(next_day(closed, day - DAY, sold()), day)


@settings(max_examples=60, deadline=None)
@given(
    period=st.integers(min_value=1, max_value=20),
    share=st.sampled_from(["0", "0.1", "0.5"]),
    sales=st.lists(st.sampled_from(["0", "40.00", "800.00", "9000.00"]), min_size=1, max_size=12),
    paused=st.integers(min_value=0, max_value=9),
)
def test_nothing_happens_through_the_quiet_date(period: int, share: str, sales: list[str], paused: int) -> None:
    lent = advance(period_days=period, minimum_share=D(share))._replace(paused_days=paused)
    night = live(seller(lent), [sold(amount) for amount in sales])[-1]
    (one,) = night.financings
    quiet = quiet_through(one, START + len(sales) * DAY)
    if quiet is None or not one.owed.total:
        assert one.past_due or not one.owed.total
        return
    day = START + len(sales) * DAY
    before = states(one)
    while day < min(quiet, START + 60 * DAY):
        day += DAY
        night = without_sales(night, day)
        assert states(night.financings[0]) == before, day
        assert night.kept == night.paid_out == ZERO


def test_a_quiet_time_ends_on_the_day_a_demand_ends() -> None:
    night = live(seller(advance(period_days=4, minimum_share=D("0.5"))), [sold()])[-1]
    assert quiet_through(night.financings[0], START + DAY) == START + 3 * DAY
    for number in (2, 3):
        night = without_sales(night, START + number * DAY)
        assert night.financings[0].demands[0].state == "open"
    assert without_sales(night, START + 4 * DAY).financings[0].demands[0].state == "breached"


def test_interest_and_what_is_past_due_are_never_quiet() -> None:
    (with_interest,) = live(seller(receivable()), [sold()])[-1].financings
    (late,) = live(seller(advance(period_days=2)), [sold()] * 4)[-1].financings
    (no_minimum,) = live(seller(advance(minimum_share=ZERO, period_days=0)), [sold()])[-1].financings
    assert quiet_through(with_interest, START + DAY) is None
    assert late.past_due
    assert quiet_through(late, START + 4 * DAY) is None
    assert quiet_through(no_minimum, START + DAY) == date.max


def a_season(platform: Platform, at: datetime) -> tuple[list[str], int]:
    """Ten nights with three sales; the books after them, and how many nights had the financing down as quiet."""
    scene = Scene(platform)
    product = FinancingProduct.objects.get(technique="sales")
    product.versions.get().move("retire", at=at, by="user:2")
    make_product_version(product=product, number=2, minimum_share=D("0.15"), period_days=4)
    Offer.objects.open().get(product_code=product.code).move("cancel", at=at, by="user:2")
    scene.night()
    scene.draw("sales-advance", "1000")
    quiet = 0
    for number in range(10):
        if number in {2, 3, 7}:
            scene.sells("300")
        scene.night()
        quiet_through = Financing.objects.get().quiet_through
        quiet += quiet_through is not None and quiet_through >= scene.today
    assert set(Demand.objects.values_list("state", flat=True)) >= {"breached"}
    assert faults() == []
    return book_lines(), quiet


def test_the_books_are_those_of_a_night_that_looks_at_everybody(
    fresh_platform: Callable[..., Platform], at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with entered(fresh_platform(opened_on=FIRST).schema_name) as platform:
        by_one_statement, quiet = a_season(platform, at)
    assert quiet >= 2
    monkeypatch.setattr(chunk, "QUIET", "SELECT 0, 0")
    with entered(fresh_platform(opened_on=FIRST).schema_name) as platform:
        assert a_season(platform, at)[0] == by_one_statement
