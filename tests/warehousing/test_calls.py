"""The rules of margin calls: what a night makes of each state, what cured a call, which goods would."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.warehousing.calls import FreeGoods, Opened, cause_of_cure, enough_goods, steps
from apps.warehousing.valuation import LendingTerms, Margin, Valuation, margin

D = Decimal
DUE = date(2025, 3, 19)
TERMS = LendingTerms("CNY", D("0.6"))


def owed(outstanding: str, value: str = "6000") -> Margin:
    """So much is owed on goods of that value, of which 60 % may be owed: a watch from 54 %."""
    return margin(D(outstanding), Valuation("CNY", D(value), D(value), ()), TERMS)


def test_the_worked_example_hundred_bags_at_sixty() -> None:
    """6,000 of goods, 60 % of which may be owed: 3,600. Who owes 4,000 pays 400, or brings 666.67."""
    now = owed("4000")
    assert (now.level, now.allowed, now.ratio) == ("call", 3600, D("0.66666667"))
    cash, goods, price = now.cures
    assert (cash.amount, cash.cost, cash.ratio_after) == (400, 400, D("0.6"))
    assert (goods.amount, goods.ratio_after <= D("0.6")) == (D("666.67"), True)
    assert (price.price_rise, price.cost) == (D("0.11111112"), 0)


NIGHTS: list[tuple[str, str, bool, str]] = [
    # before a call
    ("", "3000", False, ""),
    ("", "3240", False, "open"),
    ("", "3601", False, "open call"),
    ("", "3000", True, "open lose_price"),
    ("", "3601", True, "open call"),
    ("", "0", True, ""),
    ("watch", "3300", False, ""),
    ("watch", "3000", False, "cure_by_cash"),
    ("watch", "3601", True, "call"),
    ("watch", "3300", True, "lose_price"),
    ("stale_price", "3000", True, ""),
    ("stale_price", "3601", True, "call"),
    ("stale_price", "3300", False, "regain_price"),
    ("stale_price", "3000", False, "regain_price cure_by_cash"),
    ("stale_price", "0", True, "regain_price cure_by_cash"),
    # called, before its day has passed
    ("called", "3601", False, ""),
    ("called", "3601", True, ""),
    ("called", "3600", False, "cure_by_cash"),
    ("called", "3600", True, "cure_by_cash"),
    ("overdue", "3601", False, ""),
    ("overdue", "3600", False, "cure_by_cash"),
    ("enforcing", "3000", False, ""),
    ("enforcing", "4000", True, ""),
]


@pytest.mark.parametrize(("state", "outstanding", "is_stale", "verbs"), NIGHTS)
def test_what_a_night_makes_of_a_call(state: str, outstanding: str, is_stale: bool, verbs: str) -> None:
    opened = Opened(state, D(4000), DUE) if state else None
    assert " ".join(steps(opened, owed(outstanding), is_stale=is_stale, cause="cash", on=DUE)) == verbs


@pytest.mark.parametrize(("on", "verbs"), [(DUE, ()), (date(2025, 3, 20), ("pass_due_date",))])
def test_the_last_day_still_counts(on: date, verbs: tuple[str, ...]) -> None:
    opened = Opened("called", D(4000), DUE)
    for is_stale in (False, True):
        assert steps(opened, owed("4000"), is_stale=is_stale, cause="price", on=on) == verbs


def test_an_old_price_cures_nothing_by_price_and_the_day_passes_all_the_same() -> None:
    opened, late = Opened("called", D(4000), DUE), date(2025, 3, 20)
    risen = owed("4000", "7000")
    assert steps(opened, risen, is_stale=False, cause="price", on=late) == ("cure_by_price",)
    assert steps(opened, risen, is_stale=True, cause="price", on=late) == ("pass_due_date",)


@pytest.mark.parametrize(
    ("now", "added", "cause"),
    [
        (owed("4000", "6700"), "0", "price"),
        (owed("3600", "6000"), "0", "cash"),
        (owed("4000", "6667"), "667", "goods"),
        (owed("3800", "6400"), "0", "cash"),  # both moved; the debt as it was would not be carried
        (owed("3800", "6400"), "100", "goods"),  # without the goods 6,300 carry 3,780
        (owed("4000", "7000"), "300", "price"),  # the old goods alone carry it
        (owed("0", "0"), "0", "cash"),
    ],
)
def test_what_cured_a_call(now: Margin, added: str, cause: str) -> None:
    assert cause_of_cure(Opened("called", D(4000), DUE), now, added=D(added), terms=TERMS) == cause


@pytest.mark.parametrize(
    ("values", "needed", "brought"),
    [
        ([500, 700, 900], "666.67", [700]),
        ([300, 400, 500], "666.67", [500, 400]),
        ([300, 300], "666.67", []),
        ([], "1", []),
        ([0, 10], "10", [10]),
    ],
)
def test_which_goods_are_enough(values: list[int], needed: str, brought: list[int]) -> None:
    free = [FreeGoods(key, D(value)) for key, value in enumerate(values)]
    assert [one.value for one in enough_goods(free, D(needed))] == brought


def test_a_call_never_comes_back_as_a_watch() -> None:
    """At 59 % it is below the limit and above the watch: it is cured, and a new watch begins another night."""
    verbs: Any = steps(Opened("called", D(4000), DUE), owed("3540"), is_stale=False, cause="cash", on=DUE)
    assert verbs == ("cure_by_cash",)
