"""Sellers as the desk sees them."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.financing.models import Contract, Financing, Offer
from apps.financing.services.drawing import room_of
from apps.portal.doors import SignedIn, shown_date
from apps.portal.financings import late_line
from apps.portal.forms import SearchForm
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.reasons import in_words
from apps.portal.sellers import contract_table, financing_table, offer_table, sales_day_table
from apps.portal.states import class_name
from apps.portal.tables import Amount, Column, Count, State, Table, Text
from apps.products.buckets import class_of
from apps.products.models import ProvisionClass
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.users.access import for_roles
from apps.users.models import Role

SHOWN = 14


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def sellers(request: SignedIn) -> HttpResponse:
    """Sellers whose name or number holds what is looked for, the latest to join first."""
    form = SearchForm(request.GET)
    wanted = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = Seller.objects.all()
    if wanted:
        found = found.filter(Q(name__icontains=wanted) | Q(external_id__icontains=wanted))
    page = page_of(found, request.GET, key=BY_NUMBER)
    limits = {one.seller_id: one for one in Assessment.objects.filter(seller__in=page.rows).current()}
    rows = [_row(one, limits.get(one.pk)) for one in page.rows]
    columns = (
        Column(_("Seller")),
        Column(_("State")),
        Column(_("Grade")),
        Column(_("Limit"), numeric=True),
        Column(_("Days late"), numeric=True),
    )
    table = Table(_("Sellers"), columns, rows, empty=_("No seller has such a name or number."))
    return render(request, "desk/sellers.html", {"form": form, "table": table, "page": page, "wanted": wanted})


def _row(seller: Seller, assessment: Assessment | None) -> tuple[Text | State | Amount | Count, ...]:
    return (
        Text(seller.name, note=seller.external_id, href=reverse("desk:seller", args=[seller.pk])),
        State("seller", seller.state),
        Text(assessment.grade if assessment else ""),
        Amount(assessment.limit if assessment else None, seller.currency),
        Count(seller.worst_days_past_due or None),
    )


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def seller(request: SignedIn, seller_id: int) -> HttpResponse:
    """One seller: standing, limit with its reasons, offers, financings, contracts, the last sales days."""
    found = get_object_or_404(Seller.objects.select_related("payout_account", "user"), pk=seller_id)
    today = shown_date(timezone.now())
    assessment = Assessment.objects.latest_of(found, today)
    financings = Financing.objects.filter(seller=found).select_related("version__product").order_by("-pk")[:SHOWN]
    offers = Offer.objects.filter(seller=found).select_related("version__product").order_by("-pk")[:SHOWN]
    contracts = Contract.objects.filter(seller=found).select_related("application").order_by("-pk")[:SHOWN]
    return render(
        request,
        "desk/seller.html",
        {
            "section": "sellers",
            "seller": found,
            "assessment": assessment,
            "reasons": in_words(assessment),
            "risk": class_name(class_of(found.worst_days_past_due, ProvisionClass.in_force()).code),
            "late": late_line(found.financings.latest_to_pay()),
            "change": found.payout_changes.open().select_related("account", "before").first(),
            "room": room_of(seller=found, on=today),
            "financings": financing_table(financings),
            "offers": offer_table(offers),
            "contracts": contract_table(contracts),
            "days": sales_day_table(found.sweeps.order_by("-business_date")[:SHOWN]),
        },
    )
