"""What money costs, against published vectors."""

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.financing.daycount import simple_interest
from apps.financing.pricing import annualised_rate, flat_fee, minimum_periods, projection, projections, receivable_cost
from apps.products.terms import SALES, Terms

D = Decimal
AT = date(2026, 1, 1)


def terms(**differing: Any) -> Terms:
    """An advance on sales that keeps 12 % of them, in yuan, without any limit."""
    usual: dict[str, Any] = {
        "product": "advance", "version": 1, "technique": SALES, "currency": "CNY", "fee_rate": D("0.04"),
        "annual_rate": D(0), "day_count": "ACT/360", "sweep_rate": D("0.12"), "advance_rate": D(1),
        "livelihood_floor": D(0), "day_cap": D(0), "minimum_share": D(0), "period_days": 0, "settlement_days": 0,
        "grace_days": 0, "minimum_amount": D(1), "maximum_amount": D(1_000_000), "expected_days": 90,
        "offer_valid_days": 14, "priority": 20,
    }  # fmt: skip
    return Terms(**(usual | differing))


@pytest.mark.parametrize(
    ("fee", "days", "simple", "effective"),
    [("4", 60, "47.3", "60.4"), ("4", 90, "31.7", "37.3"), ("4", 180, "15.9", "17.3"), ("10", 365, "19.3", "21.3")],
)
def test_flat_fees_with_equal_daily_payments(fee: str, days: int, simple: str, effective: str) -> None:
    net, cost = D("1000000"), D("10000") * D(fee)
    all_of_it = terms(sweep_rate=D(1), currency="KWD")
    one = projection(case="expected", net=net, fee=cost, daily_sales=(net + cost) / days, terms=all_of_it)
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
        terms=terms(sweep_rate=D("0.18")),
    )
    assert (one.daily, one.days) == (D("50.00"), 200)
    assert (one.simple_rate / 365).quantize(D("0.00000001")) == D("0.00106781")
    assert ((1 + one.simple_rate / 365) ** 360 - 1).quantize(D("0.0001")) == D("0.4685")


def test_slow_sales_take_longer_and_cost_less_a_year() -> None:
    slow, expected, fast = projections(net=D("1000"), fee=D("40"), daily_sales=D("100"), terms=terms())
    assert slow.days > expected.days > fast.days
    assert slow.effective_rate < expected.effective_rate < fast.effective_rate


def test_at_least_one_minor_unit_a_day() -> None:
    one = projection(case="slow", net=D("1"), fee=D("0"), daily_sales=D("0"), terms=terms(currency="JPY"))
    assert (one.daily, one.days, one.effective_rate) == (D("1"), 1, D("0"))


def test_receivable_interest_is_simple_and_the_rate_is_never_below_it() -> None:
    cost = receivable_cost(
        amount=D("1000.00"), first=date(2026, 1, 1), last=date(2026, 1, 31), terms=terms(annual_rate=D("0.12")),
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
    periods = minimum_periods(owed, terms(minimum_share=share, period_days=days), date(2026, 1, 1))
    assert sum(amount for _first, _last, amount in periods) == owed
    for (first, last, amount), following in zip(periods, [*periods[1:], None], strict=True):
        assert amount > 0
        assert (last - first).days == days - 1
        assert following is None or (following[0] - last).days == 1


@given(st.decimals(10, 100_000, places=2), st.decimals(0, 5000, places=2), st.decimals(1, 5000, places=2))
def test_the_projected_payments_repay_exactly_what_is_owed(net: Decimal, fee: Decimal, sales: Decimal) -> None:
    one = projection(case="expected", net=net, fee=fee, daily_sales=sales, terms=terms())
    assert one.daily * (one.days - 1) < net + fee <= one.daily * one.days
    assert one.effective_rate >= 0
    assert (one.effective_rate == 0) == (fee == 0) or one.effective_rate < D("0.0001")


def test_a_day_cap_and_a_floor_make_repayment_as_slow_as_the_night_will() -> None:
    """1,040 owed, 1,000 sold a day, 12 %: nine days; with at most 50 a day twenty-one; with 960 always left, 26."""
    paid = {"net": D(1000), "fee": D(40), "daily_sales": D(1000)}
    free = projection(case="expected", terms=terms(), **paid)
    capped = projection(case="expected", terms=terms(day_cap=D(50)), **paid)
    floored = projection(case="expected", terms=terms(livelihood_floor=D(960)), **paid)
    assert [(one.daily, one.days, one.last) for one in (free, capped, floored)] == [
        (D(120), 9, D(80)), (D(50), 21, D(40)), (D(40), 26, D(40)),
    ]  # fmt: skip
    assert free.effective_rate > capped.effective_rate > floored.effective_rate > 0


def test_a_limit_of_each_period_stretches_repayment_over_whole_periods() -> None:
    """1,040 owed, 120 a day, at most a quarter (260) in 30 days: 120, 120, 20, nothing until the next period, and the
    fourth ends on its third day. The rate agrees with XIRR over the days."""
    one = projection(
        case="expected",
        net=D(1000),
        fee=D(40),
        daily_sales=D(1000),
        terms=terms(maximum_share=D("0.25"), period_days=30),
    )
    assert (one.daily, one.days, one.last) == (D(120), 93, D(20))
    days = [(30 * period + day, amount) for period in range(4) for day, amount in ((1, 120), (2, 120), (3, 20))]
    start = date(2026, 1, 1)
    flows = [(start, D(-1000)), *((start + timedelta(days=day), D(amount)) for day, amount in days)]
    assert one.effective_rate == annualised_rate(flows)


def test_a_limit_that_sales_never_reach_changes_nothing() -> None:
    paid: dict[str, Any] = {"case": "expected", "net": D(1000), "fee": D(40), "daily_sales": D(10)}
    limited = terms(maximum_share=D("0.25"), period_days=30)
    assert projection(terms=limited, **paid) == projection(terms=terms(), **paid)


def test_the_paper_rounds_as_the_night_does() -> None:
    """50.00 at 3.65 % for five days is 0.025 of interest; a quarter of 10.10 is 2.525."""
    up = terms(annual_rate=D("0.0365"), day_count="ACT/365F", rounding=ROUND_HALF_UP)
    cost = receivable_cost(amount=D(50), first=date(2026, 1, 1), last=date(2026, 1, 6), terms=up)
    assert cost.charge == D("0.03")
    even = terms(annual_rate=D("0.0365"), day_count="ACT/365F")
    assert receivable_cost(amount=D(50), first=date(2026, 1, 1), last=date(2026, 1, 6), terms=even).charge == D("0.02")
    quarters = minimum_periods(D("10.10"), terms(minimum_share=D("0.25"), period_days=7, rounding=ROUND_HALF_UP), AT)
    assert [amount for _first, _last, amount in quarters] == [D("2.53"), D("2.53"), D("2.53"), D("2.51")]
