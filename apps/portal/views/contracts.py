"""A contract: wait for its paper, read it, sign it or give it up."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.financing.instalments import Planned
from apps.financing.models import Contract, Financing
from apps.financing.pricing import Cost
from apps.financing.refusals import ContractRefused
from apps.financing.services import decline_contract, sign_contract
from apps.ledger.calendar import booking_date
from apps.portal.costs import assigned_orders, cost_lines
from apps.portal.doors import SignedIn, come_back_later, for_seller
from apps.portal.instalments import agreed_table
from apps.portal.proofs import verdict_on
from apps.portal.proving import begin_step_up, step_up_form, step_up_words
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.access import for_roles
from apps.users.models import Role

REFUSED = 422


@require_safe
@for_seller
def contract(request: SignedIn, seller: Seller, contract_id: int) -> HttpResponse:
    """The contract as far as it has come."""
    return _page(request, _own(seller, contract_id))


@require_POST
@for_seller
@come_back_later
def confirm(request: SignedIn, seller: Seller, contract_id: int) -> HttpResponseBase:
    """The seller wants to sign: first they prove that it is they, with a code that is sent now or their own factor."""
    paper = _own(seller, contract_id)
    if paper.state != "rendered":
        return redirect("portal:contract", paper.pk)
    return begin_step_up(request, purpose=_purpose(paper)) or redirect("portal:sign", paper.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def sign(request: SignedIn, seller: Seller, contract_id: int) -> HttpResponseBase:
    """Prove it is you and sign the stored paper; signed already, it shows what came of it."""
    paper = _own(seller, contract_id)
    if paper.state != "rendered":
        return redirect("portal:contract", paper.pk)
    now = timezone.now()
    form = step_up_form(request, purpose=_purpose(paper), at=now)
    if not form.is_valid():
        words = {"section": "documents", "contract": paper, **step_up_words(request, form)}
        return render(request, "portal/sign.html", words, status=REFUSED if form.is_bound else 200)
    try:
        with transaction.atomic():
            sign_contract(
                contract_id=paper.pk,
                seller_id=seller.pk,
                business_date=booking_date(current_platform().business_date(now)),
                at=now,
                by=request.user.actor,
                second_factor=form.second_factor,
            )
    except ContractRefused as refusal:
        return _page(request, _own(seller, contract_id), refusal=str(refusal), status=REFUSED)
    return redirect("portal:contract", paper.pk)


def _purpose(paper: Contract) -> str:
    return f"contract:{paper.pk}"


@require_POST
@for_seller
@come_back_later
def decline(request: SignedIn, seller: Seller, contract_id: int) -> HttpResponseBase:
    """Give the unsigned contract up; one that is signed stays signed, and the page says so."""
    paper = _own(seller, contract_id)
    decline_contract(
        contract_id=paper.pk, seller_id=seller.pk, at=timezone.now(), by=request.user.actor, reason="declined by seller"
    )
    paper.refresh_from_db()
    if paper.state != "void":
        refusal = _("This contract is signed already, so it could not be given up. Nothing was changed.")
        return _page(request, paper, refusal=refusal, status=REFUSED)
    messages.success(request, _("You gave the contract up. Nothing was drawn, and nothing is owed."))
    return redirect("portal:home")


@require_safe
@for_roles(*Role.values)
def paper(request: SignedIn, contract_id: int) -> HttpResponseBase:
    """The stored document itself: for the seller whose it is, and for the platform's own people."""
    papers = Contract.objects.exclude(document="")
    if request.user.role == Role.SELLER:
        papers = papers.filter(seller__in=Seller.objects.of(request.user))
    found = get_object_or_404(papers, pk=contract_id)
    try:
        document = found.document.open("rb")
    except FileNotFoundError:
        return render(request, "portal/paper_missing.html", {"contract": found}, status=503)
    return FileResponse(document, content_type=found.media_type, filename=found.document.name.rpartition("/")[2])


def _own(seller: Seller, contract_id: int) -> Contract:
    return get_object_or_404(Contract.objects.select_related("application"), pk=contract_id, seller=seller)


def _page(request: HttpRequest, paper: Contract, *, refusal: str = "", status: int = 200) -> HttpResponse:
    terms = json.loads(paper.terms)
    cost = Cost(
        amount=Decimal(terms["amount"]),
        charge=Decimal(terms["charge"]),
        total=Decimal(terms["total"]),
        annualised_rate=Decimal(terms["annualised_rate"]),
    )
    schedule = [_planned(row) for row in terms.get("schedule") or ()]
    return render(
        request,
        "portal/contract.html",
        {
            "section": "documents",
            "contract": paper,
            "refusal": refusal,
            "terms": _typed(terms),
            "lines": cost_lines(
                cost,
                fee=Decimal(terms["fee"]),
                currency=terms["currency"],
                days=next((one["days"] for one in terms["projections"] if one["case"] == "expected"), None),
                due_on=_day(terms["due_on"]),
                late_costs=paper.application.version.terms.penalises,
                instalments=len(schedule),
            ),
            "schedule": agreed_table(schedule, terms["currency"]) if schedule else None,
            "orders": assigned_orders(
                [
                    (one["external_id"], date.fromisoformat(one["expected_on"]), Decimal(one["eligible_value"]))
                    for one in terms["orders"]
                ],
                currency=terms["currency"],
            ),
            "verdict": verdict_on(paper),
            "financing": Financing.objects.filter(contract=paper).first(),
        },
        status=status,
    )


def _typed(terms: dict[str, Any]) -> dict[str, Any]:
    """The terms as templates print them: amounts and shares as Decimal."""
    figures = ("amount", "total", "sweep_rate", "annual_rate", "livelihood_floor", "day_cap", "minimum_share")
    return {**terms, **{name: Decimal(terms[name] or 0) for name in figures}}


def _planned(row: dict[str, Any]) -> Planned:
    """An instalment as the contract states it; it says when it is due, not when its period starts."""
    due_on = date.fromisoformat(row["due_on"])
    amounts = (Decimal(row[name]) for name in ("principal", "fee", "interest", "balance"))
    return Planned(row["number"], due_on, due_on, *amounts)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
