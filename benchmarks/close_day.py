"""The night over many active financings, against the same rows written by plain COPY and set-based SQL.

    python -m benchmarks.close_day [--sizes 10000 100000 1000000] [--proceeds all|half]

Every size runs on a platform of its own: generated sellers with one active financing each, all or half of them with
proceeds of the day. The floor writes exactly the rows that the night wrote, taken out of its tables, on a platform
that was generated alike: COPY for what is new, COPY to a temporary table and one UPDATE for what changed. Printed: the
ratio floor / night (at least 0.5 where all have proceeds, 0.6 where half have; the median of the rounds at the end),
statements per 1,000 financings (at most 20), peak memory (at most 300 MB).
"""

import argparse
import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import psycopg
from django.db import connection

from benchmarks import throwaway

DAY = date(2026, 3, 2)
CLOCK = datetime(2026, 3, 3, 2, tzinfo=UTC)
EVERY = {"all": 1, "half": 4}  # of each so many sellers two had sales
LIMIT_RATIO = {1: 0.5, 4: 0.6}
LIMIT_STATEMENTS, LIMIT_MEMORY = 20, 300

GENERATE = """
INSERT INTO banking_bankaccount (id, purpose, holder, bank, number, currency)
SELECT n, 'payout', 'Seller ' || n, 'Bank', 'CN' || lpad(n::text, 20, '0'), 'CNY' FROM generate_series(1, {n}) AS n;
INSERT INTO sellers_seller (id, external_id, name, category, region, language, joined_on, payout_account_id,
    payout_frozen, identity_done, business_done, payout_account_done, data_consent_done, sweep_cap, currency, balance,
    worst_days_past_due, state)
SELECT n, 'S' || n, 'Seller ' || n, '', '', 'en', '2025-01-01', n, false, true, true, true, true, 0.5, 'CNY', 0, 0,
    'verified' FROM generate_series(1, {n}) AS n;
INSERT INTO risk_assessment (id, seller_id, business_date, scorecard, score, grade, default_probability, "limit",
    currency, features, reasons)
SELECT n, n, '2026-01-01', 'points-1', 640, 'B', 0.005, 5000, 'CNY', '{{}}', '[]' FROM generate_series(1, {n}) AS n;
INSERT INTO financing_offer (id, seller_id, version_id, product_code, assessment_id, currency, minimum_amount,
    maximum_amount, expected_daily_sales, made_on, expires_on, accepted_amount, accepted_fee, accepted_sweep_rate,
    accepted_at, state)
SELECT n, n, version.id, product.code, n, 'CNY', 100, 5000, 100, '2026-01-01', '2026-01-15', 5000, 200, 0.12,
    '2026-01-02', 'paid_out'
FROM generate_series(1, {n}) AS n
JOIN products_financingproduct AS product
  ON product.code = CASE n % 2 WHEN 0 THEN 'sales-advance' ELSE 'early-payment' END
JOIN products_productversion AS version ON version.product_id = product.id;
INSERT INTO financing_application (id, seller_id, offer_id, version_id, product_code, collateral, requested_amount,
    approved_amount, currency, business_date, valid_until, decision, cautions, held_by, proposed_by, approved_by,
    because, reasons, state)
SELECT id, seller_id, id, version_id, product_code, '', 5000, 5000, 'CNY', '2026-01-02', '2026-01-09', '{{}}', '[]',
    '', '', '', '', '[]', 'contracted' FROM financing_offer;
INSERT INTO financing_contract (id, number, seller_id, application_id, language, terms, terms_sha256, document,
    document_sha256, media_type, signed_by, signed_at, state)
SELECT id, 'C-' || id, seller_id, id, 'en', '{{}}', '', 'contracts/x.pdf', 'x', 'application/pdf', 'user:1',
    '2026-01-02', 'in_force' FROM financing_offer;
INSERT INTO financing_financing (id, number, seller_id, contract_id, offer_id, version_id, pool_id, technique, currency,
    amount, flat_fee, sweep_rate, signed_on, disbursed_on, due_on, principal, fee, interest, penalty, accrued,
    accrued_posted, closed_through, demands_raised, past_due, days_past_due, quiet_through, state)
SELECT offer.id, 'F-' || offer.id, seller_id, offer.id, offer.id, offer.version_id, product.pool_id, product.technique,
    'CNY', 5000, CASE product.technique WHEN 'sales' THEN 200 ELSE 0 END, 0.12, '2026-01-02', '2026-01-02',
    CASE product.technique WHEN 'sales' THEN NULL ELSE DATE '2026-04-01' END, 5000,
    CASE product.technique WHEN 'sales' THEN 200 ELSE 0 END, 0, 0, 0, 0, '2026-03-01',
    CASE product.technique WHEN 'sales' THEN 1 ELSE 0 END, 0, 0,
    CASE product.technique WHEN 'sales' THEN DATE '2026-03-02' END, 'active'
FROM financing_offer AS offer JOIN products_financingproduct AS product ON product.code = offer.product_code;
INSERT INTO repayment_demand (financing_id, number, kind, starts_on, due_on, amount, paid, state)
SELECT id, 1, 'minimum', '2026-01-03', '2026-03-03', 780, 0, 'open' FROM financing_financing WHERE technique = 'sales';
INSERT INTO orders_proceeds (key, seller_id, kind, amount, currency, settled_on, booked_on)
SELECT 'p' || n, n, 'capture', 80 + (n::bigint * 7919 % 10000) / 100.0, 'CNY', '{day}', '{day}'
FROM generate_series(1, {n}) AS n WHERE n % {every} < 2;
INSERT INTO ledger_books (id, frozen_through, closed_through) VALUES (1, DATE '{day}' - 1, DATE '{day}' - 1)
ON CONFLICT (id) DO UPDATE SET frozen_through = excluded.frozen_through, closed_through = excluded.closed_through;
ANALYZE;
"""

