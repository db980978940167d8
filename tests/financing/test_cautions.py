"""What the studio tells a financier to think about again, and the example beside the terms, by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.financing.cautions import Bounds, Typical, cautions, missed_periods, sales_by_day, spans
from apps.financing.illustration import Example, Illustration, illustrate
from apps.financing.minimums import TooManyPeriods, level_minimums
from apps.products.bounds import LEAST_SHARE, LONGEST, MOST_PERIODS
from apps.products.eligibility import Condition
from apps.products.models import ProductVersion
from apps.products.terms import RECEIPT, RECEIVABLE, SALES, Terms

D = Decimal
TODAY = date(2025, 3, 14)
ADVANCE = Terms(
    product="advance", version=1, technique=SALES, currency="CNY", fee_rate=D("0.04"), annual_rate=D(0),
    day_count="ACT/365F", sweep_rate=D("0.12"), advance_rate=D(0), livelihood_floor=D(0), day_cap=D(0),
    minimum_share=D(0), period_days=0, settlement_days=0, grace_days=0, minimum_amount=D(100),
    maximum_amount=D(50_000), expected_days=120, offer_valid_days=14, priority=10,
)  # fmt: skip
NO_BOUNDS = Bounds(rate_cap=D(0), sweep_cap=D(0), pool_headroom=D(1_000_000), overlapping=())
EVEN = Typical(
    daily_sales=D(500), limit=D(20_000), measured={"returned": "0.05"}, monthly=[D(15_000)] * 12, known_on=TODAY
)


def shown(terms: Terms, example: Example | None = None) -> Illustration:
    found = illustrate(terms, TODAY, example)
    assert found is not None
    return found


def said(terms: Terms, typical: Typical | None = None, bounds: Bounds = NO_BOUNDS, *conditions: Condition) -> list[str]:
    return cautions(terms, conditions, illustrate(terms, TODAY), typical, bounds)


def test_the_longest_terms_there_are_can_be_shown() -> None:
    """At every bound at once, for a seller who sells a cent a day: 520 periods of 366 days, and no date beyond time."""
    longest: dict[str, Any] = {name: most for name, most in LONGEST.items() if name != "near_breach_checks"}
    slow = Example(amount=D(50_000), daily_sales=D("0.01"))
    least: tuple[dict[str, Any], ...] = ({"minimum_share": LEAST_SHARE}, {"minimum_pace": D(999)})
    for minimum in least:
        found = shown(replace(ADVANCE, **longest, **minimum), slow)
        assert 500 <= len(found.minimums) <= MOST_PERIODS
        assert sum(amount for _first, _last, amount in found.minimums) == D(52_000)
    for technique in (RECEIVABLE, RECEIPT):
        assert shown(replace(ADVANCE, technique=technique, annual_rate=D("0.99"), **longest)).worst is not None


def test_a_minimum_of_more_periods_than_anybody_reads_is_none() -> None:
    assert len(level_minimums(D("5.20"), D("0.01"))) == MOST_PERIODS
    with pytest.raises(TooManyPeriods):
        level_minimums(D("5.21"), D("0.01"))


def test_sound_terms_give_no_pause() -> None:
    assert said(ADVANCE) == []
    assert said(ADVANCE, EVEN) == []


def test_the_dearest_case_is_held_against_the_cap() -> None:
    """10,000 at 4 %: 15.42 % a year if slow, 26.89 % as expected, 42.73 % if fast."""
    fast = "If sales are fast, this costs 42.73% a year. Your platform's cap is 36%."
    assert said(ADVANCE, None, replace(NO_BOUNDS, rate_cap=D("0.36"))) == [fast]
    assert said(ADVANCE, None, replace(NO_BOUNDS, rate_cap=D("0.43"))) == []
    early = replace(ADVANCE, technique=RECEIVABLE, fee_rate=D(0), annual_rate=D("0.4"), advance_rate=D("0.8"),
                    settlement_days=14)  # fmt: skip
    (one,) = said(early, None, replace(NO_BOUNDS, rate_cap=D("0.36")))
    assert one.startswith("This costs 48.")  # 0.4 a year simple, 14 days over and over
    assert "cap is 36%" in one


def test_more_of_sales_than_the_platform_allows() -> None:
    assert said(ADVANCE, None, replace(NO_BOUNDS, sweep_cap=D("0.1"))) == [
        "It keeps 12% of sales. Your platform's largest share is 10%."
    ]


def test_a_sweep_that_would_go_below_the_livelihood_floor() -> None:
    """12 % of 500 is 60; a floor of 450 leaves 50 to take, one of 440 all 60."""
    (one,) = said(replace(ADVANCE, livelihood_floor=D(450)), EVEN)
    assert "CNY\N{NO-BREAK SPACE}60.00, would leave less than the livelihood floor" in one
    assert "Only CNY\N{NO-BREAK SPACE}50.00 is taken" in one
    assert said(replace(ADVANCE, livelihood_floor=D(440)), EVEN) == []


def test_a_minimum_that_a_typical_seller_misses() -> None:
    """10,400 owed, 500 a day, 12 %: 60 a day, 1,800 in 30 days; slow is 1,080. A tenth is 1,040, a fifth 2,080."""
    tenth, sixth, fifth = (replace(ADVANCE, period_days=30, minimum_share=D(one)) for one in ("0.1", "0.15", "0.2"))
    example = Example(daily_sales=D(500))
    assert missed_periods(tenth, shown(tenth, example), sales_by_day(shown(tenth, example), EVEN, D(1))) == []
    assert cautions(tenth, (), shown(tenth, example), EVEN, NO_BOUNDS) == []
    (slow,) = cautions(sixth, (), shown(sixth, example), EVEN, NO_BOUNDS)  # 1,560 a period
    assert slow == "If sales are slow, a typical seller misses the minimum of period 1–7."
    (expected,) = cautions(fifth, (), shown(fifth, example), EVEN, NO_BOUNDS)
    assert expected == ("A typical seller misses the minimum of period 1–5 although sales go as expected.")


def test_level_minimums_are_missed_in_a_poor_season_and_shaped_ones_are_not() -> None:
    """All of a year's 180,000 came in the six months that begin in half a year: nothing is sold until then."""
    late = replace(EVEN, monthly=[D(0)] * 6 + [D(30_000)] * 6)
    example = Example(amount=D(10_000), daily_sales=D(500), monthly=late.monthly, known_on=TODAY)
    level = replace(ADVANCE, period_days=60, minimum_share=D("0.2"), expected_days=400)
    shaped = replace(level, season_shaped=True)
    level_shown, shaped_shown = shown(level, example), shown(shaped, example)
    assert missed_periods(level, level_shown, sales_by_day(level_shown, late, D(1)))[:3] == [1, 2, 3]
    assert missed_periods(shaped, shaped_shown, sales_by_day(shaped_shown, late, D(1))) == []
    assert [least for _first, _last, least in shaped_shown.minimums][:3] == [D(0)] * 3
    assert sum(least for _first, _last, least in shaped_shown.minimums) == D(10_400)


