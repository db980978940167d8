"""What a warehouse holds, and what waits for it."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.portal.doors import SignedIn, for_warehouse
from apps.portal.files import shown_files
from apps.portal.goods_forms import AttachForm, ReceiptFilterForm
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.receipts import custody_table, fact_lines, receipt_table, visible_to
from apps.portal.states import WAREHOUSE_RECEIPT
from apps.portal.views.warehouse.acts import acts_for
from apps.warehousing.custody import custody_of
from apps.warehousing.models import Inspection, PledgedReceipt, Warehouse, WarehouseReceipt

SHOWN = 50


@require_safe
@for_warehouse
def waiting(request: SignedIn, warehouse: Warehouse) -> HttpResponse:
    """What waits for this warehouse: announced goods, pledges to confirm, counts to make, receipts to look at again."""
    here = WarehouseReceipt.objects.in_warehouse(warehouse).select_related("holder")
    to_confirm = PledgedReceipt.objects.asked().filter(receipt__warehouse=warehouse, counted_by="")
    return render(
        request,
        "warehouse/waiting.html",
        {
            "warehouse": warehouse,
            "announced": receipt_table(
                here.filter(state="requested").order_by("pk")[:SHOWN],
                page="warehouse:receipt",
                caption=_("Announced goods"),
                empty=_("Nobody has announced goods."),
            ),
            "to_confirm": to_confirm.select_related("pledge", "receipt__holder").order_by("pk")[:SHOWN],
            "counts": Inspection.objects.filter(inspector=request.user, state="assigned").order_by("due_on"),
            "expired": receipt_table(
                here.filter(state="expired").order_by("pk")[:SHOWN],
                page="warehouse:receipt",
                caption=_("Expired receipts"),
                empty=_("No receipt has expired."),
            ),
        },
    )


@require_safe
@for_warehouse
def receipts(request: SignedIn, warehouse: Warehouse) -> HttpResponse:
    """Receipts of this warehouse: those in store unless another state is asked for, the latest first."""
    form = ReceiptFilterForm(request.GET, names=WAREHOUSE_RECEIPT)
    found = WarehouseReceipt.objects.in_warehouse(warehouse).select_related("holder")
    wanted, state = (form.cleaned_data["q"].strip(), form.cleaned_data["state"]) if form.is_valid() else ("", "")
    found = found.filter(state=state) if state else found.in_store()
    if wanted:
        found = found.filter(
            Q(number__iexact=wanted) | Q(lot__iexact=wanted) | Q(holder__name__icontains=wanted)
            | Q(holder__external_id__iexact=wanted)
        )  # fmt: skip
    page = page_of(found, request.GET, key=BY_NUMBER)
    table = receipt_table(
        page.rows, page="warehouse:receipt", caption=_("Receipts"), empty=_("No receipt here is like that.")
    )
    return render(
        request, "warehouse/receipts.html", {"warehouse": warehouse, "form": form, "table": table, "page": page}
    )


@require_safe
@for_warehouse
def receipt(request: SignedIn, warehouse: Warehouse, receipt_id: int) -> HttpResponse:
    """One receipt: its facts, where the goods have been, its files, and what can be done with it now."""
    found = get_object_or_404(visible_to(request.user), pk=receipt_id, warehouse=warehouse)
    return render(
        request,
        "warehouse/receipt.html",
        {
            "section": "receipts",
            "warehouse": warehouse,
            "receipt": found,
            "facts": fact_lines(found),
            "custody": custody_table(custody_of(found)),
            "files": shown_files(found.attachments.order_by("pk")),
            "acts": acts_for(found),
            "attach": AttachForm(),
        },
    )
