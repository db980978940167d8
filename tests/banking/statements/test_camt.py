"""camt.052, .053 and .054: what an auditor would read in the file is what comes out of it."""

from datetime import date
from decimal import Decimal

import pytest

from apps.banking.statements.parts import Kind, Status
from tests.banking.statements.files import ACCOUNT, camt, camt_balance, camt_entry, read_text, reasons, refusal

PAYMENT = (
    "<TxDtls><Refs><EndToEndId>{id}</EndToEndId><InstrId>I-{id}</InstrId></Refs><Amt Ccy='EUR'>{amount}</Amt>"
    "<CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>Seller {id}</Nm></Pty></Cdtr>"
    "<CdtrAcct><Id><IBAN>NL56AGDH9619008421</IBAN></Id></CdtrAcct></RltdPties>"
    "<RmtInf><Ustrd>Payout {id}</Ustrd></RmtInf></TxDtls>"
)


def test_opening_plus_booked_entries_is_closing() -> None:
    file = read_text(camt(camt_entry("70.00") + camt_entry("20.50", "DBIT"), closing="149.50"))
    statement = file.statements[0]
    assert (file.head.format, file.head.version) == ("camt.053", "001.08")
    assert (statement.heading.account, statement.heading.identifier) == (ACCOUNT, "2026-03")
    assert [entry.amount for entry in statement.entries] == [Decimal("70.00"), Decimal("-20.50")]
    assert (statement.entries[0].booking_date, statement.entries[0].value_date) == (
        date(2026, 3, 10),
        date(2026, 3, 11),
    )
    assert statement.entries[1].where == "statement 1, entry 2, line 8"
    assert statement.net == Decimal("49.50")
    assert statement.adds_up is True
    assert not file.needs_a_person


def test_a_lost_line_shows_as_the_difference() -> None:
    statement = read_text(camt(camt_entry("70.00"), closing="149.50")).statements[0]
    assert statement.adds_up is False
    assert statement.difference == Decimal("-20.50")
    assert statement.needs_a_person


@pytest.mark.parametrize("code", ["PDNG", "INFO", "FUTR"])
@pytest.mark.parametrize("written", ["<Cd>{}</Cd>", "{}"], ids=["since version 6", "before"])
def test_what_is_not_booked_is_shown_and_not_counted(code: str, written: str) -> None:
    statement = read_text(camt(camt_entry("70.00", status=written.format(code)))).statements[0]
    assert (statement.count, statement.pending, statement.net) == (1, 1, Decimal(0))
    assert statement.entries[0].status is not Status.BOOKED
    assert statement.adds_up is True


def test_a_reversal_keeps_the_direction_that_the_bank_gives() -> None:
    statement = read_text(
        camt(camt_entry("30.00", "DBIT", more="<RvslInd>true</RvslInd>"), closing="70.00")
    ).statements[0]
    assert statement.entries[0].is_reversal
    assert statement.entries[0].amount == Decimal("-30.00")
    assert statement.adds_up is True


def test_a_grouped_entry_is_linked_to_its_payments() -> None:
    payments = PAYMENT.format(id="A", amount="12.00") + PAYMENT.format(id="B", amount="18.00")
    more = f"<NtryDtls><Btch><NbOfTxs>2</NbOfTxs><TtlAmt Ccy='EUR'>30.00</TtlAmt></Btch>{payments}</NtryDtls>"
    statement = read_text(camt(camt_entry("30.00", "DBIT", more=more), closing="70.00")).statements[0]
    entry = statement.entries[0]
    assert [(detail.references.end_to_end, detail.amount) for detail in entry.details] == [
        ("A", Decimal("-12.00")),
        ("B", Decimal("-18.00")),
    ]
    assert (entry.details[0].counterparty, entry.details[0].counterparty_account) == ("Seller A", "NL56AGDH9619008421")
    assert entry.references.end_to_end == ""  # two payments have no reference in common
    assert (entry.batches[0].count, entry.batches[0].total) == (2, Decimal("30.00"))
    assert statement.problems == ()


