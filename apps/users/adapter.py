"""What Granary decides about allauth's sign-in and second factors."""

import time
from base64 import urlsafe_b64encode
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.tenants.services import current_platform
from apps.users.models import User


class AccountAdapter(DefaultAccountAdapter):
    """People sign in by e-mail address or telephone number. Accounts are opened by the portal's own pages, once the
    address is proven; of allauth's hooks for telephones only those of signing in are needed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        return False

    def phone_form_field(self, **kwargs: Any) -> forms.Field:
        """Numbers come here as E.164 already, from `SignInForm`."""
        return forms.CharField(**kwargs)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        raise NotImplementedError("Telephone numbers are set once they are proven, by apps.users.services.")

    def set_phone_verified(self, user: Any, phone: str) -> None:
        """Nothing to note: no number is kept that was not proven."""

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=phone).first()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """Whoever has neither a password nor a second factor proves themselves by a code that is sent."""
        known = super().get_reauthentication_methods(user)
        return known or [{"id": "code", "description": _("Have a code sent"), "url": reverse("entrance:prove")}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Allauth lets in whoever has no method of its own; they have ours, so it is asked for here."""
        required = bool(super().is_reauthentication_required(app=app, **kwargs))
        user = self.request.user
        if required and not super().get_reauthentication_methods(user) and not self._has_proven(user):
            raise ReauthenticationRequired
        return required

    def _has_proven(self, user: Any) -> bool:
        proofs = [one["at"] for one in get_authentication_records(self.request, user) if one.get("reauthenticated")]
        return bool(proofs) and time.time() - proofs[-1] < app_settings.REAUTHENTICATION_TIMEOUT


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps and recovery codes lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return current_platform().name


def _box() -> Fernet:
    return Fernet(urlsafe_b64encode(salted_hmac("apps.users.adapter", "second factors", algorithm="sha256").digest()))
