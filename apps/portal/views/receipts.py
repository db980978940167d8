"""A seller's goods in store: what lies where, bringing more, passing a receipt on; papers and files for all who may."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.money import ZERO
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.files import sent_as_kept, shown_files
from apps.portal.goods_forms import AnnounceForm, PassOnForm
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.receipts import custody_table, fact_lines, stock_table, visible_to
from apps.portal.tables import Amount
from apps.portal.typed import typed_into
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role
from apps.warehousing.custody import custody_of
from apps.warehousing.models import Attachment, Inspection, Pledge, ReceiptTransfer, WarehouseReceipt
from apps.warehousing.services import (
    ReceiptRefused,
    accept_transfer,
    announce_goods,
    decline_transfer,
    offer_transfer,
    paper_of,
    take_back_transfer,
)
from apps.warehousing.worth import free_receipts, market_values, stock_of

REFUSED = 422


@require_safe
@for_seller
def receipts(request: SignedIn, seller: Seller) -> HttpResponse:
    """What the seller holds, the latest first, and what others offer."""
    page = page_of(visible_to(request.user), request.GET, key=BY_NUMBER)
    today, currency = shown_date(timezone.now()), current_platform().currency
    worths = market_values(stock_of(seller), currency=currency, on=today)
    free = free_receipts(today).filter(holder=seller).values_list("pk", flat=True)
    offered = ReceiptTransfer.objects.open().filter(taker=seller).select_related("receipt__warehouse", "giver")
    pledges = Pledge.objects.live().filter(seller=seller, subject__startswith="financing:").order_by("pk")
    context = {
        "section": "more",
        "table": stock_table(page.rows, worths, currency=currency, page="portal:receipt"),
        "page": page,
        "offered": offered.order_by("pk"),
        "pledges": pledges,
        "worth": Amount(sum((one.value for one in worths.values()), ZERO), currency) if worths else None,
        "free": Amount(sum((worths[key].value for key in free if key in worths), ZERO), currency),
    }
    return render(request, "portal/receipts.html", context)


@require_safe
@for_seller
def receipt(request: SignedIn, _seller: Seller, receipt_id: int) -> HttpResponse:
    """One receipt: its facts, its paper, where the goods have been."""
    return _page(request, get_object_or_404(visible_to(request.user), pk=receipt_id), PassOnForm(typed_into(request)))


def _page(
    request: SignedIn, found: WarehouseReceipt, form: PassOnForm, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "section": "more",
        "receipt": found,
        "facts": fact_lines(found),
        "custody": custody_table(custody_of(found)),
        "files": shown_files(found.attachments.order_by("pk")),
        "offer": found.transfers.open().select_related("taker").first(),
        "form": form if found.state == "issued" else None,
        "refusal": refusal,
        "has_paper": found.weight is not None,
    }
    return render(request, "portal/receipt.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def bring(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """The seller says that goods will come."""
    form, refusal = AnnounceForm(typed_into(request), language=get_language() or "en"), ""
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("warehouse", "commodity", "weight", "unit", "origin")}
        try:
            asked = announce_goods(number=form.number, seller=seller, **facts, at=timezone.now(), by=request.user.actor)
        except ReceiptRefused as error:
            refusal = str(error)
        else:
            messages.success(request, _("The warehouse knows that you come. Bring this number: %(number)s.")
                             % {"number": asked.number})  # fmt: skip
            return redirect("portal:receipt", asked.pk)
    context = {"section": "more", "form": form, "refusal": refusal}
    return render(request, "portal/bring.html", context, status=REFUSED if request.method == "POST" else 200)


@require_POST
@for_seller
@come_back_later
def pass_on(request: SignedIn, seller: Seller, receipt_id: int) -> HttpResponseBase:
    """Offer a receipt to another seller."""
    found = get_object_or_404(visible_to(request.user), pk=receipt_id)
    form, now = PassOnForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, found, form, status=REFUSED)
    try:
        offer_transfer(
            receipt_id=found.pk, giver_id=seller.pk, taker_number=form.cleaned_data["taker"], on=shown_date(now),
            at=now, by=request.user.actor,
        )  # fmt: skip
    except ReceiptRefused as error:
        return _page(request, found, form, str(error), REFUSED)
    messages.success(request, _("Offered. The goods are theirs once they accept; until then they stay yours."))
    return redirect("portal:receipt", found.pk)


@require_POST
@for_seller
@come_back_later
def answer(request: SignedIn, seller: Seller, transfer_id: int, answer: str) -> HttpResponseBase:
    """Accept or decline what another seller offers, or take one's own offer back."""
    whose = {"accept": "taker", "decline": "taker", "take-back": "giver"}.get(answer)
    if whose is None:
        raise Http404
    offer = get_object_or_404(ReceiptTransfer, pk=transfer_id, **{whose: seller})
    now = timezone.now()
    when: dict[str, Any] = {"at": now, "by": request.user.actor}
    try:
        if answer == "accept":
            accept_transfer(transfer_id=offer.pk, taker_id=seller.pk, on=shown_date(now), **when)
            messages.success(request, _("The goods are yours now."))
            return redirect("portal:receipt", offer.receipt_id)
        if answer == "decline":
            decline_transfer(transfer_id=offer.pk, taker_id=seller.pk, **when)
        else:
            take_back_transfer(transfer_id=offer.pk, giver_id=seller.pk, **when)
    except ReceiptRefused as error:
        messages.error(request, str(error))
    return redirect("portal:receipts")


@require_safe
@for_roles(*Role.values)
@come_back_later
def paper(request: SignedIn, receipt_id: int) -> HttpResponseBase:
    """The receipt's paper: the stored bytes; rendered now if the receipt states something new."""
    found = get_object_or_404(visible_to(request.user), pk=receipt_id)
    try:
        kept = paper_of(
            receipt_id=found.pk, site=request.build_absolute_uri("/"), at=timezone.now(), by=request.user.actor
        )
        document = kept.document.open("rb")
    except (ReceiptRefused, FileNotFoundError) as refusal:
        return _missing(request, found, refusal)
    name = f"{found.number.replace('/', '-')}-{kept.number}.pdf"
    return FileResponse(document, content_type="application/pdf", filename=name)


def _missing(request: SignedIn, receipt: WarehouseReceipt | None, refusal: Exception) -> HttpResponseBase:
    said = (
        str(refusal) if isinstance(refusal, ReceiptRefused) else _("This file is not there just now. Try again later.")
    )
    messages.error(request, said)
    pages = {Role.SELLER: "portal:receipt", Role.WAREHOUSE: "warehouse:receipt"}
    page = pages.get(Role(request.user.role), "admin:warehousing_warehousereceipt_change")
    return redirect(page, receipt.pk) if receipt else redirect("portal:home")


@require_safe
@for_roles(*Role.values)
def file(request: SignedIn, attachment_id: int) -> HttpResponseBase:
    """A photo as it may be shown, or a document to keep; financiers, staff and auditors may ask for the original."""
    found = get_object_or_404(Attachment.objects.select_related("receipt", "inspection"), pk=attachment_id)
    if not _may_see(request, found):
        raise Http404
    try:
        return sent_as_kept(request, found)
    except FileNotFoundError as missing:
        return _missing(request, found.receipt, missing)


def _may_see(request: SignedIn, found: Attachment) -> bool:
    if found.receipt_id is not None:
        return visible_to(request.user).filter(pk=found.receipt_id).exists()
    counted = Inspection.objects.filter(pk=found.inspection_id)
    return request.user.is_staff or counted.filter(inspector=request.user).exists()
