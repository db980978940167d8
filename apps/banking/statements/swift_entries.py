"""One :61: of an MT940 or MT942, with the :86: or :NS: that explains it."""

import re
from datetime import date
from decimal import Decimal

from apps.banking.statements import values
from apps.banking.statements.parts import Entry, Problem, References, Status

LINE = re.compile(
    r"(?P<value>\d{6})(?P<booked>\d{4}|\s{4})?"
    r"(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s*"
    r"(?P<amount>\d[\d,]*)"
    r"(?P<code>[A-Z][A-Z0-9 ]{3})?(?P<rest>.*)",
    re.ASCII,
)
CREDITS = ("C", "RD", "EC")  # a reversed debit comes in, a reversed credit goes out
SUBFIELD = re.compile(r"\?(\d\d)")
SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
OWN = re.compile(r"(\d\d)(.*)", re.DOTALL)
NO_REFERENCE = ("NONREF", "NOREF", "NOTPROVIDED")


def entry_of(
    lines: list[str], text: list[str], *, is_own: bool, currency: str, where: str
) -> tuple[Entry, list[Problem]]:
    """The entry of a :61: and the reasons why it, or a part of it, cannot be trusted.

    `is_own` says that `text` is an :NS: (a German bank's own field) and not an :86:.
    """
    problems: list[Problem] = []
    found, more = _line(lines)
    explained = _own(text) if is_own else _explained(text)
    if found is None:
        problems.append(Problem(where, f"{values.quoted(lines[0])} is no statement line."))
        return _entry(where, currency, None, None, None, explained, more), problems
    value, booked = _dates(found, where, problems)
    amount: Decimal | None = None
    try:
        amount = values.swift_amount(found["amount"]) * (1 if found["mark"] in CREDITS else -1)
    except values.Unreadable as error:
        problems.append(Problem(where, f"{error}."))
    entry = _entry(where, currency, amount, booked, value, explained, more, found)
    return entry, problems


def _line(lines: list[str]) -> tuple[re.Match[str] | None, list[str]]:
    """The match of the first line, or of the first two when a bank has broken it, and the lines that are left."""
    for taken in (1, 2):
        if found := LINE.fullmatch("".join(lines[:taken]).rstrip()):
            return found, lines[taken:]
    return None, lines


def _dates(found: re.Match[str], where: str, problems: list[Problem]) -> tuple[date | None, date | None]:
    """Value and booking date. The booking date has no year: it is the one nearest to the value date."""
    value: date | None = None
    booked: date | None = None
    try:
        value = values.short_date(found["value"])
    except values.Unreadable as error:
        problems.append(Problem(where, f"Value date: {error}."))
    month_and_day = (found["booked"] or "").strip()
    if not month_and_day:
        return value, value
    try:
        booked = _nearest(month_and_day, value, int(found["value"][:2]))
    except values.Unreadable as error:
        problems.append(Problem(where, f"Booking date: {error}."))
    return value, booked


def _nearest(month_and_day: str, value: date | None, year: int) -> date:
    if value is None:
        return values.short_date(f"{year:02}{month_and_day}")
    month = int(month_and_day[:2])
    shift = -1 if month - value.month > 6 else 1 if value.month - month > 6 else 0
    return values.day(value.year + shift, month, int(month_and_day[2:]), written=month_and_day)


def _entry(
    where: str,
    currency: str,
    amount: Decimal | None,
    booked: date | None,
    value: date | None,
    explained: "dict[str, str]",
    more: list[str],
    found: re.Match[str] | None = None,
) -> Entry:
    rest = found["rest"] if found else ""
    ours, _, theirs = rest.partition("//")
    mark = found["mark"] if found else ""
    text = "\n".join(part for part in (*(line.strip() for line in more), explained.get("text", "")) if part)
    return Entry(
        where=where,
        amount=amount,
        currency=currency,
        booking_date=booked,
        value_date=value,
        status=Status.FUTURE if mark.startswith("E") else Status.BOOKED,
        references=References(
            bank=theirs.strip(),
            entry="" if ours.strip() in NO_REFERENCE else ours.strip(),
            end_to_end=explained.get("EREF", ""),
            instruction=explained.get("KREF", ""),
            mandate=explained.get("MREF", ""),
        ),
        code=((found["code"] or "") if found else "").strip(),
        counterparty=explained.get("name", ""),
        counterparty_account=explained.get("account", ""),
        text=text,
        is_reversal=mark.startswith("R"),
    )


def _explained(lines: list[str]) -> dict[str, str]:
    """What an :86: says: `text`, and where it is structured `name`, `account` and the SEPA references."""
    whole = "".join(lines)
    if not SUBFIELD.search(whole[:7]):
        return {"text": "\n".join(line.rstrip() for line in lines).strip(), **_labelled(" ".join(lines))}
    pieces = SUBFIELD.split(whole)
    said: dict[str, str] = {}
    for number, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        key = {"30": "bank", "31": "account", "32": "name", "33": "name"}.get(number, "text")
        said[key] = said.get(key, "") + (f"{piece} " if number == "00" else piece)
    text = said.get("text", "").strip()
    return {**said, "text": text, "name": said.get("name", "").strip(), **_labelled(text)}


def _labelled(text: str) -> dict[str, str]:
    """`EREF+...MREF+...` apart."""
    pieces = SEPA.split(text)
    said = {label: value.strip() for label, value in zip(pieces[1::2], pieces[2::2], strict=True)}
    return {label: value for label, value in said.items() if value and value not in NO_REFERENCE}


def _own(lines: list[str]) -> dict[str, str]:
    """What an :NS: says: lines 01 to 14 are text, 15 and 16 the name, 18 and 19 the account."""
    said: dict[str, list[str]] = {}
    for line in lines:
        if found := OWN.match(line.strip()):
            number = int(found[1])
            key = "name" if number in (15, 16) else "account" if number == 31 else "text"
            said.setdefault(key, []).append(found[2].strip())
        elif line.strip():
            said.setdefault("text", []).append(line.strip())
    return {key: ("\n" if key == "text" else " ").join(filter(None, parts)) for key, parts in said.items()}
