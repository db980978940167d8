"""What a clerk does with a night: have it run now, and close the day with a name."""

from dataclasses import asdict
from datetime import date, datetime

import structlog
from celery import current_app
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from apps.evidence.services import record
from apps.ledger.calendar import booking_date
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.night import missing_dates
from apps.reconciliation.report import open_items
from apps.tenants.models import Platform
from apps.tenants.services import current_platform


class CloseRefused(ValueError):
    """The day cannot be closed yet. Nothing was changed."""


class NightNotAsked(RuntimeError):
    """No worker could be asked to run the night. Nothing was changed."""


def due_nights(*, platform: Platform, at: datetime) -> list[date]:
    """The business dates whose cut-off has passed at instant `at` and whose books are not closed, oldest first."""
    return missing_dates(platform=platform, through=platform.last_due_date(at))


def ask_for_night(*, platform: Platform, at: datetime, by: str) -> date | None:
    """Ask a worker to run the oldest night that is due at `at`, and answer its date; None when none is due.

    Asked twice, two workers share the night. Raises NightNotAsked when the queue cannot be reached.
    """
    day = next(iter(due_nights(platform=platform, at=at)), None)
    if day is None:
        return None
    try:
        current_app.send_task(
            "reconciliation.run_night",
            kwargs={"platform": platform.schema_name, "business_date": day.isoformat()},
            retry=False,
        )
    except BrokerError as error:
        raise NightNotAsked(
            _("The queue cannot be reached, so no worker was asked. The night also starts by itself once it is back.")
        ) from error
    structlog.get_logger().info("night asked for", business_date=day.isoformat(), by=by)
    return day


def close_run(*, run_id: int, reason: str = "", at: datetime, by: str) -> NightlyRun:
    """Close the day of a night that is over, in the name of `by`; a day that is closed keeps its name.

    What is open is accepted as open by a `reason`, and both go to the evidence log. Raises CloseRefused while the
    night has not come to its end, or when something is open and no reason is given; NightlyRun.DoesNotExist when there
    is no such night.
    """
    with transaction.atomic():
        on = booking_date(current_platform().business_date(at))
        run = NightlyRun.objects.select_for_update().get(pk=run_id)
        if run.state == "closed":
            return run
        if not run.can("close"):
            raise CloseRefused(_("This night is not over yet, so its day cannot be closed. Nothing was changed."))
        left = open_items(run)
        if left and not reason.strip():
            raise CloseRefused(
                _("Something is still open. Say why the day may be closed with it; nothing was changed.")
            )
        run.move("close", at=at, by=by, reason=reason.strip()[:300], closed_by=by)
        payload = {**asdict(left), "reason": reason.strip()[:300]}
        record(kind="day_signed_off", subject=f"night:{run}", payload=payload, business_date=on, at=at, by=by)
        return run
