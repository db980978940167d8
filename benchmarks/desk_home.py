"""The desk's home with a year of nights and 10,000 open breaks: p95 of 100 ms of server time or less.

    python -m benchmarks.desk_home

The requests pass the whole stack but the network: middleware, session, templates.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from benchmarks import throwaway

LIMIT_MS, LIMIT_QUERIES, ROUNDS = 100, 35, 60
NIGHTS, BREAKS = 365, 10_000

GENERATE = """
INSERT INTO reconciliation_nightlyrun (id, business_date, started_at, ended_at, closed_by, state)
SELECT n, %(last)s::date - {nights} + n, %(now)s, %(now)s, '', 'with_breaks' FROM generate_series(1, {nights}) AS n;
INSERT INTO reconciliation_nightlystep (run_id, place, name, done, skipped, failed, total, seconds, reason, state)
SELECT run.id, place, name, 100, 0, 0, 1000, 1 + (run.id + place) %% 7, '', 'done'
FROM reconciliation_nightlyrun AS run, unnest(%(steps)s::text[]) WITH ORDINALITY AS step (name, place);
INSERT INTO reconciliation_nightlychunk (run_id, phase, work, first_seller, last_seller, done_at, result, error)
SELECT run.id, place, name, 0, 0, %(now)s, '{{"seconds": "1.0"}}', ''
FROM reconciliation_nightlyrun AS run, unnest(%(works)s::text[]) WITH ORDINALITY AS work (name, place);
INSERT INTO reconciliation_controltotal (run_id, name, currency, opening, movements, closing, difference)
SELECT run.id, name, 'CNY', 1, 1, 2, 0 FROM reconciliation_nightlyrun AS run, unnest(%(totals)s::text[]) AS name;
INSERT INTO reconciliation_break (key, run_id, kind, subject, amount, currency, opened_on, due_on, text, owner, version,
    account, reason, proposed_by, approved_by, is_small, state)
SELECT 'line:' || n, 1 + n %% {nights}, (ARRAY['amount', 'fee', 'missing_internal'])[1 + n %% 3], 'bank_line:' || n,
       n / 100.0, 'CNY', %(last)s::date - n %% {nights}, %(last)s::date, 'The bank booked what nobody expected.',
       CASE WHEN n %% 4 = 0 THEN 'user:1' ELSE '' END, 1, '', '', '', '', false, 'suggested'
FROM generate_series(1, {breaks}) AS n;
INSERT INTO reconciliation_suggestion (unexplained_id, rule, kind, lines, expected, difference, account, share, days,
    alike, accepted_by, declined_by)
SELECT id, 'nearly the amount', 'amount', jsonb_build_array(subject), '["settlement:2026-01-01"]', 0.5, 'collection',
       0.001, 1, 1, '', '' FROM reconciliation_break;
ANALYZE
"""


def main() -> int:
    """Measure and print; 1 when a limit is exceeded."""
    from django.conf import settings
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.reconciliation.control import CONTROLS
    from apps.reconciliation.plan import NIGHT
    from apps.tenants.services import tenant_connection
    from apps.users.models import Role, User

    now = datetime.now(UTC)
    last = now.date() - timedelta(days=1)
    facts: dict[str, Any] = {
        "last": last,
        "now": now,
        "steps": [step for work in NIGHT for step in work.steps],
        "works": [work.name for work in NIGHT],
        "totals": [control.name for control in CONTROLS],
    }
    kept = True
    with throwaway.platform("bench_desk", opened_on=last, time_zone="UTC") as platform:
        with connection.cursor() as cursor:
            for statement in GENERATE.format(nights=NIGHTS, breaks=BREAKS).split(";\n"):
                cursor.execute(statement, facts)
        user = User.objects.create_user(email="bench@bench.example", password="bench-password", role=Role.STAFF)
        client = Client(HTTP_HOST="bench-desk.localhost")
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
        for address in ("/desk/", "/desk/breaks/"):
            times, queries = [], 0
            for _round in range(ROUNDS + 3):
                tenant_connection.set_tenant(platform)
                with CaptureQueriesContext(connection) as captured:
                    started = time.perf_counter()
                    page = client.get(address)
                    times.append(1000 * (time.perf_counter() - started))
                queries = len(captured)
                assert page.status_code == 200, page.status_code
            p95 = sorted(times[3:])[int(ROUNDS * 0.95)]
            print(
                f"desk_home {address} p95_ms={p95:.1f} limit={LIMIT_MS} queries={queries} limit={LIMIT_QUERIES} "
                f"nights={NIGHTS} breaks={BREAKS}"
            )
            kept &= p95 <= LIMIT_MS and queries <= LIMIT_QUERIES
    return int(not kept)


if __name__ == "__main__":
    throwaway.setup()
    sys.exit(main())
