"""Files of prices as sources would send them, for tests."""

from pathlib import Path
from typing import Any

COLUMNS = ("commodity", "unit", "currency", "date", "price", "source")
COTTON: dict[str, str] = {
    "commodity": "cotton",
    "unit": "kg",
    "currency": "CNY",
    "date": "2025-03-10",
    "price": "14.60",
    "source": "Exchange",
}
OFFICIAL = (
    "World Bank Commodity Price Data (The Pink Sheet),,,,\n"
    '"monthly prices in nominal US dollars, 1960 to present",,,,\n'
    ",,,,\n"
    ',Natural gas index,"Cotton, A Index",Plywood,"Rice, Viet Namese 5% **"\n'
    ",(2010=100),($/kg),(cents/sheet),($/mt)\n"
    ",iNATGAS,COTTON_A_INDX,PLYWOOD,RICE_05_VNM\n"
)


def price_file(folder: Path, *rows: dict[str, Any], name: str = "prices.csv") -> Path:
    """A file in our own format, with those of the optional columns that a row has."""
    path = folder / name
    columns = [*COLUMNS, *sorted({column for row in rows for column in row}.difference(COLUMNS))]
    lines = [",".join(columns), *(",".join(str(row.get(column, "")) for column in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def official_sheet(folder: Path, *lines: str, name: str = "CMO-Historical-Data-Monthly.csv") -> Path:
    """The World Bank's own sheet, saved as CSV."""
    path = folder / name
    path.write_text(OFFICIAL + "\n".join(lines) + "\n", encoding="utf-8-sig")
    return path
