"""Goods in the admin: a financier stops receipts and settles counts through the services; staff let operators in."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.users.models import Role, User
from apps.warehousing.models import Inspection, Operator, WarehouseReceipt
from apps.warehousing.services import assign_inspection, record_count
from tests.conftest import PlatformClient
from tests.factories import make_user, make_warehouse
from tests.warehousing.goods import issued

SignedIn = Callable[..., PlatformClient]
TODAY = date(2025, 3, 14)


def press(client: PlatformClient, model: str, key: int, verb: str, reason: str = "") -> str:
    answer = client.post(reverse(f"admin:warehousing_{model}_step", args=[key, verb]), {"reason": reason}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"]) if answer.context else str(answer)


def test_a_freeze_is_lifted_by_another_financier(signed_in: SignedIn) -> None:
    one = make_user(role=Role.FINANCIER)
    receipt = issued(by=one.actor)
    client = signed_in(user=one)
    assert "Say why" in press(client, "warehousereceipt", receipt.pk, "freeze")
    assert press(client, "warehousereceipt", receipt.pk, "freeze", "a dispute") == "Done."
    assert "another person must lift it" in press(client, "warehousereceipt", receipt.pk, "unfreeze", "settled")
    assert press(signed_in(Role.FINANCIER), "warehousereceipt", receipt.pk, "unfreeze", "settled") == "Done."
    receipt.refresh_from_db()
    assert receipt.state == "issued"


@pytest.mark.parametrize("role", [Role.STAFF, Role.AUDITOR])
def test_nobody_else_has_the_buttons(signed_in: SignedIn, role: str) -> None:
    receipt = issued()
    path = reverse("admin:warehousing_warehousereceipt_step", args=[receipt.pk, "freeze"])
    assert signed_in(role).post(path, {"reason": "mine"}).status_code == 403
    assert WarehouseReceipt.objects.get().state == "issued"


def test_a_failed_count_is_an_alarm_until_a_financier_settles_it(signed_in: SignedIn, at: datetime) -> None:
    receipt = issued()
    task = assign_inspection(
        warehouse=receipt.warehouse, lot=receipt.lot, inspector=make_user(), due_on=TODAY, on=TODAY, at=at, by="user:0"
    )
    record_count(inspection_id=task.pk, counted=Decimal(1), on=TODAY, at=at, by=task.inspector.actor)
    client = signed_in(Role.FINANCIER)
    alarm = "Goods are not as the receipts say"
    assert alarm in client.get("/admin/").content.decode()
    assert alarm in signed_in(Role.STAFF).get("/desk/").content.decode()
    assert "Say what was found out" in press(client, "inspection", task.pk, "resolve")
    assert press(client, "inspection", task.pk, "resolve", "a wrong scale") == "Done."
    assert alarm not in client.get("/admin/").content.decode()
    assert (Inspection.objects.get().state, WarehouseReceipt.objects.get().state) == ("resolved", "frozen")


def test_staff_let_an_operator_in(signed_in: SignedIn) -> None:
    warehouse, client = make_warehouse(), signed_in(Role.STAFF)
    form = {"warehouse": warehouse.pk, "email": "Sun@Store.example", "name": "Sun", "language": "en"}
    path = reverse("admin:warehousing_operator_add")
    assert "too short" in client.post(path, {**form, "password": "short"}).content.decode()
    assert not Operator.objects.exists()
    client.post(path, {**form, "password": "corn and cotton 9"})
    user = User.objects.get(email="sun@store.example")
    assert (user.role, user.operator.warehouse, user.check_password("corn and cotton 9")) == (
        Role.WAREHOUSE, warehouse, True,
    )  # fmt: skip
    again = client.post(path, {**form, "password": "corn and cotton 9"})
    assert "signs in with this address already" in again.content.decode()
    assert Operator.objects.count() == 1
    assert signed_in(Role.FINANCIER).get(path).status_code == 403
