"""Numbers of people, companies and accounts: read kindly, checked, and what is said when they are wrong."""

from importlib import import_module

import pytest
from django.core.exceptions import ValidationError

from apps.sellers.numbers import COMPANY, NUMBERS, PERSON, UNCHECKED, read_account_number, read_number

# The specimens of python-stdnum's own documentation, of no real person.
RIC, USCC, CPF, CNPJ = "360426199101010071", "91110000600037341L", "390.533.447-05", "16.727.230/0001-97"


@pytest.mark.parametrize(
    ("typed", "country", "legal_form", "kind", "number"),
    [
        (RIC, "CN", PERSON, "cn.ric", RIC),
        ("３６０４２６ 19910101 0071", "CN", PERSON, "cn.ric", RIC),
        (USCC.lower(), "cn", COMPANY, "cn.uscc", USCC),
        (CPF, "BR", PERSON, "br.cpf", "39053344705"),
        (CNPJ, "BR", COMPANY, "br.cnpj", "16727230000197"),
        ("ab-123 456", "NG", PERSON, UNCHECKED, "AB123456"),
    ],
)
def test_a_number_is_checked_by_the_rules_of_its_country(
    typed: str, country: str, legal_form: str, kind: str, number: str
) -> None:
    assert read_number(typed, country=country, legal_form=legal_form) == (kind, number)


@pytest.mark.parametrize(
    ("typed", "country", "said"),
    [
        (RIC[:-1], "CN", "too short or too long"),
        ("360426199101010072", "CN", "check digit"),
        ("360426199113010079", "CN", "A part of it cannot be right"),
        ("39053344706", "BR", "check digit"),
        ("letters", "BR", "does not look like|too short"),
        ("", "NG", "6 to 34"),
        ("<script>alert</script>", "NG", "6 to 34"),
        ("😀" * 20, "CN", "does not look like|too short|cannot be right"),
        ("9" * 5000, "CN", "too short or too long"),
        ("-5", "CN", "too short or too long"),
    ],
)
def test_what_is_wrong_is_said(typed: str, country: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read_number(typed, country=country, legal_form=PERSON)


def test_every_rule_that_the_table_names_exists() -> None:
    for kinds in NUMBERS.values():
        for kind in kinds:
            assert callable(import_module(f"stdnum.{kind}").validate), kind


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE", "DE89370400440532013000"),
        ("6222 0202 0011 2233 446", "CN", "6222020200112233446"),
        ("０１２３４５６７８", "BR", "012345678"),
    ],
)
def test_an_account_number_is_read(typed: str, country: str, number: str) -> None:
    assert read_account_number(typed, country=country) == number


@pytest.mark.parametrize(
    ("typed", "country", "said"),
    [
        ("DE89370400440532013001", "DE", "check digit"),
        ("6222020200112233447", "CN", "check digit"),
        ("12", "BR", "6 to 34"),
        ("my account", "BR", "6 to 34"),
        ("<b>1234567</b>", "BR", "6 to 34"),
        ("1" * 99, "BR", "6 to 34"),
        ("😀😀😀😀😀😀😀", "CN", "6 to 34"),
    ],
)
def test_a_wrong_account_number_is_refused(typed: str, country: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read_account_number(typed, country=country)
