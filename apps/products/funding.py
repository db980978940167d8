"""Money that a financier puts into a pool."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from apps.banking.models import BankLine
from apps.ledger import chart
from apps.ledger.models import Entry
from apps.ledger.services import Line, post, take_the_books
from apps.products.models import FundingPool


def commit_funding(
    *, pool_id: int, amount: Decimal, reference: str, business_date: date, at: datetime, by: str
) -> FundingPool:
    """Add `amount` (payable, in the pool's currency) to what a pool can lend, once for each `reference`.

    Raises ValueError for an amount that is not positive and payable, KeyReused when `reference` named another amount.
    """
    with transaction.atomic():
        take_the_books()
        pool = FundingPool.objects.select_for_update().get(pk=pool_id)
        key = f"funding:{pool.pk}:{reference}"
        is_new = not Entry.objects.filter(key=key).exists()
        entry = post(
            key=key,
            kind="funding",
            business_date=business_date,
            currency=pool.currency,
            lines=[Line(chart.FUNDING_CASH, chart.FUNDING_CAPITAL, amount)],
            subject=f"pool:{pool.pk}",
            at=at,
            by=by,
        )
        if is_new:
            # The financier's transfer, as the bank booked it: the funding account's statement starts with it.
            BankLine.objects.create(
                purpose="funding",
                booked_on=business_date,
                amount=amount,
                currency=pool.currency,
                reference=reference,
                key=key,
                matched_to=f"entry:{key}",
                carried_by=entry,
            )
            pool.committed += amount
            pool.save(update_fields=["committed"])
        return pool
