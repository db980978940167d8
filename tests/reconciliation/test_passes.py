"""The passes of matching as an auditor would try them by hand, and the promises that hold for any input."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reconciliation.passes import Item, Match, Outcome, Rule, match
from apps.reconciliation.passes.covering import MOST_STEPS, covers_of

D = Decimal
DAY = date(2025, 3, 14)
REFERENCE = Rule("reference", "exact reference")
EXACT = Rule("amount", "exact amount and date")
LATE = Rule("amount", "a few days late", days=5)
NEAR = Rule("amount", "near amount", share=D("0.01"), days=5)
COVERING = Rule("covering", "covering set", days=7)
SIMILAR = Rule("similar", "similar words", accepts=False, share=D("0.1"), days=5)
ALL = (REFERENCE, EXACT, LATE, COVERING, SIMILAR)


def item(key: str, amount: str, day: int = 0, **facts: Any) -> Item:
    return Item(key, facts.pop("account", "collection"), "CNY", D(amount), DAY + timedelta(days=day), **facts)


def pairs_of(found: tuple[Match, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.lines, one.expected) for one in found]


def test_a_reference_finds_its_movement_whatever_the_date() -> None:
    done = match(lines=[item("l", "500", 30, reference="R1")], expected=[item("e", "500", reference="R1")], rules=ALL)
    assert pairs_of(done.accepted) == [(("l",), ("e",))]
    assert (done.lines_left, done.expected_left) == ((), ())


@pytest.mark.parametrize("amount", ["499.99", "500.01"])
def test_a_surplus_is_no_more_accepted_than_a_shortfall(amount: str) -> None:
    done = match(lines=[item("l", amount, reference="R1")], expected=[item("e", "500", reference="R1")], rules=ALL)
    assert done.accepted == ()
    assert [(one.rule, one.difference) for one in done.suggested] == [("exact reference", D(amount) - 500)]
    assert [one.key for one in (*done.lines_left, *done.expected_left)] == ["l", "e"]


def test_money_out_does_not_pay_for_money_in() -> None:
    done = match(lines=[item("l", "-500")], expected=[item("e", "500")], rules=ALL)
    assert (done.accepted, done.suggested) == ((), ())


def test_the_same_amount_on_another_account_or_in_another_currency_is_other_money() -> None:
    foreign = Item("f", "collection", "USD", D(500), DAY)
    done = match(lines=[item("l", "500", account="funding"), foreign], expected=[item("e", "500")], rules=ALL)
    assert (done.accepted, done.suggested) == ((), ())


def test_a_reference_on_two_lines_names_neither() -> None:
    twice = [item("l1", "500", reference="R1"), item("l2", "500", reference="R1")]
    done = match(lines=twice, expected=[item("e", "500", reference="R1")], rules=ALL)
    assert done.accepted == ()
    assert {one.alike for one in done.suggested} == {2}


def test_a_line_of_a_payment_that_was_confirmed_before_is_not_handed_to_another_of_its_amount() -> None:
    again, waiting = item("l", "-80", reference="P1"), item("e", "-80", reference="P2")
    assert match(lines=[again], expected=[waiting], rules=ALL, spoken_for={"P1"}).accepted == ()
    assert len(match(lines=[again], expected=[waiting], rules=ALL).accepted) == 1  # the bank's own number otherwise


def test_an_expected_movement_whose_reference_a_line_carries_is_not_given_to_a_line_without_one() -> None:
    lines = [item("wrong", "90", reference="R1"), item("stranger", "100")]
    done = match(lines=lines, expected=[item("e", "100", reference="R1")], rules=ALL)
    assert done.accepted == ()


@pytest.mark.parametrize(("days", "accepted"), [(0, True), (5, True), (6, False), (-5, True), (-6, False)])
def test_the_window_of_days_counts_both_ways_and_includes_its_last_day(days: int, accepted: bool) -> None:
    done = match(lines=[item("l", "70", days)], expected=[item("e", "70", reference="R")], rules=ALL)
    assert bool(done.accepted) is accepted


@pytest.mark.parametrize(
    ("amount", "accepted"), [("99.00", True), ("101.00", True), ("98.99", False), ("101.01", False)]
)
def test_the_share_is_one_of_the_expected_amount(amount: str, accepted: bool) -> None:
    done = match(lines=[item("l", amount)], expected=[item("e", "100")], rules=[NEAR])
    assert [one.difference for one in done.accepted] == ([D(amount) - 100] if accepted else [])


def test_two_candidates_alike_are_shown_and_not_chosen_between() -> None:
    done = match(lines=[item("l", "100")], expected=[item("e1", "100"), item("e2", "100")], rules=ALL)
    assert done.accepted == ()
    assert {one.alike for one in done.suggested} == {2}
    done = match(lines=[item("l1", "100"), item("l2", "100")], expected=[item("e", "100")], rules=ALL)
    assert done.accepted == ()


def test_the_party_tells_two_alike_apart() -> None:
    lines = [item("l1", "100", party="Lin"), item("l2", "100", party="Hart")]
    expected = [item("e1", "100", party="Hart"), item("e2", "100", party="Lin")]
    done = match(lines=lines, expected=expected, rules=ALL)
    assert sorted(pairs_of(done.accepted)) == [(("l1",), ("e2",)), (("l2",), ("e1",))]


def test_one_line_covers_several_movements_and_several_lines_one() -> None:
    parts = [item("a", "100.10"), item("b", "250.20", 3), item("c", "33.33", -7), item("other", "1.00")]
    done = match(lines=[item("l", "350.30")], expected=parts, rules=[COVERING])
    assert pairs_of(done.accepted) == [(("l",), ("a", "b"))]
    done = match(lines=parts, expected=[item("e", "383.63")], rules=[COVERING])
    assert pairs_of(done.accepted) == [(("a", "b", "c"), ("e",))]


@pytest.mark.parametrize(("number", "accepted"), [(12, True), (13, False)])
def test_a_covering_set_has_at_most_twelve_items(number: int, accepted: bool) -> None:
    parts = [item(f"e{place:02}", str(2**place)) for place in range(number)]
    done = match(lines=[item("l", str(2**number - 1))], expected=parts, rules=[COVERING])
    assert bool(done.accepted) is accepted


def test_a_part_that_lies_eight_days_away_is_no_part() -> None:
    parts = [item("a", "10"), item("b", "20", 8)]
    assert match(lines=[item("l", "30")], expected=parts, rules=[COVERING]).accepted == ()


def test_two_sets_that_cover_alike_and_two_lines_that_want_one_set_are_left_to_a_person() -> None:
    parts = [item("a", "10"), item("b", "20"), item("c", "5"), item("d", "25")]
    done = match(lines=[item("l", "30")], expected=parts, rules=[COVERING])
    assert done.accepted == ()
    assert done.suggested[0].alike == 2
    done = match(lines=[item("l1", "30"), item("l2", "30")], expected=parts[:2], rules=[COVERING])
    assert done.accepted == ()
    assert len(done.suggested) == 2


def test_a_search_without_end_ends_undecided_and_accepts_nothing() -> None:
    amounts = [D(2 * number) for number in range(10_001, 10_041)]  # even amounts never make an odd sum
    assert covers_of(D(120_001), amounts, 12) == covers_of(D(120_001), amounts, 12)
    assert covers_of(D(120_001), amounts, 12).undecided
    assert MOST_STEPS < 100_000
    crowd = [item(f"e{number:03}", str(100 + number)) for number in range(300)]
    assert match(lines=[item("l", "1200")], expected=crowd, rules=[COVERING]).suggested == ()


def test_similar_words_only_ever_suggest() -> None:
    line = item("l", "97.00", text="Transfer LIN ORCHARDS spring apples")
    expected = [item("e", "100", text="Lin Orchards spring apples"), item("f", "100", text="Hart Vegetables")]
    done = match(lines=[line], expected=expected, rules=ALL)
    assert done.accepted == ()
    assert [(one.expected, one.difference) for one in done.suggested] == [(("e",), D("-3.00"))]
    with pytest.raises(ValueError, match="only ever suggest"):
        Rule("similar", "too sure")


@pytest.mark.parametrize(
    "facts", [{"share": D("0.2")}, {"share": D("-0.01")}, {"days": 400}, {"days": -1}, {"most_items": 13}]
)
def test_a_rule_that_makes_no_sense_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must lie|has 2 to"):
        Rule("amount", "odd", **facts)


def test_a_rule_counts_only_on_its_accounts() -> None:
    only = Rule("amount", "funding only", accounts=frozenset({"funding"}))
    assert match(lines=[item("l", "5")], expected=[item("e", "5")], rules=[only]).accepted == ()


def test_what_stands_twice_or_has_no_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="stands here twice"):
        match(lines=[item("l", "5"), item("l", "6")], expected=[], rules=ALL)
    with pytest.raises(ValueError, match="has no amount"):
        match(lines=[item("l", "0")], expected=[], rules=ALL)


ITEMS = st.lists(
    st.tuples(
        st.integers(-6, 30).filter(bool),
        st.integers(0, 9),
        st.sampled_from(["", "", "R1", "R2", "R3"]),
        st.sampled_from(["", "", "Lin", "Hart"]),
    ),
    max_size=14,
)


def items_of(prefix: str, drawn: list[tuple[int, int, str, str]]) -> list[Item]:
    return [
        item(f"{prefix}{place}", str(D(amount) / 4), day, reference=reference, party=party, text=party)
        for place, (amount, day, reference, party) in enumerate(drawn)
    ]


def said_by(done: Outcome) -> tuple[set[Match], set[Match]]:
    return set(done.accepted), set(done.suggested)


@settings(max_examples=300, deadline=None)
@given(ITEMS, ITEMS, st.randoms(use_true_random=False))
def test_whatever_comes_in(drawn: Any, asked: Any, luck: Random) -> None:
    """No item is used twice, accepted sums are exact, nothing is lost, and the order of the input does not matter."""
    lines, expected = items_of("l", drawn), items_of("e", asked)
    done = match(lines=lines, expected=expected, rules=(*ALL[:4], Rule("covering", "again", days=2), SIMILAR))
    amounts = {one.key: one.amount for one in (*lines, *expected)}
    used = Counter(key for one in done.accepted for key in (*one.lines, *one.expected))
    assert set(used.values()) <= {1}
    for one in done.accepted:
        assert sum(amounts[key] for key in one.lines) == sum(amounts[key] for key in one.expected)
        assert (one.difference, one.alike) == (D(0), 1)
        assert min(len(one.lines), len(one.expected)) == 1
    left = {one.key for one in (*done.lines_left, *done.expected_left)}
    assert left | used.keys() == amounts.keys()
    assert not left & used.keys()
    assert {key for one in done.suggested for key in (*one.lines, *one.expected)} <= left
    luck.shuffle(lines)
    luck.shuffle(expected)
    again = match(lines=lines, expected=expected, rules=(*ALL[:4], Rule("covering", "again", days=2), SIMILAR))
    assert said_by(again) == said_by(done)
