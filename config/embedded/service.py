"""What both embedded servers need: a port and a password, an account that is not root, errors in one sentence."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import secrets
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"


class EmbeddedServerError(SystemExit):
    """One sentence for a person.

    It is a SystemExit because settings are where servers start: commands, workers and web processes all end with the
    sentence instead of a traceback.
    """


class ConnectionFile:
    """Port and password of one server, readable by the owner of its home only."""

    def __init__(self, home: Path) -> None:
        self.path = home / "connection.json"

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> tuple[int, str]:
        """(port, password); port 0 before the first start."""
        content = json.loads(self.path.read_text())
        return int(content["port"]), str(content["password"])

    def create(self) -> str:
        """The new password."""
        password = secrets.token_hex(24)
        self._write(0, password)
        return password

    def claim_port(self) -> int:
        """The port used before if it is free, else any free one, remembered."""
        port, password = self.read()
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                candidate.bind((LOOPBACK, 0))
            port = int(candidate.getsockname()[1])
        self._write(port, password)
        return port

    def _write(self, port: int, password: str) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"port": port, "password": password}))
        home = self.path.parent.stat()
        os.chown(fresh, home.st_uid, home.st_gid)
        fresh.replace(self.path)


def package_directory(package: str, variable: str) -> Path:
    """Where `package` is installed; `variable` is the setting that does without it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        name = package.replace("_", "-")
        raise EmbeddedServerError(f"The package {name} is not installed: run `make setup`, or set {variable}.")
    return Path(found.origin).parent


def make_home(home: Path) -> None:
    """The directory of a server, closed to everyone but the account that runs it."""
    home.mkdir(mode=0o700, exist_ok=True)
    account = _service_account(home)
    if account is not None:
        os.chown(home, account.pw_uid, account.pw_gid)


def run_as_service(command: Sequence[str], home: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run `command` in `home` with `text` as its input: as ourselves, or as the owner of `home` if we are root.

    Its output and errors come back together as `stdout`.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run(
        [*_launcher(_service_account(home)), *command],
        cwd=home,
        env=environment,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,  # the terminal's Ctrl-C is not for the servers
    )


def last_line(log: Path) -> str:
    """What a server said last, for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"{lines[-1]} (see {log})" if lines else f"{log} is empty"


def _service_account(home: Path) -> pwd.struct_passwd | None:
    """Who runs the servers when we are root: the owner of the data if another user made it, else `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = home.stat().st_uid
    return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")


def _launcher(account: pwd.struct_passwd | None) -> list[str]:
    if account is None:
        return []
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    capabilities = "-all"
    if _may_read_everywhere():
        # A checkout often lies where only root may enter. Rather than open that directory to everyone, let the server
        # look through it: this capability reads and traverses, and writes nothing. access(2) would forget it for any
        # user but root, were it not for the secure bit.
        capabilities = "-all,+dac_read_search"
        identity.append("--securebits=+no_setuid_fixup")
    sets = [f"--{name}={capabilities}" for name in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", *identity, *sets, "--"]


def _may_read_everywhere() -> bool:
    """Whether this process has CAP_DAC_READ_SEARCH to hand on; root in a container may lack it."""
    effective = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    return bool(int(effective.split()[1], 16) & 1 << 2)
