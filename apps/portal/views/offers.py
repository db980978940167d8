"""An offer: choose an amount, see all that it costs, accept."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from apps.financing.models import Contract, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services import accept_offer
from apps.financing.services.drawing import room_of
from apps.financing.services.preview import preview
from apps.ledger.calendar import booking_date
from apps.portal.costs import assigned_orders, case_lines, cost_lines, projection_picture
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.forms import DrawForm
from apps.products.terms import RECEIPT
from apps.sellers.models import Seller
from apps.tenants.services import current_platform

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def offer(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """Show the offer and what the asked amount costs; a POST accepts it and goes on to its contract."""
    chosen = get_object_or_404(
        Offer.objects.select_related("version__product__pool", "assessment", "replaced_by"), pk=offer_id, seller=seller
    )
    if chosen.version.terms.technique == RECEIPT:
        return redirect("portal:pledge", chosen.pk)
    return _accept(request, seller, chosen) if request.method == "POST" else _show(request, seller, chosen)


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
    return render(request, "portal/offer.html", _page(seller, chosen, form, None), status=REFUSED)


def _show(request: SignedIn, seller: Seller, chosen: Offer) -> HttpResponseBase:
    contract = Contract.objects.filter(application__offer=chosen).first()
    if contract is not None:
        return redirect("portal:contract", contract.pk)
    today = shown_date(timezone.now())
    drawable = {one.offer.pk: one.most for one in room_of(seller=seller, on=today).drawable}
    most = drawable.get(chosen.pk)
    if most is None:
        return render(request, "portal/offer_gone.html", {"section": "home", "offer": chosen, "today": today})
    form = DrawForm(
        request.GET if "amount" in request.GET else None,
        initial={"amount": most},
        currency=chosen.currency,
        least=chosen.minimum_amount,
        most=most,
    )
    if not form.is_bound:
        amount: Decimal | None = most
    else:
        amount = form.cleaned_data["amount"] if form.is_valid() else None
    return render(request, "portal/offer.html", _page(seller, chosen, form, amount))


def _page(seller: Seller, chosen: Offer, form: DrawForm, amount: Decimal | None) -> dict[str, Any]:
    """The page of an offer; without an amount it has no cost to show yet."""
    page = {
        "section": "home",
        "seller": seller,
        "offer": chosen,
        "terms": chosen.version.terms,
        "form": form,
        "amount": amount,
        "slider_step": 10 ** max(chosen.maximum_amount.adjusted() - 2, 0),
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
