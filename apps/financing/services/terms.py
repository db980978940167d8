"""The machine-readable terms that a contract states."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.financing.minimums import frozen_minimums
from apps.financing.models import Application, Offer
from apps.financing.pricing import Cost, Projection, flat_fee, projections, receivable_cost, sales_cost
from apps.financing.services.receivables import AssignedOrder
from apps.products.terms import SALES
from apps.sellers.models import Seller
from apps.tenants.services import current_platform


def quote(
    offer: Offer, amount: Decimal, business_date: date, due_on: date | None = None, fee: Decimal | None = None
) -> dict[str, Any]:
    """What drawing `amount` costs: fee, total, annualised rate, and for advances on sales the three projections.

    `fee` replaces the flat fee of the terms where another was agreed. The same figures stand on the offer page and in
    the contract. Money in the offer's currency, rates as shares.
    """
    terms = offer.version.terms
    if fee is None:
        fee = flat_fee(amount, terms.fee_rate, terms.currency, terms.rounding)
    cases = []
    if terms.technique == SALES:
        cases = projections(
            net=amount,
            fee=fee,
            daily_sales=offer.expected_daily_sales,
            sweep_rate=terms.sweep_rate,
            currency=terms.currency,
        )
        cost: Cost = sales_cost(amount=amount, fee=fee, expected=cases[1])
    else:
        cost = receivable_cost(
            amount=amount,
            annual_rate=terms.annual_rate,
            first=business_date,
            last=due_on or business_date + timedelta(days=terms.settlement_days),
            day_count=terms.day_count,
            currency=terms.currency,
            fee=fee,
        )
    return {"fee": fee, "cost": cost, "projections": cases}


def terms_of(
    number: str,
    application: Application,
    offer: Offer,
    seller: Seller,
    business_date: date,
    language: str,
    orders: Sequence[AssignedOrder],
    *,
    fee: Decimal | None = None,
) -> dict[str, Any]:
    """Everything the contract says, as text: see docs/contract-terms.md. Amounts in the offer's currency."""
    platform = current_platform()
    terms = offer.version.terms
    amount = application.approved_amount or ZERO
    due_on = max((order.expected_on for order in orders), default=None)
    figures = quote(offer, amount, business_date, due_on, fee)
    product = offer.version.product
    return {
        "number": number,
        "technique": terms.technique,
        "language": language,
        "currency": terms.currency,
        "platform": {"name": platform.name, "name_zh": platform.name_zh, "country": platform.country},
        "seller": {"name": seller.name, "external_id": seller.external_id},
        "financier": product.pool.financier,
        "product": {"code": product.code, "name": product.name, "name_zh": product.name_zh, "version": terms.version},
        "amount": str(amount),
        "fee": str(figures["fee"]),
        "charge": str(figures["cost"].charge),
        "total": str(figures["cost"].total),
        "annual_rate": str(terms.annual_rate) if terms.annual_rate else "",
        "annualised_rate": str(figures["cost"].annualised_rate),
        "day_count": terms.day_count,
        "sweep_rate": str(terms.sweep_rate),
        "livelihood_floor": str(terms.livelihood_floor),
        "day_cap": str(terms.day_cap),
        "minimum_share": str(terms.minimum_share),
        "period_days": terms.period_days,
        "minimums": [
            str(one) for one in minimums_of(offer, amount + figures["fee"], figures["projections"], business_date)
        ],
        "maximum_share": str(terms.maximum_share),
        "near_breach_share": str(terms.near_breach_share),
        "near_breach_checks": terms.near_breach_checks,
        "penalty_rate": str(terms.penalty_rate),
        "penalty_per_thousand": str(terms.penalty_per_thousand),
        "fee_rebate": str(terms.fee_rebate),
        "rebate_days": (due_on - business_date).days if due_on else terms.expected_days,
        "dispute_fee": str(terms.dispute_fee),
        "grace_days": terms.grace_days,
        "expected_daily_sales": str(offer.expected_daily_sales),
        "projections": [
            {"case": one.case, "days": one.days, "annualised_rate": str(one.effective_rate)}
            for one in figures["projections"]
        ],
        "advance_rate": str(terms.advance_rate),
        "due_on": due_on.isoformat() if due_on else "",
        "orders": [
            {
                "id": order.order_id,
                "external_id": order.external_id,
                "eligible_value": str(order.value),
                "expected_on": order.expected_on.isoformat(),
            }
            for order in orders
        ],
        "waterfall": list(terms.waterfall),
        "rounding": terms.rounding,
        "payout_account": seller.payout_account.masked if seller.payout_account else "",
        "business_date": business_date.isoformat(),
        "valid_until": (application.valid_until or business_date).isoformat(),
    }


def minimums_of(offer: Offer, owed: Decimal, cases: Sequence[Projection], business_date: date) -> list[Decimal]:
    """What each minimum period asks for, where the product's terms alone do not tell."""
    monthly = offer.assessment.features.get("monthly", ())
    return frozen_minimums(
        owed=owed,
        terms=offer.version.terms,
        expected_days=next((one.days for one in cases if one.case == "expected"), 0),
        monthly=[Decimal(one) for one in monthly],
        known_on=offer.assessment.business_date,
        begins_after=business_date,
    )
