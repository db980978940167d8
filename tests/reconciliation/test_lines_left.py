"""The type of break that a line of the bank becomes when nothing explains it."""

from decimal import Decimal

import pytest

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.banking.services import approve_and_send
from apps.ledger import proofs
from apps.reconciliation.lines_left import Asked, fault_of
from apps.reconciliation.models import Break, ControlTotal
from apps.tenants.models import Platform
from tests.factories import make_bank_line, make_statement_entry
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY, FIRST, Story

D = Decimal
SETTLEMENT = "SETTLEMENT-20250301"


def kinds() -> list[tuple[str, Decimal, str]]:
    return sorted((one.kind, one.amount, one.currency) for one in Break.objects.all())


def test_money_on_the_wrong_account_is_no_wrong_amount(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    bank(story, 1, "500.00", SETTLEMENT, purpose="funding")
    story.night(FIRST + DAY)
    assert kinds() == [("wrong_account", D(-500), "CNY")]
    assert "belongs on the collection account" in Break.objects.get().text


def test_money_in_another_currency_is_told_in_its_own(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    line = make_bank_line(booked_on=FIRST + DAY, amount=D("69.50"), currency="USD", reference=SETTLEMENT)
    story.night(FIRST + DAY)
    assert kinds() == [("currency", D("-69.50"), "USD")]
    line.refresh_from_db()
    assert line.matched_to == ""


def test_what_is_explained_in_another_currency_is_not_counted_with_the_platforms(platform: Platform) -> None:
    story = Story(platform)
    make_bank_line(booked_on=FIRST, amount=D("69.50"), currency="USD", matched_to="clearing:1")
    story.night(FIRST)
    assert ControlTotal.objects.get(name="cash_collection").closing == 0
    assert not Break.objects.exists()


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"text": "Monthly charge"}, "fee"),
        ({"text": "账户管理手续费"}, "fee"),
        ({"text": "for cherries"}, "missing_internal"),
        ({"text": "Charge given back", "amount": D("3.00")}, "missing_internal"),
    ],
)
def test_what_the_bank_takes_for_itself_is_a_fee(platform: Platform, facts: dict[str, object], kind: str) -> None:
    line = make_bank_line(**{"amount": D("-3.00"), **facts})
    assert fault_of(line, None, "CNY")[:2] == (kind, D(0))


@pytest.mark.parametrize(("code", "kind"), [("ACMT/MDOP/CHRG", "fee"), ("NCHG", "fee"), ("NTRF", "missing_internal")])
def test_the_code_of_the_statements_entry_says_fee(platform: Platform, code: str, kind: str) -> None:
    line = make_bank_line(amount=D("-3.00"), entry=make_statement_entry(code=code, amount=D("-3.00")))
    assert fault_of(line, None, "CNY")[0] == kind


def test_our_own_reference_outweighs_words_about_fees(platform: Platform) -> None:
    line = make_bank_line(amount=D("-3.00"), text="fee", reference="P1")
    assert fault_of(line, Asked("collection", "CNY", D("-2.00")), "CNY")[:2] == ("amount", D("-2.00"))
    assert fault_of(line, Asked("collection", "CNY", D("-3.00"), gone="paid", gone_on=FIRST), "CNY")[0] == "duplicate"


def test_a_transfer_that_arrives_twice_is_explained_once(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    third, fourth = FIRST + 2 * DAY, FIRST + 3 * DAY
    story.settle(third, seller, "2000.00")
    story.night(third)
    approve_and_send(batch_id=PaymentBatch.objects.get(business_date=third).pk, at=story.at(fourth), by="user:2")
    one = Instruction.objects.get(kind="transfer")
    bank(story, 3, f"{-one.amount}", one.reference)
    for name in ("first", "second"):
        bank(story, 3, f"{one.amount}", one.reference, purpose="funding", key=name)
    story.night(fourth)
    assert kinds() == [("duplicate", -one.amount, "CNY")]
    arrived = BankLine.objects.get(matched_to=f"instruction:{one.pk}:in")
    assert arrived.carried_by == BankLine.objects.get(matched_to=f"instruction:{one.pk}").carried_by
    assert not ControlTotal.objects.exclude(difference=0).exists()
    assert proofs.faults() == []
