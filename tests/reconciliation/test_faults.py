"""Faults that really happen: killed workers, tasks delivered twice, nights started at once.

The books after each are those of a night without faults, to the cent. Faults of the database are in
test_database_faults.py, wrong clocks in test_clocks.py.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import partial
from io import StringIO

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import DjangoDbBlocker

from apps.evidence import proofs as evidence_proofs
from apps.financing.models import Financing
from apps.ledger import proofs as ledger_proofs
from apps.reconciliation import proofs as night_proofs
from apps.reconciliation import works
from apps.reconciliation.faults import is_over, kill_workers, nudge, pieces_done, plan, until
from apps.reconciliation.fingerprint import book_lines, first_difference
from apps.reconciliation.models import NightlyChunk, NightlyRun
from apps.reconciliation.night import Night, run_night, work_on
from apps.reconciliation.rehearsal import FIRST, NIGHT, clock_of, close, prepare
from apps.reconciliation.tasks import run_one_night
from apps.repayment import chunk
from apps.repayment import proofs as repayment_proofs
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from apps.tenants.services import NoSuchPlatform, entered
from benchmarks import close_day
from tests.processes import Worker
from tests.story import DAY
from tests.threads import at_once

SELLERS = 12
Make = Callable[..., Platform]


def prepared(fresh_platform: Make, sellers: int = SELLERS) -> Platform:
    """A platform on the eve of a busy night: live financings and sales of the day, none of it closed yet."""
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=sellers)
    return platform


QUIET: dict[int, list[str]] = {}


@pytest.fixture
def undisturbed(fresh_platform: Make) -> Callable[..., list[str]]:
    """The books after the same night without any fault, found once for all tests here."""

    def lines(sellers: int = SELLERS) -> list[str]:
        if sellers not in QUIET:
            platform = prepared(fresh_platform, sellers)
            with entered(platform.schema_name):
                assert close(platform).state == "balanced"
            QUIET[sellers] = books_of(platform)
        return QUIET[sellers]

    return lines


def books_of(platform: Platform) -> list[str]:
    """The books after a night that went well and proves itself."""
    with entered(platform.schema_name):
        assert NightlyRun.objects.get(business_date=NIGHT).state == "balanced"
        proofs = (ledger_proofs, repayment_proofs, night_proofs, evidence_proofs)
        assert [fault for proof in proofs for fault in proof.faults()] == []
        return book_lines()


@pytest.mark.parametrize(
    ("kills", "sellers", "seed"),
    [(3, 30, 1), pytest.param(20, 200, 1, marks=pytest.mark.soak), pytest.param(20, 60, 2, marks=pytest.mark.soak)],
)
def test_workers_killed_at_random_points_leave_the_books_of_a_quiet_night(
    fresh_platform: Make,
    start_worker: Callable[[], Worker],
    undisturbed: Callable[..., list[str]],
    kills: int,
    sellers: int,
    seed: int,
) -> None:
    platform = prepared(fresh_platform, sellers)
    pieces = plan(platform)
    killed = kill_workers(platform, kills=kills, seed=seed, pieces=pieces, start_worker=start_worker)
    assert len(killed) == kills
    assert all(kill.resumed for kill in killed)
    assert first_difference(undisturbed(sellers), books_of(platform)) is None


def test_the_command_kills_and_compares_by_itself(
    child_environment: dict[str, str], fresh_platform: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", child_environment["DATABASE_URL"])
    said = StringIO()
    call_command("simulate_faults", kills=1, sellers=6, seed=3, stdout=said)
    assert "killed 1 times, resumed 1 times" in said.getvalue()
    assert "books identical" in said.getvalue()
    assert not Platform.objects.filter(schema_name__startswith="faults_").exists()
    with pytest.raises(CommandError, match="Nothing was done"):
        call_command("simulate_faults", kills=0)


def test_one_cent_is_a_difference_and_is_named(fresh_platform: Make, undisturbed: Callable[..., list[str]]) -> None:
    quiet, platform = undisturbed(), prepared(fresh_platform)
    with entered(platform.schema_name):
        close(platform)
        assert first_difference(quiet, book_lines()) is None
        execute("UPDATE financing_financing SET accrued = accrued + 0.01 WHERE number LIKE '%%0001'")
        difference = first_difference(quiet, book_lines())
        assert difference is not None
        assert [line.split()[0] for line in difference] == ["financing", "financing"]
        assert first_difference(quiet, quiet[:-1]) == (quiet[-1], "nothing")


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.soak)])
def test_killed_children_of_the_pool_are_made_up_for_without_any_help(
    fresh_platform: Make, start_worker: Callable[[], Worker], undisturbed: Callable[..., list[str]], kills: int
) -> None:
    platform = prepared(fresh_platform)
    pieces = plan(platform)
    worker = start_worker()
    nudge(platform)
    nudge(platform)
    for number in range(kills):
        goal = 4 + number * (pieces // (kills + 1))
        until(partial(_has_done, platform, goal), f"piece {goal}")
        for child in psutil.Process(worker.process.pid).children():
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
    until(lambda: is_over(platform), "the night to end by itself")
    assert first_difference(undisturbed(), books_of(platform)) is None


def _has_done(platform: Platform, goal: int) -> bool:
    return pieces_done(platform) >= goal or is_over(platform)


def test_every_task_delivered_twice_or_more_is_one_night(
    fresh_platform: Make, start_worker: Callable[[], Worker], undisturbed: Callable[..., list[str]]
) -> None:
    platform = prepared(fresh_platform)
    plan(platform)
    start_worker()
    for _delivery in range(5):
        nudge(platform)
    until(lambda: is_over(platform), "the night to end")
    nudge(platform)
    assert first_difference(undisturbed(), books_of(platform)) is None


def test_four_nights_started_at_once_are_one(fresh_platform: Make, undisturbed: Callable[..., list[str]]) -> None:
    platform = prepared(fresh_platform)
    runs = at_once(platform.schema_name, [partial(close, platform, chunk_size=1)] * 4)
    assert [getattr(run, "state", run) for run in runs] == ["balanced"] * 4
    assert first_difference(undisturbed(), books_of(platform)) is None


def test_ten_nights_each_started_twice_at_once_are_ten_nights(fresh_platform: Make) -> None:
    """Nobody pays the payouts in these ten days, so from some night on there are breaks: the same ones."""
    lived, verdicts = [], []
    for times in (1, 2):
        platform = prepared(fresh_platform)
        for number in range(10):
            night = partial(close, platform, NIGHT + number * DAY, chunk_size=3)
            runs = at_once(platform.schema_name, [night] * times)
            verdicts.append([getattr(run, "state", run) for run in runs])
        lived.append(books_of(platform))
    once, twice = verdicts[:10], verdicts[10:]
    assert {state for states in once for state in states} <= {"balanced", "with_breaks"}
    assert twice == [states * 2 for states in once]
    assert first_difference(*lived) is None


UNIQUE_KEYS = {
    "repayment_sweep": ["sweep_once_a_sales_day"],
    "repayment_movement": ["movement_once"],
    "banking_instruction": ["banking_instruction_key_key", "banking_instruction_reference_key"],
    "ledger_entry": ["ledger_entry_key_key"],
}


CLOSED_ALREADY = (
    "AND NOT EXISTS (SELECT FROM repayment_sweep WHERE seller_id = seller.id AND business_date = %(date)s)\n"
)


def close_again_as_if_never_done(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget all that the night's rows, the financings and the sales days remember of being done, and close again."""
    assert CLOSED_ALREADY in chunk.SELLERS
    monkeypatch.setattr(chunk, "SELLERS", chunk.SELLERS.replace(CLOSED_ALREADY, ""))
    monkeypatch.setattr(chunk, "CLOSED_MEANWHILE", chunk.CLOSED_MEANWHILE + " AND false")
    night = Night(platform, NightlyRun.objects.get(business_date=NIGHT), clock_of(platform), "night")
    NightlyChunk.objects.filter(run=night.run, work="close").update(done_at=None)
    NightlyRun.objects.filter(pk=night.run.pk).update(state="running")
    execute("UPDATE ledger_books SET closed_through = closed_through - 1")
    execute("UPDATE financing_financing SET closed_through = closed_through - 1")
    while work_on(night):
        pass


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_night_that_forgets_what_is_done_is_stopped_by_the_unique_keys(
    fresh_platform: Make, undisturbed: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, platform = undisturbed(), prepared(fresh_platform)
    with entered(platform.schema_name):
        run = close(platform)
        close_again_as_if_never_done(platform, monkeypatch)
        refused = run.set_aside.filter(work="close")
        assert refused.count() == SELLERS
        assert all("sweep_once_a_sales_day" in one.error for one in refused)
        execute("UPDATE financing_financing SET closed_through = closed_through + 1")
        assert first_difference(quiet, book_lines()) is None


def test_without_the_unique_keys_the_harness_sees_the_second_sweep(
    fresh_platform: Make, undisturbed: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failing control: the same forgetful night once the keys are gone."""
    quiet, platform = undisturbed(), prepared(fresh_platform)
    with entered(platform.schema_name):
        close(platform)
        once = Movement.objects.filter(kind="sweep", business_date=NIGHT).count()
        for table, names in UNIQUE_KEYS.items():
            for name in names:
                execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        close_again_as_if_never_done(platform, monkeypatch)
        assert Movement.objects.filter(kind="sweep", business_date=NIGHT).count() == 2 * once > 0
        assert first_difference(quiet, book_lines()) is not None
        assert repayment_proofs.faults() != []


def test_two_pieces_at_once_leave_the_books_of_one_at_a_time(
    fresh_platform: Make, undisturbed: Callable[..., list[str]]
) -> None:
    quiet, platform = undisturbed(), prepared(fresh_platform)
    with entered(platform.schema_name):
        run = run_night(
            platform=platform, business_date=NIGHT, clock=clock_of(platform), by="night", chunk_size=3, at_once=2
        )
        assert run.state == "balanced"
        assert run.chunks.filter(work="close").count() == SELLERS / 3
        assert first_difference(quiet, book_lines()) is None


def test_a_piece_that_the_server_refuses_ends_the_worker_and_not_the_night(
    fresh_platform: Make, undisturbed: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two threads loses its server: the other finishes what is left, and the error still reaches the worker."""
    quiet, platform = undisturbed(), prepared(fresh_platform)
    do = works.do
    failed: list[int] = []

    def once(piece: works.Piece) -> works.Report:
        if piece.chunk.work == "close" and not failed:
            failed.append(piece.chunk.pk)
            raise OperationalError("the server went away")
        return do(piece)

    monkeypatch.setattr(works, "do", once)
    with entered(platform.schema_name):
        with pytest.raises(OperationalError):
            run_night(
                platform=platform, business_date=NIGHT, clock=clock_of(platform), by="night", chunk_size=3, at_once=2
            )
        assert NightlyRun.objects.get(business_date=NIGHT).state == "balanced"
        assert first_difference(quiet, book_lines()) is None


def test_one_poisoned_financing_in_ten_thousand_stands_alone(fresh_platform: Make) -> None:
    size, poisoned = 10_000, 4_322
    platform = fresh_platform(opened_on=close_day.DAY)
    with entered(platform.schema_name):
        close_day.generate(size)
        financing = Financing.objects.get(seller_id=poisoned)
        Movement.objects.create(  # written by hand: the database refuses the night's own
            financing=financing, business_date=close_day.DAY, kind="sweep", reason="by hand", key="sweep",
            principal=Decimal("-1"), outstanding=Decimal("4999"), entry_key="none",
        )  # fmt: skip
        run = run_night(
            platform=platform, business_date=close_day.DAY, clock=clock_of(platform, close_day.DAY), by="night"
        )
        aside = run.set_aside.get()
        assert (aside.work, aside.seller_id, "movement_once" in aside.error) == ("close", poisoned, True)
        assert run.state == "with_breaks"
        assert run.steps.get(name="sweep").failed == 1
        closed = Financing.objects.filter(closed_through=close_day.DAY)
        assert (closed.count(), closed.filter(pk=financing.pk).exists()) == (size - 1, False)


def test_a_suspended_platform_and_an_unknown_one_get_no_night(fresh_platform: Make, at: datetime) -> None:
    platform = fresh_platform()
    Platform.objects.filter(pk=platform.pk).update(suspended_at=at)
    for name in (platform.schema_name, "nobody", "", "public", "template"):
        with pytest.raises(NoSuchPlatform):
            run_one_night(platform=name, business_date=str(FIRST))
    with pytest.raises(TypeError):
        run_one_night(business_date=str(FIRST))


@pytest.fixture(autouse=True)
def _back_to_public(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    yield
    with django_db_blocker.unblock():
        Platform.deactivate()  # type: ignore[no-untyped-call]
