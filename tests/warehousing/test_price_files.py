"""Files of prices: good lines land, bad ones are named, nothing is overwritten."""

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.models import Commodity, CommodityPrice, PriceFile
from apps.warehousing.prices import ImportedPrices, import_prices, own, pink_sheet
from apps.warehousing.prices.judging import Known, judge
from apps.warehousing.prices.reading import price_in
from apps.warehousing.sheets import BadCell, FileRefused, NotTold, SentFile
from tests.warehousing.price_files import COTTON, official_sheet, price_file

D = Decimal
AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("platform")


def take_in(path: Path, **differing: Any) -> ImportedPrices:
    facts = {"format": "csv", "rejects_path": path.with_suffix(".bad"), "at": AT, "by": "user:7", **differing}
    return import_prices(path=path, **facts)


def rejected(result: ImportedPrices) -> list[tuple[int, str]]:
    """Line and reason of all that was rejected."""
    assert result.rejects_path is not None
    with result.rejects_path.open(encoding="utf-8", newline="") as stream:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(stream)]


def counts(result: ImportedPrices) -> tuple[int, int, int, int]:
    return result.landed, result.corrected, result.unchanged, result.rejected


def test_a_price_lands_with_unit_currency_source_date_and_the_file_it_came_in(tmp_path: Path) -> None:
    result = take_in(price_file(tmp_path, COTTON))
    assert (counts(result), result.new) == ((1, 0, 0, 0), ["cotton"])
    price = CommodityPrice.objects.get()
    assert (price.commodity, price.unit, price.currency, price.source) == ("cotton", "kg", "CNY", "Exchange")
    assert (price.on, price.price, price.revision, price.recorded_at) == (date(2025, 3, 10), D("14.60"), 1, AT)
    assert price.file == PriceFile.objects.get()
    assert (price.file.told, price.file.landed, price.file.by) == (1, 1, "user:7")


def test_a_new_commodity_is_called_as_the_file_says_in_both_languages(tmp_path: Path) -> None:
    """Without a name of its own it keeps its code; what we know how to call is called so in Chinese."""
    take_in(price_file(tmp_path, COTTON, COTTON | {"commodity": "zhitan", "name": "Pumpkin seeds", "name_zh": "瓜子"},
                       COTTON | {"commodity": "teff"}))  # fmt: skip
    called = {one.code: (one.local_name("en"), one.local_name("zh-hans")) for one in Commodity.objects.all()}
    assert called == {"cotton": ("cotton", "棉花"), "zhitan": ("Pumpkin seeds", "瓜子"), "teff": ("teff", "teff")}


def test_the_same_bytes_are_a_no_op_and_the_same_price_in_another_file_is_nothing_new(tmp_path: Path) -> None:
    path = price_file(tmp_path, COTTON)
    take_in(path)
    assert take_in(path).known == PriceFile.objects.get()
    assert counts(take_in(price_file(tmp_path, COTTON | {"price": "14.600"}))) == (0, 0, 1, 0)
    assert CommodityPrice.objects.count() == 1


def test_a_correction_supersedes_and_overwrites_nothing(tmp_path: Path) -> None:
    take_in(price_file(tmp_path, COTTON))
    later = AT + timedelta(days=1)
    corrected = take_in(price_file(tmp_path, COTTON | {"price": "13.90"}), at=later)
    assert counts(corrected) == (0, 1, 0, 0)
    series = CommodityPrice.objects.series("cotton", "kg", "CNY")
    assert [(row.revision, row.price) for row in series] == [(2, D("13.90")), (1, D("14.60"))]
    as_it_was = series.known(date(2025, 3, 14), at=AT)
    assert [row.price for row in as_it_was] == [D("14.60")]
    back_again = take_in(price_file(tmp_path, COTTON, COTTON | {"date": "2025-03-11"}), at=later)
    assert counts(back_again) == (1, 1, 0, 0)
    assert [row.revision for row in series.all()] == [1, 3, 2, 1]


