"""PostgreSQL and Valkey from Python wheels, kept under `var/`, for whoever sets no DATABASE_URL or BROKER_URL.

`database_url()` and `broker_url()` answer with the running server, or start it first; any number of processes may
ask at once. Both servers listen on loopback only, want a password made on first start, and keep their port as long
as it is free, so that a client finds a restarted server where it left it. PostgreSQL refuses to run as root, so
root's servers run as `nobody`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from config.embedded.postgres import Postgres
from config.embedded.service import LOOPBACK, EmbeddedServerError, last_line
from config.embedded.valkey import Valkey

__all__ = [
    "BASE_DIR",
    "LOOPBACK",
    "EmbeddedServerError",
    "broker_url",
    "database_url",
    "require_free_disk",
    "start",
    "status",
    "stop",
    "using",
    "var_dir",
    "watch",
]

BASE_DIR = Path(__file__).resolve().parent.parent.parent
REQUIRED_FREE_BYTES = 500 * 1024**2
ANSWER_WITHIN_SECONDS = 60
WATCH_EVERY_SECONDS = 5

Server = Postgres | Valkey


def var_dir() -> Path:
    """Where servers keep their data: GRANARY_VAR, or `var/` in the checkout."""
    return Path(os.environ.get("GRANARY_VAR") or BASE_DIR / "var").resolve()


def database_url() -> str:
    """URL of the embedded database `granary`, its server started if need be.

    The role owns the database and may create others, as tests do; it is no superuser.

    Raises EmbeddedServerError when the server cannot be had.
    """
    server = Postgres(var_dir())
    _ensure_running(server)
    return server.url()


def broker_url(database: int = 0) -> str:
    """URL of numbered `database` (0 to 63) of the embedded Valkey, its server started if need be.

    Raises EmbeddedServerError when the server cannot be had.
    """
    server = Valkey(var_dir())
    _ensure_running(server)
    return server.url(database)


@contextlib.contextmanager
def using() -> Iterator[None]:
    """Servers for the length of the block. The last user out stops them, if such a block had started them."""
    var = var_dir()
    with _locked(var):
        in_use = (var / "in-use.lock").open("w")
        fcntl.flock(in_use, fcntl.LOCK_SH)
    try:
        with _locked(var):
            missing = _missing(var)
            if missing:  # marked first, so that a Ctrl-C while they start stops them too
                _stop_when_unused(var).touch()
            for server in missing:
                _start(server)
        yield
    finally:
        with _locked(var):
            in_use.close()
            if _stop_when_unused(var).exists() and not _in_use(var):
                _stop_all(var)


def start() -> None:
    """Start what does not run yet, to stay until `stop()`."""
    var = var_dir()
    with _locked(var):
        for server in _missing(var):
            _start(server)
        _stop_when_unused(var).unlink(missing_ok=True)


def stop() -> None:
    """Stop what runs. Raises EmbeddedServerError, and stops nothing, while a `using()` block is open."""
    var = var_dir()
    with _locked(var):
        if _in_use(var):
            raise EmbeddedServerError("The embedded servers are in use: stop `make run` or `make test` first.")
        _stop_all(var)


def status() -> dict[str, str | None]:
    """The URL at which each server answers, by its name; None for one that does not run."""
    servers: tuple[Server, ...] = (Postgres(var_dir()), Valkey(var_dir()))
    with _plain_sentence(var_dir()):
        return {server.name: server.url() if server.answers() else None for server in servers}


def watch() -> None:
    """Restart, where it was, a server that dies; runs for ever."""
    while True:
        with _locked(var_dir()):
            for server in _missing(var_dir()):
                _start(server)
        time.sleep(WATCH_EVERY_SECONDS)


def require_free_disk() -> None:
    """Raises EmbeddedServerError when the disk has less room than a database can work with."""
    var = var_dir()
    with _plain_sentence(var):
        var.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(var).free
    if free < REQUIRED_FREE_BYTES:
        raise EmbeddedServerError(
            f"The disk is nearly full: {free // 1024**2} MB are free for {var}, {REQUIRED_FREE_BYTES // 1024**2} MB "
            "are needed. Make room, or set GRANARY_VAR to a directory on another disk."
        )


def _ensure_running(server: Server) -> None:
    with _plain_sentence(server.home):
        if server.answers():
            return
    with _locked(var_dir()):
        if not server.answers():  # nobody started it while we waited for the lock
            _start(server)


def _missing(var: Path) -> list[Server]:
    """The servers that do not answer, but for those that an environment variable replaces."""
    wanted: dict[str, Server] = {"DATABASE_URL": Postgres(var), "BROKER_URL": Valkey(var)}
    return [server for name, server in wanted.items() if not os.environ.get(name) and not server.answers()]


def _start(server: Server) -> None:
    require_free_disk()
    server.start()
    deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
    while not server.answers():
        if time.monotonic() > deadline:
            raise EmbeddedServerError(f"The embedded {server.name} does not answer: {last_line(server.log)}")
        time.sleep(0.05)


def _stop_all(var: Path) -> None:
    servers: tuple[Server, ...] = (Valkey(var), Postgres(var))
    for server in servers:
        if server.is_alive():
            server.stop()
    _stop_when_unused(var).unlink(missing_ok=True)


def _stop_when_unused(var: Path) -> Path:
    """Marks servers that a `using()` block started, and that nobody has asked to stay."""
    return var / "stop-when-unused"


def _in_use(var: Path) -> bool:
    with (var / "in-use.lock").open("w") as in_use:
        try:
            fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _locked(var: Path) -> Iterator[None]:
    """One process at a time starts or stops servers."""
    with _plain_sentence(var):
        var.mkdir(parents=True, exist_ok=True)
        with (var / "embedded.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def _plain_sentence(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        owner = f" It belongs to {place.owner()}." if isinstance(error, PermissionError) and place.exists() else ""
        raise EmbeddedServerError(
            f"The embedded servers cannot use {error.filename or place}: {error.strerror}.{owner}"
        ) from error
