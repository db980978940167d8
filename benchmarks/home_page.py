"""A seller's home page with 1,000 orders behind it: 15 queries or fewer, 50 ms of server time or less.

    python -m benchmarks.home_page

The request passes the whole stack but the network: middleware, session, templates. Printed: the median of the rounds.
"""

import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from benchmarks import throwaway
from benchmarks.decision import GENERATE

LIMIT_MS, LIMIT_QUERIES, ROUNDS = 50, 15, 30


def main() -> int:
    """Measure and print; 1 when a limit is exceeded."""
    from decimal import Decimal

    from django.conf import settings
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.products.starter import start_products
    from apps.reconciliation.night import run_night
    from apps.sellers.models import Seller
    from apps.tenants.services import tenant_connection
    from apps.users.models import Role, User

    now = datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    with throwaway.platform("bench_home", opened_on=yesterday, time_zone="UTC") as platform:
        start_products(
            currency="CNY",
            financier="Bench",
            funding=Decimal(10_000_000),
            business_date=yesterday,
            at=now,
            least=Decimal(100),
            most=Decimal(10_000),
        )
        with connection.cursor() as cursor:
            cursor.execute(GENERATE.format(sellers="1"))
            cursor.execute(
                "UPDATE orders_order SET placed_at = placed_at + shift, paid_at = paid_at + shift, "
                "shipped_at = shipped_at + shift, delivered_at = delivered_at + shift, "
                "expected_at = expected_at + shift "
                "FROM (SELECT %s::timestamptz - max(delivered_at) AS shift FROM orders_order) AS shifted",
                [now - timedelta(days=2)],
            )
            cursor.execute("UPDATE sellers_consent SET given_on = '2020-01-01', until = '2100-01-01'")
        user = User.objects.create_user(email="bench@bench.example", password="bench-password", role=Role.SELLER)
        Seller.objects.filter(pk=1).update(user=user)
        run_night(platform=platform, business_date=yesterday, clock=lambda: now, by="night")
        client = Client(HTTP_HOST="bench-home.localhost")
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        times, queries = [], 0
        for _round in range(ROUNDS + 3):
            tenant_connection.set_tenant(platform)
            with CaptureQueriesContext(connection) as captured:
                started = time.perf_counter()
                page = client.get("/")
                times.append(1000 * (time.perf_counter() - started))
            queries = len(captured)
            assert page.status_code == 200, page.status_code
    milliseconds = statistics.median(times[3:])
    print(f"home_page ms={milliseconds:.1f} limit={LIMIT_MS} queries={queries} limit={LIMIT_QUERIES} orders=1000")
    return int(milliseconds > LIMIT_MS or queries > LIMIT_QUERIES)


if __name__ == "__main__":
    throwaway.setup()
    sys.exit(main())
