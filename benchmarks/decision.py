"""One seller's decision and offer, with a year of 1,000 orders behind it: 100 ms or less.

    python -m benchmarks.decision

Times what the night does for a range, for a range of one seller: the history read, the scorecard, the limit, the offer
written. Printed: the median of the rounds in milliseconds, and statements.
"""

import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from benchmarks import throwaway
from benchmarks.close_day import counted

LIMIT_MS = 100
TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 3, 2, tzinfo=UTC)
ROUNDS = 30

GENERATE = """
INSERT INTO banking_bankaccount (id, purpose, holder, bank, number, currency)
VALUES (1, 'payout', 'Seller', 'Bank', 'CN00000000000000000001', 'CNY');
INSERT INTO sellers_seller (id, external_id, name, category, region, language, joined_on, payout_account_id,
    payout_frozen, identity_done, business_done, payout_account_done, data_consent_done, sweep_cap, currency, balance,
    worst_days_past_due, state)
SELECT n, 'S' || n, 'Seller ' || n, '', '', 'en', '2025-01-01', 1, false, true, true, true, true, 0.5, 'CNY', 0, 0,
    'verified' FROM generate_series(1, 1000) AS n;
INSERT INTO sellers_consent (seller_id, data, audience, given_on, until, withdrawn_by)
SELECT id, 'orders', 'platform', '2025-01-01', '2030-01-01', '' FROM sellers_seller;
INSERT INTO orders_order (seller_id, external_id, currency, goods, freight, paid, refunded, category, placed_at,
    paid_at, shipped_at, delivered_at, expected_at, flagged, state, articles, article_prices, article_freights)
SELECT seller, 'O' || n, 'CNY', 50, 0, 50, 0, '', at, at, at + interval '1 day', at + interval '3 days',
    at + interval '9 days', false, 'completed', '{{}}', '{{}}', '{{}}'
FROM generate_series(1, 1000) AS n, unnest(ARRAY[{sellers}]) AS seller,
     LATERAL (SELECT timestamptz '2025-03-10' + n * interval '8 hours' AS at) AS placed;
ANALYZE;
"""


def main() -> int:
    """Measure and print; 1 when the limit is exceeded."""
    from decimal import Decimal

    from apps.financing.models import Offer
    from apps.financing.services import refresh_offers
    from apps.products.starter import start_products
    from apps.risk.services import assess_sellers

    with throwaway.platform("bench_decision", opened_on=TODAY) as platform:
        start_products(
            currency="CNY",
            financier="Bench",
            funding=Decimal(10_000_000),
            business_date=TODAY - timedelta(days=1),
            at=AT,
            least=Decimal(100),
            most=Decimal(10_000),
        )
        with connection.cursor() as cursor:
            cursor.execute(GENERATE.format(sellers=",".join(str(number) for number in range(1, ROUNDS + 2))))
        times = []
        for seller in range(1, ROUNDS + 2):
            with counted() as statements:
                started = time.perf_counter()
                assessments = assess_sellers(
                    first_seller=seller, last_seller=seller, business_date=TODAY, zone=platform.zone, currency="CNY"
                )
                refresh_offers(
                    first_seller=seller, last_seller=seller, business_date=TODAY, zone=platform.zone,
                    assessments=assessments, at=AT, by="benchmark",
                )  # fmt: skip
                times.append(1000 * (time.perf_counter() - started))
        made = Offer.objects.count()
    milliseconds = statistics.median(times[1:])
    print(
        f"decision ms={milliseconds:.1f} limit={LIMIT_MS} statements={statements[0]} "
        f"offers={made} of {ROUNDS + 1} sellers, 1,000 orders each"
    )
    return int(milliseconds > LIMIT_MS or made < ROUNDS + 1)


if __name__ == "__main__":
    throwaway.setup()
    sys.exit(main())
