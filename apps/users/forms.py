"""The forms by which people come in."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.users.contacts import LONGEST, Contact, read_contact


class ContactField(forms.CharField):
    """An e-mail address or a telephone number; cleaned, it is a Contact. Numbers without a country's code are of
    `country`."""

    def __init__(self, *, country: str | None = None, **options: Any) -> None:
        self.country = country
        options.setdefault("label", _("E-mail or telephone number"))
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}))
        super().__init__(max_length=LONGEST, **options)

    def clean(self, value: Any) -> Contact | None:
        typed = super().clean(value)
        return read_contact(typed, self.country) if typed else None


class SignInForm(LoginForm):
    """Allauth's sign-in with a password, by e-mail address or telephone number."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["login"] = ContactField(country=country_of(self.request))
        self.order_fields(["login", "password", "remember"])

    def clean_login(self) -> str:
        contact: Contact = self.cleaned_data["login"]
        return contact.value


def country_of(request: HttpRequest | None) -> str | None:
    """The country of the platform that is asked, as ISO 3166 writes it."""
    return getattr(getattr(request, "tenant", None), "country", None)
