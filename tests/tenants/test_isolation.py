"""Files, cache, sessions, tasks and log lines of one platform never reach the other."""

import contextlib
import inspect
import json
import logging
import random
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
import structlog
from celery import current_app
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import NoSuchPlatform, entered, suspend, tenant_connection
from apps.tenants.tasks import platform_task
from tests.conftest import PlatformClient
from tests.factories import make_seller, make_user

Pair = tuple[Platform, Platform]


def test_a_file_lies_in_its_platforms_own_folder(two_platforms: Pair) -> None:
    with entered("meadow"):
        name = default_storage.save("contracts/C-1.pdf", ContentFile(b"of Meadow"))
        path = default_storage.path(name)
        assert "/meadow/contracts/C-1" in path
    with entered("harbor"):
        assert not default_storage.exists(name)
        with pytest.raises(FileNotFoundError):
            default_storage.open(name)
        other = default_storage.save(name, ContentFile(b"of Harbor"))
        assert other == name
        for outside in ("../meadow/contracts/C-1.pdf", path, "contracts/../../meadow/contracts/C-1.pdf"):
            with pytest.raises(SuspiciousFileOperation):
                default_storage.open(outside)
        default_storage.delete(name)
    with entered("meadow"):
        with default_storage.open(name) as file:
            assert file.read() == b"of Meadow"
        default_storage.delete(name)


def test_a_cached_value_stays_at_home(two_platforms: Pair, clean_cache: None) -> None:
    with entered("meadow"):
        cache.set("limit-of-seller-1", "20000.00")
        assert cache.get("limit-of-seller-1") == "20000.00"
    with entered("harbor"):
        assert cache.get("limit-of-seller-1") is None
        cache.set("limit-of-seller-1", "5.00")
        cache.delete("limit-of-seller-1")
    assert cache.get("limit-of-seller-1") is None
    with entered("meadow"):
        assert cache.get("limit-of-seller-1") == "20000.00"


def test_a_session_is_worthless_at_another_platform(
    two_platforms: Pair, client_of: Callable[..., PlatformClient]
) -> None:
    with entered("meadow"):
        user = make_user(email="same@person.test", role="auditor")
    with entered("harbor"):
        make_user(email="same@person.test", role="auditor", id=user.pk)
    client = client_of(two_platforms[0], user)
    assert client.get("/admin/").status_code == 200
    taken_along = client_of(two_platforms[1])
    taken_along.cookies = deepcopy(client.cookies)
    answer = taken_along.get("/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
    assert client.get("/admin/").status_code == 200


seen: list[tuple[Any, ...]] = []


def _note(**facts: Any) -> None:
    seen.append((tenant_connection.schema_name, Seller.objects.count(), facts))
    if facts.get("fails"):
        raise ZeroDivisionError("in the task")


note = platform_task("tests.note")(_note)


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


def test_a_task_works_in_the_platform_that_it_names(two_platforms: Pair) -> None:
    with entered("harbor"):
        make_seller()
    note.apply(kwargs={"platform": "harbor", "word": "hello"}, throw=True)
    note.apply(kwargs={"platform": "meadow"}, throw=True)
    assert seen == [("harbor", 1, {"word": "hello"}), ("meadow", 0, {})]
    assert tenant_connection.schema_name == "public"


def test_a_task_that_fails_leaves_its_platform(two_platforms: Pair) -> None:
    with pytest.raises(ZeroDivisionError):
        note.apply(kwargs={"platform": "harbor", "fails": True}, throw=True)
    assert tenant_connection.schema_name == "public"
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize("named", [{}, {"word": "hello"}])
def test_a_task_without_a_platform_is_refused_when_it_is_sent_and_when_it_runs(
    two_platforms: Pair, named: dict[str, str]
) -> None:
    for send in (note.delay, note.apply_async):
        with pytest.raises(TypeError, match="platform"):
            send(**({"kwargs": named} if send == note.apply_async else named))
    with pytest.raises(TypeError, match="platform"):
        note(**named)
    with pytest.raises(TypeError):
        note("meadow")
    assert seen == []


@pytest.mark.parametrize("name", ["", "nowhere", "template", "public"])
def test_a_task_of_no_platform_is_refused(two_platforms: Pair, name: str) -> None:
    with pytest.raises(NoSuchPlatform, match="There is no working platform"):
        note.apply(kwargs={"platform": name}, throw=True)
    assert seen == []


def test_a_task_of_a_suspended_platform_is_refused(two_platforms: Pair, at: datetime) -> None:
    suspend(platform=two_platforms[0], at=at, by="test")
    with pytest.raises(NoSuchPlatform):
        note.apply(kwargs={"platform": "meadow"}, throw=True)
    note.apply(kwargs={"platform": "harbor"}, throw=True)
    assert [schema_name for schema_name, *_rest in seen] == ["harbor"]


def test_every_task_of_ours_names_its_platform_or_walks_over_all(two_platforms: Pair) -> None:
    """A task either refuses to run without `platform` or takes no argument at all: the beat's own entries."""
    current_app.loader.import_default_modules()
    current_app.autodiscover_tasks(force=True)
    ours: dict[str, Any] = {
        name: task for name, task in current_app.tasks.items() if task.run.__module__.startswith("apps.")
    }
    assert len(ours) >= 3
    for name, task in ours.items():
        parameters = inspect.signature(task.__wrapped__, follow_wrapped=False).parameters
        assert "platform" in parameters or not parameters, f"{name} would run without knowing where"


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """What the real log handler writes from here on, as parsed lines."""
    lines: list[dict[str, Any]] = []
    formatters = (handler.formatter for handler in logging.getLogger().handlers)
    ours = next(one for one in formatters if isinstance(one, structlog.stdlib.ProcessorFormatter))

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(ours.format(record)))

    keep = Keep()
    logging.getLogger().addHandler(keep)
    yield lines
    logging.getLogger().removeHandler(keep)


