"""What stands in one cell: an amount, an instant. Strict, so that nothing is understood that was not meant."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from apps.core.money import quantum

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?")


class BadCell(ValueError):
    """The cell does not say what it should; the message is the reason for rejecting its line."""


@cache
def amounts(currency: str) -> Callable[[str, str], Decimal]:
    """What reads an amount in `currency`, given the cell and its column's name.

    Digits with a decimal point and no more decimals than the currency has (further zeros are harmless), at most
    fifteen places before it; a sign is read, for the rules to refuse. Raises BadCell.
    """
    decimals = -int(quantum(currency).as_tuple().exponent)
    example = 12 + quantum(currency)
    fits = re.compile(rf"-?\d{{1,15}}(\.(?=\d)\d{{0,{decimals}}}0{{0,6}})?").fullmatch

    def amount(cell: str, column: str) -> Decimal:
        if not fits(cell):
            raise BadCell(f"{column}: {cell[:40]!r} is not an amount in {currency} such as {example}.")
        return Decimal(cell)

    return amount


def instant(cell: str, column: str, zone: ZoneInfo) -> str:
    """The instant that `cell` names in ISO 8601, in `zone` unless it brings its own offset, as UTC text; empty stays.

    Instants in one form compare as text. Raises BadCell.
    """
    if not cell:
        return ""
    if not MOMENT.fullmatch(cell):
        raise BadCell(f"{column}: {cell[:40]!r} is not a time such as 2026-01-31 14:05:00.")
    try:
        moment = datetime.fromisoformat(cell)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).isoformat(" ", "microseconds")
    except (ValueError, OverflowError) as error:
        raise BadCell(f"{column}: {cell[:40]!r} is not a time on the calendar.") from error
