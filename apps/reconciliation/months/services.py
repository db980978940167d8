"""Asking for the end of a month, and making it: once, provably, the same bytes each time."""

import hashlib
import tempfile
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import structlog
from celery import current_app
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError

from apps.core.dates import DAY
from apps.evidence.services import record
from apps.ledger.calendar import booking_date
from apps.ledger.models import Books
from apps.reconciliation.models import MonthEnd
from apps.reconciliation.months.package import write_package
from apps.reconciliation.months.sheets import sheets_of
from apps.tenants.models import Platform


class MonthRefused(ValueError):
    """The end of this month cannot be made; the message says why. Nothing was changed."""


def last_day(month: date) -> date:
    """The last business date of the month that begins with `month`."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def closed_months(platform: Platform) -> Iterator[date]:
    """The first days of the months whose every business date is closed, the latest first."""
    books = Books.objects.filter(id=1).first()
    if books is None:
        return
    month = (books.closed_through + DAY).replace(day=1)
    while month > platform.opened_on.replace(day=1):
        month = (month - DAY).replace(day=1)
        yield month


def ask_for_month_end(*, platform: Platform, month: date, at: datetime, by: str) -> MonthEnd:
    """Ask a worker for the export of the month that begins with `month`; what is made already stays as it is.

    Raises MonthRefused while a date of the month is open, or when no worker can be asked.
    """
    _must_be_closed(platform, month)
    row, _made = MonthEnd.objects.get_or_create(month=month, defaults={"asked_by": by, "asked_at": at})
    if row.made_at is None:
        MonthEnd.objects.filter(pk=row.pk).update(error="", progress=0)
        try:
            current_app.send_task(
                "reconciliation.make_month_end",
                kwargs={"platform": platform.schema_name, "month": month.isoformat(), "by": by},
                retry=False,
            )
        except BrokerError as error:
            raise MonthRefused(_("The queue cannot be reached, so no worker was asked. Ask again later.")) from error
    return row


def _must_be_closed(platform: Platform, month: date) -> None:
    if month not in closed_months(platform):
        raise MonthRefused(
            _("%(month)s is not over: each of its nights must have closed its day first. Nothing was made.")
            % {"month": f"{month:%Y-%m}"}
        )


def make_month_end(*, platform: Platform, month: date, at: datetime, by: str) -> MonthEnd:
    """Make the export of the month that begins with `month`, store it, and record its hashes in the evidence log.

    Made again, it must come to the same bytes: then nothing is new. Raises MonthRefused while a date of the month is
    open, or when the bytes differ from those recorded; that is kept on the row too.
    """
    _must_be_closed(platform, month)
    row, _made = MonthEnd.objects.get_or_create(month=month, defaults={"asked_by": by, "asked_at": at})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / row.name
        hashes = write_package(
            path,
            sheets=sheets_of(month, last_day(month), platform.currency),
            title=platform.schema_name,
            first=month,
            last=last_day(month),
            told=lambda share: _tell(row, share),
        )
        return _keep(row, platform, path, hashes, at, by)


def _tell(row: MonthEnd, share: int) -> None:
    MonthEnd.objects.filter(pk=row.pk, made_at=None).update(progress=share)


def _keep(row: MonthEnd, platform: Platform, path: Path, hashes: dict[str, str], at: datetime, by: str) -> MonthEnd:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with transaction.atomic():
        on = booking_date(platform.business_date(at))
        found = MonthEnd.objects.select_for_update().get(pk=row.pk)
        if found.made_at is not None:
            if found.sha256 != digest:
                raise MonthRefused(
                    _("Made again, %(month)s comes to other bytes than were recorded: rows of a closed month were "
                      "changed. What was recorded is kept; run verify_books and verify_evidence.")
                    % {"month": str(found)}
                )  # fmt: skip
            _store(found, path)
            return found
        found.made_at, found.sha256, found.size = at, digest, path.stat().st_size
        found.error, found.progress = "", 100
        _store(found, path)
        found.save()
        payload = {"sha256": digest, "files": hashes, "through": last_day(found.month)}
        record(kind="month_end", subject=f"month:{found}", payload=payload, business_date=on, at=at, by=by)
    structlog.get_logger().info("month end made", month=str(found), sha256=digest, by=by)
    return found


def _store(row: MonthEnd, path: Path) -> None:
    """Keep the zip under its name, unless it is there."""
    if not default_storage.exists(row.stored_as):
        with path.open("rb") as file:
            default_storage.save(row.stored_as, File(file))
