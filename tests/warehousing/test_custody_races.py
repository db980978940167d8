"""Two acts on one receipt at the same moment: one wins whole, the other is told, and no goods are doubled or lost."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from apps.core.models import Transition
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.models import PledgedReceipt, WarehouseReceipt
from apps.warehousing.services import (
    ReceiptRefused,
    accept_transfer,
    issue_receipt,
    offer_transfer,
    split_receipt,
    withdraw_receipt,
)
from tests.factories import make_seller, make_warehouse
from tests.threads import at_once
from tests.warehousing.goods import COTTON, ISSUED_ON, VALID_UNTIL, agreed, issued, put_in_pledge

TODAY = date(2025, 3, 14)
WHEN: dict[str, Any] = {"at": datetime(2025, 3, 14, 9, 30, tzinfo=UTC), "by": "user:7"}
ROUNDS = 15


def pledge(receipt: WarehouseReceipt, number: str) -> str:
    """Put a receipt in pledge as a service does: hold it, look again, write."""
    with transaction.atomic():
        held = WarehouseReceipt.objects.select_for_update().get(pk=receipt.pk)
        if held.state != "issued" or held.pledges.live().exists():
            raise ReceiptRefused("not free")
        put_in_pledge(agreed(number=number), held)
        held.move("pledge", **WHEN)
        return held.state


def test_withdraw_and_pledge_at_once(fresh_platform: Callable[..., Platform]) -> None:
    schema = fresh_platform().schema_name
    for turn in range(ROUNDS):
        with entered(schema):
            receipt = issued(number=f"WR-{turn}")
        answers = at_once(
            schema,
            [
                lambda one=receipt: withdraw_receipt(receipt_id=one.pk, on=TODAY, **WHEN).state,  # type: ignore[misc]
                lambda one=receipt, turn=turn: pledge(one, f"P-{turn}"),  # type: ignore[misc]
            ],
        )
        refused = [answer for answer in answers if isinstance(answer, ReceiptRefused)]
        assert len(refused) == 1, answers
        with entered(schema):
            receipt.refresh_from_db()
            assert receipt.state in {"delivered", "pledged"}
            assert PledgedReceipt.objects.live().filter(receipt=receipt).exists() is (receipt.state == "pledged")


def test_two_splits_at_once(fresh_platform: Callable[..., Platform]) -> None:
    schema = fresh_platform().schema_name
    for turn in range(ROUNDS):
        with entered(schema):
            receipt = issued(number=f"WR-{turn}")

        def cut(first: int, key: int = receipt.pk) -> list[WarehouseReceipt]:
            weights = [Decimal(first), Decimal(5000 - first)]
            return split_receipt(receipt_id=key, weights=weights, on=TODAY, **WHEN)

        answers = at_once(schema, [lambda: cut(1000), lambda: cut(2000), lambda: cut(1000)])
        with entered(schema):
            children = receipt.children.all()
            assert children.aggregate(Sum("weight"))["weight__sum"] == 5000
            assert children.count() == 2
            assert Transition.of(receipt).filter(verb="split").count() == 1
        assert 1 <= sum(isinstance(answer, ReceiptRefused) for answer in answers) <= 2


def test_one_lot_is_issued_once_and_one_offer_accepted_once(fresh_platform: Callable[..., Platform]) -> None:
    schema = fresh_platform().schema_name
    with entered(schema):
        warehouse, farmer, taker = make_warehouse(), make_seller(), make_seller(external_id="S-NEW")

    def issue(number: str) -> str:
        return issue_receipt(
            number=number, warehouse=warehouse, depositor=farmer, goods=COTTON, issued_on=ISSUED_ON,
            valid_until=VALID_UNTIL, **WHEN,
        ).number  # fmt: skip

    answers = at_once(schema, [lambda: issue("A"), lambda: issue("B"), lambda: issue("A"), lambda: issue("B")])
    assert sum(isinstance(answer, ReceiptRefused) for answer in answers) == 2
    with entered(schema):
        receipt = WarehouseReceipt.objects.get()
        offer = offer_transfer(receipt_id=receipt.pk, giver_id=farmer.pk, taker_number="S-NEW", on=TODAY, **WHEN)
    answers = at_once(
        schema,
        [lambda: accept_transfer(transfer_id=offer.pk, taker_id=taker.pk, on=TODAY, **WHEN).state for _ in range(3)],
    )
    assert answers == ["accepted"] * 3
    with entered(schema):
        assert Transition.of(receipt).filter(verb="transfer").count() == 1


@pytest.mark.parametrize("first", ["withdraw", "pledge"])
def test_the_races_have_their_failing_control(fresh_platform: Callable[..., Platform], first: str) -> None:
    """Without its locks the loser would go by what it had read before: the optimistic lock and the database stop it."""
    schema = fresh_platform().schema_name
    with entered(schema):
        receipt = issued()
        stale = WarehouseReceipt.objects.get(pk=receipt.pk)
        if first == "withdraw":
            withdraw_receipt(receipt_id=receipt.pk, on=TODAY, **WHEN)
        else:
            pledge(receipt, "P-1")
        with pytest.raises(Exception, match=r"has been changed|held in pledge"):
            stale.move("withdraw" if first == "pledge" else "pledge", **WHEN)
