"""From an offer to a drafted contract: the application, its frozen decision, the terms that will be signed."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from apps.core.money import ZERO, is_payable
from apps.core.states import log_birth
from apps.evidence.chain import canonical
from apps.financing.headroom import within_limit
from apps.financing.models import Application, Contract, Offer
from apps.financing.models.application import OPEN_STATES
from apps.financing.refusals import OfferRefused, SellerBusy
from apps.financing.services.offers import exposure_of_seller
from apps.financing.services.promises import give_back, promise, refusal_to_fund
from apps.financing.services.receivables import assign_orders
from apps.financing.services.terms import terms_of
from apps.ledger.calendar import booking_date
from apps.products.terms import RECEIPT, RECEIVABLE
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS
from apps.sellers.services.messages import Notice, tell
from apps.tenants.services import current_platform
from apps.tenants.tasks import nudge
from apps.warehousing.models import Pledge
from apps.warehousing.services import release_all

DAYS_TO_SIGN = 7


@dataclass(frozen=True, slots=True)
class Refill:
    """A running financing that the new one pays off: what that takes of the new amount at most, and the principal that
    is no longer out then. In the currency of both."""

    financing: int
    number: str
    amount: Decimal
    frees: Decimal


def lock_seller(seller_id: int) -> Seller:
    """The seller's row, locked until the transaction ends. Raises SellerBusy when someone else holds it."""
    try:
        with transaction.atomic():
            return Seller.objects.select_for_update(nowait=True).get(pk=seller_id)
    except OperationalError as error:
        raise SellerBusy(_("Your account is being updated right now. Please try again in a minute.")) from error


def accept_offer(
    *,
    offer_id: int,
    seller_id: int,
    amount: Decimal,
    business_date: date,
    zone: ZoneInfo,
    language: str,
    at: datetime,
    by: str,
    refill: Refill | None = None,
) -> Contract:
    """Accept an offer for `amount` (in its currency) and draft the contract; its paper is rendered after commit.

    A `refill` names the financing that is paid off out of the amount. Accepting twice with the same amount answers the
    same contract. Raises OfferRefused when the offer is not open any more or the amount does not fit it, SellerBusy
    while the seller's day is being closed, Offer.DoesNotExist when it is not this seller's.
    """
    with transaction.atomic():
        seller = lock_seller(seller_id)
        offer = (
            Offer.objects.select_for_update(of=("self",))
            .select_related("version__product__pool", "assessment")
            .get(pk=offer_id, seller_id=seller_id)
        )
        known = Contract.objects.filter(application__offer=offer).first()
        if known is not None and offer.accepted_amount == amount and known.state != "void":
            return known
        if offer.version.terms.technique == RECEIPT:
            raise OfferRefused(_("Choose the receipts to pledge first. Nothing was changed."))
        check_can_accept(
            offer=offer,
            seller=seller,
            amount=amount,
            business_date=business_date,
            freed=refill.frees if refill else ZERO,
        )
        application = _decide(offer, seller, amount, business_date, at, by)
        return _draft_contract(application, offer, seller, business_date, zone, language, at, by, refill)


def choose_amount(*, offer_id: int, seller_id: int, amount: Decimal) -> None:
    """Keep the amount that the seller has in mind, in the offer's currency. It agrees nothing; an offer that is not
    open any more keeps what it had."""
    Offer.objects.open().filter(pk=offer_id, seller_id=seller_id).update(wanted_amount=amount)


def check_can_accept(
    *, offer: Offer, seller: Seller, amount: Decimal, business_date: date, freed: Decimal = ZERO
) -> None:
    """Raises OfferRefused with the reason when `seller` cannot accept `offer` for `amount` on `business_date`; `freed`
    is principal that the new financing pays off."""
    _check_seller(seller, business_date)
    _check_offer(offer, seller, business_date)
    if not is_payable(amount, offer.currency):
        raise OfferRefused(_("Please enter an amount without smaller parts than the currency has."))
    if not offer.minimum_amount <= amount <= offer.maximum_amount:
        raise OfferRefused(_("Please choose an amount between the least and the most that the offer shows."))
    if not within_limit(amount, offer.assessment.limit, exposure_of_seller(seller.pk) - freed):
        raise OfferRefused(_("This amount is more than you can draw today. Please choose a smaller amount."))
    if refusal := refusal_to_fund(offer, amount):
        raise OfferRefused(refusal)


def _check_seller(seller: Seller, business_date: date) -> None:
    if seller.state != "verified":
        raise OfferRefused(_("Your account is not open for new financing. Please contact the platform."))
    if not seller.consents.in_force(business_date).filter(data=ORDERS).exists():
        raise OfferRefused(_("Offers rest on your orders, which nobody may read at present. Nothing was changed."))


def _check_offer(offer: Offer, seller: Seller, business_date: date) -> None:
    if offer.state != "delivered":
        raise OfferRefused(_("This offer is no longer open. Nothing was changed. See your current offers."))
    if offer.expires_on < business_date:
        raise OfferRefused(_("This offer has expired. Nothing was changed. See your current offers."))
    waiting = seller.applications.filter(product_code=offer.product_code, state__in=OPEN_STATES)
    if waiting.pending().outside_policy().exists():
        raise OfferRefused(_("A person looks at your request for more of this. Take it back first, then draw this."))
    if waiting.exists():
        raise OfferRefused(_("A contract for this already waits for you. Sign it or give it up first."))


def can_accept(*, offer: Offer, seller: Seller, amount: Decimal, business_date: date) -> bool:
    """Whether `check_can_accept` would let it pass."""
    try:
        check_can_accept(offer=offer, seller=seller, amount=amount, business_date=business_date)
    except OfferRefused:
        return False
    return True


