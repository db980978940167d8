"""The night: its rows are the queue. Any number of workers may call `work_on`; each piece is done once."""

import gc
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from threading import Condition
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.db.models import Exists, F, OuterRef

from apps.core import bulk
from apps.core.dates import DAY, days_between
from apps.core.turns import lost_its_turn
from apps.ledger import calendar
from apps.ledger.models import Books
from apps.reconciliation import works
from apps.reconciliation.models import NightlyChunk, NightlyRun, NightlyStep, SetAside
from apps.reconciliation.pieces import MARK, pieces_over
from apps.reconciliation.plan import CHUNK_OF_SELLERS, NIGHT
from apps.reconciliation.steps import write_down
from apps.tenants.models import Platform
from apps.tenants.services import entered

Clock = Callable[[], datetime]

# A piece need not wait for the disk: what commits later, the night's verdict at last, takes it along; a server that
# crashes before leaves it as if never begun. That it is being worked on is told by `pieces.MARK`.
CLAIM = f"""
SELECT claimed.*, set_config('synchronous_commit', 'off', true), {MARK} FROM (
    SELECT chunk.* FROM reconciliation_nightlychunk AS chunk
    JOIN reconciliation_nightlyrun AS run ON run.id = chunk.run_id AND run.state = 'running'
    WHERE chunk.run_id = %(run)s AND chunk.done_at IS NULL
      AND chunk.phase = (SELECT min(phase) FROM reconciliation_nightlychunk WHERE run_id = %(run)s AND done_at IS NULL)
    ORDER BY chunk.id LIMIT 1 FOR UPDATE OF chunk SKIP LOCKED
) AS claimed
"""  # noqa: S608 - a constant of ours


