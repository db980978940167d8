"""What a seller has drawn, and every movement of it."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.financing.models import Financing
from apps.portal.doors import SignedIn, for_seller, shown_date
from apps.portal.financings import demand_table, figures_of, movement_table, receipt_lines
from apps.portal.paging import BY_NUMBER, page_of
from apps.repayment.receipts import receipts_of
from apps.risk.models import Assessment
from apps.sellers.models import Seller

RECEIPTS_SHOWN = 5
MOVEMENTS_SHOWN = 20


@require_safe
@for_seller
def money(request: SignedIn, seller: Seller) -> HttpResponse:
    """All financings, the latest first."""
    financings = Financing.objects.filter(seller=seller).select_related("version__product")
    page = page_of(financings, request.GET, key=BY_NUMBER)
    return render(request, "portal/money.html", {"section": "money", "page": page})


@require_safe
@for_seller
def financing(request: SignedIn, seller: Seller, financing_id: int) -> HttpResponse:
    """One financing: what is owed, when it is done, what each night took, what falls due, and its whole history."""
    found = get_object_or_404(
        Financing.objects.select_related("version__product", "contract"), pk=financing_id, seller=seller
    )
    today = shown_date(timezone.now())
    movements = page_of(found.movements.all(), request.GET, key=BY_NUMBER, size=MOVEMENTS_SHOWN)
    return render(
        request,
        "portal/financing.html",
        {
            "section": "money",
            "figures": figures_of(found, Assessment.objects.latest_of(seller, today), today),
            "financing": found,
            "receipts": [receipt_lines(one) for one in receipts_of(found, number=RECEIPTS_SHOWN)],
            "demands": demand_table(found.demands.order_by("number"), found.currency),
            "movements": movement_table(movements.rows, found.currency),
            "page": movements,
        },
    )
