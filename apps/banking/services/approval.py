"""Payment batches: approved by a second person, then sent."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import PaymentBatch


class ApprovalRefused(ValueError):
    """This person may not approve this batch. Nothing was changed."""


def approve_and_send(*, batch_id: int, at: datetime, by: str) -> PaymentBatch:
    """Approve a built batch and hand it to the bank; one that was sent already stays as it is.

    Raises ApprovalRefused when `by` is who built it: four eyes see more than two; and when the bank has booked one of
    its payments already, which would be paid twice.
    """
    with transaction.atomic():
        batch = PaymentBatch.objects.select_for_update().get(pk=batch_id)
        if batch.state != "built":
            return batch
        if batch.built_by == by:
            raise ApprovalRefused("Whoever built a batch cannot approve it. Ask a colleague.")
        if paid := batch.instructions.exclude(confirmed_on=None).order_by("pk").first():
            raise ApprovalRefused(
                _("The bank booked %(payment)s on %(day)s already, so this batch would pay it twice. It was not sent.")
                % {"payment": paid.reference, "day": paid.confirmed_on}
            )
        batch.move("approve", at=at, by=by, approved_by=by)
        batch.move("send", at=at, by=by)
        return batch
