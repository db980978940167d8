"""Surprise counts: by a second person, weighed against the sum of a lot's receipts; a failed one stops everything."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.evidence.models import Record
from apps.users.models import Role, User
from apps.warehousing.counting import agrees
from apps.warehousing.custody import open_steps
from apps.warehousing.models import Inspection, WarehouseReceipt
from apps.warehousing.services import (
    InspectionRefused,
    assign_inspection,
    cancel_inspection,
    record_count,
    resolve_inspection,
    split_receipt,
)
from tests.factories import make_commodity, make_operator, make_user, make_warehouse
from tests.warehousing.goods import agreed, issued, put_in_pledge

pytestmark = pytest.mark.usefixtures("platform")
TODAY, DUE = date(2025, 3, 14), date(2025, 3, 17)
DESK = "user:900000"
D = Decimal
Give = Callable[..., Inspection]


@pytest.fixture
def lot() -> WarehouseReceipt:
    """Five tonnes of cotton, issued by an operator of the warehouse."""
    operator = make_operator()
    return issued(warehouse=operator.warehouse, by=operator.user.actor)


@pytest.fixture
def give(lot: WarehouseReceipt, at: datetime) -> Give:
    def assign(inspector: User | None = None, **differing: Any) -> Inspection:
        facts = {"warehouse": lot.warehouse, "lot": lot.lot, "due_on": DUE, "on": TODAY, "at": at, "by": DESK}
        return assign_inspection(inspector=inspector or make_user(), **{**facts, **differing})

    return assign


def count(task: Inspection, weight: str, at: datetime, by: str = "") -> Inspection:
    return record_count(
        inspection_id=task.pk, counted=D(weight), on=TODAY, at=at, by=by or task.inspector.actor, note="two scales"
    )


@pytest.mark.parametrize(
    ("expected", "counted", "tolerance", "outcome"),
    [
        ("5000", "5000", "0", True),
        ("5000", "4999.9999", "0", False),
        ("5000", "4975", "0.005", True),
        ("5000", "4974.9999", "0.005", False),
        ("5000", "5025", "0.005", True),
        ("5000", "5025.0001", "0.005", False),
        ("5000", "0", "0.005", False),
    ],
)
def test_a_surplus_is_as_wrong_as_a_shortfall(expected: str, counted: str, tolerance: str, outcome: bool) -> None:
    assert agrees(D(expected), D(counted), D(tolerance)) is outcome


def test_a_count_that_agrees_changes_nothing_but_the_record(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    task = give()
    assert give(task.inspector) == task
    done = count(task, "4980", at)
    assert (done.state, done.expected, done.counted, done.tolerance) == ("passed", D(5000), D(4980), D("0.005"))
    assert count(task, "4980", at) == done
    lot.refresh_from_db()
    assert lot.state == "issued"
    assert [step.verb for step in open_steps(lot)] == ["issue", "succeed"]
    assert Record.objects.filter(kind="lot_counted").count() == 1
    assert not Inspection.objects.alarming().exists()


def test_a_failed_count_freezes_every_part_of_the_lot_pledged_ones_too(
    lot: WarehouseReceipt, give: Give, at: datetime
) -> None:
    free, pledged = split_receipt(receipt_id=lot.pk, weights=[D(2000), D(3000)], on=TODAY, at=at, by="user:7")
    put_in_pledge(agreed(), pledged)
    pledged.move("pledge", at=at, by="user:2")
    elsewhere = issued(number="WR-OTHER", warehouse=make_warehouse())
    done = count(give(), "4000", at)
    assert (done.state, done.expected) == ("failed", D(5000))
    states = dict(WarehouseReceipt.objects.values_list("number", "state"))
    assert states == {"WR-1": "split", free.number: "frozen", pledged.number: "frozen", "WR-OTHER": "issued"}
    assert elsewhere.state == "issued"
    pledged.refresh_from_db()
    assert pledged.frozen_from == "pledged"
    assert list(Inspection.objects.alarming()) == [done]


def test_a_commodity_may_have_a_tolerance_of_its_own(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    make_commodity(code="cotton", count_tolerance=D("0.05"))
    assert count(give(), "4760", at).state == "passed"


def test_nobody_counts_what_they_issued_or_on_their_own_order(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    issuer = User.objects.get(pk=int(lot.issued_by.removeprefix("user:")))
    giver = make_user()
    stranger = make_operator().user
    seller, gone = make_user(role=Role.SELLER), make_user(is_active=False)
    for person, by in ((issuer, DESK), (giver, giver.actor), (stranger, DESK), (seller, DESK), (gone, DESK)):
        with pytest.raises(InspectionRefused, match="must not count this lot"):
            give(person, by=by)
    for person, by in ((issuer, DESK), (giver, giver.actor)):
        with pytest.raises(IntegrityError, match="must not count lot"), transaction.atomic():
            Inspection.objects.create(
                warehouse=lot.warehouse, lot=lot.lot, inspector=person, assigned_by=by, assigned_on=TODAY, due_on=DUE,
                unit="kg",
            )  # fmt: skip
    task = give()
    with pytest.raises(IntegrityError, match="must not count lot"), transaction.atomic():
        Inspection.objects.filter(pk=task.pk).update(inspector=issuer)
    colleague = make_operator(warehouse=lot.warehouse).user
    cancel_inspection(inspection_id=task.pk, reason="on leave", at=at, by=DESK)
    assert give(colleague).state == "assigned"


def test_only_the_inspector_says_what_was_found_and_once(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    task = give()
    with pytest.raises(InspectionRefused, match="Only the person who was sent"):
        count(task, "5000", at, by=DESK)
    for weight in ("-1", "NaN", "1E+20", "0.00001"):
        with pytest.raises(InspectionRefused, match="what the scale says"):
            count(task, weight, at)
    count(task, "5000", at)
    with pytest.raises(InspectionRefused, match="This count is over"):
        count(task, "4000", at)
    with pytest.raises(InspectionRefused, match="This count is over"):
        cancel_inspection(inspection_id=task.pk, reason="why not", at=at, by=DESK)
    assert WarehouseReceipt.objects.get().state == "issued"


def test_goods_that_are_all_gone_are_a_count_of_nothing(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    assert count(give(), "0", at).state == "failed"


def test_a_task_needs_goods_a_day_and_no_other_task(lot: WarehouseReceipt, give: Give, at: datetime) -> None:
    with pytest.raises(InspectionRefused, match="No goods of lot L-9"):
        give(lot="L-9")
    with pytest.raises(InspectionRefused, match="over already"):
        give(due_on=date(2025, 3, 13))
    give()
    with pytest.raises(InspectionRefused, match="Somebody was sent"):
        give()
    assert Inspection.objects.count() == 1


def test_a_failed_count_is_settled_by_another_person_with_a_reason(
    lot: WarehouseReceipt, give: Give, at: datetime
) -> None:
    task = count(give(), "1", at)
    with pytest.raises(InspectionRefused, match="Say what was found"):
        resolve_inspection(inspection_id=task.pk, reason="", at=at, by=DESK)
    with pytest.raises(InspectionRefused, match="not by whoever counted"):
        resolve_inspection(inspection_id=task.pk, reason="fine", at=at, by=task.inspector.actor)
    assert resolve_inspection(inspection_id=task.pk, reason="a wrong scale", at=at, by=DESK).state == "resolved"
    lot.refresh_from_db()
    assert lot.state == "frozen"