WRITTEN = (
    ("repayment_sweep", f"business_date = '{DAY}'"),
    ("banking_instruction", f"business_date = '{DAY}' AND kind = 'payout'"),
    ("repayment_movement", f"business_date = '{DAY}'"),
    ("ledger_entry", f"business_date = '{DAY}'"),
    ("ledger_posting", f"entry_id IN (SELECT id FROM ledger_entry WHERE business_date = '{DAY}')"),
)
CHANGED = {
    "financing_financing": (
        "penalty", "fee", "interest", "principal", "accrued", "accrued_posted", "closed_through", "demands_raised",
        "past_due", "days_past_due", "quiet_through",
    ),
    "repayment_demand": ("paid",),
}  # fmt: skip


def generate(size: int, every: int = 1) -> None:
    """Fill the entered platform with `size` sellers and financings; of each `every` sellers two had sales."""
    from decimal import Decimal

    from apps.products.starter import start_products

    start_products(
        currency="CNY",
        financier="Bench",
        funding=Decimal(10_000) * size,
        business_date=date(2026, 1, 1),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        least=Decimal(100),
        most=Decimal(10_000),
    )
    with connection.cursor() as cursor:
        cursor.execute(GENERATE.format(n=size, day=DAY, every=every))
        cursor.execute("UPDATE products_fundingpool SET drawn = %s", [5000 * size])


@contextmanager
def counted() -> Iterator[list[int]]:
    """Counts SQL statements of all threads, COPY included; yields a list of one number."""
    number = [0]

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            number[0] += 1
            return original(*arguments, **options)

        return call

    originals = {name: getattr(psycopg.Cursor, name) for name in ("execute", "copy")}
    for name, original in originals.items():
        setattr(psycopg.Cursor, name, counting(original))
    try:
        yield number
    finally:
        for name, original in originals.items():
            setattr(psycopg.Cursor, name, original)


@dataclass(frozen=True, slots=True)
class Measured:
    """A night over some financings: seconds, statements, peak memory of this process in MB, and the rows it wrote."""

    seconds: float
    statements: int
    peak: float
    rows: dict[str, bytes]


