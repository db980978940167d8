"""The portfolio of many financings: a day's rows against plain SQL, and the pages that financiers work in.

    python -m benchmarks.portfolio [--financings 100000] [--rounds 40]

The platform has as many sellers as financings, a month of daily movements, and a
year of portfolio days. Printed: seconds to make a day's rows and the ratio to one GROUP BY that reads the same tables
(at most 4); p95 of the server's time for the portfolio and the pages of the admin that financiers use most, over the
whole stack but the network (at most 150 ms each), with their queries.
"""

import argparse
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, reset_queries

from benchmarks import throwaway
from benchmarks.close_day import DAY, generate

LIMIT_MS, LIMIT_RATIO = 150, 4
AT = datetime(2026, 3, 3, 2, tzinfo=UTC)
DAYS_OF_MOVEMENTS = 30
PAST_DAYS = 365

# Life into what the generator makes alike: grades, categories, regions, lateness, months of payout, a month of sweeps.
LIFE = """
UPDATE risk_assessment SET grade = substr('ABCD', 1 + id::int % 4, 1), features = jsonb_build_object(
    'daily_sales', (100 + id % 900)::text, 'monthly', (SELECT jsonb_agg('3000'::text) FROM generate_series(1, 12)));
UPDATE sellers_seller SET category = 'category ' || id % 6, region = 'region ' || id % 5;
UPDATE financing_financing SET disbursed_on = DATE '{day}' - 60 - id::int % 360, closed_through = DATE '{day}',
    days_past_due = CASE WHEN id % 10 = 0 THEN id::int % 120 ELSE 0 END,
    past_due = CASE WHEN id % 10 = 0 THEN 300 ELSE 0 END;
INSERT INTO repayment_movement (financing_id, business_date, kind, reason, key, principal, fee, interest, penalty,
    outstanding, entry_key)
SELECT financing.id, DATE '{day}' - n, 'sweep', 'sales', 'sweep', -10, 0, 0, 0, 5000 + 10 * n, 'sweep:' || financing.id
FROM financing_financing AS financing, generate_series(0, {movements} - 1) AS n;
UPDATE ledger_books SET frozen_through = DATE '{day}', closed_through = DATE '{day}';
INSERT INTO reconciliation_standing (financing_id, bucket, since, principal)
SELECT id, CASE WHEN id % 37 = 0 THEN '31-60' WHEN id % 11 = 0 THEN '1-30' ELSE 'in_time' END, DATE '{day}' - 50,
    principal
FROM financing_financing;
ANALYZE;
"""

# The same tables read once, grouped by the same columns and by nothing that has to be found out.
FLOOR = """
SELECT version.product_id, financing.pool_id, assessment.grade, seller.category, seller.region,
       financing.days_past_due / 30, count(*), sum(financing.principal), sum(financing.fee), sum(financing.interest),
       sum(financing.penalty), sum(financing.past_due), sum(moved.principal), sum(moved.fee), sum(moved.today)
FROM financing_financing AS financing
JOIN products_productversion AS version ON version.id = financing.version_id
JOIN financing_offer AS offer ON offer.id = financing.offer_id
JOIN risk_assessment AS assessment ON assessment.id = offer.assessment_id
JOIN sellers_seller AS seller ON seller.id = financing.seller_id
JOIN (
    SELECT financing_id, sum(principal) AS principal, sum(fee) AS fee,
           sum(principal) FILTER (WHERE business_date = %(day)s) AS today
    FROM repayment_movement WHERE business_date > %(before)s GROUP BY 1
) AS moved ON moved.financing_id = financing.id
GROUP BY 1, 2, 3, 4, 5, 6
"""

# A year of days before, as the last one is: what the page of a long period adds up.
PAST = """
INSERT INTO reconciliation_portfolioday (business_date, currency, made_at, marks_through)
SELECT DATE '{day}' - n, currency, made_at, DATE '{day}' - n
FROM reconciliation_portfolioday, generate_series(1, {days}) AS n;
INSERT INTO reconciliation_portfoliorow (day_id, {columns})
SELECT day.id, {columns} FROM reconciliation_portfolioday AS day, (
    SELECT {columns} FROM reconciliation_portfoliorow
) AS one WHERE day.business_date < DATE '{day}';
INSERT INTO reconciliation_portfolioflow (day_id, product_id, pool_id, income, expected, collected)
SELECT day.id, product_id, pool_id, income, expected, collected
FROM reconciliation_portfolioday AS day, (
    SELECT product_id, pool_id, income, expected, collected FROM reconciliation_portfolioflow
) AS one WHERE day.business_date < DATE '{day}';
ANALYZE;
"""


