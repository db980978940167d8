"""A bank's file taken in: what proves itself is booked, once; the rest is kept and waits, or is refused whole."""

import io
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from apps.banking.models import BankAccount, BankLine, BankStatement, GroupedPayment, StatementEntry, StatementFile
from apps.banking.refusals import StatementNumberTaken, StatementRefused
from apps.banking.services import TakenIn, book_on_word, grouped_payments, keep_mapping, take_in_statement
from apps.banking.statements.sheets import ColumnMapping
from apps.evidence.models import Record
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.banking.statements.files import ACCOUNT, camt, camt_entry, mt940
from tests.factories import make_bank_account

D = Decimal
AT = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
CSV = "Date,Amount,Text\n2026-03-10,25.00,coffee\n2026-03-10,25.00,coffee\n2026-03-11,-5.00,tea\n"
MAPPING = ColumnMapping(
    booking_date="Date", date_format="%Y-%m-%d", decimal_sign=".", amount="Amount", text="Text",
    account_number=ACCOUNT, currency_code="EUR",
)  # fmt: skip


@pytest.fixture
def account(platform: Platform) -> BankAccount:
    """The platform's collection account in euros, of which the files speak."""
    return make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR", holder="Meadow")


def take_in(text: str | bytes, name: str = "statement.xml", csv_account: int | None = None) -> TakenIn:
    content = text.encode() if isinstance(text, str) else text
    return take_in_statement(source=io.BytesIO(content), name=name, csv_account=csv_account, at=AT, by="user:1")


def nothing_is_there() -> bool:
    return not any(
        model.objects.exists() for model in (StatementFile, BankStatement, StatementEntry, GroupedPayment, BankLine)
    )


def paid(amount: str, reference: str, direction: str = "CRDT", more: str = "") -> str:
    details = f"<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{more}</TxDtls></NtryDtls>"
    return camt_entry(amount, direction, more=details)


def test_a_statement_that_adds_up_is_booked_line_by_line_with_the_place_of_each(account: BankAccount) -> None:
    taken = take_in(camt(paid("40.00", "ORDER-1") + paid("15.50", "P-7", "DBIT"), closing="124.50"))
    assert (taken.is_new, taken.booked) == (True, 2)
    statement = taken.file.statements.get()
    assert (statement.state, statement.opening, statement.net, statement.closing) == (
        "booked", D("100"), D("24.50"), D("124.50"),
    )  # fmt: skip
    first, second = BankLine.objects.order_by("id")
    assert (first.amount, first.reference, first.purpose, first.matched_to) == (D("40"), "ORDER-1", "collection", "")
    assert (second.amount, second.reference) == (D("-15.50"), "P-7")
    assert first.entry is not None
    assert first.entry.place.startswith("statement 1, entry 1, line ")
    assert Record.objects.get(kind="statement_taken_in").subject == f"statement_file:{taken.file.pk}"


def test_the_same_bytes_under_another_name_are_nothing_new(account: BankAccount) -> None:
    text = camt(camt_entry("5.00"), closing="105.00")
    first, again = take_in(text), take_in(text, name="renamed.pdf")
    assert again == TakenIn(first.file, is_new=False, booked=0)
    assert (StatementFile.objects.count(), BankLine.objects.count(), Record.objects.count()) == (1, 1, 1)


def test_the_same_statement_in_another_message_is_nothing_new(account: BankAccount) -> None:
    text = camt(camt_entry("5.00"), closing="105.00")
    take_in(text)
    again = take_in(text.replace("<MsgId>M-1<", "<MsgId>M-2<").replace("<Stmt>", "\n\n<Stmt>"))
    assert (again.is_new, again.booked, again.file.statements.count()) == (True, 0, 0)
    assert (BankLine.objects.count(), StatementEntry.objects.count()) == (1, 1)


def test_another_statement_with_the_same_number_is_refused_with_both_shown(account: BankAccount) -> None:
    take_in(camt(camt_entry("5.00"), closing="105.00"), name="monday.xml")
    with pytest.raises(StatementNumberTaken, match=r"2026-03 .* came before in monday\.xml") as refused:
        take_in(camt(camt_entry("6.00"), closing="106.00"), name="tuesday.xml")
    was, came = refused.value.was, refused.value.came
    assert (was.file, was.entries, was.closing) == ("monday.xml", 1, D("105"))
    assert (came.file, came.entries, came.closing) == ("tuesday.xml", 1, D("106"))
    assert StatementFile.objects.count() == BankLine.objects.count() == 1


def test_a_statement_that_does_not_add_up_is_kept_and_nothing_of_it_is_booked(account: BankAccount) -> None:
    taken = take_in(camt(camt_entry("5.00"), closing="104.00"))
    statement = taken.file.statements.get()
    assert (statement.state, statement.adds_up, statement.difference) == ("left", False, D("-1"))
    assert (statement.entries.count(), BankLine.objects.count()) == (1, 0)
    with pytest.raises(StatementRefused, match="do not make the closing"):
        book_on_word(statement_id=statement.pk, at=AT, by="user:2")
    assert BankLine.objects.count() == 0