def _decide(offer: Offer, seller: Seller, amount: Decimal, business_date: date, at: datetime, by: str) -> Application:
    """An application within policy passes review without a person; the decision freezes all that it rested on."""
    application = Application(
        seller=seller,
        offer=offer,
        version=offer.version,
        product_code=offer.product_code,
        collateral=f"orders of offer {offer.pk}" if offer.version.terms.technique == RECEIVABLE else "",
        requested_amount=amount,
        currency=offer.currency,
        business_date=business_date,
    )
    application.save()
    log_birth([application], at=at, by=by)
    promise(application, offer, amount)
    application.move("submit", at=at, by=by)
    application.move("assess", at=at, by=by)
    application.move(
        "approve",
        at=at,
        by="policy",
        reason="within the offer",
        amount=amount,
        valid_until=business_date + timedelta(days=DAYS_TO_SIGN),
        decision=decision_on(offer, "policy", at),
    )
    pass_over_siblings(offer, at=at, by=by)
    return application


def pass_over_siblings(offer: Offer, *, at: datetime, by: str) -> None:
    """Accepting one offer closes the seller's others."""
    for sibling in Offer.objects.open().filter(seller_id=offer.seller_id).exclude(pk=offer.pk).order_by("pk"):
        sibling.move("pass_over", at=at, by=by, reason=f"offer {offer.pk} was accepted")


def decision_on(offer: Offer, decided_by: str, at: datetime) -> dict[str, Any]:
    """What a decision on an application for `offer` rests on, to be frozen with it."""
    assessment = offer.assessment
    return {
        "decided_at": at.isoformat(),
        "decided_by": decided_by,
        "assessment": assessment.pk,
        "scorecard": assessment.scorecard,
        "score": assessment.score,
        "grade": assessment.grade,
        "default_probability": str(assessment.default_probability),
        "limit": str(assessment.limit),
        "features": assessment.features,
        "reasons": assessment.reasons,
        "product": offer.product_code,
        "version": offer.version.number,
        "offered_maximum": str(offer.maximum_amount),
    }


def _draft_contract(
    application: Application,
    offer: Offer,
    seller: Seller,
    business_date: date,
    zone: ZoneInfo,
    language: str,
    at: datetime,
    by: str,
    refill: Refill | None,
) -> Contract:
    orders = assign_orders(application.requested_amount, offer, business_date, zone)
    terms = terms_of(contract_number(application), application, offer, seller, business_date, language, orders)
    if refill is not None:
        terms["refill"] = {"financing": refill.financing, "number": refill.number, "amount": str(refill.amount)}
    set_accepted(offer, amount=amount_of(application), fee=Decimal(terms["fee"]), at=at)
    offer.move("accept", at=at, by=by)
    return store_contract(application, terms, language, at=at, by=by)


def contract_number(application: Application) -> str:
    return f"C-{application.pk:06d}"


def amount_of(application: Application) -> Decimal:
    """What was approved of what was asked for."""
    return application.approved_amount or application.requested_amount


def set_accepted(offer: Offer, *, amount: Decimal, fee: Decimal, at: datetime) -> None:
    """Set what was accepted beside what was offered; whoever moves the offer saves it."""
    offer.accepted_amount, offer.accepted_fee, offer.accepted_at = amount, fee, at
    offer.accepted_sweep_rate = offer.version.sweep_rate


def store_contract(
    application: Application, terms: dict[str, Any], language: str, *, at: datetime, by: str
) -> Contract:
    """Draft the contract that states `terms`; its paper is rendered after commit."""
    text = canonical(terms)
    contract = Contract.objects.create(
        number=contract_number(application),
        seller_id=application.seller_id,
        application=application,
        language=language,
        terms=text,
        terms_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    log_birth([contract], at=at, by=by)
    nudge("financing.render_contract", contract_id=contract.pk)
    return contract


def decline_contract(*, contract_id: int, seller_id: int, at: datetime, by: str, reason: str) -> None:
    """Give an unsigned contract up: the application is withdrawn, the offer cancelled. Asked again, nothing happens."""
    with transaction.atomic():
        lock_seller(seller_id)
        contract = Contract.objects.select_for_update().get(pk=contract_id, seller_id=seller_id)
        if contract.can("void"):
            give_back([contract.application])
            _undo(contract, "withdraw", at=at, by=by, reason=reason)


def lapse_unsigned(*, through: date, at: datetime, by: str) -> int:
    """Void the contracts whose time to sign ended on or before `through`; returns how many."""
    with transaction.atomic():
        waiting = Contract.objects.select_for_update().filter(
            state__in=["drafted", "rendered"], application__valid_until__lte=through
        )
        contracts = list(waiting.select_related("application").order_by("pk"))
        give_back([contract.application for contract in contracts])
        for contract in contracts:
            _undo(contract, "lapse", at=at, by=by, reason="not signed in time")
        tell(notices=[_lapsed(one) for one in contracts], business_date=through, at=at)
        return len(contracts)


def _lapsed(contract: Contract) -> Notice:
    asked = contract.application
    facts = {"words": "contract_lapsed", "number": contract.number, "currency": asked.currency,
             "amount": str(asked.approved_amount)}  # fmt: skip
    return Notice(contract.seller_id, "contract", f"contract_lapsed:{contract.pk}", "home", facts)


def _undo(contract: Contract, verb: str, *, at: datetime, by: str, reason: str) -> None:
    contract.move("void", at=at, by=by, reason=reason)
    application = contract.application
    release_all(
        pledges=Pledge.objects.securing(f"application:{application.pk}"),
        reason=reason,
        on=booking_date(current_platform().business_date(at)),
        at=at,
        by=by,
    )
    application.move(verb, at=at, by=by, reason=reason)
    application.offer.move("cancel", at=at, by=by, reason=reason)