def seconds_of(statement: str, facts: dict[str, Any]) -> float:
    """How long `statement` takes, its rows fetched."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        assert cursor.fetchall()
    return time.perf_counter() - started


def make(financings: int) -> bool:
    """Make a day's rows; whether the limit was kept."""
    from apps.reconciliation.models import PortfolioRow
    from apps.reconciliation.portfolio import make_day
    from apps.reconciliation.portfolio.making import month_before

    facts = {"day": DAY, "before": month_before(DAY)}
    seconds_of(FLOOR, facts)  # the first reading warms the cache for both
    base = seconds_of(FLOOR, facts)
    started = time.perf_counter()
    make_day(business_date=DAY, currency="CNY", at=AT)
    seconds = time.perf_counter() - started
    print(
        f"portfolio financings={financings} rows={PortfolioRow.objects.count()} made={seconds:.2f}s floor={base:.2f}s "
        f"ratio={seconds / base:.1f} limit={LIMIT_RATIO}",
        flush=True,
    )
    return seconds / base <= LIMIT_RATIO


def go_back(days: int) -> None:
    """Give the platform the same day over and over, `days` dates back."""
    from apps.reconciliation.models import PortfolioRow

    columns = ", ".join(f'"{one.column}"' for one in PortfolioRow._meta.fields if one.column not in {"id", "day_id"})
    with connection.cursor() as cursor:
        cursor.execute(PAST.format(day=DAY, days=days, columns=columns))


def addresses() -> dict[str, str]:
    """The pages that are measured."""
    from django.urls import reverse

    from apps.products.models import FinancingProduct, FundingPool

    def listed(model: str) -> str:
        return reverse(f"admin:{model}_changelist")

    page, behind = (reverse(f"admin:reconciliation_portfolioday_{name}") for name in ("portfolio", "financings"))
    product, pool = FinancingProduct.objects.earliest("pk"), FundingPool.objects.get()
    return {
        "portfolio": page,
        "portfolio, narrowed": f"{page}?product={product.pk}&category=category+1",
        "portfolio, 90 days": f"{page}?days=90",
        "portfolio, a year": f"{page}?days=365",
        "financings behind": f"{behind}?bucket=1-30",
        "financings, deep": f"{behind}?older=50000",
        "financings": listed("financing_financing"),
        "financings, filtered": f"{listed('financing_financing')}?state__exact=active&pool__id__exact={pool.pk}",
        "applications": listed("financing_application"),
        "sellers": listed("sellers_seller"),
        "sellers, searched": f"{listed('sellers_seller')}?q=Seller+9999",
        "products": listed("products_financingproduct"),
        "a product": reverse("admin:products_financingproduct_change", args=[product.pk]),
        "versions": listed("products_productversion"),
        "a version": reverse("admin:products_productversion_change", args=[product.versions.latest("pk").pk]),
        "pools": listed("products_fundingpool"),
        "a pool": reverse("admin:products_fundingpool_change", args=[pool.pk]),
        "home": reverse("admin:index"),
    }


def serve(platform: Any, rounds: int) -> bool:
    """Ask for each page `rounds` times; whether all kept the limit."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.tenants.services import tenant_connection
    from apps.users.models import Role, User

    user = User.objects.create_user(email="bench@bench.example", password="bench-password", role=Role.FINANCIER)
    client = Client(HTTP_HOST=platform.domains.get(is_primary=True).domain)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    kept = True
    for name, address in addresses().items():
        times, queries = [], 0
        for _round in range(rounds + 2):
            tenant_connection.set_tenant(platform)
            reset_queries()  # Django keeps the last 9,000; nobody counts what is pushed out
            with CaptureQueriesContext(connection) as captured:
                started = time.perf_counter()
                answer = client.get(address)
                times.append(1000 * (time.perf_counter() - started))
            queries = len(captured)
            assert answer.status_code == 200, (address, answer.status_code)
        p95 = sorted(times[2:])[int(rounds * 0.95) - 1]
        kept &= p95 <= LIMIT_MS
        print(f"portfolio page={name!r} p95_ms={p95:.1f} limit={LIMIT_MS} queries={queries}", flush=True)
    return kept


def main() -> int:
    """Measure and print; 1 when a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--financings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    throwaway.setup()
    with throwaway.platform("bench_portfolio", opened_on=date(2026, 3, 1)) as platform:
        generate(arguments.financings)
        with connection.cursor() as cursor:
            cursor.execute(LIFE.format(day=DAY, movements=DAYS_OF_MOVEMENTS))
        kept = make(arguments.financings)
        go_back(PAST_DAYS)
        return int(not (serve(platform, arguments.rounds) and kept))


if __name__ == "__main__":
    sys.exit(main())
