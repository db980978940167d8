"""The embedded PostgreSQL and Valkey: started once however many ask, found again after a kill, closed to strangers."""

import json
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import embedded

ASK = "from config import embedded; print(embedded.database_url(), embedded.broker_url())"


class Stranger(socketserver.TCPServer):
    """Takes any connection and hangs up."""

    allow_reuse_address = True


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A place of its own for this module's servers, which every account may enter."""
    place = Path(tempfile.mkdtemp(prefix="granary-embedded-"))
    place.chmod(0o755)
    yield place
    _embedded(place, "stop")
    shutil.rmtree(place)


@pytest.fixture
def stopped(var: Path) -> Path:
    _embedded(var, "stop")
    return var


@pytest.fixture
def started(var: Path) -> Path:
    _embedded(var, "start")
    return var


def test_eight_processes_at_once_start_one_server_each(stopped: Path) -> None:
    asking = [_popen(stopped, "-c", ASK) for _ in range(8)]
    answers = {process.communicate()[0] for process in asking}

    assert [process.returncode for process in asking] == [0] * 8
    assert len(answers) == 1
    database, broker = answers.pop().split()
    assert _value(database, "SELECT 1") == 1
    assert redis.Redis.from_url(broker).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_money_is_safe_and_nobody_else_is_let_in(started: Path) -> None:
    url = _urls(started)[0]

    assert _value(url, "SHOW fsync") == "on"
    assert _value(url, "SHOW listen_addresses") == "127.0.0.1"
    assert _value(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    for stranger in (url.replace("granary:", "postgres:"), url.replace("granary:", "granary:x")):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(stranger)


def test_killed_servers_come_back_where_they_were_with_their_data(started: Path) -> None:
    before = _urls(started)
    with psycopg.connect(before[0]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    _kill_both(started)

    assert _urls(started) == before
    assert _value(before[0], "SELECT answer FROM kept") == 42


def test_a_dead_servers_id_may_belong_to_someone_else_by_now(started: Path) -> None:
    _kill_both(started)
    pid_file = started / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))

    assert _value(_urls(started)[0], "SELECT 1") == 1


def test_a_stranger_on_the_port_is_not_taken_for_the_server(stopped: Path) -> None:
    port = json.loads((stopped / "postgres" / "connection.json").read_text())["port"]
    with Stranger(("127.0.0.1", port), socketserver.BaseRequestHandler) as stranger:
        threading.Thread(target=stranger.serve_forever).start()
        url = _urls(stopped)[0]
        stranger.shutdown()
    assert f":{port}/" not in url
    assert _value(url, "SELECT 1") == 1


def test_the_last_user_out_stops_what_a_user_started(stopped: Path) -> None:
    users = [_popen(stopped, "-m", "config.embedded", "run", "cat", stdin=subprocess.PIPE) for _ in range(2)]
    for user in users:
        assert user.stdin is not None
        user.stdin.write("up\n")
        user.stdin.flush()
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"

    refused = _embedded(stopped, "stop")
    assert "in use" in refused.stderr
    users[0].communicate()
    assert _status(stopped) == {"PostgreSQL": True, "Valkey": True}
    users[1].communicate()
    assert _status(stopped) == {"PostgreSQL": False, "Valkey": False}


def test_servers_started_by_hand_stay_and_the_commands_exit_code_is_kept(started: Path) -> None:
    result = _embedded(started, "run", sys.executable, "-c", "raise SystemExit(3)")

    assert result.returncode == 3
    assert _status(started) == {"PostgreSQL": True, "Valkey": True}


def test_a_full_disk_is_one_sentence(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRANARY_VAR", str(stopped))
    monkeypatch.setattr(embedded, "REQUIRED_FREE_BYTES", 10**18)

    with pytest.raises(embedded.EmbeddedServerError, match=r"The disk is nearly full: .* MB are free"):
        embedded.database_url()
    assert _status(stopped)["PostgreSQL"] is False


def test_a_place_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = _embedded(tmp_path / "file" / "var", "start")

    assert result.returncode == 1
    assert "The embedded servers cannot use" in result.stderr
    assert "Not a directory" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has directories that its servers' account may not enter")
def test_a_checkout_that_only_root_may_enter_is_no_obstacle(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    result = _embedded(closed / "var", "run", sys.executable, "-c", ASK)

    assert result.returncode == 0, result.stderr
    assert closed.stat().st_mode & 0o777 == 0o700


def _popen(var: Path, *arguments: str, stdin: int | None = None) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BROKER_URL"}}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=embedded.BASE_DIR,
        env={**environment, "GRANARY_VAR": str(var)},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _embedded(var: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    process = _popen(var, "-m", "config.embedded", *arguments)
    out, err = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _urls(var: Path) -> list[str]:
    """Addresses of the database and the broker, as any process of the project gets them."""
    return _popen(var, "-c", ASK).communicate()[0].split()


def _status(var: Path) -> dict[str, bool]:
    lines = _embedded(var, "status").stdout.splitlines()
    return {name: state != "not running" for name, _, state in (line.partition(": ") for line in lines)}


def _value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _kill_both(var: Path) -> None:
    postmaster = (var / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]
    valkey = (var / "valkey" / "server.pid").read_text()
    for pid in (postmaster, valkey):
        os.kill(int(pid), signal.SIGKILL)
