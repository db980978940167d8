"""Real processes on this test run's own queue and database: a Celery worker, a web server."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

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


class WebServer:
    """gunicorn as it runs in production, on a free port here; `address(host)` is where a browser finds it."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
             "--threads", "4", "--log-level", "warning"],
            cwd=settings.BASE_DIR, env=environment, start_new_session=True,
        )  # fmt: skip
        until(self._answers, "the web server to answer")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def address(self, host: str) -> str:
        return f"http://{host}:{self.port}"

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
