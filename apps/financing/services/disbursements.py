"""Money on its way to sellers: disbursements in batches for the bank, and what becomes of one that the bank refuses."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from apps.banking.models import Instruction, PaymentBatch
from apps.banking.models.payments import BY_HAND
from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.models import FinancedOrder, Financing
from apps.financing.services.participations import give_back_reserve
from apps.sellers.services.messages import Notice, tell


def waiting_disbursements() -> QuerySet[Instruction]:
    """Disbursements that are in no batch and that the bank has not booked; none to an account that is frozen."""
    payable = Financing.objects.filter(state="pending", seller__payout_frozen=False).annotate(
        subject=Concat(Value("financing:"), Cast("pk", CharField()))
    )
    return Instruction.objects.unconfirmed().filter(
        kind=Instruction.Kind.DISBURSEMENT, batch=None, subject__in=payable.values("subject")
    )


def batch_disbursements(*, business_date: date, at: datetime, by: str) -> PaymentBatch | None:
    """Put all waiting disbursements into a batch that another person has to approve; None when none waits.

    Each disbursement is in one batch only, also when two people press at once.
    """
    with transaction.atomic():
        waiting = list(waiting_disbursements().select_for_update().order_by("pk"))
        if not waiting:
            return None
        begins = f"{BY_HAND}{business_date}:"
        batch = PaymentBatch.objects.create(
            key=f"{begins}{PaymentBatch.objects.filter(key__startswith=begins).count() + 1}",
            business_date=business_date,
            currency=waiting[0].currency,
            number_of_payments=len(waiting),
            total=sum((one.amount for one in waiting), ZERO),
            built_by=by,
        )
        Instruction.objects.filter(pk__in=[one.pk for one in waiting]).update(batch=batch)
        log_birth([batch], at=at, by=by)
        return batch


def cancel_undisbursed(*, financing_id: int, reason: str, on: date, at: datetime, by: str) -> Financing:
    """The bank does not pay `financing` out: it never begins to run, and the seller may take a new offer.

    Its contract is terminated, its offer cancelled; what it reserved of the pool and the orders it was secured by are
    free again on business date `on`, goods in pledge by the next night. The caller holds the seller. One that is
    cancelled already stays as it is. Raises TransitionNotAllowed for one that was paid out.
    """
    with transaction.atomic():
        financing = Financing.objects.select_for_update(of=("self",)).get(pk=financing_id)
        if financing.state == "cancelled":
            return financing
        financing.move("cancel", at=at, by=by, reason=reason)
        financing.contract.move("terminate", at=at, by=by, reason=reason)
        financing.offer.move("cancel", at=at, by=by, reason=reason)
        FinancedOrder.objects.filter(financing=financing, released_on=None).update(released_on=on)
        give_back_reserve(financing)
        subject = f"financing:{financing.pk}"
        payload = {"number": financing.number, "amount": financing.amount, "currency": financing.currency}
        record(kind="disbursement_refused", subject=subject, payload=payload, business_date=on, at=at, by=by)
        facts = {
            "words": "not_paid_out", "number": financing.number, "amount": str(financing.amount),
            "currency": financing.currency,
        }  # fmt: skip
        notice = Notice(financing.seller_id, "paid_out", f"not_paid_out:{financing.pk}", subject, facts)
        tell(notices=[notice], business_date=on, at=at)
        return financing
