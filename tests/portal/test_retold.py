"""Pages of a financing whose past was told anew: they open, and say what was owed, what is, and because of what."""

from collections.abc import Callable
from copy import copy
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from lxml import html

from apps.banking.models import Instruction
from apps.financing.models import Financing
from apps.financing.services import render_contract
from apps.ledger.models import Entry
from apps.portal.movements import movement_name
from apps.portal.nights import WORKS
from apps.portal.statements import statement_html
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.plan import NIGHT
from apps.repayment.come_back import take_back
from apps.repayment.events import approve
from apps.repayment.history import Moved
from apps.repayment.models import Event, Movement
from apps.repayment.receipts import receipts_of
from apps.repayment.statement import Statement, statement_of
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_user
from tests.scenarios.scene import Scene
from tests.story import DAY

D = Decimal


class Readers:
    """The seller and somebody of the desk, each in a browser."""

    def __init__(self, scene: Scene, client_of: Callable[..., Any]) -> None:
        user = make_user(role=Role.SELLER)
        Seller.objects.filter(pk=scene.seller.pk).update(user=user)
        self.seller = client_of(scene.platform, user)
        self.desk = client_of(scene.platform, make_user(role=Role.STAFF))

    def read(self, who: Any, path: str, **query: Any) -> str:
        """The words of a page, which must open, each piece of text in a line."""
        page = who.get(path, query)
        assert page.status_code == 200, path
        return words(page.content.decode())


def words(source: str) -> str:
    pieces = (piece.strip() for piece in html.fromstring(source).itertext())
    return "\n".join(piece for piece in pieces if piece).replace("\N{NO-BREAK SPACE}", " ")


def paper(told: Statement) -> str:
    """The words of a statement, whose figures must add up."""
    assert adds_up(told)
    return words(statement_html(told, platform="Meadow", printed_on=told.last))


def lines(*expected: str) -> str:
    """Lines that stand one after another."""
    return "\n".join(expected)


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
    assert "¥150.00" in readers.read(readers.seller, "/")
    assert readers.read(readers.seller, "/money/")
    page = readers.read(readers.seller, f"/money/{number}/")
    assert "It paid ¥50.00 of the amount drawn, ¥10.00 of the fee." in page
    scene.sells("500.00")
    scene.night()  # the night of the day on which it was told anew has a receipt of its own
    assert [one.business_date.day for one in receipts_of(scene.financing(), number=5)] == [5, 4, 3]
    assert "¥210.00" in readers.read(readers.seller, "/")


