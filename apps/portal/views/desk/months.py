"""The end of a month at the desk: proved, exported, fetched."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.portal.doors import SignedIn
from apps.portal.formats import format_month
from apps.portal.months import month_table, proof_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.reconciliation.models import MonthEnd
from apps.reconciliation.months import MonthRefused, ask_for_month_end, closed_months, last_day, proofs
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED, GONE = 422, 410
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def months(request: SignedIn) -> HttpResponse:
    """One month's proof, the latest closed one unless another is asked for; below, what was made for auditors."""
    return _page(request, request.GET.get("month", ""))


def _page(request: HttpRequest, asked: str, refusal: str = "", status: int = 200) -> HttpResponse:
    platform = current_platform()
    known = list(closed_months(platform))
    month = _month(asked) if asked else next(iter(known), None)
    page = page_of(MonthEnd.objects.all(), request.GET, key=BY_NUMBER)
    shown: dict[str, Any] = {
        "section": "books",
        "refusal": refusal,
        "choices": [(f"{one:%Y-%m}", format_month(one)) for one in known],
        "page": page,
        "table": month_table(page.rows, names_of(one.asked_by for one in page.rows)),
        "under_way": any(one.made_at is None and not one.error for one in page.rows),
    }
    if month in known:
        last = last_day(month)
        found = proofs(last, platform.currency)
        shown |= {
            "month": month,
            "name": format_month(month),
            "chosen": f"{month:%Y-%m}",
            "last": last,
            "made": next((one for one in MonthEnd.objects.filter(month=month) if one.made_at), None),
            "proved": not any(one.difference for one in found),
            "proof": proof_table(found, month, last),
        }
    return render(request, "desk/months.html", shown, status=status)


def _month(text: str) -> date:
    """The first day of a month written as 2026-03. Raises Http404 for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month, no instant
    except ValueError as error:
        raise Http404(f"{text!r} is no month.") from error


@require_POST
@for_roles(Role.STAFF)
def make(request: SignedIn) -> HttpResponseBase:
    """Have the export of a month made by a worker."""
    asked = request.POST.get("month", "")
    try:
        row = ask_for_month_end(
            platform=current_platform(), month=_month(asked), at=timezone.now(), by=request.user.actor
        )
    except MonthRefused as refusal:
        return _page(request, "", str(refusal), REFUSED)
    if row.made_at is None:
        messages.success(request, _("A worker was asked. The file stands here when it is made."))
    return redirect(f"{reverse('desk:months')}?month={asked}")


@require_safe
@for_roles(*DESK)
def fetch(request: SignedIn, month_end_id: int) -> HttpResponseBase:
    """The zip that was made for a month."""
    found = get_object_or_404(MonthEnd.objects.exclude(made_at=None), pk=month_end_id)
    if not default_storage.exists(found.stored_as):
        gone = _("The file is not in the platform's storage any more; make it again with manage.py month_end.")
        return _page(request, "", gone, GONE)
    return FileResponse(default_storage.open(found.stored_as), as_attachment=True, filename=found.name)