class NightRefused(ValueError):
    """This date's night cannot run; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Night:
    """What a worker needs to know: whose night, which run, what time it is, and who asks."""

    platform: Platform
    run: NightlyRun
    clock: Clock
    by: str

    @property
    def date(self) -> date:
        return self.run.business_date


def missing_dates(*, platform: Platform, through: date) -> list[date]:
    """The business dates whose night has not been closed yet, oldest first, `through` inclusive."""
    books = Books.objects.filter(id=1).first()
    first = books.closed_through + DAY if books else platform.opened_on
    return list(days_between(first, through))


def close_days(
    *, platform: Platform, through: date, clock: Clock, by: str, chunk_size: int = CHUNK_OF_SELLERS
) -> Iterator[NightlyRun]:
    """Run every missed night, oldest first, and yield each as it ends; stops after one that failed."""
    for day in missing_dates(platform=platform, through=through):
        run = run_night(platform=platform, business_date=day, clock=clock, by=by, chunk_size=chunk_size)
        yield run
        if not run.is_over:
            return


def run_night(
    *,
    platform: Platform,
    business_date: date,
    clock: Clock,
    by: str,
    chunk_size: int = CHUNK_OF_SELLERS,
    wait_for_others: bool = True,
    at_once: int = 1,
) -> NightlyRun:
    """Run, or take part in, the night of `business_date`; a night that is over is answered as it is.

    With `wait_for_others` the call returns when the night is over or failed, though another worker may hold the last
    piece; without, it returns as soon as nothing is left to take. Of more than one piece `at_once` each but the first
    has a thread and a connection of its own: while the database writes one, the arithmetic of another is done. Then the
    caller must not be in a transaction. Raises NightRefused out of order.
    """
    run = open_night(platform=platform, business_date=business_date, clock=clock, by=by, chunk_size=chunk_size)
    night = Night(platform, run, clock, by)
    crew = _Crew()
    with ThreadPoolExecutor(at_once) as threads:
        beside = [threads.submit(_take_part_beside, night, crew, wait_for_others) for _thread in range(at_once - 1)]
        _take_part(night, crew, wait_for_others)
    for part in beside:
        part.result()
    run.refresh_from_db()
    return run


class _Crew(Condition):
    """The threads of one worker: how many of them are at a piece now, and how many pieces they did. Each piece done is
    told to the others, for the next phase may begin with it."""

    busy = 0
    done = 0


def _take_part_beside(night: Night, crew: _Crew, wait_for_others: bool) -> None:
    """`_take_part` in a thread of its own."""
    try:
        with entered(night.platform.schema_name):
            _take_part(night, crew, wait_for_others)
    finally:
        connection.close()


def _take_part(night: Night, crew: _Crew, wait_for_others: bool) -> None:
    """Work until nothing is left to take for the whole crew."""
    while True:
        with crew:
            crew.busy += 1
            done = crew.done
        try:
            while work_on(night):
                with crew:
                    crew.done += 1
                    done = crew.done
                    crew.notify_all()
        finally:
            with crew:
                crew.busy -= 1
                crew.notify_all()
        with crew:
            if crew.done != done:
                continue  # a piece was done after the last look: there may be more to take now
            if crew.busy:
                crew.wait()
                continue
        if _finish_in_turn(night) or not wait_for_others:
            return
        time.sleep(0.05)


def open_night(
    *, platform: Platform, business_date: date, clock: Clock, by: str, chunk_size: int = CHUNK_OF_SELLERS
) -> NightlyRun:
    """The run of `business_date`, made with its steps and pieces when it is new, started again when it had failed.

    Freezes the date: what comes in from now on is booked on the next. Raises NightRefused when an earlier date is
    still open, or when the date lies in the platform's future.
    """
    if business_date > platform.business_date(clock()):
        raise NightRefused(f"{business_date} lies in the future of {platform.name}, so nothing was closed.")
    with transaction.atomic():
        books = calendar.open_books(first_date=platform.opened_on)
        books = Books.objects.select_for_update().get(pk=books.pk)
        run = NightlyRun.objects.filter(business_date=business_date).first()
        if run is not None and run.state not in {"open", "failed"}:
            return run
        if business_date != books.closed_through + DAY:
            raise NightRefused(
                f"The night of {business_date} cannot run now: the books are closed through {books.closed_through}, "
                f"so the next night is that of {books.closed_through + DAY}."
            )
        if run is None:
            run = _plan(business_date, chunk_size)
            works.payout_batch(business_date, platform.currency, by)
        calendar.freeze(business_date)
        run.started_at = run.started_at or clock()
        run.move("start", at=clock(), by=by)
        return run


def _plan(business_date: date, chunk_size: int) -> NightlyRun:
    run = NightlyRun.objects.create(business_date=business_date)
    over = {work.over for work in NIGHT}
    pieces = {whom: pieces_over(whom, on=business_date, chunk_size=chunk_size) for whom in over}
    chunks: list[tuple[object, ...]] = []
    steps: list[NightlyStep] = []
    for phase, work in enumerate(NIGHT):
        reason = "" if pieces[work.over] else work.idle
        for name in work.steps:
            steps.append(NightlyStep(run=run, place=len(steps), name=name, reason=reason))
        chunks += [(run.pk, phase, work.name, first, last, "") for first, last in pieces[work.over]]
    NightlyStep.objects.bulk_create(steps)
    bulk.copy_rows(NightlyChunk, ["run_id", "phase", "work", "first_seller", "last_seller", "error"], chunks)
    return run


def work_on(night: Night) -> bool:
    """Take one waiting piece of the night and do it; False when none can be taken now.

    The piece is locked while it is worked on and marked done in the same transaction as its effects, so a killed
    worker leaves it as if never begun. A piece that fails is undone and split in two, down to the one seller who is
    set aside; one that only lost its turn is undone and waits as before. Raises OperationalError, and lets the piece
    say so, when the server refuses it.
    """
    chunk = None
    try:
        with transaction.atomic():
            chunk = next(iter(NightlyChunk.objects.raw(CLAIM, {"run": night.run.pk})), None)
            if chunk is None:
                return False
            started = time.perf_counter()
            with no_garbage_collection():
                result = works.do(works.Piece(chunk, night.platform, night.date, night.clock(), night.by))
            seconds = time.perf_counter() - started
            _done(night, chunk, {**result, "seconds": f"{seconds:.3f}"})
    except (OperationalError, InterfaceError) as error:
        if lost_its_turn(error):
            return True
        if chunk is not None:
            _keep_refusal(night, chunk, error)
        raise  # the server, not the data: whoever comes next does this piece
    except Exception as error:
        if chunk is None:
            raise
        # Any fault of the data is kept and shown; it must not stop the others.
        _set_aside(night, chunk, error)
    return True


def _done(night: Night, chunk: NightlyChunk, result: dict[str, Any], error: str = "") -> None:
    NightlyChunk.objects.filter(pk=chunk.pk).update(done_at=night.clock(), error=error, result=result)


def _keep_refusal(night: Night, chunk: NightlyChunk, error: Exception) -> None:
    """Let the waiting piece say why it waits, since when and how often it was tried. A server that cannot take even
    that leaves it to the log."""
    structlog.get_logger().error("piece refused by the database", work=chunk.work, error=str(error))
    with suppress(OperationalError, InterfaceError):
        NightlyChunk.objects.filter(pk=chunk.pk, done_at=None).update(
            error=str(error).strip(),
            refusals=F("refusals") + 1,
            refused_at=night.clock(),
            refused_with=getattr(error.__cause__, "sqlstate", None) or "",
        )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """A piece makes hundreds of thousands of small objects and no cycles: looking for some costs a quarter of its time.
    The collector looks once when the piece is done."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _set_aside(night: Night, chunk: NightlyChunk, error: Exception) -> None:
    """Keep the error. One seller is set aside and a larger range is split; what cannot be one seller's fault (work
    without sellers, or a database that does not fit the code) fails the night."""
    text = "".join(traceback.format_exception_only(error)).strip()
    with transaction.atomic():
        if not NightlyChunk.objects.select_for_update().filter(pk=chunk.pk, done_at=None).exists():
            return  # another worker took it meanwhile
        if not chunk.last_seller or isinstance(error, ProgrammingError):
            _fail(night, chunk, text)
        elif chunk.first_seller == chunk.last_seller:
            structlog.get_logger().error("seller set aside", work=chunk.work, seller=chunk.first_seller, error=text)
            SetAside.objects.update_or_create(
                run=night.run, work=chunk.work, seller_id=chunk.first_seller, defaults={"error": text}
            )
            _done(night, chunk, {"failed": 1}, text)
        else:
            middle = (chunk.first_seller + chunk.last_seller) // 2
            for first, last in ((chunk.first_seller, middle), (middle + 1, chunk.last_seller)):
                NightlyChunk.objects.create(
                    run=night.run, phase=chunk.phase, work=chunk.work, first_seller=first, last_seller=last
                )
            _done(night, chunk, {}, text)


