"""Real processes on this test run's own queue and database: a Celery worker, a web server."""

import os
import signal
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

from celery import current_app
from django.conf import settings

from apps.reconciliation import faults
from apps.reconciliation.faults import until
from tests.mail import code_in


class Worker(faults.Worker):
    """One worker process (with two children) that takes tasks as soon as this has returned."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(environment)
        until(lambda: bool(current_app.control.ping(timeout=0.5)), "the worker to answer")


class Beat:
    """The clock that production runs, with its own schedule; what it has sent lies in `folder`."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "beat", "--schedule", str(folder / "beat"),
             "--pidfile", "", "--loglevel", "ERROR"],
            cwd=settings.BASE_DIR, env={**environment, "PYTHONWARNINGS": "ignore"}, start_new_session=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class WebServer:
    """gunicorn as it runs in production, on a free port here; `address(host)` is where a browser finds it, and what it
    sends by e-mail are files in `mail`."""

    def __init__(self, environment: dict[str, str], mail: Path, workers: int = 1) -> None:
        self.mail = mail
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}",
             "--workers", str(workers), "--log-level", "warning"],
            cwd=settings.BASE_DIR, env={**environment, "GRANARY_TEST_MAIL": str(mail)}, start_new_session=True,
        )  # fmt: skip
        until(self._answers, "the web server to answer")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def texts(self) -> list[str]:
        """What the e-mails say that were sent, as they went out, the first one first; of those with HTML the text."""
        sent = sorted(self.mail.iterdir(), key=lambda path: path.stat().st_mtime_ns) if self.mail.exists() else []
        letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sent]
        bodies = [letter.get_body(("plain",)) for letter in letters]
        return [str(body.get_content()) for body in bodies if body is not None]

    def latest_code(self) -> str:
        """The latest one-time code, whatever else was sent since."""
        return code_in(next(text for text in reversed(self.texts()) if "is your code" in text))

    def address(self, host: str) -> str:
        return f"http://{host}:{self.port}"

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
