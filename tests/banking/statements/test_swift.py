"""MT940 and MT942, with the habits that banks have."""

from datetime import date
from decimal import Decimal

import pytest

from apps.banking.statements.parts import Kind
from tests.banking.statements.files import ACCOUNT, mt940, read_text, reasons, refusal


def test_opening_plus_lines_is_closing() -> None:
    file = read_text(mt940(":61:2603100311C70,5NTRFRENT//BANK1\n:86:Rent of March\n", closing="C260331EUR170,50"))
    statement = file.statements[0]
    entry = statement.entries[0]
    assert (file.head.format, statement.heading.account, statement.heading.identifier) == ("MT940", ACCOUNT, "3")
    assert (entry.amount, entry.currency, entry.code) == (Decimal("70.5"), "EUR", "NTRF")
    assert (entry.value_date, entry.booking_date) == (date(2026, 3, 10), date(2026, 3, 11))
    assert (entry.references.entry, entry.references.bank, entry.text) == ("RENT", "BANK1", "Rent of March")
    assert entry.where == "statement 1, entry 1, line 5"
    assert statement.adds_up is True
    assert not file.needs_a_person


@pytest.mark.parametrize(
    ("mark", "amount"), [("C", "10"), ("D", "-10"), ("RC", "-10"), ("RD", "10"), ("CR", "10"), ("DN", "-10")]
)
def test_marks_of_direction_and_reversal(mark: str, amount: str) -> None:
    """RC takes a credit back, RD a debit; a third letter is the currency's and says nothing."""
    entry = read_text(mt940(f":61:260310{mark}10,00NMSCNONREF\n")).statements[0].entries[0]
    assert entry.amount == Decimal(amount)
    assert entry.is_reversal is mark.startswith("R")
    assert entry.references.entry == ""


def test_a_booking_date_without_a_year_is_the_nearest() -> None:
    lines = ":61:2512311231C1,00NMSCA\n:61:2512310102C1,00NMSCB\n:61:2601021231C1,00NMSCC\n:61:260310    C1,00NMSCD\n"
    entries = read_text(mt940(lines, closing="C260331EUR104,00")).statements[0].entries
    assert [entry.booking_date for entry in entries] == [
        date(2025, 12, 31),
        date(2026, 1, 2),
        date(2025, 12, 31),
        date(2026, 3, 10),
    ]


def test_structured_text_gives_name_account_and_references() -> None:
    lines = (
        ":61:2603100310D30,00NTRFNONREF\n:86:116?00TRANSFER?20EREF+PAYOUT-7?21MREF+M-9?22SVWZ+Payout of M\n"
        "arch?30BANKDEFF?31DE02120300000000202051?32Seller?33 and Sons\n"
    )
    entry = read_text(mt940(lines, closing="C260331EUR70,00")).statements[0].entries[0]
    assert (entry.references.end_to_end, entry.references.mandate) == ("PAYOUT-7", "M-9")
    assert (entry.counterparty, entry.counterparty_account) == ("Seller and Sons", "DE02120300000000202051")
    assert "Payout of March" in entry.text


def test_lines_within_text_that_look_like_tags_stay_text() -> None:
    lines = ":61:2603100310D30,00NTRFNONREF\n:86:paid at 16\n:26:37 o'clock\n:12:11\n"
    statement = read_text(mt940(lines, closing="C260331EUR70,00")).statements[0]
    assert statement.entries[0].text == "paid at 16\n:26:37 o'clock\n:12:11"
    assert statement.problems == ()


def test_several_statements_with_identical_lines() -> None:
    line = ":61:2603100310C4,50NMSCNONREF\n:86:Coffee\n"
    first, second = mt940(line * 3, closing="C260331EUR113,50"), mt940(line, closing="C260331EUR104,50")
    file = read_text(first + second.replace(ACCOUNT, "987/654"))
    assert [statement.heading.account for statement in file.statements] == [ACCOUNT, "987/654"]
    assert [(statement.count, statement.identical) for statement in file.statements] == [(3, 2), (1, 0)]
    assert [entry.occurrence for entry in file.statements[0].entries] == [1, 2, 3]
    assert file.statements[1].entries[0].occurrence == 1
    assert all(statement.adds_up for statement in file.statements)


def test_swift_envelopes_and_line_ends_do_not_matter() -> None:
    line = ":61:2603100310C4,50NMSCNONREF\n"
    body = mt940(line, closing="C260331EUR104,50").replace("\n-\n", "\n-}{5:}\n")
    text = "{1:F01BANKNL21XXXX0000000000}{2:O940BANKNL21XXXXN}{3:}{4:\n" + body
    for ending in ("\n", "\r\n", "\r"):
        file = read_text(text.replace("\n", ending))
        assert file.statements[0].adds_up is True
        assert reasons(file) == []


