"""Opening accounts."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.users.contacts import Contact
from apps.users.models import Role, User


def open_account(*, contact: Contact, name: str, language: str) -> User:
    """A seller's account at an address that was proven, without a password; a language that is not ours becomes the
    first one. Where two come at once, or the address has an account already, the one that is there is answered.

    Raises ValidationError when the account cannot be opened for another reason, such as a name that is too long.
    """
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    try:
        with transaction.atomic():
            return User.objects.create_user(
                role=Role.SELLER, name=name, language=spoken, **{contact.kind: contact.value}
            )
    except (ValidationError, IntegrityError):
        there = User.objects.reached_by(contact)
        if there is None:
            raise
        return there
