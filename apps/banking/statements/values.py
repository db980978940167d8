"""Amounts, dates and currencies as files write them, checked. A bad value raises `Unreadable` with the reason."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

EARLIEST, LATEST = date(1970, 1, 1), date(2069, 12, 31)  # both inclusive; two-digit years fit in
DIGITS = 18  # of an amount, as in ISO 20022; leading zeros do not count
DECIMALS = 10
KEPT = 1_024  # values that are not converted again: days, currencies and an entry's amount stand in a file many times
LONGEST = 64  # characters of an amount: a million digits are refused before they are converted

PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
SWIFT = re.compile(r"\d+,\d*", re.ASCII)
ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}")


class Unreadable(ValueError):
    """A value that cannot be trusted. The message says what stands there."""


def quoted(text: str) -> str:
    """`text` fit for a message: on one line, at most 40 characters of it."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[:41]).strip()
    return f'"{plain[:40]}{"…" if len(text) > 40 else ""}"'


@lru_cache(maxsize=KEPT)
def amount(text: str) -> Decimal:
    """An amount with a decimal point, exactly as written."""
    if len(text) > LONGEST:
        raise Unreadable(f"an amount of {len(text)} characters is no amount")
    text = text.strip()
    if not PLAIN.fullmatch(text):
        raise Unreadable(f"{quoted(text)} is no amount")
    value = Decimal(text)
    if len(text) > DECIMALS and _has_too_many_digits(value):
        raise Unreadable(f"{quoted(text)} has more digits than any amount")
    return value


def _has_too_many_digits(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    return len(digits) > DIGITS or not isinstance(exponent, int) or -exponent > DECIMALS


def swift_amount(text: str) -> Decimal:
    """An amount as SWIFT writes it: `1234,5`, `5,`."""
    if len(text) <= LONGEST and SWIFT.fullmatch(text):
        return amount(text.replace(",", "."))
    raise Unreadable(f"{quoted(text)} is no amount")


@lru_cache(maxsize=KEPT)
def iso_date(text: str) -> date:
    """The date of `2026-01-31` or `2026-01-31T12:00:00+01:00`; the day as the bank wrote it, whatever the offset."""
    found = ISO_DATE.match(text.strip())
    if not found:
        raise Unreadable(f"{quoted(text)} is no date")
    return day(*(int(part) for part in found.groups()), written=text)


def compact_date(text: str) -> date:
    """The date of `20260131` or `20260131120000.000[-5:EST]`, as OFX writes it."""
    text = text.strip()
    if len(text) < 8 or not (text[:8].isascii() and text[:8].isdigit()):
        raise Unreadable(f"{quoted(text)} is no date")
    return day(int(text[:4]), int(text[4:6]), int(text[6:8]), written=text)


def short_date(text: str) -> date:
    """The date of `260131`; years 70 to 99 are in the twentieth century."""
    year = int(text[:2])
    return day(year + (1900 if year >= 70 else 2000), int(text[2:4]), int(text[4:6]), written=text)


def formatted_date(text: str, pattern: str) -> date:
    """The date of `text`, written as strptime's `pattern` says."""
    try:
        read = datetime.strptime(text.strip()[:LONGEST], pattern).date()  # noqa: DTZ007  # a date has no time zone
    except ValueError:
        raise Unreadable(f"{quoted(text)} is no date of the form {pattern}") from None
    return day(read.year, read.month, read.day, written=text)


def day(year: int, month: int, number: int, *, written: str) -> date:
    """A date that exists and lies between EARLIEST and LATEST."""
    try:
        made = date(year, month, number)
    except ValueError:
        raise Unreadable(f"{quoted(written)} is no day of the calendar") from None
    if not EARLIEST <= made <= LATEST:
        raise Unreadable(f"{made} is not between {EARLIEST} and {LATEST}")
    return made


@lru_cache(maxsize=KEPT)
def currency(text: str) -> str:
    """An ISO 4217 code by its form: three capital letters."""
    if not CURRENCY.fullmatch(text):
        raise Unreadable(f"{quoted(text)} is no currency")
    return text
