"""Getting money, one thing a page: how much, how it is repaid, the review. The contract is the fourth page.

What is chosen is kept at each page, on the offer itself: going back, a refresh, a dead line, another tab or another
device find it again. Only the last page does something that counts, and it does it once.
"""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.financing.models import Contract, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services import accept_offer, choose_amount
from apps.financing.services.drawing import room_of
from apps.financing.services.preview import preview
from apps.ledger.calendar import booking_date
from apps.portal.costs import assigned_orders, case_lines, cost_lines, projection_picture
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.forms import DrawForm
from apps.sellers.models import Seller
from apps.tenants.services import current_platform

REFUSED = 422
PAGES = 4


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def offer(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """How much: a POST keeps the amount and goes on; `?amount=` shows what another one would cost."""
    chosen = _found(seller, offer_id)
    most = _most(seller, chosen)
    if most is None:
        return _gone(request, seller, chosen)
    if request.method == "POST":
        form = _form(request.POST, chosen, most)
        if form.is_valid():
            choose_amount(offer_id=chosen.pk, seller_id=seller.pk, amount=form.cleaned_data["amount"])
            return redirect("portal:repayment", chosen.pk)
        return render(request, "portal/offer.html", _page(seller, chosen, form, None, 1), status=REFUSED)
    form = _form(request.GET if "amount" in request.GET else None, chosen, most)
    amount: Decimal | None = _kept(chosen, most)
    if form.is_bound:
        amount = form.cleaned_data["amount"] if form.is_valid() else None
    return render(request, "portal/offer.html", _page(seller, chosen, form, amount, 1))


@require_safe
@for_seller
def repayment(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """How the kept amount would be repaid, if sales go slowly, as expected, or fast."""
    chosen = _found(seller, offer_id)
    most = _most(seller, chosen)
    if most is None:
        return _gone(request, seller, chosen)
    amount = _kept(chosen, most)
    return render(request, "portal/repayment.html", _page(seller, chosen, _form(None, chosen, most), amount, 2))


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def review(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """All that it costs, in one place; a POST accepts what this page showed and goes on to the contract."""
    chosen = _found(seller, offer_id)
    if request.method == "POST":
        return _accept(request, seller, chosen)
    most = _most(seller, chosen)
    if most is None:
        return _gone(request, seller, chosen)
    amount = _kept(chosen, most)
    if chosen.wanted_amount is not None and amount != chosen.wanted_amount:
        messages.info(
            request, _("You can draw less today than you chose, so the amount was lowered. Please look again.")
        )
    return render(request, "portal/review.html", _page(seller, chosen, _form(None, chosen, most), amount, 3))


def _accept(request: SignedIn, seller: Seller, chosen: Offer) -> HttpResponseBase:
    form = DrawForm(request.POST, currency=chosen.currency, least=chosen.minimum_amount, most=chosen.maximum_amount)
    if form.is_valid():
        now = timezone.now()
        platform = current_platform()
        try:
            with transaction.atomic():
                contract = accept_offer(
                    offer_id=chosen.pk,
                    seller_id=seller.pk,
                    amount=form.cleaned_data["amount"],
                    business_date=booking_date(platform.business_date(now)),
                    zone=platform.zone,
                    language=get_language() or "en",
                    at=now,
                    by=request.user.actor,
                )
        except OfferRefused as refusal:
            form.add_error("amount", str(refusal))
        else:
            return redirect("portal:contract", contract.pk)
    chosen.refresh_from_db()
    if _most(seller, chosen) is None:
        return _gone(request, seller, chosen, status=REFUSED)
    return render(request, "portal/offer.html", _page(seller, chosen, form, None, 1), status=REFUSED)


def _found(seller: Seller, offer_id: int) -> Offer:
    return get_object_or_404(
        Offer.objects.select_related("version__product__pool", "assessment", "replaces"), pk=offer_id, seller=seller
    )


def _most(seller: Seller, chosen: Offer) -> Decimal | None:
    """The most that can be drawn from the offer today; None when it cannot be drawn at all."""
    today = shown_date(timezone.now())
    return {one.offer.pk: one.most for one in room_of(seller=seller, on=today).drawable}.get(chosen.pk)


def _kept(chosen: Offer, most: Decimal) -> Decimal:
    """The amount that was chosen here, or on the offer that this one replaced, as far as it fits today; else all."""
    before = getattr(chosen, "replaces", None)
    wanted = chosen.wanted_amount or (before.wanted_amount if before else None) or most
    return max(min(wanted, most), chosen.minimum_amount)


def _form(typed: Any, chosen: Offer, most: Decimal) -> DrawForm:
    return DrawForm(
        typed,
        initial={"amount": _kept(chosen, most)},
        currency=chosen.currency,
        least=chosen.minimum_amount,
        most=most,
    )


def _gone(request: HttpRequest, seller: Seller, chosen: Offer, status: int = 200) -> HttpResponseBase:
    """The offer cannot be drawn: its contract when it was accepted; else why, and the offer in its place."""
    contract = Contract.objects.filter(application__offer=chosen).first()
    if contract is not None and status == HttpResponse.status_code:
        return redirect("portal:contract", contract.pk)
    today = shown_date(timezone.now())
    newer = [one.offer for one in room_of(seller=seller, on=today).drawable]
    alike = next((one for one in newer if one.product_code == chosen.product_code), None)
    page = {
        "section": "home",
        "offer": chosen,
        "today": today,
        "contract": contract,
        "newer": alike or next(iter(newer), None),
    }
    return render(request, "portal/offer_gone.html", page, status=status)


def _page(seller: Seller, chosen: Offer, form: DrawForm, amount: Decimal | None, number: int) -> dict[str, Any]:
    """One of the pages of an offer; without an amount it has no cost to show yet."""
    page = {
        "section": "home",
        "seller": seller,
        "offer": chosen,
        "terms": chosen.version.terms,
        "form": form,
        "amount": amount,
        "slider_step": 10 ** max(chosen.maximum_amount.adjusted() - 2, 0),
        "current": number,
        "total": PAGES,
    }
    return page if amount is None else {**page, **_cost(chosen, amount)}


def _cost(chosen: Offer, amount: Decimal) -> dict[str, Any]:
    today = shown_date(timezone.now())
    try:
        figures = preview(offer=chosen, amount=amount, on=today, zone=current_platform().zone)
    except OfferRefused as refusal:
        return {"refusal": str(refusal)}
    currency, cost = chosen.currency, figures.cost
    cases = figures.projections
    expected = next((one.days for one in cases if one.case == "expected"), None)
    return {
        "figures": figures,
        "lines": cost_lines(cost, fee=figures.fee, currency=currency, days=expected, due_on=figures.due_on),
        "chart": projection_picture(cases, total=cost.total, start=today, currency=currency) if cases else None,
        "cases": case_lines(cases),
        "first_period": next(iter(figures.minimum_periods), None),
        "orders": assigned_orders(
            [(one.external_id, one.expected_on, one.value) for one in figures.orders], currency=currency
        ),
    }
