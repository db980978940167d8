"""Hard times: a seller looks at what can be eased, sees in money what it would change, and asks for it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.hardship import NAMES, WHY, ReliefForm, choice_table, cost_text, granted_text, mark_of, wish_text
from apps.portal.typed import typed_into
from apps.repayment.hardship import Wish
from apps.repayment.life import Refused
from apps.repayment.prospects import choice_of
from apps.repayment.relief import answer_day, ask_for_relief, kinds_for, policy_of, reasons_against
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.services import current_platform

REFUSED = 422


@require_safe
@for_seller
def choices(request: SignedIn, seller: Seller, financing_id: int) -> HttpResponse:
    """What can be asked for on a financing, and what came of what was asked for."""
    found = _financing(seller, financing_id)
    policy = policy_of(found)
    asked = list(found.relief_requests.select_related("event").order_by("-pk"))
    waits = any(one.state == "asked" for one in asked)
    kinds = [] if waits else kinds_for(found, shown_date(timezone.now()))
    page = {
        "section": "money",
        "financing": found,
        "policy": policy,
        "kinds": [(kind, NAMES[kind], granted_text(policy, kind)) for kind in kinds],
        "asked": [(one, wish_text(one.wish)) for one in asked],
        "waits": waits,
    }
    return render(request, "portal/hardship.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def ask(request: SignedIn, seller: Seller, financing_id: int, relief: str) -> HttpResponseBase:
    """One kind of relief: how much, what that would change, and why; asked for once its change has been seen."""
    found = _financing(seller, financing_id)
    if relief not in NAMES:
        raise Http404
    form = ReliefForm(typed_into(request), kind=relief, policy=policy_of(found))
    wish, refusal = form.wish(), ""
    has_looked = wish is not None and request.POST.get("looked") == mark_of(wish)
    if _asks(request) and form.is_valid() and wish is not None and has_looked:
        try:
            answer = _ask(request, seller, found, wish, form.cleaned_data)
        except Refused as no:
            refusal = str(no)
        else:
            messages.success(request, answer)
            return redirect("portal:financing", found.pk)
    is_wrong = request.method == "POST" and bool(set(form.errors) - (set() if _asks(request) else {"reason"}))
    page = {
        "section": "money",
        "financing": found,
        "form": form,
        "name": NAMES[relief],
        "kind": relief,
        "refusal": refusal,
        "is_wrong": is_wrong,
        "look_first": _asks(request) and not (has_looked or is_wrong),
        **_seen(request, seller, found, wish),
    }
    return render(request, "portal/ask_relief.html", page, status=REFUSED if refusal or is_wrong else 200)


def _asks(request: SignedIn) -> bool:
    """Whether it is asked for, and not only looked at."""
    return request.method == "POST" and "look" not in request.POST


def _financing(seller: Seller, key: int) -> Financing:
    financings = Financing.objects.select_related("version__product").exclude(disbursed_on=None)
    return get_object_or_404(financings, pk=key, seller=seller)


def _ask(request: SignedIn, seller: Seller, found: Financing, wish: Wish, typed: dict[str, Any]) -> str:
    """Ask; what to tell the seller then."""
    now = timezone.now()
    asked = ask_for_relief(
        financing_id=found.pk, seller_id=seller.pk, wish=wish, reason=typed["reason"], key=typed["key"],
        country=current_platform().country, shown=request.POST.get("shown", ""), asked_on=shown_date(now), at=now,
        by=request.user.actor,
    )  # fmt: skip
    if asked.state == "granted":
        return _("It is granted and holds from now on.")
    if asked.state == "refused":
        return _("This request was answered already. You find the answer below.")
    return _("We have your request. A person answers you here; until then everything stays as it is.")


def _seen(request: SignedIn, seller: Seller, found: Financing, wish: Wish | None) -> dict[str, Any]:
    """What `wish` would change, or why it cannot be; nothing where it is not typed whole."""
    if wish is None:
        return {}
    now = timezone.now()
    today = shown_date(now)
    try:
        choice = choice_of(
            found, wish, daily_sales=_daily_sales(seller, today), asked_on=today, at=now, by=request.user.actor
        )
    except Refused as no:
        return {"impossible": str(no)}
    reasons = reasons_against(found, wish, choice.change.event.business_date)
    return {
        "change": choice_table(choice, found.currency),
        "cost": cost_text(choice, found.currency),
        "until": choice.change.event.details.get("until") and date.fromisoformat(choice.change.event.details["until"]),
        "why": [WHY[name] for name in reasons],
        "answer_by": answer_day(today, current_platform().country) if reasons else None,
        "looked": mark_of(wish),
        "shown": choice.change.fingerprint,
    }


def _daily_sales(seller: Seller, today: date) -> Decimal:
    assessment = Assessment.objects.latest_of(seller, today)
    return Decimal(assessment.features["daily_sales"]) if assessment else ZERO
