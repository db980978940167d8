"""Who comes in by which door of the portal, and what they meet when someone else is at work behind it."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from apps.core.states import ConcurrentTransition
from apps.core.turns import lost_its_turn
from apps.financing.refusals import SellerBusy
from apps.ledger.calendar import DateClosed, open_date
from apps.sellers.models import Message, Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role, User
from apps.warehousing.models import Operator

View = Callable[..., HttpResponseBase]
SECONDS_TO_WAIT = 60


class SignedIn(HttpRequest):
    """A request that a door has let in: its user is one of this platform's people."""

    user: User
    unread: int = 0


def for_seller(view: View) -> View:
    """Let signed-in sellers in; the view gets the seller that the person acts for as its second argument.

    A person whose shop is not connected yet is told so, whatever page they asked for.
    """

    @for_roles(Role.SELLER)
    @wraps(view)
    def opened(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
        unread = Message.objects.unread().filter(seller=OuterRef("pk")).order_by().values("seller")
        sellers = Seller.objects.of(request.user).select_related("payout_account")
        seller = sellers.annotate(unread=Subquery(unread.annotate(number=Count("pk")).values("number"))).first()
        if seller is None:
            return render(request, "portal/no_shop.html")
        request.unread = seller.unread or 0
        return view(request, seller, *args, **kwargs)

    return opened


def for_warehouse(view: View) -> View:
    """Let warehouse operators in; the view gets the warehouse that the person works in as its second argument."""

    @for_roles(Role.WAREHOUSE)
    @wraps(view)
    def opened(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
        operator = get_object_or_404(Operator.objects.select_related("warehouse"), user=request.user)
        return view(request, operator.warehouse, *args, **kwargs)

    return opened


def come_back_later(view: View) -> View:
    """Answer 409 and when to try again where the view finds the seller, or the row, in someone else's hands, or the
    date closed meanwhile."""

    @wraps(view)
    def patient(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except SellerBusy as busy:
            return _busy(request, str(busy))
        except DateClosed:
            return _busy(request, _("The books of this day were just closed. Nothing was done. Please try again."))
        except ConcurrentTransition:
            return _busy(request, "")

    return patient


class ComeBackLaterMiddleware:
    """Whichever page's act the database undid because another was in its way is answered like `come_back_later`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _busy(request, "") if lost_its_turn(exception) else None


def _busy(request: HttpRequest, message: str) -> HttpResponse:
    words = {"message": message, "retry_after": SECONDS_TO_WAIT, "back_href": request.path}
    response = render(request, "409.html", words, status=409)
    response["Retry-After"] = str(SECONDS_TO_WAIT)
    return response


def shown_date(at: datetime) -> date:
    """The business date that a page opened at instant `at` speaks of."""
    return open_date(current_platform().business_date(at))
