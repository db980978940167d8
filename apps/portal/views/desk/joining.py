"""Who wants to join, who is invited, and whose account is to change: the desk checks and decides."""

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.models import Transition
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.invitations import InviteForm, InviteManyForm, send_links
from apps.portal.people import names_of
from apps.portal.tables import Column, Moment, State, Table, Text
from apps.sellers.models import Invitation, Particulars, PayoutChange, Seller
from apps.sellers.services import (
    DecisionRefused,
    InvitationRefused,
    PayoutChangeRefused,
    check_payout_change,
    decide_on_seller,
    invite,
    refuse_payout_change,
    verify_newcomer,
)
from apps.sellers.services.joining import NUMBER_TO_COME
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422
SHOWN = 50


class DecisionForm(forms.Form):
    """What staff say about a newcomer."""

    number = forms.CharField(label=gettext_lazy("The shop's number on the platform"), required=False, max_length=64)
    reason = forms.CharField(
        label=gettext_lazy("What is missing, or why not"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The seller reads this."),
    )


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def waiting(request: SignedIn) -> HttpResponse:
    """What waits for a decision, and who was invited lately."""
    newcomers = Seller.objects.filter(state__in=["submitted", "info_requested", "registered"]).order_by("-pk")[:SHOWN]
    changes = PayoutChange.objects.open().select_related("seller", "account").order_by("pk")[:SHOWN]
    invitations = Invitation.objects.select_related("seller").order_by("-pk")[:SHOWN]
    words = {
        "section": "sellers",
        "newcomers": _newcomer_table(newcomers),
        "changes": _change_table(changes),
        "invitations": _invitation_table(invitations),
    }
    return render(request, "desk/joining.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF)
def invite_sellers(request: SignedIn) -> HttpResponseBase:
    """Invite one seller, or all of a file; when one of them cannot be invited, nobody is."""
    country = current_platform().country
    is_file = "file" in request.FILES or "many" in request.POST
    one = InviteForm(request.POST if request.method == "POST" and not is_file else None, country=country)
    many = InviteManyForm(
        request.POST if is_file else None, request.FILES if is_file else None, country=country, prefix=None
    )
    form = many if is_file else one
    if form.is_valid():
        now = timezone.now()
        try:
            issued = invite(
                invitees=form.invitees,
                currency=current_platform().currency,
                on=shown_date(now),
                at=now,
                by=request.user.actor,
            )
        except (InvitationRefused, ValidationError) as refusal:
            form.add_error(None, str(refusal))
        else:
            _say(request, len(issued), send_links(request, issued))
            return redirect("desk:joining")
    words = {"section": "sellers", "one": one, "many": many}
    return render(request, "desk/invite.html", words, status=REFUSED if form.is_bound else 200)


def _say(request: SignedIn, number: int, missed: list[str]) -> None:
    messages.success(request, _("Invited: %(number)d.") % {"number": number})
    if missed:
        names = ", ".join(missed)
        messages.warning(request, _("Not reached: %(names)s. Invite them once more in a while.") % {"names": names})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.STAFF, Role.AUDITOR)
@come_back_later
def newcomer(request: SignedIn, seller_id: int) -> HttpResponseBase:
    """What a newcomer told, and the decision: verify, ask for more, reject."""
    found = get_object_or_404(Seller.objects.select_related("payout_account", "user"), pk=seller_id)
    told = Particulars.objects.filter(seller=found).first()
    is_new = found.external_id.startswith(NUMBER_TO_COME)
    number = (told.shop_number if told else "") if is_new else found.external_id
    form = DecisionForm(request.POST if request.method == "POST" else None, initial={"number": number})
    if not is_new:
        del form.fields["number"]
    if form.is_valid():
        if request.user.role != Role.STAFF:
            return HttpResponse(status=403)
        try:
            _decide(request, found, form.cleaned_data)
        except DecisionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Done. The seller is told."))
            return redirect("desk:newcomer", found.pk)
    log = list(Transition.of(found))
    words = {
        "section": "sellers",
        "seller": found,
        "told": told,
        "form": form,
        "may_decide": request.user.role == Role.STAFF and found.state == "submitted",
        "log": [(entry, names_of([entry.by])[entry.by]) for entry in log],
    }
    return render(request, "desk/newcomer.html", words, status=REFUSED if form.is_bound else 200)


def _decide(request: SignedIn, seller: Seller, typed: dict[str, str]) -> None:
    now, by = timezone.now(), request.user.actor
    decision = request.POST.get("decision", "")
    if decision == "verify":
        verify_newcomer(seller_id=seller.pk, external_id=typed.get("number", ""), at=now, by=by)
    else:
        decide_on_seller(seller_id=seller.pk, decision=decision, reason=typed["reason"], at=now, by=by)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def decide_account(request: SignedIn, change_id: int, verdict: str) -> HttpResponseBase:
    """One of two people says that a changed account is the seller's, or that it is not."""
    change = get_object_or_404(PayoutChange, pk=change_id)
    now = timezone.now()
    on, by = shown_date(now), request.user.actor
    try:
        if verdict == "approve":
            check_payout_change(change_id=change.pk, on=on, at=now, by=by)
        elif verdict == "refuse":
            reason = request.POST.get("reason", "")[:300]
            refuse_payout_change(change_id=change.pk, reason=reason, on=on, at=now, by=by)
        else:
            raise Http404
    except PayoutChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done."))
    return redirect("desk:seller", change.seller_id)


def _newcomer_table(sellers: Iterable[Seller]) -> Table:
    rows = [
        (
            Text(one.name, note=one.external_id, href=reverse("desk:newcomer", args=[one.pk])),
            State("seller", one.state),
            Text(one.category),
            Text(one.region),
        )
        for one in sellers
    ]
    columns = (Column(_("Seller")), Column(_("State")), Column(_("Sells")), Column(_("Where")))
    return Table(_("Joining"), columns, rows, empty=_("Nobody is joining at present."))


def _change_table(changes: Iterable[PayoutChange]) -> Table:
    rows = [
        (
            Text(one.seller.name, href=reverse("desk:seller", args=[one.seller_id])),
            Text(f"{one.account.holder} {one.account.masked}"),
            State("payout_change", one.state),
            Moment(one.asked_at),
        )
        for one in changes
    ]
    columns = (Column(_("Seller")), Column(_("New account")), Column(_("State")), Column(_("Asked")))
    return Table(_("Accounts to check"), columns, rows, empty=_("No account waits to be checked."))


def _invitation_table(invitations: Iterable[Invitation]) -> Table:
    rows = [
        (
            Text(one.seller.name, note=one.seller.external_id),
            Moment(one.invited_at),
            Text(_("joined") if one.accepted_at else _("ran out") if one.expires_at <= timezone.now() else _("open")),
        )
        for one in invitations
    ]
    columns = (Column(_("Seller")), Column(_("Invited")), Column(_("Link")))
    return Table(_("Invitations"), columns, rows, empty=_("Nobody was invited yet."))
