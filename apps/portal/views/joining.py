"""A seller joins: one thing a page, saved at each, to be left and taken up again on any device."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.joining import AccountForm, BusinessForm, ConsentForm, IdentityForm, last_word, steps_of
from apps.portal.typed import typed_into
from apps.sellers.models import STEPS, Particulars, Seller
from apps.sellers.services import (
    JoiningRefused,
    save_account,
    save_business,
    save_consents,
    save_identity,
    submit,
)
from apps.tenants.services import current_platform

REFUSED = 422


@require_safe
@for_seller
def overview(request: SignedIn, seller: Seller) -> HttpResponse:
    """What is done, what is left, and what staff have said."""
    if not seller.is_joining():
        return redirect("portal:home")
    words = {"seller": seller, "steps": steps_of(seller), "left": seller.steps_left(), "last_word": last_word(seller)}
    return render(request, "portal/joining/overview.html", words)


def step(name: str) -> Callable[..., HttpResponseBase]:
    """The page of one step."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @for_seller
    @come_back_later
    def view(request: SignedIn, seller: Seller) -> HttpResponseBase:
        if not seller.may_fill_in():
            return redirect("portal:joining")
        form = _form(name, seller, typed_into(request))
        if request.method == "POST" and form.is_valid():
            try:
                saved = _save(name, request, seller, form)
            except JoiningRefused:
                return redirect("portal:joining")
            return redirect("portal:joining" if not (left := saved.steps_left()) else f"portal:joining_{left[0]}")
        words = {
            "name": name,
            "form": form,
            "position": STEPS.index(name) + 1,
            "steps": steps_of(seller),
            "label": steps_of(seller)[STEPS.index(name)].label,
        }
        return render(request, "portal/joining/step.html", words, status=REFUSED if request.method == "POST" else 200)

    return view


@require_POST
@for_seller
@come_back_later
def send_in(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """Send everything in; sent in already, it shows how that stands."""
    try:
        submit(seller_id=seller.pk, at=timezone.now(), by=request.user.actor)
    except JoiningRefused as refusal:
        seller.refresh_from_db()
        words = {"seller": seller, "steps": steps_of(seller), "left": seller.steps_left(), "refusal": str(refusal)}
        return render(request, "portal/joining/overview.html", words, status=REFUSED)
    return redirect("portal:joining")


def _form(name: str, seller: Seller, typed: Any) -> Any:
    """The form of a step, filled with what was saved."""
    country = current_platform().country
    told = Particulars.objects.filter(seller=seller).first() or Particulars(seller=seller)
    account = seller.payout_account
    match name:
        case "identity":
            initial = {"legal_form": told.legal_form, "legal_name": told.legal_name, "number": told.number}
            return IdentityForm(typed, initial=initial, country=country)
        case "business":
            initial = {"category": seller.category, "region": seller.region, "shop_number": told.shop_number}
            today = shown_date(timezone.now())
            return BusinessForm(typed, initial={**initial, "sells_since": told.sells_since}, today=today)
        case "payout_account":
            shown = {"holder": account.holder, "bank": account.bank, "number": account.number} if account else {}
            return AccountForm(typed, initial=shown or {"holder": told.legal_name}, country=country)
        case _:
            return ConsentForm(typed, initial={"years": "1", "orders": seller.data_consent_done})


def _save(name: str, request: SignedIn, seller: Seller, form: forms.Form) -> Seller:
    match form:
        case IdentityForm():
            return save_identity(seller_id=seller.pk, identity=form.identity)
        case BusinessForm():
            return save_business(seller_id=seller.pk, business=form.business)
        case AccountForm():
            return save_account(seller_id=seller.pk, account=form.account)
        case ConsentForm():
            now = timezone.now()
            today = shown_date(now)
            return save_consents(seller_id=seller.pk, until=form.until(today), on=today, at=now, by=request.user.actor)
    raise TypeError(f"{name} is no step of joining.")
