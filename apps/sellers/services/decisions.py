"""What the platform's staff decide about sellers."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.sellers.models import Seller
from apps.sellers.services.joining import NUMBER_TO_COME
from apps.sellers.services.messages import Notice, tell
from apps.sellers.services.payout_accounts import confirm_first_account
from apps.tenants.services import current_platform

DECISIONS = frozenset({"verify", "request_info", "reject", "suspend", "resume", "close"})
DECISIONS_WITH_REASON = frozenset({"request_info", "reject", "suspend"})
# The kind of message and its words, by decision.
TOLD = {
    "verify": ("shop", "verified"),
    "request_info": ("asked", "asked"),
    "reject": ("refused", "refused"),
    "suspend": ("shop", "suspended"),
    "resume": ("shop", "resumed"),
    "close": ("shop", "closed"),
}


class DecisionRefused(ValueError):
    """Staff cannot decide this about the seller now; the message says why. Nothing was changed."""


def decide_on_seller(*, seller_id: int, decision: str, reason: str, at: datetime, by: str) -> Seller:
    """Verify, ask for information, reject, suspend, resume or close a seller: one of DECISIONS.

    Raises DecisionRefused when the seller's state does not allow it, when a decision that the seller will ask about
    comes without a reason, or for a seller who cannot be closed yet because something is outstanding.
    """
    if decision not in DECISIONS:
        raise DecisionRefused(_("There is no such decision about a seller."))
    if decision in DECISIONS_WITH_REASON and not reason.strip():
        raise DecisionRefused(_("Say why: the seller will be told."))
    with transaction.atomic():
        seller = Seller.objects.select_for_update().get(pk=seller_id)
        if not seller.can(decision):
            raise DecisionRefused(
                _("Not possible now: the seller's state has changed, or something is still outstanding.")
            )
        if decision == "verify":
            if seller.external_id.startswith(NUMBER_TO_COME):
                raise DecisionRefused(_("Give the shop's number on the platform first: its orders come under it."))
            confirm_first_account(seller=seller, on=at.date(), at=at, by=by)
        seller.move(decision, at=at, by=by, reason=reason.strip())
        _tell_of(seller, decision, reason.strip(), at)
        return seller


def _tell_of(seller: Seller, decision: str, reason: str, at: datetime) -> None:
    """The seller hears of it, each time it is decided."""
    kind, words = TOLD[decision]
    key = f"seller:{seller.pk}:{decision}:{at.isoformat()}"
    subject = "joining" if seller.is_joining() else "home"
    notice = Notice(seller.pk, kind, key, subject, {"reason": reason, "words": words})
    tell(notices=[notice], business_date=current_platform().business_date(at), at=at)


def verify_newcomer(*, seller_id: int, external_id: str, at: datetime, by: str) -> Seller:
    """Verify a seller who came by themselves, under the platform's own key `external_id`; one who was invited has it
    already.

    Raises DecisionRefused when the key is missing or another seller's, or the state does not allow it.
    """
    with transaction.atomic():
        seller = Seller.objects.select_for_update().get(pk=seller_id)
        if seller.external_id.startswith(NUMBER_TO_COME):
            _give_number(seller, external_id.strip())
        return decide_on_seller(seller_id=seller_id, decision="verify", reason="", at=at, by=by)


def _give_number(seller: Seller, external_id: str) -> None:
    if not external_id or external_id.startswith(NUMBER_TO_COME):
        raise DecisionRefused(_("Give the shop's number on the platform first: its orders come under it."))
    if Seller.objects.filter(external_id=external_id).exists():
        raise DecisionRefused(
            _(
                "A shop with this number is here already, from the platform's orders. Reject this one with that "
                "reason, and invite the person to the shop that is here."
            )
        )
    Seller.objects.filter(pk=seller.pk).update(external_id=external_id)
