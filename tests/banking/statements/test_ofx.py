"""OFX 1, where elements need no end, and OFX 2, where they have one."""

from datetime import date
from decimal import Decimal

import pytest

from tests.banking.statements.files import ofx, read_text, reasons, refusal

COFFEE = (
    "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260310120000.000[-5:EST]<TRNAMT>-4.50<FITID>F-1<NAME>Caf&amp;e<MEMO>Two\n"
    "</STMTTRN>\n"
)


def test_an_sgml_statement() -> None:
    file = read_text(ofx(COFFEE))
    statement = file.statements[0]
    entry = statement.entries[0]
    assert (file.head.format, file.head.version) == ("OFX", "102")
    assert (statement.heading.account, statement.currency) == ("987/12345678", "USD")
    assert (statement.heading.from_date, statement.heading.to_date) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (entry.amount, entry.booking_date) == (Decimal("-4.50"), date(2026, 3, 10))  # the bank's day, not UTC's
    assert (entry.references.bank, entry.counterparty, entry.text) == ("F-1", "Caf&e", "Two")
    assert entry.where == "statement 1, entry 1, line 9"
    assert [(balance.kind, balance.amount) for balance in statement.balances] == [("CLBD", Decimal("250.00"))]
    assert statement.adds_up is None  # there is no opening balance in OFX
    assert reasons(file) == []


def test_an_xml_statement_says_the_same() -> None:
    text = (
        '<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?><OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>'
        "<CURDEF>USD</CURDEF><BANKACCTFROM><BANKID>987</BANKID><ACCTID>12345678</ACCTID></BANKACCTFROM><BANKTRANLIST>"
        "<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20260310</DTPOSTED><TRNAMT>-4,50</TRNAMT><FITID>F-1</FITID>"
        "<NAME><![CDATA[A & <B>]]></NAME></STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    file = read_text(text)
    assert file.head.version == "211"
    assert file.statements[0].heading.account == "987/12345678"
    assert (file.statements[0].net, file.statements[0].entries[0].counterparty) == (Decimal("-4.50"), "A & <B>")
    assert reasons(file) == []


def test_what_is_commented_out_is_no_data() -> None:
    hidden = COFFEE.replace("<TRNAMT>-4.50", "<!-- <TRNAMT>-4.50 -->")
    file = read_text(ofx(hidden))
    assert file.statements[0].entries[0].amount is None
    assert file.statements[0].net is None
    assert reasons(file) == ['TRNAMT: "" is no amount.']


def test_several_accounts() -> None:
    one, other = ofx(COFFEE), ofx("", account="222", currency="EUR")
    statement = other[other.index("<STMTTRNRS>") : other.index("</BANKMSGSRSV1>")]
    file = read_text(one.replace("</BANKMSGSRSV1>", statement + "</BANKMSGSRSV1>"))
    assert [(s.heading.account, s.currency, s.count) for s in file.statements] == [
        ("987/12345678", "USD", 1),
        ("987/222", "EUR", 0),
    ]


def test_identical_lines_without_an_id_are_counted() -> None:
    file = read_text(ofx(COFFEE.replace("<FITID>F-1", "") * 2))
    assert (file.statements[0].count, file.statements[0].identical) == (2, 1)


def test_a_cut_file_keeps_what_it_has() -> None:
    whole = ofx(COFFEE * 2)
    file = read_text(whole[: whole.rindex("<NAME>")])
    assert [entry.amount for entry in file.statements[0].entries] == [Decimal("-4.50"), Decimal("-4.50")]
    assert reasons(file)[0] == "<STMTTRN> has no end."
    assert reasons(file)[-1] == "The file breaks off: </OFX> is missing."


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("<DTPOSTED>20260310<TRNAMT>$120", 'TRNAMT: "$120" is no amount.'),
        ("<DTPOSTED>20260310<TRNAMT>1,234.50", 'TRNAMT: "1,234.50" is no amount.'),
        ("<DTPOSTED>20260231<TRNAMT>5", 'DTPOSTED: "20260231" is no day of the calendar.'),
        ("<DTPOSTED>19000101<TRNAMT>5", "DTPOSTED: 1900-01-01 is not between 1970-01-01 and 2069-12-31."),
        ("<TRNAMT>5", "The entry has no date that can be read."),
    ],
)
def test_what_cannot_be_read_is_named(wrong: str, reason: str) -> None:
    file = read_text(ofx(f"<STMTTRN><TRNTYPE>DEBIT{wrong}<FITID>1</STMTTRN>"))
    assert file.statements[0].count == 1
    assert reason in reasons(file)


def test_movements_of_securities_are_counted_and_left_to_a_person() -> None:
    text = (
        ofx(COFFEE)
        .replace("STMTRS>", "INVSTMTRS>")
        .replace("BANKACCTFROM", "INVACCTFROM")
        .replace("BANKTRANLIST", "INVTRANLIST")
    )
    text = text.replace("<STMTTRN>", "<BUYSTOCK><INVBUY><TOTAL>-10</INVBUY></BUYSTOCK><INVBANKTRAN><STMTTRN>")
    file = read_text(text)
    assert file.statements[0].net == Decimal("-4.50")
    assert reasons(file) == ["1 movements of securities in it are not read: they are no bank lines."]


def test_an_answer_without_a_statement_is_refused_with_what_the_bank_says() -> None:
    head = "OFXHEADER:100\n\n<OFX><SIGNONMSGSRSV1><STATUS>"
    text = f"{head}<CODE>15500<MESSAGE>Wrong password</STATUS></SIGNONMSGSRSV1></OFX>"
    assert refusal(text) == 'This OFX file holds no statement; the bank says "Wrong password".'
