"""A file of prices as lines of cells, and what one cell may say."""

import calendar
import csv
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from apps.core.files import NOT_CSV
from apps.core.money import is_currency
from apps.warehousing.models.price import PRICE_DECIMALS
from apps.warehousing.units import UnknownUnit, unit_named

LARGEST = 64 * 1024 * 1024
LONGEST_TEXT = 2_000
EARLIEST = date(1900, 1, 1)
ONE = Decimal(1)
BELOW = Decimal(10) ** 12
PRICE = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"([0-9]{4})[-M]([0-9]{2})")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MISSING = frozenset({"", "..", "...", "…", "n/a", "na", "-"})


class PricesRefused(ValueError):
    """The file cannot be taken in at all; the message says why. Nothing was changed."""


class BadCell(ValueError):
    """A cell does not say what it should; the message says which and how."""


class Series(NamedTuple):
    """What one price follows another in."""

    commodity: str
    unit: str
    currency: str
    source: str


class PriceTold(NamedTuple):
    """One price that a file tells. `price` is for one unit, rounded to ten decimals; `line` counts from 1."""

    line: int
    text: str
    series: Series
    name: str
    on: date
    price: Decimal


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
    """The file at `path`. Raises PricesRefused when there is none, or it is too large."""
    try:
        if path.exists() and not path.is_file():
            raise PricesRefused(f"{path} is no file. Nothing was changed; name a file.")
        if path.stat().st_size > LARGEST:
            raise PricesRefused(
                f"{path.name} is larger than {LARGEST >> 20} MB. Nothing was changed; send it in parts."
            )
        return SentFile(path.name, path.read_bytes())
    except OSError as error:
        raise PricesRefused(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error


def lines_of(file: SentFile) -> list[Line]:
    """The lines of a CSV file that are not empty. Raises PricesRefused when it is no such file."""
    for mark, what in NOT_CSV.items():
        if file.content.startswith(mark):
            raise PricesRefused(f"{file.name} {what}. Nothing was changed.")
    if b"\0" in file.content:
        raise PricesRefused(f"{file.name} is not text. Nothing was changed.")
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content[: error.start].count(b"\n") + 1
        raise PricesRefused(
            f"{file.name} is not written in UTF-8, on line {line}. Nothing was changed; save the file as UTF-8."
        ) from error
    lines = [Line(number, line[:LONGEST_TEXT], _cells(line)) for number, line in _numbered(text)]
    if not lines:
        raise PricesRefused(f"{file.name} is empty. Nothing was changed.")
    return lines


def price_in(cell: str, parts: Decimal = ONE) -> Decimal:
    """The price in a cell, rounded half to even to ten decimals; `parts` of what it is told in make one of its
    currency, such as 100 cents. Raises BadCell for a missing, negative or impossible one."""
    text = cell.strip()
    if text.lower() in MISSING:
        raise BadCell("No price stands here.")
    if not PRICE.fullmatch(text):
        raise BadCell(f"price: {text[:40]!r} is not a number such as 1234.5.")
    price = round(Decimal(text) / parts, PRICE_DECIMALS)
    if text.startswith("-"):
        raise BadCell(f"price: {text[:40]} is negative.")
    if price == 0:
        raise BadCell(f"price: {text[:40]} is nothing.")
    if price >= BELOW:
        raise BadCell(f"price: {text[:40]} is absurd.")
    return price


def day_in(cell: str) -> date:
    """The date in a cell, as 2025-03-14. Raises BadCell."""
    try:
        if not DAY.fullmatch(cell):
            raise ValueError(cell)
        day = date.fromisoformat(cell)
    except ValueError:
        raise BadCell(f"date: {cell[:40]!r} is no day such as 2025-03-14.") from None
    return _not_before_time(day)


def month_end_in(cell: str) -> date:
    """The last day of the month in a cell (2008-10 or 2008M10): a monthly average is not known before. Raises
    BadCell."""
    found = MONTH.fullmatch(cell.strip())
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) == 0:
        raise BadCell(f"month: {cell[:40]!r} is no month such as 2008-10.")
    year, month = int(found[1]), int(found[2])
    return _not_before_time(date(year, month, calendar.monthrange(year, month)[1]))


def unit_in(cell: str) -> str:
    """The unit in a cell. Raises BadCell."""
    try:
        return unit_named(cell)
    except UnknownUnit as error:
        raise BadCell(f"unit: {error}.") from None


def currency_in(cell: str) -> str:
    """The currency in a cell. Raises BadCell."""
    if not is_currency(cell):
        raise BadCell(f"currency: {cell[:40]!r} is no ISO 4217 code such as USD.")
    return cell


def code_in(cell: str) -> str:
    """The code of a commodity: small letters, digits and hyphens. Raises BadCell."""
    if len(cell) > 40 or not CODE.fullmatch(cell):
        raise BadCell(f"commodity: {cell[:40]!r} is no code such as cotton-a-index, of 40 characters at most.")
    return cell


def _not_before_time(day: date) -> date:
    if day < EARLIEST:
        raise BadCell(f"date: {day} is absurd: prices begin with {EARLIEST.year}.")
    return day


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    numbered = enumerate((line.rstrip("\r") for line in text.split("\n")), 1)
    return ((number, line) for number, line in numbered if line)


def _cells(line: str) -> list[str] | None:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None
