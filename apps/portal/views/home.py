"""A seller's first page, and why the limit is what it is."""

from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.financing.models import Application, Contract, Financing
from apps.financing.services.drawing import room_of
from apps.portal.doors import SignedIn, for_seller, shown_date
from apps.portal.financings import figures_of
from apps.portal.messaging.words import GOALS
from apps.portal.reasons import in_words, path_of
from apps.portal.requests import askable_by
from apps.repayment.receipts import latest_receipts
from apps.risk.models import Assessment, Goal
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS
from apps.users.models import FINANCIERS, Role
from apps.warehousing.models import MarginCall

FINANCINGS_SHOWN = 4
NIGHTS_SHOWN = 3
GOALS_SHOWN = 8
FRONT_DOORS = {
    Role.STAFF: "desk:night",
    **dict.fromkeys(FINANCIERS, "admin:index"),
    Role.AUDITOR: "admin:index",
    Role.WAREHOUSE: "warehouse:waiting",
}


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Everyone's start: a seller's own page, the desk for staff, the admin for financiers and auditors."""
    door = FRONT_DOORS.get(getattr(request.user, "role", ""))  # type: ignore[arg-type]  # a role is text
    return redirect(door) if door else seller_home(request)


@for_seller
def seller_home(request: SignedIn, seller: Seller) -> HttpResponse:
    """How much can be drawn today, why, what is being repaid and what waits for the seller. Whoever is still joining
    goes on with that."""
    if seller.is_joining():
        return redirect("portal:joining")
    today = shown_date(timezone.now())
    assessment = Assessment.objects.latest_of(seller, today)
    running = Financing.objects.outstanding().filter(seller=seller).order_by("pk")
    counted = running.annotate(in_all=Window(Count("pk"))).select_related("version__product__pool")
    shown = list(counted[:FINANCINGS_SHOWN])
    last = latest_receipts(shown)
    waiting = Contract.objects.filter(seller=seller, state__in=["drafted", "rendered"]).select_related("application")
    return render(
        request,
        "portal/home.html",
        {
            "seller": seller,
            "today": today,
            "assessment": assessment,
            "room": room_of(seller=seller, on=today),
            "reads_orders": seller.consents.in_force(today).filter(data=ORDERS).exists(),
            "waiting": waiting.order_by("pk"),
            "asked": Application.objects.pending().filter(seller=seller).order_by("pk"),
            "calls": MarginCall.objects.filter(pledge__seller=seller, state__in=["called", "overdue"]).order_by("pk"),
            "repaying": [figures_of(one, assessment, today, last.get(one.pk)) for one in shown],
            "further": shown[0].in_all - len(shown) if shown else 0,
            "last_days": seller.sweeps.order_by("-business_date")[:NIGHTS_SHOWN],
        },
    )


@require_safe
@for_seller
def limit(request: SignedIn, seller: Seller) -> HttpResponse:
    """The limit, what of it is in use, and at most four reasons with what would raise it."""
    today = shown_date(timezone.now())
    assessment = Assessment.objects.latest_of(seller, today)
    return render(
        request,
        "portal/limit.html",
        {
            "section": "home",
            "seller": seller,
            "assessment": assessment,
            "median_month": Decimal(assessment.features["median_month"]) if assessment else None,
            "room": room_of(seller=seller, on=today),
            "askable": askable_by(seller, today),
            "reasons": in_words(assessment),
            "path": path_of(assessment) if assessment else None,
            "reached": [
                {"name": GOALS[one.name], "day": one.reached_on}
                for one in Goal.objects.reached().filter(seller=seller)[:GOALS_SHOWN]
                if one.name in GOALS
            ],
        },
    )
