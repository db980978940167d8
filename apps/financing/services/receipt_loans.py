"""Loans on goods in store: asked for with chosen receipts, approved once the goods are counted and taken in.

The warehouse's count comes in between (`warehousing.services.count_goods`). From the request on the lots are held.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.mandates import Outcome
from apps.financing.models import Application, Contract, Financing, Offer
from apps.financing.pricing import flat_fee
from apps.financing.refusals import ContractRefused, OfferRefused
from apps.financing.services.acceptance import (
    DAYS_TO_SIGN,
    check_can_accept,
    contract_number,
    decision_on,
    lock_seller,
    set_accepted,
    store_contract,
)
from apps.financing.services.approvals import outcome_for
from apps.financing.services.drawing import most_drawable
from apps.financing.services.offers import exposure_of_seller
from apps.financing.services.promises import promise
from apps.financing.services.terms import terms_of
from apps.sellers.services.messages import Notice, tell
from apps.warehousing.models import Pledge, WarehouseReceipt
from apps.warehousing.services import cancel_request, confirm_pledge, release_all, request_pledge, worth_taken_in
from apps.warehousing.valuation import LendingTerms, release_refusal
from apps.warehousing.worth import largest_loan, worth_in_pledge, worth_of


def request_receipt_loan(
    *,
    offer_id: int,
    seller_id: int,
    receipt_ids: Collection[int],
    amount: Decimal,
    business_date: date,
    at: datetime,
    by: str,
) -> Application:
    """Ask for `amount` (in the offer's currency) on the seller's receipts: an application under review and a request
    for their pledge. The seller's other offers stay open.

    Asked again with the same amount, it answers the application that is there. Raises OfferRefused when the offer or
    the goods do not carry the amount, PledgeRefused or Encumbered when the goods cannot be pledged, SellerBusy while
    the seller's day is being closed, Offer.DoesNotExist when it is not this seller's.
    """
    with transaction.atomic():
        seller = lock_seller(seller_id)
        offer = (
            Offer.objects.select_for_update(of=("self",))
            .select_related("version__product__pool", "assessment")
            .get(pk=offer_id, seller_id=seller_id)
        )
        known = Application.objects.filter(offer=offer, requested_amount=amount).first()
        if known is not None and known.state in {"under_review", "approved", "contracted"}:
            return known
        check_can_accept(offer=offer, seller=seller, amount=amount, business_date=business_date)
        terms = _lending(offer)
        _check_carried(amount, receipt_ids, seller_id, terms, business_date)
        application = _asked(offer, amount, business_date, at=at, by=by)
        request_pledge(
            number=f"P-{application.pk:06d}",
            seller=seller,
            receipt_ids=receipt_ids,
            pledgee=offer.version.product.pool.financier,
            subject=f"application:{application.pk}",
            terms=terms,
            on=business_date,
            at=at,
            by=by,
        )
        return application


def approve_receipt_loan(*, application_id: int, business_date: date, at: datetime, by: str) -> Contract | None:
    """The financier takes the counted goods in and approves what they carry, at most what was asked for; the contract
    is drafted. Its paper is rendered after commit. Approved already, it answers the contract that is there.

    People are bound by their limits and the platform's sum as for every approval (`mandates`): where it takes another
    person, the goods stay as they are, the first name is kept, and nothing is answered. What the goods carry is looked
    at anew by the second; another amount makes them the first.

    Raises PledgeRefused as `confirm_pledge` does, OfferRefused when what can be approved is below the least amount or
    nobody's limit reaches it.
    """
    with transaction.atomic():
        seller = lock_seller(Application.objects.get(pk=application_id).seller_id)
        application = _locked(application_id)
        known = Contract.objects.filter(application=application).first()
        if known is not None:
            return known
        if application.state != "under_review":
            raise OfferRefused(_("This application is over. Nothing was changed."))
        offer = application.offer
        amount = _approvable(application, business_date, by)
        if outcome_for(application, amount, by) is Outcome.IS_FIRST:
            application.move(
                "propose", at=at, by=by, reason=str(amount), amount=amount, proposed_by=by, because=""
            )  # fmt: skip
            _put_on_record(application, "application_first_approval", amount, [by], business_date, at=at, by=by)
            return None
        people = [one for one in (application.proposed_by, by) if one]
        promise(application, offer, amount)
        pledge = confirm_pledge(pledge_id=pledge_of(application).pk, on=business_date, at=at, by=by)
        application.move(
            "approve",
            at=at,
            by=by,
            reason="goods counted and taken in",
            amount=amount,
            valid_until=business_date + timedelta(days=DAYS_TO_SIGN),
            decision={**decision_on(offer, by, at), "pledge": pledge.number, "lendable": str(pledge.lendable)},
            approved_by=by,
        )
        _put_on_record(application, "application_approved", amount, people, business_date, at=at, by=by)
        terms = terms_of(
            contract_number(application), application, offer, seller, business_date, seller.language, [],
            pledge=pledge,
        )  # fmt: skip
        set_accepted(offer, amount=amount, fee=Decimal(terms["fee"]), at=at)
        offer.save()
        return store_contract(application, terms, seller.language, at=at, by=by)


def _approvable(application: Application, on: date, by: str) -> Decimal:
    """What the counted goods, the limit and the funds carry of what was asked for, in whole units, if `by` took the
    goods in on `on`."""
    offer = application.offer
    pledge = pledge_of(application)
    worth = worth_taken_in(pledge_id=pledge.pk, on=on, by=by)
    exposure = exposure_of_seller(application.seller_id)
    carried = min(most_drawable(offer, exposure), worth.lendable, worth.value * pledge.limit)
    amount = min(application.requested_amount, carried.to_integral_value(rounding=ROUND_DOWN))
    if amount < offer.minimum_amount:
        raise OfferRefused(
            _(
                "The goods and the limit carry %(amount)s %(currency)s, less than the product lends. Nothing was "
                "changed."
            )
            % {"amount": max(amount, ZERO), "currency": offer.currency}
        )
    return amount


def _put_on_record(
    application: Application, kind: str, amount: Decimal, people: list[str], on: date, *, at: datetime, by: str
) -> None:
    payload = {"amount": str(amount), "approved_by": people}
    record(kind=kind, subject=f"application:{application.pk}", payload=payload, business_date=on, at=at, by=by)


def refuse_receipt_loan(*, application_id: int, reason: str, business_date: date, at: datetime, by: str) -> None:
    """The financier refuses an application under review: its goods are free again. Refused already, nothing happens.

    Raises OfferRefused without a `reason`, and when it was approved meanwhile.
    """
    if not reason.strip():
        raise OfferRefused(_("Say why, so that the seller knows."))
    _end(application_id, "reject", reason.strip(), business_date, at=at, by=by)


def withdraw_receipt_loan(*, application_id: int, seller_id: int, business_date: date, at: datetime, by: str) -> None:
    """The seller takes an application under review back: the goods are free again. Withdrawn already, nothing happens.

    Raises Application.DoesNotExist for another's, OfferRefused when it was approved meanwhile.
    """
    Application.objects.get(pk=application_id, seller_id=seller_id)
    _end(application_id, "withdraw", "withdrawn by the seller", business_date, at=at, by=by)


def pledge_of(application: Application) -> Pledge:
    """The pledge that an application asked for, while no financing rests on it."""
    return Pledge.objects.securing(f"application:{application.pk}").get()


def secure_financing(financing: Financing) -> None:
    """Let the goods that were taken in secure the financing from now on.

    Raises ContractRefused when they no longer stand, or no longer carry the amount at today's prices.
    """
    application = financing.contract.application
    pledge = Pledge.objects.select_for_update().securing(f"application:{application.pk}").first()
    if pledge is None or pledge.state != "pledged":
        raise ContractRefused(_("The goods are no longer in pledge. Nothing was changed. See your current offers."))
    rows = list(pledge.pledged_receipts.securing().select_related("receipt"))
    worth = worth_in_pledge(rows, terms=pledge.lending, on=financing.signed_on)
    if release_refusal(financing.amount, worth, pledge.lending):
        raise ContractRefused(
            _("At today's prices the goods no longer carry this amount. Nothing was changed. Ask for a new offer.")
        )
    pledge.subject = f"financing:{financing.pk}"
    pledge.save(update_fields=["subject"])


def release_repaid(*, on: date, at: datetime, by: str) -> int:
    """Let the goods of every financing go that is repaid (or never came about); answers how many pledges ended."""
    ended = Financing.objects.filter(state__in=["repaid", "overpaid", "cancelled"]).annotate(
        subject=Concat(Value("financing:"), Cast("pk", CharField()))
    )
    pledges = list(
        Pledge.objects.live()
        .exclude(state="enforcing")
        .filter(subject__startswith="financing:")
        .filter(Exists(ended.filter(subject=OuterRef("subject"))))
        .order_by("pk")
    )
    release_all(pledges=pledges, reason="repaid", on=on, at=at, by=by)
    return len(pledges)


def _lending(offer: Offer) -> LendingTerms:
    terms = offer.version.terms.lending
    if terms is None:
        raise OfferRefused(_("This offer does not lend on goods. Nothing was changed."))
    return terms


def _check_carried(
    amount: Decimal, receipt_ids: Collection[int], seller_id: int, terms: LendingTerms, on: date
) -> None:
    receipts = WarehouseReceipt.objects.filter(pk__in=receipt_ids, holder_id=seller_id)
    carried = largest_loan(worth_of(receipts, terms=terms, on=on), terms)
    if receipts and amount > carried:
        raise OfferRefused(
            _("These receipts carry %(carried)s %(currency)s today. Choose a smaller amount, or more receipts.")
            % {"carried": carried, "currency": terms.currency}
        )


def _asked(offer: Offer, amount: Decimal, business_date: date, *, at: datetime, by: str) -> Application:
    terms = offer.version.terms
    application = Application(
        seller_id=offer.seller_id,
        offer=offer,
        version=offer.version,
        product_code=offer.product_code,
        collateral="warehouse receipts",
        requested_amount=amount,
        currency=offer.currency,
        business_date=business_date,
    )
    application.save()
    log_birth([application], at=at, by=by)
    application.move("submit", at=at, by=by)
    application.move("assess", at=at, by=by, reason="waits for warehouse and financier")
    # Accepted from now on, so that no night replaces an offer whose goods are held.
    set_accepted(offer, amount=amount, fee=flat_fee(amount, terms.fee_rate, terms.currency, terms.rounding), at=at)
    offer.move("accept", at=at, by=by)
    return application


def _locked(application_id: int) -> Application:
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("offer__version__product__pool", "offer__assessment")
        .get(pk=application_id)
    )


def _end(application_id: int, verb: str, reason: str, on: date, *, at: datetime, by: str) -> None:
    with transaction.atomic():
        application = _locked(application_id)
        if application.state in {"rejected", "withdrawn"}:
            return
        if application.state != "under_review":
            raise OfferRefused(_("This application has been decided already. Nothing was changed."))
        changes = {"reasons": [reason]} if verb == "reject" else {}
        application.move(verb, at=at, by=by, reason=reason, **changes)
        application.offer.move("cancel", at=at, by=by, reason=reason)
        cancel_request(pledge_id=pledge_of(application).pk, reason=reason, on=on, at=at, by=by)
        if verb == "reject":
            facts = {"reason": reason, "words": "loan_refused"}
            notice = Notice(application.seller_id, "refused", f"loan_refused:{application.pk}", "receipts", facts)
            tell(notices=[notice], business_date=on, at=at)
