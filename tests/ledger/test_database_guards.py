"""What the database refuses whoever asks: raw SQL as the role that the application itself uses."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.ledger import chart
from apps.ledger.models import Entry, Posting
from apps.ledger.proofs import faults
from apps.ledger.services import accounts_by_code
from apps.tenants.models import Platform
from tests.factories import make_entry, make_record, make_seal, make_transition

INSERT = "INSERT INTO ledger_posting (entry_id, debit_id, credit_id, amount, currency) VALUES (%s, %s, %s, %s, %s)"


def run(sql: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, parameters)


@pytest.mark.parametrize(
    ("debit", "credit", "amount", "currency"),
    [
        (chart.FUNDING_CASH, None, "1.00", "CNY"),
        (None, chart.FUNDING_CAPITAL, "1.00", "CNY"),
        (chart.FUNDING_CASH, chart.FUNDING_CASH, "1.00", "CNY"),
        (chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "0.00", "CNY"),
        (chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "-1.00", "CNY"),
        (chart.FUNDING_CASH, chart.FUNDING_CAPITAL, None, "CNY"),
        (chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "1.00", "BRL"),
        (chart.FUNDING_CASH, chart.FUNDING_CAPITAL, "1.00", None),
    ],
)
def test_an_unbalanced_posting_is_refused(
    platform: Platform, debit: str | None, credit: str | None, amount: str | None, currency: str | None
) -> None:
    entry = make_entry()
    accounts = accounts_by_code("CNY")
    with pytest.raises(IntegrityError):
        run(INSERT, entry.pk, debit and accounts[debit], credit and accounts[credit], amount, currency)
    assert Posting.objects.count() == 1


def test_a_posting_across_currencies_is_refused(platform: Platform) -> None:
    entry = make_entry()
    yuan, real = accounts_by_code("CNY"), accounts_by_code("BRL")
    for debit, credit in ((yuan, real), (real, yuan), (real, real)):
        for currency in ("CNY", "BRL"):
            with pytest.raises(IntegrityError, match=r"posting_(entry|debit|credit)_currency"):
                run(INSERT, entry.pk, debit[chart.FUNDING_CASH], credit[chart.FUNDING_CAPITAL], "1.00", currency)
    assert Posting.objects.count() == 1


def test_a_posting_of_no_entry_is_refused(platform: Platform) -> None:
    accounts = accounts_by_code("CNY")
    with pytest.raises(IntegrityError, match="posting_entry_currency"):
        run(INSERT, 999_999, accounts[chart.FUNDING_CASH], accounts[chart.FUNDING_CAPITAL], "1.00", "CNY")
    assert not Posting.objects.exists()


APPEND_ONLY: dict[str, Callable[[], object]] = {
    "ledger_entry": make_entry,
    "ledger_posting": make_entry,
    "evidence_record": make_record,
    "evidence_seal": make_seal,
    "core_transition": make_transition,
}


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_written_stays_as_it_is(platform: Platform, table: str, statement: str) -> None:
    APPEND_ONLY[table]()
    with pytest.raises(DatabaseError, match="is append-only: correct it by adding a reversal"):
        run(statement.format(table))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (1,)


def test_the_same_through_the_orm_is_refused_too(platform: Platform) -> None:
    entry = make_entry()
    posting = entry.postings.get()
    entry.kind = "something else"
    posting.amount = Decimal("1.00")
    for attempt in (entry.save, posting.save, posting.delete, Posting.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert Entry.objects.get().kind == "funding"
    assert Posting.objects.get().amount == Decimal("100.00")
    assert faults() == []


def test_an_account_in_use_cannot_be_deleted_or_change_its_currency(platform: Platform) -> None:
    entry = make_entry()
    account = entry.postings.get().debit
    for sql in ("DELETE FROM ledger_account WHERE id = %s", "UPDATE ledger_account SET currency = 'BRL' WHERE id = %s"):
        with pytest.raises(IntegrityError):
            run(sql, account.pk)
    account.refresh_from_db()
    assert account.currency == "CNY"


def test_without_its_guard_the_same_update_goes_through(platform: Platform) -> None:
    """The failing control: it is the trigger, and nothing else, that refused above."""
    make_entry()
    run("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    run("UPDATE ledger_entry SET kind = 'forged'")
    assert Entry.objects.get().kind == "forged"
