"""Quotes in the unit and currency that goods and debts are in."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.warehousing.models import Commodity
from apps.warehousing.prices import Priced, quotes_for
from apps.warehousing.units import PackWeights, UnitsDiffer, UnknownUnit, bushel_of, unit_named, units_in
from apps.warehousing.valuation import Quote
from tests.factories import make_commodity, make_commodity_price

D = Decimal
DAY = date(2025, 3, 14)

pytestmark = pytest.mark.usefixtures("platform")


def quote(commodity: str, unit: str, currency: str, on: date = DAY) -> Quote | None:
    asked = Priced(commodity, unit, currency)
    return quotes_for([asked], on=on).get(asked)


@pytest.mark.parametrize(
    ("one", "other", "how_many"),
    [
        ("t", "kg", "1000"),
        ("kg", "lb", "2.204622621849"),
        ("bag-60kg", "kg", "60"),
        ("bale-480lb", "kg", "217.7243376"),
        ("bushel-60lb", "kg", "27.2155422"),
        ("bushel", "kg", "27.2155422"),
        ("t", "bag", "20"),
        ("ozt", "g", "31.1034768"),
        ("short-ton", "lb", "2000"),
        ("bbl", "bbl", "1"),
    ],
)
def test_units(one: str, other: str, how_many: str) -> None:
    weights = PackWeights(bushel=bushel_of("wheat-us-hrw"), bag=D(50))
    assert round(units_in(one, other, weights), 12) == D(how_many)


@pytest.mark.parametrize(("one", "other"), [("bbl", "kg"), ("kg", "m3"), ("bushel", "kg"), ("kg", "bag")])
def test_units_that_nothing_connects(one: str, other: str) -> None:
    with pytest.raises(UnitsDiffer, match="is not known"):
        units_in(one, other, PackWeights())


def test_how_units_are_written() -> None:
    assert [unit_named(text) for text in ("MT", " Troy  oz", "吨", "Bag-60kg", "cubic meter")] == [
        "t", "ozt", "t", "bag-60kg", "m3",
    ]  # fmt: skip
    for text in ("ton", "bag-0kg", "bag-60", "", "a" * 99):
        with pytest.raises(UnknownUnit):
            unit_named(text)
    assert bushel_of("cotton") is None


def test_a_bushel_differs_by_commodity() -> None:
    make_commodity(code="maize", bushel_kg=bushel_of("maize"))
    make_commodity(code="oats", bushel_kg=bushel_of("oats"))
    for code in ("maize", "oats"):
        make_commodity_price(commodity=code, unit="bushel", price=D("10"))
    maize, oats = quote("maize", "t", "CNY"), quote("oats", "t", "CNY")
    assert maize is not None
    assert oats is not None
    assert round(maize.price, 2) == D("393.68")  # 10 / (56 x 0.45359237) x 1,000
    assert round(oats.price, 2) == D("688.94")  # 10 / (32 x 0.45359237) x 1,000


def test_a_rate_is_a_row_too_and_works_both_ways() -> None:
    make_commodity_price(commodity="copper", unit="t", currency="USD", price=D("9000"))
    assert quote("copper", "kg", "CNY") is None  # no rate, no quote; and no price of nothing
    make_commodity_price(commodity="USD", unit="USD", currency="CNY", price=D("7.25"))
    copper = quote("copper", "kg", "CNY")
    assert copper is not None
    assert (copper.price, copper.average) == (D("65.25"), D("65.25"))
    make_commodity_price(commodity="tea", unit="kg", currency="CNY", price=D("72.50"))
    tea = quote("tea", "kg", "USD")
    assert tea is not None
    assert round(tea.price, 10) == 10


def test_a_stale_rate_makes_a_stale_quote() -> None:
    make_commodity(code="USD", max_price_age=3)
    make_commodity_price(commodity="copper", unit="t", currency="USD", price=D("9000"))
    make_commodity_price(commodity="USD", unit="USD", currency="CNY", price=D("7.25"), on=DAY - timedelta(days=4))
    in_yuan, in_dollars = quote("copper", "t", "CNY"), quote("copper", "t", "USD")
    assert in_yuan is not None
    assert in_dollars is not None
    assert (in_yuan.price, in_yuan.is_stale, in_dollars.is_stale) == (D(65_250), True, False)


def test_the_highest_revision_counts_and_the_past_can_be_asked() -> None:
    first, second = datetime(2025, 3, 14, 9, tzinfo=UTC), datetime(2025, 3, 15, 9, tzinfo=UTC)
    make_commodity_price(price=D("6.40"), recorded_at=first)
    make_commodity_price(price=D("5.00"), recorded_at=second, revision=2)
    apples = Priced("apples", "kg", "CNY")
    assert quotes_for([apples], on=DAY)[apples].price == D("5.00")
    assert quotes_for([apples], on=DAY, at=first)[apples].price == D("6.40")
    assert not quotes_for([apples], on=DAY, at=first - timedelta(hours=1))


def test_of_two_sources_the_newest_counts_then_the_lowest_unless_one_is_named() -> None:
    make_commodity(code="apples")
    make_commodity_price(source="north", price=D("6.40"), on=DAY - timedelta(days=1))
    make_commodity_price(source="south", price=D("7.00"))
    newest = quote("apples", "kg", "CNY")
    make_commodity_price(source="west", price=D("6900"), unit="t")
    lowest = quote("apples", "kg", "CNY")
    Commodity.objects.update(source="north")
    named = quote("apples", "kg", "CNY")
    assert [one.price for one in (newest, lowest, named) if one] == [D("7.00"), D("6.90"), D("6.40")]


def test_the_average_is_of_the_thirty_days_of_the_newest_price() -> None:
    for days, price in ((0, "5.00"), (29, "7.00"), (30, "100.00")):
        make_commodity_price(on=DAY - timedelta(days=days), price=D(price))
    months_later = quote("apples", "kg", "CNY", on=DAY + timedelta(days=60))
    assert months_later is not None
    assert (months_later.price, months_later.average, months_later.is_stale) == (D("5"), D("6"), True)


def test_seventy_series_are_three_queries(django_assert_num_queries: object) -> None:
    asked = []
    for number in range(70):
        make_commodity_price(commodity=f"goods-{number}")
        asked.append(Priced(f"goods-{number}", "t", "CNY"))
    with django_assert_num_queries(3):  # type: ignore[operator]  # pytest-django's fixture has no public type
        assert len(quotes_for(asked, on=DAY)) == 70
