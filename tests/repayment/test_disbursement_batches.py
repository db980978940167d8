"""Disbursements go to the bank in batches, under four eyes; one that the bank refuses never becomes a debt."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from apps.banking.models import Instruction, PaymentBatch
from apps.banking.refusals import PaymentFileRefused
from apps.banking.services import ApprovalRefused, approve_and_send, open_account, payment_file
from apps.evidence.models import Record
from apps.financing.models import Financing
from apps.financing.services import render_contract
from apps.financing.services.disbursements import batch_disbursements
from apps.ledger.models import Entry
from apps.ledger.proofs import faults as ledger_faults
from apps.products.models import FundingPool
from apps.reconciliation.bank import book_payments
from apps.reconciliation.models import Break
from apps.repayment.payouts import Answered, take_in_answer
from apps.repayment.proofs import faults as repayment_faults
from apps.sellers.models import Message, PayoutChange, Seller
from apps.sellers.services import check_payout_change, refuse_payout_change
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.banking.payments.answers import answer, rejected
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

D = Decimal
NEXT = FIRST + DAY
NAME = "disbursements-2025-03-02-1"


@pytest.fixture
def story(platform: Platform) -> Story:
    """Two sellers have signed for 500.00 and 300.00; the bank has not been told yet."""
    story = Story(platform)
    open_account(
        purpose="funding", holder="Meadow", number="622200009", currency="CNY", at=story.at(FIRST), by="user:1"
    )  # fmt: skip
    sellers = [story.seller(name) for name in ("Li Mei", "Wang Fang")]
    for seller in sellers:
        seller.user = make_user(role=Role.SELLER)
        seller.save()
    story.night(FIRST)
    for seller, amount in zip(sellers, ("500.00", "300.00"), strict=True):
        contract = story.accept(story.offer(seller), amount, NEXT)
        render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(NEXT), by="test")
        story.sign(contract, NEXT)
    return story


def built(story: Story) -> PaymentBatch:
    batch = batch_disbursements(business_date=NEXT, at=story.at(NEXT), by="user:1")
    assert batch is not None
    return batch


def sent(story: Story) -> PaymentBatch:
    return approve_and_send(batch_id=built(story).pk, at=story.at(NEXT), by="user:2")


def answered(story: Story, text: str) -> Answered:
    return take_in_answer(
        source=io.BytesIO(text.encode()), name="answer.xml", asked_on=NEXT, at=story.at(NEXT), by="user:1"
    )


def financing_of(name: str) -> Financing:
    return Financing.objects.select_related("contract", "offer", "seller").get(seller__name=name)


def asked_for(name: str) -> Instruction:
    return Instruction.objects.get(subject=f"financing:{financing_of(name).pk}")


def reserved() -> Decimal:
    return sum((pool.reserved for pool in FundingPool.objects.all()), D(0))


def is_whole() -> bool:
    return not [*ledger_faults(), *repayment_faults()]


@pytest.mark.parametrize("version", ["03", "09"])
def test_what_was_signed_goes_out_in_one_valid_file_from_the_funding_account(
    story: Story, shared_data: Path, version: str
) -> None:
    batch = sent(story)
    file = payment_file(batch_id=batch.pk, version=version)
    root = etree.fromstring(file.content)
    etree.XMLSchema(etree.parse(shared_data / "xsd" / f"pain.001.001.{version}.xsd")).assertValid(root)
    assert (batch.message_id, batch.number_of_payments, batch.total) == (NAME, 2, D("800.00"))
    assert [one.text for one in root.iter("{*}CtrlSum")] == ["800.00", "800.00"]
    assert [one.findtext("{*}Id/{*}Othr/{*}Id") for one in root.iter("{*}DbtrAcct")] == ["622200009"]
    assert batch_disbursements(business_date=NEXT, at=story.at(NEXT), by="user:1") is None, "each is in one batch only"


def test_whoever_built_it_cannot_approve_it_and_nothing_is_paid_before(story: Story) -> None:
    batch = built(story)
    with pytest.raises(ApprovalRefused, match="Ask a colleague"):
        approve_and_send(batch_id=batch.pk, at=story.at(NEXT), by="user:1")
    with pytest.raises(PaymentFileRefused, match="second person"):
        payment_file(batch_id=batch.pk, version="09")
    assert book_payments(on=NEXT) == 0
    assert {one.state for one in Financing.objects.all()} == {"pending"}


def test_a_batch_of_which_the_bank_booked_something_already_is_not_sent(story: Story) -> None:
    batch = built(story)
    Instruction.objects.filter(pk=asked_for("Li Mei").pk).update(confirmed_on=NEXT)
    with pytest.raises(ApprovalRefused, match="would pay it twice"):
        approve_and_send(batch_id=batch.pk, at=story.at(NEXT), by="user:2")
    batch.refresh_from_db()
    assert batch.state == "built"


def test_a_frozen_account_waits_for_a_later_batch(story: Story) -> None:
    Seller.objects.filter(name="Li Mei").update(payout_frozen=True)
    assert [one.reference for one in built(story).instructions.all()] == [asked_for("Wang Fang").reference]
    Seller.objects.filter(name="Li Mei").update(payout_frozen=False)
    later = built(story)
    assert later.message_id == "disbursements-2025-03-02-2"
    assert [one.reference for one in later.instructions.all()] == [asked_for("Li Mei").reference]


def test_accepted_and_booked_the_financings_run(story: Story) -> None:
    batch = sent(story)
    answered(story, answer(NAME, "ACCP"))
    assert book_payments(on=NEXT) == 2
    assert story.night(NEXT).state == "balanced"
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert {one.state for one in Financing.objects.all()} == {"active"}
    assert is_whole()


def test_a_refused_disbursement_never_becomes_a_debt(story: Story) -> None:
    sent(story)
    one = asked_for("Wang Fang")
    told = answered(story, answer(NAME, "PART", payments=rejected(one.reference, "AM14")))
    refused, other = financing_of("Wang Fang"), financing_of("Li Mei")
    assert told.stopped == 1
    assert (refused.state, refused.contract.state, refused.offer.state) == ("cancelled", "terminated", "cancelled")
    assert (other.state, other.contract.state, other.offer.state) == ("pending", "in_force", "accepted")
    assert refused.outstanding == 0
    assert reserved() == D("500.00"), "what the other one reserved"
    assert not refused.financed_orders.filter(released_on=None).exists()
    assert not Entry.objects.filter(subject=f"financing:{refused.pk}").exists()
    assert Record.objects.filter(kind="disbursement_refused", subject=f"financing:{refused.pk}").count() == 1
    assert Message.objects.filter(seller=refused.seller, facts__words="not_paid_out").count() == 1
    assert not PayoutChange.objects.exists(), "AM14 is no fault of the account"
    book_payments(on=NEXT)
    assert story.night(NEXT).state == "balanced"
    assert (financing_of("Wang Fang").state, financing_of("Li Mei").state) == ("cancelled", "active")
    assert reserved() == 0
    assert is_whole()


def test_refused_and_booked_all_the_same_is_a_break_and_no_debt(story: Story) -> None:
    batch = sent(story)
    book_payments(on=NEXT)
    answered(story, answer(NAME, "PART", payments=rejected(asked_for("Wang Fang").reference, "AM14")))
    assert story.night(NEXT).state == "with_breaks"
    found = Break.objects.get()
    assert (found.kind, found.amount) == ("status", D("300.00"))
    assert financing_of("Wang Fang").state == "cancelled"
    batch.refresh_from_db()
    assert batch.state == "settled"
    assert is_whole()


def test_a_batch_refused_whole_ends_all_of_it_once(story: Story) -> None:
    batch = sent(story)
    text = answer(NAME, "RJCT", reason="AC04", words="Debtor account closed")
    assert answered(story, text).stopped == 2
    assert answered(story, text.replace("ANSWER-", "REPEATED-")).stopped == 0
    batch.refresh_from_db()
    assert batch.state == "rejected"
    assert {one.state for one in Financing.objects.all()} == {"cancelled"}
    assert reserved() == 0
    assert not Seller.objects.filter(payout_frozen=True).exists(), "a reason of the whole batch is not of one account"


@pytest.mark.parametrize("reason", ["AC01", "AC04", "AC06"])
def test_an_account_that_the_bank_faults_is_checked_again_by_two(story: Story, reason: str) -> None:
    sent(story)
    answered(story, answer(NAME, "PART", payments=rejected(asked_for("Wang Fang").reference, reason)))
    seller = Seller.objects.get(name="Wang Fang")
    change = PayoutChange.objects.open().get()
    assert (seller.payout_frozen, change.seller_id, change.asked_by) == (True, seller.pk, "bank")
    assert change.account.number == seller.payout_account.number
    assert Message.objects.filter(seller=seller, facts__words="account_doubted").count() == 1
    assert not Seller.objects.get(name="Li Mei").payout_frozen
    for person in ("user:8", "user:9"):
        seller.refresh_from_db()
        assert seller.payout_frozen, "until the second person has checked it"
        check_payout_change(change_id=change.pk, on=NEXT, at=story.at(NEXT), by=person)
    seller.refresh_from_db()
    assert (seller.payout_frozen, seller.payout_account_id) == (False, change.account_id)


def test_an_account_found_wrong_stays_frozen_until_another_is_named(story: Story) -> None:
    sent(story)
    answered(story, answer(NAME, "PART", payments=rejected(asked_for("Wang Fang").reference, "AC04")))
    change = PayoutChange.objects.open().get()
    refuse_payout_change(change_id=change.pk, reason="It is closed.", on=NEXT, at=story.at(NEXT), by="user:8")
    assert Seller.objects.get(name="Wang Fang").payout_frozen
    assert not PayoutChange.objects.open().exists()
