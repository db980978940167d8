"""Settlement files of payment providers at the desk."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.orders.models import Settlement
from apps.orders.refusals import SettlementRefused
from apps.orders.services import import_settlement
from apps.portal.doors import SignedIn
from apps.portal.file_forms import UploadForm
from apps.portal.money_files import proceeds_table, rejected_table, settlement_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def settlements(request: SignedIn) -> HttpResponse:
    """The payouts that came, the latest first, and a form to hand in a file."""
    return _list(request, UploadForm())


@require_POST
@for_roles(Role.STAFF)
def take_in(request: SignedIn) -> HttpResponseBase:
    """Take in one file, whole or not at all."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=REFUSED)
    file = form.cleaned_data["file"]
    try:
        taken = import_settlement(source=file, name=file.name, at=timezone.now(), by=request.user.actor)
    except SettlementRefused as refusal:
        rejected = rejected_table(refusal.rejected)
        return _list(request, form, status=REFUSED, refusal=str(refusal), rejected=rejected)
    if taken.is_new:
        messages.success(request, _("The file was taken in."))
    else:
        messages.info(request, _("These very bytes came before: nothing is new."))
    return redirect("desk:settlements")


def _list(request: HttpRequest, form: UploadForm, status: int = 200, **more: Any) -> HttpResponse:
    page = page_of(Settlement.objects.select_related("file"), request.GET, key=BY_NUMBER)
    shown = {"section": "files", "form": form, "table": settlement_table(page.rows), "page": page, **more}
    return render(request, "desk/settlements.html", shown, status=status)


@require_safe
@for_roles(*DESK)
def settlement(request: SignedIn, settlement_id: int) -> HttpResponse:
    """One payout and its lines."""
    found = get_object_or_404(Settlement.objects.select_related("file"), pk=settlement_id)
    page = page_of(found.proceeds.select_related("seller", "order"), request.GET, key=BY_NUMBER)
    shown = {"section": "files", "settlement": found, "lines": proceeds_table(page.rows), "page": page}
    return render(request, "desk/settlement.html", shown)
