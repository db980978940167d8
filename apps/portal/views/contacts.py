"""Another address to be reached at and to sign in with: type it, prove that it is you, prove that it is yours."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.entrance import CodeForm, ContactForm, show_code_in_demo
from apps.portal.proving import begin_step_up, may_send_code, step_up_form, step_up_words, too_many_codes
from apps.portal.typed import typed_into
from apps.sellers.models import Seller
from apps.sellers.services import ContactRefused, change_contact
from apps.users.codes import issue_code, use_code
from apps.users.contacts import Contact, NotReached, reach
from apps.users.step_up import deliver_code, wrong_code

REFUSED = 422
PURPOSE, TYPED = "contact", "new_contact"
page = require_http_methods(["GET", "HEAD", "POST"])


@page
@for_seller
def change(request: SignedIn, _seller: Seller) -> HttpResponseBase:
    """The addresses now, and the form for another one."""
    form = ContactForm(typed_into(request), request=request)
    if request.method == "POST" and form.is_valid():
        request.session[TYPED] = {"contact": form.cleaned_data["login"].value}
        return begin_step_up(request, purpose=PURPOSE) or redirect("portal:contact_confirm")
    words = {"section": "more", "form": form}
    return render(request, "portal/contact.html", words, status=REFUSED if request.method == "POST" else 200)


@page
@for_seller
def confirm(request: SignedIn, _seller: Seller) -> HttpResponseBase:
    """Prove that it is you; then a code goes to the new address."""
    typed = request.session.get(TYPED)
    if not typed:
        return redirect("portal:contact")
    contact = Contact.of(typed["contact"])
    if "again" in request.POST:
        return begin_step_up(request, purpose=PURPOSE) or redirect("portal:contact_confirm")
    form = step_up_form(request, purpose=PURPOSE, at=timezone.now())
    if form.is_valid():
        typed["second_factor"] = form.second_factor.method
        return _send(request, contact, typed)
    words = {"section": "more", "contact": contact, **step_up_words(request, form)}
    return render(request, "portal/contact_confirm.html", words, status=REFUSED if form.is_bound else 200)


@page
@for_seller
@come_back_later
def prove(request: SignedIn, _seller: Seller) -> HttpResponseBase:
    """Type the code that reached the new address: from now on it is yours."""
    typed = request.session.get(TYPED)
    if not typed or "second_factor" not in typed:
        return redirect("portal:contact")
    contact = Contact.of(typed["contact"])
    if "again" in request.POST:
        return _send(request, contact, typed)
    form = CodeForm(request.POST if request.method == "POST" else None)
    now = timezone.now()
    if form.is_valid():
        code = use_code(code_id=typed["code"], purpose=_purpose(request), typed=form.cleaned_data["code"], at=now)
        if code is not None:
            return _take(request, contact, typed["second_factor"])
        form.add_error("code", wrong_code())
    words = {"section": "more", "contact": contact, "form": form}
    return render(request, "portal/contact_prove.html", words, status=REFUSED if form.is_bound else 200)


def _purpose(request: SignedIn) -> str:
    return f"{PURPOSE}-new:{request.user.actor}"


def _send(request: SignedIn, contact: Contact, typed: dict[str, object]) -> HttpResponseBase:
    if not may_send_code(request, contact.value):
        return too_many_codes(request)
    code, digits = issue_code(contact=contact.value, purpose=_purpose(request), at=timezone.now())
    request.session[TYPED] = {**typed, "code": code.pk}
    try:
        deliver_code(contact, digits)
    except NotReached as failure:
        messages.error(request, str(failure))
    else:
        show_code_in_demo(request, digits)
    return redirect("portal:contact_prove")


def _take(request: SignedIn, contact: Contact, second_factor: str) -> HttpResponseBase:
    now, before = timezone.now(), request.user.contact
    del request.session[TYPED]
    try:
        change_contact(
            user_id=request.user.pk,
            contact=contact,
            second_factor=second_factor,
            on=shown_date(now),
            at=now,
            by=request.user.actor,
        )
    except ContactRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:contact")
    _warn(before, contact)
    messages.success(request, _("Done. From now on we reach you there, and you can sign in with it."))
    return redirect("portal:people")


def _warn(before: Contact, contact: Contact) -> None:
    """Whoever reads the old address hears of it: it may not have been they."""
    words = {"contact": contact.masked}
    text = _("From now on %(contact)s signs in to your account too. If this was not you, tell the platform at once.")
    try:
        reach(before, subject=_("A new address for your account"), text=text % words)
    except NotReached:
        return