def test_who_would_not_be_offered_it_and_whom_it_does_not_reach() -> None:
    (refused,) = said(ADVANCE, EVEN, NO_BOUNDS, Condition("returned", at_most=D("0.01")))
    assert refused == "A typical seller would not be offered this: Share of orders sent back: at most 1%."
    (beyond,) = said(replace(ADVANCE, minimum_amount=D(7_000)), EVEN)  # 500 x 0.12 x 120 / 1.04 = 6,923
    assert "would not reach the least amount of CNY\N{NO-BREAK SPACE}7,000.00" in beyond


def test_the_pool_and_products_alike() -> None:
    bounds = replace(NO_BOUNDS, pool_headroom=D(49_999), overlapping=["Harvest advance"])
    assert said(ADVANCE, None, bounds) == [
        "The pool has CNY\N{NO-BREAK SPACE}49,999.00 left, less than the largest amount of "
        "CNY\N{NO-BREAK SPACE}50,000.00.",
        "A seller may meet the conditions of this and of Harvest advance: both would be offered.",
    ]


def test_the_worst_case_of_early_payment() -> None:
    """10,000 at 12 % on 360 days, due in 14, paid 90 later: 104 days are 346.67; 18 % on 10,000 for 87 days after 3 of
    grace are 435.00."""
    early = replace(
        ADVANCE, technique=RECEIVABLE, fee_rate=D(0), annual_rate=D("0.12"), day_count="ACT/360", advance_rate=D("0.8"),
        settlement_days=14, grace_days=3, penalty_rate=D("0.18"),
    )  # fmt: skip
    worst = shown(early).worst
    assert worst is not None
    assert (worst.on, worst.penalty, worst.charge, worst.total) == (
        date(2025, 6, 26), D("435.00"), D("781.67"), D("10781.67"),
    )  # fmt: skip
    assert worst.annualised_rate > shown(early).cost.annualised_rate


def test_what_only_sales_repay_has_no_worst_date_and_a_minimum_gives_it_one() -> None:
    assert shown(ADVANCE).worst is None
    with_minimum = replace(ADVANCE, period_days=60, minimum_share=D("0.5"))
    worst = shown(with_minimum).worst
    assert worst is not None
    assert (worst.on, worst.charge) == (date(2025, 10, 10), D("400.00"))  # two periods of 60 days, then 90


def test_terms_that_say_too_little_show_nothing() -> None:
    assert illustrate(replace(ADVANCE, sweep_rate=D(0)), TODAY) is None
    assert ProductVersion().conditions == ()


def test_many_periods_are_told_as_a_span() -> None:
    assert spans([1, 3, 4, 5, 6, 8, 9]) == "1, 3–6, 8, 9"
    assert spans([]) == ""
