"""A financing at the desk: how it stands, what was done to it, and doing something to it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_stubs_ext import StrPromise

from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.portal.acts import HINTS, ActForm, hint_for, kinds_for
from apps.portal.changes import accrues_today, change_table, rewritten_table
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.events import EVENTS, event_table
from apps.portal.financings import late_line, near_breach_line
from apps.portal.forms import DayWithinForm
from apps.portal.instalments import due_table, schedule_of
from apps.portal.movements import known_figures, movement_table, retelling_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.portal.quotes import quote_of, status_of
from apps.repayment.changes import Change
from apps.repayment.events import approve, perform, preview, preview_approval, refuse
from apps.repayment.history import retellings
from apps.repayment.life import Refused
from apps.repayment.models import NEEDS_TWO, Event
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

MOVEMENTS_SHOWN = 30
REFUSED = 422
DECIDED = {"approve": "done", "refuse": "refused"}
TOLD: Mapping[str, StrPromise] = {
    "done": gettext_lazy("Done. It stands in the history of %(number)s."),
    "proposed": gettext_lazy(
        "Proposed for %(number)s. Nothing has changed yet: another person approves or refuses it."
    ),
    "refused": gettext_lazy("Refused. Nothing was changed on %(number)s."),
}
TOLD_LATE: Mapping[str, StrPromise] = {
    "done": gettext_lazy("It had been approved already. Nothing more was done now; it stands in the history."),
    "refused": gettext_lazy("It had been refused already. Nothing was done; it stands in the history."),
}


def _found(financing_id: int) -> Financing:
    return get_object_or_404(Financing.objects.select_related("seller", "version__product__pool"), pk=financing_id)


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def financing(request: SignedIn, financing_id: int) -> HttpResponse:
    """One financing: what is owed, what was done and why, every movement."""
    found, today = _found(financing_id), shown_date(timezone.now())
    quote = quote_of(found, request.GET, today)
    events = list(found.events.select_related("reverses").order_by("-number"))
    page = page_of(found.movements.all(), request.GET, key=BY_NUMBER, size=MOVEMENTS_SHOWN)
    entries = dict(Entry.objects.filter(key__in={one.entry_key for one in page.rows}).values_list("key", "pk"))
    names = names_of(name for one in events for name in (one.by, one.approved_by))
    return render(
        request,
        "desk/financing.html",
        {
            "section": "sellers",
            "financing": found,
            "events": event_table(events, found.currency, names),
            "proposed": [(EVENTS[one.kind], one) for one in events if one.state == "proposed"],
            "late": late_line(found),
            "near": near_breach_line(found),
            "follows": found.follows or found.refills,
            "followed_by": Financing.objects.filter(Q(follows=found) | Q(refills=found)).first(),
            "demands": due_table(found),
            "movements": movement_table(page.rows, found.currency, entries),
            "page": page,
            "retold": retelling_table(retellings(found)[::-1], found.currency),
            "kinds": kinds_for(found, today),
            "charges": found.interest + found.fee + found.penalty,
            "quote": quote,
            "today": today,
        },
        status=status_of(quote, request),
    )


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def known(request: SignedIn, financing_id: int) -> HttpResponse:
    """The financing as the books knew it at the end of a day, as it is told today, and what made the difference."""
    found = _found(financing_id)
    today = shown_date(timezone.now())
    form = DayWithinForm(request.GET, earliest=current_platform().opened_on, latest=today, shown=today)
    day = form.cleaned_data["on"] if form.is_valid() else today
    page = {"section": "sellers", "financing": found, "form": form, "day": day, **known_figures(found, day)}
    return render(request, "desk/known.html", page, status=REFUSED if form.is_refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF)
@come_back_later
def act(request: SignedIn, financing_id: int, kind: str) -> HttpResponseBase:
    """Say what is to be done; see what it would change; do it. A page that has gone stale shows the change anew."""
    found = _found(financing_id)
    if kind not in HINTS:
        raise Http404
    form = ActForm(request.POST or None, kind=kind, financing=found, asked=request.GET)
    page = {
        "section": "sellers",
        "financing": found,
        "form": form,
        "name": EVENTS[kind],
        "hint": hint_for(kind, found),
        "needs_two": kind in NEEDS_TWO,
    }
    if not form.is_valid():
        return render(request, "desk/act.html", page, status=REFUSED if form.is_bound else 200)
    now = timezone.now()
    asked, by = form.act(), request.user.actor
    try:
        if "do" in request.POST:
            event = perform(
                financing_id=found.pk, act=asked, key=form.cleaned_data["key"], asked_on=shown_date(now),
                shown=request.POST["do"], at=now, by=by,
            )  # fmt: skip
            messages.success(request, TOLD[event.state] % {"number": found.number})
            return redirect("desk:financing", found.pk)
        change = preview(financing_id=found.pk, act=asked, asked_on=shown_date(now), at=now, by=by)
    except Refused as refusal:
        return render(request, "desk/act.html", {**page, "refusal": str(refusal)}, status=REFUSED)
    return render(request, "desk/act.html", {**page, **_laid_out(change)})


def _laid_out(change: Change) -> dict[str, Any]:
    """What `desk/change.html` shows of a change that is planned."""
    return {
        "change": change_table(change),
        "days": rewritten_table(change),
        "schedule": schedule_of(change),
        "rewrites": change.rewrites_history,
        "accrues": accrues_today(change),
        "fingerprint": change.fingerprint,
    }


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def proposal(request: SignedIn, event_id: int) -> HttpResponseBase:
    """What one person proposed: what approving it would change now, for the second person to decide."""
    event = get_object_or_404(Event, pk=event_id)
    if event.state != "proposed":
        messages.info(request, TOLD_LATE[event.state])
        return redirect("desk:financing", event.financing_id)
    return _proposal(request, event)


def _proposal(request: SignedIn, event: Event, refusal: str = "") -> HttpResponse:
    found = _found(event.financing_id)
    since = found.events.filter(number__gt=event.number, state="done").select_related("reverses").order_by("-number")
    names = names_of([event.by, *(name for one in since for name in (one.by, one.approved_by))])
    page = {
        "section": "sellers",
        "financing": found,
        "event": event,
        "name": EVENTS[event.kind],
        "proposer": names[event.by],
        "is_own": event.by == request.user.actor,
        "since": event_table(since, found.currency, names, caption=_("What was done since")),
        "refusal": refusal,
    }
    try:
        page |= _laid_out(preview_approval(event_id=event.pk, asked_on=shown_date(timezone.now())))
    except Refused as impossible:
        page["impossible"] = str(impossible)
    return render(request, "desk/proposal.html", page, status=REFUSED if refusal else 200)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def decide(request: SignedIn, event_id: int, verdict: str) -> HttpResponseBase:
    """Approve or refuse, as the second person, what another one proposed. Nobody approves what they were not shown."""
    event = get_object_or_404(Event, pk=event_id)
    if verdict not in DECIDED:
        raise Http404
    now, by, shown = timezone.now(), request.user.actor, request.POST.get("do", "")
    if verdict == "approve" and event.state == "proposed" and not shown:
        return _proposal(request, event, _("Look first at what it changes; then approve it here."))
    try:
        if verdict == "approve":
            event = approve(event_id=event.pk, asked_on=shown_date(now), shown=shown, at=now, by=by)
        else:
            event = refuse(event_id=event.pk, reason=_("refused by a second person"), at=now, by=by)
    except Refused as refusal:
        return _proposal(request, event, str(refusal))
    if event.state == DECIDED[verdict]:
        messages.success(request, TOLD[event.state] % {"number": event.financing.number})
    else:
        messages.warning(request, TOLD_LATE[event.state])
    return redirect("desk:financing", event.financing_id)
