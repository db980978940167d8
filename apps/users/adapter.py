"""What Granary decides about allauth's sign-in and second factors."""

from base64 import urlsafe_b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django import forms
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

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
