"""The World Bank's Pink Sheet as published: 71 series from 1960 on."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.models import Commodity, CommodityPrice
from apps.warehousing.prices import Priced, import_prices, quotes_for

pytestmark = pytest.mark.usefixtures("platform")
AT = datetime(2026, 6, 10, 4, tzinfo=UTC)
COTTON = "cotton-a-index"


@pytest.fixture
def pink_sheet(shared_data: Path) -> Path:
    return shared_data / "commodities" / "worldbank_pinksheet_monthly_merged_long.csv"


def test_every_price_lands_and_a_second_time_nothing(
    pink_sheet: Path, tmp_path: Path, other_platform: Platform
) -> None:
    rejects = tmp_path / "bad.csv"
    result = import_prices(path=pink_sheet, format="pink-sheet", rejects_path=rejects, at=AT, by="test")
    assert (result.told, result.landed, result.passed_over, result.rejected) == (50_166, 49_573, 593, 0)
    assert result.reasons == {"Natural gas index is an index (2010=100), no price.": 593}
    assert not rejects.exists()
    assert len(result.new) == Commodity.objects.count() == 70
    assert any(hole.startswith("Rice, Thai 25%: no price between 2008-01-31 and 2008-07-31") for hole in result.holes)
    assert [sentence.partition(":")[0] for sentence in result.stale] == [
        "Barley", "Shrimps, Mexican", "Sorghum", "Tobacco, US import u.v.",
    ]  # fmt: skip
    assert CommodityPrice.objects.get(commodity="plywood", on=date(2026, 5, 31)).unit == "sheet"

    again = import_prices(path=pink_sheet, format="pink-sheet", rejects_path=rejects, at=AT, by="test")
    assert again.known is not None
    resent = tmp_path / "resent.csv"
    resent.write_bytes(pink_sheet.read_bytes() + b"\n")
    other_bytes = import_prices(path=resent, format="pink-sheet", rejects_path=rejects, at=AT, by="test")
    assert (other_bytes.unchanged, other_bytes.landed, other_bytes.corrected) == (49_573, 0, 0)
    assert CommodityPrice.objects.count() == 49_573
    with entered(other_platform.schema_name):
        assert not CommodityPrice.objects.exists()
        assert not Commodity.objects.exists()

    the_fall_of_2008()


def the_fall_of_2008() -> None:
    """Nobody knows the average of a month before it is over; the fall shows from then on, in any unit."""
    asked = Priced(COTTON, "t", "USD")
    prices = dict(CommodityPrice.objects.filter(commodity=COTTON).values_list("on", "price"))
    august, november = date(2008, 8, 31), date(2008, 11, 30)
    assert quotes_for([asked], on=date(2008, 11, 29))[asked].price == prices[date(2008, 10, 31)] * 1000
    fallen = quotes_for([asked], on=november)[asked]
    assert fallen.price == prices[november] * 1000
    assert fallen.price < prices[august] * 1000 * Decimal("0.75")
    assert not fallen.is_stale
    assert quotes_for([Priced("barley", "t", "USD")], on=AT.date())[Priced("barley", "t", "USD")].is_stale
    assert not quotes_for([Priced(COTTON, "t", "CNY")], on=november)  # without a rate there is no quote, not a free one