BAD_LINES = [
    ({"price": ""}, "No price stands here."),
    ({"price": ".."}, "No price stands here."),
    ({"price": "-14.60"}, "price: -14.60 is negative."),
    ({"price": "0.00"}, "price: 0.00 is nothing."),
    ({"price": "0.00000000001"}, "price: 0.00000000001 is nothing."),
    ({"price": "1e3"}, "price: '1e3' is not a number such as 1234.5."),
    ({"price": "١٤"}, "price: '١٤' is not a number such as 1234.5."),
    ({"price": "NaN"}, "price: 'NaN' is not a number such as 1234.5."),
    ({"price": "14,60"}, "The line has 7 cells, the header 6."),
    ({"price": "1000000000000"}, "price: 1000000000000 is absurd."),
    ({"price": "1460"}, "1460 is absurd beside the 14.6 of 2025-03-09"),
    ({"price": "0.146"}, "0.146 is absurd beside the 14.6 of 2025-03-09"),
    ({"date": "2025-02-30"}, "date: '2025-02-30' is no day"),
    ({"date": "20250310"}, "date: '20250310' is no day"),
    ({"date": "1325-03-10"}, "date: 1325-03-10 is absurd: records begin with 1900."),
    ({"date": "2025-03-15"}, "2025-03-15 lies in the future"),
    ({"date": "2025-03-09"}, "The price of 2025-03-09 stands on line 2 already."),
    ({"unit": "bag-0kg"}, "unit: 'bag-0kg' is no unit that is known."),
    ({"unit": "ton"}, "unit: 'ton' is no unit that is known."),
    ({"currency": "RMB"}, "currency: 'RMB' is no ISO 4217 code such as USD."),
    ({"commodity": "Cotton!"}, "commodity: 'Cotton!' is no code"),
    ({"commodity": "USD", "unit": "kg"}, "unit: the rate of USD is for one USD, not for one 'kg'."),
    ({"commodity": "CNY", "unit": "CNY"}, "currency: CNY has no rate in itself."),
    ({"source": ""}, "source: it has 1 to 60 characters"),
]


@pytest.mark.parametrize(("wrong", "reason"), BAD_LINES, ids=[str(wrong) for wrong, _reason in BAD_LINES])
def test_a_bad_line_is_named_and_the_good_ones_land(tmp_path: Path, wrong: dict[str, str], reason: str) -> None:
    first = COTTON | {"date": "2025-03-09"}
    result = take_in(price_file(tmp_path, first, COTTON | wrong, COTTON | {"date": "2025-03-11"}))
    assert counts(result) == (2, 0, 0, 1)
    assert [(line, said.startswith(reason)) for line, said in rejected(result)] == [(3, True)]
    assert [price.on.day for price in CommodityPrice.objects.series("cotton", "kg", "CNY")] == [11, 9]


def test_an_unclosed_quotation_mark_spoils_its_own_line_only(tmp_path: Path) -> None:
    result = take_in(price_file(tmp_path, COTTON | {"commodity": '"cotton'}, COTTON))
    assert counts(result) == (1, 0, 0, 1)
    assert rejected(result) == [(2, "A quotation mark is not closed, or stands inside a cell.")]


def test_a_large_step_waits_for_a_person_who_may_accept_it(tmp_path: Path) -> None:
    crash = price_file(tmp_path, COTTON | {"date": "2025-03-09"}, COTTON | {"price": "2.00"})
    assert counts(take_in(crash)) == (1, 0, 0, 1)
    assert take_in(crash).known is not None
    accepted = take_in(crash, accept_steps=True)
    assert counts(accepted) == (1, 0, 1, 0)
    assert CommodityPrice.objects.get(on=date(2025, 3, 10)).price == 2
    assert PriceFile.objects.filter(steps_accepted=True).count() == 1


def test_each_commodity_has_its_own_largest_step_and_age(tmp_path: Path) -> None:
    Commodity.objects.create(code="cotton", name="Cotton", largest_step=D("1.10"), max_price_age=2)
    rows = [COTTON | {"date": "2025-03-01"}, COTTON | {"price": "16.07"}, COTTON | {"date": "2025-03-11"}]
    result = take_in(price_file(tmp_path, *rows))
    assert (counts(result), result.new) == ((2, 0, 0, 1), [])
    assert result.holes == ["Cotton: no price between 2025-03-01 and 2025-03-11, 10 days."]
    assert result.stale == ["Cotton: the newest price is of 2025-03-11, 3 days old; 2 are allowed."]
    daily = take_in(price_file(tmp_path, COTTON | {"date": "2025-03-12"}))
    assert (daily.holes, daily.stale) == ([], [])  # an old hole is told once