def test_the_whole_statement_may_follow_one_that_did_not_add_up(account: BankAccount) -> None:
    take_in(camt(camt_entry("5.00"), closing="104.00"))
    assert take_in(camt(camt_entry("5.00"), closing="105.00")).booked == 1
    assert sorted(BankStatement.objects.values_list("state", flat=True)) == ["booked", "left"]


def test_what_is_pending_is_provisional(account: BankAccount) -> None:
    taken = take_in(camt(camt_entry("5.00") + camt_entry("7.00", status="<Cd>PDNG</Cd>"), closing="105.00"))
    assert taken.booked == 1
    assert list(StatementEntry.objects.order_by("position").values_list("status", flat=True)) == ["booked", "pending"]


def test_an_interim_report_is_kept_and_never_booked(account: BankAccount) -> None:
    report = camt(camt_entry("5.00"), closing="105.00", version="camt.052.001.08")
    for name, other in (("BkToCstmrStmt", "BkToCstmrAcctRpt"), ("Stmt>", "Rpt>")):
        report = report.replace(name, other)
    taken = take_in(report)
    statement = taken.file.statements.get()
    assert (statement.kind, statement.state, taken.booked) == ("interim report", "read", 0)
    with pytest.raises(StatementRefused):
        book_on_word(statement_id=statement.pk, at=AT, by="user:2")


def test_identical_lines_of_one_day_are_all_real(account: BankAccount) -> None:
    assert take_in(camt(camt_entry("5.00") * 3, closing="115.00")).booked == 3
    assert list(StatementEntry.objects.order_by("position").values_list("occurrence", flat=True)) == [1, 2, 3]


def test_the_same_days_in_another_format_are_left_to_a_person(account: BankAccount) -> None:
    take_in(camt(camt_entry("5.00"), closing="105.00"))
    lines = ":61:2603110310C5,00NTRFX//B\n"
    text = mt940(lines, closing="C260331EUR105,00").replace(":25:", ":25:").encode()
    taken = take_in(text, name="mt940.sta")
    statement = taken.file.statements.get()
    assert (statement.state, BankLine.objects.count()) == ("left", 1)
    assert "Its balances are those of 2026-03." in [reason for _place, reason in statement.problems]


def notification(reference: str) -> str:
    """A camt.054 of two payments behind one entry of 30.00 EUR."""
    payments = "".join(
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt>"
        "</AmtDtls></TxDtls>"
        for name, amount in (("A-1", "10.00"), ("A-2", "20.00"))
    )
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N-1</MsgId></GrpHdr><Ntfctn><Id>N-1</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{camt_entry("30.00", more=f"<AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls>{payments}</NtryDtls>")}
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


@pytest.mark.parametrize("is_notice_first", [True, False])
def test_a_notification_tells_what_a_grouped_entry_is_made_of(account: BankAccount, is_notice_first: bool) -> None:
    statement = camt(camt_entry("30.00", more="<AcctSvcrRef>G-9</AcctSvcrRef>"), closing="130.00")
    files = [notification("G-9"), statement]
    for text in files if is_notice_first else reversed(files):
        take_in(text)
    line = BankLine.objects.get()
    assert line.entry is not None
    assert [(one.reference, one.amount) for one in grouped_payments(line.entry)] == [
        ("A-1", D("10")), ("A-2", D("20")),
    ]  # fmt: skip


