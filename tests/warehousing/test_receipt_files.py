"""Files of receipts: bad lines named with number and reason, good ones landed, the same bytes nothing new."""

import csv
import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.evidence.models import Record
from apps.tenants.models import Platform
from apps.warehousing.imports import OPTIONAL, REQUIRED, ImportedReceipts, import_receipts
from apps.warehousing.models import ReceiptFile, WarehouseReceipt
from apps.warehousing.services import announce_goods
from apps.warehousing.sheets import FileRefused
from tests.factories import make_seller, make_warehouse

COLUMNS = REQUIRED + OPTIONAL
LINE = {
    "number": "WR-1", "warehouse": "dry-1", "depositor": "S-1", "commodity": "cotton", "weight": "5000", "unit": "kg",
    "grade": "3128", "lot": "L-1", "bin": "B-1", "insurance": "PICC 1", "insured_until": "2026-03-01",
    "issued_on": "2025-03-01", "valid_until": "2026-03-01", "origin": "Hotan",
}  # fmt: skip


@pytest.fixture(autouse=True)
def known(platform: Platform) -> None:
    make_warehouse(code="dry-1")
    make_seller(external_id="S-1")


def sheet(folder: Path, *lines: dict[str, str], name: str = "receipts.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.DictWriter(stream, COLUMNS)
        rows.writeheader()
        rows.writerows({**LINE, **line} for line in lines)
    return path


def take_in(path: Path, at: datetime) -> ImportedReceipts:
    return import_receipts(path=path, rejects_path=path.parent / "rejects.csv", at=at, by="command")


def counts(result: ImportedReceipts) -> tuple[int, int, int, int]:
    return result.lines, result.landed, result.unchanged, result.rejected


def test_good_lines_land_and_bad_ones_are_named(tmp_path: Path, at: datetime) -> None:
    second = {"number": "WR-2", "lot": "L-2"}
    path = sheet(tmp_path, {}, {**second, "weight": "-5"}, {**second, "lot": "L-1"}, {**second, "unit": "吨"})
    result = take_in(path, at)
    assert counts(result) == (4, 2, 0, 2)
    assert result.rejects_path
    with result.rejects_path.open(newline="", encoding="utf-8") as stream:
        rejects = [(row["line"], row["reason"]) for row in csv.DictReader(stream)]
    assert [line for line, _reason in rejects] == ["3", "4"]
    assert "weight: '-5' is no weight" in rejects[0][1]
    assert "Lot L-1 already has a receipt" in rejects[1][1]
    stored = WarehouseReceipt.objects.get(number="WR-2")
    assert (stored.weight, stored.unit, stored.origin, stored.issued_by) == (Decimal(5000), "t", "Hotan", "command")
    assert Record.objects.filter(kind="receipt_issued").count() == 2


def test_the_same_bytes_are_nothing_new_and_the_same_receipts_neither(tmp_path: Path, at: datetime) -> None:
    path = sheet(tmp_path, {}, {"number": "WR-2", "lot": "L-2"})
    take_in(path, at)
    again = take_in(path, at)
    assert again.known == ReceiptFile.objects.get()
    other = sheet(tmp_path, {"number": "WR-2", "lot": "L-2"}, {}, name="other.csv")
    assert counts(take_in(other, at)) == (2, 0, 2, 0)
    changed = sheet(tmp_path, {"weight": "6000"}, name="changed.csv")
    assert counts(take_in(changed, at)) == (1, 0, 0, 1)
    assert WarehouseReceipt.objects.get(number="WR-1").weight == 5000
    assert WarehouseReceipt.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"warehouse": "dry-2"}, "warehouse: 'dry-2' is not known here"),
        ({"depositor": "S-9"}, "depositor: 'S-9' is not known here"),
        ({"weight": "5e3"}, "is no weight"),
        ({"weight": "1,000"}, "is no weight"),
        ({"weight": "0"}, "is no weight"),
        ({"weight": "1.00001"}, "four decimals at most"),
        ({"weight": "9" * 25}, "is no weight"),
        ({"weight": "1" * 100_000}, "is no weight"),
        ({"unit": "ton"}, "is no unit"),
        ({"commodity": "Cotton!"}, "is no code"),
        ({"grade": ""}, "grade: it is missing"),
        ({"lot": "=HYPERLINK(1)"}, "begins like a formula"),
        ({"number": "@SUM(A1)"}, "begins like a formula"),
        ({"origin": "+cmd|' /C calc'!A0"}, "begins like a formula"),
        ({"bin": "x" * 41}, "at most 40 characters"),
        ({"issued_on": "2025-03-15"}, "still to come"),
        ({"issued_on": "01/03/2025"}, "is no day"),
        ({"issued_on": "2025-02-30"}, "is no day"),
        ({"issued_on": "0025-02-03"}, "is absurd"),
        ({"valid_until": "2025-02-28"}, "at least through the day of issue"),
    ],
)
def test_a_bad_line_lands_nothing(tmp_path: Path, at: datetime, wrong: dict[str, str], words: str) -> None:
    result = take_in(sheet(tmp_path, wrong), at)
    assert counts(result) == (1, 0, 0, 1)
    assert result.rejects_path
    assert words in result.rejects_path.read_text(encoding="utf-8")
    assert not WarehouseReceipt.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02" * 100, "is not text"),
        (gzip.compress(b"number", mtime=0), "compressed with gzip"),
        (b"PK\x03\x04" + b"\0" * 50, "zip archive or a spreadsheet"),
        ("number,warehouse\n仓".encode("gb18030"), "not written in UTF-8"),
        ("number".encode("utf-16"), "UTF-16"),
        (b"number,weight\nWR-1,5\n", "has no column warehouse"),
        ((",".join(COLUMNS) + ",price\n").encode(), "has a column price that is not known"),
        ((",".join((*COLUMNS, "lot")) + "\n").encode(), "names a column twice"),
        ((",".join(COLUMNS) + "\n" + "x\n" * 10_002).encode(), "More than 10000 lines are bad"),
        (b"a" * 10 * 1024 * 1024, "has no column"),
    ],
)
def test_a_file_that_is_something_else_is_refused_whole(
    tmp_path: Path, at: datetime, content: bytes, words: str
) -> None:
    path = tmp_path / "receipts.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=words) as refused:
        take_in(path, at)
    assert "Nothing was changed" in str(refused.value)
    assert not ReceiptFile.objects.exists()
    assert not (tmp_path / "rejects.csv").exists()