def test_payments_that_do_not_come_to_the_entry_are_named() -> None:
    payments = PAYMENT.format(id="A", amount="12.00") + PAYMENT.format(id="B", amount="17.00")
    more = f"<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch>{payments}</NtryDtls>"
    file = read_text(camt(camt_entry("30.00", "DBIT", more=more), closing="70.00"))
    assert reasons(file) == [
        "The entry says it groups 3 payments, but lists 2.",
        "Its payments come to -29.00, the entry to -30.00 EUR.",
    ]
    assert file.statements[0].adds_up is True  # the account is right all the same


def test_a_single_payment_lends_its_references_to_the_entry() -> None:
    more = f"<NtryDtls>{PAYMENT.format(id='A', amount='30.00')}</NtryDtls>"
    entry = read_text(camt(camt_entry("30.00", "DBIT", more=more))).statements[0].entries[0]
    assert (entry.references.end_to_end, entry.references.instruction) == ("A", "I-A")
    assert (entry.counterparty, entry.text) == ("Seller A", "Payout A")


def test_identical_lines_are_counted_and_kept_apart() -> None:
    file = read_text(camt(camt_entry("4.50") * 3 + camt_entry("4.51"), closing="118.01"))
    statement = file.statements[0]
    assert [entry.occurrence for entry in statement.entries] == [1, 2, 3, 1]
    assert (statement.count, statement.identical, statement.adds_up) == (4, 2, True)
    assert len({entry.fingerprint for entry in statement.entries}) == 2
    assert statement.problems == ()


def test_several_accounts_and_statements_stay_apart() -> None:
    one = camt(camt_entry("10.00"), closing="110.00")
    other = one.replace(ACCOUNT, "NL56AGDH9619008421").replace("<Id>2026-03</Id>", "<Id>other</Id>")
    both = one.replace("</Stmt>", "</Stmt>" + other[other.index("<Stmt>") : other.index("</BkToCstmrStmt>")])
    statements = read_text(both).statements
    assert [statement.heading.account for statement in statements] == [ACCOUNT, "NL56AGDH9619008421"]
    assert [statement.count for statement in statements] == [1, 1]
    assert [statement.adds_up for statement in statements] == [True, True]


def test_pages_are_proved_by_their_intermediate_balances() -> None:
    page = camt(camt_entry("10.00"), closing="110.00").replace("OPBD", "ITBD").replace("CLBD", "ITBD")
    statement = read_text(page).statements[0]
    assert (statement.opening.amount, statement.closing.amount) == (Decimal("100.00"), Decimal("110.00"))  # type: ignore[union-attr]
    assert statement.adds_up is True


def test_the_previous_closing_stands_for_a_missing_opening() -> None:
    statement = read_text(camt(camt_entry("10.00"), closing="110.00").replace("OPBD", "PRCD")).statements[0]
    assert statement.adds_up is True


def test_without_a_closing_balance_nothing_is_proved_and_a_person_looks() -> None:
    statement = read_text(camt(camt_entry("10.00")).replace("CLBD", "CLAV")).statements[0]
    assert statement.adds_up is None
    assert statement.needs_a_person


def test_two_opening_balances_that_differ_are_named() -> None:
    file = read_text(camt(camt_balance("OPBD", "99.00", "2026-03-01")))
    assert reasons(file) == ["There are 2 balances OPBD that differ."]


def test_a_foreign_entry_is_not_added_to_the_account() -> None:
    file = read_text(camt(camt_entry("10.00") + camt_entry("7", currency="JPY"), closing="110.00"))
    assert file.statements[0].net is None
    assert file.statements[0].adds_up is None
    assert "The account is in EUR, but its booked entries come to 10.00 EUR and 7 JPY." in reasons(file)


@pytest.mark.parametrize(
    ("container", "statement", "format_", "kind"),
    [
        ("BkToCstmrAcctRpt", "Rpt", "camt.052", Kind.INTERIM),
        ("BkToCstmrAcctRptV01", "Rpt", "camt.052", Kind.INTERIM),
        ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054", Kind.NOTIFICATION),
    ],
)
def test_reports_and_notifications(container: str, statement: str, format_: str, kind: Kind) -> None:
    text = camt(camt_entry("10.00"), closing="110.00", version=f"{format_}.001.08")
    text = (
        text.replace("BkToCstmrStmt", container)
        .replace("Stmt>", f"{statement}>")
        .replace(f"<{statement}>", f"<{statement}>", 1)
    )
    text = text.replace(f"BkToCstmr{statement}>", f"{container}>")
    file = read_text(text)
    assert (file.head.format, file.statements[0].heading.kind) == (format_, kind)
    assert file.statements[0].heading.is_provisional is (kind is Kind.INTERIM)


