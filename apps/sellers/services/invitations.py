"""Inviting sellers: one link each, good once and for two weeks."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.evidence.services import record
from apps.sellers.models import Invitation, Seller
from apps.sellers.services.joining import NUMBER_TO_COME
from apps.tenants.services import current_platform
from apps.users.contacts import Contact
from apps.users.models import Role, User
from apps.users.services import open_account

LASTS = timedelta(days=14)


class InvitationRefused(ValueError):
    """An invitation cannot be sent, or not be used; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is invited: where the link is sent, the shop's name and the platform's own key of it."""

    contact: Contact
    name: str
    external_id: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Issued:
    """An invitation and the secret part of its link, which is kept nowhere."""

    invitation: Invitation
    token: str


def invite(*, invitees: Sequence[Invitee], currency: str, on: date, at: datetime, by: str) -> list[Issued]:
    """Invite all of `invitees` or, when one of them cannot be, nobody. A link sent earlier to the same shop ends.

    A shop that is not known yet is made, in state invited. Raises InvitationRefused with who and why.
    """
    with transaction.atomic():
        return [_invite(one, currency, on, at, by) for one in invitees]


def _invite(invitee: Invitee, currency: str, on: date, at: datetime, by: str) -> Issued:
    seller = Seller.objects.select_for_update().filter(external_id=invitee.external_id).first()
    if seller is not None and seller.user_id is not None:
        raise InvitationRefused(_("%(name)s has joined already.") % {"name": invitee.name})
    user = User.objects.reached_by(invitee.contact)
    if user is not None and (user.role != Role.SELLER or _shop_to_keep(user)):
        raise InvitationRefused(
            _("%(contact)s belongs to somebody here already.") % {"contact": invitee.contact.masked}
        )
    if seller is None:
        seller = Seller.objects.create(
            external_id=invitee.external_id,
            name=invitee.name,
            language=invitee.language,
            joined_on=on,
            currency=currency,
            payout_frozen=True,
        )
        log_birth([seller], at=at, by=by, reason="invited")
    Invitation.objects.open(at).filter(seller=seller).update(expires_at=at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        seller=seller,
        contact=invitee.contact.value,
        token_digest=_digest(token),
        invited_by=by,
        invited_at=at,
        expires_at=at + LASTS,
    )
    return Issued(invitation, token)


def open_invitation(*, token: str, at: datetime) -> Invitation:
    """The invitation behind a link; opening it uses nothing up. Raises InvitationRefused with what to do instead."""
    found = Invitation.objects.filter(token_digest=_digest(token)).select_related("seller").first()
    if found is None:
        raise InvitationRefused(_("This link is not complete. Open it from the message itself, or ask for a new one."))
    _check(found, at)
    return found


def accept_invitation(*, token: str, name: str, at: datetime) -> User:
    """Join by a link: the account is opened (or the one at the same address taken) and the shop is its own.

    The link came by that address, so it proves the address too. Raises InvitationRefused when it was used or ran out.
    """
    with transaction.atomic():
        known = open_invitation(token=token, at=at)
        seller = Seller.objects.select_for_update().get(pk=known.seller_id)
        invitation = Invitation.objects.select_for_update().get(pk=known.pk)
        _check(invitation, at)
        user = _user(Contact.of(invitation.contact), name, seller.language)
        if seller.user_id is not None or _shop_to_keep(user):
            raise InvitationRefused(_("This shop, or your account, is connected already. Sign in to go on."))
        _leave_own_shop(user, seller, at)
        invitation.accepted_at, invitation.accepted_by = at, user.actor
        invitation.save(update_fields=["accepted_at", "accepted_by"])
        seller.user = user
        if seller.can("register"):
            seller.move("register", at=at, by=user.actor, reason="invited")
        else:
            seller.save()
        return user


def _shop_to_keep(user: User) -> bool:
    """Whether the person acts for a shop that an invitation to another one does not take from them: any but one that
    they opened here by themselves and that was rejected, since it is on the platform already."""
    return Seller.objects.of(user).exclude(state="rejected", external_id__startswith=NUMBER_TO_COME).exists()


def _leave_own_shop(user: User, for_seller: Seller, at: datetime) -> None:
    """Their rejected second entry goes on record without a person, and so can nobody act for it again."""
    for own in Seller.objects.select_for_update().of(user):
        own.user = None
        own.save(update_fields=["user"])
        record(
            kind="shop_left",
            subject=f"seller:{own.pk}",
            payload={"for": f"seller:{for_seller.pk}"},
            business_date=current_platform().business_date(at),
            at=at,
            by=user.actor,
        )


def _check(invitation: Invitation, at: datetime) -> None:
    if invitation.accepted_at is not None:
        raise InvitationRefused(_("This link was used already: it opens once. You have an account, so sign in."))
    if invitation.expires_at <= at:
        raise InvitationRefused(
            _("This link ran out, or a newer one was sent. Look for the latest message, or ask for a new one.")
        )


def _user(contact: Contact, name: str, language: str) -> User:
    user = open_account(contact=contact, name=name, language=language)
    if user.role != Role.SELLER:
        raise InvitationRefused(_("This address belongs to somebody who works here. Ask for a link to another one."))
    return user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
