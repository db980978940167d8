"""Messages: everything that a seller was told, and what they want to be told where and when."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.portal.doors import SignedIn, for_seller
from apps.portal.messaging.wishes import WishesForm
from apps.portal.messaging.words import speak
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.typed import typed_into
from apps.sellers.models import Message, Seller
from apps.sellers.services.messages import choose, mark_read, settings_of

REFUSED = 422


@require_safe
@for_seller
def inbox(request: SignedIn, seller: Seller) -> HttpResponse:
    """All messages, the latest first, each with its one action."""
    page = page_of(Message.objects.filter(seller=seller), request.GET, key=BY_NUMBER)
    newest = max((one.pk for one in page.rows if one.read_at is None), default=None)
    told = [speak(one) for one in page.rows]
    return render(
        request, "portal/messages/inbox.html", {"section": "more", "page": page, "told": told, "newest": newest}
    )


@require_POST
@for_seller
def read(_request: SignedIn, seller: Seller, message_id: int) -> HttpResponseBase:
    """Note that everything up to a message is read; asked again, nothing changes."""
    found = get_object_or_404(Message, pk=message_id, seller=seller)
    mark_read(seller_id=seller.pk, through=found.pk, at=timezone.now())
    return redirect("portal:messages")


@require_POST
@for_seller
def follow(_request: SignedIn, seller: Seller, message_id: int) -> HttpResponseBase:
    """Take the one action of a message: it is read, and the page that it is about opens."""
    found = get_object_or_404(Message, pk=message_id, seller=seller)
    if found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    return redirect(speak(found).href)


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
def wishes(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """What to tell where, how often, and when not."""
    form = WishesForm(typed_into(request), chosen=settings_of(seller))
    if request.method == "POST" and form.is_valid():
        choose(seller_id=seller.pk, **form.chosen_values())
        messages.success(request, _("Kept. It holds from the next message on."))
        return redirect("portal:messages")
    page: dict[str, Any] = {"section": "more", "form": form, "user": request.user}
    return render(request, "portal/messages/wishes.html", page, status=REFUSED if request.method == "POST" else 200)