def test_an_envelope_and_a_missing_namespace_do_not_hide_a_statement() -> None:
    text = camt(camt_entry("10.00"), closing="110.00")
    wrapped = text.replace("<Document", "<Envelope><Header/><Document").replace("</Document>", "</Document></Envelope>")
    assert read_text(wrapped).statements[0].adds_up is True
    bare = read_text(text.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', ""))
    assert bare.statements[0].adds_up is True
    assert reasons(bare) == ["It is camt.053 by its elements, but its namespace names no version."]


def test_a_cut_file_is_shown_as_far_as_it_goes() -> None:
    whole = camt(camt_entry("10.00") + camt_entry("20.00") + camt_entry("30.00"), closing="160.00")
    file = read_text(whole[: whole.index("30.00")])
    statement = file.statements[0]
    assert [entry.amount for entry in statement.entries] == [Decimal("10.00"), Decimal("20.00")]
    assert (statement.adds_up, statement.difference) == (False, Decimal("30.00"))
    assert reasons(file)[0].startswith("The file is no whole XML from here on: ")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (camt_entry("12..34"), '"12..34" is no amount.'),
        (camt_entry("-5.00"), "-5.00 has a sign besides CdtDbtInd."),
        (camt_entry("NaN"), '"NaN" is no amount.'),
        (camt_entry("1e9"), '"1e9" is no amount.'),
        (camt_entry("9" * 19), f'"{"9" * 19}" has more digits than any amount.'),
        (camt_entry("9" * 1_000_000), "an amount of 1000000 characters is no amount."),
        (camt_entry("5.00", "CREDIT"), 'CdtDbtInd is "CREDIT" and neither CRDT nor DBIT.'),
    ],
)
def test_an_amount_that_cannot_be_trusted_leaves_the_line_to_a_person(wrong: str, reason: str) -> None:
    file = read_text(camt(camt_entry("10.00") + wrong, closing="110.00"))
    statement = file.statements[0]
    assert [entry.amount for entry in statement.entries] == [Decimal("10.00"), None]
    assert (statement.problems[0].where, statement.problems[0].reason) == ("statement 1, entry 2, line 8, Amt", reason)
    assert statement.net is None
    assert statement.adds_up is None


@pytest.mark.parametrize("booked", ["1900-01-01", "2100-01-01", "2026-02-30", "yesterday", "0000-00-00"])
def test_an_absurd_date_is_refused_with_its_line(booked: str) -> None:
    statement = read_text(camt(camt_entry("10.00", booked=booked), closing="110.00")).statements[0]
    assert statement.entries[0].booking_date is None
    assert statement.entries[0].value_date == date(2026, 3, 11)
    assert statement.problems[0].where == "statement 1, entry 1, line 8, BookgDt"


def test_decimals_that_the_currency_does_not_know_are_named() -> None:
    file = read_text(camt(camt_entry("10.005") + camt_entry("8.850"), closing="118.855"))
    assert reasons(file) == ["10.005 has more decimals than EUR knows."]  # 8.850 is 8.85
    assert file.statements[0].entries[0].amount == Decimal("10.005")


def test_other_messages_are_refused_by_name() -> None:
    pain = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn/></Document>'
    assert refusal(pain).startswith("This is a pain.001.001.09 message and no bank statement")
    empty = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt/></Document>'
    assert refusal(empty) == "This camt.053.001.02 message holds no statement."


def test_the_same_number_with_other_content_can_be_told() -> None:
    first = read_text(camt(camt_entry("10.00"), closing="110.00"))
    again = read_text(camt(camt_entry("10.00"), closing="110.00"))
    other = read_text(camt(camt_entry("11.00"), closing="111.00"))
    assert first.head.digest == again.head.digest
    assert first.statements[0].digest == again.statements[0].digest
    assert first.head.digest != other.head.digest
    assert first.statements[0].number_key == other.statements[0].number_key != ""
    assert first.statements[0].digest != other.statements[0].digest
