"""What the sums of a night, and of its books, are made of: income by account, goods, financings, breaks."""

from collections.abc import Sequence
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core.money import ZERO
from apps.portal.doors import SignedIn
from apps.portal.nights import STEPS, break_table
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.portal.states import class_name
from apps.portal.sums import goods_table, income_table, late_table, owing_table
from apps.portal.tables import Amount
from apps.portal.traces import trail
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.steps import steps_now
from apps.reconciliation.tracing import income_on, late_on
from apps.repayment.provisions import financings_of_class, provisions
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role
from apps.warehousing.models import PledgedReceipt
from apps.warehousing.worth import Parcel, market_values

DESK = (Role.STAFF, Role.AUDITOR)


@require_safe
@for_roles(*DESK)
def earned(request: SignedIn, day: date) -> HttpResponse:
    """The fees, interest and penalties that became income on a date, by account."""
    get_object_or_404(NightlyRun, business_date=day)
    rows = income_on(day)
    shown = {
        "section": "night",
        "trail": trail(day),
        "title": _("Fees and interest earned"),
        "words": _("What became income on this date. A fee is earned when it is paid."),
        "day": day,
        "sum": Amount(sum((one.amount for one in rows), ZERO), current_platform().currency),
        "table": income_table(rows, day),
    }
    return render(request, "desk/sum.html", shown)


@require_safe
@for_roles(*DESK)
def late(request: SignedIn, day: date) -> HttpResponse:
    """The financings that were late when a night closed its date."""
    page = page_of(late_on(day), request.GET, key=BY_NUMBER)
    words = _("What each was past due is kept for the latest night; of nights before, how it stood and what it owed.")
    return render(request, "desk/sum.html", {
        **_step("age_financings", day, words), "page": page, "table": late_table(page.rows),
    })  # fmt: skip


@require_safe
@for_roles(*DESK)
def valued(request: SignedIn, day: date) -> HttpResponse:
    """The goods in pledge that a night valued, each at its price for that date."""
    rows = PledgedReceipt.objects.secured_at_end_of(day).select_related("receipt", "pledge__seller")
    page = page_of(rows, request.GET, key=BY_NUMBER)
    words = _("Quantity times the lower of price and 30-day average, at the prices that are known for this date now.")
    return render(request, "desk/sum.html", {
        **_step("value_receipts", day, words), "page": page, "table": goods_table(page.rows, _worths(page.rows, day)),
    })  # fmt: skip


def _worths(rows: Sequence[PledgedReceipt], day: date) -> dict[int, Amount]:
    currency = current_platform().currency
    worths = market_values([Parcel(one.receipt, one.counted) for one in rows], currency=currency, on=day)
    stale = _("old price")
    return {key: Amount(one.value, currency, note=stale if one.is_stale else "") for key, one in worths.items()}


@require_safe
@for_roles(*DESK)
def found(request: SignedIn, day: date) -> HttpResponse:
    """The breaks that a night opened, whatever became of them since."""
    run = get_object_or_404(NightlyRun, business_date=day)
    page = page_of(run.breaks.all(), request.GET, key=BY_NUMBER)
    table = break_table(page.rows, names_of(one.owner for one in page.rows), _("Breaks"))
    words = _("The breaks that this night opened, whatever became of them since.")
    return render(request, "desk/sum.html", {**_step("control_totals", day, words), "page": page, "table": table})


def _step(name: str, day: date, words: str) -> dict[str, object]:
    """A page about the sum of one step of the night of `day`."""
    run = get_object_or_404(NightlyRun, business_date=day)
    total = next(one.total for one in steps_now(run) if one.name == name)
    return {
        "section": "night",
        "trail": trail(day),
        "title": STEPS[name],
        "words": words,
        "day": day,
        "sum": Amount(total, current_platform().currency),
    }


@require_safe
@for_roles(*DESK)
def owing(request: SignedIn, code: str) -> HttpResponse:
    """The running financings of one class of provisioning, as things stand."""
    rows = financings_of_class(code)
    if rows is None:
        raise Http404
    page = page_of(rows.select_related("seller"), request.GET, key=BY_NUMBER)
    currency = current_platform().currency
    owed = sum((one.owed for one in provisions() if one.risk.code == code and one.currency == currency), ZERO)
    shown = {
        "section": "books",
        "trail": [(reverse("desk:books"), _("Books"))],
        "title": class_name(code),
        "words": _("The days late of a seller's latest financing count for all of them."),
        "sum": Amount(owed, currency),
        "page": page,
        "table": owing_table(page.rows),
    }
    return render(request, "desk/sum.html", shown)
