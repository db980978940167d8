"""Getting money, one thing a page: how much, how it is repaid, the review. The contract is the fourth page.

What is chosen is kept at each page, on the offer itself: going back, a refresh, a dead line, another tab or another
device find it again. Only the last page does something that counts, and it does it once.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.money import ZERO
from apps.financing.models import Application, Contract, Offer
from apps.financing.refusals import OfferRefused
from apps.financing.services import accept_offer, choose_amount
from apps.financing.services.acceptance import Refill
from apps.financing.services.drawing import most_drawable, room_of
from apps.financing.services.preview import preview
from apps.ledger.calendar import booking_date
from apps.portal.costs import assigned_orders, case_lines, cost_lines, fine_words, projection_picture
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.forms import DrawForm
from apps.portal.instalments import agreed_table
from apps.portal.typed import typed_into
from apps.products.terms import RECEIPT
from apps.repayment.refilling import accept_refill, refill_of
from apps.sellers.models import Seller
from apps.tenants.services import current_platform

REFUSED = 422
PAGES = 4


@dataclass(frozen=True, slots=True)
class Draw:
    """What a seller is about to draw: from which offer, at most how much today (None: nothing any more), and which
    running financing it pays off first, if any."""

    seller: Seller
    offer: Offer
    most: Decimal | None
    refill: Refill | None

    @property
    def kept(self) -> Decimal:
        """The amount chosen here, or on the offer that this one replaced, as far as it fits today; else all."""
        before = getattr(self.offer, "replaces", None)
        most = self.most or ZERO
        wanted = self.offer.wanted_amount or (before.wanted_amount if before else None) or most
        return max(min(wanted, most), self.offer.minimum_amount)

    @property
    def query(self) -> str:
        """What the address of the next page says besides."""
        return f"?refill={self.refill.financing}" if self.refill else ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def offer(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """How much: a POST keeps the amount and goes on; `?amount=` shows what another one would cost."""
    draw = _draw(request, seller, offer_id)
    elsewhere = _elsewhere(request, draw)
    if elsewhere is not None:
        return elsewhere
    if request.method == "POST":
        form = _form(request.POST, draw)
        if form.is_valid():
            choose_amount(offer_id=offer_id, seller_id=seller.pk, amount=form.cleaned_data["amount"])
            return redirect(reverse("portal:repayment", args=[offer_id]) + draw.query)
        return render(request, "portal/offer.html", _page(draw, form, None, 1), status=REFUSED)
    form = _form(request.GET if "amount" in request.GET else typed_into(request), draw)
    amount: Decimal | None = draw.kept
    if form.is_bound:
        amount = form.cleaned_data["amount"] if form.is_valid() else None
    return render(request, "portal/offer.html", _page(draw, form, amount, 1))


@require_safe
@for_seller
def repayment(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """How the kept amount would be repaid, if sales go slowly, as expected, or fast."""
    draw = _draw(request, seller, offer_id)
    elsewhere = _elsewhere(request, draw)
    return elsewhere or render(request, "portal/repayment.html", _page(draw, _form(None, draw), draw.kept, 2))


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def review(request: SignedIn, seller: Seller, offer_id: int) -> HttpResponseBase:
    """All that it costs, in one place; a POST accepts what this page showed and goes on to the contract."""
    draw = _draw(request, seller, offer_id)
    if request.method == "POST":
        return _accept(request, draw)
    elsewhere = _elsewhere(request, draw)
    if elsewhere is not None:
        return elsewhere
    if draw.offer.wanted_amount is not None and draw.kept != draw.offer.wanted_amount:
        messages.info(
            request, _("You can draw less today than you chose, so the amount was lowered. Please look again.")
        )
    return render(request, "portal/review.html", _page(draw, _form(None, draw), draw.kept, 3))


def _accept(request: SignedIn, draw: Draw) -> HttpResponseBase:
    chosen, seller = draw.offer, draw.seller
    form = DrawForm(request.POST, currency=chosen.currency, least=chosen.minimum_amount, most=chosen.maximum_amount)
    if form.is_valid():
        now = timezone.now()
        platform = current_platform()
        try:
            refills = form.cleaned_data["refill"]
            # One of the two: an offer as it is, or one whose money first pays off a financing that runs.
            accept = partial(accept_refill, financing_id=refills) if refills else accept_offer
            with transaction.atomic():
                contract = accept(
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
    draw = _draw(request, seller, chosen.pk)
    elsewhere = _elsewhere(request, draw, status=REFUSED)
    return elsewhere or render(request, "portal/offer.html", _page(draw, form, None, 1), status=REFUSED)


def _elsewhere(request: HttpRequest, draw: Draw, status: int = 200) -> HttpResponseBase | None:
    """The answer where an offer is not drawn on these pages: a loan on goods has its own, while a person looks at a
    request for more that comes first, and one that is gone says why. None: go on."""
    asked = Application.objects.pending().outside_policy().filter(seller=draw.seller)
    request_for_more = asked.filter(product_code=draw.offer.product_code).first()
    if request_for_more is not None and draw.offer.state in {"draft", "delivered"}:
        return redirect("portal:request", request_for_more.pk)
    if draw.offer.version.terms.technique == RECEIPT:
        return redirect("portal:pledge", draw.offer.pk)
    return _gone(request, draw.seller, draw.offer, status) if draw.most is None else None


def _draw(request: HttpRequest, seller: Seller, offer_id: int) -> Draw:
    found = get_object_or_404(
        Offer.objects.select_related("version__product__pool", "assessment", "replaces"), pk=offer_id, seller=seller
    )
    today = shown_date(timezone.now())
    room, refill = room_of(seller=seller, on=today), _refill(request, seller, today)
    if refill is not None:
        most = most_drawable(found, room.in_use - refill.frees)
        return Draw(seller, found, most if most >= found.minimum_amount else None, refill)
    return Draw(seller, found, {one.offer.pk: one.most for one in room.drawable}.get(found.pk), None)


def _refill(request: HttpRequest, seller: Seller, today: date) -> Refill | None:
    """The running financing that the seller wants to pay off first, if the request names one that can be."""
    named = request.POST.get("refill") or request.GET.get("refill") or ""
    try:
        return refill_of(financing_id=int(named), seller_id=seller.pk, on=today)
    except (ValueError, OfferRefused):
        return None


def _form(typed: Any, draw: Draw) -> DrawForm:
    return DrawForm(
        typed,
        initial={"amount": draw.kept, "refill": draw.refill.financing if draw.refill else None},
        currency=draw.offer.currency,
        least=draw.offer.minimum_amount,
        most=draw.most or draw.offer.maximum_amount,
    )


def _gone(request: HttpRequest, seller: Seller, chosen: Offer, status: int = 200) -> HttpResponseBase:
    """The offer cannot be drawn: its contract when it was accepted; else why, and the offer in its place."""
    contract = Contract.objects.filter(application__offer=chosen).first()
    if contract is not None and status == HttpResponse.status_code:
        return redirect("portal:contract", contract.pk)
    today = shown_date(timezone.now())
    room = room_of(seller=seller, on=today)
    newer = [one.offer for one in room.drawable]
    alike = next((one for one in newer if one.product_code == chosen.product_code), None)
    page = {
        "section": "home",
        "offer": chosen,
        "today": today,
        "contract": contract,
        "is_fund_full": room.is_fund_full,
        "newer": alike or next(iter(newer), None),
    }
    return render(request, "portal/offer_gone.html", page, status=status)


def _page(draw: Draw, form: DrawForm, amount: Decimal | None, number: int) -> dict[str, Any]:
    """One of the pages of an offer; without an amount it has no cost to show yet."""
    chosen, refill = draw.offer, draw.refill
    page = {
        "section": "home",
        "seller": draw.seller,
        "offer": chosen,
        "terms": chosen.version.terms,
        "form": form,
        "amount": amount,
        "slider_step": 10 ** max(chosen.maximum_amount.adjusted() - 2, 0),
        "current": number,
        "total": PAGES,
        "refill": refill,
        "may_ask": refill is None and chosen.maximum_amount < chosen.version.maximum_amount,
        "query": draw.query,
        "reaches_you": amount - refill.amount if refill and amount and amount > refill.amount else None,
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
        "fine": fine_words(chosen.version.terms),
        "lines": cost_lines(
            cost,
            fee=figures.fee,
            currency=currency,
            days=expected,
            due_on=figures.due_on,
            late_costs=chosen.version.terms.penalises,
            instalments=len(figures.schedule),
        ),
        "schedule": agreed_table(figures.schedule, currency) if figures.schedule else None,
        "chart": projection_picture(cases, total=cost.total, start=today, currency=currency) if cases else None,
        "cases": case_lines(cases),
        "first_period": next(iter(figures.minimum_periods), None),
        "orders": assigned_orders(
            [(one.external_id, one.expected_on, one.value) for one in figures.orders], currency=currency
        ),
    }
