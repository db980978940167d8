"""What money costs, against published vectors."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.financing.daycount import simple_interest
from apps.financing.pricing import annualised_rate, flat_fee, minimum_periods, projection, projections, receivable_cost

D = Decimal


@pytest.mark.parametrize(
    ("fee", "days", "simple", "effective"),
    [("4", 60, "47.3", "60.4"), ("4", 90, "31.7", "37.3"), ("4", 180, "15.9", "17.3"), ("10", 365, "19.3", "21.3")],
)
def test_flat_fees_with_equal_daily_payments(fee: str, days: int, simple: str, effective: str) -> None:
    net, cost = D("1000000"), D("10000") * D(fee)
    one = projection(
        case="expected", net=net, fee=cost, daily_sales=(net + cost) / days, sweep_rate=D(1), currency="KWD"
    )
    assert (one.simple_rate * 100).quantize(D("0.1")) == D(simple)
    assert (one.effective_rate * 100).quantize(D("0.1")) == D(effective)


def test_two_percent_bullet_for_thirty_days() -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    rate = annualised_rate([(first, D("-1000")), (last, D("1020"))])
    assert (rate * 100).quantize(D("0.1")) == D("27.2")


def test_the_published_advance_of_9000_with_a_fee_of_1000() -> None:
    one = projection(
        case="expected",
        net=D("9000"),
        fee=D("1000"),
        daily_sales=D("100000") / 360,
        sweep_rate=D("0.18"),
        currency="CNY",
    )
    assert (one.daily, one.days) == (D("50.00"), 200)
    assert (one.simple_rate / 365).quantize(D("0.00000001")) == D("0.00106781")
    assert ((1 + one.simple_rate / 365) ** 360 - 1).quantize(D("0.0001")) == D("0.4685")


def test_slow_sales_take_longer_and_cost_less_a_year() -> None:
    slow, expected, fast = projections(
        net=D("1000"), fee=D("40"), daily_sales=D("100"), sweep_rate=D("0.12"), currency="CNY"
    )
    assert slow.days > expected.days > fast.days
    assert slow.effective_rate < expected.effective_rate < fast.effective_rate


def test_at_least_one_minor_unit_a_day() -> None:
    one = projection(case="slow", net=D("1"), fee=D("0"), daily_sales=D("0"), sweep_rate=D("0.12"), currency="JPY")
    assert (one.daily, one.days, one.effective_rate) == (D("1"), 1, D("0"))


def test_receivable_interest_is_simple_and_the_rate_is_never_below_it() -> None:
    cost = receivable_cost(
        amount=D("1000.00"), annual_rate=D("0.12"), first=date(2026, 1, 1), last=date(2026, 1, 31),
        day_count="ACT/360", currency="CNY",
    )  # fmt: skip
    assert (cost.charge, cost.total) == (D("10.00"), D("1010.00"))
    assert cost.annualised_rate > D("0.12")


def test_interest_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        simple_interest(D("1"), D("0.1"), date(2026, 1, 2), date(2026, 1, 1), "ACT/360")


def test_a_fee_is_rounded_once() -> None:
    assert flat_fee(D("1234.56"), D("0.035"), "CNY", ROUND_HALF_EVEN) == D("43.21")
    assert flat_fee(D("1250"), D("0.0002"), "JPY", ROUND_HALF_EVEN) == D("0")


@given(
    st.decimals(1, 100_000, places=2), st.decimals("0.01", 1, places=2), st.integers(1, 120),
)  # fmt: skip
def test_minimum_periods_ask_for_all_that_is_owed_and_no_more(owed: Decimal, share: Decimal, days: int) -> None:
    periods = minimum_periods(owed=owed, share=share, period_days=days, start=date(2026, 1, 1), currency="CNY")
    assert sum(amount for _first, _last, amount in periods) == owed
    for (first, last, amount), following in zip(periods, [*periods[1:], None], strict=True):
        assert amount > 0
        assert (last - first).days == days - 1
        assert following is None or (following[0] - last).days == 1


@given(st.decimals(10, 100_000, places=2), st.decimals(0, 5000, places=2), st.decimals(1, 5000, places=2))
def test_the_projected_payments_repay_exactly_what_is_owed(net: Decimal, fee: Decimal, sales: Decimal) -> None:
    one = projection(case="expected", net=net, fee=fee, daily_sales=sales, sweep_rate=D("0.12"), currency="CNY")
    assert one.daily * (one.days - 1) < net + fee <= one.daily * one.days
    assert one.effective_rate >= 0
    assert (one.effective_rate == 0) == (fee == 0) or one.effective_rate < D("0.0001")
