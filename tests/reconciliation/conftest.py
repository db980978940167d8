"""A real Celery worker on this test run's own queue and database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.conf import settings

WORKER = [
    sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--without-gossip",
    "--without-mingle", "--loglevel", "WARNING",
]  # fmt: skip


class Worker:
    """One worker process (with two children) that can be killed as a power cut would."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            WORKER, cwd=settings.BASE_DIR, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
        )
        until(lambda: bool(current_app.control.ping(timeout=0.5)), "the worker to answer")

    def kill(self) -> None:
        """kill -9, the parent and its children alike."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()


def until(happened: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until `happened` answers True; fails the test by naming `what` when it does not."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            pytest.fail(f"Waited {seconds:.0f} seconds in vain for {what}.")
        time.sleep(0.02)


@pytest.fixture
def start_worker(child_environment: dict[str, str]) -> Iterator[Callable[[], Worker]]:
    """Starts workers; those that still live when the test ends are killed, and their queue is emptied."""
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(child_environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.stop()
    current_app.control.purge()
