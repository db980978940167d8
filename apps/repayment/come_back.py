"""Disbursements that the bank booked and then gave back: the seller never had the money, and never owed it."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import Instruction
from apps.banking.services import move_batches
from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.repayment.changes import apply, plan
from apps.repayment.events.grounds import no_refill_waits
from apps.repayment.hold import hold
from apps.repayment.life import RETURNED, Refused
from apps.repayment.models import Event
from apps.repayment.payouts import NO_REASON, doubt_account, fail
from apps.sellers.services.messages import Notice, tell

RUNS_OR_DID = ("active", "repaid", "overpaid")


def take_back(*, instruction: Instruction, reason: str, asked_on: date, at: datetime, by: str) -> Entry:
    """The whole amount of `instruction`, a disbursement that the bank had booked, is in the funding account again.

    The financing's life is told anew as if nothing had been paid out: principal goes back to the pool, the fee and all
    interest and penalty since are undone, what sales or the seller paid meanwhile is owed to the seller. The financing
    and its offer are cancelled, the contract is terminated, orders are free at once, goods in pledge with the next
    night. Booked on the business date that is open at `asked_on`; answers the entry.

    Raises Refused, with a sentence, where the financing stands in a way that people have to put right first;
    SellerBusy when someone else is at work on the seller. Then nothing was changed.
    """
    with transaction.atomic():
        financing, on = hold(financing_id=instruction.subject_id, asked_on=asked_on, at=at, by=by)
        _must_fit(financing, instruction)
        told = reason[:140] or NO_REASON
        change = plan(financing, _event(financing, RETURNED, financing.amount, told, on, at, by))
        if change.after.owed.total:
            raise Refused(_("Something was charged on %(number)s since. Waive it first, then take the money back.")
                          % {"number": financing.number})  # fmt: skip
        event = apply(change, at=at, by=by)
        given_back = financing.overpaid
        if given_back:
            apply(plan(financing, _event(financing, "refund", given_back, told, on, at, by)), at=at, by=by)
        fail(instruction, told, on)
        doubt_account(instruction, told, on, at, by)
        move_batches(instruction_ids=[instruction.pk], at=at, by=by)
        facts = {
            "words": "came_back", "number": financing.number, "amount": str(financing.amount),
            "given_back": str(given_back), "currency": financing.currency,
        }  # fmt: skip
        notice = Notice(
            financing.seller_id, "paid_out", f"came_back:{financing.pk}", f"financing:{financing.pk}", facts
        )  # fmt: skip
        tell(notices=[notice], business_date=on, at=at)
        return Entry.objects.get(key=f"event:{financing.pk}:{event.number}")


def _must_fit(financing: Financing, instruction: Instruction) -> None:
    no_refill_waits(financing)
    if financing.state not in RUNS_OR_DID or instruction.confirmed_on is None or instruction.failed_on is not None:
        raise Refused(_("%(number)s does not run, so this cannot be done.") % {"number": financing.number})
    if financing.refills_id is not None or instruction.amount != financing.amount:
        raise Refused(
            _("Part of %(number)s paid off the financing before it, and that part is still lent. Nothing was changed.")
            % {"number": financing.number}
        )


def _event(financing: Financing, kind: str, amount: Decimal, reason: str, on: date, at: datetime, by: str) -> Event:
    last = Event.objects.filter(financing=financing).order_by("-number").first()
    return Event(
        financing=financing, number=last.number + 1 if last else 1, kind=kind, key=f"{kind}:come_back", amount=amount,
        effective_on=(financing.disbursed_on or on) if kind == RETURNED else on, business_date=on, reason=reason, by=by,
        at=at, state="done",
    )  # fmt: skip