def test_the_first_price_of_a_series_is_measured_by_the_next() -> None:
    told = next(own.told_in(SentFile("p", b"commodity,unit,currency,date,price,source\ncotton,kg,CNY,2025-03-01,1,X")))
    assert not isinstance(told, NotTold)
    known = {date(2025, 3, 2): Known(D(100), 1)}
    judged = judge([told], known, today=AT.date(), largest_step=D(5))
    assert (judged.landed, len(judged.rejected)) == ([], 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b\x08", "compressed with gzip"),
        (b"PK\x03\x04", "zip archive or a spreadsheet"),
        ("commodity,价格".encode("gb18030"), "not written in UTF-8, on line 1"),
        (b"commodity\0", "not text"),
        (b"commodity,unit,currency,date,price\n", "no column source"),
        (b"commodity,unit,currency,date,price,source,price\n", "names a column twice"),
        (b"commodity,unit,currency,date,price,source,mood\n", "a column mood that is not known"),
        (b"<html>", "no column commodity"),
    ],
)
@pytest.mark.parametrize("format", ["csv", "pink-sheet"])
def test_another_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes, words: str, format: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes(content)
    if format == "pink-sheet" and content[:1] in b"c<" and b"\0" not in content and content.isascii():
        words = "is empty" if not content else "neither the columns"
    with pytest.raises(FileRefused, match=words) as refusal:
        take_in(path, format=format)
    assert "Nothing was changed" in str(refusal.value)
    assert not PriceFile.objects.exists()
    assert not Commodity.objects.exists()


def test_a_folder_a_missing_file_and_an_unwritable_place_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is no file"):
        take_in(tmp_path)
    with pytest.raises(FileRefused, match="cannot be read"):
        take_in(tmp_path / "none.csv")
    (tmp_path / "taken").write_text("a file where a folder should be")
    with pytest.raises(FileRefused, match="name another place with --rejects"):
        take_in(price_file(tmp_path, COTTON, COTTON), rejects_path=tmp_path / "taken" / "bad.csv")
    assert not CommodityPrice.objects.exists()
    assert not Commodity.objects.exists()


# The Pink Sheet.


def test_the_long_layout(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        "month,commodity,unit,price,edition\n"
        '2025-01,"Cotton, A Index",$/kg,1.723456,x\n'
        "2025-01,Plywood,cents/sheet,412.5,x\n"
        "2025-01,Natural gas index,2010=100,88.1,x\n"
        '2025-02,"Cotton, A Index",$/kg,…,x\n'
        '2025-03,"Cotton, A Index",$/kg,1.70,x\n'
        "2025-13,Plywood,cents/sheet,400,x\n"
        "2025-02,Salt,€/mt,40,x\n"
        "2025-02,Salt,$/heap,40,x\n"
        "2025-02,Plywood\n"
    )
    result = take_in(path, format="pink-sheet")
    assert (counts(result), result.passed_over, result.told) == ((2, 0, 0, 6), 1, 9)
    cotton, plywood = CommodityPrice.objects.order_by("commodity")
    assert (cotton.commodity, cotton.unit, cotton.price) == ("cotton-a-index", "kg", D("1.723456"))
    assert (plywood.unit, plywood.currency, plywood.price) == ("sheet", "USD", D("4.125"))
    assert (cotton.on, cotton.source) == (date(2025, 1, 31), "World Bank Pink Sheet")
    named = Commodity.objects.get(code="cotton-a-index")
    assert (named.name, named.local_name("zh-hans")) == ("Cotton, A Index", "棉花（A 指数）")
    reasons = dict(rejected(result))
    assert reasons[5] == "No price stands here."
    assert reasons[6].startswith("2025-03-31 lies in the future")
    assert reasons[7] == "month: '2025-13' is no month such as 2008-10."
    assert reasons[8] == "unit: '€/mt' is no price in US dollars such as $/mt."
    assert reasons[9] == "unit: 'heap' is no unit that is known."
    assert reasons[10] == "The line has 2 cells, the header 5."


