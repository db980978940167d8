"""Proving the books finds what somebody with the keys to the database changed behind the application's back."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core.states import log_birth
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.ledger.proofs import faults
from apps.ledger.services import reverse
from apps.tenants.models import Platform
from tests.factories import AT, DAY, make_entry, make_seller


def tamper(*statements: str) -> None:
    """What a superuser can do who switches triggers and foreign keys off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("ledger_entry", "ledger_posting"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name in ("posting_entry_currency", "posting_debit_currency", "posting_credit_currency"):
            cursor.execute(f"ALTER TABLE ledger_posting DROP CONSTRAINT {name}")
        for name in ("posting_amount_positive", "posting_between_two_accounts"):
            cursor.execute(f"ALTER TABLE ledger_posting DROP CONSTRAINT {name}")
        for statement in statements:
            cursor.execute(statement)


def test_books_that_hold_have_no_fault(platform: Platform) -> None:
    entry = make_entry()
    make_entry(currency="JPY", amount=Decimal(5))
    reverse(entry=entry, business_date=DAY, at=AT, by="test")
    assert faults() == []


UNSOUND = "does not move a positive amount between two accounts of its entry's currency."


def total_off(code: str, day: str, kept: str, posted: str) -> str:
    kept_debits, kept_credits = kept.split()
    debits, credits = posted.split()
    return (
        f"The daily total of {code} CNY on {day} says debits {kept_debits}, credits {kept_credits}; "
        f"its postings say debits {debits}, credits {credits}."
    )


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE ledger_posting SET amount = 99",
            total_off(chart.FUNDING_CASH, "2025-03-14", "100.0000 0.0000", "99.0000 0"),
        ),
        (
            "UPDATE ledger_entry SET business_date = '2025-03-13'",
            total_off(chart.FUNDING_CAPITAL, "2025-03-13", "0 0", "0 100.0000"),
        ),
        (
            "UPDATE ledger_dailytotal SET credits = credits + 0.01 WHERE credits > 0",
            total_off(chart.FUNDING_CAPITAL, "2025-03-14", "0.0000 100.0100", "0 100.0000"),
        ),
        (
            "DELETE FROM ledger_dailytotal WHERE debits > 0",
            total_off(chart.FUNDING_CASH, "2025-03-14", "0 0", "100.0000 0"),
        ),
        (
            "UPDATE ledger_posting SET amount = -100",
            "Posting {posting} of entry funding:1, -100.0000 CNY, " + UNSOUND,
        ),
        (
            "UPDATE ledger_posting SET credit_id = debit_id",
            "Posting {posting} of entry funding:1, 100.0000 CNY, " + UNSOUND,
        ),
        (
            "UPDATE ledger_posting SET currency = 'BRL'",
            "Posting {posting} of entry funding:1, 100.0000 BRL, " + UNSOUND,
        ),
        (
            "DELETE FROM ledger_entry",
            "Posting {posting} of entry that does not exist, 100.0000 CNY, " + UNSOUND,
        ),
        ("DELETE FROM ledger_posting", "Entry funding:1 of 2025-03-14 has no postings."),
        (
            "UPDATE ledger_account SET kind = 'income' WHERE code = 'Assets:Suspense'",
            "Account Assets:Suspense CNY is kept as income, which the chart of accounts does not say.",
        ),
        (
            "UPDATE ledger_account SET code = 'Assets:Pocket' WHERE code = 'Assets:Suspense'",
            "Account Assets:Pocket CNY is kept as asset, which the chart of accounts does not say.",
        ),
    ],
)
def test_each_change_behind_the_back_is_named(platform: Platform, statement: str, says: str) -> None:
    posting = make_entry(key="funding:1").postings.get()
    tamper(statement)
    assert says.format(posting=posting.pk) in faults()


def test_a_reversal_that_was_changed_is_named(platform: Platform) -> None:
    reverse(entry=make_entry(key="funding:1"), business_date=DAY, at=AT, by="test")
    tamper(
        "UPDATE ledger_posting SET amount = 99 WHERE entry_id = (SELECT max(id) FROM ledger_entry)",
    )
    assert "Entry reversal:funding:1 is not the mirror image of funding:1, which it reverses." in faults()


def test_a_thousand_faults_are_counted_and_twenty_named(platform: Platform) -> None:
    for number in range(25):
        make_entry(key=f"funding:{number}")
    tamper("DELETE FROM ledger_posting", "DELETE FROM ledger_dailytotal")
    found = faults()
    assert found[0] == "Entry funding:0 of 2025-03-14 has no postings."
    assert found[20:] == ["... and 5 more like it."]


def test_the_command_says_what_it_verified(platform: Platform) -> None:
    make_entry()
    said = StringIO()
    call_command("verify_books", platform="meadow", stdout=said)
    assert said.getvalue() == "books verified: 1 entries, 1 postings, 0 financings\n"


def test_the_command_fails_and_names_what_is_off(platform: Platform) -> None:
    make_entry()
    log_birth([make_seller(balance=Decimal("3.00"))], at=AT, by="test")
    DailyTotal.objects.filter(account__code=chart.FUNDING_CASH).update(debits=Decimal("1.00"))
    with pytest.raises(CommandError) as failure:
        call_command("verify_books", platform="meadow", stdout=StringIO())
    assert str(failure.value).splitlines() == [
        "The books of Meadow do not hold:",
        total_off(chart.FUNDING_CASH, "2025-03-14", "1.0000 0.0000", "100.0000 0"),
        "Liabilities:Sellers CNY stands at 0 in the ledger; the rows behind it add up to -3.0000.",
    ]


def test_all_platforms_are_proved_though_one_fails(
    two_platforms: tuple[Platform, Platform], platform: Platform
) -> None:
    make_entry()
    DailyTotal.objects.all().delete()
    said, complained = StringIO(), StringIO()
    with pytest.raises(CommandError, match="Failed: meadow"):
        call_command("verify_books", all=True, stdout=said, stderr=complained)
    assert said.getvalue().splitlines() == [
        "harbor: books verified: 0 entries, 0 postings, 0 financings",
        "meadow: failed",
    ]
    assert complained.getvalue().startswith("The books of Meadow do not hold:")


def test_a_platform_that_does_not_exist_is_a_sentence(two_platforms: tuple[Platform, Platform]) -> None:
    with pytest.raises(CommandError, match="There is no working platform 'nowhere'"):
        call_command("verify_books", platform="nowhere")
    with pytest.raises(CommandError, match="one of the arguments --platform --all is required"):
        call_command("verify_books")
