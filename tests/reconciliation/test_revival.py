"""Check 17: a night whose worker was killed is taken up again by the clock alone, within a minute."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from apps.reconciliation.faults import is_over, pieces_done, plan, until
from apps.reconciliation.rehearsal import FIRST, prepare
from apps.tenants.models import Platform
from tests.processes import Beat, Worker

WITHIN = 60


def test_the_clock_looks_for_nights_that_stand_still_at_least_every_half_minute() -> None:
    look = settings.CELERY_BEAT_SCHEDULE["nights-that-are-due"]
    assert look == {"task": "reconciliation.start_due_nights", "schedule": timedelta(seconds=30)}
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)


@pytest.fixture
def alone(fresh_platform: Callable[..., Platform]) -> Iterator[Platform]:
    """A platform of its own; the nights of all others start by hand, for a clock looks at every platform."""
    platform = fresh_platform(opened_on=FIRST)
    others = Platform.objects.filter(nights_by_hand=False).exclude(pk=platform.pk)
    names = list(others.values_list("pk", flat=True))
    others.update(nights_by_hand=True)
    yield platform
    Platform.objects.filter(pk__in=names).update(nights_by_hand=False)


@pytest.mark.soak
def test_a_killed_night_resumes_by_itself_within_a_minute(
    alone: Platform, start_worker: Callable[[], Worker], child_environment: dict[str, str], tmp_path: Path
) -> None:
    """Nothing here nudges: the clock that production runs starts the night, and takes it up again after each kill."""
    prepare(alone, sellers=40)
    pieces = plan(alone)
    beat = Beat(child_environment, tmp_path)
    took = []
    try:
        worker = start_worker()
        for kill in (1, 2, 3):
            until(partial(reached, alone, kill * pieces // 4), f"quarter {kill} of the night")
            worker.kill()
            killed, then = time.monotonic(), pieces_done(alone)
            assert not is_over(alone), "the night was over before the worker was killed"
            current_app.control.purge()  # what the clock had sent is lost with it
            worker = start_worker()
            until(partial(reached, alone, then + 1), "the night to go on", seconds=WITHIN)
            took.append(time.monotonic() - killed)
        until(partial(is_over, alone), "the night to come to its end", seconds=120)
    finally:
        beat.stop()
    print(f"\nresumed {', '.join(f'{seconds:.0f}' for seconds in took)} s after the kill")
    assert len(took) == 3
    assert max(took) < WITHIN


def reached(platform: Platform, pieces: int) -> bool:
    """Whether so many pieces of the night are done."""
    return pieces_done(platform) >= pieces