def test_a_life_with_everything_in_it_reads_right_on_every_page(scene: Scene, client_of: Callable[..., Any]) -> None:
    """On 5 March 30 that came on the 2nd, and 100. On the 6th the bank takes the 100 back. On the 7th 900 for the 890
    that are left: 10 too much, given back. Another financing of 100, drawn that day, is written off on the 8th with
    0.03 of interest (100 x 12 % / 360).

    Repaid is 30 + 60 + 60 + 890 = 1,040: neither the 100 that went back nor what was given back."""
    readers = Readers(scene, client_of)
    address = f"/money/{scene.financings['']}/"
    desk = f"/desk/financings/{scene.financings['']}/"
    scene.act("payment", paid="30.00", on=date(2025, 3, 2), reason="found in the list")
    wrong = scene.act("payment", paid="100.00")
    scene.night()
    scene.act("reversal", paid="-100.00", reverses=wrong.number, reason="the bank took it back")
    scene.night()
    scene.act("payment", paid="900.00")
    assert lines("Paid too much", "goes back to you", "¥10.00") in readers.read(readers.seller, address)
    told = statement_of(scene.financing(), date(2025, 3, 7), date(2025, 3, 7))
    assert (told.opening.total, told.repaid.total, told.closing) == (890, 890, ((0, 0, 0, 0), 10))
    assert lines("Paid too much, not given back yet", "¥10.00") in paper(told)
    scene.act("refund")
    scene.draw("early-payment", "100", "other")
    scene.night()
    proposed = scene.act("write_off", name="other", reason="the shop is closed")
    approve(event_id=proposed.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")

    told = statement_of(scene.financing(), date(2025, 3, 2), date(2025, 3, 7))
    assert (told.added.total, told.repaid.total, told.taken_off.total, told.closing) == (1040, 1040, 0, Moved())
    assert [row.change.surplus for row in told.rows if row.change.surplus] == [10, -10]
    whole = paper(told)
    assert lines("Repaid", "¥1,040.00", "Owed at the end", "¥0.00") in whole
    assert lines("Given back", "−10.00", "0.00") in whole
    assert "not given back yet" not in whole
    known = paper(statement_of(scene.financing(), date(2025, 3, 2), date(2025, 3, 4)))
    assert lines("Owed at the end", "¥920.00", "Owed at the end, as told today", "¥890.00") in known
    assert "the bank took it back" not in known  # what changed later days is not about these
    lost = statement_of(scene.financing("other"), date(2025, 3, 7), date(2025, 3, 8))
    assert (lost.added.total, lost.repaid.total, lost.taken_off.total) == (D("100.03"), 0, D("100.03"))
    assert lines("Taken off without being repaid", "¥100.03") in paper(lost)

    anew = (
        lines("6 March 2025", "counts from 5 March 2025", "Taken back: Payment", "the bank took it back",
              "5 March 2025", "¥790.00", "¥890.00", "Principal + ¥100.00"),
        lines("5 March 2025", "counts from 2 March 2025", "Payment", "found in the list", "4 March 2025", "¥920.00",
              "¥890.00", "Principal − ¥30.00"),
    )  # fmt: skip
    for page in (readers.read(readers.seller, address), readers.read(readers.desk, desk)):
        assert lines(*anew) in page
        assert "Paid too much + ¥10.00" in page
        assert "Paid too much − ¥10.00" in page
    seen = readers.read(readers.desk, f"{desk}known/", on="2025-03-04")
    because = ("Payment", "5 March 2025 · found in the list")
    assert lines(
        "2 March 2025", "Payment", "Fee", "¥0.00", "− ¥30.00", "− ¥30.00", *because,
        "3 March 2025", "Kept from sales", "Principal", "− ¥20.00", "− ¥30.00", "− ¥50.00", *because,
        "3 March 2025", "Kept from sales", "Fee", "− ¥40.00", "+ ¥30.00", "− ¥10.00", *because,
    ) in seen  # fmt: skip
    assert "the bank took it back" not in seen
    page = readers.seller.get(f"{address}statement.pdf", {"first": "2025-03-02", "last": "2025-03-08"})
    assert (page.status_code, page.content[:5]) == (200, b"%PDF-")


def _refill(scene: Scene) -> None:
    contract = scene.take(scene.story.offer(scene.seller), scene.financing(), "1200")
    render_contract(contract_id=contract.pk, as_pdf=False, at=scene.story.at(scene.today), by="test")
    scene.story.sign(contract, scene.today)
    book_payments(on=scene.today)
    match_bank_lines(business_date=scene.today, at=scene.story.at(scene.today), by="test")


def _restructure(scene: Scene) -> None:
    version = scene.agree("sales-advance", sweep_rate=D("0.05"))
    scene.act("charge", parts={"penalty": D(5)})
    _by_two(scene, "restructure", version_id=version.pk, agreement="R-17 of 6 March")


def _by_two(scene: Scene, kind: str, **facts: Any) -> None:
    event = scene.act(kind, **facts)
    approve(event_id=event.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")


def _returned(scene: Scene) -> None:
    paid = Instruction.objects.get(subject=f"financing:{scene.financings['']}")
    take_back(
        instruction=paid,
        reason="AC04 Account closed",
        asked_on=scene.today,
        at=scene.story.at(scene.today),
        by="user:1",
    )


def _due_date(scene: Scene) -> None:
    drawn = scene.draw("early-payment", "200", "other")
    scene.act("due_date", name="other", until=(drawn.due_on or scene.today) + 5 * DAY)


def _in_turn(*steps: Callable[[Scene], Any]) -> Callable[[Scene], None]:
    def work(scene: Scene) -> None:
        for step in steps:
            step(scene)

    return work


def _act(kind: str, **facts: Any) -> Callable[[Scene], Any]:
    return lambda scene: scene.act(kind, **facts)


PAID = _act("payment", paid="100.00", on=date(2025, 3, 2))
PAUSED = _act("pause", until=date(2025, 4, 1))
WRITTEN_OFF = partial(_by_two, kind="write_off")
ACTS: dict[str, Callable[[Scene], Any]] = {
    "payment": PAID,
    "reversal": _in_turn(PAID, _act("reversal", paid="-100.00", reverses=1)),
    "chargeback": _in_turn(PAID, _act("chargeback", paid="-100.00", reverses=1)),
    "refund": _in_turn(_act("payment", paid="2000.00", on=date(2025, 3, 2)), _act("refund")),
    "waiver": _in_turn(_act("charge", parts={"fee": D(5)}), _act("waiver", parts={"fee": D(2)})),
    "charge": _act("charge", parts={"fee": D(5)}, effective_on=date(2025, 3, 2)),
    "rate": _act("rate", rate=D("0.06"), effective_on=date(2025, 3, 2)),
    "pause": PAUSED,
    "resume": _in_turn(PAUSED, _act("resume")),
    "lower_share": _act("lower_share", share=D("0.06"), until=date(2025, 4, 1)),
    "due_date": _due_date,
    "reschedule": _act("reschedule", period_days=30, minimum=D(50)),
    "write_off": WRITTEN_OFF,
    "recovery": _in_turn(
        WRITTEN_OFF, _act("recovery", paid="50.00"), _act("reversal", paid="-50.00", reverses=2, reason="bounced")
    ),
    "restructure": _restructure,
    "carried": _restructure,
    "refill": _refill,
    "returned": _returned,
}


def test_every_page_opens_after_every_kind_of_event(scene: Scene, client_of: Callable[..., Any]) -> None:
    assert ACTS.keys() == set(Event.Kind.values)
    readers = Readers(scene, client_of)
    for kind, work in ACTS.items():
        with transaction.atomic():
            trial = copy(scene)
            trial.financings = dict(scene.financings)
            work(trial)
            event = Event.objects.get(kind=kind)
            number = event.financing_id
            for path in ("/", "/money/", f"/money/{number}/"):
                assert readers.read(readers.seller, path), kind
            desk = f"/desk/financings/{number}/"
            assert event.reason in readers.read(readers.desk, desk), kind
            assert readers.read(readers.desk, f"{desk}known/", on="2025-03-04"), kind
            for entry in Entry.objects.filter(key=f"event:{number}:{event.number}"):
                assert readers.read(readers.desk, f"/desk/books/entries/{entry.pk}/"), kind
            told = statement_of(Financing.objects.get(pk=number), date(2025, 3, 2), trial.today)
            assert event.financing.number in paper(told), kind
            assert told.closing == told.told, kind
            transaction.set_rollback(True)
        assert not Event.objects.exists(), kind


def test_what_the_bank_gave_back_is_not_said_never_to_have_been_paid(
    scene: Scene, client_of: Callable[..., Any]
) -> None:
    """Nothing was repaid: the 120 that sales had brought are the seller's again."""
    _returned(scene)
    readers = Readers(scene, client_of)
    page = readers.read(readers.seller, f"/money/{scene.financings['']}/")
    assert "The bank gave the money back, so it was cancelled. Nothing is owed." in page
    assert "before any money was paid" not in page
    assert receipts_of(scene.financing(), number=5)[0].surplus == 60
    told = statement_of(scene.financing(), date(2025, 3, 2), scene.today)
    assert (told.added.total, told.repaid.total, told.taken_off.total) == (1040, 0, 1040)
    assert [row.change.surplus for row in told.rows if row.change.surplus] == [60, 60, -120]


def test_every_kind_of_movement_and_every_work_has_a_name() -> None:
    assert len({movement_name(kind) for kind in Movement.Kind.values}) == len(Movement.Kind.values)
    of_sellers = {work.name for work in NIGHT if work.over in {"sellers", "pledgors", "people"}}
    assert of_sellers == WORKS.keys()
