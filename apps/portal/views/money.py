"""What a seller has drawn, and every movement of it."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.core.money import ZERO
from apps.financing.models import Financing, Offer
from apps.portal.doors import SignedIn, for_seller, shown_date
from apps.portal.events import event_table
from apps.portal.financings import figures_of, near_breach_line, receipt_lines
from apps.portal.forms import RangeForm
from apps.portal.instalments import due_table
from apps.portal.movements import movement_table, retelling_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.quotes import quote_of, status_of
from apps.portal.statements import statement_pdf
from apps.repayment.history import retellings
from apps.repayment.receipts import receipts_of
from apps.repayment.statement import statement_of
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role
from apps.warehousing.models import Pledge

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
        Financing.objects.select_related("version__product__pool", "contract"), pk=financing_id, seller=seller
    )
    today = shown_date(timezone.now())
    assessment = Assessment.objects.latest_of(seller, today)
    usual = Decimal(assessment.features["daily_sales"]) if assessment else ZERO
    movements = page_of(found.movements.all(), request.GET, key=BY_NUMBER, size=MOVEMENTS_SHOWN)
    quote = quote_of(found, request.GET, today)
    events = found.events.filter(state="done").select_related("reverses").order_by("-number")
    return render(
        request,
        "portal/financing.html",
        {
            "section": "money",
            "figures": figures_of(found, assessment, today),
            "financing": found,
            "receipts": [receipt_lines(one, usual) for one in receipts_of(found, number=RECEIPTS_SHOWN)],
            "events": event_table(events, found.currency),
            "quote": quote,
            "today": today,
            "near": near_breach_line(found),
            "refill_offer": refill_offer(found, today),
            "demands": due_table(found),
            "pledge": Pledge.objects.live().securing(f"financing:{found.pk}").first(),
            "movements": movement_table(movements.rows, found.currency),
            "page": movements,
            "retold": retelling_table(retellings(found)[::-1], found.currency),
        },
        status=status_of(quote, request),
    )


def refill_offer(found: Financing, today: date) -> Offer | None:
    """The open offer whose money could pay off this financing, if there is one."""
    if found.state != "active" or found.refilled_by.exclude(state="cancelled").exists():
        return None
    offers = Offer.objects.acceptable(today).filter(seller=found.seller_id, version__product__pool=found.pool_id)
    return offers.filter(maximum_amount__gt=found.outstanding).first()


@require_safe
@for_roles(*Role.values)
def statement(request: SignedIn, financing_id: int) -> HttpResponse:
    """A statement as a PDF: for the seller whose financing it is, and for the platform's own people."""
    financings = Financing.objects.select_related("seller", "version__product__pool")
    if request.user.role == Role.SELLER:
        financings = financings.filter(seller__in=Seller.objects.of(request.user))
    found = get_object_or_404(financings.exclude(disbursed_on=None), pk=financing_id)
    today = shown_date(timezone.now())
    form = RangeForm({"first": found.disbursed_on, "last": today} | request.GET.dict(), latest=today)
    if not form.is_valid():
        sentence = " ".join(str(one) for errors in form.errors.values() for one in errors)
        messages.error(request, sentence)
        return redirect("portal:financing" if request.user.role == Role.SELLER else "desk:financing", found.pk)
    told = statement_of(found, form.cleaned_data["first"], form.cleaned_data["last"])
    platform = current_platform()
    paper = statement_pdf(told, platform=platform.local_name(get_language() or "en"), printed_on=today)
    name = f"{found.number}-{told.first}-{told.last}.pdf"
    return HttpResponse(
        paper, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
