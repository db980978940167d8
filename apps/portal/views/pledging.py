"""A loan on goods in store: choose receipts, see what they carry and what it costs, ask; then wait for two others."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.money import ZERO
from apps.financing.models import Application, Contract, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services import request_receipt_loan, withdraw_receipt_loan
from apps.financing.services.drawing import room_of
from apps.financing.services.preview import preview
from apps.financing.services.receipt_loans import pledge_of
from apps.ledger.calendar import booking_date
from apps.portal.costs import cost_lines
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.forms import PledgeForm
from apps.portal.receipts import receipt_labels
from apps.products.terms import RECEIPT
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.valuation import LendingTerms
from apps.warehousing.worth import free_receipts, largest_loan, worth_of

REFUSED = 422


@dataclass(frozen=True, slots=True)
class Meter:
    """What chosen goods are worth and carry, in `currency`; `share` is how much of that is asked for."""

    value: Decimal
    carries: Decimal
    asked: Decimal
    currency: str

    @property
    def share(self) -> Decimal:
        return self.asked / self.carries if self.carries else ZERO

    @property
    def tone(self) -> str:
        return "bad" if self.asked > self.carries else "good"


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def pledge(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """Choose receipts and an amount; a POST asks for the loan. Once asked for, the page says how far it has come."""
    offer = _own(seller, offer_id)
    contract = Contract.objects.filter(application__offer=offer).first()
    if contract is not None:
        return redirect("portal:contract", contract.pk)
    asked = Application.objects.filter(offer=offer).first()
    if asked is not None:
        return render(request, "portal/pledge_asked.html", _progress(offer, asked))
    return _ask(request, seller, offer) if request.method == "POST" else _choose(request, seller, offer)


@require_POST
@for_seller
@come_back_later
def withdraw(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """Take the request back while nobody has decided on it."""
    offer = _own(seller, offer_id)
    asked = get_object_or_404(Application, offer=offer)
    now = timezone.now()
    try:
        withdraw_receipt_loan(
            application_id=asked.pk,
            seller_id=seller.pk,
            business_date=booking_date(current_platform().business_date(now)),
            at=now,
            by=request.user.actor,
        )
    except OfferRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:pledge", offer.pk)
    messages.success(request, _("You took the request back. Your goods are free again, and nothing is owed."))
    return redirect("portal:home")


def _own(seller: Seller, offer_id: int) -> Offer:
    return get_object_or_404(
        Offer.objects.select_related("version__product__pool", "assessment").filter(
            version__product__technique=RECEIPT
        ),
        pk=offer_id,
        seller=seller,
    )


def _choose(request: SignedIn, seller: Seller, offer: Offer) -> HttpResponseBase:
    today = shown_date(timezone.now())
    most = next((one.most for one in room_of(seller=seller, on=today).drawable if one.offer.pk == offer.pk), None)
    if most is None:
        return render(request, "portal/offer_gone.html", {"section": "home", "offer": offer, "today": today})
    form = _form(offer, seller, request.GET or None, most)
    return render(request, "portal/pledge.html", _page(offer, form))


def _ask(request: SignedIn, seller: Seller, offer: Offer) -> HttpResponseBase:
    form = _form(offer, seller, request.POST, offer.maximum_amount)
    if form.is_valid():
        now = timezone.now()
        try:
            request_receipt_loan(
                offer_id=offer.pk,
                seller_id=seller.pk,
                receipt_ids=form.cleaned_data["receipts"],
                amount=form.cleaned_data["amount"],
                business_date=booking_date(current_platform().business_date(now)),
                at=now,
                by=request.user.actor,
            )
        except OfferRefused as refusal:
            form.add_error("amount", str(refusal))
        except PledgeRefused as refusal:
            form.add_error("receipts", str(refusal))
        else:
            return redirect("portal:pledge", offer.pk)
    return render(request, "portal/pledge.html", _page(offer, form), status=REFUSED)


def _form(offer: Offer, seller: Seller, typed: Any, most: Decimal) -> PledgeForm:
    free = free_receipts(shown_date(timezone.now())).filter(holder=seller).select_related("warehouse").order_by("pk")
    return PledgeForm(
        typed,
        initial={"amount": most},
        currency=offer.currency,
        least=offer.minimum_amount,
        most=most,
        receipts=receipt_labels(free),
    )


def _page(offer: Offer, form: PledgeForm) -> dict[str, Any]:
    page = {"section": "home", "offer": offer, "terms": offer.version.terms, "form": form}
    lending = offer.version.terms.lending
    if not form.is_bound or not form.is_valid() or lending is None:
        return page
    amount = form.cleaned_data["amount"]
    try:
        meter = _meter(form.cleaned_data["receipts"], lending, amount)
    except PledgeRefused as refusal:
        return {**page, "refusal": str(refusal)}
    figures = preview(offer=offer, amount=amount, on=shown_date(timezone.now()), zone=current_platform().zone)
    lines = cost_lines(figures.cost, fee=figures.fee, currency=offer.currency, days=None, due_on=figures.due_on)
    return {**page, "meter": meter, "amount": amount, "receipts": form.cleaned_data["receipts"], "lines": lines}


def _meter(receipts: Collection[int], lending: LendingTerms, amount: Decimal) -> Meter:
    worth = worth_of(WarehouseReceipt.objects.filter(pk__in=receipts), terms=lending, on=shown_date(timezone.now()))
    return Meter(worth.value, largest_loan(worth, lending), amount, lending.currency)


def _progress(offer: Offer, asked: Application) -> dict[str, Any]:
    held = pledge_of(asked)
    rows = list(held.pledged_receipts.select_related("receipt").order_by("receipt_id"))
    return {
        "section": "home",
        "offer": offer,
        "asked": asked,
        "pledge": held,
        "goods": [label for _key, label in receipt_labels(row.receipt for row in rows)],
        "is_counted": bool(rows) and all(row.confirmed_weight is not None for row in rows),
    }
