"""The machine-readable terms that a contract states."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from apps.core.money import ZERO, round_money
from apps.financing.instalments import Planned, draw_up, fees_of
from apps.financing.minimums import frozen_minimums
from apps.financing.models import Application, Offer
from apps.financing.pricing import Projection, flat_fee, instalment_cost, projections, receivable_cost, sales_cost
from apps.financing.services.receivables import AssignedOrder
from apps.products.plan import Plan
from apps.products.terms import RECEIPT, SALES, Terms
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.warehousing.models import Commodity, Pledge
from apps.warehousing.worth import worth_in_pledge


def quote(
    offer: Offer,
    amount: Decimal,
    business_date: date,
    due_on: date | None = None,
    fee: Decimal | None = None,
    carried: Decimal = ZERO,
) -> dict[str, Any]:
    """What drawing `amount` costs: fee, total, annualised rate, for advances on sales the three projections, and the
    schedule of what is repaid in instalments, if the money comes on `business_date`.

    `fee` replaces the flat fee of the terms where another was agreed; `carried` is owed besides from the first day, as
    interest and penalty of the contract before are, and costs as a fee does. The same figures stand on the offer page
    and in the contract. Money in the offer's currency, rates as shares.
    """
    terms = offer.version.terms
    fee = all_fees(terms, amount) if fee is None else fees_of(terms, fee)
    besides = fee + carried
    cases: Sequence[Projection] = ()
    schedule: Sequence[Planned] = ()
    if terms.plan:
        schedule = draw_up(terms, amount, fee, business_date)
        cost = instalment_cost(amount, business_date, schedule)
    elif terms.technique == SALES:
        cases = projections(net=amount, fee=besides, daily_sales=offer.expected_daily_sales, terms=terms)
        cost = sales_cost(amount=amount, fee=besides, expected=cases[1])
    else:
        cost = receivable_cost(
            amount=amount,
            first=business_date,
            last=due_on or business_date + timedelta(days=terms.settlement_days),
            terms=terms,
            fee=besides,
        )
    return {"fee": fee, "cost": cost, "projections": cases, "schedule": schedule}


def all_fees(terms: Terms, amount: Decimal) -> Decimal:
    """All fees of drawing `amount` under `terms`: the flat one, and that of each instalment."""
    return fees_of(terms, flat_fee(amount, terms.fee_rate, terms.currency, terms.rounding))


def due_date(terms: Terms, business_date: date) -> date | None:
    """When all of a loan on goods is due that is made on `business_date`; None for other techniques."""
    return business_date + timedelta(days=terms.expected_days) if terms.technique == RECEIPT else None


def pledge_schedule(pledge: Pledge) -> dict[str, Any]:
    """What is pledged, as the contract's schedule lists it: weights as counted, values in the pledge's currency."""
    rows = list(pledge.pledged_receipts.securing().select_related("receipt__warehouse").order_by("receipt_id"))
    named = Commodity.objects.named({row.receipt.commodity for row in rows})
    worth = worth_in_pledge(rows, terms=pledge.lending, on=pledge.valued_on or rows[0].pledged_on)
    return {
        "number": pledge.number,
        "limit": str(pledge.limit),
        "value": str(pledge.value),
        "lendable": str(pledge.lendable),
        "receipts": [
            {
                "number": row.receipt.number,
                "commodity": row.receipt.commodity,
                "goods": named[row.receipt.commodity].name,
                "goods_zh": named[row.receipt.commodity].name_zh,
                "grade": row.receipt.grade,
                "lot": row.receipt.lot,
                "warehouse": row.receipt.warehouse.name,
                "warehouse_zh": row.receipt.warehouse.name_zh,
                "weight": str(row.counted),
                "unit": row.receipt.unit,
                "value": str(round_money(one.value, pledge.currency, ROUND_FLOOR)),
            }
            for row, one in zip(rows, worth.receipts, strict=True)
        ],
    }


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
    pledge: Pledge | None = None,
    agreed_due_on: date | None = None,
    carried: Decimal = ZERO,
) -> dict[str, Any]:
    """Everything the contract says, as text: see docs/contract-terms.md. Amounts in the offer's currency.

    `agreed_due_on` is the day agreed for all of it where neither terms nor orders say one; `fee` and `carried` are as
    in `quote`.
    """
    platform = current_platform()
    terms = offer.version.terms
    amount = application.approved_amount or ZERO
    due_on = agreed_due_on or due_date(terms, business_date)
    due_on = due_on or max((order.expected_on for order in orders), default=None)
    figures = quote(offer, amount, business_date, due_on, fee, carried)
    due_on = max((row.due_on for row in figures["schedule"]), default=due_on)
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
        "plan": _plan_of(terms.plan) if terms.plan else {},
        "schedule": [
            {
                "number": row.number,
                "due_on": row.due_on.isoformat(),
                "principal": str(row.principal),
                "fee": str(row.fee),
                "interest": str(row.interest),
                "amount": str(row.amount),
                "balance": str(row.balance),
            }
            for row in figures["schedule"]
        ],
        "orders": [
            {
                "id": order.order_id,
                "external_id": order.external_id,
                "eligible_value": str(order.value),
                "expected_on": order.expected_on.isoformat(),
            }
            for order in orders
        ],
        "pledge": pledge_schedule(pledge) if pledge else {},
        "purposes": list(offer.version.purposes),
        "documents": list(offer.version.documents),
        "template": offer.version.template,
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


def _dates(orders: Sequence[AssignedOrder], schedule: Sequence[Planned]) -> list[date]:
    """The dates on which money is to come; the last of them is when all of it is due."""
    return [order.expected_on for order in orders] or [row.due_on for row in schedule]


def _plan_of(plan: Plan) -> dict[str, Any]:
    """How instalments are reckoned, as the contract says it."""
    return {
        "method": plan.method,
        "number": plan.number,
        "every": plan.every,
        "unit": plan.unit,
        "due_day": plan.due_day,
        "principal_grace": plan.principal_grace,
        "interest_grace": plan.interest_grace,
        "rounding": plan.rounding,
        "in_advance": plan.in_advance,
        "mode": plan.mode,
        "fee": str(plan.fee),
    }
