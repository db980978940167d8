"""Minimum periods, their checks and limits, penalties and rebates, in pure arithmetic and by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.financing.minimums import frozen_minimums, level_minimums, period_minimum, shaped_minimums
from apps.financing.penalties import Overdue, penalty_added, penalty_interest
from apps.products.buckets import RISK_CLASSES, bucket_of, class_of, provision
from apps.products.terms import SALES, Terms
from apps.repayment.periods import Minimums, asked_by, last_check, most_now, periods_of
from apps.repayment.rebates import Spread, rebate, taken_off
from apps.repayment.waterfall import Parts

D = Decimal
DAY = timedelta(days=1)
FIRST = date(2025, 3, 1)
TERMS = Terms(
    product="advance", version=1, technique=SALES, currency="USD", fee_rate=D("0.04"), annual_rate=D(0),
    day_count="ACT/365F", sweep_rate=D("0.1"), advance_rate=D(0), livelihood_floor=D(0), day_cap=D(0),
    minimum_share=D("0.15"), period_days=60, settlement_days=0, grace_days=0, minimum_amount=D(100),
    maximum_amount=D(50000), expected_days=120, offer_valid_days=14, priority=10,
)  # fmt: skip


@pytest.mark.parametrize(("total", "days", "least"), [("7020", 218, "150.28"), ("7735", 240, "150.40")])
def test_the_published_minimums_of_a_week(total: str, days: int, least: str) -> None:
    """total x period days / (1.5 x expected days)."""
    terms = replace(TERMS, minimum_share=D(0), minimum_pace=D("1.5"), period_days=7)
    assert period_minimum(D(total), terms, days) == D(least)
    frozen = frozen_minimums(
        owed=D(total), terms=terms, expected_days=days, monthly=[], known_on=FIRST, begins_after=FIRST
    )
    assert frozen[0] == D(least)
    assert sum(frozen) == D(total)
    assert 0 < frozen[-1] <= D(least)


def test_minimums_without_a_pace_or_a_share_are_refused() -> None:
    with pytest.raises(ValueError, match="no minimum"):
        period_minimum(D(1000), replace(TERMS, minimum_share=D(0)), 120)
    with pytest.raises(ValueError, match="expected to take"):
        period_minimum(D(1000), replace(TERMS, minimum_share=D(0), minimum_pace=D("1.5")), 0)
    assert not frozen_minimums(
        owed=D(1000), terms=TERMS, expected_days=120, monthly=[], known_on=FIRST, begins_after=FIRST
    )


def test_a_farmer_owes_in_the_months_of_the_harvest() -> None:
    """30-day periods from 1 March; last year sold 100 in its first window (the March before) and 300 in its seventh
    (the September before), and nothing else: 4 x 260 follow as 1 : 0 : 0 : 0 over four periods, all in the first."""
    monthly = [D(0)] * 12
    monthly[0], monthly[6] = D(100), D(300)
    level = level_minimums(D(1040), D(260))
    assert shaped_minimums(level, 30, FIRST, monthly, FIRST, "USD") == [D(1040), D(0), D(0), D(0)]
    level = level_minimums(D(2080), D(260))  # eight periods reach the seventh window: 1 part and 3 parts
    shaped = shaped_minimums(level, 30, FIRST, monthly, FIRST, "USD")
    assert sum(shaped) == D(2080)
    assert shaped[0] < shaped[6]
    assert [one for one in shaped[2:5] if one] == []


@given(
    st.lists(st.integers(-500, 50_000), min_size=12, max_size=12), st.integers(1, 5_000_000), st.integers(7, 90),
    st.integers(0, 400),
)  # fmt: skip
def test_seasons_keep_the_sum_and_nobody_owes_less_than_nothing(
    monthly: list[int], cents: int, days: int, later: int
) -> None:
    owed = D(cents) / 100
    level = level_minimums(owed, max(owed / 7, D("0.01")).quantize(D("0.01")) or D("0.01"))
    shaped = shaped_minimums(level, days, FIRST + later * DAY, [D(one) for one in monthly], FIRST, "USD")
    assert len(shaped) == len(level)
    assert sum(shaped) == owed
    assert min(shaped) >= 0
    if max(monthly) <= 0:
        assert shaped == level


def test_minimums_know_their_periods_and_what_they_ask_for() -> None:
    kept = Minimums(30, (D(100), D(0), D(300)))
    periods = periods_of(TERMS, kept, FIRST, paused_days=0)
    assert periods is not None
    assert periods.bounds(1) == (FIRST + DAY, FIRST + 30 * DAY)
    assert [periods.reached(FIRST + n * DAY) for n in (0, 1, 30, 31, 61)] == [0, 1, 1, 2, 3]
    assert periods.next_start(FIRST) == FIRST + DAY
    assert periods.next_start(FIRST + 30 * DAY) == FIRST + 31 * DAY
    assert [asked_by(TERMS, kept, D(400), number, "USD") for number in (0, 1, 2, 3, 9)] == [0, 100, 100, 400, 400]
    assert [asked_by(TERMS, None, D(1040), number, "USD") for number in (0, 1, 6, 7)] == [0, 156, 936, 1040]
    assert Minimums.of_json(kept.as_json()) == kept
    paused = periods_of(TERMS, kept, FIRST, paused_days=10)
    assert paused is not None
    assert paused.bounds(1)[0] == FIRST + 11 * DAY


def test_the_maximum_of_a_period_leaves_what_is_left_of_it() -> None:
    terms = replace(TERMS, maximum_share=D("0.25"))
    assert [most_now(terms, D(1040), D(taken), "USD") for taken in (0, 200, 260, 300)] == [260, 60, 0, 0]
    assert most_now(TERMS, D(1040), D(0), "USD") is None


def test_three_checks_cut_a_period_of_sixty_days_into_quarters() -> None:
    """156 in 60 days, warned below 80 %: after 15, 30 and 45 days 31.20, 62.40 and 93.60 are expected."""
    terms = replace(TERMS, near_breach_share=D("0.8"), near_breach_checks=3)
    starts, due = FIRST + DAY, FIRST + 60 * DAY
    seen = {}
    for number in range(61):
        day = FIRST + number * DAY
        if check := last_check(terms, starts, due, D(156), day - DAY, day, "USD"):
            seen[number] = check.expected
    assert seen == {15: D("31.20"), 30: D("62.40"), 45: D("93.60")}
    late = last_check(terms, starts, due, D(156), FIRST, FIRST + 40 * DAY, "USD")
    assert late is not None  # several nights at once look at the last of the checks they missed
    assert late.expected == D("62.40")
    assert last_check(TERMS, starts, due, D(156), FIRST, due, "USD") is None


def test_a_penalty_by_rate_and_by_thousandths() -> None:
    """1,000 due on 1 March with 3 days of grace: 5, 6 and 7 March cost 18 % / 365 a day, or half a thousandth."""
    overdue = [Overdue(FIRST, D(1000))]
    through = FIRST + 6 * DAY
    by_rate = replace(TERMS, penalty_rate=D("0.18"), grace_days=3)
    assert penalty_added(by_rate, overdue, FIRST, through) == D(1000) * D("0.18") * 3 / 365
    by_day = replace(TERMS, penalty_per_thousand=D("0.5"), grace_days=3)
    assert penalty_added(by_day, overdue, FIRST, through) == D("1.5")
    assert penalty_added(by_day, overdue, through - DAY, through) == D("0.5")
    assert penalty_added(by_day, overdue, FIRST, FIRST + 3 * DAY) == 0


@given(st.integers(0, 60), st.integers(0, 30), st.sampled_from(["ACT/360", "ACT/365F", "ACT/ACT ISDA", "30E/360"]))
def test_nights_add_up_to_the_whole(nights: int, grace: int, day_count: str) -> None:
    overdue = [Overdue(FIRST, D("333.33")), Overdue(FIRST + 20 * DAY, D("10.01"))]
    whole = penalty_interest(overdue, D("0.18"), FIRST + nights * DAY, grace, day_count)
    each = sum(
        penalty_interest(overdue, D("0.18"), FIRST + (n + 1) * DAY, grace, day_count, FIRST + n * DAY)
        for n in range(nights)
    )
    assert abs(whole - each) < D("1e-18")


def test_a_rebate_is_the_fee_of_the_days_not_used() -> None:
    """A fee of 40 over 120 days, repaid after 30: 90/120 of it, of which the terms give all, half or none."""
    spread = Spread(D(40), FIRST, FIRST + 120 * DAY)
    on = FIRST + 30 * DAY
    for share, back in (("1", "30.00"), ("0.5", "15.00"), ("0", "0")):
        assert rebate(spread, on, D(0), replace(TERMS, fee_rebate=D(share)), "USD") == D(back)
    all_of_it = replace(TERMS, fee_rebate=D(1))
    assert rebate(spread, FIRST + 120 * DAY, D(0), all_of_it, "USD") == 0
    assert rebate(spread, on, D(25), all_of_it, "USD") == D(15)  # what was waived goes back no second time
    assert taken_off(Parts(fee=D(10), principal=D(500)), D(30)) == Parts(fee=D(10), principal=D(20))


def test_classes_follow_the_days_and_a_platform_may_set_its_own() -> None:
    found = [(class_of(days).code, bucket_of(days)) for days in (0, 1, 90, 91, 271, 361)]
    assert found == [
        ("normal", ""), ("special_mention", "1-30"), ("special_mention", "61-90"), ("substandard", "90+"),
        ("doubtful", "90+"), ("loss", "90+"),
    ]  # fmt: skip
    assert provision(D("1000.10"), RISK_CLASSES[2], "USD") == D("250.02")
    with pytest.raises(ValueError, match="No class"):
        class_of(0, RISK_CLASSES[1:])
