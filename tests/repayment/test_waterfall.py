"""The waterfall as an auditor would try it: by hand, in both directions, and against an oracle in fractions."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.products.terms import COMPONENTS, DEFAULT_WATERFALL, STANDINGS
from apps.repayment.waterfall import HORIZONTAL, VERTICAL, Due, Parts, allocate

D = Decimal


def test_a_payment_of_100_finishes_the_older_instalment_first() -> None:
    march = Due("past_due", Parts(penalty=D("5"), fee=D("10"), interest=D("20"), principal=D("40")))
    april = Due("past_due", Parts(penalty=D("1"), fee=D("10"), interest=D("18"), principal=D("42")))
    (to_march, to_april), left = allocate(D("100"), [march, april], DEFAULT_WATERFALL, HORIZONTAL)
    assert to_march == march.parts
    assert to_april == Parts(penalty=D("1"), fee=D("10"), interest=D("14"))
    assert left == 0


def test_vertical_finishes_a_component_across_instalments() -> None:
    march = Due("past_due", Parts(penalty=D("5"), fee=D("10"), interest=D("20"), principal=D("40")))
    april = Due("past_due", Parts(penalty=D("1"), fee=D("10"), interest=D("18"), principal=D("42")))
    (to_march, to_april), left = allocate(D("70"), [march, april], DEFAULT_WATERFALL, VERTICAL)
    assert to_march == Parts(penalty=D("5"), fee=D("10"), interest=D("20"), principal=D("6"))
    assert to_april == Parts(penalty=D("1"), fee=D("10"), interest=D("18"))
    assert left == 0


def test_past_due_comes_before_due_and_due_before_money_in_advance() -> None:
    dues = [
        Due("in_advance", Parts(principal=D("50"))),
        Due("due", Parts(principal=D("50"))),
        Due("past_due", Parts(principal=D("50"))),
    ]
    paid, left = allocate(D("120"), dues, DEFAULT_WATERFALL)
    assert [parts.principal for parts in paid] == [D("20"), D("50"), D("50")]
    assert left == 0


def test_the_waterfall_is_data_principal_first_if_the_product_says_so() -> None:
    order = [f"{standing}_{component}" for standing in STANDINGS for component in reversed(COMPONENTS)]
    (paid,), _left = allocate(D("45"), [Due("due", Parts(interest=D("20"), principal=D("40")))], order)
    assert paid == Parts(interest=D("5"), principal=D("40"))


def test_what_nobody_is_owed_is_left_over() -> None:
    (paid,), left = allocate(D("45"), [Due("due", Parts(fee=D("2"), principal=D("40")))], DEFAULT_WATERFALL)
    assert paid.total == D("42")
    assert left == D("3")


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        allocate(D("-1"), [Due("due", Parts(principal=D("1")))], DEFAULT_WATERFALL)
    with pytest.raises(ValueError, match="not a step"):
        allocate(D("1"), [Due("due", Parts(principal=D("1")))], ["due_tip"])


amounts = st.decimals(min_value=0, max_value=10_000, places=2)
dues = st.lists(
    st.builds(Due, st.sampled_from(STANDINGS), st.builds(Parts, amounts, amounts, amounts, amounts)), max_size=6
)


@settings(max_examples=400)
@given(amounts, dues, st.permutations(DEFAULT_WATERFALL), st.sampled_from([HORIZONTAL, VERTICAL]))
def test_nothing_is_made_lost_or_paid_twice(payment: Decimal, owed: list[Due], waterfall: list[str], mode: str) -> None:
    paid, left = allocate(payment, owed, waterfall, mode)
    assert sum((parts.total for parts in paid), left) == payment
    for due, parts in zip(owed, paid, strict=True):
        for component in COMPONENTS:
            assert 0 <= getattr(parts, component) <= getattr(due.parts, component)
    if left:
        assert sum(due.parts.total for due in owed) == payment - left


@settings(max_examples=400)
@given(amounts, dues, st.permutations(DEFAULT_WATERFALL))
def test_vertical_agrees_with_an_independent_oracle_in_fractions(
    payment: Decimal, owed: list[Due], waterfall: list[str]
) -> None:
    left = Fraction(payment)
    expected = [dict.fromkeys(COMPONENTS, Fraction(0)) for _due in owed]
    for step in waterfall:
        standing, component = step.rsplit("_", 1)
        for place, due in enumerate(owed):
            if due.standing == standing:
                share = min(left, Fraction(getattr(due.parts, component)))
                expected[place][component] += share
                left -= share
    paid, rest = allocate(payment, owed, waterfall, VERTICAL)
    assert Fraction(rest) == left
    assert [{name: Fraction(getattr(parts, name)) for name in COMPONENTS} for parts in paid] == expected


def oracle(
    payment: Fraction, owed: list[Due], waterfall: list[str], mode: str
) -> tuple[list[dict[str, Fraction]], Fraction]:
    """The waterfall told by sorting: every claim of every instalment gets a place in the queue, and is paid in turn."""
    places = {step: number for number, step in enumerate(waterfall)}
    standings = list(dict.fromkeys(step.rsplit("_", 1)[0] for step in waterfall))

    def turn(claim: tuple[int, str]) -> tuple[int, ...]:
        instalment, component = claim
        step = places[f"{owed[instalment].standing}_{component}"]
        if mode == VERTICAL:
            return (step, instalment)
        return (standings.index(owed[instalment].standing), instalment, step)

    paid = [dict.fromkeys(COMPONENTS, Fraction(0)) for _due in owed]
    for instalment, component in sorted(((n, c) for n in range(len(owed)) for c in COMPONENTS), key=turn):
        share = min(payment, Fraction(getattr(owed[instalment].parts, component)))
        paid[instalment][component] = share
        payment -= share
    return paid, payment


def agree_with_the_oracle(cases: int, seed: int) -> None:
    chance = Random(seed)
    for _case in range(cases):
        owed = [
            Due(
                chance.choice(STANDINGS),
                Parts(*(D(chance.choice((0, chance.randrange(1_000_000)))) / 100 for _ in COMPONENTS)),
            )
            for _number in range(chance.randrange(7))
        ]
        waterfall = chance.sample(DEFAULT_WATERFALL, len(DEFAULT_WATERFALL))
        payment, mode = D(chance.randrange(4_000_000)) / 100, chance.choice((HORIZONTAL, VERTICAL))
        paid, left = allocate(payment, owed, waterfall, mode)
        expected, rest = oracle(Fraction(payment), owed, waterfall, mode)
        assert Fraction(left) == rest, (payment, owed, waterfall, mode)
        told = [{name: Fraction(getattr(parts, name)) for name in COMPONENTS} for parts in paid]
        assert told == expected, (payment, owed, waterfall, mode)


def test_both_directions_agree_with_an_oracle_that_sorts() -> None:
    agree_with_the_oracle(3_000, seed=4)


@pytest.mark.soak
def test_both_directions_agree_with_an_oracle_that_sorts_a_hundred_thousand_times() -> None:
    agree_with_the_oracle(100_000, seed=20260101)
