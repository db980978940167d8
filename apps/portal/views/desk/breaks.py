"""Everything that nobody has explained yet: the queue, one break, and what a clerk does with it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core.models import Transition
from apps.portal.break_words import break_in_words
from apps.portal.breaks import (
    FilterForm,
    NoteForm,
    ProposeForm,
    about,
    history_table,
    note_table,
    queue_table,
    suggestion_rows,
)
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.portal.states import wording
from apps.reconciliation import working
from apps.reconciliation.models import CLOSED_BREAKS, Break, BreakNote, Suggestion
from apps.users.access import for_roles
from apps.users.models import Role

LATELY = 20
REFUSED, CONFLICT = 422, 409
DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def breaks(request: SignedIn) -> HttpResponse:
    """Open breaks, the latest first, and the last ones that were closed."""
    form = FilterForm(request.GET)
    found = _chosen(Break.objects.unexplained(), form, request.user.actor)
    page = page_of(found, request.GET, key=BY_NUMBER)
    closed = list(Break.objects.filter(state__in=CLOSED_BREAKS).order_by("-pk")[:LATELY])
    names = names_of(one.owner for one in (*page.rows, *closed))
    today, offers = shown_date(timezone.now()), _only_hints(page.rows)
    shown = {
        "section": "breaks",
        "page": page,
        "form": form,
        "can_accept": bool(offers) and request.user.role == Role.STAFF,
        "open": queue_table(page.rows, names, _("Open"), today=today, offers=offers),
        "closed": queue_table(closed, names, _("Explained lately"), today=today, offers={}),
    }
    return render(request, "desk/breaks.html", shown)


def _chosen(rows: QuerySet[Break], form: FilterForm, actor: str) -> QuerySet[Break]:
    if not form.is_valid():
        return rows
    if form.cleaned_data["kind"]:
        rows = rows.filter(kind=form.cleaned_data["kind"])
    whose = {"mine": actor, "nobody": ""}.get(form.cleaned_data["owner"])
    return rows if whose is None else rows.filter(owner=whose)


def _only_hints(rows: Sequence[Break]) -> dict[int, Suggestion]:
    """The suggestion of each break that has exactly one, and nothing as good beside it."""
    waiting = Suggestion.objects.filter(unexplained__in=rows, accepted_by="", declined_by="").order_by("pk")
    offers: dict[int, list[Suggestion]] = {}
    for one in waiting:
        offers.setdefault(one.unexplained_id, []).append(one)
    return {key: few[0] for key, few in offers.items() if len(few) == 1 and few[0].alike == 1}


@require_safe
@for_roles(*DESK)
def one_break(request: SignedIn, break_id: int) -> HttpResponse:
    """One break: what is seen, what may explain it, what was done about it."""
    return _page(request, get_object_or_404(Break, pk=break_id))


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def act(request: SignedIn, break_id: int, act: str) -> HttpResponseBase:
    """Do one of the acts on a break, as the version that stood on the page."""
    found = get_object_or_404(Break, pk=break_id)
    if act not in ACTS:
        raise Http404
    return _answered(request, found, lambda: ACTS[act](request, found))


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def accept(request: SignedIn, suggestion_id: int) -> HttpResponseBase:
    """Take a suggestion as the explanation."""
    offer = get_object_or_404(Suggestion.objects.select_related("unexplained"), pk=suggestion_id)
    now = timezone.now()
    return _answered(
        request,
        offer.unexplained,
        lambda: working.accept(
            suggestion_id=offer.pk, version=_version(request), asked_on=shown_date(now), at=now, by=request.user.actor
        ),
    )


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def decline(request: SignedIn, suggestion_id: int) -> HttpResponseBase:
    """Say that a suggestion explains nothing."""
    offer = get_object_or_404(Suggestion.objects.select_related("unexplained"), pk=suggestion_id)
    return _answered(
        request,
        offer.unexplained,
        lambda: working.decline(
            suggestion_id=offer.pk, version=_version(request), at=timezone.now(), by=request.user.actor
        ),
    )


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def accept_many(request: SignedIn) -> HttpResponseBase:
    """Accept all suggestions that were chosen in the queue; those that cannot be are named."""
    now = timezone.now()
    try:
        chosen = [
            (int(offer), int(version)) for offer, version in (one.split(":") for one in request.POST.getlist("chosen"))
        ]
    except ValueError as error:
        raise BadRequest("This names no suggestion of ours.") from error
    try:
        done, refusals = working.accept_many(chosen=chosen, asked_on=shown_date(now), at=now, by=request.user.actor)
    except working.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:breaks")
    if done:
        said = ngettext("%(count)s break is explained.", "%(count)s breaks are explained.", done)
        messages.success(request, said % {"count": done})
    for refusal_text in refusals[:LATELY]:
        messages.error(request, refusal_text)
    return redirect("desk:breaks")


@require_safe
@for_roles(*DESK)
def paper(request: SignedIn, note_id: int) -> HttpResponse:  # noqa: ARG001  the door looked at it
    """The file that came with a note, to be saved: nothing that somebody sent is shown as ours."""
    found = get_object_or_404(BreakNote.objects.exclude(name=""), pk=note_id)
    answer = HttpResponse(bytes(found.content), content_type=found.media_type)
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name) or ""
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _version(request: HttpRequest) -> int:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def _answered(request: SignedIn, found: Break, do: Callable[[], object]) -> HttpResponseBase:
    try:
        do()
    except working.Stale as stale:
        found.refresh_from_db()
        words = _("%(who)s came first: the break is now “%(state)s”. Nothing was changed; look again.")
        told = {
            "who": names_of([stale.by]).get(stale.by) or _("Somebody"),
            "state": wording("break", stale.state).label,
        }
        return _page(request, found, words % told, CONFLICT)
    except working.Refused as refusal:
        found.refresh_from_db()
        return _page(request, found, str(refusal), REFUSED)
    return redirect("desk:break", found.pk)


def _take(request: SignedIn, found: Break) -> None:
    working.take(break_id=found.pk, version=_version(request), at=timezone.now(), by=request.user.actor)


def _ask(request: SignedIn, found: Break) -> None:
    working.ask_counterparty(
        break_id=found.pk, version=_version(request), reason=request.POST.get("reason", ""), at=timezone.now(),
        by=request.user.actor,
    )  # fmt: skip


def _propose(request: SignedIn, found: Break) -> None:
    now = timezone.now()
    working.propose(
        break_id=found.pk, version=_version(request), account=request.POST.get("account", ""),
        reason=request.POST.get("reason", ""), asked_on=shown_date(now), at=now, by=request.user.actor,
    )  # fmt: skip


def _approve(request: SignedIn, found: Break) -> None:
    now = timezone.now()
    working.approve(
        break_id=found.pk, version=_version(request), asked_on=shown_date(now), at=now, by=request.user.actor
    )


def _refuse(request: SignedIn, found: Break) -> None:
    working.refuse(
        break_id=found.pk, version=_version(request), reason=_("refused by a second person"), at=timezone.now(),
        by=request.user.actor,
    )  # fmt: skip


def _reopen(request: SignedIn, found: Break) -> None:
    now = timezone.now()
    working.reopen(
        break_id=found.pk, version=_version(request), reason=request.POST.get("reason", ""),
        asked_on=shown_date(now), at=now, by=request.user.actor,
    )  # fmt: skip


def _note(request: SignedIn, found: Break) -> None:
    sent = request.FILES.get("paper")
    kept = None
    if sent is not None:
        kept = working.Paper(sent.name or "", sent.read(working.LARGEST_FILE + 1))
    working.note(
        break_id=found.pk, text=request.POST.get("text", ""), paper=kept, at=timezone.now(), by=request.user.actor
    )


ACTS: dict[str, Callable[[SignedIn, Break], None]] = {
    "take": _take,
    "ask": _ask,
    "propose": _propose,
    "approve": _approve,
    "refuse": _refuse,
    "reopen": _reopen,
    "note": _note,
}


def _page(request: SignedIn, found: Break, refusal: str = "", status: int = 200) -> HttpResponse:
    typed = request.POST.dict()  # of an act that was refused
    notes = list(found.notes.defer("content").order_by("pk"))
    moves = list(Transition.of(found))
    names = names_of([found.owner, found.proposed_by, *(one.by for one in notes), *(one.by for one in moves)])
    shown: dict[str, Any] = {
        "section": "breaks",
        "one": found,
        "text": break_in_words(found.text),
        "about": about(found),
        "refusal": refusal,
        "owner": names.get(found.owner, ""),
        "proposed_by": names.get(found.proposed_by, ""),
        "offers": suggestion_rows(found, list(found.suggestions.order_by("pk"))),
        "can": {verb: found.can(verb) for verb in ("assign", "ask_counterparty", "ask_approval", "reopen")},
        "waits": found.state == "pending_approval",
        "typed": typed,
        "propose_form": ProposeForm(initial=typed),
        "note_form": NoteForm(initial=typed),
        "notes": note_table(notes, names),
        "history": history_table(moves, names),
        "works": request.user.role == Role.STAFF,
        "earlier": _neighbour(Break.objects.filter(pk__gt=found.pk).order_by("pk")),
        "following": _neighbour(Break.objects.filter(pk__lt=found.pk).order_by("-pk")),
    }
    return render(request, "desk/break.html", shown, status=status)


def _neighbour(rows: QuerySet[Break]) -> int | None:
    """The first of `rows` that is still to be explained; the queue shows the latest break first."""
    return rows.exclude(state__in=CLOSED_BREAKS).values_list("pk", flat=True).first()
