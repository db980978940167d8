"""A payout that does not arrive is owed to the seller again, and the books stay whole at every step."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from apps.banking.models import BankLine, Instruction, PaymentAnswer, PaymentBatch
from apps.banking.refusals import PaymentFileRefused
from apps.banking.services import approve_and_send, open_account, payment_file
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Entry
from apps.ledger.proofs import faults as ledger_faults
from apps.products.models import FundingPool
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.models import Break
from apps.repayment.payouts import Answered, take_in_answer
from apps.repayment.proofs import faults as repayment_faults
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.banking.payments.answers import answer, rejected
from tests.story import DAY, FIRST, Story

D = Decimal
NEXT = FIRST + DAY


@pytest.fixture
def story(platform: Platform) -> Story:
    """Two sellers sold for 500.00 and 300.00; their payouts of the first night are approved and sent."""
    story = Story(platform)
    for purpose in ("collection", "funding"):
        open_account(
            purpose=purpose, holder="Meadow", number=f"62220000{purpose[0]}", currency="CNY", at=story.at(FIRST),
            by="user:1",
        )  # fmt: skip
    for name, amount in (("Li Mei", "500.00"), ("Wang Fang", "300.00")):
        story.settle(FIRST, story.seller(name, consents=False), amount)
    story.night(FIRST)
    approve_and_send(batch_id=the_batch().pk, at=story.at(NEXT), by="user:2")
    return story


def the_batch() -> PaymentBatch:
    return PaymentBatch.objects.get(business_date=FIRST)


def payment(name: str) -> Instruction:
    """The latest payout to the seller of that name."""
    return Instruction.objects.filter(subject=f"seller:{Seller.objects.get(name=name).pk}").latest("pk")


def answered(story: Story, text: str, on: date = NEXT) -> Answered:
    return take_in_answer(
        source=io.BytesIO(text.encode()), name="answer.xml", asked_on=on, at=story.at(on), by="user:1"
    )


def balance(code: str) -> Decimal:
    return DailyTotal.objects.balance(code, "CNY", FIRST + 30 * DAY)


def books_are_whole() -> bool:
    return not [*ledger_faults(), *repayment_faults()]


def come_back(story: Story, one: Instruction, day: date, amount: Decimal | None = None) -> BankLine:
    return BankLine.objects.create(
        purpose="collection", booked_on=day, amount=amount or one.amount, currency="CNY", reference=one.reference,
        key=f"back:{one.reference}:{day}",
    )  # fmt: skip


@pytest.mark.parametrize("version", ["03", "09"])
def test_the_banks_file_of_the_batch_is_valid_and_always_the_same(
    story: Story, shared_data: Path, version: str
) -> None:
    file = payment_file(batch_id=the_batch().pk, version=version)
    schema = etree.XMLSchema(etree.parse(shared_data / "xsd" / f"pain.001.001.{version}.xsd"))
    root = etree.fromstring(file.content)
    schema.assertValid(root)
    assert file == payment_file(batch_id=the_batch().pk, version=version)
    assert file.name == f"payouts-2025-03-01.pain.001.001.{version}.xml"
    assert [element.text for element in root.iter("{*}CtrlSum")] == ["800.00", "800.00"]
    assert sorted(element.text or "" for element in root.iter("{*}EndToEndId")) == sorted(
        Instruction.objects.values_list("reference", flat=True)
    )


def test_a_batch_that_nobody_approved_has_no_file(story: Story) -> None:
    story.settle(NEXT, Seller.objects.get(name="Li Mei"), "10.00")
    story.night(NEXT)
    with pytest.raises(PaymentFileRefused, match="second person"):
        payment_file(batch_id=PaymentBatch.objects.get(business_date=NEXT).pk, version="09")


def test_without_an_account_of_our_own_there_is_no_file(platform: Platform) -> None:
    story = Story(platform)
    story.settle(FIRST, story.seller(consents=False), "500.00")
    story.night(FIRST)
    approve_and_send(batch_id=the_batch().pk, at=story.at(NEXT), by="user:2")
    with pytest.raises(PaymentFileRefused, match="There are 0 collection accounts in CNY"):
        payment_file(batch_id=the_batch().pk, version="09")


def test_accepted_then_booked_then_settled(story: Story) -> None:
    answered(story, answer("payouts-2025-03-01", "ACCP"))
    assert the_batch().state == "accepted"
    book_settlement(of=FIRST, on=NEXT, currency="CNY")
    book_payments(on=NEXT)
    assert story.night(NEXT).state == "balanced"
    assert the_batch().state == "settled"
    assert books_are_whole()


def test_what_the_bank_books_was_accepted_whether_or_not_it_said_so(story: Story) -> None:
    book_payments(on=NEXT)
    story.night(NEXT)
    assert the_batch().state == "settled"


def test_received_is_no_answer_yet(story: Story) -> None:
    assert answered(story, answer("payouts-2025-03-01", "RCVD")).stopped == 0
    assert the_batch().state == "sent"


def test_one_payment_rejected_is_owed_again_and_paid_the_next_night(story: Story) -> None:
    one = payment("Wang Fang")
    told = answered(story, answer("payouts-2025-03-01", "PART", payments=rejected(one.reference, "MS03")))
    assert (told.stopped, told.batch.state) == (1, "accepted")
    one.refresh_from_db()
    assert (one.failed_on, one.failure_reason, one.confirmed_on) == (NEXT, "MS03", None)
    assert Seller.objects.get(name="Wang Fang").balance == D("300")
    assert Seller.objects.get(name="Li Mei").balance == 0
    assert balance(chart.SELLER_PAYABLE) == D("-300")
    assert balance(chart.PAYOUTS_IN_TRANSIT) == D("-500")
    assert books_are_whole()
    book_settlement(of=FIRST, on=NEXT, currency="CNY")
    assert book_payments(on=NEXT) == 1
    assert story.night(NEXT).state == "balanced"
    again = payment("Wang Fang")
    assert (again.pk != one.pk, again.amount, again.business_date) == (True, D("300"), NEXT)
    assert the_batch().state == "settled"
    assert Seller.objects.get(name="Wang Fang").balance == 0
    assert books_are_whole()


def test_it_is_held_while_the_account_is_frozen(story: Story) -> None:
    one = payment("Wang Fang")
    Seller.objects.filter(name="Wang Fang").update(payout_frozen=True)
    answered(story, answer("payouts-2025-03-01", "PART", payments=rejected(one.reference, "AC04")))
    story.night(NEXT)
    assert payment("Wang Fang") == one
    assert Seller.objects.get(name="Wang Fang").balance == D("300")
    assert books_are_whole()


def test_a_batch_rejected_whole_stops_every_payment_once(story: Story) -> None:
    text = answer("payouts-2025-03-01", "RJCT", reason="AM04", words="Insufficient funds")
    assert answered(story, text).stopped == 2
    assert the_batch().state == "rejected"
    assert balance(chart.PAYOUTS_IN_TRANSIT) == 0
    assert set(Instruction.objects.values_list("failure_reason", flat=True)) == {"AM04 Insufficient funds"}
    again = answered(story, text)
    assert (again.is_new, again.stopped) == (False, 0)
    other_bytes = answered(story, text.replace("ANSWER-", "REPEATED-"))
    assert (other_bytes.is_new, other_bytes.stopped) == (True, 0)
    assert Entry.objects.filter(kind="payout_rejected").count() == 2
    assert balance(chart.SELLER_PAYABLE) == D("-800")
    assert books_are_whole()


def test_a_rejected_transfer_goes_with_the_next_one(story: Story) -> None:
    pool = FundingPool.objects.first()
    assert pool is not None
    Instruction.objects.create(
        key="transfer:test", reference="T-1", kind="transfer", subject=f"pool:{pool.pk}", from_purpose="collection",
        amount=D("40"), currency="CNY", business_date=FIRST, batch=the_batch(),
    )  # fmt: skip
    answered(story, answer("payouts-2025-03-01", "PART", payments=rejected("T-1", "AC01")))
    pool.refresh_from_db()
    assert pool.collected == D("40")
    assert not Entry.objects.filter(kind="payout_rejected").exists()


def test_a_payout_that_the_bank_gives_back_is_owed_and_paid_again(story: Story) -> None:
    book_settlement(of=FIRST, on=NEXT, currency="CNY")
    book_payments(on=NEXT)
    story.night(NEXT)
    one = payment("Wang Fang")
    later = NEXT + DAY
    line = come_back(story, one, later)
    assert story.night(later).state == "balanced"
    one.refresh_from_db()
    line.refresh_from_db()
    assert (one.confirmed_on, one.failed_on, line.matched_to) == (NEXT, later, f"return:{one.pk}")
    assert Seller.objects.get(name="Wang Fang").balance == D("300")
    assert balance(chart.COLLECTION_CASH) == D("300")
    assert books_are_whole()
    story.night(later + DAY)
    assert payment("Wang Fang").business_date == later + DAY
    assert Seller.objects.get(name="Wang Fang").balance == 0
    assert the_batch().state == "settled"
    assert books_are_whole()


def test_a_batch_of_which_everything_came_back_is_returned(story: Story) -> None:
    book_payments(on=NEXT)
    for name in ("Li Mei", "Wang Fang"):
        come_back(story, payment(name), NEXT)
    story.night(NEXT)
    assert the_batch().state == "returned"
    assert books_are_whole()


def test_part_of_a_payout_coming_back_is_a_break(story: Story) -> None:
    book_settlement(of=FIRST, on=NEXT, currency="CNY")
    book_payments(on=NEXT)
    come_back(story, payment("Wang Fang"), NEXT, D("299.00"))
    assert story.night(NEXT).state == "with_breaks"
    assert Break.objects.get().amount == D("-299")
    assert Seller.objects.get(name="Wang Fang").balance == 0


def test_a_payment_that_was_rejected_and_booked_all_the_same_is_a_break(story: Story) -> None:
    book_settlement(of=FIRST, on=NEXT, currency="CNY")
    one = payment("Wang Fang")
    answered(story, answer("payouts-2025-03-01", "PART", payments=rejected(one.reference, "AC04")))
    come_back(story, one, NEXT, -one.amount)
    book_payments(on=NEXT)
    assert story.night(NEXT).state == "with_breaks"
    assert Break.objects.get().kind == "status"
    assert books_are_whole()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (answer("payouts-1999-01-01", "ACCP"), "no batch of ours"),
        (answer("payouts-2025-03-01", "PART", payments=rejected("P-NOBODY", "AC04")), "P-NOBODY is no payment of"),
        (answer("payouts-2025-03-01", "PART"), "names no payment"),
        ("%PDF-1.7", "no whole XML"),
    ],
)
def test_a_strange_answer_changes_nothing(story: Story, text: str, reason: str) -> None:
    with pytest.raises(PaymentFileRefused, match=reason):
        answered(story, text)
    assert (the_batch().state, PaymentAnswer.objects.count()) == ("sent", 0)


def test_rejecting_what_was_booked_is_refused(story: Story) -> None:
    book_payments(on=NEXT)
    story.night(NEXT)
    with pytest.raises(PaymentFileRefused, match="is not with the bank"):
        answered(story, answer("payouts-2025-03-01", "RJCT", reason="AM04"), NEXT + DAY)
    assert Seller.objects.get(name="Li Mei").balance == 0


def test_an_answer_to_a_batch_that_was_not_sent_is_refused(story: Story) -> None:
    story.settle(NEXT, Seller.objects.get(name="Li Mei"), "10.00")
    story.night(NEXT)
    with pytest.raises(PaymentFileRefused, match="not with the bank"):
        answered(story, answer("payouts-2025-03-02", "ACCP"), NEXT + DAY)
