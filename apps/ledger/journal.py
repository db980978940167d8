"""The journal as text, entry by entry: for Beancount, or as CSV. Rows are streamed; memory does not grow with them.

Amounts are exact and in the currency's minor unit. A range of dates is inclusive on both ends; what came before it is
one opening entry. The Beancount text asserts at its end what the daily totals say of each account, so that bean-check
proves them against the postings.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, Q, Sum

from apps.core.dates import DAY
from apps.core.money import round_money
from apps.ledger.models import DailyTotal, Entry, Posting

CSV_COLUMNS = (
    "business_date", "entry", "kind", "subject", "debit", "credit", "amount", "currency", "reverses", "by", "posted_at",
)  # fmt: skip
STREAMED = 5000
Balances = dict[tuple[str, str], Decimal]


def first_and_last_date() -> tuple[date, date] | None:
    """The dates of the first and the last entry; None for empty books."""
    first = Entry.objects.order_by("business_date").values_list("business_date", flat=True).first()
    last = Entry.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    return (first, last) if first and last else None


def beancount(*, title: str, first: date, last: date) -> Iterator[str]:
    """The journal from `first` to `last`, both inclusive, as lines of a Beancount file that bean-check accepts."""
    yield f"; {title}: journal from {first} to {last}"
    yield f'option "title" {_quoted(title)}'
    before = _balances(Q(business_date__lt=first))
    yield from _openings(first, last, before)
    if before:
        yield ""
        yield f'{first} * "opening balances"'
        yield from (f"  {code}  {_amount(net, currency)}" for (code, currency), net in sorted(before.items()))
    for _entry, postings in groupby(_postings(first, last), key=lambda row: row["entry_id"]):
        yield from _transaction(list(postings))
    yield ""
    for (code, currency), net in sorted(_balances(Q(business_date__lte=last)).items()):
        yield f"{last + DAY} balance {code}  {_amount(net, currency)}"


def csv_lines(*, first: date, last: date) -> Iterator[str]:
    """The journal from `first` to `last`, both inclusive, as CSV: a heading, then a line a posting."""
    yield csv_line(CSV_COLUMNS)
    for row in posting_rows(first=first, last=last):
        yield csv_line(row)


def posting_rows(*, first: date, last: date) -> Iterator[tuple[str | Decimal, ...]]:
    """The journal from `first` to `last`, both inclusive, a row a posting, in the order of CSV_COLUMNS."""
    for row in _postings(first, last):
        yield (
            row["entry__business_date"].isoformat(),
            row["entry__key"],
            row["entry__kind"],
            row["entry__subject"],
            row["debit__code"],
            row["credit__code"],
            round_money(row["amount"], row["currency"]),
            row["currency"],
            row["entry__reverses__key"] or "",
            row["entry__by"],
            row["entry__posted_at"].isoformat(),
        )


def guarded(text: str) -> str:
    """`text` such that a spreadsheet shows it and never runs it as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


@contextmanager
def one_snapshot() -> Iterator[None]:
    """What is read inside is one state of the books, whoever posts meanwhile. Within a transaction, it decides."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _postings(first: date, last: date) -> Iterator[Any]:
    rows = Posting.objects.filter(entry__business_date__range=(first, last)).values(
        "entry_id",
        "entry__business_date",
        "entry__key",
        "entry__kind",
        "entry__subject",
        "entry__by",
        "entry__posted_at",
        "entry__reverses__key",
        "debit__code",
        "credit__code",
        "amount",
        "currency",
    )
    return rows.order_by("entry__business_date", "entry_id", "id").iterator(chunk_size=STREAMED)


def _balances(which: Q) -> Balances:
    """Debits less credits of each account (code, currency) that is not at zero, from the daily totals."""
    totals = (
        DailyTotal.objects.filter(which)
        .values_list("account__code", "account__currency")
        .annotate(net=Sum(F("debits") - F("credits")))
    )
    return {(code, currency): net for code, currency, net in totals}


def _openings(first: date, last: date, before: Balances) -> Iterator[str]:
    """An open directive for each account, on the date on which it is first used here, with its currencies."""
    used = (
        DailyTotal.objects.filter(business_date__range=(first, last))
        .values_list("account__code", "account__currency")
        .annotate(since=Min("business_date"))
    )
    since: dict[str, date] = {code: first for code, _currency in before}
    currencies: defaultdict[str, set[str]] = defaultdict(set)
    for code, currency in before:
        currencies[code].add(currency)
    for code, currency, day in used:
        since[code] = min(since.get(code, day), day)
        currencies[code].add(currency)
    for code in sorted(since):
        yield f"{since[code]} open {code} {','.join(sorted(currencies[code]))}"


def _transaction(postings: list[dict[str, Any]]) -> Iterator[str]:
    entry = postings[0]
    yield ""
    yield f"{entry['entry__business_date']} * {_quoted(entry['entry__kind'])}"
    yield f"  key: {_quoted(entry['entry__key'])}"
    if entry["entry__subject"]:
        yield f"  subject: {_quoted(entry['entry__subject'])}"
    if entry["entry__reverses__key"]:
        yield f"  reverses: {_quoted(entry['entry__reverses__key'])}"
    yield f"  by: {_quoted(entry['entry__by'])}"
    for row in postings:
        yield f"  {row['debit__code']}  {_amount(row['amount'], row['currency'])}"
        yield f"  {row['credit__code']}  {_amount(-row['amount'], row['currency'])}"


def _amount(amount: Decimal, currency: str) -> str:
    return f"{round_money(amount, currency)} {currency}"


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def csv_line(cells: Iterable[str | Decimal]) -> str:
    """One line of CSV without its end; no text of it is run as a formula."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow([guarded(cell) if isinstance(cell, str) else str(cell) for cell in cells])
    return line.getvalue().removesuffix("\r\n")
