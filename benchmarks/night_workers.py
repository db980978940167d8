"""What the shape of the night buys: two workers against one, and set-based chunks against a loop over the ORM.

    python -m benchmarks.night_workers [--size 50000] [--loop 2000]

The same generated night (half of the sellers with proceeds) is run by one worker process, by two, and, for `--loop`
financings, by one that reads and writes row by row with the very same arithmetic. Printed: seconds of one / seconds of
two (at least 1.6 where two cores are free), and how many times faster the night is than the loop (at least 50).
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks import throwaway
from benchmarks.close_day import CLOCK, DAY, EVERY, generate

LIMIT_TWO, LIMIT_LOOP = 1.6, 50


def take_part(schema: str) -> None:
    """Work on the night of `schema` until it is over."""
    from apps.reconciliation.night import run_night
    from apps.tenants.services import entered

    with entered(schema) as platform:
        run_night(platform=platform, business_date=DAY, clock=lambda: CLOCK, by="night")


def ready() -> None:
    """Make a process ready before the clock runs."""
    throwaway.setup()


def by_workers(size: int, workers: int) -> float:
    """Seconds that `workers` processes take for a night over `size` financings."""
    schema = f"bench_workers_{workers}"
    context = multiprocessing.get_context("spawn")
    with (
        throwaway.platform(schema, opened_on=DAY),
        ProcessPoolExecutor(workers, mp_context=context, initializer=ready) as pool,
    ):
        generate(size, EVERY["half"])
        list(pool.map(time.sleep, [0.5] * workers))
        started = time.perf_counter()
        list(pool.map(take_part, [schema] * workers))
        return time.perf_counter() - started


def by_loop(size: int) -> float:
    """Seconds that a loop over sellers takes for the closing alone: one transaction and one save at a time."""
    from django.db import transaction

    from apps.reconciliation.night import open_night
    from apps.reconciliation.works import payout_batch
    from apps.sellers.models import Seller

    with throwaway.platform("bench_loop", opened_on=DAY) as platform:
        generate(size, EVERY["half"])
        open_night(platform=platform, business_date=DAY, clock=lambda: CLOCK, by="night")
        batch = payout_batch(DAY, "CNY", "night")
        started = time.perf_counter()
        for seller in Seller.objects.order_by("pk").iterator():
            with transaction.atomic():
                _close(Seller.objects.select_for_update().get(pk=seller.pk), batch)
        return time.perf_counter() - started


def _close(seller: Any, batch: Any) -> None:
    """One seller's day, read and written as an application without bulk writes would."""
    from apps.repayment.chunk import Chunk
    from apps.repayment.day import close_seller

    chunk = Chunk(first_seller=seller.pk, last_seller=seller.pk, business_date=DAY)
    for closed in [close_seller(one, DAY) for one in chunk.sellers()]:
        if closed.before.sales.captured:
            _save_sales(seller, closed, batch)
        for one in closed.financings:
            _save_financing(seller.financings.get(pk=one.before.id), one)


def _save_sales(seller: Any, closed: Any, batch: Any) -> None:
    from apps.banking.models import Instruction
    from apps.ledger import chart
    from apps.repayment.models import Sweep

    captured = closed.before.sales.captured
    Sweep.objects.create(
        seller=seller, business_date=DAY, currency="CNY", captured=captured, kept=closed.kept,
        paid_out=closed.paid_out, carried_forward=closed.carried_forward,
    )  # fmt: skip
    key = f"payout:{DAY}:{seller.pk}"
    Instruction.objects.create(
        key=key, reference=key[-16:], kind="payout", subject=f"seller:{seller.pk}", from_purpose="collection",
        to_account_id=seller.payout_account_id, amount=closed.paid_out, currency="CNY", business_date=DAY, batch=batch,
    )  # fmt: skip
    _post(
        "sales",
        seller.pk,
        (chart.SETTLEMENT_RECEIVABLE, chart.SELLER_PAYABLE, captured),
        (chart.SELLER_PAYABLE, chart.PAYOUTS_IN_TRANSIT, closed.paid_out),
    )


def _save_financing(financing: Any, one: Any) -> None:
    from apps.ledger import chart
    from apps.repayment.entries import paid_lines
    from apps.repayment.models import Demand, Movement

    if one.interest_posted:
        _post("accrual", financing.pk, (chart.INTEREST, chart.INTEREST_INCOME, one.interest_posted))
        Movement.objects.create(
            financing=financing, business_date=DAY, kind="accrual", reason="interest", key="accrual",
            interest=one.interest_posted, outstanding=one.owed.total + one.paid.total,
            entry_key=f"accrual:{DAY}:{financing.pk}",
        )  # fmt: skip
    if one.paid.total:
        _post("sweep", financing.pk, *paid_lines(chart.SELLER_PAYABLE, one.paid))
        Movement.objects.create(
            financing=financing, business_date=DAY, kind="sweep", reason="automatic_withholding", key="sweep",
            principal=-one.paid.principal, fee=-one.paid.fee, interest=-one.paid.interest, penalty=-one.paid.penalty,
            outstanding=one.owed.total, entry_key=f"sweep:{DAY}:{financing.pk}",
        )  # fmt: skip
    financing.penalty, financing.fee, financing.interest, financing.principal = one.owed
    financing.accrued, financing.closed_through = one.accrued, DAY
    financing.accrued_posted += one.interest_posted
    financing.save()
    for demand in one.demands:
        Demand.objects.filter(pk=demand.id).update(paid=demand.paid)


def _post(kind: str, number: int, *lines: tuple[str, str, Any]) -> None:
    from apps.ledger.services import Line, post

    written = [Line(*line) for line in lines]
    key = f"{kind}:{DAY}:{number}"
    post(key=key, kind=kind, business_date=DAY, currency="CNY", lines=written, at=CLOCK, by="night")


def measure(size: int, loop: int) -> bool:
    """Whether both limits were kept."""
    one, two = by_workers(size, 1), by_workers(size, 2)
    slow = by_loop(loop)
    faster, gain = one / two, (slow / loop) / (one / size)
    cores = len(os.sched_getaffinity(0))
    print(
        f"night_workers size={size} one={one:.1f}s two={two:.1f}s ratio={faster:.2f} limit={LIMIT_TWO} cores={cores} "
        f"loop={loop / slow:,.0f}/s night={size / one:,.0f}/s times={gain:.0f} limit={LIMIT_LOOP}"
    )
    return faster >= LIMIT_TWO and gain >= LIMIT_LOOP


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000)
    parser.add_argument("--loop", type=int, default=2_000)
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if measure(arguments.size, arguments.loop) else 1)
