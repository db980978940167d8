"""Orders = settlement = bank = ledger: what fits is confirmed, what does not becomes a break, once."""

from decimal import Decimal

import pytest

from apps.banking.models import BankLine, Instruction, PaymentBatch
from apps.banking.services import ApprovalRefused, approve_and_send
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.models import Break
from apps.tenants.models import Platform
from tests.story import DAY, FIRST, Story

D = Decimal


def bank(
    story: Story, day_number: int, amount: str, reference: str, purpose: str = "collection", key: str = ""
) -> BankLine:
    day = FIRST + day_number * DAY
    return BankLine.objects.create(
        purpose=purpose, booked_on=day, amount=D(amount), currency="CNY", reference=reference,
        key=key or f"{reference}:{amount}:{day}",
    )  # fmt: skip


def sold_and_closed(story: Story, amount: str = "500.00") -> None:
    story.settle(FIRST, story.seller(), amount)
    story.night(FIRST)


def test_the_settlement_and_the_payout_reach_the_bank_and_the_ledger_follows(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    tomorrow = FIRST + DAY
    approve_and_send(batch_id=PaymentBatch.objects.get().pk, at=story.at(tomorrow), by="user:2")
    assert book_settlement(of=FIRST, on=tomorrow, currency="CNY") == 1
    assert book_payments(on=tomorrow) == 1
    assert book_payments(on=tomorrow) == 0
    assert story.night(tomorrow).state == "balanced"
    for code in (chart.COLLECTION_CASH, chart.SETTLEMENT_RECEIVABLE, chart.PAYOUTS_IN_TRANSIT, chart.SELLER_PAYABLE):
        assert DailyTotal.objects.balance(code, "CNY", tomorrow) == 0
    assert Instruction.objects.get().confirmed_on == tomorrow


def test_nothing_is_paid_before_a_second_person_approved(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    batch = PaymentBatch.objects.get()
    with pytest.raises(ApprovalRefused):
        approve_and_send(batch_id=batch.pk, at=story.at(FIRST + DAY), by=batch.built_by)
    assert book_payments(on=FIRST + DAY) == 0
    for _twice in range(2):
        assert approve_and_send(batch_id=batch.pk, at=story.at(FIRST + DAY), by="user:2").state == "sent"


@pytest.mark.parametrize(
    ("amount", "reference", "kind", "difference"),
    [
        ("499.00", "SETTLEMENT-20250301", "amount", "1"),
        ("501.00", "SETTLEMENT-20250301", "amount", "-1"),
        ("12.34", "WHO-KNOWS", "missing_internal", "-12.34"),
        ("-80.00", "P20250301-0", "missing_internal", "80"),
    ],
)
def test_a_line_that_does_not_fit_opens_one_break(
    platform: Platform, amount: str, reference: str, kind: str, difference: str
) -> None:
    story = Story(platform)
    sold_and_closed(story)
    bank(story, 1, amount, reference)
    assert story.night(FIRST + DAY).state == "with_breaks"
    story.night(FIRST + 2 * DAY)
    found = Break.objects.get()
    assert (found.kind, found.amount) == (kind, D(difference))


def test_a_payment_booked_twice_is_a_duplicate(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    approve_and_send(batch_id=PaymentBatch.objects.get().pk, at=story.at(FIRST + DAY), by="user:2")
    book_settlement(of=FIRST, on=FIRST + DAY, currency="CNY")
    reference = Instruction.objects.get().reference
    bank(story, 1, "-500.00", reference, key="first")
    bank(story, 1, "-500.00", reference, key="second")
    assert story.night(FIRST + DAY).state == "with_breaks"
    assert Break.objects.get().kind == "duplicate"


def test_a_payment_of_another_amount_is_not_taken_for_ours(platform: Platform) -> None:
    story = Story(platform)
    sold_and_closed(story)
    reference = Instruction.objects.get().reference
    bank(story, 1, "-450.00", reference)
    story.night(FIRST + DAY)
    assert Break.objects.get().amount == D("-50")
    assert Instruction.objects.get().confirmed_on is None


def test_money_that_never_comes_is_missing_after_three_business_days_and_heals_by_itself(platform: Platform) -> None:
    story = Story(platform)  # 1 March 2025 is a Saturday: three business days end on Wednesday the 5th
    sold_and_closed(story)
    for number in range(1, 5):
        assert story.night(FIRST + number * DAY).state == "balanced"
    assert story.night(FIRST + 5 * DAY).state == "with_breaks"
    assert sorted(Break.objects.values_list("kind", "subject")) == [
        ("missing_external", f"instruction:{Instruction.objects.get().pk}"),
        ("missing_external", "sales:2025-03-01"),
    ]
    approve_and_send(batch_id=PaymentBatch.objects.first().pk, at=story.at(FIRST + 6 * DAY), by="user:2")
    book_settlement(of=FIRST, on=FIRST + 6 * DAY, currency="CNY")
    book_payments(on=FIRST + 6 * DAY)
    assert story.night(FIRST + 6 * DAY).state == "balanced"
    assert set(Break.objects.values_list("state", flat=True)) == {"timing"}


def test_identical_lines_of_one_day_are_both_real(platform: Platform) -> None:
    story = Story(platform)
    story.seller()
    story.night(FIRST)
    bank(story, 1, "25.00", "CASH", key="one")
    bank(story, 1, "25.00", "CASH", key="two")
    story.night(FIRST + DAY)
    assert Break.objects.count() == 2
