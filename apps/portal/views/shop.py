"""A seller's orders, documents, and the page about the shop itself."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.financing.models import Contract
from apps.orders.models import Order
from apps.portal.doors import SignedIn, for_seller
from apps.portal.formats import format_money
from apps.portal.paging import BY_NUMBER, by_moment, page_of
from apps.portal.tables import Amount, Column, Day, State, Table, Text
from apps.sellers.models import Seller

NEWEST_ORDERS = by_moment("placed_at")


@require_safe
@for_seller
def orders(request: SignedIn, seller: Seller) -> HttpResponse:
    """The orders that the platform has reported, the latest first."""
    page = page_of(Order.objects.filter(seller=seller), request.GET, key=NEWEST_ORDERS)
    table = Table(
        _("Orders"),
        (Column(_("Order")), Column(_("Placed on")), Column(_("Paid"), numeric=True), Column(_("State"))),
        [(Text(one.external_id), Day(one.placed_at), _paid(one), State("order", one.state)) for one in page.rows],
    )
    return render(request, "portal/orders.html", {"section": "orders", "table": table, "page": page})


def _paid(order: Order) -> Amount:
    if not order.refunded:
        return Amount(order.paid, order.currency)
    returned = format_money(order.refunded, order.currency)
    return Amount(order.paid, order.currency, note=_("%(amount)s given back") % {"amount": returned})


@require_safe
@for_seller
def documents(request: SignedIn, seller: Seller) -> HttpResponse:
    """All contracts, the latest first."""
    contracts = Contract.objects.filter(seller=seller).select_related("application__version__product")
    page = page_of(contracts, request.GET, key=BY_NUMBER)
    return render(request, "portal/documents.html", {"section": "documents", "page": page})


@require_safe
@for_seller
def more(request: SignedIn, seller: Seller) -> HttpResponse:
    """Language, who you are here, the ways to what is yours alone, and the way out."""
    return render(request, "portal/more.html", {"section": "more", "seller": seller})