def test_every_log_line_names_its_platform(two_platforms: Pair, log_lines: list[dict[str, Any]]) -> None:
    def speak() -> None:
        structlog.get_logger().warning("through structlog", amount="1.00")
        logging.getLogger("some.library").warning("through %s", "logging")

    with entered("meadow"):
        speak()
        with entered("harbor"):
            speak()
        speak()
    speak()
    named = [(line["event"], line.get("platform")) for line in log_lines]
    assert named == [
        (event, name)
        for name in ("meadow", "harbor", "meadow", None)
        for event in ("through structlog", "through logging")
    ]


def test_a_request_that_fails_is_logged_under_its_platform_and_leaves_it(
    two_platforms: Pair, client_of: Callable[..., PlatformClient], log_lines: list[dict[str, Any]]
) -> None:
    client_of(two_platforms[1]).get("/no/such/page/")
    client_of(two_platforms[0]).get("/no/such/page/")
    assert [line.get("platform") for line in log_lines if "Not Found" in line["event"]] == ["harbor", "meadow"]
    assert structlog.contextvars.get_contextvars() == {}


def visit(name: str, fails: bool) -> None:
    """Look around in a platform of which only its own seller, region and cached value may be seen."""
    with entered(name):
        Seller.objects.filter(external_id="S-1").update(region=name)
        cache.set("who", name)
        if fails:
            raise ZeroDivisionError
        seller = Seller.objects.get()
        assert (seller.name, seller.region, cache.get("who")) == (f"of {name}", name, name)


def visit_often(names: list[str], visits: int, seed: int) -> None:
    luck = random.Random(seed)
    for _visit in range(visits):
        with contextlib.suppress(ZeroDivisionError):
            visit(luck.choice(names), luck.random() < 0.1)
        assert tenant_connection.schema_name == "public", "the visit did not leave"


@pytest.mark.parametrize(("platforms", "visits"), [(3, 480), pytest.param(20, 10_000, marks=pytest.mark.soak)])
def test_platforms_interleaved_in_many_threads_never_mix(
    fresh_platform: Callable[..., Platform], clean_cache: None, platforms: int, visits: int
) -> None:
    """Visits in one thread after another, one in ten failing half way, as in a server under load."""
    names = [fresh_platform().schema_name for _number in range(platforms)]
    for name in names:
        with entered(name):
            make_seller(external_id="S-1", name=f"of {name}")
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            visit_often(names, visits // 8, seed)
        except BaseException as failure:  # noqa: BLE001  the test looks at it
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for name in names:
        with entered(name):
            assert Seller.objects.get().region == name
