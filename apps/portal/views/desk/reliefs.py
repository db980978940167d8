"""Relief that sellers ask for beyond the policy: each with what it would change, granted or refused by a person."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.money import ZERO
from apps.ledger.calendar import open_date
from apps.portal.changes import change_table
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.hardship import WHY, wish_text
from apps.portal.instalments import schedule_of
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.tables import Column, Day, State, Table, Text
from apps.repayment.events import preview
from apps.repayment.hardship import EXTENSION
from apps.repayment.life import Refused
from apps.repayment.models import ReliefRequest
from apps.repayment.prospects import choice_of
from apps.repayment.relief import act_of, grant_relief, refuse_relief
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422


class AnswerForm(forms.Form):
    """What the seller is told besides yes or no."""

    answer = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=300, required=False,
        help_text=gettext_lazy("The seller reads it. A refusal needs one."),
    )  # fmt: skip


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def reliefs(request: SignedIn) -> HttpResponseBase:
    """What waits for an answer, the longest first; below, what was answered."""
    requests = ReliefRequest.objects.select_related("financing__seller")
    waiting = _table(_("Waiting for an answer"), requests.filter(state="asked").order_by("pk"))
    page = page_of(requests.exclude(state="asked"), request.GET, key=BY_NUMBER)
    answered = _table(_("Answered"), page.rows)
    return render(request, "desk/reliefs.html", {"waiting": waiting, "answered": answered, "page": page})


def _table(caption: str, requests: Any) -> Table:
    rows = [
        (
            Text(
                one.financing.seller.name, note=one.financing.number, href=reverse("desk:relief", args=[one.pk])
            ),
            Day(one.asked_on),
            Day(one.answer_by),
            Text(wish_text(one.wish)),
            Text(", ".join(str(WHY[name]) for name in one.beyond_policy if name in WHY)),
            State("relief_request", one.state),
        )
        for one in requests
    ]  # fmt: skip
    columns = (
        Column(_("Seller")),
        Column(_("Asked on")),
        Column(_("Answer by")),
        Column(_("What is asked for")),
        Column(_("Why a person decides")),
        Column(_("State")),
    )
    return Table(caption, columns, rows, empty=_("Nothing here. What sellers ask for beyond the policy comes here."))


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF, Role.AUDITOR)
@come_back_later
def relief(request: SignedIn, request_id: int) -> HttpResponseBase:
    """One request: what granting it would change, and the answer."""
    found = get_object_or_404(
        ReliefRequest.objects.select_related("financing__seller", "financing__version__product"), pk=request_id
    )
    form, refusal = AnswerForm(request.POST or None), ""
    if request.method == "POST":
        if request.user.role != Role.STAFF:
            raise PermissionDenied
        try:
            if form.is_valid():
                _decide(request, found, form.cleaned_data["answer"])
                messages.success(request, _("Answered. The seller is told."))
                return redirect("desk:reliefs")
        except Refused as no:
            refusal = str(no)
    page = {"asked": found, "what": wish_text(found.wish),
            "why": [WHY[name] for name in found.beyond_policy if name in WHY], "form": form,
            "refusal": refusal, **_change(request, found)}  # fmt: skip
    return render(request, "desk/relief.html", page, status=REFUSED if request.method == "POST" else 200)


def _decide(request: SignedIn, found: ReliefRequest, answer: str) -> None:
    now, by = timezone.now(), request.user.actor
    if "grant" in request.POST:
        shown = request.POST["grant"]
        grant_relief(request_id=found.pk, answer=answer, shown=shown, asked_on=shown_date(now), at=now, by=by)
    else:
        refuse_relief(request_id=found.pk, answer=answer, on=shown_date(now), at=now, by=by)


def _change(request: SignedIn, found: ReliefRequest) -> dict[str, Any]:
    """What granting it would change if it were done now; nothing for a request that is answered."""
    if found.state != "asked":
        return {}
    now = timezone.now()
    today = shown_date(now)
    try:
        if found.kind == EXTENSION:
            later = choice_of(
                found.financing, found.wish, daily_sales=ZERO, asked_on=today, at=now, by=request.user.actor
            )
            return {"change": change_table(later.change), "fingerprint": later.change.fingerprint, "later": later}
        act = act_of(found.financing, found.wish, found.reason, open_date(today))
        change = preview(financing_id=found.financing_id, act=act, asked_on=today, at=now, by=request.user.actor)
    except Refused as no:
        return {"impossible": str(no)}
    return {"change": change_table(change), "fingerprint": change.fingerprint, "schedule": schedule_of(change)}
