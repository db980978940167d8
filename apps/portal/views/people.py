"""People and consents: who may read what, and where one is signed in."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.financing.services.consents import stop_reading_orders
from apps.portal.devices import device_name
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.joining import ConsentForm
from apps.portal.typed import typed_into
from apps.sellers.models import PayoutChange, Seller
from apps.sellers.services import ORDERS, give_consent

REFUSED = 422


@require_safe
@for_seller
def people(request: SignedIn, seller: Seller) -> HttpResponse:
    """Who may read what and until when, who signs in for this shop and where, and where the money goes."""
    words = {"section": "more", "seller": seller, **_who_and_what(request, seller)}
    return render(request, "portal/people.html", words)


def _who_and_what(request: SignedIn, seller: Seller) -> dict[str, Any]:
    today = shown_date(timezone.now())
    in_force = set(seller.consents.in_force(today).values_list("pk", flat=True))
    consents = [(one, one.pk in in_force) for one in seller.consents.order_by("-until", "-pk")]
    sessions = UserSession.objects.purge_and_list(request.user)
    return {
        "consents": consents,
        "reads_orders": any(holds and one.data == ORDERS for one, holds in consents),
        "sessions": [
            (one, device_name(one.user_agent), one.session_key == request.session.session_key) for one in sessions
        ],
        "change": PayoutChange.objects.open().filter(seller=seller).select_related("account").first(),
    }


@require_POST
@for_seller
@come_back_later
def withdraw(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """Take the consent to read orders back; it holds from this moment on."""
    now = timezone.now()
    with transaction.atomic():
        closed = stop_reading_orders(seller_id=seller.pk, on=shown_date(now), at=now, by=request.user.actor)
    messages.success(request, _("Done. From this moment on nobody reads your orders."))
    if closed:
        messages.info(
            request,
            ngettext(
                "The offer that rested on them is closed. What you have drawn goes on as agreed.",
                "The %(number)d offers that rested on them are closed. What you have drawn goes on as agreed.",
                closed,
            )
            % {"number": closed},
        )
    return redirect("portal:people")


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
def give(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """Let the financiers read the orders (again)."""
    form = ConsentForm(typed_into(request), initial={"years": "1"})
    if request.method != "POST" or not form.is_valid():
        words = {"section": "more", "form": form}
        return render(request, "portal/give_consent.html", words, status=REFUSED if request.method == "POST" else 200)
    now = timezone.now()
    today = shown_date(now)
    give_consent(
        seller_id=seller.pk, data=ORDERS, given_on=today, until=form.until(today), at=now, by=request.user.actor
    )
    messages.success(request, _("Thank you. Tonight we look at your orders; tomorrow you see what you can draw."))
    return redirect("portal:people")


@require_POST
@for_seller
def end_session(request: SignedIn, seller: Seller) -> HttpResponseBase:  # noqa: ARG001  as every page of a seller
    """Sign one device out, from its next request on; one's own too."""
    number = request.POST.get("session", "")
    chosen = get_object_or_404(UserSession, user=request.user, pk=number if number.isdecimal() else 0)
    if chosen.session_key == request.session.session_key:
        chosen.delete()
        logout(request)
        return redirect("account_login")
    chosen.end()
    messages.success(request, _("That device is signed out."))
    return redirect("portal:people")
