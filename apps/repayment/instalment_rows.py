"""Instalments in the database: planned on the day of the payout, moved as days pass and as people act."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from apps.core import bulk
from apps.core.states import log_birth, move_all
from apps.financing.models import Financing
from apps.repayment.instalments import BREACHED, MET, OPEN, PLANNED, Row, Rows, row_of
from apps.repayment.models import Demand

# How an instalment comes from one state to another, step by step. A breach stays a breach.
WAYS: dict[tuple[str, str], tuple[str, ...]] = {
    (PLANNED, OPEN): ("demand",),
    (PLANNED, MET): ("pay",),
    (PLANNED, BREACHED): ("demand", "end"),
    (OPEN, MET): ("pay",),
    (OPEN, BREACHED): ("end",),
    (MET, OPEN): ("reopen",),
    (MET, PLANNED): ("plan_again",),
    (MET, BREACHED): ("reopen", "end"),
}


def stored_rows(financing: Financing) -> Rows:
    """The instalments of `financing`, in the order of their numbers."""
    demands = Demand.objects.filter(financing=financing, kind=Demand.Kind.INSTALMENT).order_by("number")
    return tuple(
        row_of(
            one.pk, one.number, one.kind, one.starts_on, one.due_on, one.amount, one.paid, one.state, one.fee,
            one.interest, one.paid_fee, one.paid_interest,
        )
        for one in demands
    )  # fmt: skip


def add_rows(financing: Financing, rows: Iterable[Row], *, at: datetime, by: str, reason: str = "") -> None:
    """Store new instalments of `financing`, planned."""
    demands = [
        Demand(financing=financing, number=row.number, kind=Demand.Kind.INSTALMENT, state=PLANNED, **_columns(row))
        for row in rows
    ]
    bulk.copy_instances(demands)
    log_birth(demands, at=at, by=by, reason=reason)


def bring_to(financing: Financing, told: Rows, *, at: datetime, by: str, reason: str) -> None:
    """Bring the stored instalments of `financing` to what was told: moved, paid, drawn up anew, or more of them.

    Sets, without saving, when the last one is due and how many are raised.
    """
    stored = {row.number: row for row in stored_rows(financing)}
    moved = [(stored[row.number], row) for row in told if row.number in stored and row != stored[row.number]]
    write_rows(moved, at=at, by=by, reason=reason)
    add_rows(financing, [row for row in told if row.number not in stored], at=at, by=by, reason=reason)
    financing.due_on = told[-1].due_on
    financing.demands_raised = sum(1 for row in told if row.is_raised)


def write_rows(moved: Sequence[tuple[Row, Row]], *, at: datetime, by: str, reason: str = "") -> None:
    """Write stored instalments as they were and as they are now: amounts in one statement, states by transitions."""
    if not moved:
        return
    demands = {one.pk: one for one in Demand.objects.filter(pk__in=[now.id for _was, now in moved])}
    rows = [(now.id, *_columns(now).values()) for _was, now in moved]
    ways = {now.id: WAYS.get((was.state, now.state), ()) for was, now in moved}
    # A met one is paid and a planned one may be paid ahead: leave such states before the amounts, reach them after.
    _move(demands, ways, ("plan_again", "reopen"), at, by, reason)
    bulk.update_rows(Demand, list(_columns(moved[0][1])), rows)
    _move(demands, ways, ("demand", "pay", "end"), at, by, reason)


def _move(
    demands: dict[int, Demand],
    ways: dict[Any, tuple[str, ...]],
    verbs: Sequence[str],
    at: datetime,
    by: str,
    reason: str,
) -> None:
    for verb in verbs:
        move_all([one for key, one in demands.items() if verb in ways[key]], verb, at=at, by=by, reason=reason)


def _columns(row: Row) -> dict[str, Any]:
    return {
        "starts_on": row.starts_on,
        "due_on": row.due_on,
        "amount": row.owed.total,
        "paid": row.paid.total,
        "fee": row.owed.fee,
        "interest": row.owed.interest,
        "paid_fee": row.paid.fee,
        "paid_interest": row.paid.interest,
    }
