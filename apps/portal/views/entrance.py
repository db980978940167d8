"""Coming in: by a code sent to an address, by opening an account there, by an invitation."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core import ratelimit
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.portal.doors import SignedIn, shown_date
from apps.portal.entrance import (
    PROVEN,
    SENT,
    SIGN_IN,
    CodeForm,
    ContactForm,
    NameForm,
    OpenForm,
    note_proof,
    proven_contact,
    send_sign_in_code,
)
from apps.portal.proving import begin_step_up, step_up_form, step_up_words
from apps.sellers.models import Seller
from apps.sellers.services import InvitationRefused, accept_invitation, join_alone, open_invitation
from apps.tenants.services import current_platform
from apps.users.codes import use_code
from apps.users.contacts import Contact, NotReached
from apps.users.models import User
from apps.users.step_up import wrong_code

REFUSED, GONE, TOO_MANY = 422, 410, 429
PROVING = "second-factor"
page = require_http_methods(["GET", "HEAD", "POST"])


@page
def ask_for_code(request: HttpRequest) -> HttpResponseBase:
    """Ask where the code shall be sent, and send it: the same answer whether there is an account or not."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    form = ContactForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        contact: Contact = form.cleaned_data["login"]
        if not ratelimit.consume(request, action="request_login_code", key=contact.value):
            return render(request, "429.html", status=TOO_MANY)
        try:
            send_sign_in_code(request, contact, get_next_redirect_url(request))
        except NotReached as failure:
            form.add_error("login", str(failure))
        else:
            return redirect("entrance:enter")
    status = REFUSED if form.is_bound else 200
    words = {"form": form, "next": get_next_redirect_url(request) or ""}
    return render(request, "account/ask_for_code.html", words, status=status)


@page
def enter_code(request: HttpRequest) -> HttpResponseBase:
    """Take the code: who has an account is in, who has none may open one."""
    sent = request.session.get(SENT)
    if request.user.is_authenticated or not sent:
        return redirect("portal:home" if request.user.is_authenticated else "entrance:ask")
    contact = Contact.of(sent["contact"])
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        guesses = f"code {contact.value}"
        if not ratelimit.consume(request, action="login_failed", key=guesses, dry_run=True):
            return render(request, "429.html", status=TOO_MANY)
        if use_code(code_id=sent["code"], purpose=SIGN_IN, typed=form.cleaned_data["code"], at=timezone.now()):
            return _come_in(request, contact, sent["next"])
        ratelimit.consume(request, action="login_failed", key=guesses)
        form.add_error("code", wrong_code())
    words = {"form": form, "contact": contact, "next": sent["next"] or ""}
    return render(request, "account/enter_code.html", words, status=REFUSED if form.is_bound else 200)


def _come_in(request: HttpRequest, contact: Contact, next_url: str | None) -> HttpResponseBase:
    del request.session[SENT]
    user = User.objects.reached_by(contact)
    if user is None:
        note_proof(request, contact, timezone.now())
        return redirect("entrance:open")
    return perform_login(request, user, redirect_url=next_url)


@page
@login_required
@never_cache
def prove(request: SignedIn) -> HttpResponseBase:
    """Prove once more that it is you, by a code, before second factors are changed; then go on where that was asked."""
    if "again" in request.POST:
        return begin_step_up(request, purpose=PROVING) or redirect(request.get_full_path())
    form = step_up_form(request, purpose=PROVING, at=timezone.now())
    if form.is_valid():
        record_authentication(request, request.user, method="code", reauthenticated=True)
        return resume_request(request) or redirect("mfa_index")
    words = {**step_up_words(request, form), "address": request.get_full_path()}
    return render(request, "account/prove.html", words, status=REFUSED if form.is_bound else 200)


@page
def open_account(request: HttpRequest) -> HttpResponseBase:
    """Open an account, and a shop that joins, at an address that was proven a moment ago."""
    now = timezone.now()
    contact = proven_contact(request, now)
    if request.user.is_authenticated or contact is None:
        return redirect("portal:home" if request.user.is_authenticated else "entrance:ask")
    form = OpenForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        words = {"form": form, "contact": contact}
        return render(request, "account/open.html", words, status=REFUSED if form.is_bound else 200)
    user = join_alone(
        contact=contact,
        name=form.cleaned_data["name"],
        shop=form.cleaned_data["shop"],
        language=get_language() or "en",
        currency=current_platform().currency,
        on=shown_date(now),
        at=now,
    )
    del request.session[PROVEN]
    return perform_login(request, user, redirect_url=reverse("portal:joining"))


@page
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """What an invitation's link opens. Looking at it uses nothing up: previews of messages look too."""
    now = timezone.now()
    try:
        invitation = open_invitation(token=token, at=now)
        form = NameForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            user = accept_invitation(token=token, name=form.cleaned_data["name"], at=now)
            return perform_login(request, user, redirect_url=reverse("portal:joining"))
    except InvitationRefused as refusal:
        return _link_is_gone(request, str(refusal))
    words = {"form": form, "invitation": invitation, "contact": Contact.of(invitation.contact)}
    return render(request, "account/join.html", words, status=REFUSED if form.is_bound else 200)


def _link_is_gone(request: HttpRequest, refusal: str) -> HttpResponse | HttpResponseBase:
    """Whoever pressed twice is in by now; everyone else is told what became of the link."""
    if request.method == "POST" and request.user.is_authenticated and Seller.objects.of(request.user).exists():
        return redirect("portal:joining")
    return render(request, "account/link_gone.html", {"refusal": refusal}, status=GONE)
