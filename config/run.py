"""`make run`: the whole of Granary on this machine until Ctrl-C.

PostgreSQL and Valkey (unless DATABASE_URL and BROKER_URL name others), the web server, a Celery worker and Celery
beat, under one supervisor. The first start makes demo data; later ones keep what is there.
"""

# A command's answers belong on the terminal.
# ruff: noqa: T201

from __future__ import annotations

import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from honcho.manager import Manager

from config import embedded

STOPPED_BY_SIGNAL = {130, 143}


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs deaf to it
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end_without_terminal)
    port = _free_port()
    os.environ.update({"PORT": str(port), "PYTHONUNBUFFERED": "1"})
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    embedded.require_free_disk()
    try:
        print("Starting PostgreSQL and Valkey", flush=True)
        with embedded.using():
            print("Migrating; the first start also makes demo data, which takes a while", flush=True)
            _manage("prepare", "--demo")
            threading.Thread(target=_welcome, args=(port,), daemon=True).start()
            return _supervise(port)
    except KeyboardInterrupt:
        return 0


class Supervisor(Manager):
    def terminate(self) -> None:
        """Stop every process. Honcho cannot stop one it has not yet seen start, so a very early Ctrl-C waits."""
        if self._all_started():
            super().terminate()
        else:
            threading.Timer(0.1, self.terminate).start()


def _processes(port: int) -> Mapping[str, Sequence[str]]:
    python = sys.executable
    celery = [python, "-W", "ignore:You're running the worker", "-m", "celery", "-A", "config"]
    schedule = str(embedded.var_dir() / "celerybeat-schedule")
    web = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "warning"]
    return {
        "data": [python, "-m", "config.embedded", "watch"],
        "web": [python, "-m", "gunicorn", "config.wsgi", *web],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--schedule", schedule, "--pidfile", "", "--loglevel", "WARNING"],
    }


def _supervise(port: int) -> int:
    """Exit code of running all processes until a signal comes or one of them ends."""
    supervisor = Supervisor()
    for name, command in _processes(port).items():
        supervisor.add_process(name, "exec " + shlex.join(command), cwd=embedded.BASE_DIR)
    supervisor.loop()
    if supervisor.returncode in STOPPED_BY_SIGNAL:
        return 0
    print("A process ended by itself, so all were stopped; its last lines are above.", file=sys.stderr)
    return 1


def _free_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        sys.exit(f"PORT must be a number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((embedded.LOOPBACK, int(text)))
        except PermissionError:
            sys.exit(f"Port {text} may be used by root only. Choose a higher one: PORT=8001 make run")
        except OSError:
            sys.exit(f"Port {text} is in use. Stop what uses it or choose another: PORT={int(text) + 1} make run")
    return int(text)


def _manage(*arguments: str) -> None:
    """Run a management command to its end; a Ctrl-C ends it without a traceback of its own."""
    process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=embedded.BASE_DIR, start_new_session=True)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code:
        sys.exit(f"`manage.py {' '.join(arguments)}` failed; its reason is above. Nothing was started.")


def _welcome(port: int) -> None:
    """Once the first page is served, print addresses and demo sign-ins."""
    while not _serves(port):
        time.sleep(0.2)
    subprocess.run([sys.executable, "manage.py", "demo_signins"], cwd=embedded.BASE_DIR, check=False)


def _serves(port: int) -> bool:
    connection = http.client.HTTPConnection(embedded.LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _end(signum: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signum)


def _end_without_terminal(_signum: int, _frame: FrameType | None) -> None:
    """The terminal was closed: writing to it would fail in the middle of stopping."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
