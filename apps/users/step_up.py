"""Proving once more that it is you, before an act that money rests on: a fresh code, a passkey, an authenticator app.

Whoever has set up a second factor proves it with that; everyone else gets a one-time code. A proof holds for one
purpose and one act: nothing is remembered.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.users.codes import issue_code, plain_digits, use_code
from apps.users.contacts import Contact, reach
from apps.users.models import User

CODE, PASSKEY = "one_time_code", "passkey"
SESSION_KEY = "step_up"
LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """How and when a person proved themselves: `method` is CODE, PASSKEY, "totp" or "recovery_codes"."""

    method: str
    at: datetime

    def as_facts(self) -> dict[str, str]:
        """For the evidence log."""
        return {"method": self.method, "at": self.at.isoformat()}


def needs_code(user: User) -> bool:
    """Whether this person proves themselves by a code that is sent, having no second factor of their own."""
    return not is_mfa_enabled(user)


def has_passkey(user: User) -> bool:
    return bool(is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN]))


def send_code(request: HttpRequest, *, user: User, purpose: str, at: datetime) -> str:
    """Send `user` a code for `purpose` and answer its digits, for whoever may show them. Raises NotReached."""
    code, digits = issue_code(contact=user.contact.value, purpose=f"{purpose}:{user.actor}", at=at)
    deliver_code(user.contact, digits)
    request.session[SESSION_KEY] = {"purpose": purpose, "code": code.pk}
    return digits


def deliver_code(contact: Contact, digits: str) -> None:
    """Send the digits of a code. Raises NotReached."""
    reach(
        contact,
        subject=_("Your code: %(code)s") % {"code": digits},
        text=_("%(code)s is your code. It holds for ten minutes. Nobody of us will ever ask you for it.")
        % {"code": digits},
    )


def code_was_sent(request: HttpRequest, purpose: str) -> bool:
    """Whether a code for `purpose` is on its way to this session's person."""
    sent = request.session.get(SESSION_KEY)
    return bool(sent and sent["purpose"] == purpose)


def passkey_question(user: User) -> str:
    """What the browser's passkey dialogue is asked, as JSON; nothing for a person who has no passkey."""
    return json.dumps({"request_options": begin_authentication(user)}, default=dict) if has_passkey(user) else ""


class StepUpForm(forms.Form):
    """A code that was sent, a code of an authenticator app, a recovery code, or a passkey's answer. When it is valid,
    `second_factor` says what it was; the code is used up."""

    code = forms.CharField(
        label=gettext_lazy("Your code"),
        required=False,
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    second_factor: SecondFactor

    def __init__(
        self, *arguments: Any, request: HttpRequest, user: User, purpose: str, at: datetime, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.request, self.user, self.purpose, self.at = request, user, purpose, at

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not self.errors:
            method = self._by_passkey(typed["credential"]) if typed.get("credential") else self._by_code(typed["code"])
            self.second_factor = SecondFactor(method, self.at)
        return typed

    def _by_passkey(self, answer: str) -> str:
        form = AuthenticateWebAuthnForm({"credential": answer}, user=self.user)
        if not _is_json_object(answer) or not form.is_valid():
            raise ValidationError(_("The passkey was not recognised. Nothing was changed. Please try again."))
        form.cleaned_data["credential"].record_usage()
        return PASSKEY

    def _by_code(self, typed: str) -> str:
        if not typed:
            raise ValidationError({"code": _("Please type the code.")})
        if needs_code(self.user):
            return self._by_sent_code(typed)
        form = AuthenticateForm({"code": plain_digits(typed)}, user=self.user)
        if not form.is_valid():
            raise ValidationError({"code": " ".join(map(str, form.errors["code"]))})
        form.authenticator.record_usage()
        return str(form.authenticator.type)

    def _by_sent_code(self, typed: str) -> str:
        sent = self.request.session.get(SESSION_KEY) or {}
        purpose = f"{self.purpose}:{self.user.actor}"
        if sent.get("purpose") != self.purpose or not use_code(
            code_id=sent["code"], purpose=purpose, typed=typed, at=self.at
        ):
            raise ValidationError({"code": wrong_code()})
        return CODE


def wrong_code() -> str:
    """What a person is told who typed a code that does not fit, whatever the reason."""
    return _(
        "This is not the code, or it ran out: one holds for ten minutes and five tries. Look at the latest message, "
        "or have a new one sent."
    )


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
