"""The steps of a night, counted from its pieces: live while it runs, written down when it ends."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.core.states import move_all
from apps.reconciliation.models import NightlyChunk, NightlyRun, NightlyStep
from apps.reconciliation.pieces import being_worked_on, held_by
from apps.reconciliation.plan import NIGHT, Work

COUNTED = ("done", "skipped", "failed", "total", "seconds")


@dataclass(slots=True)
class StepNow:
    """A step as far as it has come. `locked` counts the sellers who are being worked on at this moment, one for a step
    that is not about sellers; `total` is in the platform's currency, `heartbeat` when a piece was last done."""

    name: str
    state: str
    reason: str = ""
    done: int = 0
    skipped: int = 0
    failed: int = 0
    locked: int = 0
    total: Decimal | None = None
    seconds: Decimal = ZERO
    pieces: int = 0
    pieces_done: int = 0
    heartbeat: datetime | None = None


def steps_now(run: NightlyRun) -> list[StepNow]:
    """The steps of `run` in their order, as its pieces say at this moment."""
    return _steps(run, being_worked_on() if run.state == "running" else set())


def _steps(run: NightlyRun, at_work: set[int]) -> list[StepNow]:
    pieces: defaultdict[str, list[NightlyChunk]] = defaultdict(list)
    for piece in run.chunks.order_by("pk"):
        pieces[piece.work].append(piece)
    found = []
    for work in NIGHT:
        held = [one for one in pieces[work.name] if one.done_at is None and one.pk in at_work]
        locked = held_by(work.over, [(one.first_seller, one.last_seller) for one in held])
        found += [_count(work, name, pieces[work.name], run.state, locked) for name in work.steps]
    return found


def refused_piece(run: NightlyRun) -> NightlyChunk | None:
    """The piece that waits because the database could not do it, the one refused last; None when none does."""
    return run.chunks.filter(done_at=None, refusals__gt=0).order_by("-refused_at").first()


def _count(work: Work, name: str, pieces: Sequence[NightlyChunk], run_state: str, locked: int) -> StepNow:
    if not pieces:
        return StepNow(name, "skipped", work.idle)
    now = StepNow(name, "waiting", pieces=len(pieces), locked=locked)
    for piece in pieces:
        if piece.done_at is not None:
            _add(now, piece.result or {}, piece.done_at, is_timed=name == (work.timed or work.steps[0]))
    if now.pieces_done == now.pieces:
        now.state = "done"
    elif run_state == "failed" and any(piece.error and piece.done_at is None for piece in pieces):
        now.state = "failed"
    elif now.pieces_done or now.locked:
        now.state = "running"
    return now


def _add(now: StepNow, result: dict[str, Any], done_at: datetime, *, is_timed: bool) -> None:
    mine: dict[str, Any] = result.get(now.name, {})
    now.pieces_done += 1
    now.done += mine.get("done", 0)
    now.skipped += mine.get("skipped", 0)
    now.failed += result.get("failed", 0)
    if is_timed:
        now.seconds += Decimal(result.get("seconds", "0"))
    if "total" in mine:
        now.total = (now.total or ZERO) + Decimal(mine["total"])
    now.heartbeat = max(now.heartbeat or done_at, done_at)


def write_down(run: NightlyRun, *, at: datetime, by: str) -> None:
    """Move the steps of a night that has ended, or failed, to what became of them, counts and all.

    Within the caller's transaction, which holds the run. A step that was done before a failure stays done.
    """
    now = {one.name: one for one in _steps(run, set())}
    waiting = list(run.steps.filter(state__in=["waiting", "failed"]).order_by("place"))
    for step in waiting:
        for name in COUNTED:
            setattr(step, name, getattr(now[step.name], name))

    def those(states: Collection[str]) -> list[NightlyStep]:
        return [step for step in waiting if now[step.name].state in states]

    move_all(those(["skipped"]), "skip", at=at, by=by)
    move_all(those(["done", "failed"]), "start", at=at, by=by)
    move_all(those(["done"]), "finish", at=at, by=by, fields=COUNTED)
    move_all(those(["failed"]), "fail", at=at, by=by, fields=COUNTED)
