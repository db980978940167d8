"""The points table by hand."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from apps.risk.scorecard import BASE, POINTS, Record, assess, frozen, share, two_digits

D = Decimal
STEADY = Record(
    monthly=tuple(D(1000) for _month in range(12)), days_selling=400, returned=D("0.03"), cancelled=D("0.01"),
    late=D("0.05"), days_past_due=0,
)  # fmt: skip


def test_a_steady_year_earns_every_point_but_growth() -> None:
    result = assess(STEADY)
    assert result.score == BASE + 58 + 30 + 26 + 18 + 16 + 30 + 16
    assert result.grade == "A"
    assert result.limit == D(2000)  # twice the median month; a quarter of the year would be 3,000
    assert result.reasons == ()
    assert result.default_probability < D("0.01")


def test_six_hundred_points_are_odds_of_fifty_to_one() -> None:
    record = STEADY
    probability = assess(record).default_probability
    odds = (1 - probability) / probability
    expected = 50 * 2 ** ((assess(record).score - 600) / 20)
    assert abs(float(odds) / expected - 1) < 0.01


def test_reasons_name_what_costs_most_first_and_at_most_four() -> None:
    weak = replace(STEADY, returned=D("0.25"), cancelled=D("0.30"), late=D("0.5"), days_selling=30, days_past_due=5)
    result = assess(weak)
    assert result.reasons == ("days_past_due", "returned", "days_selling", "cancelled")
    assert result.grade == "" or result.limit < assess(STEADY).limit


def test_two_months_of_sales_are_too_few_for_credit() -> None:
    young = replace(STEADY, monthly=(*[D(0)] * 10, D(5000), D(5000)), days_selling=60)
    assert (assess(young).grade, assess(young).limit) == ("", D(0))
    assert "active_months" in assess(young).reasons


def test_more_than_thirty_days_past_due_is_no_credit() -> None:
    assert assess(replace(STEADY, days_past_due=31)).grade == ""


def test_a_quarter_of_the_years_inflow_caps_the_limit() -> None:
    burst = replace(STEADY, monthly=(*[D(0)] * 6, *[D(1000)] * 6))
    assert assess(burst).limit == D(1500)


def test_a_record_is_frozen_as_text() -> None:
    kept = frozen(STEADY)
    assert kept["median_month"] == "1000"
    assert not any(isinstance(value, float) for value in kept.values())


def test_limits_are_rounded_down_to_two_digits() -> None:
    assert [two_digits(D(text)) for text in ("0.99", "7.9", "48", "48999.99", "1234567")] == [0, 7, 48, 48000, 1200000]


def test_a_share_of_nothing_is_nothing() -> None:
    assert share(0, 0) == 0
    assert share(1, 3) == D("0.3333")


def test_every_attribute_has_bands_from_zero_up() -> None:
    for one in POINTS:
        assert one.starts[0] == 0
        assert list(one.starts) == sorted(set(one.starts))


records = st.builds(
    Record,
    monthly=st.lists(st.decimals(-500, 50_000, places=2), min_size=12, max_size=12).map(tuple),
    days_selling=st.integers(0, 3000), returned=st.decimals(0, 1, places=4), cancelled=st.decimals(0, 1, places=4),
    late=st.decimals(0, 1, places=4), days_past_due=st.integers(0, 200),
)  # fmt: skip


@given(records)
def test_no_record_breaks_the_rules(record: Record) -> None:
    result = assess(record)
    assert result.limit >= 0
    assert (result.limit > 0) <= bool(result.grade)
    assert 0 <= result.default_probability <= 1
    assert len(result.reasons) <= 4
    assert assess(replace(record, days_past_due=record.days_past_due + 1)).score <= result.score
