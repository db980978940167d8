"""Setting how much people may approve alone."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.money import is_payable
from apps.evidence.services import record
from apps.financing.models import ApprovalLimit
from apps.financing.models.mandate import DECIDING_ROLES
from apps.financing.refusals import RequestRefused
from apps.ledger.calendar import booking_date
from apps.tenants.services import current_platform


def check_approval_limit(limit: ApprovalLimit) -> None:
    """Raises RequestRefused with the reason when `limit` cannot be set like this."""
    if limit.person is not None and limit.person.role not in DECIDING_ROLES:
        raise RequestRefused(_("This person does not decide on applications, so a limit would mean nothing."))
    if not is_payable(limit.most, current_platform().currency):
        raise RequestRefused(_("Please enter an amount without smaller parts than the currency has."))


def set_approval_limit(*, limit: ApprovalLimit, at: datetime, by: str) -> ApprovalLimit:
    """Set how much a role or a person may approve alone, in the platform's currency; what it was stays on the evidence
    log. Set again alike, nothing changes. Raises RequestRefused when `limit` does not hold together."""
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        check_approval_limit(limit)
        stored = ApprovalLimit.objects.select_for_update().filter(pk=limit.pk).first()
        before = _facts(stored) if stored else {}
        if before == _facts(limit):
            return limit
        limit.because, limit.set_by, limit.set_at = limit.because.strip(), by, at
        try:
            limit.full_clean()
        except ValidationError as error:
            raise RequestRefused(" ".join(error.messages)) from error
        limit.save()
        record(
            kind="approval_limit_set",
            subject=f"approval_limit:{limit.pk}",
            payload={"before": before, "after": _facts(limit), "because": limit.because},
            business_date=today,
            at=at,
            by=by,
        )
        return limit


def _facts(limit: ApprovalLimit) -> dict[str, Any]:
    return {
        "role": limit.role,
        "person": limit.person.actor if limit.person else "",
        "most": format(limit.most.normalize(), "f"),
    }
