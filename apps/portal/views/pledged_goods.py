"""Goods that secure an advance: what they are worth, more of them, others in their place, and asking for them back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.ledger.calendar import booking_date
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.forms import BackForm, OfferGoodsForm
from apps.portal.receipts import receipt_labels
from apps.repayment.goods import ask_goods_back, financing_of
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.warehousing.models import MarginCall, Pledge
from apps.warehousing.models.pledge import HOLDING_STATES
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import offer_goods, take_back_goods
from apps.warehousing.worth import free_receipts

REFUSED = 422


@require_safe
@for_seller
def pledged(request: SignedIn, seller: Seller, pledge_id: int) -> HttpResponse:
    """A pledge that stands, or stood: its figures of last night, its goods, and what can be asked."""
    return _page(request, _own(seller, pledge_id))


@require_POST
@for_seller
@come_back_later
def offer(request: SignedIn, seller: Seller, pledge_id: int) -> HttpResponseBase:
    """Offer more goods, or others in the place of some."""
    found = _own(seller, pledge_id)
    form = _offer_form(found, request.POST)

    def act(**when: Any) -> str:
        chosen = form.cleaned_data
        offer_goods(
            pledge_id=found.pk, seller_id=seller.pk, receipt_ids=chosen["receipts"], instead_of=chosen["instead_of"],
            on=booking_date(when.pop("asked_on")), **when,
        )  # fmt: skip
        return _("Offered. The warehouse counts these goods next, then the financier decides.")

    return _done(request, found, act, offering=form)


@require_POST
@for_seller
@come_back_later
def back(request: SignedIn, seller: Seller, pledge_id: int) -> HttpResponseBase:
    """Ask for goods back."""
    found = _own(seller, pledge_id)
    form = _back_form(found, request.POST)

    def act(**when: Any) -> str:
        ask_goods_back(pledge_id=found.pk, seller_id=seller.pk, receipt_ids=form.cleaned_data["back"], **when)
        return _("Asked. The financier decides next.")

    return _done(request, found, act, asking=form)


@require_POST
@for_seller
@come_back_later
def take_back(request: SignedIn, seller: Seller, pledge_id: int) -> HttpResponseBase:
    """Take an offer back that nobody has taken in yet."""
    found = _own(seller, pledge_id)

    def act(**when: Any) -> str:
        take_back_goods(pledge_id=found.pk, on=booking_date(when.pop("asked_on")), **when)
        return _("You took the offer back. These goods are free again.")

    return _done(request, found, act)


def _done(request: SignedIn, found: Pledge, act: Callable[..., str], **forms: Any) -> HttpResponseBase:
    """Do `act` where the form is filled in, and say so; what is refused is said on the page."""
    if not all(form.is_valid() for form in forms.values()):
        return _page(request, found, status=REFUSED, **forms)
    now = timezone.now()
    try:
        said = act(asked_on=current_platform().business_date(now), at=now, by=request.user.actor)
    except PledgeRefused as refusal:
        return _page(request, found, refusal=str(refusal), status=REFUSED, **forms)
    messages.success(request, said)
    return redirect("portal:pledged", found.pk)


def _own(seller: Seller, pledge_id: int) -> Pledge:
    """A pledge of the seller's that secures an advance."""
    return get_object_or_404(Pledge, pk=pledge_id, seller=seller, subject__startswith="financing:")


def _page(
    request: SignedIn,
    found: Pledge,
    *,
    refusal: str = "",
    offering: OfferGoodsForm | None = None,
    asking: BackForm | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = list(found.pledged_receipts.live().select_related("receipt").order_by("receipt_id"))
    labels = dict(receipt_labels(row.receipt for row in rows))
    context = {
        "section": "money",
        "pledge": found,
        "financing": financing_of(found),
        "refusal": refusal,
        "goods": [labels[row.receipt_id] for row in rows if row.secured_on],
        "offered": [labels[row.receipt_id] for row in rows if not row.secured_on],
        "leaving": [labels[row.receipt_id] for row in rows if row.leaving],
        "is_counted": all(row.confirmed_weight is not None for row in rows),
        "call": MarginCall.objects.open().filter(pledge=found).first(),
        "may_change": found.state in HOLDING_STATES,
        "offering": offering or _offer_form(found, None, chosen=request.GET.getlist("receipts")),
        "asking": asking or _back_form(found, None),
    }
    return render(request, "portal/pledged.html", context, status=status)


def _offer_form(found: Pledge, typed: Any, chosen: list[str] | None = None) -> OfferGoodsForm:
    free = free_receipts(shown_date(timezone.now())).filter(holder=found.seller_id).order_by("pk")
    chosen_first = {"receipts": chosen or []}
    return OfferGoodsForm(typed, initial=chosen_first, free=receipt_labels(free), pledged=_pledged(found))


def _back_form(found: Pledge, typed: Any) -> BackForm:
    return BackForm(typed, pledged=_pledged(found))


def _pledged(found: Pledge) -> list[tuple[int, str]]:
    rows = found.pledged_receipts.securing().select_related("receipt").order_by("receipt_id")
    return receipt_labels(row.receipt for row in rows)
