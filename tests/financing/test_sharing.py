"""How pools share a financing: to the cent, pro rata and first-loss."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import ZERO
from apps.financing.sharing import (
    FixedShare,
    Holding,
    Part,
    earned,
    fixed_of,
    lost,
    most_within,
    recovered,
    repaid,
    rest_of,
)

D = Decimal


def even(*amounts: str, first_loss: int | None = None) -> list[Holding]:
    return [Holding(D(one), D(one), is_first_loss=place == first_loss) for place, one in enumerate(amounts)]


def test_who_puts_in_what() -> None:
    fixed = fixed_of(D("1000.01"), [FixedShare(7, D("0.1"), True)], "CNY")
    assert fixed == [Part(7, D("100.00"), True)]
    assert rest_of(D("900.01"), [(1, D(2)), (2, D(1))], "CNY") == [Part(1, D("600.01")), Part(2, D("300.00"))]
    assert fixed_of(D("0.05"), [FixedShare(7, D("0.1"))], "CNY") == []


def test_what_comes_back_goes_where_it_is_out() -> None:
    holdings = even("60", "40")
    assert repaid(holdings, D("0.01"), "CNY") == [D("0.01"), ZERO]
    assert repaid(holdings, D(100), "CNY") == [60, 40]
    assert repaid([Holding(D(60), D(10)), Holding(D(40), D("6.66"))], D("-83.34"), "CNY") == [-50, D("-33.34")]
    with pytest.raises(ValueError, match="cannot be shared"):
        repaid(holdings, D("100.01"), "CNY")


def test_first_loss_bears_it_first_and_is_made_good_last() -> None:
    """A hundred, of which the third pool bears the first ten; 25 are lost, then 12 come back, then 20 more.

                        first   second   first-loss
    put in                 60       30           10
    lost 25                10        5           10
    recovered 12            8        4            -
    recovered 20         2+4.20   1+2.10    10+0.70   7 more than was lost: by what each put in
    """
    before = even("60", "30", "10", first_loss=2)
    gone = lost(before, D(25), "CNY")
    assert gone == [10, 5, 10]
    after = [one._replace(principal=one.principal - part, lost=part) for one, part in zip(before, gone, strict=True)]
    once = recovered(after, D(12), "CNY")
    assert once == [8, 4, 0]
    after = [one._replace(recovered=part) for one, part in zip(after, once, strict=True)]
    assert recovered(after, D(20), "CNY") == [D("6.20"), D("3.10"), D("10.70")]


def test_what_was_recovered_is_taken_back_from_the_first_loss_first() -> None:
    """Of the same hundred, 32 of the 25 lost were recovered, of which 20 bounce: 7 that went beyond all that was lost,
    the first loss of 10, and 3 of what made good the others. What stays is as if only 12 had ever come."""
    found = [D("14.20"), D("7.10"), D("10.70")]
    after = [
        Holding(D(put_in), ZERO, lost=D(gone), recovered=part, is_first_loss=put_in == 10)
        for put_in, gone, part in zip((60, 30, 10), (10, 5, 10), found, strict=True)
    ]
    back = recovered(after, D(-20), "CNY")
    assert back == [D("-6.20"), D("-3.10"), D("-10.70")]
    assert [one + part for one, part in zip(found, back, strict=True)] == [8, 4, 0]
    assert recovered(after, D(-32), "CNY") == [-one for one in found]
    with pytest.raises(ValueError, match="cannot be shared"):
        recovered(after, D("-32.01"), "CNY")


amounts = st.lists(st.integers(1, 100_000), min_size=2, max_size=4)


@given(amounts, st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 300)), max_size=40), st.integers(0, 3))
def test_a_life_of_payments_leaves_everybody_with_their_due(
    parts: list[int], payments: list[tuple[int, int]], first_loss: int
) -> None:
    """However it is repaid: nobody gets more than their part, everybody their share of the income to the cent."""
    holdings = even(*(str(D(one) / 100) for one in parts), first_loss=first_loss)
    whole = sum((one.amount for one in holdings), ZERO)
    for cents, fee in payments:
        principal = min(D(cents) / 100, sum((one.principal for one in holdings), ZERO))
        back, income = repaid(holdings, principal, "CNY"), earned(holdings, D(fee) / 100, "CNY")
        assert (sum(back), sum(income)) == (principal, D(fee) / 100)
        assert min(*back, *income) >= 0
        holdings = [
            one._replace(principal=one.principal - paid, income=one.income + more)
            for one, paid, more in zip(holdings, back, income, strict=True)
        ]
    total = sum((one.income for one in holdings), ZERO)
    for one in holdings:
        assert one.principal >= 0
        assert abs(one.income - total * one.amount / whole) < D("0.03")
    rest = sum((one.principal for one in holdings), ZERO)
    assert lost(holdings, rest, "CNY") == [one.principal for one in holdings]
    undone = earned(holdings, -total, "CNY")
    assert [-one for one in undone] == [one.income for one in holdings]


@given(amounts, st.integers(0, 400_000), st.integers(0, 3))
def test_losses_are_shared_to_the_cent_and_never_beyond_a_part(parts: list[int], cents: int, first_loss: int) -> None:
    holdings = even(*(str(D(one) / 100) for one in parts), first_loss=first_loss)
    amount = min(D(cents) / 100, sum((one.principal for one in holdings), ZERO))
    gone = lost(holdings, amount, "CNY")
    assert sum(gone) == amount
    for place, (one, part) in enumerate(zip(holdings, gone, strict=True)):
        assert 0 <= part <= one.principal
        if place != first_loss and first_loss < len(holdings) and part:
            assert gone[first_loss] == holdings[first_loss].principal


@given(
    st.lists(st.integers(0, 40), max_size=2),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.lists(st.integers(0, 200_000), min_size=5, max_size=5),
    st.one_of(st.none(), st.integers(0, 200_000)),
)
def test_the_most_that_fits_fits_and_little_more_would(
    shares: list[int], weights: list[int], rooms: list[int], planned: int | None
) -> None:
    fixed = [FixedShare(at, D(share) / 100) for at, share in enumerate(shares) if share]
    way = [(10 + at, D(weight)) for at, weight in enumerate(weights)]
    left = {pool: D(room) / 100 for pool, room in zip([0, 1, 10, 11, 12], rooms, strict=True)}
    most = None if planned is None else D(planned) / 100

    def fits(amount: D) -> bool:
        parts = fixed_of(amount, fixed, "CNY")
        rest = amount - sum((one.amount for one in parts), D(0))
        return (most is None or rest <= most) and all(
            one.amount <= left[one.pool] for one in [*parts, *rest_of(rest, way, "CNY")]
        )

    found = most_within(left, fixed, way, most, "CNY")
    assert found >= 0
    assert fits(found)
    spare = D("0.01") * (len(fixed) + 2) * (1 + sum(weights)) * 10
    assert not fits(found + spare) or (found == 0 and not fits(spare))
