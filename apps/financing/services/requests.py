"""Requests outside policy, from the seller's side: asking for more than is on offer, answering, taking it back.

The open offer stays as it is while people look: the request has an offer of its own, which nobody sees until it is
approved, so that a refusal takes nothing away.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.dates import add_business_days
from apps.core.money import is_payable
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.beyond import cautions_of
from apps.financing.models import Application, ApplicationFile, Offer, Remark
from apps.financing.models.application import OPEN_STATES
from apps.financing.models.request import LONGEST_REMARK
from apps.financing.refusals import RequestRefused
from apps.financing.services.acceptance import decision_on, lock_seller
from apps.financing.services.receivables import assign_orders
from apps.financing.services.standing import Standing, standing_of
from apps.products.models import LendingPolicy, ProductVersion
from apps.products.terms import RECEIPT
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.sellers.services.messages import Notice, tell
from apps.tenants.services import current_platform
from apps.warehousing.services.attachments import MOST, keep_file
from apps.warehousing.uploads import Upload

COLLATERAL = "asked of a person"


@dataclass(frozen=True, slots=True)
class Said:
    """What a seller sends along: words, at most LONGEST_REMARK letters, and papers."""

    text: str = ""
    uploads: Sequence[Upload] = ()


def ask_for_more(
    *,
    version_id: int,
    seller_id: int,
    amount: Decimal,
    said: Said,
    business_date: date,
    zone: ZoneInfo,
    at: datetime,
    by: str,
) -> Application:
    """Ask people for `amount` (in the currency of the version's pool), which policy does not grant by itself: an
    application under review, its decision frozen.

    Asked again with the same amount, it answers the application that is there. Raises RequestRefused when nobody may
    grant it, when policy grants it by itself or when another waits, OfferRefused when the seller's orders do not carry
    it, SellerBusy while the seller's day is being closed, ProductVersion.DoesNotExist for an unknown version.
    """
    with transaction.atomic():
        seller = lock_seller(seller_id)
        version = ProductVersion.objects.select_related("product__pool").get(pk=version_id)
        known = open_request(seller, version.product.code)
        if known is not None and known.requested_amount == amount and known.cautions:
            return known
        standing = standing_of(seller, version, business_date)
        check_can_ask(
            seller=seller,
            version=version,
            assessment=standing.assessment if standing else None,
            may_read=standing is not None and standing.may_read,
            known=known,
        )
        check_amount(version, amount)
        assert standing is not None  # noqa: S101  # nosec B101  # checked above
        cautions = _cautions(seller, version, standing, amount)
        offer = _offer(seller, version, standing, amount, business_date)
        assign_orders(amount, offer, business_date, zone)
        return _submit(offer, amount, cautions, standing, said, business_date, at=at, by=by)


def open_request(seller: Seller, product_code: str) -> Application | None:
    """The seller's open application for the product, whatever it waits for."""
    return seller.applications.filter(product_code=product_code, state__in=OPEN_STATES).order_by("pk").first()


def check_can_ask(
    *, seller: Seller, version: ProductVersion, assessment: Assessment | None, may_read: bool, known: Application | None
) -> None:
    """Raises RequestRefused with the reason when `seller` can ask nobody for more of `version` now."""
    if seller.state != "verified":
        raise RequestRefused(_("Your account is not open for new financing. Please contact the platform."))
    if version.state != "active" or version.product.technique == RECEIPT:
        raise RequestRefused(_("This product is not on offer like this any more. Nothing was changed."))
    if known is not None:
        raise RequestRefused(_("You have asked for this already. Wait for the answer, or take that request back."))
    if assessment is None or not assessment.grade:
        raise RequestRefused(_("Your sales do not carry a limit yet, so nobody may grant you more. See why."))
    if not may_read:
        raise RequestRefused(_("Offers rest on your orders, which nobody may read at present. Nothing was changed."))
    if seller.worst_days_past_due:
        raise RequestRefused(_("A repayment is late. Once your sales have made it up, you can ask for more."))


def check_amount(version: ProductVersion, amount: Decimal) -> None:
    """Raises RequestRefused when no person may grant `amount` of the product, whoever they are."""
    if not is_payable(amount, version.product.pool.currency):
        raise RequestRefused(_("Please enter an amount without smaller parts than the currency has."))
    if not version.minimum_amount <= amount <= version.maximum_amount:
        raise RequestRefused(_("Please choose an amount between the least and the most that the product lends."))


def _cautions(seller: Seller, version: ProductVersion, standing: Standing, amount: Decimal) -> list[str]:
    offers = Offer.objects.open().filter(seller=seller, product_code=version.product.code)
    cautions = cautions_of(
        terms=version.terms,
        amount=amount,
        figures=standing.figures,
        meets_conditions=standing.meets_conditions,
        offered=offers.values_list("maximum_amount", flat=True).first(),
    )
    if not cautions:
        raise RequestRefused(_("This much is yours without asking anybody: draw it from your offer."))
    return cautions


def _offer(seller: Seller, version: ProductVersion, standing: Standing, amount: Decimal, business_date: date) -> Offer:
    """What is asked for, as an offer that is not delivered."""
    return Offer(
        seller=seller,
        version=version,
        product_code=version.product.code,
        assessment=standing.assessment,
        currency=version.product.pool.currency,
        minimum_amount=version.minimum_amount,
        maximum_amount=amount,
        expected_daily_sales=Decimal(standing.figures["daily_sales"]),
        made_on=business_date,
        expires_on=business_date + timedelta(days=version.offer_valid_days),
    )


def _submit(
    offer: Offer,
    amount: Decimal,
    cautions: list[str],
    standing: Standing,
    said: Said,
    business_date: date,
    *,
    at: datetime,
    by: str,
) -> Application:
    offer.save()
    decision = {
        **decision_on(offer, "left to people", at),
        "requested": str(amount),
        "cautions": cautions,
        "figures": standing.figures,
    }
    days = LendingPolicy.in_force().answer_days
    application = Application(
        seller=offer.seller,
        offer=offer,
        version=offer.version,
        product_code=offer.product_code,
        collateral=COLLATERAL,
        requested_amount=amount,
        currency=offer.currency,
        business_date=business_date,
        decision=decision,
        cautions=cautions,
        answer_by=add_business_days(business_date, days, current_platform().country),
    )
    application.save()
    log_birth([offer], at=at, by=by)
    log_birth([application], at=at, by=by)
    application.move("submit", at=at, by=by)
    application.move("assess", at=at, by="policy", reason="left to people")
    facts = {"decision": decision, **_keep(application, said, Remark.Kind.NOTE, at=at, by=by)}
    record(
        kind="application_asked", subject=f"application:{application.pk}", payload=facts,
        business_date=business_date, at=at, by=by,
    )  # fmt: skip
    _tell(application, business_date, at)
    return application


def answer_question(
    *, application_id: int, seller_id: int, said: Said, business_date: date, at: datetime, by: str
) -> Application:
    """The seller answers what a person asked, with words, papers or both; then it is looked at again.

    Answered already, nothing happens. Raises RequestRefused for an empty answer or when it was decided meanwhile,
    Application.DoesNotExist for another's.
    """
    with transaction.atomic():
        lock_seller(seller_id)
        application = Application.objects.select_for_update().get(pk=application_id, seller_id=seller_id)
        if application.state == "under_review" and application.remarks.filter(kind="answer").exists():
            return application
        if application.state != "info_requested":
            raise RequestRefused(_("Nothing is being asked any more. Nothing was changed."))
        if not said.text.strip() and not said.uploads:
            raise RequestRefused(_("Write an answer, or choose a file."))
        kept = _keep(application, said, Remark.Kind.ANSWER, at=at, by=by)
        application.answer_by = add_business_days(
            business_date, LendingPolicy.in_force().answer_days, current_platform().country
        )
        application.move("resubmit", at=at, by=by)
        record(
            kind="application_answered", subject=f"application:{application.pk}", payload=kept,
            business_date=business_date, at=at, by=by,
        )  # fmt: skip
        return application


def withdraw_request(*, application_id: int, seller_id: int, business_date: date, at: datetime, by: str) -> None:
    """The seller takes back what nobody has decided yet. Taken back already, nothing happens.

    Raises RequestRefused when it was decided meanwhile, Application.DoesNotExist for another's.
    """
    with transaction.atomic():
        lock_seller(seller_id)
        application = (
            Application.objects.outside_policy()
            .select_for_update(of=("self",))
            .select_related("offer")
            .get(pk=application_id, seller_id=seller_id)
        )
        if application.state == "withdrawn":
            return
        if application.state not in {"under_review", "info_requested"}:
            raise RequestRefused(_("This request has been decided already. Nothing was changed."))
        application.move("withdraw", at=at, by=by, reason="withdrawn by the seller")
        application.offer.move("cancel", at=at, by=by, reason="withdrawn by the seller")
        record(
            kind="application_withdrawn", subject=f"application:{application.pk}", payload={},
            business_date=business_date, at=at, by=by,
        )  # fmt: skip


def _keep(application: Application, said: Said, kind: str, *, at: datetime, by: str) -> dict[str, object]:
    """Keep words and papers; answers their digests, which is what the evidence log knows of them."""
    text = said.text.strip()[:LONGEST_REMARK]
    known = set(application.files.values_list("sha256", flat=True))
    fresh = {upload.sha256: upload for upload in said.uploads if upload.sha256 not in known}
    if len(known) + len(fresh) > MOST:
        raise RequestRefused(_("At most %(most)s files are kept here. Nothing was added.") % {"most": MOST})
    if text:
        Remark.objects.create(application=application, kind=kind, text=text, by=by, at=at)
    for upload in fresh.values():
        keep_file(ApplicationFile(application=application), upload, at=at, by=by)
    return {"text_sha256": hashlib.sha256(text.encode()).hexdigest() if text else "", "files_sha256": sorted(fresh)}


def _tell(application: Application, business_date: date, at: datetime) -> None:
    facts = {
        "words": "request_received",
        "amount": str(application.requested_amount),
        "currency": application.currency,
        "day": str(application.answer_by),
    }
    key = f"request_received:{application.pk}"
    notice = Notice(application.seller_id, "request", key, f"request:{application.pk}", facts)
    tell(notices=[notice], business_date=business_date, at=at)
