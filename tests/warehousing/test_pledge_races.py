"""Two people pledge the same lot at the same instant, again and again: each time exactly one of them gets it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.tenants.models import Encumbrance, Platform
from apps.tenants.services import entered
from apps.warehousing.models import PledgedReceipt, WarehouseReceipt
from apps.warehousing.refusals import Encumbered
from tests.factories import make_particulars, make_warehouse
from tests.warehousing.pledging import asked, bales, cotton_costs

ROUNDS = [100, pytest.param(3000, marks=pytest.mark.soak)]


def lots(schema: str, number: int) -> None:
    """So many lots of one farmer in one warehouse, alike on every platform."""
    with entered(schema):
        cotton_costs("10.00")
        bales(number, farmer=make_particulars(number="91-3300").seller, warehouse=make_warehouse(code="cold-9"))


def race(schemas: tuple[str, str], rounds: int) -> list[tuple[Any, Any]]:
    """Both ask for lot after lot, released by a barrier before each; answers what each got, lot by lot."""
    barrier = threading.Barrier(2)
    outcomes: tuple[list[Any], list[Any]] = ([], [])

    def run(place: int) -> None:
        try:
            with entered(schemas[place]):
                receipts = list(WarehouseReceipt.objects.order_by("pk"))
                for number, receipt in enumerate(receipts[:rounds]):
                    barrier.wait(timeout=60)
                    outcomes[place].append(attempt(receipt, f"P-{place}-{number}"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(zip(*outcomes, strict=True))


def attempt(receipt: WarehouseReceipt, number: str) -> Any:
    try:
        return asked([receipt], number=number)
    except Encumbered as error:
        return error


def held_by_one(pair: tuple[Any, Any]) -> bool:
    return sorted(isinstance(one, Encumbered) for one in pair) == [False, True]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_inside_one_platform(fresh_platform: Callable[..., Platform], rounds: int) -> None:
    schema = fresh_platform().schema_name
    lots(schema, rounds)
    outcomes = race((schema, schema), rounds)
    assert len(outcomes) == rounds
    assert all(held_by_one(pair) for pair in outcomes)
    with entered(schema):
        assert PledgedReceipt.objects.live().count() == rounds
    Encumbrance.objects.all().delete()


@pytest.mark.parametrize("rounds", ROUNDS)
def test_across_two_platforms(fresh_platform: Callable[..., Platform], rounds: int) -> None:
    first, second = fresh_platform().schema_name, fresh_platform().schema_name
    lots(first, rounds)
    lots(second, rounds)
    outcomes = race((first, second), rounds)
    assert len(outcomes) == rounds
    assert all(held_by_one(pair) for pair in outcomes)
    held = 0
    for schema in (first, second):
        with entered(schema):
            held += PledgedReceipt.objects.live().count()
    assert held == rounds
    assert Encumbrance.objects.count() == 2 * rounds
    Encumbrance.objects.all().delete()
