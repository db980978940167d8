"""Our own format of prices: one CSV file, one line a price. Its columns are described in docs/prices.md."""

from collections.abc import Iterator, Sequence

from apps.core.money import is_currency
from apps.warehousing.prices.reading import (
    BadCell,
    Line,
    NotTold,
    PricesRefused,
    PriceTold,
    SentFile,
    Series,
    code_in,
    currency_in,
    day_in,
    lines_of,
    price_in,
    unit_in,
)

REQUIRED = ("commodity", "unit", "currency", "date", "price", "source")
OPTIONAL = ("name",)
LONGEST_SOURCE, LONGEST_NAME = 60, 120


def told_in(file: SentFile) -> Iterator[PriceTold | NotTold]:
    """Every line of `file` after the header. Raises PricesRefused when it has another form."""
    header, *lines = lines_of(file)
    columns = header_of(header, file.name, REQUIRED)
    if unknown := [column for column in columns if column not in REQUIRED + OPTIONAL]:
        raise PricesRefused(
            f"{file.name} has a column {', '.join(unknown)} that is not known. Nothing was changed; known are "
            f"{', '.join(REQUIRED + OPTIONAL)}."
        )
    for line in lines:
        try:
            yield _told(line, named(line, columns))
        except BadCell as fault:
            yield NotTold(line.number, line.text, str(fault))


def header_of(line: Line, file: str, required: Sequence[str]) -> list[str]:
    """The names of the columns. Raises PricesRefused when one of `required` is missing or one stands there twice."""
    columns = line.cells or []
    if missing := [column for column in required if column not in columns]:
        raise PricesRefused(
            f"{file} has no column {', '.join(missing)}. Nothing was changed; the first line must name the columns, "
            "separated by commas."
        )
    if len(set(columns)) < len(columns):
        raise PricesRefused(f"{file} names a column twice. Nothing was changed.")
    return columns


def named(line: Line, columns: Sequence[str]) -> dict[str, str]:
    """The cells of a line by the names of their columns. Raises BadCell."""
    if line.cells is None:
        raise BadCell("A quotation mark is not closed, or stands inside a cell.")
    if len(line.cells) != len(columns):
        raise BadCell(f"The line has {len(line.cells)} cells, the header {len(columns)}.")
    return dict(zip(columns, line.cells, strict=True))


def _told(line: Line, cells: dict[str, str]) -> PriceTold:
    currency = currency_in(cells["currency"])
    commodity, unit = _priced(cells["commodity"], cells["unit"], currency)
    name = cells.get("name") or commodity
    for column, text, longest in (("source", cells["source"], LONGEST_SOURCE), ("name", name, LONGEST_NAME)):
        if not text or len(text) > longest or not text.isprintable():
            raise BadCell(f"{column}: it has 1 to {longest} characters, all of them printable.")
    return PriceTold(
        line.number,
        line.text,
        Series(commodity, unit, currency, cells["source"]),
        name,
        day_in(cells["date"]),
        price_in(cells["price"]),
    )


def _priced(commodity: str, unit: str, currency: str) -> tuple[str, str]:
    """What is priced, and its unit. A currency is measured in itself: its price in another one is the exchange rate."""
    if not is_currency(commodity):
        return code_in(commodity), unit_in(unit)
    if unit != commodity:
        raise BadCell(f"unit: the rate of {commodity} is for one {commodity}, not for one {unit[:20]!r}.")
    if currency == commodity:
        raise BadCell(f"currency: {commodity} has no rate in itself.")
    return commodity, unit