def test_a_notification_of_another_entry_tells_nothing(account: BankAccount) -> None:
    take_in(notification("G-8"))
    take_in(camt(camt_entry("30.00", more="<AcctSvcrRef>G-9</AcctSvcrRef>"), closing="130.00"))
    line = BankLine.objects.get()
    assert line.entry is not None
    assert grouped_payments(line.entry) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (camt("").replace(ACCOUNT, "DE02120300000000202051"), "DE02120300000000202051, which is none of this"),
        (camt(camt_entry("5.00")).replace("EUR", "USD"), "is in USD, but the account is kept in EUR"),
        (camt(camt_entry("5.00", currency="USD")), "entry 1, line .* is in USD"),
        (camt(camt_entry("5.00", booked="1900-01-01").replace("2026-03-11", "1900-01-01")), "on no day at all"),
        (camt(camt_entry("5.00", booked="2100-01-01").replace("2026-03-11", "2100-01-01")), "on no day at all"),
        (camt(camt_entry("5.00", booked="2019-01-01")), "is dated 2019-01-01, which no statement of 2026-04-01"),
        (camt(camt_entry("5.00", booked="2026-04-03")), "is dated 2026-04-03"),
        ("", "The file is empty"),
        ("%PDF-1.7", "This is a PDF"),
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declares a document type"),
        ("\x00\x01\x02", "zero bytes"),
        (CSV, "say which account it is"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_to_be_trusted_is_refused_whole(account: BankAccount, text: str, reason: str) -> None:
    with pytest.raises(StatementRefused, match=reason):
        take_in(text)
    assert nothing_is_there()


def test_one_strange_account_in_a_file_refuses_the_whole_file(account: BankAccount) -> None:
    ours = camt(camt_entry("5.00"), closing="105.00")
    statement = ours[ours.index("<Stmt>") : ours.index("</BkToCstmrStmt>")]
    with pytest.raises(StatementRefused, match="Statement 2, line"):
        take_in(ours.replace("</Stmt>", "</Stmt>" + statement.replace(ACCOUNT, "DE02120300000000202051")))
    assert nothing_is_there()


def test_one_number_in_two_currencies_is_two_accounts(account: BankAccount) -> None:
    dollars = make_bank_account(purpose="funding", number=ACCOUNT, currency="USD")
    take_in(camt(camt_entry("5.00"), closing="105.00"))
    taken = take_in(camt(camt_entry("7.00", currency="USD"), closing="107.00").replace("EUR", "USD"))
    assert taken.file.statements.get().account == dollars
    assert list(BankLine.objects.order_by("id").values_list("purpose", "currency", "amount")) == [
        ("collection", "EUR", D(5)), ("funding", "USD", D(7)),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["DE89 3704 0044 0532 0130 00", "COBADEFF/DE89370400440532013000", f"{ACCOUNT}EUR"])
def test_an_account_is_known_however_the_bank_writes_it(account: BankAccount, written: str) -> None:
    taken = take_in(mt940("", closing="C260331EUR100,00").replace(ACCOUNT, written), name="statement.sta")
    assert taken.file.statements.get().account == account


def test_a_sellers_account_is_none_of_the_platforms(account: BankAccount) -> None:
    BankAccount.objects.filter(pk=account.pk).update(purpose="payout")
    with pytest.raises(StatementRefused, match="none of this platform's"):
        take_in(camt(""))


def test_a_csv_without_balances_waits_for_a_word_and_then_each_line_lands_once(account: BankAccount) -> None:
    keep_mapping(account_id=account.pk, mapping=MAPPING, at=AT, by="user:1")
    taken = take_in(CSV, csv_account=account.pk)
    statement = taken.file.statements.get()
    assert (statement.state, statement.adds_up, BankLine.objects.count()) == ("left", None, 0)
    for _twice in range(2):
        assert book_on_word(statement_id=statement.pk, at=AT, by="user:2").accepted_by == "user:2"
    assert [line.amount for line in BankLine.objects.order_by("id")] == [D(25), D(25), D(-5)]
    overlapping = take_in(CSV + "2026-03-12,1.00,milk\n", csv_account=account.pk)
    book_on_word(statement_id=overlapping.file.statements.get().pk, at=AT, by="user:2")
    assert [line.amount for line in BankLine.objects.order_by("id")] == [D(25), D(25), D(-5), D(1)]


def test_a_csv_needs_its_account_to_have_a_mapping(account: BankAccount) -> None:
    with pytest.raises(StatementRefused, match="was not said yet"):
        take_in(CSV, csv_account=account.pk)


def test_another_platform_sees_nothing_of_it(account: BankAccount, other_platform: Platform) -> None:
    text = camt(camt_entry("5.00"), closing="105.00")
    take_in(text)
    with entered(other_platform.schema_name):
        assert nothing_is_there()
        with pytest.raises(StatementRefused, match="none of this platform's"):
            take_in(text)


def peak_of(entries: int) -> int:
    """The most memory, in bytes, that taking in a statement of so many entries needs beside the file."""
    text = camt(camt_entry("1.00") * entries, closing=f"{100 + entries}.00").replace("2026-03<", f"N-{entries}<")
    source = io.BytesIO(text.encode())
    tracemalloc.start()
    try:
        assert take_in_statement(source=source, name="large.xml", at=AT, by="user:1").booked == entries
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_however_many_entries(account: BankAccount) -> None:
    few, many = peak_of(2_000), peak_of(12_000)
    assert many < few + 4 * 1024 * 1024
    assert BankLine.objects.count() == 14_000


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE banking_statementfile SET name = 'other'",
        "DELETE FROM banking_statementfile",
        "UPDATE banking_statemententry SET amount = 1",
        "UPDATE banking_bankstatement SET closing = 1",
        "DELETE FROM banking_bankstatement",
        "UPDATE banking_bankline SET amount = 1",
        "UPDATE banking_bankline SET entry_id = NULL",
        "DELETE FROM banking_bankline",
        "TRUNCATE banking_groupedpayment",
    ],
)
def test_the_database_keeps_what_the_bank_said(account: BankAccount, change: str) -> None:
    take_in(camt(camt_entry("5.00"), closing="105.00"))
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_matching_may_mark_a_line(account: BankAccount) -> None:
    take_in(camt(camt_entry("5.00"), closing="105.00"))
    assert BankLine.objects.update(matched_to="settlement:1") == 1


def test_the_database_books_nothing_that_does_not_add_up(account: BankAccount) -> None:
    take_in(camt(camt_entry("5.00"), closing="104.00"))
    with pytest.raises(IntegrityError, match="bank_statement_booked_adds_up"), transaction.atomic():
        BankStatement.objects.update(state="booked", accepted_by="user:2")
