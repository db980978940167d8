"""Every balance rebuilt from the journal, and held against what is kept, after nights that wrote a million postings.

    python -m benchmarks.rebuild [--financings 20000] [--postings 1000000]

The platform runs real nights over generated financings, all with proceeds of each day, until the journal is that long.
Then the proofs of `verify_books` do their work: daily totals and accounts from the postings; each financing's
principal, fee, interest and penalty from the entries about it, by way of its movements; interest and penalties of a
night by product. Both ways nothing may differ. Then one cent is added to a daily total and to a financing, and both
must be found. Printed: the seconds of each proof, and of all for a million postings (at most 60).
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction

from benchmarks import throwaway
from benchmarks.close_day import CLOCK, DAY, generate

LIMIT = 60
MILLION = 1_000_000

# What the generator leaves out: the payouts in the journal, and each row's birth in the log of moves.
PAID_OUT = """
INSERT INTO ledger_entry (key, business_date, kind, subject, currency, by, posted_at)
SELECT 'disbursement:' || id, disbursed_on, 'disbursement', 'financing:' || id, currency, 'bench', disbursed_on
FROM financing_financing;
INSERT INTO ledger_posting (entry_id, debit_id, credit_id, amount, currency)
SELECT entry.id, debit.id, credit.id, line.amount, 'CNY'
FROM financing_financing AS one JOIN ledger_entry AS entry ON entry.key = 'disbursement:' || one.id
CROSS JOIN LATERAL (VALUES ('{principal}', '{cash}', principal), ('{fee}', '{deferred}', fee))
    AS line (debit, credit, amount)
JOIN ledger_account AS debit ON debit.code = line.debit JOIN ledger_account AS credit ON credit.code = line.credit
WHERE line.amount > 0;
INSERT INTO ledger_dailytotal (account_id, business_date, debits, credits)
SELECT account_id, business_date, sum(debits), sum(credits) FROM (
    SELECT debit_id, entry_id, amount, 0 FROM ledger_posting
    UNION ALL SELECT credit_id, entry_id, 0, amount FROM ledger_posting
) AS side (account_id, entry_id, debits, credits)
JOIN ledger_entry AS entry ON entry.id = entry_id WHERE kind = 'disbursement' GROUP BY 1, 2;
INSERT INTO repayment_movement (financing_id, business_date, kind, reason, key, principal, fee, interest, penalty,
    outstanding, entry_key)
SELECT id, disbursed_on, 'disbursement', 'paid_to_seller', 'disbursement', principal, fee, 0, 0, principal + fee,
    'disbursement:' || id FROM financing_financing;
"""
BORN = """
INSERT INTO core_transition (model, object_id, verb, source, target, by, reason, at)
SELECT '{label}', id, 'create', '', state, 'bench', '', '2026-01-01' FROM {table} AS one
WHERE NOT EXISTS (SELECT FROM core_transition WHERE model = '{label}' AND object_id = one.id)
"""
SALES = """
INSERT INTO orders_proceeds (key, seller_id, kind, amount, currency, settled_on, booked_on)
SELECT 'p{day}:' || id, id, 'capture', 20 + (id * 7919 % 5000) / 100.0, 'CNY', '{day}', '{day}' FROM sellers_seller
"""
ONE_CENT_OFF = {
    "daily total": (
        "UPDATE ledger_dailytotal SET debits = debits + 0.01 WHERE id = (SELECT max(id) FROM ledger_dailytotal)"
    ),
    "financing": "UPDATE financing_financing SET principal = principal - 0.01 WHERE id = 1",
}


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def begin(financings: int) -> None:
    """Generated financings whose books hold."""
    from apps.ledger import chart
    from apps.ledger.services import accounts_by_code

    generate(financings)
    accounts_by_code("CNY")
    execute(
        PAID_OUT.format(principal=chart.PRINCIPAL, cash=chart.FUNDING_CASH, fee=chart.FEE, deferred=chart.DEFERRED_FEES)
    )


def log_births() -> None:
    from apps.core.states import stateful_models

    for model in stateful_models():
        if not model.born_unlogged:
            execute(BORN.format(label=model._meta.label_lower, table=model._meta.db_table))


def fill(platform: Any, postings: int) -> tuple[int, int]:
    """Run nights until the journal has `postings`; answers how many it has, and how many nights that took."""
    from apps.ledger.models import Posting
    from apps.reconciliation.night import run_night
    from apps.reconciliation.plan import PIECES_AT_ONCE

    day, nights = DAY, 0
    while (number := Posting.objects.count()) < postings:
        if nights:  # the generator brought those of the first
            execute(SALES.format(day=day))
        clock = partial(datetime.combine, day + timedelta(days=1), CLOCK.timetz())
        run = run_night(platform=platform, business_date=day, clock=clock, by="night", at_once=PIECES_AT_ONCE)
        assert run.is_over, run.state
        assert not run.set_aside.exists()
        day, nights = day + timedelta(days=1), nights + 1
        print(f"    night {nights}: {Posting.objects.count():,} postings", file=sys.stderr, flush=True)
    execute("ANALYZE")
    return number, nights


def proofs() -> dict[str, Callable[[], list[str]]]:
    """The parts of `verify_books` that rebuild what a night writes."""
    from apps.core import standing
    from apps.ledger import proofs as ledger
    from apps.repayment import proofs as repayment

    return {"journal": ledger.faults, "financings": repayment.faults, "states": standing.faults}


def timed() -> tuple[dict[str, float], list[str]]:
    seconds: dict[str, float] = {}
    found: list[str] = []
    for name, prove in proofs().items():
        started = time.perf_counter()
        found += prove()
        seconds[name] = time.perf_counter() - started
    return seconds, found


def finds_a_cent() -> bool:
    """The failing control: a cent too many is found wherever it is."""
    for name, statement in ONE_CENT_OFF.items():
        with transaction.atomic():
            execute(statement)
            _seconds, found = timed()
            transaction.set_rollback(True)
        if not found:
            print(f"rebuild: a cent more on a {name} was not found")
            return False
    return True


def main() -> int:
    """Measure and print; 1 when something differs or the limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--financings", type=int, default=20_000)
    parser.add_argument("--postings", type=int, default=MILLION)
    arguments = parser.parse_args()
    throwaway.setup()
    with throwaway.platform("bench_rebuild", opened_on=date(2026, 3, 1)) as platform:
        begin(arguments.financings)
        log_births()
        postings, nights = fill(platform, arguments.postings)
        seconds, found = timed()
        whole = sum(seconds.values())
        print(
            f"rebuild postings={postings} nights={nights} differences={len(found)} "
            + " ".join(f"{name}={one:.1f}s" for name, one in seconds.items())
            + f" whole={whole:.1f}s per_million={whole * MILLION / postings:.1f}s limit={LIMIT}s"
        )
        print("\n".join(found[:20]))
        return int(bool(found) or whole * MILLION / postings > LIMIT or not finds_a_cent())


if __name__ == "__main__":
    sys.exit(main())
