"""The database goes away under a night: a connection cut, a backend terminated, the server killed and started again;
or it is there and cannot: its disk is full, its time is over."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from celery import current_app
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation
from pytest_django import DjangoDbBlocker

from apps.portal.nights import refusal_words
from apps.reconciliation.faults import Worker, is_over, nudge, pieces_done, plan, purge, until
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyChunk, NightlyRun
from apps.reconciliation.night import Night, work_on
from apps.reconciliation.rehearsal import NIGHT, clock_of, close, prepare, throwaway_platform
from apps.tenants.models import Platform
from apps.tenants.services import ensure_template, entered, tenant_connection
from config.embedded.postgres import Postgres
from tests.conftest import PlatformClient, environment_of_children
from tests.factories import make_user

SELLERS = 12
SMALL_DISK = "600m"  # a cluster with a template and two platforms takes half of it
Obstacle = Callable[[], contextlib.AbstractContextManager[None]]


@cache
def quiet_night() -> list[str]:
    """The books of the same night without any fault, found once: they are the same on any server."""
    with throwaway_platform("throwaway_quiet") as platform:
        prepare(platform, sellers=SELLERS)
        with entered(platform.schema_name):
            assert close(platform).state == "balanced"
            return book_lines()


def books_of(platform: Platform) -> list[str]:
    with entered(platform.schema_name):
        assert NightlyRun.objects.get(business_date=NIGHT).state == "balanced"
        return book_lines()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Writes that are really committed, on platforms that each test makes and drops."""
    with django_db_blocker.unblock():
        yield
        tenant_connection.set_schema_to_public()
        connection.close()


def test_a_database_connection_lost_in_the_middle_costs_nothing(committed: None) -> None:
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_cut") as platform:
        prepare(platform, sellers=SELLERS)
        plan(platform)
        with entered(platform.schema_name):
            run = NightlyRun.objects.get(business_date=NIGHT)
            night = Night(platform, run, clock_of(platform), "night")
            for _piece in range(20):
                assert work_on(night)
            with pytest.raises(OperationalError):
                _lose_connection_inside(night)
        connection.close()
        with entered(platform.schema_name):
            assert close(platform).state == "balanced"
        assert first_difference(undisturbed, books_of(platform)) is None


def _lose_connection_inside(night: Night) -> None:
    calls = 0

    def cut(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 6:
            context["cursor"].execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut):
        work_on(night)


@pytest.mark.parametrize("times", [2, pytest.param(5, marks=pytest.mark.soak)])
def test_backends_terminated_and_the_worker_goes_on_by_itself(committed: None, times: int) -> None:
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_backends") as platform:
        prepare(platform, sellers=SELLERS)
        pieces = plan(platform)
        with a_worker():
            nudge(platform)
            for number in range(times):
                goal = 1 + number * pieces // (times + 1)
                until(partial(_has_done, platform, goal), f"piece {goal}")
                assert terminate_other_sessions() > 0
            until(lambda: is_over(platform), "the night to end by itself")
        assert first_difference(undisturbed, books_of(platform)) is None


def _has_done(platform: Platform, goal: int) -> bool:
    return pieces_done(platform) >= goal


def terminate_other_sessions() -> int:
    """Terminate every other session of this database; answers how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        number: int = cursor.fetchone()[0]
        return number


@contextlib.contextmanager
def a_worker() -> Iterator[Worker]:
    """A worker that finds an empty queue, and leaves one."""
    purge(current_app.conf.task_default_queue)
    worker = Worker(environment_of_children())
    try:
        yield worker
    finally:
        worker.kill()
        purge(current_app.conf.task_default_queue)


@pytest.fixture(scope="module")
def server_beside() -> Iterator[Postgres]:
    """A PostgreSQL server that nobody else uses, on a small disk of its own where one can be mounted."""
    var = Path(tempfile.mkdtemp(prefix="granary-faults-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "granary", var], check=False)
    var.chmod(0o755)
    server = Postgres(var)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        if var.is_mount():
            subprocess.run(["umount", "--lazy", var], check=True)
        shutil.rmtree(var)


@pytest.fixture
def own_postgres(committed: None, server_beside: Postgres) -> Iterator[Postgres]:
    """The server beside, to which this test run's connections lead for a while."""
    before = dict(connection.settings_dict)
    connection.close()
    with psycopg.connect(server_beside.url()) as at_home:
        place = at_home.info
        connection.settings_dict.update(
            HOST=place.host, PORT=str(place.port), NAME=place.dbname, USER=place.user, PASSWORD=place.password
        )
    try:
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        ensure_template()
        yield server_beside
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.mark.parametrize("kills", [2, pytest.param(5, marks=pytest.mark.soak)])
def test_the_server_killed_and_started_again_in_the_middle_of_pieces(own_postgres: Postgres, kills: int) -> None:
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_killed") as platform:
        prepare(platform, sellers=SELLERS)
        pieces = plan(platform)
        with a_worker():
            for number in range(kills):
                nudge(platform)  # as the clock does every minute
                goal = 1 + number * pieces // (kills + 1)
                until(partial(_has_done, platform, goal), f"piece {goal}")
                _kill_and_start(own_postgres)
            until(lambda: is_over(platform), "the night to end by itself")
        assert first_difference(undisturbed, books_of(platform)) is None


