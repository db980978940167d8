"""The World Bank's Pink Sheet of monthly commodity prices, in two layouts, as CSV.

Long: a line a month and commodity, with the columns month, commodity, unit, price. Wide: the sheet *Monthly Prices* of
the official workbook, saved as CSV: a line a month (1960M01), a column a commodity, above them a row of names and a row
of units, and perhaps codes. A price is the average of its month, so it is dated on the month's last day.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.text import slugify

from apps.warehousing.prices.reading import MISSING, PriceTold, Series, month_end_in, price_in
from apps.warehousing.sheets import (
    BadCell,
    FileRefused,
    Line,
    NotTold,
    SentFile,
    code_in,
    header_of,
    lines_of,
    named,
    unit_in,
)

SOURCE = "World Bank Pink Sheet"
COLUMNS = ("month", "commodity", "unit", "price")
MONTH = re.compile(r"[0-9]{4}M[0-9]{2}")
PRICED_IN = {"$": Decimal(1), "cents": Decimal(100), "¢": Decimal(100)}
"""How the unit begins, and how many of that make a dollar: everything is in US dollars."""
INDEX = re.compile(r"[0-9]{4}\s*=\s*100")
NOT_BEGUN = "The series had not begun."


class Column(NamedTuple):
    """What the prices of one commodity are. `reason` says why there are none; `parts` of its coin make a dollar."""

    name: str
    series: Series | None = None
    parts: Decimal = Decimal(1)
    reason: str = ""
    is_fault: bool = True


def told_in(file: SentFile) -> Iterator[PriceTold | NotTold]:
    """Every price of `file`. Raises FileRefused when it has neither layout."""
    lines = lines_of(file)
    if set(COLUMNS) <= set(lines[0].cells or []):
        return _long(lines, file.name)
    first = next((place for place, line in enumerate(lines) if _is_month(line)), None)
    if first is None:
        raise FileRefused(
            f"{file.name} has neither the columns {', '.join(COLUMNS)} nor lines that begin with a month such as "
            "1960M01. Nothing was changed; save the sheet of monthly prices as CSV."
        )
    return _wide(lines[first:], _columns(lines[:first], file.name))


def _long(lines: list[Line], file: str) -> Iterator[PriceTold | NotTold]:
    names = header_of(lines[0], file, COLUMNS)
    known: dict[tuple[str, str], Column] = {}
    for line in lines[1:]:
        try:
            cells = named(line, names)
            key = (cells["commodity"], cells["unit"])
            if key not in known:
                known[key] = _column(*key)
            yield _told(line, line.text, known[key], month_end_in(cells["month"]), cells["price"])
        except BadCell as fault:
            yield NotTold(line.number, line.text, str(fault))


def _wide(lines: list[Line], columns: list[Column | None]) -> Iterator[PriceTold | NotTold]:
    begun: set[int] = set()
    for line in lines:
        try:
            if line.cells is None or len(line.cells) > len(columns) + 1:
                raise BadCell("A quotation mark is not in order, or there are more cells than commodities.")
            on = month_end_in(line.cells[0])
        except BadCell as fault:
            yield NotTold(line.number, line.text, str(fault))
            continue
        cells = line.cells[1:] + [""] * (len(columns) + 1 - len(line.cells))
        for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            if column is None:
                continue
            text = f"{line.cells[0]} {column.name}: {cell}"[:200]
            if cell not in MISSING:
                begun.add(place)
            yield (
                _cell(line, text, column, on, cell)
                if place in begun
                else NotTold(line.number, text, NOT_BEGUN, is_fault=False)
            )


def _cell(line: Line, text: str, column: Column, on: date, cell: str) -> PriceTold | NotTold:
    try:
        return _told(line, text, column, on, cell)
    except BadCell as fault:
        return NotTold(line.number, text, str(fault))


def _told(line: Line, text: str, column: Column, on: date, cell: str) -> PriceTold | NotTold:
    if column.series is None:
        return NotTold(line.number, text, column.reason, column.is_fault)
    return PriceTold(line.number, text, column.series, column.name, on, price_in(cell, column.parts))


def _columns(above: list[Line], file: str) -> list[Column | None]:
    """What each column after the first holds, from the rows of names and units; None where there is no name."""
    places = [place for place, line in enumerate(above) if _are_units(line)]
    if not places or places[-1] == 0:
        raise FileRefused(
            f"{file} has no row of names above a row of units such as ($/mt). Nothing was changed; save the whole "
            "sheet of monthly prices as CSV."
        )
    names, units = (above[place].cells or [] for place in (places[-1] - 1, places[-1]))
    columns = [_column(name, unit) if name else None for name, unit in zip(names[1:], units[1:], strict=False)]
    codes = [column.series for column in columns if column and column.series]
    if len(set(codes)) < len(codes):
        raise FileRefused(f"{file} has two columns for one commodity. Nothing was changed.")
    return columns


def _column(title: str, unit: str) -> Column:
    name = title.rstrip(" *")
    told = unit.strip(" ()")
    coin, _slash, measure = told.partition("/")
    if INDEX.fullmatch(told):
        return Column(name, reason=f"{name} is an index ({told}), no price.", is_fault=False)
    if coin not in PRICED_IN:
        return Column(name, reason=f"unit: {unit[:20]!r} is no price in US dollars such as $/mt.")
    try:
        series = Series(code_in(slugify(name)), unit_in(measure), "USD", SOURCE)
    except BadCell as fault:
        return Column(name, reason=str(fault))
    return Column(name, series, PRICED_IN[coin])


def _is_month(line: Line) -> bool:
    return bool(line.cells and MONTH.fullmatch(line.cells[0]))


def _are_units(line: Line) -> bool:
    cells = [cell.strip(" ()") for cell in (line.cells or [])[1:] if cell]
    return bool(cells) and all("/" in cell or INDEX.fullmatch(cell) for cell in cells)
