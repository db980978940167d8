"""CSV: by a mapping that a person made, or by headings that cannot be misunderstood."""

from datetime import date
from decimal import Decimal

import pytest

from apps.banking.statements.parts import Refused
from apps.banking.statements.reading import Options
from apps.banking.statements.sheets import mapping_from
from tests.banking.statements.files import read_text, reasons, refusal

BY_HEADINGS = "Date,Description,Amount,Currency,Balance,Account,Reference\n"


def test_a_mapping_says_what_the_columns_hold() -> None:
    mapping = mapping_from(
        {"booking_date": "Dag", "date_format": "%d-%m-%Y", "decimal_sign": ",", "delimiter": ";", "amount": "Som",
         "mark": "Bij/Af", "text": "Wat", "account_number": "NL1", "currency_code": "EUR"}
    )  # fmt: skip
    file = read_text("Dag;Som;Bij/Af;Wat\n03-04-2026;1.234,50;D;Huur\n04-04-2026;10,00;C;Terug\n", Options(mapping))
    statement = file.statements[0]
    assert (statement.heading.account, statement.currency) == ("NL1", "EUR")
    assert [entry.amount for entry in statement.entries] == [Decimal("-1234.50"), Decimal("10.00")]
    assert statement.entries[0].booking_date == date(2026, 4, 3)
    assert statement.entries[0].where == "statement 1, entry 1, line 2"
    assert reasons(file) == []


def test_headings_suggest_a_mapping_and_a_person_confirms_it() -> None:
    lines = "2026-03-20,Salary,2500.00,EUR,5000.00,DE1,T1\n2026-03-21,Rent,-1200.00,EUR,3800.00,DE1,T2\n"
    file = read_text(BY_HEADINGS + lines)
    statement = file.statements[0]
    assert (statement.heading.account, statement.net) == ("DE1", Decimal("1300.00"))
    assert (statement.opening.amount, statement.closing.amount) == (Decimal("2500.00"), Decimal("3800.00"))  # type: ignore[union-attr]
    assert statement.adds_up is True
    assert file.needs_a_person
    assert reasons(file)[0].startswith("No mapping was given; read as booking_date=Date, ")


def test_balances_behind_the_lines_prove_them_newest_first_too() -> None:
    lines = "2026-03-21,Rent,-1200.00,EUR,3800.00,DE1,T2\n2026-03-20,Salary,2500.00,EUR,5000.00,DE1,T1\n"
    statement = read_text(BY_HEADINGS + lines).statements[0]
    assert (statement.opening.amount, statement.closing.amount) == (Decimal("2500.00"), Decimal("3800.00"))  # type: ignore[union-attr]
    assert statement.adds_up is True


def test_a_lost_line_breaks_the_balances() -> None:
    lines = "2026-03-20,A,1.00,EUR,1.00,DE1,T1\n2026-03-20,C,1.00,EUR,3.00,DE1,T3\n2026-03-20,D,5.00,EUR,8.00,DE1,T4\n"
    file = read_text(BY_HEADINGS + lines)
    assert "The balances behind the lines do not follow from the lines." in reasons(file)
    assert file.statements[0].problems[0].where == "statement 1, entry 2, line 3"
    assert file.statements[0].adds_up is None


def test_accounts_in_one_file_stay_apart() -> None:
    lines = "2026-03-20,A,1.00,EUR,1.00,DE1,T1\n2026-03-20,B,2.00,EUR,9.00,DE2,T2\n"
    file = read_text(BY_HEADINGS + lines)
    assert [(s.heading.account, s.net, s.adds_up) for s in file.statements] == [
        ("DE1", Decimal("1.00"), True),
        ("DE2", Decimal("2.00"), True),
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("01/04/2026,A,1.50,EUR,,DE1,\n",
         "The dates can be read in 2 ways (%d/%m/%Y, %m/%d/%Y): a mapping has to say which."),
        ('2026-03-20,A,"1,500",EUR,,DE1,\n',
         "The amounts can be read with a decimal point or a decimal comma: a mapping has to say which."),
        ("soon,A,1.50,EUR,,DE1,\n", 'The dates cannot be read: "soon" is the first.'),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused(lines: str, reason: str) -> None:
    assert refusal(BY_HEADINGS + lines) == reason


def test_one_unmistakable_date_settles_the_others() -> None:
    lines = "01/04/2026,A,1.50,EUR,,DE1,\n12/15/2026,A,1.50,EUR,,DE1,\n"
    assert read_text(BY_HEADINGS + lines).statements[0].entries[0].booking_date == date(2026, 1, 4)


def test_a_bad_line_is_kept_and_named() -> None:
    file = read_text("Date,Description,Amount,Currency\n2026-04-02,Good,100.00,EUR\n2026-04-03,Bad,12..34,EUR\n")
    assert [entry.amount for entry in file.statements[0].entries] == [Decimal("100.00"), None]
    assert file.statements[0].net is None
    assert '"12..34" is no amount.' in reasons(file)


def test_debit_and_credit_in_two_columns() -> None:
    text = (
        "Date opération;Libellé;Débit;Crédit;Devise\n2026-04-02;Loyer;1234,56;;EUR\n2026-04-05;Salaire;;3500,00;EUR\n"
    )
    assert read_text(text).statements[0].net == Decimal("2265.44")


def test_chinese_headings_and_encoding() -> None:
    text = "交易日期,借方金额,贷方金额,币种,账户余额,账号,摘要\n2026-03-20,,2500.00,CNY,2500.00,6222000011112222,货款\n"
    statement = read_text(text.encode("gb18030")).statements[0]
    assert (statement.heading.account, statement.net, statement.currency) == (
        "6222000011112222",
        Decimal("2500.00"),
        "CNY",
    )
    assert statement.entries[0].text == "货款"
    assert statement.adds_up is True


def test_what_stands_before_the_headings_is_said() -> None:
    file = read_text("Account Number : 0808\nDate,Amount,Currency\n2026-04-02,1.00,EUR\n")
    assert '"Account Number : 0808" stands before the headings and is not read.' in reasons(file)


def test_formulas_are_text_and_no_amounts() -> None:
    file = read_text("Date,Description,Amount,Currency\n2026-04-02,=1+1,=SUM(A1),EUR\n2026-04-02,@x,1.00,EUR\n")
    assert file.statements[0].entries[0].text == "=1+1"
    assert file.statements[0].entries[0].amount is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "The mapping lacks booking_date."),
        ({"booking_date": "D", "date_format": "%Y", "decimal_sign": "."},
         "The mapping names neither an amount nor debit and credit."),
        ({"colour": "red"}, "The mapping has unknown settings: colour."),
        ({"booking_date": 1, "date_format": "%Y", "decimal_sign": "."},
         "These settings of the mapping are not of their kind: booking_date."),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused(said: dict[str, object], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        mapping_from(said)


def test_a_mapping_of_another_bank_is_refused() -> None:
    mapping = mapping_from({"booking_date": "Dag", "date_format": "%d-%m-%Y", "decimal_sign": ",", "amount": "Som"})
    assert refusal(BY_HEADINGS + "2026-03-20,A,1.00,EUR,1.00,DE1,T1\n", Options(mapping)) == (
        "No row names all columns of the mapping: Dag, Som."
    )
