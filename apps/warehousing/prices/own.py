"""Our own format of prices: one CSV file, one line a price. Its columns are described in docs/prices.md."""

from collections.abc import Iterator

from apps.core.money import is_currency
from apps.warehousing.prices.reading import PriceTold, Series, currency_in, price_in
from apps.warehousing.sheets import (
    BadCell,
    FileRefused,
    Line,
    NotTold,
    SentFile,
    code_in,
    day_in,
    header_of,
    lines_of,
    named,
    unit_in,
)

REQUIRED = ("commodity", "unit", "currency", "date", "price", "source")
OPTIONAL = ("name", "name_zh")
LONGEST_SOURCE, LONGEST_NAME = 60, 120


def told_in(file: SentFile) -> Iterator[PriceTold | NotTold]:
    """Every line of `file` after the header. Raises FileRefused when it has another form."""
    header, *lines = lines_of(file)
    columns = header_of(header, file.name, REQUIRED)
    if unknown := [column for column in columns if column not in REQUIRED + OPTIONAL]:
        raise FileRefused(
            f"{file.name} has a column {', '.join(unknown)} that is not known. Nothing was changed; known are "
            f"{', '.join(REQUIRED + OPTIONAL)}."
        )
    for line in lines:
        try:
            yield _told(line, named(line, columns))
        except BadCell as fault:
            yield NotTold(line.number, line.text, str(fault))


def _told(line: Line, cells: dict[str, str]) -> PriceTold:
    currency = currency_in(cells["currency"])
    commodity, unit = _priced(cells["commodity"], cells["unit"], currency)
    name, name_zh = cells.get("name") or commodity, cells.get("name_zh") or ""
    texts = (("source", cells["source"], LONGEST_SOURCE), ("name", name, LONGEST_NAME))
    for column, text, longest in (*texts, ("name_zh", name_zh or name, LONGEST_NAME)):
        if not text or len(text) > longest or not text.isprintable():
            raise BadCell(f"{column}: it has 1 to {longest} characters, all of them printable.")
    return PriceTold(
        line.number,
        line.text,
        Series(commodity, unit, currency, cells["source"]),
        name,
        day_in(cells["date"]),
        price_in(cells["price"]),
        name_zh,
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
