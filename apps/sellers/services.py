"""Sellers joining, and what the platform's staff decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount
from apps.core.bulk import copy_instances
from apps.core.states import log_birth, move_all
from apps.sellers.messages.services import Notice, tell
from apps.sellers.models import STEPS, Consent, Seller
from apps.tenants.services import current_platform

CONSENT_LASTS = timedelta(days=10 * 365)
CONSENT_TO = "financiers of the platform"
DECISIONS = frozenset({"verify", "request_info", "reject", "suspend", "resume", "close"})
DECISIONS_WITH_REASON = frozenset({"request_info", "reject", "suspend"})


class DecisionRefused(ValueError):
    """Staff cannot decide this about the seller now; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A seller that the platform has onboarded by its own rules, before Granary knew of it."""

    external_id: str
    name: str
    joined_on: date
    category: str = ""
    region: str = ""
    language: str = "en"


def onboard_from_platform(*, sellers: Sequence[Newcomer], currency: str, at: datetime, by: str) -> dict[str, int]:
    """Take over sellers whom the platform vouches for, and answer the id of each by external id.

    All four steps count as done: the platform has checked identity and business, pays the seller already (its own key
    of the seller stands for the account until a bank account is told), and has the seller's consent to show orders
    from the day of joining on. They go through register, submit and verify like everyone else. Sellers known already
    are left as they are.
    """
    with transaction.atomic():
        ids = dict(
            Seller.objects.filter(external_id__in=[one.external_id for one in sellers]).values_list("external_id", "pk")
        )
        unknown = {one.external_id: one for one in sellers if one.external_id not in ids}
        accounts = [_account(one, currency, at) for one in unknown.values()]
        copy_instances(accounts)
        joined = [_seller(one, account, currency) for one, account in zip(unknown.values(), accounts, strict=True)]
        copy_instances(joined)
        copy_instances([_consent(seller) for seller in joined])
        log_birth(joined, at=at, by=by)
        for verb in ("register", "submit", "verify"):
            move_all(joined, verb, at=at, by=by, reason="onboarded by the platform")
    return ids | {seller.external_id: seller.pk for seller in joined}


def _account(newcomer: Newcomer, currency: str, at: datetime) -> BankAccount:
    return BankAccount(
        purpose=BankAccount.Purpose.PAYOUT,
        holder=newcomer.name,
        number=newcomer.external_id[-34:],
        currency=currency,
        verified_at=at,
    )


def _seller(newcomer: Newcomer, account: BankAccount, currency: str) -> Seller:
    return Seller(
        external_id=newcomer.external_id,
        name=newcomer.name,
        category=newcomer.category,
        region=newcomer.region,
        language=newcomer.language,
        joined_on=newcomer.joined_on,
        payout_account=account,
        currency=currency,
        **{f"{step}_done": True for step in STEPS},
    )


def _consent(seller: Seller) -> Consent:
    return Consent(
        seller=seller,
        data="orders",
        audience=CONSENT_TO,
        given_on=seller.joined_on,
        until=seller.joined_on + CONSENT_LASTS,
    )


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
        seller.move(decision, at=at, by=by, reason=reason.strip())
        _tell_of(seller, decision, reason.strip(), at)
        return seller


TOLD = {"request_info": "asked", "reject": "refused"}


def _tell_of(seller: Seller, decision: str, reason: str, at: datetime) -> None:
    """The seller hears of what they have to do something about, each time it is decided."""
    if decision in TOLD:
        key = f"seller:{seller.pk}:{decision}:{at.isoformat()}"
        notice = Notice(seller.pk, TOLD[decision], key, "more", {"reason": reason})
        tell(notices=[notice], business_date=current_platform().business_date(at), at=at)
