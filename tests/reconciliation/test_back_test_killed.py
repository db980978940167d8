"""A back-test whose worker is really killed while it runs: it says so, and is run again from the start by another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.urls import reverse

from apps.products.models import ProductVersion
from apps.reconciliation.back_tests import ask_back_test, tend_back_tests
from apps.reconciliation.faults import until
from apps.reconciliation.models import BackTest
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.processes import Worker
from tests.story import DAY, FIRST, Story


@contextmanager
def settlements_unreadable(schema_name: str) -> Iterator[None]:
    """Whoever reads settlement lines waits meanwhile: a run that has begun stays in mid-run."""
    database: Any = connection
    other = database.get_new_connection(database.get_connection_params())
    try:
        other.execute(f'BEGIN; LOCK TABLE "{schema_name}".orders_proceeds IN ACCESS EXCLUSIVE MODE')
        yield
    finally:
        other.close()


def test_kill_nine_in_mid_run_is_told_and_another_worker_begins_again(
    fresh_platform: Callable[..., Platform],
    start_worker: Callable[[], Worker],
    client_of: Callable[..., PlatformClient],
) -> None:
    platform = fresh_platform()

    def state() -> str:
        return BackTest.objects.get().state

    with entered(platform.schema_name):
        Story(platform).seller()
        version = ProductVersion.objects.active().get(product__code="sales-advance")
        wanted = BackTest(version=version, first=FIRST - 60 * DAY, last=FIRST - DAY, accept_share=Decimal(1))
        client = client_of(platform, make_user(role=Role.FINANCIER))
        worker = start_worker()
        with settlements_unreadable(platform.schema_name):
            asked = ask_back_test(back_test=wanted, today=FIRST, at=datetime.now(UTC), by="user:1")
            until(lambda: state() == "running", "the run to begin")
            worker.kill()
        page = reverse("admin:reconciliation_backtest_change", args=[asked.pk])
        tend_back_tests(at=datetime.now(UTC), by="worker")
        assert state() == "running"  # nobody can know yet
        tend_back_tests(at=datetime.now(UTC) + timedelta(minutes=3), by="worker")
        assert "Its worker stopped answering, and nothing was kept of it." in client.get(page).content.decode()
        assert not asked.lines.exists()
        client.post(reverse("admin:reconciliation_backtest_step", args=[asked.pk, "ask_again"]))
        start_worker()
        until(lambda: state() == "done", "another worker to finish")
        done = BackTest.objects.get()
        assert (done.attempt, done.lines.count()) == (2, 1)
        assert "Sellers who would have qualified" in client.get(page).content.decode()
