"""What goods are worth and lend, when they no longer carry a debt, and what cures that."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.warehousing.valuation import (
    AgeDecay,
    LendingTerms,
    Quote,
    StoredGoods,
    Valuation,
    margin,
    quote_of,
    release_refusal,
    substitution_refusal,
    value_goods,
)

D = Decimal
DAY = date(2025, 3, 14)
PLAIN = LendingTerms(currency="CNY", limit=D("0.6"))
AT_60 = Quote(D(60), D(60), DAY, is_stale=False)
BAGS = StoredGoods("WR-1", "L-1", "A", D(100), D(100), 0, AT_60)


def worth(value: str, lendable: str | None = None) -> Valuation:
    return Valuation("CNY", D(value), D(lendable or value), ())


# Prices.


def test_the_quote_is_the_newest_price_and_the_average_of_its_thirty_days() -> None:
    prices = [(DAY, D(60)), (DAY - timedelta(days=29), D(80)), (DAY - timedelta(days=30), D(900))]
    quote = quote_of(prices, on=DAY, max_age_days=7)
    assert quote == Quote(price=D(60), average=D(70), on=DAY, is_stale=False)
    assert quote is not None
    assert quote.counted == 60
    risen = quote_of([(DAY, D(90)), (DAY - timedelta(days=10), D(70))], on=DAY, max_age_days=7)
    assert risen is not None
    assert risen.counted == 80  # a price that has just risen counts only as far as the average followed


def test_no_quote_looks_ahead() -> None:
    later = (DAY + timedelta(days=1), D(1))
    quote = quote_of([(DAY, D(60)), later], on=DAY, max_age_days=7)
    assert quote is not None
    assert quote.price == 60
    assert quote_of([later], on=DAY, max_age_days=7) is None


@pytest.mark.parametrize(("days_old", "is_stale"), [(7, False), (8, True), (400, True)])
def test_a_price_is_stale_after_its_maximum_age_and_keeps_its_last_value(days_old: int, is_stale: bool) -> None:
    quote = quote_of([(DAY - timedelta(days=days_old), D(60))], on=DAY, max_age_days=7)
    assert quote is not None
    assert (quote.price, quote.is_stale) == (D(60), is_stale)


def test_a_hole_over_a_crash_day_leaves_the_old_price_until_the_new_one_is_known() -> None:
    before, after = (DAY - timedelta(days=5), D(100)), (DAY - timedelta(days=1), D(40))
    blind = quote_of([before], on=DAY - timedelta(days=2), max_age_days=2)
    seeing = quote_of([before, after], on=DAY, max_age_days=2)
    assert blind is not None
    assert seeing is not None
    assert (blind.counted, blind.is_stale) == (D(100), True)
    assert (seeing.counted, seeing.is_stale) == (D(40), False)  # the average would say 70


# Value.


def test_a_hundred_bags_at_sixty() -> None:
    valued = value_goods([BAGS], PLAIN)
    assert (valued.value, valued.lendable) == (D("6000.00"), D("6000.00"))
    assert margin(D("3600.00"), valued, PLAIN).allowed == D("3600.00")


def test_haircut_by_grade_age_and_what_the_warehouse_counted() -> None:
    terms = PLAIN._replace(
        haircuts={"A": D("0.1"), "B": D("0.3")},
        other_grades=D("0.5"),
        age=AgeDecay(free_days=30, a_day=D("0.001"), at_most=D("0.2")),
    )
    goods = [
        BAGS._replace(confirmed=D(90), days_stored=80),  # 90 x 60 x 0.9 x 0.95 = 4,617
        BAGS._replace(receipt="WR-2", lot="L-2", grade="B", days_stored=30),  # 100 x 60 x 0.7 = 4,200
        BAGS._replace(receipt="WR-3", lot="L-3", grade="?", days_stored=999),  # 100 x 60 x 0.5 x 0.8 = 2,400
        BAGS._replace(receipt="WR-4", lot="L-4", confirmed=D(0)),  # not counted yet: worth something, lends nothing
        BAGS._replace(receipt="WR-5", lot="L-5", confirmed=D(500), grade="A"),  # never above the paper: 5,400
    ]
    valued = value_goods(goods, terms)
    assert valued.value == D("30000.00")
    assert [part.lendable for part in valued.receipts] == [D("4617"), D("4200"), D("2400"), D("0"), D("5400")]
    assert valued.lendable == D("16617.00")


def test_no_lot_lends_more_than_its_cap_also_when_its_receipt_was_split() -> None:
    terms = PLAIN._replace(lot_cap=D("0.5"))
    halves = [BAGS._replace(receipt=f"WR-1/{part}", quantity=D(40), confirmed=D(40)) for part in "ab"]
    other = BAGS._replace(receipt="WR-2", lot="L-2", quantity=D(20), confirmed=D(20))
    valued = value_goods([*halves, other], terms)
    assert valued.value == D("6000.00")
    assert valued.lendable == D("4200.00")  # 3,000 of the 4,800 on lot L-1, and 1,200 on lot L-2


def test_amounts_are_rounded_once_and_down() -> None:
    thirds = [
        BAGS._replace(receipt=str(n), quantity=D(1), confirmed=D(1), quote=Quote(D("0.339"), D("0.339"), DAY, False))
        for n in range(3)
    ]
    assert value_goods(thirds, PLAIN).value == D("1.01")  # 1.017; three roundings would say 0.99
    yen = value_goods([BAGS._replace(quantity=D("0.999"))], PLAIN._replace(currency="JPY"))
    assert yen.value == D("59")


def test_a_receipt_in_the_set_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        value_goods([BAGS, BAGS], PLAIN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": D(-1)},
        {"confirmed": D("NaN")},
        {"quote": Quote(D(-60), D(60), DAY, False)},
        {"quote": Quote(D(60), D("Infinity"), DAY, False)},
    ],
)
def test_goods_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="below nothing"):
        value_goods([BAGS._replace(**wrong)], PLAIN)


@pytest.mark.parametrize(
    "wrong", [{"limit": D(0)}, {"limit": D("1.1")}, {"other_grades": D("-0.1")}, {"lot_cap": D(2)}]
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="shares of one"):
        value_goods([BAGS], PLAIN._replace(**wrong))


# Margin.


def test_four_thousand_owed_on_goods_of_six_thousand_is_a_call_with_three_cures() -> None:
    called = margin(D("4000.00"), worth("6000.00"), PLAIN)
    assert (called.outcome, called.ratio, called.allowed) == ("call", D("0.66666667"), D("3600.00"))
    assert called.drawable == 0
    cash, goods, price = called.cures
    assert (cash.kind, cash.amount, cash.cost, cash.ratio_after) == ("cash", D("400.00"), D("400.00"), D("0.6"))
    assert (goods.kind, goods.amount, goods.cost) == ("goods", D("666.67"), D("666.67"))
    assert D("0.59999") < goods.ratio_after <= D("0.6")
    assert (price.kind, price.cost, price.price_rise) == ("price", D(0), D("0.11111112"))  # 60.00 -> 66.67 a bag
    assert D("0.59999") < price.ratio_after <= D("0.6")


@pytest.mark.parametrize(
    ("owed", "outcome"),
    [("0.00", "ok"), ("3239.99", "ok"), ("3240.00", "watch"), ("3600.00", "watch"), ("3600.01", "call")],
)
def test_watch_from_nine_tenths_of_the_limit_and_call_above_it(owed: str, outcome: str) -> None:
    stands = margin(D(owed), worth("6000.00"), PLAIN)
    assert stands.outcome == outcome
    assert bool(stands.cures) == (outcome == "call")


def test_what_may_still_be_drawn_is_the_lower_of_limit_and_lendable() -> None:
    assert margin(D("1000.00"), worth("6000.00", "5000.00"), PLAIN).drawable == D("2600.00")
    assert margin(D("1000.00"), worth("6000.00", "3000.00"), PLAIN).drawable == D("2000.00")
    assert margin(D("3500.00"), worth("6000.00", "3000.00"), PLAIN).drawable == 0


def test_a_stale_price_hides_no_call_and_values_nothing_at_zero() -> None:
    valued = value_goods([BAGS._replace(quote=AT_60._replace(is_stale=True))], PLAIN)
    assert (valued.value, valued.stale) == (D("6000.00"), ("WR-1",))
    called = margin(D("4000.00"), valued, PLAIN)
    assert (called.outcome, len(called.cures)) == ("call", 3)
    watched = margin(D("3300.00"), valued, PLAIN)
    assert (watched.outcome, watched.level, watched.cures) == ("stale_price", "watch", ())
    fine = margin(D("100.00"), valued, PLAIN)
    assert (fine.outcome, fine.level) == ("stale_price", "ok")
    assert fine.drawable == 0  # nobody draws on a price that nobody knows


def test_something_owed_on_nothing_is_a_call_without_a_price_to_wait_for() -> None:
    called = margin(D("10.00"), value_goods([], PLAIN), PLAIN)
    assert (called.outcome, called.ratio) == ("call", None)
    assert [(cure.kind, cure.amount) for cure in called.cures] == [("cash", D("10.00")), ("goods", D("16.67"))]
    assert margin(D("0.00"), value_goods([], PLAIN), PLAIN).outcome == "ok"


@pytest.mark.parametrize("owed", ["-1.00", "1.005", "NaN"])
def test_a_debt_that_cannot_be_is_refused(owed: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        margin(D(owed), worth("6000.00"), PLAIN)


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="valued in CNY"):
        margin(D("1"), worth("6000.00"), PLAIN._replace(currency="BRL"))
    with pytest.raises(ValueError, match="cannot be compared"):
        substitution_refusal(worth("1.00"), worth("1.00")._replace(currency="BRL"))


# Letting goods go.


def test_goods_go_when_the_rest_still_carries_the_debt() -> None:
    assert release_refusal(D("3600.00"), worth("6000.00"), PLAIN) == ""
    assert release_refusal(D("3600.00"), worth("5999.99"), PLAIN) == "would_breach"
    assert release_refusal(D("0.01"), worth("0.00"), PLAIN) == "would_breach"
    assert release_refusal(D("0.00"), worth("0.00"), PLAIN) == ""


def test_no_goods_go_on_a_stale_price_while_something_is_owed() -> None:
    stale = value_goods([BAGS._replace(quote=AT_60._replace(is_stale=True))], PLAIN)
    assert release_refusal(D("1.00"), stale, PLAIN) == "stale_price"
    assert release_refusal(D("0.00"), stale, PLAIN) == ""
    assert substitution_refusal(worth("6000.00"), stale) == "stale_price"
    assert substitution_refusal(stale, worth("9000.00")) == "stale_price"


def test_a_substitute_is_worth_no_less_and_lends_no_less() -> None:
    before = worth("6000.00", "5000.00")
    assert substitution_refusal(before, before) == ""
    assert substitution_refusal(before, worth("6000.01", "5000.00")) == ""
    assert substitution_refusal(before, worth("5999.99", "5500.00")) == "worth_less"
    assert substitution_refusal(before, worth("9000.00", "4999.99")) == "lends_less"  # more goods of a poor grade


# For all goods.

SHARES = st.decimals(min_value=0, max_value=1, places=4)
QUANTITIES = st.decimals(min_value=0, max_value=10**9, places=4)
PRICES = st.decimals(min_value=D("0.0001"), max_value=10**7, places=10)
QUOTES = st.builds(Quote, price=PRICES, average=PRICES, on=st.just(DAY), is_stale=st.booleans())
SETS = st.lists(
    st.builds(
        StoredGoods,
        receipt=st.integers(0, 10**6).map(str),
        lot=st.sampled_from("KLMN"),
        grade=st.sampled_from("ABC"),
        quantity=QUANTITIES,
        confirmed=QUANTITIES,
        days_stored=st.integers(0, 900),
        quote=QUOTES,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda parcel: parcel.receipt,
)
TERMS = st.builds(
    LendingTerms,
    currency=st.sampled_from(["CNY", "JPY", "KWD"]),
    limit=st.decimals(min_value=D("0.01"), max_value=1, places=4),
    haircuts=st.dictionaries(st.sampled_from("AB"), SHARES),
    other_grades=SHARES,
    age=st.builds(AgeDecay, st.integers(0, 90), st.decimals(0, D("0.01"), places=4), SHARES),
    lot_cap=SHARES,
    watch_at=st.just(D("0.9")),
)


@given(goods=SETS, terms=TERMS)
def test_nothing_lends_more_than_it_is_worth(goods: list[StoredGoods], terms: LendingTerms) -> None:
    valued = value_goods(goods, terms)
    assert 0 <= valued.lendable <= valued.value


@given(goods=SETS, terms=TERMS, order=st.randoms(use_true_random=False))
def test_the_order_of_receipts_is_no_matter(goods: list[StoredGoods], terms: LendingTerms, order: Any) -> None:
    shuffled = order.sample(goods, len(goods))
    first, second = value_goods(goods, terms), value_goods(shuffled, terms)
    assert (first.value, first.lendable) == (second.value, second.lendable)


@given(goods=SETS, terms=TERMS, more=QUANTITIES, dearer=PRICES, place=st.integers(0, 5))
def test_more_goods_and_dearer_goods_are_never_worth_less(
    goods: list[StoredGoods], terms: LendingTerms, more: Decimal, dearer: Decimal, place: int
) -> None:
    parcel = goods[place % len(goods)]
    quote = parcel.quote
    better = [
        parcel._replace(quantity=parcel.quantity + more, confirmed=parcel.confirmed + more),
        parcel._replace(quote=quote._replace(price=quote.price + dearer, average=quote.average + dearer)),
    ]
    before = value_goods(goods, terms)
    for improved in better:
        after = value_goods([improved if other is parcel else other for other in goods], terms)
        assert after.value >= before.value
        assert after.lendable >= before.lendable


@given(value=st.integers(0, 10**13), owed=st.integers(0, 10**13), limit=st.integers(1, 10_000))
def test_every_cure_leads_to_the_limit_and_no_further(value: int, owed: int, limit: int) -> None:
    terms = PLAIN._replace(limit=D(limit) / 10_000)
    goods, outstanding, cent = worth(str(D(value).scaleb(-2))), D(owed).scaleb(-2), D("0.01")
    stands = margin(outstanding, goods, terms)
    assert (stands.level == "call") == (owed * 10_000 > value * limit)
    if stands.level != "call":
        assert not stands.cures
        return
    cures = {cure.kind: cure for cure in stands.cures}
    paid = outstanding - cures["cash"].amount
    assert 0 <= paid <= goods.value * terms.limit < paid + cent  # to the cent, and the cent is the lender's
    added = goods.value + cures["goods"].amount
    assert outstanding <= added * terms.limit
    assert cures["goods"].amount - cent < cures["cash"].amount / terms.limit <= cures["goods"].amount
    assert all(cure.ratio_after <= terms.limit for cure in stands.cures)
    assert margin(paid, goods, terms).level != "call"
    assert margin(outstanding, worth(str(added)), terms).level != "call"
    assert release_refusal(outstanding, goods, terms) == "would_breach"