def _fail(night: Night, chunk: NightlyChunk, text: str) -> None:
    structlog.get_logger().error("night failed", work=chunk.work, error=text)
    NightlyChunk.objects.filter(pk=chunk.pk).update(error=text)
    run = NightlyRun.objects.select_for_update().get(pk=night.run.pk)
    if run.can("fail"):
        run.move("fail", at=night.clock(), by=night.by, reason=text[:300])
        write_down(run, at=night.clock(), by=night.by)


def _resolve(night: Night) -> None:
    """Sellers whose earlier nights were set aside have caught up, unless this night set them aside again."""
    again = night.run.set_aside.filter(work=OuterRef("work"), seller_id=OuterRef("seller_id"), resolved_at=None)
    SetAside.objects.filter(~Exists(again), resolved_at=None, run__business_date__lt=night.date).update(
        resolved_at=night.clock()
    )


def _finish_in_turn(night: Night) -> bool:
    """`_finish`, again for as long as it loses its turn."""
    while True:
        try:
            return _finish(night)
        except OperationalError as error:
            if not lost_its_turn(error):
                raise


def _finish(night: Night) -> bool:
    """Give the night its verdict once every piece is done; True when it has one."""
    with transaction.atomic():
        run = NightlyRun.objects.select_for_update().get(pk=night.run.pk)
        if run.is_over or run.state == "failed":
            return True
        if run.chunks.filter(done_at=None).exists():
            return False
        _resolve(night)
        write_down(run, at=night.clock(), by=night.by)
        run.ended_at = night.clock()
        clean = works.is_clean()
        run.move("balance" if clean else "find_breaks", at=night.clock(), by=night.by)
        return True


__all__ = ["Night", "NightRefused", "close_days", "missing_dates", "open_night", "run_night", "work_on"]
