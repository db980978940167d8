"""How a person is reached: an e-mail address or a telephone number, read kindly."""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.core.sms import SmsNotSent, send_sms

EMAIL, PHONE = "email", "phone"
LONGEST = 254


class NotReached(Exception):
    """A message could not be handed over; the words are for the person who waits for it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One address: `kind` is EMAIL (in lower case) or PHONE (E.164, such as +8613800138000)."""

    kind: str
    value: str

    @classmethod
    def of(cls, value: str) -> "Contact":
        """The contact whose `value` was read before."""
        return cls(EMAIL if "@" in value else PHONE, value)

    @property
    def masked(self) -> str:
        """Enough of it to be recognised by whose it is."""
        if self.kind == PHONE:
            return f"··{self.value[-4:]}"
        name, _at, domain = self.value.partition("@")
        return f"{name[:2]}··@{domain}"


def read_contact(typed: str, country: str | None) -> Contact:
    """The e-mail address or telephone number that a person means by `typed`: full-width characters, spaces and hyphens
    are read, and a number without its country's code is one of `country` (ISO 3166; without it such a number is
    refused).

    Raises ValidationError with a sentence.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if len(text) > LONGEST:
        raise _not_an_address()
    if "@" in text:
        try:
            validate_email(text)
        except ValidationError as error:
            raise _not_an_address() from error
        return Contact(EMAIL, text.lower())
    return read_phone(text, country)


def read_phone(typed: str, country: str | None) -> Contact:
    """The telephone number that a person means by `typed`; see `read_contact`. Raises ValidationError."""
    text = unicodedata.normalize("NFKC", typed).strip()
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise _not_an_address() from error
    if not phonenumbers.is_valid_number(number):
        raise _not_an_address()
    return Contact(PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _not_an_address() -> ValidationError:
    return ValidationError(
        _(
            "Please check the e-mail address: it should look like name@example.com. A telephone number of another "
            "country begins with + and its code."
        )
    )


def reach(contact: Contact, *, subject: str, text: str) -> None:
    """Send `text` by e-mail (under `subject`) or as a text message. Raises NotReached when it was not taken."""
    try:
        if contact.kind == EMAIL:
            send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [contact.value])
        else:
            send_sms(contact.value, text)
    except (OSError, SmsNotSent) as error:  # smtplib's errors are OSErrors
        raise NotReached(
            _("We could not send a message there right now. Nothing was changed. Please try again in a few minutes.")
        ) from error