def test_lines_that_break_off_are_bad_and_the_others_land(tmp_path: Path, at: datetime) -> None:
    path = sheet(tmp_path, {}, {"number": "WR-2", "lot": "L-2"})
    path.write_bytes(path.read_bytes()[:-40])
    assert counts(take_in(path, at)) == (2, 1, 0, 1)
    assert WarehouseReceipt.objects.get().number == "WR-1"


def test_announced_goods_are_issued_by_their_line(tmp_path: Path, at: datetime) -> None:
    facts: dict[str, Any] = {"commodity": "cotton", "unit": "kg", "weight": Decimal(1), "at": at, "by": "user:1"}
    first = WarehouseReceipt._meta.get_field("warehouse").related_model.objects.get()
    seller = WarehouseReceipt._meta.get_field("holder").related_model.objects.get()
    announce_goods(number="WR-1", warehouse=first, seller=seller, **facts)
    assert counts(take_in(sheet(tmp_path, {}), at)) == (1, 1, 0, 0)
    assert WarehouseReceipt.objects.get().state == "issued"


def test_the_command_tells_what_became_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sheet(tmp_path, {}, {"number": "WR-2"})
    arguments = ["import_receipts", "--platform", "meadow", str(path), "--rejects", str(tmp_path / "bad.csv")]
    call_command(*arguments)
    assert "2 lines read: 1 receipts are new, 0 are as they were, 1 lines were rejected." in capsys.readouterr().out
    call_command(*arguments)
    assert "Nothing to do" in capsys.readouterr().out
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_receipts", "--platform", "meadow", str(tmp_path / "none.csv"))
