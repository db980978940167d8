"""A month as one zip: CSV, a workbook, a journal for Beancount, and the SHA-256 of each. The same rows make the same
bytes, whoever asks and whenever: no clock, no name of a person, no order but the rows' own."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter import Workbook

from apps.core.exports import BLOCK, WORKBOOK, write_sheet
from apps.ledger.journal import beancount, csv_line
from apps.reconciliation.months.sheets import Sheet

Told = Callable[[int], None]
MANIFEST = "SHA256SUMS"
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of a zip's calendar


def write_package(
    path: Path, *, sheets: list[Sheet], title: str, first: date, last: date, told: Told
) -> dict[str, str]:
    """Write the month from `first` to `last`, both inclusive, to `path`; answers each file's name and SHA-256.

    `told` hears how far it is, in per cent. The manifest is read by `sha256sum --check`.
    """
    steps = len(sheets) + 2
    hashes: dict[str, str] = {}
    with ZipFile(path, "w", ZIP_DEFLATED) as package:
        for number, sheet in enumerate(sheets):
            hashes[f"{sheet.name}.csv"] = _add(package, f"{sheet.name}.csv", _lines(_csv(sheet)))
            told(100 * (number + 1) // steps)
        hashes["journal.beancount"] = _add(
            package, "journal.beancount", _lines(beancount(title=title, first=first, last=last))
        )
        told(100 * (steps - 1) // steps)
        with tempfile.TemporaryFile() as workbook:
            _write_workbook(workbook, sheets, last)
            workbook.seek(0)
            hashes["books.xlsx"] = _add(package, "books.xlsx", iter(lambda: workbook.read(BLOCK), b""))
        manifest = (f"{digest}  {name}" for name, digest in sorted(hashes.items()))
        hashes[MANIFEST] = _add(package, MANIFEST, _lines(manifest))
    return hashes


def _add(package: ZipFile, name: str, blocks: Iterable[bytes]) -> str:
    """Add a file to the zip block by block; answers its SHA-256."""
    about = ZipInfo(name, BEGINNING)
    about.compress_type = ZIP_DEFLATED
    digest = hashlib.sha256()
    with package.open(about, "w", force_zip64=True) as file:
        for block in blocks:
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _lines(lines: Iterable[str]) -> Iterator[bytes]:
    return (f"{line}\n".encode() for line in lines)


def _csv(sheet: Sheet) -> Iterator[str]:
    yield csv_line(sheet.columns)
    for row in sheet.rows():
        yield csv_line(row)


def _write_workbook(target: IO[bytes], sheets: list[Sheet], last: date) -> None:
    """All sheets in one workbook, row by row: what was written is not kept in memory."""
    workbook = Workbook(target, WORKBOOK)
    workbook.set_properties({"created": datetime(last.year, last.month, last.day)})  # noqa: DTZ001  a date, no instant
    for sheet in sheets:
        write_sheet(workbook, sheet.name, sheet.columns, sheet.rows())
    workbook.close()
