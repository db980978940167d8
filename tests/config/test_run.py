"""`make run` says in one sentence why it cannot start, and then has started nothing."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        port = occupant.getsockname()[1]
        result = _run(tmp_path, str(port))

    assert result.returncode == 1
    assert result.stderr == (f"Port {port} is in use. Stop what uses it or choose another: PORT={port + 1} make run\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["eight thousand", "0", "65536", "-1", "8000.5"])
def test_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    result = _run(tmp_path, port)

    assert result.returncode == 1
    assert result.stderr == f"PORT must be a number from 1 to 65535, not {port!r}.\n"
    assert list(tmp_path.iterdir()) == []


def _run(var: Path, port: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "config.run"],
        cwd=embedded.BASE_DIR,
        env={**os.environ, "GRANARY_VAR": str(var), "PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )
