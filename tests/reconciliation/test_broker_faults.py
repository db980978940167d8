"""Check 20: the broker is down while people and platforms go on: nothing fails, nothing is lost, and the worker that
was there before makes up for it after."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app
from kombu import pools

from apps.financing.models import Contract
from apps.orders.models import Proceeds
from apps.reconciliation.faults import until
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.services import NightNotAsked, ask_for_night
from apps.tenants.models import Platform
from apps.tenants.services import entered
from config.embedded.valkey import Valkey
from tests.conftest import environment_of_children
from tests.processes import Worker
from tests.story import DAY, FIRST, Story


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A broker that nobody else uses, running when the test begins."""
    var = Path(tempfile.mkdtemp(prefix="granary-broker-"))
    var.chmod(0o755)
    server = Valkey(var)
    server.start()
    until(server.answers, "the broker to answer")
    yield server
    if server.answers():
        server.stop()
    shutil.rmtree(var)


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """This process sends its tasks to the broker at `url`."""
    before = current_app.conf.broker_url
    _send_to(url)
    try:
        yield
    finally:
        _send_to(before)


def _send_to(url: str) -> None:
    current_app.conf.update(broker_url=url)
    pools.reset()
    current_app._pool = None  # type: ignore[attr-defined]  # Celery keeps both once made
    current_app.amqp._producer_pool = None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("acceptances", "sales", "outage"), [(10, 90, 5), pytest.param(50, 950, 300, marks=pytest.mark.soak)]
)
def test_what_comes_while_the_broker_is_down_is_all_there_and_drained_once_it_is_back(
    fresh_platform: Callable[..., Platform], own_valkey: Valkey, acceptances: int, sales: int, outage: float
) -> None:
    platform = fresh_platform(opened_on=FIRST)
    with broker_at(own_valkey.url()):
        worker = Worker({**environment_of_children(), "BROKER_URL": own_valkey.url()})
        try:
            with entered(platform.schema_name):
                story = Story(platform)
                sellers = [story.seller(f"Seller {number:02}", days=90) for number in range(acceptances)]
                story.night(FIRST)
            own_valkey.stop()
            down_since = time.monotonic()
            with entered(platform.schema_name):
                for seller in sellers:
                    assert story.accept(story.offer(seller), "500", FIRST + DAY).state == "drafted"
                for number in range(sales):
                    line = story.settle(FIRST + DAY, sellers[number % acceptances], "10.00", key=f"sale {number}")
                    assert (line.landed, line.rejected) == (1, ())
                with pytest.raises(NightNotAsked):
                    ask_for_night(platform=platform, at=story.at(FIRST + 2 * DAY), by="user:1")
                assert NightlyRun.objects.count() == 1
            time.sleep(max(0, down_since + outage - time.monotonic()))
            assert waiting_for_paper(platform) == acceptances
            own_valkey.start()
            until(own_valkey.answers, "the broker to answer")
            current_app.send_task("financing.render_waiting_contracts_everywhere")  # as the clock does
            until(lambda: waiting_for_paper(platform) == 0, "every contract to have its paper", seconds=120)
            assert worker.process.poll() is None, "the worker of before has drained it"
        finally:
            worker.kill()
    with entered(platform.schema_name):
        assert Contract.objects.filter(state="rendered").count() == acceptances
        assert Proceeds.objects.filter(settled_on=FIRST + DAY).count() == sales
        assert story.night(FIRST + DAY).state == "balanced"


def waiting_for_paper(platform: Platform) -> int:
    with entered(platform.schema_name):
        return Contract.objects.waiting_for_paper().count()