def night(size: int, every: int = 1) -> Measured:
    """Run a night over `size` financings. Memory is read before its rows are read back, which are the floor's."""
    from apps.reconciliation.night import run_night
    from apps.reconciliation.plan import PIECES_AT_ONCE

    with throwaway.platform(f"bench_night_{size}", opened_on=DAY) as platform:
        generate(size, every)
        gc.collect()
        with counted() as statements:
            started = time.perf_counter()
            run = run_night(
                platform=platform, business_date=DAY, clock=lambda: CLOCK, by="night", at_once=PIECES_AT_ONCE
            )
            seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert run.is_over, run.state
        for step in run.steps.all():
            print(f"    {step.name:18} {step.done:>8} {float(step.seconds):8.2f} s", file=sys.stderr)
        rows = {table: _copied(f"SELECT * FROM {table} WHERE {where}") for table, where in WRITTEN}
        for table, columns in CHANGED.items():
            rows[table] = _copied(f"SELECT id, {', '.join(columns)} FROM {table}")
        return Measured(seconds, statements[0], peak, rows)


def _copied(query: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        return b"".join(bytes(block) for block in copy)


def floor(size: int, rows: dict[str, bytes], every: int = 1) -> float:
    """Seconds to write the same rows by plain COPY and set-based SQL."""
    from apps.ledger.services import accounts_by_code
    from apps.reconciliation.works import payout_batch

    with throwaway.platform(f"bench_floor_{size}", opened_on=DAY):
        generate(size, every)
        accounts_by_code("CNY")
        payout_batch(DAY, "CNY", "night")
        gc.collect()
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            for table, _where in WRITTEN:
                _paste(cursor, f"COPY {table} FROM STDIN", rows[table])
            for table, columns in CHANGED.items():
                cursor.execute(f"CREATE TEMP TABLE changed AS SELECT id, {', '.join(columns)} FROM {table} LIMIT 0")
                _paste(cursor, "COPY changed FROM STDIN", rows[table])
                changes = ", ".join(f"{column} = changed.{column}" for column in columns)
                cursor.execute(f"UPDATE {table} SET {changes} FROM changed WHERE changed.id = {table}.id")
                cursor.execute("DROP TABLE changed")
            cursor.execute("COMMIT")
        return time.perf_counter() - started


def _paste(cursor: Any, statement: str, data: bytes) -> None:
    with cursor.copy(statement) as copy:
        for start in range(0, len(data), 1 << 20):
            copy.write(data[start : start + (1 << 20)])


def measure(sizes: list[int], every: int) -> Iterator[bool]:
    """Measure every size; yields whether each limit was kept. What takes a second is taken five times: a median."""
    limit = LIMIT_RATIO[every]
    for size in sizes:
        rounds = [_round(size, every) for _ in range(5 if size <= 10_000 else 3 if size <= 100_000 else 1)]
        ratio = statistics.median(base / measured.seconds for measured, base in rounds)
        measured, base = min(rounds, key=lambda one: abs(one[1] / one[0].seconds - ratio))
        peak = rounds[0][0].peak  # later ones hold the first floor's rows too
        per_thousand = max(one.statements for one, _base in rounds) * 1000 / size
        print(
            f"close_day size={size} proceeds={'all' if every == 1 else 'half'} ratio={ratio:.2f} limit={limit} "
            f"night={measured.seconds:.1f}s floor={base:.1f}s rate={size / measured.seconds:,.0f}/s "
            f"statements_per_1000={per_thousand:.1f} limit={LIMIT_STATEMENTS} rss={peak:.0f}MB "
            f"limit={LIMIT_MEMORY}MB rounds={' '.join(f'{base / one.seconds:.2f}' for one, base in rounds)}"
        )
        yield ratio >= limit and per_thousand <= LIMIT_STATEMENTS and peak <= LIMIT_MEMORY


def _round(size: int, every: int) -> tuple[Measured, float]:
    """A night and its floor, one after the other."""
    measured = night(size, every)
    base = floor(size, measured.rows, every)
    return Measured(measured.seconds, measured.statements, measured.peak, {}), base


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--proceeds", choices=EVERY, default="all", help="how many of the sellers had sales of the day")
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if all(list(measure(arguments.sizes, EVERY[arguments.proceeds]))) else 1)
