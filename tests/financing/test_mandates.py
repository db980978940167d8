"""Who may approve how much: exactly at a limit, one cent above, alone and by two. And what lies outside policy."""

from decimal import Decimal

import pytest

from apps.financing.beyond import FIGURES, cautions_of, compare
from apps.financing.mandates import Approver, Outcome, outcome_of
from tests.financing.test_cautions import ADVANCE

D = Decimal
ALONE, FIRST, NOBODY = Outcome.TAKES_EFFECT, Outcome.IS_FIRST, Outcome.NOBODY_MAY


@pytest.mark.parametrize(
    ("amount", "own", "first", "second_above", "outcome"),
    [
        # one person: their limit, and the platform's sum, are both included
        ("10000", "10000", None, "10000", ALONE),
        ("10000.01", "10000", None, "20000", FIRST),
        ("10000.01", "20000", None, "10000", FIRST),
        ("100", "0", None, "10000", FIRST),
        ("100", "50000", None, "0", FIRST),  # a platform that asks for two people always
        # two people: either's limit is enough, and the sum asks for no third
        ("10000.01", "10000", "20000", "10000", ALONE),
        ("10000.01", "20000", "10000", "10000", ALONE),
        ("15000", "20000", "20000", "0", ALONE),
        ("20000.01", "20000", "20000", "10000", NOBODY),
        ("20000", "0", "0", "50000", NOBODY),
    ],
)
def test_what_comes_of_one_more_approval(
    amount: str, own: str, first: str | None, second_above: str, outcome: Outcome
) -> None:
    other = Approver("user:1", D(first)) if first else None
    assert outcome_of(D(amount), Approver("user:2", D(own)), other, D(second_above)) is outcome


def figures(**differing: str) -> dict[str, str]:
    plain = {
        "limit": "12000", "exposure": "0", "pool_headroom": "100000", "score": "690", "grade": "A",
        "default_probability": "0.01", "daily_sales": "1000.0000", "median_month": "30000", "returned": "0.02",
        "cancelled": "0", "late": "0", "days_selling": "360", "days_past_due": "0", "seller_state": "verified",
        "version_state": "active",
    }  # fmt: skip
    assert set(plain) == set(FIGURES)
    return plain | differing


@pytest.mark.parametrize(
    ("amount", "differing", "meets", "offered", "found"),
    [
        ("12000", {}, True, None, []),
        ("12000.01", {}, True, None, ["limit"]),
        ("12000", {"exposure": "0.01"}, True, None, ["limit"]),
        ("12000", {}, False, None, ["conditions"]),
        ("12000", {"pool_headroom": "11999.99"}, True, None, ["fund"]),
        ("12000", {}, True, "11000", ["offer"]),
        ("12000", {}, True, "12000", []),
        # 12 % of 100 a day over 120 days repays 1,440: 1,384.61 and a fee of 4 %
        ("1384.61", {"daily_sales": "100"}, True, None, []),
        ("1384.62", {"daily_sales": "100"}, True, "1300", ["sales"]),
        ("20000", {"daily_sales": "100"}, False, None, ["limit", "sales", "conditions"]),
    ],
)
def test_in_what_a_request_lies_outside_policy(
    amount: str, differing: dict[str, str], meets: bool, offered: str | None, found: list[str]
) -> None:
    assert found == cautions_of(
        terms=ADVANCE,
        amount=D(amount),
        figures=figures(**differing),
        meets_conditions=meets,
        offered=D(offered) if offered else None,
    )


def test_what_has_changed_is_said_in_words_and_nothing_else_is() -> None:
    compared = compare(figures(), figures(limit="9000", exposure="500", grade="B", returned="0.02"), "CNY")
    assert [one.change for one in compared if one.change] == [
        "Limit: down from CNY\N{NO-BREAK SPACE}12,000.00 to CNY\N{NO-BREAK SPACE}9,000.00.",
        "Out or approved already: up from CNY\N{NO-BREAK SPACE}0.00 to CNY\N{NO-BREAK SPACE}500.00.",
        "Grade: was A, is B.",
    ]
    assert not any(one.change for one in compare(figures(), figures(), "CNY"))
