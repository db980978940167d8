"""Bad feeds: the good lines land, the bad ones are told with number and reason, a wrong file changes nothing."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from apps.orders.feeds import intake
from apps.orders.models import FeedFile, Order
from apps.orders.refusals import FeedRefused
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_seller
from tests.orders.feed_files import COLUMNS, DELIVERED, PAID, PLACED, REFUNDED, feed, rejects, take_in

GOOD = {**DELIVERED, "order_id": "GOOD"}


@pytest.fixture(autouse=True)
def seller(platform: Platform) -> Seller:
    return make_seller(external_id="S-1")


def nothing_changed() -> bool:
    return not Order.objects.exists() and not FeedFile.objects.exists()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"seller_id": "S-404"}, "The seller is unknown here."),
        ({"status": "lost"}, "The status is none of placed, paid"),
        ({"status": "settled"}, "The status is none of placed, paid"),
        ({"currency": "USD"}, "The amounts are not in CNY"),
        ({"order_id": ""}, "order_id: '' is not an id"),
        ({"order_id": "=1+1"}, "order_id: '=1+1' is not an id"),
        ({"order_id": "x" * 65}, "more than 64 characters"),
        ({"category": "x" * 81}, "The category has more than 80 characters."),
        # absurd amounts
        ({"goods": "-100.00"}, "goods: '-100.00' is not an amount in CNY"),
        ({"goods": "1000000000000"}, "goods: '1000000000000' is not an amount in CNY such as 12.01, below 10^12"),
        ({"goods": "9" * 1000}, "is not an amount"),
        ({"goods": "1e3"}, "is not an amount"),
        ({"goods": "NaN"}, "is not an amount"),
        ({"goods": "Infinity"}, "is not an amount"),
        ({"goods": "0xff"}, "is not an amount"),
        ({"goods": "ab"}, "goods: 'ab' is not an amount"),
        ({"goods": "12,50"}, "The line has 16 cells, the header 15."),
        ({"goods": "12.505"}, "goods: '12.505' is not an amount in CNY"),
        ({"goods": ""}, "goods: '' is not an amount"),
        ({"refunded": "108.01", "status": "refunded"}, "The refund is larger than what was paid."),
        # negative days and times that cannot be
        ({"delivered_at": "2025-03-02 07:59:59"}, "The order was delivered before it was shipped."),
        ({"shipped_at": "2025-02-28 08:00:00"}, "The order was shipped before it was placed."),
        ({"paid_at": "2025-03-01 09:59:59"}, "The order was paid before it was placed."),
        ({"ended_at": "2025-02-01 10:00:00"}, "The order ended before it was placed."),
        ({"placed_at": "1999-12-31 10:00:00"}, "before the year 2000"),
        ({"delivered_at": "2031-01-01 10:00:00"}, "happened in the future"),
        ({"placed_at": "2025-02-30 10:00:00"}, "A time is not on the calendar"),
        ({"placed_at": "01/03/2025"}, "placed_at: '01/03/2025' is not a time such as"),
        ({"placed_at": "now"}, "placed_at: 'now' is not a time"),
        ({"placed_at": ""}, "placed_at: '' is not a time"),
        # states that their own times and amounts do not bear out
        ({"paid_at": ""}, "It is not said when the order was paid."),
        ({"shipped_at": "", "status": "shipped"}, "It is not said when the order was shipped."),
        ({"delivered_at": ""}, "It is not said when the order was delivered."),
        ({**REFUNDED, "ended_at": ""}, "It is not said when the order ended."),
        ({**REFUNDED, "refunded": "100.00"}, "A refunded order was paid, and given back in full."),
        ({**REFUNDED, "status": "partially_refunded"}, "A partial refund is more than nothing"),
        ({"refunded": "1.00"}, "The order has a refund that its status does not tell of."),
        ({**PLACED, "paid": "108.00"}, "The order is only placed, but paid already."),
        ({"category": '"fruit'}, "A quotation mark is not closed"),
        ({"category": "fru\tit"}, "category: 'fru\\tit' is not free of control characters."),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_the_good_one_lands(
    tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    path = feed(tmp_path, {**DELIVERED, "order_id": "BAD", **bad}, GOOD)
    result = take_in(path)
    assert (result.lines, result.landed, result.rejected) == (2, 1, 1)
    assert [order.external_id for order in Order.objects.all()] == ["GOOD"]
    header, line = rejects(path)
    assert header == "file,line,reason,text"
    assert line.startswith("orders.csv,2,")
    assert reason in line.replace('""', '"')
    assert FeedFile.objects.get().rejected == 1


def test_a_missing_cell_is_a_bad_line_and_an_empty_line_is_none(tmp_path: Path) -> None:
    path = feed(tmp_path, GOOD)
    path.write_text(path.read_text() + "\n\nA-9,S-1,paid\n")
    result = take_in(path)
    assert (result.lines, result.landed, result.rejected) == (2, 1, 1)
    assert "orders.csv,5,The line has 3 cells, the header 15." in rejects(path)[1].replace('"', "")


def test_corrected_lines_land_as_a_new_file(tmp_path: Path) -> None:
    take_in(feed(tmp_path, GOOD, {**DELIVERED, "seller_id": "S-2"}))
    make_seller(external_id="S-2")
    result = take_in(feed(tmp_path, {**DELIVERED, "seller_id": "S-2"}, name="corrected.csv"))
    assert (result.landed, result.rejected) == (1, 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"order_id;seller_id;status\n", "has no column order_id, seller_id"),
        (b"name,price\napple,3\n", "has no column order_id"),
        (",".join((*COLUMNS, "frieght")).encode(), "has a column frieght that is not known"),
        (",".join((*COLUMNS, "paid")).encode(), "names a column twice"),
        (",".join(COLUMNS).encode("utf-16"), "is written in UTF-16"),
        (gzip.compress(b"order_id,seller_id", mtime=0), "is compressed with gzip"),
        (b"PK\x03\x04rest of a spreadsheet", "is a zip archive or a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not text in UTF-8"),
        (b"\x00\x01\x02\x03", "has no column"),
    ],
)
def test_a_wrong_file_changes_nothing_and_says_why(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(FeedRefused, match=sentence) as refused:
        take_in(path)
    assert "Nothing was changed" in str(refused.value)
    assert nothing_changed()
    assert not path.with_name("rejects.csv").exists()


def test_another_encoding_late_in_the_file_changes_nothing(tmp_path: Path) -> None:
    path = feed(tmp_path, GOOD, {**DELIVERED, "category": "水果"})
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(FeedRefused, match="not written in UTF-8, at or after line 3"):
        take_in(path)
    assert nothing_changed()


def test_bytes_that_are_no_text_change_nothing(tmp_path: Path) -> None:
    path = feed(tmp_path, GOOD)
    path.write_bytes(path.read_bytes() + b"\x00\x00\n")
    with pytest.raises(FeedRefused, match="is not text"):
        take_in(path)
    assert nothing_changed()


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = feed(tmp_path, GOOD)
    path.write_bytes(path.read_bytes() + b"x" * 300_000)
    with pytest.raises(FeedRefused, match="has no end"):
        take_in(path)
    assert nothing_changed()


def test_a_folder_a_missing_file_and_one_that_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(FeedRefused, match="is a folder"):
        take_in(tmp_path)
    with pytest.raises(FeedRefused, match="No such file"):
        take_in(tmp_path / "orders.csv")
    path = feed(tmp_path, GOOD)
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    with pytest.raises(FeedRefused, match="Permission denied"):
        take_in(path)


def test_rejects_that_cannot_be_written_change_nothing(tmp_path: Path) -> None:
    path = feed(tmp_path, GOOD, {**DELIVERED, "seller_id": "S-404"})
    (tmp_path / "occupied").write_text("a file, not a folder")
    with pytest.raises(FeedRefused, match="name another place with --rejects"):
        take_in(path, rejects_path=tmp_path / "occupied" / "rejects.csv")
    assert nothing_changed()


def test_too_many_bad_lines_are_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_BAD_LINES", 3)
    path = feed(tmp_path, GOOD, *({**PAID, "order_id": f"A-{n}", "status": "?"} for n in range(4)))
    with pytest.raises(FeedRefused, match=r"More than 3 lines are bad, first line 3 of orders\.csv"):
        take_in(path)
    assert nothing_changed()
