"""Taking in files of receipts that a warehouse kept elsewhere. The format is described in docs/receipts.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from apps.core.exports import FORMULA
from apps.core.turns import take_turn
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.warehousing.models import ReceiptFile, Warehouse, WarehouseReceipt
from apps.warehousing.services import Goods, ReceiptRefused, issue_receipt
from apps.warehousing.services.receipts import DECIMALS, MOST
from apps.warehousing.sheets import (
    BadCell,
    FileRefused,
    Line,
    code_in,
    day_in,
    header_of,
    keep_rejects,
    lines_of,
    named,
    sent_file,
    unit_in,
)

REQUIRED = (
    "number", "warehouse", "depositor", "commodity", "weight", "unit", "grade", "lot", "bin", "insurance",
    "insured_until", "issued_on", "valid_until",
)  # fmt: skip
OPTIONAL = ("origin",)
LONGEST: Mapping[str, int] = {"number": 40, "grade": 20, "lot": 40, "bin": 40, "insurance": 80, "origin": 120}
MOST_BAD_LINES = 10_000


@dataclass(frozen=True, slots=True)
class ImportedReceipts:
    """What became of a file.

    lines      lines after the header
    landed     receipts that are new
    unchanged  receipts that were issued as told before
    rejected   lines that did not land, each with its reason in the file `rejects_path`
    known      the earlier intake of the very same bytes; then nothing was read
    """

    lines: int = 0
    landed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects_path: Path | None = None
    known: ReceiptFile | None = None


def import_receipts(*, path: Path, rejects_path: Path, at: datetime, by: str) -> ImportedReceipts:
    """Issue the receipts that the file at `path` tells of, each through the one service that issues receipts.

    The same bytes again are a no-op, the same receipts in another file nothing new. Bad lines go to `rejects_path` with
    number and reason while the good ones land. One import a platform at a time. Raises FileRefused, with a sentence,
    when the file cannot be read or is something else. Then nothing was changed.
    """
    sent = sent_file(path)
    header, *lines = lines_of(sent)
    columns = header_of(header, sent.name, REQUIRED)
    if unknown := [column for column in columns if column not in REQUIRED + OPTIONAL]:
        raise FileRefused(f"{sent.name} has a column {', '.join(unknown)[:80]} that is not known. Nothing was changed.")
    with transaction.atomic():
        take_turn("receipt files")
        earlier = ReceiptFile.objects.filter(sha256=sent.sha256).first()
        if earlier is not None:
            return ImportedReceipts(known=earlier)
        landed, bad = _land(sent.name, lines, columns, at, by)
        if bad:
            keep_rejects(rejects_path, bad)
        ReceiptFile.objects.create(
            sha256=sent.sha256, name=sent.name[:200], taken_in_at=at, lines=len(lines), landed=landed,
            rejected=len(bad), by=by,
        )  # fmt: skip
    return ImportedReceipts(
        lines=len(lines),
        landed=landed,
        unchanged=len(lines) - landed - len(bad),
        rejected=len(bad),
        rejects_path=rejects_path if bad else None,
    )


def _land(
    file: str, lines: list[Line], columns: list[str], at: datetime, by: str
) -> tuple[int, list[tuple[str, int, str, str]]]:
    """How many receipts were new, and the lines that did not land."""
    today = current_platform().business_date(at)
    bad: list[tuple[str, int, str, str]] = []
    before = WarehouseReceipt.objects.exclude(state="requested").count()
    for line in lines:
        try:
            facts = _told(named(line, columns), today)
            with transaction.atomic():
                issue_receipt(**facts, at=at, by=by)
        except (BadCell, ReceiptRefused) as fault:
            bad.append((file, line.number, str(fault), line.text))
        if len(bad) > MOST_BAD_LINES:
            raise FileRefused(
                f"More than {MOST_BAD_LINES} lines are bad, first line {bad[0][1]} of {file}: {bad[0][2]} "
                "Nothing was changed."
            )
    return WarehouseReceipt.objects.exclude(state="requested").count() - before, bad


def _told(cells: dict[str, str], today: date) -> dict[str, Any]:
    """What `issue_receipt` takes, as a line tells it. Raises BadCell."""
    texts = {name: _text(name, cells.get(name, "")) for name in LONGEST}
    warehouse = Warehouse.objects.filter(code=cells["warehouse"]).first()
    depositor = Seller.objects.filter(external_id=cells["depositor"]).first()
    if warehouse is None or depositor is None:
        unknown = "warehouse" if warehouse is None else "depositor"
        raise BadCell(f"{unknown}: {cells[unknown][:40]!r} is not known here.")
    issued_on = day_in(cells["issued_on"])
    if issued_on > today:
        raise BadCell(f"date: the receipt was issued on {issued_on}, which is still to come.")
    goods = Goods(
        commodity=code_in(cells["commodity"]),
        weight=_weight(cells["weight"]),
        unit=unit_in(cells["unit"]),
        **{name: texts[name] for name in ("grade", "lot", "bin", "insurance", "origin")},
        insured_until=day_in(cells["insured_until"]),
    )
    return {
        "number": texts["number"], "warehouse": warehouse, "depositor": depositor, "goods": goods,
        "issued_on": issued_on, "valid_until": day_in(cells["valid_until"]),
    }  # fmt: skip


def _text(column: str, cell: str) -> str:
    if not cell and column not in OPTIONAL:
        raise BadCell(f"{column}: it is missing.")
    if len(cell) > LONGEST[column] or not cell.isprintable():
        raise BadCell(f"{column}: it has at most {LONGEST[column]} characters, all of them printable.")
    if cell.startswith(FORMULA):
        raise BadCell(f"{column}: {cell[:20]!r} begins like a formula of a spreadsheet.")
    return cell


def _weight(cell: str) -> Decimal:
    digits = cell.replace(".", "", 1)
    weight = Decimal(cell) if digits.isascii() and digits.isdigit() and len(cell) <= 30 else Decimal(0)
    if not 0 < weight < MOST or weight != round(weight, DECIMALS):
        raise BadCell(f"weight: {cell[:40]!r} is no weight such as 4980.5, with four decimals at most.")
    return weight
