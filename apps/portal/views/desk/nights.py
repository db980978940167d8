"""The night on the desk: what it did, what is open, and the few things a clerk does about it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.banking.models import PaymentBatch
from apps.banking.services import ApprovalRefused, approve_and_send
from apps.ledger import chart
from apps.portal.doors import SignedIn, come_back_later
from apps.portal.formats import format_day
from apps.portal.nights import (
    CloseForm,
    break_table,
    forecast_table,
    night_table,
    refusal_words,
    set_aside_table,
    step_table,
    total_table,
)
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.portal.traces import postings_url, step_urls
from apps.reconciliation.letters import silent_night
from apps.reconciliation.models import NightlyRun, SetAside
from apps.reconciliation.report import night_report
from apps.reconciliation.rerunning import NotRerun
from apps.reconciliation.rerunning import rerun as do_again
from apps.reconciliation.services import CloseRefused, NightNotAsked, ask_for_night, close_run, due_nights
from apps.reconciliation.suggesting import forecast
from apps.reconciliation.trend import trends
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED, UNAVAILABLE = 422, 503
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def night(request: SignedIn) -> HttpResponse:
    """The latest night, whatever its state."""
    latest = NightlyRun.objects.order_by("-business_date").first()
    return _page(request, latest)


@require_safe
@for_roles(*DESK)
def run(request: SignedIn, day: date) -> HttpResponse:
    """The night of one business date."""
    return _page(request, get_object_or_404(NightlyRun, business_date=day))


@require_safe
@for_roles(*DESK)
def nights(request: SignedIn) -> HttpResponse:
    """All nights, the latest first."""
    page = page_of(NightlyRun.objects.all(), request.GET, key=BY_NUMBER)
    table = night_table(page.rows, names_of(one.closed_by for one in page.rows))
    return render(request, "desk/nights.html", {"section": "night", "table": table, "page": page})


@require_POST
@for_roles(Role.STAFF)
def run_due(request: SignedIn) -> HttpResponseBase:
    """Ask a worker to run the oldest night that is due."""
    try:
        day = ask_for_night(platform=current_platform(), at=timezone.now(), by=request.user.actor)
    except NightNotAsked as refusal:
        return _page(request, NightlyRun.objects.order_by("-business_date").first(), str(refusal), UNAVAILABLE)
    if day is None:
        messages.info(request, _("No night is due: the books are closed as far as they can be."))
    else:
        words = _("A worker was asked to run the night of %(day)s. It shows here as it goes on.")
        messages.success(request, words % {"day": format_day(day)})
    return redirect("desk:night")


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def rerun(request: SignedIn, set_aside_id: int) -> HttpResponseBase:
    """Do the work of a seller who was set aside again."""
    found = get_object_or_404(SetAside.objects.select_related("run"), pk=set_aside_id)
    try:
        do_again(set_aside_id=found.pk, platform=current_platform(), at=timezone.now(), by=request.user.actor)
    except NotRerun as refusal:
        return _page(request, found.run, str(refusal), REFUSED)
    return redirect("desk:run", found.run.business_date)


@require_safe
@for_roles(*DESK)
def tonight(request: SignedIn) -> HttpResponse:
    """The breaks that tonight would find if nothing more came in."""
    platform = current_platform()
    day = platform.business_date(timezone.now())
    seen = forecast(business_date=day, country=platform.country, currency=platform.currency)
    shown = {"section": "night", "day": day, "seen": seen, "currency": platform.currency, "table": forecast_table(seen)}
    return render(request, "desk/tonight.html", shown)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def close(request: SignedIn, day: date) -> HttpResponseBase:
    """Close the day in the clerk's name."""
    found = get_object_or_404(NightlyRun, business_date=day)
    try:
        reason = request.POST.get("reason", "")
        close_run(run_id=found.pk, reason=reason, at=timezone.now(), by=request.user.actor)
    except CloseRefused as refusal:
        return _page(request, found, str(refusal), REFUSED)
    return redirect("desk:run", day)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def approve(request: SignedIn, batch_id: int) -> HttpResponseBase:
    """Approve the night's payouts as the second person, and send them to the bank."""
    batch = get_object_or_404(PaymentBatch, pk=batch_id)
    if batch.is_withdrawal:
        raise Http404
    try:
        approve_and_send(batch_id=batch.pk, at=timezone.now(), by=request.user.actor)
    except ApprovalRefused as refusal:
        return _page(request, _night_of(batch), str(refusal), REFUSED)
    return redirect("desk:run", batch.business_date)


def _night_of(batch: PaymentBatch) -> NightlyRun:
    found = NightlyRun.objects.filter(business_date=batch.business_date).first()
    if found is None:
        raise Http404("This batch belongs to no night.")
    return found


def _page(request: HttpRequest, found: NightlyRun | None, refusal: str = "", status: int = 200) -> HttpResponse:
    platform = current_platform()
    now = timezone.now()
    page: dict[str, Any] = {
        "section": "night",
        "platform": platform,
        "refusal": refusal,
        "due": due_nights(platform=platform, at=now),
        "today": platform.business_date(now),
        "silent": None if platform.nights_by_hand else silent_night(platform=platform, at=now),
    }
    if found is not None:
        page |= _figures(found, may_rerun=getattr(request.user, "role", "") == Role.STAFF)
    return render(request, "desk/night.html", page, status=status)


def _figures(found: NightlyRun, *, may_rerun: bool) -> dict[str, Any]:
    platform = current_platform()
    report = night_report(found)
    urls = step_urls(found.business_date, platform.currency, report.batch.pk if report.batch else None)
    names = names_of([found.closed_by, *(one.owner for one in report.breaks), *_batch_people(report.batch)])
    sellers = dict(Seller.objects.filter(pk__in={one.seller_id for one in report.set_aside}).values_list("pk", "name"))
    return {
        "run": found,
        "can_close": found.can("close"),
        "close_form": CloseForm() if found.can("close") and report.left else None,
        "report": report,
        "currency": platform.currency,
        "names": names,
        "closed_by": names.get(found.closed_by, ""),
        "approved_by": names.get(report.batch.approved_by, "") if report.batch else "",
        "steps": step_table(report.steps, platform.currency, trends(found), urls, running=found.state == "running"),
        "swept_url": urls["sweep"],
        "paid_out_url": postings_url(
            chart.PAYOUTS_IN_TRANSIT, platform.currency, found.business_date, found.business_date, "sales"
        ),
        "totals": total_table(report.totals, found.business_date),
        "breaks": break_table(report.breaks, names, _("Breaks")),
        "refused": refusal_words(report.refused) if report.refused else "",
        "set_aside": set_aside_table(report.set_aside, sellers, may_rerun=may_rerun),
    }


def _batch_people(batch: PaymentBatch | None) -> list[str]:
    return [batch.built_by, batch.approved_by] if batch else []
