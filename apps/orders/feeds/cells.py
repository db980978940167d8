"""What stands in one cell: an amount, a time. Strict, so that nothing is understood that was not meant."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from apps.core.money import quantum

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?").fullmatch


class BadCell(ValueError):
    """The cell does not say what it should; the message is the reason for rejecting its line."""


@cache
def amounts(currency: str) -> Callable[[str, str], str]:
    """What checks that a cell is an amount in `currency`, given the cell and the column's name, and answers the cell.

    Up to 13 digits and no more decimals than the currency has, though zeros may follow; a minus is let through for the
    rules to refuse. Raises BadCell.
    """
    decimals = -int(quantum(currency).as_tuple().exponent)
    fits = re.compile(rf"-?[0-9]{{1,13}}(\.(?=[0-9])[0-9]{{0,{decimals}}}0{{0,6}})?").fullmatch
    example = 12 + quantum(currency)

    def amount(cell: str, column: str) -> str:
        if not fits(cell):
            raise BadCell(f"{column}: {cell[:40]!r} is not an amount in {currency} such as {example}.")
        return cell

    return amount


def instant(cell: str, column: str, zone: ZoneInfo) -> str:
    """The time that `cell` names in ISO 8601, local to `zone` unless it brings an offset, as UTC text; empty stays.

    Raises BadCell.
    """
    if not cell:
        return ""
    if not MOMENT(cell):
        raise BadCell(f"{column}: {cell[:40]!r} is not a time such as 2026-01-31 14:05:00.")
    try:
        moment = datetime.fromisoformat(cell)
        return as_text(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        raise BadCell(f"{column}: {cell[:40]!r} is not a time on the calendar.") from error


def as_text(moment: datetime) -> str:
    """UTC text of one form, so that later moments are greater texts."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")
