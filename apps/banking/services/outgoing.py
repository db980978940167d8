"""A batch as the file that the bank takes, and what becomes of batches when their payments are booked or fail."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount, Instruction, PaymentBatch
from apps.banking.payments import pain001
from apps.banking.payments.pain001 import Debit, NotPayable, Order, Party, Payment
from apps.banking.refusals import PaymentFileRefused
from apps.core.dates import add_business_days
from apps.core.models import Transition
from apps.tenants.models import Platform
from apps.tenants.services import current_platform

OWN_SCRIPT = ("CN",)  # countries whose banks read names in their own script


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A pain.001 and the name to save it by."""

    name: str
    content: bytes


def payment_file(*, batch_id: int, version: str) -> PaymentFile:
    """The batch as pain.001.001.`version` ("03" or "09"): the same batch and version, the same bytes.

    It is dated with the moment of its approval and asks for the business day after the batch's own date. Raises
    PaymentFileRefused for a batch that nobody approved, without payments, or that a bank would refuse;
    PaymentBatch.DoesNotExist.
    """
    batch = PaymentBatch.objects.get(pk=batch_id)
    approval = Transition.of(batch).filter(verb="approve").first()
    if batch.state == "built" or approval is None:
        raise PaymentFileRefused(_("A second person has to approve this batch before the bank may have it."))
    if version not in pain001.VERSIONS:
        raise PaymentFileRefused(_("The bank's file comes in the versions 03 and 09."))
    platform = current_platform()
    try:
        order = Order(
            message_id=batch.message_id,
            created_at=approval.at,
            executes_on=add_business_days(batch.business_date, 1, platform.country),
            initiator=platform.name,
            currency=batch.currency,
            debits=_debits(batch, platform),
            is_latin=platform.country not in OWN_SCRIPT,
        )
        content = pain001.written(order, version)
    except NotPayable as error:
        raise PaymentFileRefused(str(error)) from error
    return PaymentFile(f"{batch.message_id}.pain.001.001.{version}.xml", content)


def _debits(batch: PaymentBatch, platform: Platform) -> tuple[Debit, ...]:
    payments: defaultdict[str, list[Payment]] = defaultdict(list)
    for one in batch.instructions.select_related("to_account").order_by("pk"):
        to = one.to_account or _own_account("funding", batch.currency)
        payments[one.from_purpose].append(
            Payment(one.reference, one.amount, _party(to), f"{platform.name} {one.reference}")
        )
    return tuple(
        Debit(_party(_own_account(purpose, batch.currency)), tuple(payments[purpose])) for purpose in sorted(payments)
    )


def _own_account(purpose: str, currency: str) -> BankAccount:
    found = list(BankAccount.objects.filter(purpose=purpose, currency=currency)[:2])
    if len(found) != 1:
        raise PaymentFileRefused(
            _("There are %(number)s %(purpose)s accounts in %(currency)s where the file needs one. Add it first.")
            % {"number": len(found), "purpose": purpose, "currency": currency}
        )
    return found[0]


def _party(account: BankAccount) -> Party:
    return Party(account.holder, account.number, account.bic)


def move_batches(*, instruction_ids: Collection[int], at: datetime, by: str) -> int:
    """Settle, reject or return those batches of these payments that wait for none any more; returns how many.

    A batch of which anything was paid for good is settled; one of which nothing was is rejected when the bank booked
    none of it, and returned when it booked and gave back. A payment that is booked was accepted, told or not.
    """
    waiting = Instruction.objects.unconfirmed().filter(batch=OuterRef("pk"))
    batches = (
        PaymentBatch.objects.filter(instructions__in=instruction_ids, state__in=["sent", "accepted", "settled"])
        .exclude(Exists(waiting))
        .order_by("pk")
        .distinct()
    )
    moved = 0
    for batch in batches:
        sums = batch.instructions.aggregate(
            paid=Count("pk", filter=Q(failed_on=None)),
            booked=Count("pk", filter=Q(confirmed_on__isnull=False)),
        )
        verb = "settle" if sums["paid"] else "give_back" if sums["booked"] else "reject"
        if batch.state == "sent" and verb != "reject":
            batch.move("accept", at=at, by=by, reason="the bank booked it")
        if batch.can(verb):
            batch.move(verb, at=at, by=by)
            moved += 1
    return moved
