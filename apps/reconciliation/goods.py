"""What a night has to say about goods in pledge: prices that are too old, papers that ended, quantities that must add
up from one night to the next."""

from datetime import date
from decimal import Decimal

from django.db import connection

from apps.core.money import ZERO, round_money
from apps.reconciliation.breaks import Difference
from apps.warehousing.revaluation import lapsed, stale_prices

# What the pledges say moved on the date, and on later dates already, against what the receipts say is held now.
QUANTITIES = """
WITH moved AS (
    SELECT receipt.unit,
           coalesce(sum(held.weight) FILTER (WHERE held.secured_on = %(on)s), 0)
         - coalesce(sum(held.weight) FILTER (WHERE held.released_on = %(on)s), 0) AS today,
           coalesce(sum(held.weight) FILTER (WHERE held.secured_on > %(on)s), 0)
         - coalesce(sum(held.weight) FILTER (WHERE held.released_on > %(on)s), 0) AS later
    FROM warehousing_pledgedreceipt AS held
    JOIN warehousing_warehousereceipt AS receipt ON receipt.id = held.receipt_id
    WHERE held.secured_on IS NOT NULL GROUP BY receipt.unit
), held AS (
    SELECT unit, sum(weight) AS now FROM warehousing_warehousereceipt
    WHERE state IN ('pledged', 'invoked') OR (state = 'expired' AND was_pledged)
       OR (state = 'frozen' AND EXISTS (
              SELECT FROM warehousing_pledgedreceipt
              WHERE receipt_id = warehousing_warehousereceipt.id AND released_on IS NULL AND secured_on IS NOT NULL))
    GROUP BY unit
)
SELECT unit, coalesce(today, 0), coalesce(now, 0) - coalesce(later, 0)
FROM moved FULL JOIN held USING (unit) ORDER BY unit
"""


def quantities(on: date) -> dict[str, tuple[Decimal, Decimal]]:
    """By unit, what went into pledge on `on` less what was released or sold, as the pledges say, and what is held at
    the end of that date, as the receipts say."""
    with connection.cursor() as cursor:
        cursor.execute(QUANTITIES, {"on": on})
        return {unit: (today, held) for unit, today, held in cursor.fetchall()}


def differences(*, business_date: date, currency: str) -> list[Difference]:
    """Prices on which goods in pledge hang and that are too old or missing, and papers of such goods that ended.

    A difference that is gone by the next night closes its break by itself.
    """
    return [*_stale(business_date, currency), *_lapsed(business_date, currency)]


def _stale(business_date: date, currency: str) -> list[Difference]:
    return [
        Difference(
            f"stale_price:{price.commodity}:{price.since or 'never'}",
            "stale_price",
            f"commodity:{price.commodity}",
            round_money(price.value, currency),
            currency,
            f"{price.commodity}: the last price is that of {price.since}. The goods of {pledges} pledges keep their "
            "last known value, and calls stand."
            if price.since
            else f"{price.commodity}: there has never been a price. The goods of {pledges} pledges keep their last "
            "known value, and calls stand.",
        )
        for price, pledges in stale_prices(business_date).items()
    ]


def _lapsed(business_date: date, currency: str) -> list[Difference]:
    return [
        Difference(
            f"lapsed:{one.key}:{one.ended_on}",
            "status",
            f"receipt:{one.key}",
            ZERO,
            currency,
            f"Receipt {one.receipt} in pledge {one.pledge} is valid and insured through {one.ended_on} only. "
            "Its goods count, and lend nothing.",
        )
        for one in lapsed(business_date)
    ]
