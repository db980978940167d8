"""Acting on a financing that has run for years: quote, preview, time travel, statement.

    python -m benchmarks.events [--years 5]

One financing with daily interest and a payment a week, lived night by night in the database by its own movements.
Printed: milliseconds (median of nine) of the quote of an early repayment and of the preview of a payment dated back a
year (at most 20 each for one year of life), and seconds of the statement of all years as a PDF (at most 1).
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks import throwaway
from benchmarks.close_day import generate

FIRST = date(2026, 1, 2)
AT = datetime(2031, 1, 2, 10, tzinfo=UTC)
LIMIT_MS, LIMIT_STATEMENT = 20, 1.0


def median_ms(work: Callable[[], Any], times: int = 9) -> float:
    """The median of some runs, in milliseconds, after one that warms up."""
    work()
    taken = []
    for _time in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def lived(financing_id: int, days: int) -> None:
    """Let the financing live `days` nights: interest each night, a sweep of ten a week."""
    from apps.financing.models import Financing
    from apps.repayment.changes import start_of
    from apps.repayment.life import LAST_OF_THE_DAY, Fact, tell
    from apps.repayment.models import Movement

    financing = Financing.objects.select_related("version__product__pool").get(pk=financing_id)
    facts = [
        Fact(day, LAST_OF_THE_DAY, "sweep", "sweep", day, Decimal(10))
        for day in (FIRST + timedelta(days=number) for number in range(7, days, 7))
    ]
    last = FIRST + timedelta(days=days)
    life = tell(start_of(financing)._replace(closed_through=last), facts, last, financing.currency)
    owed, rows = financing.amount, []
    for one in life.told:
        owed += one.change.total
        rows.append(
            Movement(
                financing=financing, business_date=one.on, kind=one.kind, reason="lived", key=one.identity,
                principal=one.change.principal, interest=one.change.interest, outstanding=owed, entry_key="lived",
            )
        )  # fmt: skip
    Movement.objects.bulk_create(rows)
    Financing.objects.filter(pk=financing_id).update(
        principal=life.owed.principal, interest=life.owed.interest, accrued=life.accrued,
        accrued_posted=life.accrued_posted, closed_through=last, disbursed_on=FIRST, due_on=last + timedelta(days=99),
    )  # fmt: skip


def measure(years: int) -> bool:
    """Whether all limits were kept."""
    one_year = _measured(365)
    all_years = _measured(365 * years)
    print(
        f"events years=1 quote={one_year[0]:.1f}ms preview={one_year[1]:.1f}ms limit={LIMIT_MS}ms; years={years} "
        f"quote={all_years[0]:.1f}ms preview={all_years[1]:.1f}ms statement={all_years[2]:.2f}s "
        f"limit={LIMIT_STATEMENT}s"
    )
    return max(*one_year[:2], all_years[0]) <= LIMIT_MS and all_years[2] <= LIMIT_STATEMENT


def _measured(days: int) -> tuple[float, float, float]:
    from django.db import connection

    from apps.banking.models import BankLine
    from apps.financing.models import Financing
    from apps.portal.statements import statement_pdf
    from apps.repayment.changes import balance_of
    from apps.repayment.events import Act, preview
    from apps.repayment.life import payoff
    from apps.repayment.statement import statement_of

    last = FIRST + timedelta(days=days)
    with throwaway.platform("bench_events", opened_on=FIRST) as platform:
        generate(2)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_books SET frozen_through = %s, closed_through = %s", [last, last])
        financing_id = Financing.objects.get(technique="receivable").pk
        lived(financing_id, days)
        back = last - timedelta(days=300)
        line = BankLine.objects.create(
            purpose="collection", booked_on=back, amount=Decimal(3000), currency="CNY", key="bench"
        )
        read = Financing.objects.select_related("seller", "version__product__pool")

        def quote() -> Any:
            return payoff(balance_of(read.get(pk=financing_id)), last + timedelta(days=30), "CNY")

        def shown() -> Any:
            act = Act("payment", "found", line_id=line.pk)
            return preview(financing_id=financing_id, act=act, asked_on=last, at=AT, by="user:1")

        assert shown().rewrites_history

        def paper() -> Any:
            statement = statement_of(read.get(pk=financing_id), FIRST, last)
            return statement_pdf(statement, platform=platform.name, printed_on=last)

        return median_ms(quote), median_ms(shown), median_ms(paper, 3) / 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=5)
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if measure(arguments.years) else 1)
