"""Pages of a financing whose past was told anew: they open, and say what was owed, what is, and because of what."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from lxml import html

from apps.banking.models import Instruction
from apps.financing.models import Financing
from apps.financing.services import render_contract
from apps.portal.movements import movement_name
from apps.portal.nights import WORKS
from apps.portal.statements import statement_html
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.plan import NIGHT
from apps.repayment.come_back import take_back
from apps.repayment.events import approve
from apps.repayment.models import Event, Movement
from apps.repayment.receipts import receipts_of
from apps.repayment.statement import Statement, statement_of
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_user
from tests.scenarios.scene import Scene
from tests.story import DAY

D = Decimal


class Readers:
    """The seller and somebody of the desk, each in a browser."""

    def __init__(self, scene: Scene, client_of: Callable[..., Any]) -> None:
        scene.seller.user = make_user(role=Role.SELLER)
        scene.seller.save()
        self.seller = client_of(scene.platform, scene.seller.user)
        self.desk = client_of(scene.platform, make_user(role=Role.STAFF))

    def read(self, who: Any, path: str, **query: Any) -> str:
        """The words of a page, which must open, each piece of text in a line."""
        page = who.get(path, query)
        assert page.status_code == 200, path
        return words(page.content.decode())


def words(source: str) -> str:
    pieces = (piece.strip() for piece in html.fromstring(source).itertext())
    return "\n".join(piece for piece in pieces if piece)


def lines(text: str, *expected: str) -> bool:
    """Whether the lines stand in `text` one after another."""
    return "\n".join(expected) in text


def adds_up(told: Statement) -> bool:
    return told.opening.plus(told.added) == told.closing.plus(told.repaid).plus(told.taken_off)


@pytest.fixture
def scene(platform: Platform) -> Scene:
    """1,000 and a fee of 40 drawn on 2 March; on the 3rd and the 4th 500 of sales each, of which 60 are kept."""
    scene = Scene(platform)
    scene.draw("sales-advance", "1000")
    scene.night()
    for _day in range(2):
        scene.sells("500.00")
        scene.night()
    return scene


def test_a_payment_dated_back_over_sweeps_opens_on_every_page(scene: Scene, client_of: Callable[..., Any]) -> None:
    """30 of 2 March, heard of on the 5th, pay 30 of the fee: of the 60 of the 3rd, 10 pay the fee and 50 principal."""
    readers = Readers(scene, client_of)
    number = scene.financings[""]
    scene.act("payment", paid="30.00", on=date(2025, 3, 2), reason="found in the list")
    receipts = receipts_of(scene.financing(), number=5)
    assert [(one.business_date.day, one.fee, one.principal, one.left) for one in receipts] == [
        (4, 0, 60, 890), (3, 10, 50, 950),
    ]  # fmt: skip
    assert "¥890.00" in readers.read(readers.seller, "/")
    assert readers.read(readers.seller, "/money/")
    page = readers.read(readers.seller, f"/money/{number}/")
    assert "It paid ¥50.00 of the amount drawn, ¥10.00 of the fee." in page
    scene.sells("500.00")
    scene.night()  # the night of the day on which it was told anew has a receipt of its own
    assert [one.business_date.day for one in receipts_of(scene.financing(), number=5)] == [5, 4, 3]
    assert "¥830.00" in readers.read(readers.seller, "/")


def test_every_kind_of_movement_and_every_work_has_a_name() -> None:
    assert len({movement_name(kind) for kind in Movement.Kind.values}) == len(Movement.Kind.values)
    of_sellers = {work.name for work in NIGHT if work.over in {"sellers", "pledgors", "people"}}
    assert of_sellers == WORKS.keys()
