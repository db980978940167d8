"""A seller's margin call: why, how much, and three ways out."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.portal.calls import goods_table, standing_of
from apps.portal.doors import SignedIn, for_seller, shown_date
from apps.portal.receipts import receipt_labels
from apps.sellers.models import Seller
from apps.warehousing.models import MarginCall


@require_safe
@for_seller
def call(request: SignedIn, seller: Seller, call_id: int) -> HttpResponse:
    """One call, open or over."""
    found = get_object_or_404(MarginCall.objects.select_related("pledge__seller"), pk=call_id, pledge__seller=seller)
    today = shown_date(timezone.now())
    standing = standing_of(found, today)
    ways = standing.ways
    return render(
        request,
        "portal/margin_call.html",
        {
            "section": "home",
            "call": found,
            "standing": standing,
            "ways": ways,
            "cash": ways.cure("cash") if ways else None,
            "goods": ways.cure("goods") if ways else None,
            "price": ways.cure("price") if ways else None,
            "bring": [label for _key, label in receipt_labels(ways.bring)] if ways else [],
            "pledged": goods_table(ways.goods) if ways else None,
            "today": today,
        },
    )
