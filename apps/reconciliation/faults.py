"""Faults that really happen to a night: worker processes killed at random points of it, again and again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from celery import current_app
from django.conf import settings
from kombu import Queue

from apps.reconciliation.models import NightlyChunk, NightlyRun
from apps.reconciliation.night import open_night
from apps.reconciliation.rehearsal import BY, NIGHT, clock_of
from apps.tenants.models import Platform
from apps.tenants.services import entered

COMMAND = [
    sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--without-gossip",
    "--without-mingle", "--loglevel", "ERROR",
]  # fmt: skip
LONGEST_MOMENT = 0.05


class WaitedInVain(RuntimeError):
    """What was waited for did not happen in time."""


class Worker:
    """A real Celery worker with two children, for one queue, in a process group of its own."""

    def __init__(self, environment: Mapping[str, str] | None = None, queue: str = "") -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *(["--queues", queue] if queue else [])],
            cwd=settings.BASE_DIR,
            env={**(environment or os.environ), "PYTHONWARNINGS": "ignore"},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """kill -9, the parent and its children alike, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def until(happened: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until `happened` answers True. Raises WaitedInVain, which names `what`, after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise WaitedInVain(f"Waited {seconds:.0f} seconds in vain for {what}.")
        time.sleep(0.01)


@contextmanager
def own_queue(name: str) -> Iterator[None]:
    """Whatever this process sends goes to a queue that no other worker reads, emptied at the end."""
    before = current_app.conf.task_default_queue
    current_app.conf.task_default_queue = name
    try:
        yield
    finally:
        purge(name)
        current_app.conf.task_default_queue = before


def purge(queue: str) -> None:
    """Forget the messages that wait in `queue`."""
    with current_app.connection_for_write() as broker:
        Queue(queue)(broker.default_channel).purge()


def nudge(platform: Platform) -> None:
    """Tell a worker to look at the night, as the clock does every minute until it is over."""
    current_app.send_task(
        "reconciliation.run_night", kwargs={"platform": platform.schema_name, "business_date": NIGHT.isoformat()}
    )


def pieces_done(platform: Platform) -> int:
    """How many pieces of the night are done."""
    with entered(platform.schema_name):
        return NightlyChunk.objects.filter(run__business_date=NIGHT, done_at__isnull=False).count()


def is_over(platform: Platform) -> bool:
    """Whether the night has come to its end."""
    with entered(platform.schema_name):
        return NightlyRun.objects.get(business_date=NIGHT).is_over


def plan(platform: Platform, chunk_size: int = 1) -> int:
    """Write down the night's pieces, as fine as can be so that there is time to interfere; answers how many."""
    with entered(platform.schema_name):
        clock = clock_of(platform)
        run = open_night(platform=platform, business_date=NIGHT, clock=clock, by=BY, chunk_size=chunk_size)
        return run.chunks.count()


@dataclass(frozen=True, slots=True)
class Kill:
    """One worker killed: how many of the night's pieces were done then, and how many when the next was killed or the
    night was over."""

    after: int
    then: int

    @property
    def resumed(self) -> bool:
        return self.then > self.after


def kill_workers(
    platform: Platform,
    *,
    kills: int,
    seed: int,
    start_worker: Callable[[], Worker],
    pieces: int,
) -> list[Kill]:
    """Let workers do the planned night of `pieces`, kill -9 so many of them at random points, and see it to its end.

    The points are drawn from `seed`; each worker is killed some milliseconds after its point, wherever in a piece it
    then is. A kill that finds the night over already is not counted.
    """
    luck = Random(seed)  # noqa: S311  the same points again for the same seed
    points = sorted(luck.sample(range(1, pieces - pieces // 10), kills))
    killed_after: list[int] = []
    for point in points:
        begun = pieces_done(platform)
        _work_until(platform, max(point, begun + 1), luck.uniform(0, LONGEST_MOMENT), start_worker)
        if is_over(platform):
            break
        killed_after.append(pieces_done(platform))
    worker = start_worker()
    try:
        nudge(platform)
        until(lambda: is_over(platform), "the night to come to its end", seconds=300)
    finally:
        worker.kill()
    ends = [*killed_after, pieces_done(platform)][1:]
    return [Kill(after, then) for after, then in zip(killed_after, ends, strict=True)]


def _work_until(platform: Platform, point: int, moment: float, start_worker: Callable[[], Worker]) -> None:
    worker = start_worker()
    try:
        nudge(platform)
        until(lambda: pieces_done(platform) >= point or is_over(platform), f"piece {point}", seconds=300)
        time.sleep(moment)
    finally:
        worker.kill()
