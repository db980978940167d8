"""Counts that an operator was sent to make. Nobody else in the warehouse sees them beforehand."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.portal.counts import count_page, count_table
from apps.portal.doors import SignedIn, come_back_later, for_warehouse
from apps.portal.paging import BY_NUMBER, page_of
from apps.warehousing.models import Inspection, Warehouse


@require_safe
@for_warehouse
def inspections(request: SignedIn, warehouse: Warehouse) -> HttpResponse:
    """The counts of the person who looks, the latest first."""
    mine = Inspection.objects.filter(warehouse=warehouse, inspector=request.user)
    page = page_of(mine.select_related("warehouse", "inspector"), request.GET, key=BY_NUMBER)
    table = count_table(
        page.rows, page="warehouse:inspection", caption=_("Your counts"), empty=_("You are not sent to count anything.")
    )
    return render(request, "warehouse/inspections.html", {"warehouse": warehouse, "table": table, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@for_warehouse
@come_back_later
def inspection(request: SignedIn, warehouse: Warehouse, inspection_id: int) -> HttpResponseBase:
    """One count of theirs."""
    tasks = Inspection.objects.select_related("warehouse", "inspector")
    task = get_object_or_404(tasks, pk=inspection_id, warehouse=warehouse, inspector=request.user)
    return count_page(request, task, frame="base_warehouse.html", back="warehouse:inspections", more={})
