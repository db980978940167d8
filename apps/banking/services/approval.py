"""Payment batches: approved by a second person, then sent."""

from datetime import datetime

from django.db import transaction

from apps.banking.models import PaymentBatch


class ApprovalRefused(ValueError):
    """This person may not approve this batch. Nothing was changed."""


def approve_and_send(*, batch_id: int, at: datetime, by: str) -> PaymentBatch:
    """Approve a built batch and hand it to the bank; one that was sent already stays as it is.

    Raises ApprovalRefused when `by` is who built it: four eyes see more than two.
    """
    with transaction.atomic():
        batch = PaymentBatch.objects.select_for_update().get(pk=batch_id)
        if batch.state != "built":
            return batch
        if batch.built_by == by:
            raise ApprovalRefused("Whoever built a batch cannot approve it. Ask a colleague.")
        batch.move("approve", at=at, by=by, approved_by=by)
        batch.move("send", at=at, by=by)
        return batch
