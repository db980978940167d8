"""The addresses by which a seller's person is reached and signs in."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.evidence.services import record
from apps.users.contacts import Contact
from apps.users.models import User


class ContactRefused(ValueError):
    """The address cannot be this person's; the message says why. Nothing was changed."""


def change_contact(*, user_id: int, contact: Contact, second_factor: str, on: date, at: datetime, by: str) -> User:
    """Let a person be reached and sign in at `contact`, which they have proven, in place of the address of that kind
    they had. It is theirs already: nothing happens.

    The evidence log says which kind of address it was and how they proved themselves, never the address. Raises
    ContactRefused when it is somebody else's.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        owner = User.objects.reached_by(contact)
        if owner is not None and owner != user:
            raise ContactRefused(_("Somebody signs in with this address already. Nothing was changed."))
        if owner is None:
            setattr(user, contact.kind, contact.value)
            user.save(update_fields=[contact.kind])
            payload = {"kind": contact.kind, "second_factor": second_factor}
            record(kind="contact_changed", subject=user.actor, payload=payload, business_date=on, at=at, by=by)
        return user
