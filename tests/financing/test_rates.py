"""Rates of return and the time value of money, against published vectors and against each other."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.financing import rates
from apps.financing.pricing import annualised_rate

D = Decimal
START = date(2026, 3, 1)
RATES = st.decimals("-0.5", "2", places=6)
AMOUNTS = st.decimals("0.01", "100000", places=2)
DUES = st.sampled_from(["end", "begin"])


def test_two_percent_for_thirty_days_is_27_2_a_year() -> None:
    rate = rates.xirr([(START, D(-1000)), (START + timedelta(days=30), D(1020))])
    assert (rate * 100).quantize(D("0.1")) == D("27.2")


@pytest.mark.parametrize(("fee", "days", "effective"), [(4, 60, "60.4"), (4, 90, "37.3"), (4, 180, "17.3")])
def test_a_flat_fee_repaid_by_equal_daily_payments(fee: int, days: int, effective: str) -> None:
    daily = D(100 + fee) / days
    flows = [(START, D(-100)), *((START + timedelta(days=number), daily) for number in range(1, days + 1))]
    assert (rates.xirr(flows) * 100).quantize(D("0.1")) == D(effective)


def test_the_published_advance_of_9000_with_a_fee_of_1000() -> None:
    assert rates.irr([D(-9000), *[D(50)] * 200]).quantize(D("0.00000001")) == D("0.00106781")


def test_the_rate_is_exact_where_floats_are_not() -> None:
    assert rates.xirr([(date(2025, 1, 1), D(-1000)), (date(2026, 1, 1), D("1100.1"))]) == D("0.1001")


def test_a_rate_beyond_floats_is_still_a_rate() -> None:
    tomorrow = START + timedelta(days=1)
    assert abs(rates.xirr([(START, D(-1)), (tomorrow, D(10))]) / D(10) ** 365 - 1) < D("1e-26")
    nearly_all_lost = rates.xirr([(START, D(-10)), (tomorrow, D(9)), (START + timedelta(days=300), D("0.01"))])
    assert -1 < nearly_all_lost < D("-0.99")
    assert rates.xirr([(START, D(-100)), (START + timedelta(days=73), D("0.01"))]) == D("1e-20") - 1


def test_money_that_moves_one_way_is_unbounded_and_a_total_loss_is_all_of_it() -> None:
    later = START + timedelta(days=90)
    with pytest.raises(rates.Unbounded) as out:
        rates.xirr([(START, D(-5)), (later, D(-1))])
    assert out.value.rate == D("-Infinity")
    with pytest.raises(rates.Unbounded) as came:
        rates.xirr([(START, D(5))])
    assert came.value.rate == D("Infinity")
    assert rates.xirr([(START, D(-5)), (later, D(0))]) == -1


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(START, D(0)), (START + timedelta(days=9), D(0))],
        [(START, D(-100)), (START, D(102))],
        [(START, D(-100)), (START + timedelta(days=100), D(150)), (START + timedelta(days=200), D(-100))],
    ],
    ids=["no flow", "nothing moves", "one date", "no root"],
)
def test_flows_without_a_rate_are_refused(flows: list[tuple[date, Decimal]]) -> None:
    with pytest.raises(rates.NoSolution):
        rates.xirr(flows)
    with pytest.raises(ValueError, match="rate"):
        annualised_rate(flows)


def test_nothing_has_a_value_at_minus_one() -> None:
    with pytest.raises(rates.NoSolution):
        rates.xnpv(D(-1), [(START, D(1))])
    with pytest.raises(rates.NoSolution):
        rates.xnpv(D("0.1"), [])


@given(
    AMOUNTS,
    st.lists(st.tuples(st.integers(1, 2000), AMOUNTS), min_size=1, max_size=12),
    st.sampled_from(["ACT/365F", "ACT/360", "30E/360", "ACT/ACT ISDA"]),
)
def test_at_its_rate_a_financing_is_worth_nothing(
    lent: Decimal, repaid: list[tuple[int, Decimal]], day_count: str
) -> None:
    flows = [(START, -lent), *((START + timedelta(days=days), amount) for days, amount in repaid)]
    rate = rates.xirr(flows, day_count=day_count)  # every financing has one
    assume(D("-0.99") < rate < D("1e9"))  # beyond them the 28 digits of the rate are too few for its value
    size = sum(abs(amount) for _day, amount in flows)
    assert abs(rates.xnpv(rate, flows, day_count=day_count)) <= size * D("1e-18") * max(D(1), 1 / (1 + rate)) ** 7


@given(RATES, st.lists(AMOUNTS, min_size=1, max_size=20))
def test_what_is_worth_its_price_returns_the_rate_it_was_priced_at(rate: Decimal, inflows: list[Decimal]) -> None:
    price = rates.npv(rate, inflows, first_at=1)
    found = rates.irr([-price, *inflows])
    assert abs(found - rate) < D("1e-18")


@given(RATES, AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=20))
def test_reinvested_at_its_own_rate_the_modified_return_is_the_same(
    rate: Decimal, spent: Decimal, inflows: list[Decimal]
) -> None:
    found = rates.irr([-spent, *inflows])
    assume(found > D("-0.9"))
    assert abs(rates.mirr([-spent, *inflows], rate, found) - found) < D("1e-12")


def test_one_way_flows_have_no_return() -> None:
    with pytest.raises(rates.NoSolution):
        rates.irr([D(1), D(2)])
    with pytest.raises(rates.NoSolution):
        rates.mirr([D(-1)], D("0.1"), D("0.1"))


@given(RATES, st.integers(1, 120), AMOUNTS, st.decimals(-1000, 1000, places=2), DUES)
def test_each_level_payment_is_its_interest_and_its_principal(
    rate: Decimal, periods: int, pv: Decimal, fv: Decimal, due: rates.Due
) -> None:
    count = D(periods)
    payment = rates.pmt(rate, count, pv, fv, due=due)
    numbers = [D(number) for number in range(1, periods + 1)]
    principal = [rates.ppmt(rate, number, count, pv, fv, due=due) for number in numbers]
    interest = [rates.ipmt(rate, number, count, pv, fv, due=due) for number in numbers]
    size = (1 + abs(pv) + abs(fv) + abs(payment)) * D("1e-15")
    scale = size * max(D(1), (1 + rate) ** periods, (1 + rate) ** -periods)
    assert all(abs(one + other - payment) <= scale for one, other in zip(principal, interest, strict=True))
    if due == "end":
        assert abs(pv + sum(principal) + fv) <= scale


@given(RATES.filter(bool), st.integers(1, 60), AMOUNTS, st.decimals(1, 1000, places=2), DUES)
def test_every_figure_of_a_loan_follows_from_the_others(
    rate: Decimal, periods: int, pv: Decimal, pmt: Decimal, due: rates.Due
) -> None:
    count = D(periods)
    fv = rates.fv(rate, count, pmt, pv, due=due)
    growth = max(D(1), (1 + rate) ** periods, (1 + rate) ** -periods)
    near = (abs(pv) + abs(fv) + pmt) * growth * D("1e-20") / abs(rate)
    assert abs(rates.pv(rate, count, pmt, fv, due=due) - pv) <= near
    assert abs(rates.pmt(rate, count, pv, fv, due=due) - pmt) <= near
    if rate > 0:
        assert abs(rates.nper(rate, pmt, pv, fv, due=due) - count) <= D("1e-15")


def test_the_rate_of_a_loan_is_found_again() -> None:
    payment = rates.pmt(D("0.01"), D(24), D(1000))
    assert abs(rates.rate(D(24), payment, D(1000)) - D("0.01")) < D("1e-24")
    assert rates.rate(D(10), D(-100), D(1000)) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: rates.pmt(D("0.1"), D(0), D(100)),
        lambda: rates.ipmt(D("0.1"), D(0), D(12), D(100)),
        lambda: rates.ppmt(D("0.1"), D(13), D(12), D(100)),
        lambda: rates.nper(D("0.1"), D(-5), D(100)),  # pays less than the interest: never repaid
        lambda: rates.nper(D(0), D(0), D(100)),
        lambda: rates.rate(D(12), D(400), D(10000), D(5000)),
        lambda: rates.pv(D(-1), D(3), D(1)),
    ],
)
def test_what_has_no_answer_says_so(call: Callable[[], Decimal]) -> None:
    with pytest.raises(rates.NoSolution):
        call()
