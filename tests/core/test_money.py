"""Money in minor units: one rounding, one splitting."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import LIMIT, is_currency, is_payable, quantum, round_money, split

D = Decimal
CURRENCIES = st.sampled_from(["JPY", "CNY", "BRL", "KWD"])
WEIGHTS = st.lists(st.decimals(min_value=0, max_value=10**9, places=4), min_size=1, max_size=12).filter(any)


@st.composite
def amounts(draw: st.DrawFn) -> tuple[Decimal, str]:
    currency = draw(CURRENCIES)
    units = draw(st.integers(min_value=-(10**12), max_value=10**12))
    return units * quantum(currency), currency


@pytest.mark.parametrize(("currency", "smallest"), [("JPY", "1"), ("CNY", "0.01"), ("BRL", "0.01"), ("KWD", "0.001")])
def test_each_currency_has_its_own_smallest_amount(currency: str, smallest: str) -> None:
    assert quantum(currency) == D(smallest)


@pytest.mark.parametrize("code", ["", "cny", "RMB", "EURO", "€"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="is not an ISO 4217 currency code"):
        quantum(code)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "CNY", "0.00"),
        ("0.015", "CNY", "0.02"),
        ("0.025", "CNY", "0.02"),
        ("-0.025", "CNY", "-0.02"),
        ("2.5", "JPY", "2"),
        ("3.5", "JPY", "4"),
        ("1.0005", "KWD", "1.000"),
        ("1.0015", "KWD", "1.002"),
    ],
)
def test_halves_go_to_the_even_neighbour(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(D(amount), currency)) == rounded


def test_a_product_may_round_halves_up() -> None:
    assert round_money(D("0.025"), "CNY", ROUND_HALF_UP) == D("0.03")


@pytest.mark.parametrize(
    ("amount", "currency", "payable"),
    [
        ("1.00", "CNY", True),
        ("1.000", "CNY", True),
        ("1.001", "CNY", False),
        ("1.001", "KWD", True),
        ("1.5", "JPY", False),
        ("-3", "JPY", True),
        ("NaN", "CNY", False),
        ("Infinity", "CNY", False),
        (str(LIMIT), "CNY", False),
        (str(LIMIT - D("0.01")), "CNY", True),
        ("1E+40", "CNY", False),
    ],
)
def test_whether_an_amount_can_be_paid(amount: str, currency: str, payable: bool) -> None:
    assert is_payable(D(amount), currency) is payable


@pytest.mark.parametrize(
    ("total", "weights", "currency", "shares"),
    [
        ("100.00", "1 1 1", "CNY", "33.34 33.33 33.33"),
        ("0.05", "1 1", "CNY", "0.03 0.02"),
        ("0.01", "1 2 3", "CNY", "0.00 0.00 0.01"),
        ("-0.05", "1 1", "CNY", "-0.03 -0.02"),
        ("100", "1 1 1", "JPY", "34 33 33"),
        ("1.000", "0.5 0.25 0.25", "KWD", "0.500 0.250 0.250"),
        ("7.00", "0 3 0", "CNY", "0.00 7.00 0.00"),
        ("0.00", "1 2", "CNY", "0.00 0.00"),
    ],
)
def test_a_split_as_one_would_do_it_on_paper(total: str, weights: str, currency: str, shares: str) -> None:
    parts = split(D(total), [D(weight) for weight in weights.split()], currency)
    assert parts == [D(share) for share in shares.split()]


@given(amounts(), WEIGHTS)
def test_a_split_conserves_the_total_and_strays_less_than_one_unit(
    money: tuple[Decimal, str], weights: list[Decimal]
) -> None:
    total, currency = money
    shares = split(total, weights, currency)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert is_payable(share, currency)
        assert share * total >= 0
        exact = Fraction(total) * Fraction(weight) / sum(map(Fraction, weights))
        assert abs(Fraction(share) - exact) < Fraction(quantum(currency))
        assert weight or not share


@pytest.mark.parametrize(
    ("total", "weights", "why"),
    [
        ("0.005", ["1"], "whole number of minor units"),
        ("NaN", ["1"], "whole number of minor units"),
        ("1.00", [], "at least one must be positive"),
        ("1.00", ["0", "0"], "at least one must be positive"),
        ("1.00", ["2", "-1"], "must not be negative"),
    ],
)
def test_what_cannot_be_split_is_refused_with_a_reason(total: str, weights: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        split(D(total), [D(weight) for weight in weights], "CNY")
