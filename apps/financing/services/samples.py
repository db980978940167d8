"""What the studio shows a version on: the typical seller, the platform's bounds, a contract of nobody."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.core.money import ZERO, quantum
from apps.financing.cautions import Bounds, Typical
from apps.financing.headroom import largest_amount
from apps.financing.illustration import Example, Illustration
from apps.financing.models import Application, Offer
from apps.financing.services.acceptance import DAYS_TO_SIGN
from apps.financing.services.receivables import AssignedOrder
from apps.financing.services.terms import terms_of
from apps.products.eligibility import overlap
from apps.products.models import LendingPolicy, ProductVersion
from apps.products.terms import RECEIPT, RECEIVABLE, SALES, Terms
from apps.risk.models import Assessment
from apps.sellers.models import Seller

LATEST_ASSESSMENTS = 2000


def typical_seller(on: date) -> Typical | None:
    """The seller with the middle daily sales of the 2,000 latest assessments through `on` (inclusive) that carry
    credit; None before the first night."""
    latest = Assessment.objects.filter(business_date__lte=on).exclude(grade="").order_by("-id")
    keys = list(latest.values_list("features__daily_sales", "pk")[:LATEST_ASSESSMENTS])
    if not keys:
        return None
    keys.sort(key=lambda pair: Decimal(pair[0]))
    middle = Assessment.objects.get(pk=keys[len(keys) // 2][1])
    return Typical(
        daily_sales=Decimal(middle.features["daily_sales"]),
        limit=middle.limit,
        measured=middle.measured,
        monthly=[Decimal(one) for one in middle.features["monthly"]],
        known_on=middle.business_date,
    )


def bounds_of(version: ProductVersion) -> Bounds:
    """What the terms of `version` are held against on this platform."""
    policy = LendingPolicy.in_force()
    product = version.product
    others = ProductVersion.objects.active().filter(product__technique=product.technique).exclude(product=product)
    return Bounds(
        rate_cap=policy.rate_cap,
        sweep_cap=policy.sweep_cap,
        pool_headroom=product.pool.headroom,
        overlapping=[str(one.product) for one in others if overlap(version.conditions, one.conditions)],
    )


def example_of(terms: Terms, typical: Typical | None, bounds: Bounds) -> Example:
    """The example that a version is shown on: for advances on sales what the typical seller would be offered."""
    if typical is None or terms.technique != SALES:
        return Example()
    amount = largest_amount(
        terms=terms, limit=typical.limit, exposure=ZERO, pool_headroom=bounds.pool_headroom,
        daily_sales=typical.daily_sales, eligible=ZERO,
    )  # fmt: skip
    return Example(
        amount=amount or terms.minimum_amount,
        daily_sales=typical.daily_sales or None,
        monthly=typical.monthly,
        known_on=typical.known_on,
    )


def sample_contract(version: ProductVersion, shown: Illustration, example: Example, on: date) -> dict[str, Any]:
    """The terms of a contract that nobody signs, as `shown`, for its paper; nothing is written."""
    terms, amount = version.terms, shown.cost.amount
    seller = Seller(name=_("A seller for example"), external_id="SAMPLE", currency=terms.currency)
    assessment = Assessment(
        features={"monthly": [str(one) for one in example.monthly], "returned": "0"},
        business_date=example.known_on or on,
    )
    offer = Offer(
        seller=seller, version=version, product_code=terms.product, assessment=assessment, currency=terms.currency,
        minimum_amount=terms.minimum_amount, maximum_amount=terms.maximum_amount,
        expected_daily_sales=shown.daily_sales, made_on=on,
    )  # fmt: skip
    application = Application(
        seller=seller, offer=offer, version=version, product_code=terms.product, requested_amount=amount,
        approved_amount=amount, currency=terms.currency, business_date=on,
        valid_until=on + timedelta(days=DAYS_TO_SIGN),
    )  # fmt: skip
    orders = _sample_orders(terms, amount, on) if terms.technique == RECEIVABLE else []
    stated = terms_of("SAMPLE", application, offer, seller, on, "", orders)
    if terms.technique == RECEIPT:
        stated["pledge"] = _sample_pledge(terms, amount)
    return stated


def _sample_orders(terms: Terms, amount: Decimal, on: date) -> list[AssignedOrder]:
    """Two orders of like value that carry the amount."""
    value = (amount / terms.advance_rate / 2).quantize(quantum(terms.currency), rounding=ROUND_CEILING)
    expected = on + timedelta(days=terms.settlement_days)
    return [AssignedOrder(0, f"SAMPLE-{number}", value, expected) for number in (1, 2)]


def _sample_pledge(terms: Terms, amount: Decimal) -> dict[str, Any]:
    limit = terms.lending.limit if terms.lending else Decimal(1)
    value = (amount / limit).quantize(quantum(terms.currency), rounding=ROUND_CEILING)
    with override("en"):
        name = _("A warehouse for example")
    with override("zh-hans"):
        name_zh = _("A warehouse for example")
    lot = {"number": "SAMPLE-1", "commodity": "-", "grade": "-", "lot": "SAMPLE", "unit": "t", "weight": "1"}
    return {
        "number": "SAMPLE", "limit": str(limit), "value": str(value), "lendable": str(amount),
        "receipts": [{**lot, "warehouse": name, "warehouse_zh": name_zh, "value": str(value)}],
    }  # fmt: skip
