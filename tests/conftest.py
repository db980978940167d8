"""What every test may ask for. How to use it stands in tests/README.md."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import hypothesis
import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from pytest_django import DjangoDbBlocker

from apps.core.sms import MemoryGateway, Sms
from apps.tenants.models import Domain, Encumbrance, Platform
from apps.tenants.services import create_platform, ensure_template, entered, tenant_connection
from apps.users.models import User
from tests.processes import WebServer, Worker

OPENED_ON = date(2025, 1, 1)
# On a machine that others use examples may take their time: nothing here is a matter of seconds. The same examples each
# time, so that what is green stays green until the code changes; "explore" draws new ones.
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("explore", **PATIENT)
hypothesis.settings.register_profile("same", derandomize=True, **PATIENT)
hypothesis.settings.load_profile("same")
MEADOW: dict[str, Any] = {
    "name": "Meadow",
    "name_zh": "草场",
    "domain": "meadow.test",
    "currency": "CNY",
    "time_zone": "Asia/Shanghai",
    "country": "CN",
    "opened_on": OPENED_ON,
}
HARBOR: dict[str, Any] = {
    "name": "Harbor",
    "name_zh": "港湾",
    "domain": "harbor.test",
    "currency": "BRL",
    "time_zone": "America/Sao_Paulo",
    "country": "BR",
    "opened_on": OPENED_ON,
}


# The modules that take minutes. They begin, so that at the end no worker is left alone with one of them.
LONGEST = (
    "tenants/test_pages", "repayment/test_machine", "scenarios/test_instalments", "portal/test_nonsense_everywhere",
    "repayment/test_events", "reconciliation/test_faults", "admin/test_roles", "admin/test_pages",
    "scenarios/test_agreements", "reconciliation/test_database_faults", "reconciliation/test_clocks",
    "reconciliation/test_people_at_night", "financing/test_papers", "scenarios/test_margin_calls",
    "e2e/test_journey", "e2e/test_accessible", "portal/test_desk_financing", "reconciliation/test_broker_faults",
    "reconciliation/test_killed_at_each_step",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first, and each module whole; the runner's own order by the number of tests is off."""
    places = {Path(__file__).parent / f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


class PlatformClient(Client):
    """Django's test client at one platform's own host name. The test stays inside the platform it had entered."""

    def __init__(self, platform: Platform, **extra: Any) -> None:
        self.platform = platform
        super().__init__(HTTP_HOST=platform.domains.get(is_primary=True).domain, **extra)

    def request(self, **request: Any) -> Any:
        before = tenant_connection.tenant
        try:
            return super().request(**request)
        finally:
            tenant_connection.set_tenant(before)

    def sign_in(self, user: User) -> None:
        """Sign `user` in without asking for the password."""
        with entered(self.platform.schema_name):
            self.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Every test begins in English, whatever the page before it was read in."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The test database: the public schema, the template, and the platforms `meadow` and `harbor`.

    In the place of pytest-django's own fixture, which makes no test database when every chosen test uses
    `fresh_platform`: those tests would then write into the development database.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
        ensure_template()
        drop(Platform.objects.filter(schema_name__startswith="throwaway_"))
        for schema_name, facts in {"meadow": MEADOW, "harbor": HARBOR}.items():
            if not Platform.objects.filter(schema_name=schema_name).exists():
                create_platform(schema_name=schema_name, by="test", **facts)
    yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:  # killed workers and web servers leave sessions that end a little later
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        teardown_databases(made, verbosity=0)


@pytest.fixture
def two_platforms(db: None) -> tuple[Platform, Platform]:
    """Meadow (CNY, Shanghai) and Harbor (BRL, São Paulo), none entered; all that the test writes is rolled back."""
    return Platform.objects.get(schema_name="meadow"), Platform.objects.get(schema_name="harbor")


@pytest.fixture
def platform(db: None) -> Iterator[Platform]:
    """Meadow, entered; all that the test writes is rolled back."""
    with entered("meadow") as meadow:
        yield meadow


@pytest.fixture
def other_platform(two_platforms: tuple[Platform, Platform]) -> Platform:
    """Harbor, not entered: `with entered(other_platform.schema_name): ...`."""
    return two_platforms[1]


@pytest.fixture
def fresh_platform(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[..., Platform]]:
    """Makes platforms whose writes are really committed, for threads, workers and kills; dropped after the test.

    Call it with what shall differ from Meadow, such as `fresh_platform(time_zone="Pacific/Kiritimati")`, and enter
    the result yourself. It does not go together with the fixtures above, whose transaction would hide the platform.
    """
    made: list[Platform] = []
    numbers = itertools.count(1)

    def make(**differing: Any) -> Platform:
        if connection.in_atomic_block:
            raise RuntimeError("fresh_platform does not go together with `db`, `platform` or `two_platforms`.")
        schema_name = f"throwaway_{next(numbers)}"
        facts = {**MEADOW, "domain": f"{schema_name.replace('_', '-')}.test", **differing}
        made.append(create_platform(schema_name=schema_name, by="test", **facts))
        return made[-1]

    with django_db_blocker.unblock():
        yield make
        tenant_connection.set_schema_to_public()
        drop(made)
        connection.close()


def drop(platforms: Iterable[Platform]) -> None:
    """Remove committed platforms with all that is theirs; what they held in the registry, which cannot tell whose it
    was, goes with it: the platforms that stay hold nothing but inside a test."""
    Encumbrance.objects.all().delete()
    for platform in platforms:
        Domain.objects.filter(tenant=platform).delete()
        platform.delete(force_drop=True)  # type: ignore[no-untyped-call]  # django-tenants is untyped


@pytest.fixture
def client_of(clean_cache: None) -> Callable[..., PlatformClient]:
    """`client_of(platform, user)`: a browser at that platform's address, signed in; without a user, a stranger's."""

    def make(platform: Platform, user: User | None = None, **extra: Any) -> PlatformClient:
        client = PlatformClient(platform, **extra)
        if user is not None:
            client.sign_in(user)
        return client

    return make


@pytest.fixture
def sms_outbox() -> Iterator[list[Sms]]:
    """The text messages that the test has sent, oldest first."""
    MemoryGateway.outbox.clear()
    yield MemoryGateway.outbox
    MemoryGateway.outbox.clear()


@pytest.fixture
def clean_cache() -> Iterator[None]:
    """Forgets what this test run has cached (rate limits among it), before the test and after."""
    forget_cached()
    yield
    forget_cached()


def forget_cached() -> None:
    server = cast(RedisCache, caches["default"])._cache.get_client()  # clear() would empty everybody's
    keys = list(server.scan_iter(match=f"*:{settings.CACHES['default']['KEY_PREFIX']}:*", count=1000))
    if keys:
        server.delete(*keys)


@pytest.fixture
def at() -> datetime:
    """An instant on Friday 14 March 2025: half past nine in UTC, half past five in the afternoon in Shanghai."""
    return datetime(2025, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
def day(at: datetime) -> date:
    """The business date of `at`, in Shanghai and in São Paulo alike."""
    return at.date()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout (or under GRANARY_SHARED); without it the test is skipped."""
    shared = Path(os.environ.get("GRANARY_SHARED") or settings.BASE_DIR.parent / "shared")
    if not (shared / "data").is_dir():
        pytest.skip(f"There is no real data in {shared / 'data'}: set GRANARY_SHARED to the folder that holds data/.")
    return shared / "data"


def environment_of_children() -> dict[str, str]:
    """The environment in which a child process (a worker, a command) sees this test run's database and queue."""
    database = connection.settings_dict
    password, name = quote(database["PASSWORD"], safe=""), quote(database["NAME"], safe="")
    url = f"postgres://{database['USER']}:{password}@{database['HOST']}:{database['PORT']}/{name}"
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": url}


@pytest.fixture
def child_environment(django_db_setup: None) -> dict[str, str]:
    """`environment_of_children()`, once the test database is there."""
    return environment_of_children()


@pytest.fixture
def start_worker(child_environment: dict[str, str]) -> Iterator[Callable[[], Worker]]:
    """Starts Celery workers; those that still live when the test ends are killed, and their queue is emptied."""
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(child_environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
    current_app.control.purge()


@pytest.fixture
def web_server(child_environment: dict[str, str], tmp_path: Path) -> Iterator[WebServer]:
    """The web application, served by gunicorn to a real browser; the e-mails that it sends lie in `server.mail`."""
    server = WebServer(child_environment, mail=tmp_path / "mail")
    yield server
    server.stop()
