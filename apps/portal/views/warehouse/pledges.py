"""A warehouse's page for one pledge: what was asked for lies where, and how much of it is there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.portal.doors import SignedIn, for_warehouse, shown_date
from apps.portal.forms import CountForm
from apps.portal.receipts import receipt_labels
from apps.portal.typed import typed_into
from apps.warehousing.models import PledgedReceipt, Warehouse
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import count_goods

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@for_warehouse
def count_pledge(request: SignedIn, warehouse: Warehouse, pledge_id: int) -> HttpResponseBase:
    """Show the receipts of a pledge that wait for this warehouse's count; a POST says what was found of each."""
    rows = list(
        PledgedReceipt.objects.asked()
        .filter(pledge_id=pledge_id, receipt__warehouse=warehouse)
        .select_related("receipt", "pledge")
        .order_by("receipt_id")
    )
    if not rows:
        raise Http404
    form = CountForm(
        typed_into(request),
        receipts=receipt_labels(row.receipt for row in rows),
        initial={str(row.receipt_id): row.counted for row in rows if row.counted_by},
    )
    page: dict[str, Any] = {"section": "pledges", "warehouse": warehouse, "pledge": rows[0].pledge, "form": form}
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            count_goods(
                pledge_id=pledge_id,
                warehouse_id=warehouse.pk,
                counted=form.weights(),
                on=shown_date(now),
                at=now,
                by=request.user.actor,
            )
        except PledgeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Your count is on record. The financier decides next."))
            return redirect(request.path)
    return render(request, "warehouse/pledge.html", page, status=REFUSED if request.method == "POST" else 200)
