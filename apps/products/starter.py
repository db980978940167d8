"""A pool and products to begin with, for replays and demo platforms. Real platforms design theirs in the admin."""

from datetime import date, datetime
from decimal import Decimal

from apps.products.funding import commit_funding
from apps.products.models import FinancingProduct, FundingPool, ProductVersion
from apps.products.services import approve_version, submit_version
from apps.products.terms import ORDER, RECEIPT, RECEIVABLE, SALES

MAKER, CHECKER = "starter:maker", "starter:checker"


def start_products(
    *, currency: str, financier: str, funding: Decimal, business_date: date, at: datetime, least: Decimal, most: Decimal
) -> None:
    """One pool with `funding`; an advance on sales, early payment, a loan in instalments and a loan on receipts, each
    active.

    Each has an active first version. Amounts in `currency`. Products that are there already are left as they are.
    """
    if FinancingProduct.objects.exists():
        return
    pool = FundingPool.objects.create(name=f"{financier} pool", financier=financier, currency=currency, committed=0)
    commit_funding(pool_id=pool.pk, amount=funding, reference="opening", business_date=business_date, at=at, by=MAKER)
    _activate(
        FinancingProduct.objects.create(
            code="sales-advance", name="Sales advance", name_zh="销售预支", technique=SALES, pool=pool
        ),
        at,
        fee_rate=Decimal("0.04"),
        sweep_rate=Decimal("0.12"),
        minimum_share=Decimal("0.15"),
        period_days=60,
        near_breach_share=Decimal("0.75"),
        near_breach_checks=2,
        expected_days=120,
        minimum_amount=least,
        maximum_amount=most,
        priority=20,
    )
    _activate(
        FinancingProduct.objects.create(
            code="early-payment", name="Early payment", name_zh="提前收款", technique=RECEIVABLE, pool=pool
        ),
        at,
        annual_rate=Decimal("0.12"),
        day_count="ACT/360",
        advance_rate=Decimal("0.8"),
        settlement_days=14,
        grace_days=3,
        sweep_rate=Decimal("0.3"),
        expected_days=14,
        minimum_amount=least,
        maximum_amount=most,
        priority=10,
    )
    _activate(
        FinancingProduct.objects.create(
            code="stock-loan", name="Stock loan", name_zh="备货贷", technique=ORDER, pool=pool
        ),
        at,
        annual_rate=Decimal("0.12"),
        day_count="ACT/365F",
        instalments=6,
        repayment_method="equal_instalments",
        sweep_rate=Decimal("0.5"),
        expected_days=90,
        grace_days=3,
        minimum_amount=least,
        maximum_amount=most,
        priority=5,
    )
    _activate(
        FinancingProduct.objects.create(
            code="receipt-loan", name="Warehouse receipt loan", name_zh="仓单质押贷款", technique=RECEIPT, pool=pool
        ),
        at,
        annual_rate=Decimal("0.09"),
        day_count="ACT/365F",
        lending_limit=Decimal("0.7"),
        other_grades=Decimal("0.4"),
        age_free_days=120,
        age_decay=Decimal("0.001"),
        age_decay_most=Decimal("0.3"),
        expected_days=120,
        grace_days=3,
        sweep_rate=Decimal("0.3"),
        minimum_amount=least,
        maximum_amount=most,
        priority=15,
    )


def _activate(product: FinancingProduct, at: datetime, **terms: Decimal | int | str) -> None:
    version = ProductVersion(product=product, number=1, made_by=MAKER, **terms)
    version.full_clean()
    version.save()
    submit_version(version_id=version.pk, at=at, by=MAKER)
    approve_version(version_id=version.pk, at=at, by=CHECKER)
