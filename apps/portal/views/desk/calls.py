"""Margin calls at the desk: which are open, and taking over and selling goods, by two people."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.portal.calls import ReasonForm, SaleForm, call_table, goods_table, standing_of
from apps.portal.doors import SignedIn, come_back_later, shown_date
from apps.portal.paging import BY_NUMBER, page_of
from apps.portal.people import names_of
from apps.repayment.goods import sell_goods
from apps.repayment.life import Refused
from apps.users.access import for_roles
from apps.users.models import Role
from apps.warehousing.models import MarginCall
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services.enforcement import ask_to_enforce, enforce, withdraw_request

REFUSED = 422


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def calls(request: SignedIn) -> HttpResponse:
    """Open calls, the latest first."""
    found = MarginCall.objects.of_live_pledges().select_related("pledge__seller")
    page = page_of(found, request.GET, key=BY_NUMBER)
    return render(request, "desk/calls.html", {"page": page, "table": call_table(page.rows, _("Open calls"))})


@require_safe
@for_roles(Role.STAFF, Role.AUDITOR)
def call(request: SignedIn, call_id: int) -> HttpResponse:
    """One call: its figures, its goods, and what can be done now."""
    return _page(request, _found(call_id))


def _found(call_id: int) -> MarginCall:
    return get_object_or_404(MarginCall.objects.select_related("pledge__seller"), pk=call_id)


def _page(
    request: HttpRequest,
    found: MarginCall,
    refusal: str = "",
    *,
    reason: ReasonForm | None = None,
    sale: SaleForm | None = None,
) -> HttpResponse:
    standing = standing_of(found, shown_date(timezone.now()))
    ways = standing.ways
    names = names_of([found.enforcement_asked_by, found.enforced_by])
    is_wrong = bool(refusal) or any(form is not None and form.is_bound for form in (reason, sale))
    return render(
        request,
        "desk/call.html",
        {
            "section": "calls",
            "call": found,
            "standing": standing,
            "ways": ways,
            "refusal": refusal,
            "pledged": goods_table(ways.goods) if ways else None,
            "asked_by": names.get(found.enforcement_asked_by, ""),
            "reason_form": reason or ReasonForm(),
            "sale_form": sale or SaleForm(currency=found.currency),
        },
        status=REFUSED if is_wrong else 200,
    )


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def step(request: SignedIn, call_id: int, verb: str) -> HttpResponseBase:
    """Ask that goods be taken over, agree as the second person, or turn it down."""
    found = _found(call_id)
    now, by = timezone.now(), request.user.actor
    form = ReasonForm(request.POST)
    try:
        if verb == "ask":
            if not form.is_valid():
                return _page(request, found, reason=form)
            reason = form.cleaned_data["reason"]
            ask_to_enforce(call_id=found.pk, reason=reason, on=shown_date(now), at=now, by=by)
        elif verb in {"approve", "refuse"}:
            act = enforce if verb == "approve" else withdraw_request
            act(call_id=found.pk, on=shown_date(now), at=now, by=by)
        else:
            raise Http404
    except PledgeRefused as refusal:
        return _page(request, _found(call_id), str(refusal))
    return redirect("desk:call", found.pk)


@require_POST
@for_roles(Role.STAFF)
@come_back_later
def sell(request: SignedIn, call_id: int) -> HttpResponseBase:
    """Record the sale of goods that were taken over."""
    found = _found(call_id)
    form = SaleForm(request.POST, currency=found.currency)
    if not form.is_valid():
        return _page(request, found, sale=form)
    now = timezone.now()
    try:
        sell_goods(
            call_id=found.pk, price=form.chosen.amount, costs=form.cleaned_data["costs"],
            buyer=form.cleaned_data["buyer"], line_id=form.chosen.pk, to_pledgee=form.cleaned_data["to_pledgee"],
            asked_on=shown_date(now), at=now, by=request.user.actor,
        )  # fmt: skip
    except (PledgeRefused, Refused) as refusal:
        return _page(request, _found(call_id), str(refusal))
    return redirect("desk:call", found.pk)
