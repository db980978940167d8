"""A CSV file that somebody sent as lines of cells, and what one cell may say. Prices and receipts are read with it."""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from apps.core.files import NOT_CSV, write_rejects
from apps.warehousing.units import UnknownUnit, unit_named

LARGEST = 64 * 1024 * 1024
LONGEST_TEXT = 2_000
EARLIEST = date(1900, 1, 1)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class FileRefused(ValueError):
    """The file cannot be taken in at all; the message says why. Nothing was changed."""


class BadCell(ValueError):
    """A cell does not say what it should; the message says which and how."""


class NotTold(NamedTuple):
    """A line or cell without a price: a fault to be named, or something that was never meant to be one."""

    line: int
    text: str
    reason: str
    is_fault: bool = True


class Line(NamedTuple):
    """One line of a file, with its cells; None when its quotation marks are not in order."""

    number: int
    text: str
    cells: list[str] | None


class SentFile(NamedTuple):
    """A file as it was sent: its name and its bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def sent_file(path: Path) -> SentFile:
    """The file at `path`. Raises FileRefused when there is none, or it is too large."""
    try:
        if path.exists() and not path.is_file():
            raise FileRefused(f"{path} is no file. Nothing was changed; name a file.")
        if path.stat().st_size > LARGEST:
            raise FileRefused(f"{path.name} is larger than {LARGEST >> 20} MB. Nothing was changed; send it in parts.")
        return SentFile(path.name, path.read_bytes())
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error


def lines_of(file: SentFile) -> list[Line]:
    """The lines of a CSV file that are not empty. Raises FileRefused when it is no such file."""
    for mark, what in NOT_CSV.items():
        if file.content.startswith(mark):
            raise FileRefused(f"{file.name} {what}. Nothing was changed.")
    if b"\0" in file.content:
        raise FileRefused(f"{file.name} is not text. Nothing was changed.")
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content[: error.start].count(b"\n") + 1
        raise FileRefused(
            f"{file.name} is not written in UTF-8, on line {line}. Nothing was changed; save the file as UTF-8."
        ) from error
    lines = [Line(number, line[:LONGEST_TEXT], _cells(line)) for number, line in _numbered(text)]
    if not lines:
        raise FileRefused(f"{file.name} is empty. Nothing was changed.")
    return lines


def header_of(line: Line, file: str, required: Sequence[str]) -> list[str]:
    """The names of the columns. Raises FileRefused when one of `required` is missing or one stands there twice."""
    columns = line.cells or []
    if missing := [column for column in required if column not in columns]:
        raise FileRefused(
            f"{file} has no column {', '.join(missing)}. Nothing was changed; the first line must name the columns, "
            "separated by commas."
        )
    if len(set(columns)) < len(columns):
        raise FileRefused(f"{file} names a column twice. Nothing was changed.")
    return columns


def named(line: Line, columns: Sequence[str]) -> dict[str, str]:
    """The cells of a line by the names of their columns. Raises BadCell."""
    if line.cells is None:
        raise BadCell("A quotation mark is not closed, or stands inside a cell.")
    if len(line.cells) != len(columns):
        raise BadCell(f"The line has {len(line.cells)} cells, the header {len(columns)}.")
    return dict(zip(columns, line.cells, strict=True))


def day_in(cell: str) -> date:
    """The date in a cell, as 2025-03-14. Raises BadCell."""
    try:
        if not DAY.fullmatch(cell):
            raise ValueError(cell)
        day = date.fromisoformat(cell)
    except ValueError:
        raise BadCell(f"date: {cell[:40]!r} is no day such as 2025-03-14.") from None
    return not_before_time(day)


def unit_in(cell: str) -> str:
    """The unit in a cell. Raises BadCell."""
    try:
        return unit_named(cell)
    except UnknownUnit as error:
        raise BadCell(f"unit: {error}.") from None


def code_in(cell: str) -> str:
    """The code of a commodity: small letters, digits and hyphens. Raises BadCell."""
    if len(cell) > 40 or not CODE.fullmatch(cell):
        raise BadCell(f"commodity: {cell[:40]!r} is no code such as cotton-a-index, of 40 characters at most.")
    return cell


def not_before_time(day: date) -> date:
    if day < EARLIEST:
        raise BadCell(f"date: {day} is absurd: records begin with {EARLIEST.year}.")
    return day


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    numbered = enumerate((line.rstrip("\r") for line in text.split("\n")), 1)
    return ((number, line) for number, line in numbered if line)


def _cells(line: str) -> list[str] | None:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None


def keep_rejects(path: Path, bad: Sequence[tuple[str, int, str, str]]) -> None:
    """Write the lines that were rejected to `path`. Raises FileRefused when that cannot be done."""
    try:
        write_rejects(path, bad)
    except OSError as error:
        raise FileRefused(
            f"The rejected lines cannot be written to {path}: {error.strerror}. Nothing was changed; name another "
            "place with --rejects."
        ) from error
