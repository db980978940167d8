"""The wind tunnel over twenty months of many sellers, against reading the same rows with plain SQL.

    python -m benchmarks.back_test [--sellers 3000] [--orders 100000]

The past is generated in the proportions of a marketplace: the k-th seller has orders like 1 / (k + 40), over twenty
months. A draft is tried beside the live version, by the very job that a worker runs, results and lines written. The
floor reads the same orders, column by column, sorted alike, into Python. Printed: seconds (at most 60) and of them
this process at work, the ratio tunnel / floor, statements, peak memory of this process (at most 300 MB).
"""

import argparse
import resource
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from benchmarks import throwaway
from benchmarks.close_day import counted

FIRST, LAST = date(2024, 6, 1), date(2026, 1, 31)
AT = datetime(2026, 2, 1, 4, tzinfo=UTC)
LIMIT_SECONDS, LIMIT_MEMORY = 60, 300

GENERATE = """
INSERT INTO sellers_seller (id, external_id, name, category, region, language, joined_on, payout_frozen, identity_done,
    business_done, payout_account_done, data_consent_done, sweep_cap, currency, balance, worst_days_past_due, state)
SELECT n, 'S' || n, 'Seller ' || n, '', '', 'en', '2024-01-01', false, true, true, true, true, 0.5, 'CNY', 0, 0,
    'verified' FROM generate_series(1, {sellers}) AS n;
INSERT INTO sellers_consent (seller_id, data, audience, given_on, until, withdrawn_by)
SELECT n, 'orders', 'platform', '2024-01-01', '2030-01-01', '' FROM generate_series(1, {sellers}) AS n;
INSERT INTO orders_order (seller_id, external_id, currency, goods, freight, paid, refunded, category, articles,
    article_prices, article_freights, placed_at, paid_at, shipped_at, delivered_at, expected_at, flagged, state)
SELECT seller, 'o' || n, 'CNY', paid, 0, paid, 0, '', '{{}}', '{{}}', '{{}}', placed, placed + interval '1 hour',
    CASE WHEN n % 97 <> 0 THEN placed + interval '30 hours' END,
    CASE WHEN n % 97 <> 0 AND n % 50 <> 0 THEN placed + interval '1 hour' * (60 + n * 31 % 400) END,
    placed + interval '14 days', false,
    CASE WHEN n % 97 = 0 THEN 'paid' WHEN n % 50 = 0 THEN 'shipped' ELSE 'delivered' END
FROM (SELECT n, floor(40 * power(1 + {sellers} / 40.0, n * 0.6180339887 % 1) - 39)::int AS seller,
        (1000 + n * 7919 % 30000) / 100.0 AS paid,
        TIMESTAMPTZ '2024-06-01 00:00+08' + interval '600 days' * (n * 7919::bigint % {orders}) / {orders} AS placed
      FROM generate_series(1, {orders}) AS n) AS one;
ANALYZE;
"""


def generate(sellers: int, orders: int) -> Any:
    """Fill the entered platform; answers a draft of the advance on sales, asked to be tried."""
    from apps.products.models import FinancingProduct
    from apps.products.services import new_version, save_draft
    from apps.products.starter import start_products
    from apps.reconciliation.back_tests import ask_back_test
    from apps.reconciliation.models import BackTest

    start_products(
        currency="CNY",
        financier="Bench",
        funding=Decimal(10_000_000),
        business_date=FIRST,
        at=AT,
        least=Decimal(50),
        most=Decimal(50_000),
    )
    with connection.cursor() as cursor:
        cursor.execute(GENERATE.format(sellers=sellers, orders=orders))
    draft = new_version(product_id=FinancingProduct.objects.get(code="sales-advance").pk, at=AT, by="user:1")
    draft.fee_rate = Decimal("0.05")
    save_draft(version=draft, changed=["fee_rate"], at=AT, by="user:1")
    wanted = BackTest(version=draft, first=FIRST, last=LAST)
    return ask_back_test(back_test=wanted, today=date(2026, 2, 1), at=AT, by="user:1")


def floor() -> float:
    """Seconds to read the orders as the tunnel does, and nothing else."""
    from apps.reconciliation.tunnel.reading import PAST, SELLERS_AT_ONCE, readable_sellers

    started = time.perf_counter()
    sellers = [row[0] for row in readable_sellers(LAST)]
    rows = 0
    with connection.cursor() as cursor:
        for start in range(0, len(sellers), SELLERS_AT_ONCE):
            cursor.execute(PAST, {"sellers": sellers[start : start + SELLERS_AT_ONCE], "zone": "Asia/Shanghai"})
            rows += sum(1 for _row in cursor)
    assert rows
    return time.perf_counter() - started


def measure(sellers: int, orders: int) -> bool:
    """Measure once; whether the limits were kept."""
    from apps.reconciliation.back_tests import run_back_test

    with throwaway.platform("bench_back_test", opened_on=FIRST) as platform:
        back_test = generate(sellers, orders)
        floor()  # the first reading warms the cache for both
        base = floor()
        with counted() as statements:
            started, worked = time.perf_counter(), time.process_time()
            done = run_back_test(back_test_id=back_test.pk, platform=platform, clock=lambda: AT, by="benchmark")
            seconds, worked = time.perf_counter() - started, time.process_time() - worked
        assert done.results, done.error
        told = done.results["version"]
        print(f"    {told['qualified']} qualified, {told['financings']} financings, {told['missed']} missed, "
              f"{told['drawn']} drawn", file=sys.stderr)  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"back_test sellers={sellers} orders={orders} days={(LAST - FIRST).days + 1} seconds={seconds:.1f} "
        f"limit={LIMIT_SECONDS} cpu={worked:.1f}s ratio={seconds / base:.1f} floor={base:.2f}s "
        f"statements={statements[0]} rss={peak:.0f}MB limit={LIMIT_MEMORY}MB"
    )
    return seconds <= LIMIT_SECONDS and peak <= LIMIT_MEMORY


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sellers", type=int, default=3_000)
    parser.add_argument("--orders", type=int, default=100_000)
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if measure(arguments.sellers, arguments.orders) else 1)
