"""Two people pledge the same lot at the same instant, again and again: each time exactly one of them gets it."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.core.models import Transition
from apps.tenants.models import Encumbrance, Platform
from apps.tenants.services import entered
from apps.warehousing.models import Pledge, PledgedReceipt, WarehouseReceipt
from apps.warehousing.refusals import Encumbered, PledgeRefused
from apps.warehousing.services import ReceiptRefused, cancel_request, release_all, withdraw_receipt
from tests.factories import make_particulars, make_warehouse
from tests.threads import at_once
from tests.warehousing.pledging import AT, CLERK, DAY, asked, bales, cotton_costs, pledged, states

ROUNDS = [150, pytest.param(3000, marks=pytest.mark.soak)]


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


@pytest.mark.parametrize("rounds", [10, pytest.param(500, marks=pytest.mark.soak)])
def test_withdrawn_or_pledged_never_both(fresh_platform: Callable[..., Platform], rounds: int) -> None:
    schema = fresh_platform().schema_name
    lots(schema, rounds)
    with entered(schema):
        receipts = list(WarehouseReceipt.objects.order_by("pk"))
    for number, receipt in enumerate(receipts):
        answers = at_once(
            schema,
            [
                partial(withdraw_receipt, receipt_id=receipt.pk, on=DAY, at=AT, by=CLERK),
                partial(asked, [receipt], number=f"P-{number}"),
            ],
        )
        refused = [one for one in answers if isinstance(one, PledgeRefused | ReceiptRefused)]
        assert len(refused) == 1, answers
        with entered(schema):
            receipt.refresh_from_db()
            is_held = PledgedReceipt.objects.live().filter(receipt=receipt).exists()
            assert (receipt.state, is_held) in {("delivered", False), ("issued", True)}
    Encumbrance.objects.all().delete()


@pytest.mark.parametrize("rounds", [10, pytest.param(500, marks=pytest.mark.soak)])
def test_goods_let_go_twice_and_asked_for_again_at_once(fresh_platform: Callable[..., Platform], rounds: int) -> None:
    """Two nights' workers let a pledge of two receipts go while the farmer pledges one of them anew."""
    schema = fresh_platform().schema_name
    lots(schema, 2 * rounds)
    for number in range(rounds):
        with entered(schema):
            receipts = list(WarehouseReceipt.objects.order_by("pk")[2 * number : 2 * number + 2])
            pledge = pledged(receipts, number=f"P-{number}")
        let_go = partial(release_all, pledges=[pledge], reason="repaid", on=DAY, at=AT, by="night")
        answers = at_once(schema, [let_go, let_go, partial(asked, receipts[:1], number=f"Q-{number}")])
        assert answers[:2] == [None, None]
        with entered(schema):
            assert Transition.of(pledge).filter(verb="release").count() == 1
            assert states(receipts) == ["issued", "issued"]
            is_again = isinstance(answers[2], Pledge)
            assert is_again or isinstance(answers[2], PledgeRefused), answers[2]
            assert list(PledgedReceipt.objects.live().values_list("receipt", flat=True)) == (
                [receipts[0].pk] if is_again else []
            )
            assert Encumbrance.objects.exists() == is_again
            if is_again:
                cancel_request(pledge_id=answers[2].pk, reason="next round", on=DAY, at=AT, by=CLERK)
            assert not Encumbrance.objects.exists()