def test_a_day_that_does_not_exist_leaves_the_line_to_a_person() -> None:
    file = read_text(mt940(":61:2602300301C4,50NMSCNONREF\n", closing="C260331EUR104,50"))
    entry = file.statements[0].entries[0]
    assert (entry.amount, entry.value_date, entry.booking_date) == (Decimal("4.50"), None, date(2026, 3, 1))
    assert reasons(file) == ['Value date: "260230" is no day of the calendar.']
    assert file.statements[0].adds_up is True
    assert file.needs_a_person


def test_a_line_that_cannot_be_read_is_kept_and_named() -> None:
    file = read_text(mt940(":61:tomorrow, perhaps\n:86:who knows\n:61:2603100310C4,50NMSCNONREF\n"))
    statement = file.statements[0]
    assert [entry.amount for entry in statement.entries] == [None, Decimal("4.50")]
    assert statement.entries[0].text == "tomorrow, perhaps\nwho knows"
    assert (statement.net, statement.adds_up) == (None, None)
    assert '"tomorrow, perhaps" is no statement line.' in reasons(file)


def test_a_line_behind_the_end_is_counted_and_said() -> None:
    file = read_text(mt940("") + ":61:2603100310C4,50NMSCNONREF\n")
    assert file.statements[0].difference == Decimal("-4.50")
    assert reasons(file) == [":61: stands behind the end of the statement and is counted to it."]


def test_a_second_account_in_a_statement_does_not_take_it_over() -> None:
    file = read_text(mt940(":61:2603100310C4,50NMSCNONREF\n:25:987/654\n", closing="C260331EUR104,50"))
    assert file.statements[0].heading.account == ACCOUNT
    assert reasons(file) == [f':25: comes again, with "987/654": the account stays {ACCOUNT}.']


def test_a_balance_without_a_currency_proves_nothing() -> None:
    file = read_text(mt940(":61:2603100310C4,50NMSCNONREF\n", closing="C260331104,50"))
    assert file.statements[0].closing is None
    assert file.statements[0].adds_up is None
    assert reasons(file) == ['"C260331104,50" is no balance.']


def test_an_interim_report_is_provisional_and_its_totals_are_checked() -> None:
    head = f":20:M-1\n:25:{ACCOUNT}\n:28C:3/1\n:34F:EUR0,00\n:13D:2603101200+0000\n"
    lines = ":61:2603100310C4,50NMSCNONREF\n:61:2603100310D1,00NMSCNONREF\n"
    right = read_text(f"{head}{lines}:90D:1EUR1,00\n:90C:1EUR4,50\n-\n")
    assert (right.head.format, right.statements[0].heading.kind) == ("MT942", Kind.INTERIM)
    assert (right.statements[0].net, right.statements[0].adds_up) == (Decimal("3.50"), None)
    assert not right.needs_a_person
    wrong = read_text(f"{head}{lines}:90D:1EUR1,00\n:90C:2EUR9,00\n-\n")
    assert reasons(wrong) == ["The bank counts 2 credits of 9.00; 1 of 4.50 stand here."]


def test_text_for_the_whole_statement_is_kept() -> None:
    file = read_text(mt940("").replace("-\n", ":86:Our offices are closed\non 1 May\n-\n"))
    assert [remark.text for remark in file.statements[0].remarks] == ["Our offices are closed\non 1 May"]


def test_a_piece_that_names_no_account_is_refused() -> None:
    assert refusal(":60F:C260301EUR100,00\n:62F:C260331EUR100,00\n") == (
        "This is a piece of an MT940 message: no account (:25:) is named in it."
    )


def test_numbers_that_begin_anew_each_year_are_different_statements() -> None:
    this, last = read_text(mt940("")), read_text(mt940("").replace("C2603", "C2503"))
    assert this.statements[0].number_key != last.statements[0].number_key
    assert read_text(mt940("").replace("28C:3/1", "28C:0")).statements[0].number_key == ""


def test_letters_of_an_older_encoding_are_read_and_said() -> None:
    text = mt940(":61:2603100310C4,50NMSCNONREF\n:86:Café\n", closing="C260331EUR104,50")
    file = read_text(text.encode("latin-1"))
    assert file.statements[0].entries[0].text == "Café"
    assert reasons(file) == ["It is not UTF-8; read as windows-1252, so letters beyond ASCII may be wrong."]
