"""Payments that did not arrive: a payout that the bank rejected or gave back is owed to the seller again, a financing
whose disbursement it rejected never begins, and a withdrawal that it rejected is the pool's again.

A night pays out what is owed to a seller whose account is not frozen, so a failed payout needs no retry of its own.
Where the bank says that the fault is the account, the account is checked again first.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.banking.models import Instruction, PaymentAnswer, PaymentBatch
from apps.banking.payments import pain002
from apps.banking.payments.pain002 import ACCEPTED, IN_PART, REJECTED, Answer, NoAnswer
from apps.banking.refusals import PaymentFileRefused
from apps.banking.services import move_batches
from apps.core.wording import day_text
from apps.evidence.services import record
from apps.financing.models import Financing
from apps.financing.services.acceptance import lock_seller
from apps.financing.services.disbursements import cancel_undisbursed
from apps.ledger import chart
from apps.ledger.calendar import booking_date
from apps.ledger.models import Entry
from apps.ledger.services import Line, post, take_the_books
from apps.products.models import FundingPool
from apps.products.withdrawals import commit_again
from apps.sellers.models import Seller
from apps.sellers.services import doubt_payout_account

NO_REASON = "no reason given"
OF_THE_ACCOUNT = ("AC01", "AC03", "AC04", "AC06", "AC07", "AC14", "AC15", "BE01")
"""ISO 20022's reasons that lie with the account of who is paid: wrong, closed, blocked, of another kind or holder."""
ANSWERED = ("sent", "accepted", "rejected")


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did: the batch it is about, how many payments it stopped, whether its bytes are new."""

    batch: PaymentBatch
    stopped: int
    is_new: bool


def take_in_answer(*, source: IO[bytes], name: str, asked_on: date, at: datetime, by: str) -> Answered:
    """Take in a bank's pain.002: accept the batch, reject it whole, or accept it and stop the payments it rejects.

    A payout is owed again, a financing that was to be disbursed is cancelled, on `asked_on` or the first date still
    open; where the bank faults a seller's account, nothing more is paid to it until two people checked it. The same
    bytes again are nothing new, and so is a payment that was stopped before.

    Raises PaymentFileRefused, and changes nothing, for a file that is no such answer, that is about a batch or a
    payment that is not ours or was not sent, or that rejects what the bank has booked; SellerBusy when someone else is
    at work on a seller.
    """
    try:
        answer = pain002.read(source)
    except NoAnswer as error:
        raise PaymentFileRefused(str(error)) from error
    with transaction.atomic():
        batch = PaymentBatch.objects.named(answer.message_id).select_for_update(of=("self",)).first()
        if batch is None:
            raise PaymentFileRefused(
                _("The answer is about %(message)s, which is no batch of ours.") % {"message": answer.message_id or "?"}
            )
        if PaymentAnswer.objects.filter(sha256=answer.digest).exists():
            return Answered(batch, 0, is_new=False)
        stopped = _stopped(batch, answer)
        _move(batch, answer, at, by)
        on = booking_date(asked_on)
        take_the_books()
        doubted = {one.end_to_end for one in answer.rejected if one.is_own_reason}
        for one, reason in stopped:
            _reject(one, reason, on, at, by)
            if one.reference in doubted:
                doubt_account(one, reason, on, at, by)
        move_batches(instruction_ids=[one.pk for one, _reason in stopped], at=at, by=by)
        batch.refresh_from_db()
        _keep(batch, answer, name, len(stopped), on, at, by)
    return Answered(batch, len(stopped), is_new=True)


def give_back(*, instruction: Instruction, reason: str, on: date, at: datetime, by: str) -> Entry:
    """A payout that the bank booked has come back into the collection account: it is owed to the seller again.

    Books the bank's line of its return on `on`, which is open, and answers the entry. The caller holds the instruction
    and has seen that it was confirmed and has not failed.
    """
    fail(instruction, reason, on)
    entry = _owe_again(instruction, chart.COLLECTION_CASH, "payout_returned", on, at, by)
    doubt_account(instruction, reason, on, at, by)
    return entry


def _stopped(batch: PaymentBatch, answer: Answer) -> list[tuple[Instruction, str]]:
    """The payments that will not be made, with the reason of each; those that were stopped before are left out."""
    if batch.state not in ANSWERED:
        raise PaymentFileRefused(
            _("%(batch)s is not with the bank, so no answer to it can be right.") % {"batch": batch.message_id}
        )
    mine = {one.reference: one for one in batch.instructions.select_for_update(of=("self",)).order_by("pk")}
    if strange := [one.end_to_end for one in answer.payments if one.end_to_end not in mine]:
        raise PaymentFileRefused(
            _("%(payment)s is no payment of %(batch)s.") % {"payment": strange[0] or "?", "batch": batch.message_id}
        )
    told = {one.end_to_end: one.reason for one in answer.rejected}
    if answer.status == REJECTED:
        told = {reference: told.get(reference) or answer.reason for reference in mine}
    elif answer.status == IN_PART and not told:
        raise PaymentFileRefused(_("It rejects the batch in part and names no payment. Ask the bank which."))
    stopped = [(mine[reference], reason or NO_REASON) for reference, reason in told.items()]
    if booked := [(one, one.confirmed_on) for one, _reason in stopped if one.confirmed_on is not None]:
        payment, day = booked[0]
        raise PaymentFileRefused(
            _("It rejects %(payment)s, which the bank booked on %(day)s. Ask the bank which of the two holds.")
            % {"payment": payment.reference, "day": day_text(day)}
        )
    return [(one, reason) for one, reason in stopped if one.failed_on is None]


def _move(batch: PaymentBatch, answer: Answer, at: datetime, by: str) -> None:
    """Accepted, whole or in part, is accepted; what is rejected whole is moved when its payments are stopped."""
    if batch.state == "sent" and (answer.status in ACCEPTED or answer.status == IN_PART):
        batch.move("accept", at=at, by=by, reason=answer.status)


def _reject(instruction: Instruction, reason: str, on: date, at: datetime, by: str) -> None:
    fail(instruction, reason, on)
    if instruction.kind == Instruction.Kind.TRANSFER:
        pool = FundingPool.objects.filter(pk=instruction.subject_id)
        pool.update(collected=F("collected") + instruction.amount)
    elif instruction.kind == Instruction.Kind.WITHDRAWAL:
        commit_again(instruction=instruction, reason=instruction.failure_reason, on=on, at=at, by=by)
    elif instruction.kind == Instruction.Kind.DISBURSEMENT:
        financing = Financing.objects.only("seller_id").get(pk=instruction.subject_id)
        lock_seller(financing.seller_id)
        cancel_undisbursed(financing_id=financing.pk, reason=instruction.failure_reason, on=on, at=at, by=by)
    else:
        lock_seller(instruction.subject_id)
        _owe_again(instruction, chart.PAYOUTS_IN_TRANSIT, "payout_rejected", on, at, by)


def doubt_account(instruction: Instruction, reason: str, on: date, at: datetime, by: str) -> None:
    """Where the bank faults the account that the seller is still paid to, it has to be checked again."""
    if instruction.to_account_id is not None and reason[:4] in OF_THE_ACCOUNT:
        doubt_payout_account(account_id=instruction.to_account_id, reason=reason, on=on, at=at, by=by)


def fail(instruction: Instruction, reason: str, on: date) -> None:
    """Note on the instruction that it came to nothing on business date `on`."""
    instruction.failed_on, instruction.failure_reason = on, reason[:140] or NO_REASON
    instruction.save(update_fields=["failed_on", "failure_reason"])


def _owe_again(instruction: Instruction, debit: str, kind: str, on: date, at: datetime, by: str) -> Entry:
    entry = post(
        key=f"{kind}:{instruction.pk}",
        kind=kind,
        business_date=on,
        currency=instruction.currency,
        lines=[Line(debit, chart.SELLER_PAYABLE, instruction.amount)],
        subject=instruction.subject,
        at=at,
        by=by,
    )
    Seller.objects.filter(pk=instruction.subject_id).update(balance=F("balance") + instruction.amount)
    return entry


def _keep(batch: PaymentBatch, answer: Answer, name: str, stopped: int, on: date, at: datetime, by: str) -> None:
    PaymentAnswer.objects.create(
        batch=batch,
        sha256=answer.digest,
        name=name[:200],
        status=answer.status,
        rejected=stopped,
        taken_in_at=at,
        by=by,
    )
    record(
        kind="payment_answer",
        subject=f"batch:{batch.pk}",
        payload={"sha256": answer.digest, "status": answer.status, "stopped": stopped},
        business_date=on,
        at=at,
        by=by,
    )
