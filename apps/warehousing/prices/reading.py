"""What the cells of a file of prices say."""

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import is_currency
from apps.warehousing.models.price import PRICE_DECIMALS
from apps.warehousing.sheets import BadCell, not_before_time

ONE = Decimal(1)
BELOW = Decimal(10) ** 12
PRICE = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
MONTH = re.compile(r"([0-9]{4})[-M]([0-9]{2})")
MISSING = frozenset({"", "..", "...", "…", "n/a", "na", "-"})


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
    name_zh: str = ""


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


def month_end_in(cell: str) -> date:
    """The last day of the month in a cell (2008-10 or 2008M10): a monthly average is not known before. Raises
    BadCell."""
    found = MONTH.fullmatch(cell.strip())
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) == 0:
        raise BadCell(f"month: {cell[:40]!r} is no month such as 2008-10.")
    year, month = int(found[1]), int(found[2])
    return not_before_time(date(year, month, calendar.monthrange(year, month)[1]))


def currency_in(cell: str) -> str:
    """The currency in a cell. Raises BadCell."""
    if not is_currency(cell):
        raise BadCell(f"currency: {cell[:40]!r} is no ISO 4217 code such as USD.")
    return cell