def _kill_and_start(server: Postgres) -> None:
    """kill -9 of the server's first process, which takes all others with it, then a start that recovers."""
    pid = int((server.data / "postmaster.pid").read_text().partition("\n")[0])
    everybody = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(everybody)
    with contextlib.suppress(OperationalError, InterfaceError):
        connection.close()
    server.start()
    until(server.answers, "the server to answer again")


@contextlib.contextmanager
def postings_refused(body: str) -> Iterator[None]:
    """While it lasts the books take no posting on the platform entered: the database does `body` instead."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION refuse_posting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$;"
            "CREATE TRIGGER refused BEFORE INSERT ON ledger_posting EXECUTE FUNCTION refuse_posting();"
            "SET statement_timeout = '2s'"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
            cursor.execute("DROP FUNCTION refuse_posting() CASCADE")


@contextlib.contextmanager
def no_room(server: Postgres) -> Iterator[None]:
    """While it lasts the server's disk is full, as the kernel says."""
    filler = server.home / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as other:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while other.write(bytes(size)) == size:
                    pass
    try:
        yield
    finally:
        filler.unlink()


def closing_pieces() -> dict[int, NightlyChunk]:
    """The pieces that close sellers' days, by their first seller."""
    return {one.first_seller: one for one in NightlyChunk.objects.filter(run__business_date=NIGHT, work="close")}


FULL = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';"


@pytest.mark.parametrize(
    ("obstacle", "sqlstate", "why"),
    [
        (partial(postings_refused, FULL), "53100", "its disk is full"),
        (partial(postings_refused, "PERFORM pg_sleep(60);"), "57014", "the work took longer than it allows"),
    ],
    ids=["disk full", "statement timeout"],
)
def test_what_the_database_cannot_do_waits_with_its_reason_and_no_half_day_is_there(
    committed: None, client_of: Callable[..., PlatformClient], obstacle: Obstacle, sqlstate: str, why: str
) -> None:
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_refused") as platform:
        prepare(platform, sellers=SELLERS)
        plan(platform, chunk_size=4)
        with entered(platform.schema_name):
            eve, desk = book_lines(), client_of(platform, make_user())
            with obstacle():
                for times in (1, 2):
                    with pytest.raises(OperationalError):
                        close(platform)
                    assert first_difference(eve, book_lines()) is None
                    waiting = next(iter(closing_pieces().values()))
                    assert (waiting.refusals, waiting.refused_with, waiting.done_at) == (times, sqlstate, None)
                    assert waiting.refused_at == clock_of(platform)()
            assert [one.done_at for one in closing_pieces().values()] == [None] * 3
            run = NightlyRun.objects.get(business_date=NIGHT)
            assert (run.state, run.set_aside.count()) == ("running", 0)
            _says_why(desk, waiting, why)
            assert close(platform).state == "balanced"
            healed = closing_pieces()[waiting.first_seller]
            assert (healed.refusals, healed.error) == (2, "")
            assert "The night waits" not in desk.get(f"/desk/nights/{NIGHT}/").content.decode()
        assert first_difference(undisturbed, books_of(platform)) is None


def test_a_disk_that_is_really_full_costs_no_half_day(own_postgres: Postgres) -> None:
    if not own_postgres.home.parent.is_mount():
        pytest.skip("A small disk cannot be mounted here: be root.")
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_no_room") as platform:
        prepare(platform, sellers=SELLERS)
        plan(platform, chunk_size=4)
        with entered(platform.schema_name):
            eve = book_lines()
            with no_room(own_postgres):
                with pytest.raises(OperationalError, match="No space left on device"):
                    close(platform)
                assert first_difference(eve, book_lines()) is None
                assert not any(one.done_at for one in closing_pieces().values())
            assert close(platform).state == "balanced"
        assert first_difference(undisturbed, books_of(platform)) is None


def _says_why(desk: PlatformClient, waiting: NightlyChunk, why: str) -> None:
    """The night's page says in the reader's language what it waits for, how often it was tried and when last."""
    page = desk.get(f"/desk/nights/{NIGHT}/").content.decode()
    assert f"The database refused “Close the day” 2 times, last at 4 March 2025, 02:00: {why}." in page
    assert "the date stays open" in page
    desk.cookies["django_language"] = "zh-hans"
    with entered(desk.platform.schema_name), translation.override("zh-hans"):
        in_chinese = refusal_words(waiting)
    assert in_chinese in desk.get(f"/desk/nights/{NIGHT}/").content.decode()


def test_a_worker_goes_on_by_itself_once_the_disk_has_room_again(committed: None) -> None:
    undisturbed = quiet_night()
    with throwaway_platform("throwaway_full") as platform:
        prepare(platform, sellers=SELLERS)
        plan(platform, chunk_size=4)
        with a_worker():
            with entered(platform.schema_name), postings_refused(FULL):
                nudge(platform)
                until(lambda: any(one.refusals for one in closing_pieces().values()), "a piece to be refused")
                assert NightlyRun.objects.get(business_date=NIGHT).state == "running"
            until(lambda: is_over(platform), "the night to end by itself")
        assert first_difference(undisturbed, books_of(platform)) is None
