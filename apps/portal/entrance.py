"""The forms of coming in, and what a session remembers on the way."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.tenants.services import current_platform
from apps.users.codes import issue_code
from apps.users.contacts import Contact
from apps.users.forms import ContactField, country_of
from apps.users.step_up import LONGEST_CODE, deliver_code

SIGN_IN = "sign-in"
SENT, PROVEN = "code_sent", "address_proven"
PROOF_LASTS = timedelta(minutes=30)


class ContactForm(forms.Form):
    """Where the code shall be sent."""

    def __init__(self, *arguments: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["login"] = ContactField(country=country_of(request))


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=gettext_lazy("Your code"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class NameForm(forms.Form):
    """Who joins by an invitation."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class OpenForm(NameForm):
    """Who joins without an invitation, and with which shop."""

    shop = forms.CharField(label=gettext_lazy("Your shop's name"), max_length=140)


def send_sign_in_code(request: HttpRequest, contact: Contact, next_url: str | None) -> None:
    """Send a code and remember in the session what it is for. Raises NotReached."""
    code, digits = issue_code(contact=contact.value, purpose=SIGN_IN, at=timezone.now())
    deliver_code(contact, digits)
    request.session[SENT] = {"code": code.pk, "contact": contact.value, "next": next_url}
    show_code_in_demo(request, digits)


def show_code_in_demo(request: HttpRequest, digits: str) -> None:
    """On a demo platform of a developer's machine no message leaves the house, so the page itself says the code."""
    if settings.DEBUG and current_platform().is_demo:
        messages.info(request, _("Demo: the message that is sent now says %(code)s.") % {"code": digits})


def note_proof(request: HttpRequest, contact: Contact, at: datetime) -> None:
    """Remember for a while that this visitor has proven an address that has no account yet."""
    request.session[PROVEN] = {"contact": contact.value, "at": at.isoformat()}


def proven_contact(request: HttpRequest, at: datetime) -> Contact | None:
    """The address that this visitor has proven lately."""
    proof = request.session.get(PROVEN)
    if not proof or at - datetime.fromisoformat(proof["at"]) > PROOF_LASTS:
        return None
    return Contact.of(proof["contact"])
