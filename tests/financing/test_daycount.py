"""Day counts against published figures, and what must hold for any dates."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.financing.daycount import DAY_COUNTS, count_days, simple_interest, year_fraction

D = Decimal
DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))
# What counts each day of the calendar alike, so that two periods in a row are as long as both together.
ADDITIVE = ("ACT/360", "ACT/364", "ACT/365F", "ACT/365.25", "ACT/366", "ACT/ACT ISDA", "NL/360", "NL/365", "30E/360")


@pytest.mark.parametrize(
    ("day_count", "start", "end", "share"),
    [
        ("ACT/360", date(2026, 1, 31), date(2026, 3, 1), "29/360"),
        ("ACT/365F", date(2024, 1, 1), date(2025, 1, 1), "366/365"),  # a leap year is longer than a year
        ("ACT/ACT ISDA", date(2024, 1, 1), date(2025, 1, 1), "1"),
        ("ACT/ACT ISDA", date(2003, 11, 1), date(2004, 5, 1), "66491/133590"),  # 61/365 + 121/366
        ("30/360 US", date(2026, 1, 31), date(2026, 2, 28), "28/360"),
        ("30/360 US", date(2026, 2, 28), date(2026, 3, 31), "30/360"),
        ("30E/360", date(2026, 1, 31), date(2026, 2, 28), "28/360"),
        ("30E/360", date(2026, 2, 28), date(2026, 3, 31), "32/360"),
        ("30E/360 ISDA", date(2026, 1, 31), date(2026, 2, 28), "30/360"),
        ("30E+/360", date(2026, 1, 30), date(2026, 3, 31), "61/360"),
        ("BUSINESS/252", date(2026, 2, 13), date(2026, 2, 18), "1/252"),  # Friday; Carnival until Tuesday
        ("ACT/ACT ISMA", date(2003, 11, 1), date(2004, 5, 1), "1/2"),  # without a reference a period is its own
    ],
)
def test_the_terms_that_a_product_may_have(day_count: str, start: date, end: date, share: str) -> None:
    assert year_fraction(start, end, day_count) == Fraction(share)


def test_thirty_day_months_count_the_real_days_of_a_broken_period() -> None:
    assert count_days(date(2026, 3, 17), date(2026, 4, 1), "30E/360") == 14
    assert count_days(date(2026, 3, 17), date(2026, 4, 1), "ACT/360") == 15


def test_the_last_february_of_a_contract_is_not_thirty_days_long() -> None:
    start, end = date(2011, 8, 31), date(2012, 2, 29)
    assert count_days(start, end, "30E/360 ISDA") == 180
    assert count_days(start, end, "30E/360 ISDA", termination=end) == 179


def test_a_long_first_coupon_is_measured_by_the_coupon_periods_before_it() -> None:
    share = year_fraction(
        date(2002, 8, 15), date(2003, 7, 15), "ACT/ACT ISMA", reference=(date(2003, 1, 15), date(2003, 7, 15))
    )
    assert share == Fraction(1, 2) + Fraction(153, 184) / 2


def test_a_last_coupon_runs_on_into_the_coupon_period_after_it() -> None:
    share = year_fraction(
        date(1999, 11, 30), date(2000, 4, 30), "ACT/ACT ISMA", reference=(date(1999, 11, 30), date(2000, 2, 29))
    )
    assert share == Fraction(1, 4) + Fraction(61, 92) / 4  # from month's end to month's end


def test_a_year_by_the_french_count_goes_back_to_the_end_of_february() -> None:
    assert year_fraction(date(2012, 2, 29), date(2015, 2, 28), "ACT/ACT AFB") == 3
    assert year_fraction(date(2012, 2, 28), date(2015, 2, 28), "ACT/ACT AFB") == 3 + Fraction(1, 365)


def test_months_of_consumer_credit_run_from_month_end_to_month_end() -> None:
    assert year_fraction(date(2026, 1, 31), date(2026, 4, 30), "EU 2008/48/EC MONTH") == Fraction(3, 12)
    assert year_fraction(date(2026, 1, 30), date(2026, 4, 30), "EU 2008/48/EC MONTH") == Fraction(3, 12)
    assert year_fraction(date(2026, 1, 1), date(2026, 1, 20), "EU 2008/48/EC WEEK") == Fraction(2, 52) + Fraction(
        5, 365
    )


def test_an_unknown_day_count_is_refused() -> None:
    with pytest.raises(KeyError):
        year_fraction(date(2026, 1, 1), date(2026, 2, 1), "ACT/ROUGHLY")
    with pytest.raises(KeyError):
        simple_interest(D(1), D("0.1"), date(2026, 1, 1), date(2026, 1, 2), "ACT/ROUGHLY")


@given(st.sampled_from(ADDITIVE), st.lists(DATES, min_size=3, max_size=3))
def test_two_periods_in_a_row_are_as_long_as_both_together(day_count: str, dates: list[date]) -> None:
    first, second, third = sorted(dates)
    parts = year_fraction(first, second, day_count) + year_fraction(second, third, day_count)
    assert parts == year_fraction(first, third, day_count)


@given(st.sampled_from(sorted(set(DAY_COUNTS) - {"1/1", "BUSINESS/252"})), DATES, DATES)
def test_a_share_of_a_year_is_near_the_actual_days_and_turns_with_the_dates(name: str, start: date, end: date) -> None:
    share = year_fraction(start, end, name)
    assert abs(share - Fraction((end - start).days, 365)) < Fraction(8, 365) + abs(share) / 50
    assert year_fraction(end, start, name) == -share


@example("30E+/360", date(2020, 1, 31))  # a 31st is the first of the next month, but not here
@given(st.sampled_from(sorted(DAY_COUNTS)), st.dates(date(2020, 1, 1), date(2026, 1, 1)))
def test_no_time_passes_within_a_date(day_count: str, day: date) -> None:
    expected = 1 if day_count == "1/1" else 0  # 1/1 is one whatever the dates
    assert year_fraction(day, day, day_count) == count_days(day, day, day_count) == expected


@given(st.sampled_from(sorted(DAY_COUNTS)), st.integers(0, 400))
def test_more_days_are_never_less_of_a_year(day_count: str, number: int) -> None:
    start = date(2023, 8, 31)
    end = start + timedelta(days=number)
    # The 31st may count as the 30th did, so a day may add nothing; under ACT/365 a leap day makes the year longer.
    slack = Fraction(1, 300) if day_count in ("ACT/365 ACTUAL", "ACT/ACT AFB", "ACT/ACT YEARFRAC") else 0
    before = year_fraction(start, end, day_count)
    assert year_fraction(start, end + timedelta(days=1), day_count) >= before - slack


def test_interest_of_one_night_is_a_day_of_the_year_it_lies_in() -> None:
    night = simple_interest(D(366000), D("0.1"), date(2024, 5, 1), date(2024, 5, 2), "ACT/ACT ISDA")
    assert night == D(100)


@pytest.mark.parametrize("day_count", ["ACT/360", "ACT/365F", "ACT/ACT ISDA", "30/360 US", "30E/360"])
def test_the_nights_together_make_the_interest_of_the_whole_period(day_count: str) -> None:
    began, days = date(2023, 12, 31), 800
    nights = [began + timedelta(days=number) for number in range(days + 1)]
    total = sum(
        simple_interest(D(1000), D("0.12"), first, last, day_count, since=began) for first, last in pairwise(nights)
    )
    whole = simple_interest(D(1000), D("0.12"), began, nights[-1], day_count)
    assert abs(total - whole) < D("1e-20")
    assert whole > 250


def test_without_the_date_it_began_thirty_day_interest_of_single_nights_falls_short() -> None:
    """The control of the test above: 30/360 US does not add up night by night."""
    first, last = date(2026, 2, 1), date(2026, 3, 1)
    nights = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert sum(count_days(*pair, "30/360 US") for pair in pairwise(nights)) == 28
    assert count_days(first, last, "30/360 US") == 30
