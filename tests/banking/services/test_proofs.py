"""Proving the books finds bank lines and payouts that were changed behind the application's back."""

import io

import pytest
from django.db import connection

from apps.banking.models import BankAccount
from apps.banking.proofs import faults as banking_faults
from apps.banking.services import take_in_statement
from apps.orders.proofs import faults as order_faults
from apps.tenants.models import Platform
from tests.banking.services.test_statements import AT
from tests.banking.statements.files import ACCOUNT, camt, camt_entry
from tests.factories import make_bank_account, make_proceeds, make_settlement


def tamper(table: str, statement: str) -> None:
    """What a superuser can do who switches triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


@pytest.fixture
def account(platform: Platform) -> BankAccount:
    return make_bank_account(purpose="collection", number=ACCOUNT, currency="EUR")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE banking_bankline SET amount = 6", "Bank line statement:"),
        ("DELETE FROM banking_bankline", "Statement 1 of a.xml has entries of 5.0000 in sum; the bank lines that came"),
    ],
)
def test_a_bank_line_that_is_not_what_the_bank_said(account: BankAccount, statement: str, fault: str) -> None:
    text = camt(camt_entry("5.00"), closing="105.00")
    take_in_statement(source=io.BytesIO(text.encode()), name="a.xml", at=AT, by="user:1")
    assert banking_faults() == []
    tamper("banking_bankline", statement)
    assert any(one.startswith(fault) for one in banking_faults())


def test_a_payout_that_is_not_the_sum_of_its_lines(platform: Platform) -> None:
    settlement = make_settlement()
    assert order_faults() == [f"Payout {settlement.payout} settles sales of 100.0000; its lines come to 0."]
    make_proceeds(settlement=settlement, amount=100)
    assert order_faults() == []
