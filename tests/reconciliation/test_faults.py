"""Faults that really happen: killed workers, tasks delivered twice, two nights at once, a lost database connection.

The books after each are those of a night without faults, to the cent.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time
from typing import Any

import psutil
import pytest
from celery import current_app
from django.db import OperationalError, connection
from pytest_django import DjangoDbBlocker

from apps.reconciliation.models import NightlyChunk, NightlyRun
from apps.reconciliation.night import Night, open_night, run_night, work_on
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from apps.tenants.services import NoSuchPlatform, entered
from tests.processes import Worker, until
from tests.story import DAY, FIRST, Story, books
from tests.threads import at_once

SELLERS = 12
NIGHT = FIRST + 2 * DAY
Make = Callable[..., Platform]


def prepared(fresh_platform: Make) -> Platform:
    """A platform on the eve of a busy night: twelve live financings and sales of the day, none of it closed yet."""
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform)
        sellers = [
            story.seller(f"Seller {number:02}", daily=f"{90 + number}.50", days=120) for number in range(SELLERS)
        ]
        story.night(FIRST)
        for seller in sellers:
            story.draw(story.offer(seller), "500", FIRST + DAY)
        story.night(FIRST + DAY)
        for number, seller in enumerate(sellers):
            story.settle(NIGHT, seller, f"{100 + 7 * number}.35")
    return platform


def close(platform: Platform, chunk_size: int = 1) -> NightlyRun:
    return run_night(
        platform=platform, business_date=NIGHT, clock=clock_of(platform), by="night", chunk_size=chunk_size
    )


def clock_of(platform: Platform) -> Callable[[], datetime]:
    """Two in the morning after the night's date, on the platform's wall."""
    after = datetime.combine(NIGHT + DAY, time(2), tzinfo=platform.zone)
    return lambda: after


FINGERPRINTS: list[str] = []


@pytest.fixture
def undisturbed(fresh_platform: Make) -> str:
    """The fingerprint of the books after the same night without any fault, found once for all tests here."""
    if not FINGERPRINTS:
        platform = prepared(fresh_platform)
        with entered(platform.schema_name):
            assert close(platform, chunk_size=5_000).state == "balanced"
            FINGERPRINTS.append(books())
    return FINGERPRINTS[0]


def planned(platform: Platform) -> NightlyRun:
    """The night's rows, cut as finely as can be, so that there is time to interfere."""
    return open_night(platform=platform, business_date=NIGHT, clock=clock_of(platform), by="night", chunk_size=1)


def nudge(platform: Platform, times: int = 1) -> None:
    for _time in range(times):
        current_app.send_task(
            "reconciliation.run_night", kwargs={"platform": platform.schema_name, "business_date": str(NIGHT)}
        )


def done(platform: Platform) -> int:
    with entered(platform.schema_name):
        return NightlyChunk.objects.filter(done_at__isnull=False, run__business_date=NIGHT).count()


def is_over(platform: Platform) -> bool:
    with entered(platform.schema_name):
        return NightlyRun.objects.get(business_date=NIGHT).is_over


def books_of(platform: Platform) -> str:
    with entered(platform.schema_name):
        assert NightlyRun.objects.get(business_date=NIGHT).state == "balanced"
        return books()


def test_a_worker_killed_again_and_again_leaves_the_books_of_a_quiet_night(
    fresh_platform: Make, start_worker: Callable[[], Worker], undisturbed: str
) -> None:
    platform = prepared(fresh_platform)
    with entered(platform.schema_name):
        planned(platform)
    for progress in (5, 14, 24):
        worker = start_worker()
        nudge(platform)
        until(lambda goal=progress: done(platform) >= goal or is_over(platform), f"{progress} pieces")  # type: ignore[misc]
        worker.kill()
    start_worker()
    nudge(platform)
    until(lambda: is_over(platform), "the night to end")
    assert books_of(platform) == undisturbed


def test_a_killed_child_of_the_pool_is_made_up_for_without_any_help(
    fresh_platform: Make, start_worker: Callable[[], Worker], undisturbed: str
) -> None:
    platform = prepared(fresh_platform)
    with entered(platform.schema_name):
        planned(platform)
    worker = start_worker()
    nudge(platform, times=2)
    until(lambda: done(platform) >= 4, "the first pieces")
    for child in psutil.Process(worker.process.pid).children():
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    until(lambda: is_over(platform), "the night to end by itself")
    assert books_of(platform) == undisturbed


def test_a_task_delivered_five_times_is_one_night(
    fresh_platform: Make, start_worker: Callable[[], Worker], undisturbed: str
) -> None:
    platform = prepared(fresh_platform)
    with entered(platform.schema_name):
        planned(platform)
    start_worker()
    nudge(platform, times=5)
    until(lambda: is_over(platform), "the night to end")
    nudge(platform)
    assert books_of(platform) == undisturbed


def test_four_nights_started_at_once_are_one(fresh_platform: Make, undisturbed: str) -> None:
    platform = prepared(fresh_platform)
    runs = at_once(platform.schema_name, [lambda: close(platform)] * 4)
    assert [getattr(run, "state", run) for run in runs] == ["balanced"] * 4
    assert books_of(platform) == undisturbed


def test_without_the_guard_the_harness_would_see_it(fresh_platform: Make, undisturbed: str) -> None:
    """The failing control: forget that pieces are done, and the database's own keys stop the second sweep."""
    platform = prepared(fresh_platform)
    with entered(platform.schema_name):
        run = close(platform)
        NightlyChunk.objects.filter(run=run, work="close").update(done_at=None)
        NightlyRun.objects.filter(pk=run.pk).update(state="running")
        night = Night(platform, NightlyRun.objects.get(pk=run.pk), clock_of(platform), "night")
        while work_on(night):
            pass
        assert Movement.objects.filter(kind="sweep", business_date=NIGHT).count() == SELLERS
        assert books() == undisturbed


def test_a_database_connection_lost_in_the_middle_costs_nothing(fresh_platform: Make, undisturbed: str) -> None:
    platform = prepared(fresh_platform)
    with entered(platform.schema_name):
        run = planned(platform)
        night = Night(platform, run, clock_of(platform), "night")
        for _piece in range(20):
            assert work_on(night)
        with pytest.raises(OperationalError):
            _lose_connection_inside(night)
    connection.close()
    with entered(platform.schema_name):
        assert close(platform).state == "balanced"
        assert books() == undisturbed


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


def test_a_suspended_platform_and_an_unknown_one_get_no_night(fresh_platform: Make, at: datetime) -> None:
    from apps.reconciliation.tasks import run_one_night

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
