"""Writing the books: post, post many, reverse. Nothing else writes an entry."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction

from apps.core import bulk
from apps.core.money import ZERO, is_payable
from apps.core.turns import take_turn
from apps.ledger.calendar import must_be_open
from apps.ledger.chart import CODES, kind_of
from apps.ledger.models import Account, DailyTotal, Entry, Posting


class KeyReused(ValueError):
    """An entry with this key exists and says something else. Nothing was posted."""


class Line(NamedTuple):
    """One posting to be: `amount` (payable, positive) from account `credit` to account `debit`, named by chart code."""

    debit: str
    credit: str
    amount: Decimal


class Draft(NamedTuple):
    """One entry to be. `key` is deterministic: it names the event, so that the event is posted once."""

    key: str
    kind: str
    subject: str
    lines: tuple[Line, ...]


def post(
    *,
    key: str,
    kind: str,
    business_date: date,
    currency: str,
    lines: Sequence[Line],
    subject: str = "",
    reverses: Entry | None = None,
    at: datetime,
    by: str,
) -> Entry:
    """Post one entry and return it; the same key with the same content returns the entry that is there.

    Of two at the same moment, one posts and the other waits and answers the same entry. Raises KeyReused when the key
    exists with other content, ValueError for amounts that are not positive and payable in `currency`, for an account
    to itself, or for an entry without lines, DateClosed when the books of that date are closed.
    """
    _check(lines, currency, key)
    with transaction.atomic():
        known = Entry.objects.filter(key=key).first()
        if known is None:
            must_be_open(business_date)
            entry = Entry(
                key=key,
                kind=kind,
                business_date=business_date,
                currency=currency,
                subject=subject,
                reverses=reverses,
                by=by,
                posted_at=at,
            )
            if _is_new(entry):
                accounts = accounts_by_code(currency)
                _write_postings([(entry.pk, line) for line in lines], currency, accounts)
                _add_to_daily_totals(lines, business_date, accounts)
                return entry
            known = Entry.objects.get(key=key)
        _must_be_the_same(known, kind, subject, business_date, currency, lines)
        return known


def _is_new(entry: Entry) -> bool:
    """Insert `entry` unless its key is taken; waits for whoever is inserting that key right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {Entry._meta.db_table}
                (key, kind, business_date, currency, subject, reverses_id, by, posted_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (key) DO NOTHING RETURNING id
            """,  # noqa: S608  the table's name is ours
            [
                entry.key,
                entry.kind,
                entry.business_date,
                entry.currency,
                entry.subject,
                entry.reverses_id,
                entry.by,
                entry.posted_at,
            ],
        )
        row = cursor.fetchone()
    if row is not None:
        entry.pk, entry._state.adding = row[0], False
    return row is not None


def post_many(drafts: Iterable[Draft], *, business_date: date, currency: str, at: datetime, by: str) -> dict[str, int]:
    """Post many new entries of one business date with two COPYs, all or none; returns the entry's id by key.

    Drafts without lines are left out. A key that exists already violates the database's unique constraint
    (IntegrityError) and undoes the whole batch: callers hold the lock that makes their keys new. Raises ValueError and
    DateClosed as `post` does.
    """
    batch = [draft for draft in drafts if draft.lines]
    if not batch:
        return {}
    for draft in batch:
        _check(draft.lines, currency, draft.key)
    with transaction.atomic():
        must_be_open(business_date)
        accounts = accounts_by_code(currency)
        ids = bulk.next_ids(Entry, len(batch))
        day, instant = business_date.isoformat(), at.isoformat()
        bulk.copy_rows(
            Entry,
            ["id", "key", "business_date", "kind", "subject", "currency", "by", "posted_at"],
            (
                (entry_id, draft.key, day, draft.kind, draft.subject, currency, by, instant)
                for entry_id, draft in zip(ids, batch, strict=True)
            ),
        )
        pairs = [(entry_id, line) for entry_id, draft in zip(ids, batch, strict=True) for line in draft.lines]
        _write_postings(pairs, currency, accounts)
        bulk.check_now()  # so that nobody waits for these checks once the books are held
        _add_to_daily_totals([line for _id, line in pairs], business_date, accounts)
    return {draft.key: entry_id for entry_id, draft in zip(ids, batch, strict=True)}


def reverse(*, entry: Entry, business_date: date, at: datetime, by: str) -> Entry:
    """Post the mirror image of `entry` on `business_date`; asked again, on whatever date, it answers the same reversal.

    Raises DateClosed when the books of that date are closed.
    """
    known = Entry.objects.filter(reverses=entry).first()
    if known is not None:
        return known
    lines = [
        Line(debit=credit, credit=debit, amount=amount)
        for debit, credit, amount in entry.postings.order_by("id").values_list("debit__code", "credit__code", "amount")
    ]
    return post(
        key=f"reversal:{entry.key}",
        kind="reversal",
        business_date=business_date,
        currency=entry.currency,
        lines=lines,
        subject=entry.subject,
        reverses=entry,
        at=at,
        by=by,
    )


def accounts_by_code(currency: str) -> dict[str, int]:
    """The id of each account of the chart in `currency`, making the accounts on first use."""
    known = dict(Account.objects.filter(currency=currency).values_list("code", "id"))
    missing = sorted(CODES - known.keys())
    if missing:
        Account.objects.bulk_create(
            [Account(code=code, kind=kind_of(code), currency=currency) for code in missing], ignore_conflicts=True
        )
        known = dict(Account.objects.filter(currency=currency).values_list("code", "id"))
    return known


def _check(lines: Sequence[Line], currency: str, key: str) -> None:
    if not lines:
        raise ValueError(f"Entry {key} has no lines.")
    for line in lines:
        if not (is_payable(line.amount, currency) and line.amount > 0):
            raise ValueError(f"Entry {key}: {line.amount} is not a positive amount payable in {currency}.")
        if line.debit == line.credit:
            raise ValueError(f"Entry {key}: {line.debit} cannot owe itself.")
        if line.debit not in CODES or line.credit not in CODES:
            kind_of(line.debit)
            kind_of(line.credit)


def _must_be_the_same(
    known: Entry, kind: str, subject: str, business_date: date, currency: str, lines: Sequence[Line]
) -> None:
    there = sorted(known.postings.values_list("debit__code", "credit__code", "amount"))
    asked = sorted((line.debit, line.credit, line.amount) for line in lines)
    before = (known.kind, known.subject, known.business_date, known.currency, there)
    if before != (kind, subject, business_date, currency, asked):
        raise KeyReused(f"Entry {known.key} was posted before with other content. Nothing was posted now.")


def _write_postings(pairs: Sequence[tuple[int, Line]], currency: str, accounts: dict[str, int]) -> None:
    bulk.copy_rows(
        Posting,
        ["entry_id", "debit_id", "credit_id", "amount", "currency"],
        ((entry_id, accounts[line.debit], accounts[line.credit], line.amount, currency) for entry_id, line in pairs),
    )


def take_the_books() -> None:
    """Be the one writer of the books until the running transaction ends.

    All entries share a few rows: the totals of their day, and the pools. Whoever comes to them takes this turn first,
    in whatever order they are then written and on however many dates, so nobody waits in a circle. Sellers, bank lines
    and instructions are locked before it.
    """
    take_turn("books")


def _add_to_daily_totals(lines: Sequence[Line], business_date: date, accounts: dict[str, int]) -> None:
    debits: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    credits: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        debits[line.debit] += line.amount
        credits[line.credit] += line.amount
    codes = sorted(debits.keys() | credits.keys(), key=accounts.__getitem__)
    take_the_books()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {DailyTotal._meta.db_table} AS kept (account_id, business_date, debits, credits)
            SELECT account_id, %s, debits, credits
            FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS new(account_id, debits, credits)
            ON CONFLICT (account_id, business_date) DO UPDATE
            SET debits = kept.debits + excluded.debits, credits = kept.credits + excluded.credits
            """,  # noqa: S608  the table's name is ours
            [
                business_date,
                [accounts[code] for code in codes],
                [debits[code] for code in codes],
                [credits[code] for code in codes],
            ],
        )
