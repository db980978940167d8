"""A financing at the desk: how it stands, what was done to it, and doing something to it."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.portal.acts import HINTS, ActForm, change_table, hint_for, kinds_for, rewritten_table
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.financings import EVENTS, event_table, near_breach_line
from apps.portal.forms import OnDayForm
from apps.portal.instalments import due_table, schedule_of
from apps.portal.movements import known_figures, movement_table, retelling_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.repayment.events import approve, perform, preview, refuse
from apps.repayment.history import retellings
from apps.repayment.life import Refused
from apps.repayment.models import Event
from apps.users.access import for_roles
from apps.users.models import Role

MOVEMENTS_SHOWN = 30
REFUSED = 422


def _found(financing_id: int) -> Financing:
    return get_object_or_404(Financing.objects.select_related("seller", "version__product__pool"), pk=financing_id)


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def financing(request: SignedIn, financing_id: int) -> HttpResponse:
    """One financing: what is owed, what was done and why, every movement."""
    return _page(request, _found(financing_id))


def _page(request: HttpRequest, found: Financing, refusal: str = "", status: int = 200) -> HttpResponse:
    events = list(found.events.order_by("-number"))
    page = page_of(found.movements.all(), request.GET, key=BY_NUMBER, size=MOVEMENTS_SHOWN)
    entries = dict(Entry.objects.filter(key__in={one.entry_key for one in page.rows}).values_list("key", "pk"))
    names = names_of(name for one in events for name in (one.by, one.approved_by))
    return render(
        request,
        "desk/financing.html",
        {
            "section": "sellers",
            "financing": found,
            "refusal": refusal,
            "events": event_table(events, found.currency, names),
            "proposed": [(EVENTS[one.kind], one) for one in events if one.state == "proposed"],
            "near": near_breach_line(found),
            "follows": found.follows or found.refills,
            "followed_by": Financing.objects.filter(Q(follows=found) | Q(refills=found)).first(),
            "demands": due_table(found),
            "movements": movement_table(page.rows, found.currency, entries),
            "page": page,
            "retold": retelling_table(retellings(found)[::-1], found.currency),
            "kinds": kinds_for(found),
            "charges": found.interest + found.fee + found.penalty,
        },
        status=status,
    )


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def known(request: SignedIn, financing_id: int) -> HttpResponse:
    """The financing as the books knew it at the end of a day, as it is told today, and what made the difference."""
    found = _found(financing_id)
    today = shown_date(timezone.now())
    form = OnDayForm(request.GET if "on" in request.GET else None, initial={"on": today})
    day = form.cleaned_data["on"] if form.is_valid() else today
    page = {"section": "sellers", "financing": found, "form": form, "day": day, **known_figures(found, day)}
    return render(request, "desk/known.html", page, status=REFUSED if form.is_bound and not form.is_valid() else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF)
@come_back_later
def act(request: SignedIn, financing_id: int, kind: str) -> HttpResponseBase:
    """Say what is to be done; see what it would change; do it. A page that has gone stale shows the change anew."""
    found = _found(financing_id)
    if kind not in HINTS:
        raise Http404
    form = ActForm(request.POST or None, kind=kind, financing=found)
    page = {"section": "sellers", "financing": found, "form": form, "name": EVENTS[kind], "hint": hint_for(kind, found)}
    if not form.is_valid():
        return render(request, "desk/act.html", page, status=REFUSED if form.is_bound else 200)
    now = timezone.now()
    asked, by = form.act(), request.user.actor
    try:
        if "do" in request.POST:
            perform(
                financing_id=found.pk, act=asked, key=form.cleaned_data["key"], asked_on=shown_date(now),
                shown=request.POST["do"], at=now, by=by,
            )  # fmt: skip
            messages.success(request, _("Done. It stands in the history of %(number)s.") % {"number": found.number})
            return redirect("desk:financing", found.pk)
        change = preview(financing_id=found.pk, act=asked, asked_on=shown_date(now), at=now, by=by)
    except Refused as refusal:
        return render(request, "desk/act.html", {**page, "refusal": str(refusal)}, status=REFUSED)
    shown = {"change": change_table(change), "days": rewritten_table(change), "fingerprint": change.fingerprint,
             "schedule": schedule_of(change)}  # fmt: skip
    return render(request, "desk/act.html", {**page, **shown, "rewrites": change.rewrites_history})


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def decide(request: SignedIn, event_id: int, verdict: str) -> HttpResponseBase:
    """Approve or refuse, as the second person, what another one proposed."""
    event = get_object_or_404(Event, pk=event_id)
    if verdict not in {"approve", "refuse"}:
        raise Http404
    now = timezone.now()
    try:
        if verdict == "approve":
            approve(event_id=event.pk, asked_on=shown_date(now), at=now, by=request.user.actor)
        else:
            refuse(event_id=event.pk, reason=_("refused by a second person"), at=now, by=request.user.actor)
    except Refused as refusal:
        return _page(request, _found(event.financing_id), str(refusal), REFUSED)
    return redirect("desk:financing", event.financing_id)
