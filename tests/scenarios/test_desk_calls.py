"""The desk's pages of a margin call that nobody answered: goods taken over by two people, and sold."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from apps.portal.views.desk import calls as views
from apps.tenants.models import Platform
from apps.users.models import Role, User
from apps.warehousing.models import GoodsSale
from tests.conftest import PlatformClient
from tests.factories import make_bank_line, make_user
from tests.scenarios.test_margin_calls import D, Store, called, owed, scene, store  # noqa: F401  fixtures

Clients = Callable[..., PlatformClient]


@pytest.fixture
def desk(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:  # noqa: F811
    """Called on 5 March and overdue on the 12th, which the pages take for today."""
    called(store)
    while store.call.state != "overdue":
        store.scene.night()
    now = store.scene.story.at(store.scene.today)
    monkeypatch.setattr(views, "timezone", SimpleNamespace(now=lambda: now))
    return store


def clerk() -> User:
    return make_user(role=Role.STAFF, name="Zhou Min")


def test_one_asks_another_agrees_and_the_sale_is_booked(desk: Store, meadow: Platform, client_of: Clients) -> None:
    one, other = client_of(meadow, clerk()), client_of(meadow, clerk())
    path = f"/desk/calls/{desk.call.pk}/"
    assert "Take over the goods" in one.get(path).content.decode()
    empty = one.post(f"{path}ask/", {"reason": ""})
    assert (empty.status_code, desk.call.enforcement_asked_by) == (422, "")
    assert one.post(f"{path}ask/", {"reason": "no answer in three letters"})["Location"] == path
    shown = one.get(path).content.decode()
    assert "Zhou Min asks for it" in shown
    assert "no answer in three letters" in shown
    assert "another person" in one.post(f"{path}approve/").content.decode()
    assert desk.states() == ["pledged", "pledged"]
    assert other.post(f"{path}approve/")["Location"] == path
    assert desk.states() == ["invoked", "invoked"]

    debt = owed(desk.scene)
    line = make_bank_line(amount=D(6000), currency="CNY", booked_on=desk.scene.today)
    assert "Record the sale" in other.get(path).content.decode()
    sale = {"line": line.pk, "buyer": "Riverbank Mills", "costs": "200"}
    for wrong in ({"buyer": ""}, {"line": line.pk + 1}, {"costs": "6000.01"}, {"costs": "a lot"}):
        assert other.post(f"{path}sell/", {**sale, **wrong}).status_code == 422
    assert not GoodsSale.objects.exists()
    assert desk.states() == ["invoked", "invoked"]
    assert other.post(f"{path}sell/", sale)["Location"] == path
    assert GoodsSale.objects.get().surplus == 6000 - 200 - debt
    assert (desk.states(), desk.pledge.state) == (["sold", "sold"], "sold")
    sold = other.get(path).content.decode()
    assert "Riverbank Mills" in sold
    assert "Left for the seller" in sold


def test_what_was_asked_is_turned_down_and_nothing_is_taken(desk: Store, meadow: Platform, client_of: Clients) -> None:
    one, other = client_of(meadow, clerk()), client_of(meadow, clerk())
    path = f"/desk/calls/{desk.call.pk}/"
    one.post(f"{path}ask/", {"reason": "no answer"})
    other.post(f"{path}refuse/")
    assert (desk.call.state, desk.call.enforcement_asked_by) == ("overdue", "")
    assert other.post(f"{path}approve/").status_code == 422
    assert other.post(f"{path}steal/").status_code == 404
    assert desk.states() == ["pledged", "pledged"]


def test_an_auditor_sees_and_moves_nothing(desk: Store, meadow: Platform, client_of: Clients) -> None:
    auditor = client_of(meadow, make_user(role=Role.AUDITOR))
    path = f"/desk/calls/{desk.call.pk}/"
    assert "Take over the goods" not in auditor.get(path).content.decode()
    assert auditor.post(f"{path}ask/", {"reason": "mine"}).status_code == 403
    assert auditor.post(f"{path}sell/").status_code == 403
    assert desk.call.enforcement_asked_by == ""