def test_the_official_wide_layout(tmp_path: Path) -> None:
    path = official_sheet(
        tmp_path,
        "2024M11,80,1.80,410,…",
        "2024M12,81,..,411,520",
        "2025M01,82,1.70,-1,",
    )
    result = take_in(path, format="pink-sheet")
    assert result.told == 12
    assert counts(result) == (5, 0, 0, 3)
    assert result.reasons == {
        "Natural gas index is an index (2010=100), no price.": 3,
        "The series had not begun.": 1,
    }
    assert rejected(result) == [
        (8, "No price stands here."),
        (9, "No price stands here."),
        (9, "price: -1 is negative."),
    ]
    rice = CommodityPrice.objects.get(commodity="rice-viet-namese-5")
    assert (rice.on, rice.price, rice.unit) == (date(2024, 12, 31), D("520"), "t")
    assert Commodity.objects.get(code=rice.commodity).name == "Rice, Viet Namese 5%"


def test_a_wide_sheet_without_its_names_or_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    for content, words in [
        ("2024M11,1\n", "no row of names"),
        (",($/kg)\n2024M11,1\n", "no row of names"),
        (",Cotton,Cotton\n,($/kg),($/kg)\n2024M11,1,2\n", "two columns for one commodity"),
    ]:
        path.write_text(content)
        with pytest.raises(FileRefused, match=words):
            take_in(path, format="pink-sheet")
    assert not PriceFile.objects.exists()


# Any bytes at all.

CELLS = st.one_of(st.sampled_from(["", "cotton", "kg", "2025-03-10", "1.5", '"', "2024M11", "($/kg)", "-1"]), st.text())
SHEETS = st.lists(st.lists(CELLS, max_size=8).map(",".join), max_size=8).map("\n".join)
HEADERS = st.sampled_from(["", "commodity,unit,currency,date,price,source\n", "month,commodity,unit,price\n"])


@given(header=HEADERS, body=SHEETS, reader=st.sampled_from([own.told_in, pink_sheet.told_in]))
def test_whatever_a_file_holds_it_is_told_named_or_refused(header: str, body: str, reader: Any) -> None:
    content = (header + body).encode("utf-8", errors="surrogatepass")
    try:
        entries = list(reader(SentFile("any.csv", content)))
    except FileRefused:
        return
    for entry in entries:
        assert entry.reason if isinstance(entry, NotTold) else entry.price > 0


@given(cell=st.one_of(st.text(), st.decimals(allow_nan=True).map(str), st.floats().map(str)))
def test_a_price_is_positive_and_fits_its_column_or_is_refused(cell: str) -> None:
    try:
        price = price_in(cell, D(100))
    except BadCell:
        return
    assert 0 < price < 10**12
    assert price == round(price, 10)


# The command, and two platforms.


def run(path: Path, **options: Any) -> str:
    out = StringIO()
    defaults = {"platform": "harbor", "format": "csv", "rejects": path.with_suffix(".bad")}
    call_command("import_prices", str(path), stdout=out, **defaults | options)
    return out.getvalue()


def test_the_command_tells_what_became_of_the_file(tmp_path: Path, other_platform: Platform) -> None:
    path = price_file(tmp_path, COTTON, COTTON | {"price": "-1"})
    said = run(path)
    assert "2 prices told: 1 are new, 0 correct an earlier one, 0 are as they were, 0 were passed over, 1 were" in said
    assert "      new cotton" in said
    assert "stale cotton: the newest price is of 2025-03-10" in said
    assert f"What was rejected is in {path.with_suffix('.bad')}" in said
    assert "Nothing to do: these very bytes came as prices.csv on" in run(path)
    with pytest.raises(CommandError, match="is no file"):
        run(tmp_path)
    assert not CommodityPrice.objects.exists()  # meadow is entered, harbor was meant
    with entered(other_platform.schema_name):
        assert CommodityPrice.objects.count() == 1


def test_two_platforms_take_in_the_same_file_each_for_itself(tmp_path: Path, other_platform: Platform) -> None:
    path = price_file(tmp_path, COTTON)
    take_in(path)
    with entered(other_platform.schema_name):
        assert counts(take_in(path)) == (1, 0, 0, 0)
        take_in(price_file(tmp_path, COTTON | {"price": "13.90"}))
    assert CommodityPrice.objects.get().price == D("14.60")
