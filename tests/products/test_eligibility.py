"""Who may be offered a product: conditions by hand, what nobody can meet, two products that overlap."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.core.shares import share_typed
from apps.products.audience import check_audience
from apps.products.eligibility import FEATURES, Condition, fault_of, frozen, overlap, thawed, unmet
from apps.products.models import ProductVersion
from apps.products.wording import condition_text, differences
from apps.risk.scorecard import frozen as measured_of
from apps.tenants.models import Platform
from tests.factories import make_product_version
from tests.risk.test_scorecard import STEADY

D = Decimal
FEW_RETURNS = Condition("returned", at_most=D("0.1"))
HALF_A_YEAR = Condition("active_months", at_least=D(6))


def test_every_feature_is_one_that_assessments_keep() -> None:
    assert set(FEATURES) == set(FEATURES) & ({*measured_of(STEADY), "score"})


def test_bounds_are_included_and_what_is_not_known_meets_nothing() -> None:
    conditions = (HALF_A_YEAR, FEW_RETURNS)
    assert unmet(conditions, {"active_months": 6, "returned": "0.1000"}) == []
    assert unmet(conditions, {"active_months": 5, "returned": "0.1001"}) == [HALF_A_YEAR, FEW_RETURNS]
    assert unmet(conditions, {"active_months": 12}) == [FEW_RETURNS]
    assert unmet((), {}) == []
    assert unmet(conditions, measured_of(STEADY)) == []  # a steady year: 12 months, 3 % sent back


def test_conditions_are_kept_as_text_and_come_back_the_same() -> None:
    conditions = (HALF_A_YEAR, Condition("returned", at_least=D("0.0"), at_most=D("0.10")))
    kept = frozen(conditions)
    assert kept == {"active_months": {"at_least": "6"}, "returned": {"at_least": "0", "at_most": "0.1"}}
    assert thawed(kept) == conditions
    with pytest.raises(KeyError, match="star_sign"):
        thawed({"star_sign": {"at_least": "1"}})


def test_two_products_overlap_unless_a_feature_keeps_them_apart() -> None:
    many_returns = Condition("returned", at_least=D("0.11"))
    assert overlap((FEW_RETURNS,), ())
    assert overlap((FEW_RETURNS,), (HALF_A_YEAR,))
    assert not overlap((FEW_RETURNS, HALF_A_YEAR), (many_returns,))
    assert not overlap((many_returns,), (FEW_RETURNS,))
    assert overlap((FEW_RETURNS,), (Condition("returned", at_least=D("0.1")),))  # exactly a tenth meets both


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("returned", at_most=D(10)), "Write a share as 0.1"),
        (Condition("score", at_least=D(-1)), "below 0"),
        (Condition("score", at_least=D(700), at_most=D(600)), "Nobody can be above the one and below the other"),
    ],
)
def test_what_nobody_can_meet_is_said(condition: Condition, said: str) -> None:
    assert said in str(fault_of(condition))
    with pytest.raises(ValidationError, match=said):
        check_audience(ProductVersion(eligibility=frozen([condition])))
    assert fault_of(FEW_RETURNS) is None


@pytest.mark.parametrize(
    "kept",
    [
        {"eligibility": {"star_sign": {"at_least": "1"}}},
        {"eligibility": {"score": {"at_least": "lots"}}},
        {"eligibility": {"score": "700"}},
        {"purposes": ["gambling"]},
        {"purposes": ["stock", "stock"]},
        {"documents": "identity"},
    ],
)
def test_what_is_not_known_is_refused(kept: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check_audience(ProductVersion(**kept))


@pytest.mark.parametrize(
    "kept", [{"eligibility": {"score": {"at_least": 700}}}, {"eligibility": []}, {"purposes": {}}, {"documents": [1]}]
)
def test_the_database_keeps_text_only(platform: Platform, kept: dict[str, Any]) -> None:
    draft = make_product_version(state="draft", approved_by="")
    with pytest.raises(IntegrityError, match="audience_is_text"), transaction.atomic():
        ProductVersion.objects.filter(pk=draft.pk).update(**kept)


def test_conditions_read_as_sentences() -> None:
    both = Condition("returned", at_least=D("0.01"), at_most=D("0.1"))
    assert condition_text(both, "CNY") == "Share of orders sent back: at least 1%, at most 10%"
    assert condition_text(HALF_A_YEAR, "CNY") == "Months with sales, of the last twelve: at least 6"
    enough = Condition("daily_sales", at_least=D(200))
    assert condition_text(enough, "CNY") == "Net sales a day, on average: at least CNY\N{NO-BREAK SPACE}200.00"


def test_two_versions_are_compared_in_words(platform: Platform) -> None:
    first = make_product_version(number=1, state="retired")
    steps = [first.waterfall[1], first.waterfall[0], *first.waterfall[2:]]
    second = make_product_version(
        product=first.product, number=2, fee_rate=D("0.05"), livelihood_floor=D(50), season_shaped=True, period_days=30,
        minimum_share=D("0.1"), eligibility={"returned": {"at_most": "0.1"}}, purposes=["stock"], waterfall=steps,
    )  # fmt: skip
    found = {one.label: (one.before, one.after) for one in differences(first, second)}
    assert found.pop("Waterfall")[1].startswith("past due: fee; past due: penalty; past due: interest")
    assert found == {
        "Flat fee": ("4%", "5%"),
        "Livelihood floor": ("CNY\N{NO-BREAK SPACE}0.00", "CNY\N{NO-BREAK SPACE}50.00"),
        "Minimum a period": ("0%", "10%"),
        "Days in a period": ("0", "30"),
        "Minimums follow the seasons": ("no", "yes"),
        "Who may be offered it": ("none", "Share of orders sent back: at most 10%"),
        "What the money is for": ("none", "goods to sell"),
    }
    assert differences(second, second) == []


@pytest.mark.parametrize(
    ("text", "share"), [("0.18", "0.18"), ("18%", "0.18"), ("18 %", "0.18"), ("4％", "0.04"), ("1", "1"), ("0", "0")]
)
def test_a_share_may_be_typed_as_percent(text: str, share: str) -> None:
    assert share_typed(text) == D(share)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("18", "18 would be 1,800%. If you mean 18%, write 0.18 or 18%."),
        ("1.5", "1.5 would be 150%. If you mean 1.5%, write 0.015 or 1.5%."),
        ("-0.1", "below 0"),
        ("-5%", "below 0"),
        ("NaN", "Please write a share"),
        ("", "Please write a share"),
        ("101%", "at most 100%"),
        ("1200", "at most 100%"),  # 12 or 1,200% would be no better
    ],
)
def test_a_rate_in_the_wrong_unit_is_told_what_it_would_mean(text: str, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        share_typed(text)
    assert said in refusal.value.messages[0]
