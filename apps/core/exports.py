"""Lists as CSV or as a workbook, row by row: a million rows take no more memory than a thousand."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.html import strip_tags
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

PIECE = 2000  # rows that are read from the database at a time
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for one, unless it is a number

WORKBOOK = {"constant_memory": True, "use_zip64": True, "strings_to_formulas": False}
ROWS_A_SHEET = 1_000_000  # a spreadsheet ends at 1,048,576
EXACT = Decimal(10) ** 13  # what a spreadsheet keeps to the cent: it counts in fifteen digits
BLOCK = 1 << 16


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """`rows` as a CSV file to be kept, in UTF-8 with the mark that spreadsheets look for."""
    return StreamingHttpResponse(
        _in_this_schema(_lines(header, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def xlsx_answer(
    filename: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """`rows` as a workbook to be kept, with a sheet called `title`: amounts as numbers, all else as text."""
    return StreamingHttpResponse(
        _in_this_schema(_workbook(title, header, rows)),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def write_sheet(workbook: Workbook, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add `rows` to `workbook`, on further sheets where one is full. Text stays text, whatever it begins with."""
    page, place = workbook.add_worksheet(title), 0
    _write_row(page, 0, header)
    for number, row in enumerate(rows):
        place += 1
        if number and number % ROWS_A_SHEET == 0:
            page, place = workbook.add_worksheet(f"{title} {number // ROWS_A_SHEET + 1}"), 1
            _write_row(page, 0, header)
        _write_row(page, place, row)


def _write_row(page: Worksheet, place: int, cells: Iterable[Any]) -> None:
    for column, value in enumerate(cells):
        if isinstance(value, Decimal) and abs(value) < EXACT:
            page.write_number(place, column, Fraction(value))
        else:
            page.write_string(place, column, "" if value is None else str(value))


def _workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The bytes of the workbook, written to a file of the disk first: its table of contents stands at its end."""
    with tempfile.TemporaryFile() as file:
        workbook = Workbook(file, WORKBOOK)
        write_sheet(workbook, title, header, rows)
        workbook.close()
        file.seek(0)
        yield from iter(lambda: file.read(BLOCK), b"")


def cell(value: Any) -> str:
    """One value as text: dates ISO, numbers plain, no markup, and nothing that a spreadsheet would compute."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    text = strip_tags(str(value)).strip()
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield ("\N{ZERO WIDTH NO-BREAK SPACE}" + writer.writerow([cell(one) for one in header])).encode()
    for row in rows:
        yield writer.writerow([cell(one) for one in row]).encode()


def _in_this_schema(lines: Iterator[bytes]) -> Iterator[bytes]:
    """`lines`, read in the schema that is entered now: they are sent when the request has left its platform already."""
    database: Any = connection
    tenant = database.tenant

    def sent() -> Iterator[bytes]:
        before = database.tenant
        database.set_tenant(tenant)
        try:
            yield from lines
        finally:
            database.set_tenant(before)

    return sent()
