"""Stories of goods that secure an advance while their price falls.

100 bags of cotton in two lots, so many yuan a bag, secure 4,000 drawn on 4 March 2025 (a Tuesday); 60 % of their value
may be owed. The night values goods before it accrues: the first one after the money was paid sees 4,000.00.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Entry
from apps.reconciliation import works
from apps.reconciliation.fingerprint import book_lines
from apps.reconciliation.models import Break, ControlTotal
from apps.reconciliation.night import run_night
from apps.repayment.changes import balance_of
from apps.repayment.goods import sell_goods
from apps.repayment.life import payoff
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from apps.warehousing.models import GoodsSale, MarginCall, Pledge, WarehouseReceipt
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import add_goods, confirm_pledge, count_goods, offer_goods, request_pledge
from apps.warehousing.services.enforcement import ask_to_enforce, enforce, withdraw_request
from apps.warehousing.services.margin import revalue
from apps.warehousing.valuation import LendingTerms
from apps.warehousing.ways_out import ways_out
from tests.conftest import PlatformClient
from tests.factories import (
    make_bank_line,
    make_commodity,
    make_commodity_price,
    make_particulars,
    make_seller,
    make_user,
    make_warehouse,
)
from tests.scenarios.scene import Neighbour, Scene, balance_of_seller, faults
from tests.warehousing.goods import COTTON, issued

D = Decimal
DRAWN = date(2025, 3, 4)
TERMS = LendingTerms("CNY", D("0.6"), other_grades=D("0.2"))


class Store:
    """The scene's seller with bags of cotton in a warehouse, pledged for the financing."""

    def __init__(self, scene: Scene, *, bags: str = "50", price: str = "100", max_age: int = 45) -> None:
        self.scene, self.warehouse = scene, make_warehouse()
        make_particulars(seller=scene.seller, number="91310000MA1K35Q86X")
        make_commodity(code="cotton", name="Cotton", max_price_age=max_age)
        self.costs(price)
        self.receipts = [self.brings(bags) for _lot in range(2)]
        day = scene.today
        pledge = request_pledge(
            number="P-1", seller=scene.seller, receipt_ids=[one.pk for one in self.receipts], pledgee="Riverbank",
            subject=f"financing:{scene.financings['']}", terms=TERMS, on=day, at=scene.story.at(day), by="user:1",
        )  # fmt: skip
        self.pledge_id = pledge.pk
        self._counted(self.receipts)
        confirm_pledge(pledge_id=pledge.pk, on=day, at=scene.story.at(day), by="user:3")

    def brings(self, bags: str) -> WarehouseReceipt:
        number = WarehouseReceipt.objects.count() + 1
        goods = replace(COTTON, unit="bag", weight=D(bags), lot=f"L-{number}")
        return issued(number=f"WR-{number}", warehouse=self.warehouse, depositor=self.scene.seller, goods=goods)

    def costs(self, price: str, on: date | None = None) -> None:
        make_commodity_price(commodity="cotton", unit="bag", on=on or self.scene.today, price=D(price))

    def adds(self, bags: str) -> None:
        receipt, scene = self.brings(bags), self.scene
        facts: dict[str, Any] = {"pledge_id": self.pledge_id, "on": scene.today, "at": scene.story.at(scene.today)}
        offer_goods(**facts, seller_id=scene.seller.pk, receipt_ids=[receipt.pk], by="user:1")
        self._counted([receipt])
        add_goods(**facts, by="user:3")

    def _counted(self, receipts: list[WarehouseReceipt]) -> None:
        count_goods(
            pledge_id=self.pledge_id, warehouse_id=self.warehouse.pk, by="user:2",
            counted={one.pk: one.weight or D(0) for one in receipts},
            on=self.scene.today, at=self.scene.story.at(self.scene.today),
        )  # fmt: skip

    @property
    def pledge(self) -> Pledge:
        return Pledge.objects.get(pk=self.pledge_id)

    @property
    def call(self) -> MarginCall:
        return MarginCall.objects.get(pledge=self.pledge_id)

    def states(self) -> list[str]:
        return [WarehouseReceipt.objects.get(pk=one.pk).state for one in self.receipts]


@pytest.fixture
def scene(meadow: Platform) -> Scene:
    scene = Scene(meadow, first=date(2025, 3, 3), order="20000.00", daily="400.00")
    scene.draw("early-payment", "4000")
    assert scene.today == DRAWN
    return scene


@pytest.fixture
def store(scene: Scene) -> Store:
    return Store(scene)


def owed(scene: Scene, on: date | None = None) -> Decimal:
    """What repays everything on a day, today unless given: with interest through it."""
    return payoff(balance_of(scene.financing()), on or scene.today, "CNY").total


def called(store: Store) -> MarginCall:
    """The price falls to 60 a bag on 5 March: 6,000 of goods, 3,600 of which may be owed."""
    store.scene.night()
    assert not MarginCall.objects.exists()
    store.costs("60")
    store.scene.night()
    return store.call


def test_a_fall_is_watched_then_called_with_three_ready_cures(store: Store, neighbour: Neighbour) -> None:
    scene = store.scene
    scene.night()
    pledge = store.pledge
    assert (pledge.value, pledge.lendable, pledge.outstanding) == (10_000, 8_000, 4000)
    store.costs("74")  # 7,400: 60 % is 4,440, a watch from 3,996
    scene.night()
    watch = store.call
    assert (watch.state, watch.outstanding, watch.value, watch.cash_cure) == ("watch", 4000, 7400, None)
    store.costs("60")
    scene.night()
    call = store.call
    assert (call.pk, call.state, call.value, call.opened_on) == (watch.pk, "called", 6000, date(2025, 3, 5))
    assert call.outstanding == D("4001.33")  # a day of interest by now: 4,000 x 12 % / 360
    assert (call.cash_cure, call.goods_cure, call.due_on) == (D("401.33"), D("668.89"), date(2025, 3, 11))
    assert Record.objects.filter(kind="margin_call", subject=f"margin_call:{call.pk}").count() == 1
    scene.holds(neighbour)


def test_the_worked_example_as_the_seller_sees_it(store: Store) -> None:
    call = called(store)
    assert (call.outstanding, call.value, call.ratio) == (4000, 6000, D("0.66666667"))
    assert (call.cash_cure, call.goods_cure, call.due_on) == (400, D("666.67"), date(2025, 3, 10))
    store.brings("11")
    enough, other = store.brings("12"), store.brings("500")
    ways = ways_out(call, outstanding=D(4000), on=store.scene.today)
    assert ways is not None
    assert [receipt.pk for receipt in ways.bring] == [enough.pk]
    assert (ways.bring_value, ways.bring_ratio) == (720, D("0.59523810"))
    assert other.pk not in {receipt.pk for receipt in ways.bring}
    price = ways.cure("price")
    assert price is not None
    assert price.price_rise == D("0.11111112")


def test_cash_cures_the_same_night(store: Store, neighbour: Neighbour) -> None:
    """What is asked for holds through the last day: 400 and six days' interest of 8.00. Paid earlier, it cures too."""
    call, scene = called(store), store.scene
    ways = ways_out(call, outstanding=owed(scene, call.due_on), on=scene.today)
    assert ways is not None
    cash = ways.cure("cash")
    assert cash is not None
    assert (cash.amount, cash.ratio_after) == (408, D("0.6"))
    scene.act("payment", paid=str(cash.amount))
    scene.night()
    call.refresh_from_db()
    assert (call.state, call.ended_on, call.cash_cure) == ("cured_by_cash", date(2025, 3, 6), 400)
    scene.holds(neighbour)


def test_too_little_cash_cures_nothing(store: Store) -> None:
    call = called(store)
    store.scene.act("payment", paid="399.00")
    store.scene.night()
    call.refresh_from_db()
    assert call.state == "called"


def test_goods_cure(store: Store, neighbour: Neighbour) -> None:
    call, scene = called(store), store.scene
    store.adds("12")
    scene.night()
    call.refresh_from_db()
    assert (call.state, store.pledge.value) == ("cured_by_goods", 6720)
    bags = ControlTotal.objects.get(name="pledged_bag", run__business_date=date(2025, 3, 6))
    assert (bags.opening, bags.movements, bags.closing, bags.difference) == (100, 12, 112, 0)
    scene.holds(neighbour)


def test_the_price_cures(store: Store) -> None:
    """The average of thirty days bounds it: (100 + 60 + 68) / 3 = 76, so 68 counts and carries 4,080."""
    call = called(store)
    store.costs("68")
    store.scene.night()
    call.refresh_from_db()
    assert call.state == "cured_by_price"


def test_bank_holidays_are_no_days_to_cure(meadow: Platform) -> None:
    """Called on 30 April: the first to the fifth of May are holidays in China, so the third business day is the 8th."""
    scene = Scene(meadow, first=date(2025, 4, 28), order="20000.00", daily="400.00")
    scene.draw("early-payment", "4000")
    store = Store(scene)
    scene.night()
    store.costs("60")
    scene.night()
    assert (store.call.state, store.call.due_on) == ("called", date(2025, 5, 8))
    scene.nights_until(date(2025, 5, 9))
    assert store.call.state == "called"
    scene.night()
    assert store.call.state == "overdue"


def test_from_the_call_to_the_sale_with_a_surplus(store: Store, neighbour: Neighbour) -> None:
    """Nobody answers. Due on the 10th, overdue in the night of the 11th; two people take the goods over; a mill pays
    6,000, of which 200 are costs. 4,010.67 and the costs are paid, and the rest is the depositor's."""
    call, scene = called(store), store.scene
    scene.nights_until(date(2025, 3, 11))
    call.refresh_from_db()
    assert call.state == "called"
    scene.night()
    call.refresh_from_db()
    assert call.state == "overdue"
    day = scene.today
    facts: dict[str, Any] = {"call_id": call.pk, "on": day, "at": scene.story.at(day)}
    with pytest.raises(PledgeRefused, match="Nobody has asked"):
        enforce(**facts, by="user:4")
    with pytest.raises(PledgeRefused, match="Say why"):
        ask_to_enforce(**facts, reason=" ", by="user:4")
    ask_to_enforce(**facts, reason="no answer in three letters", by="user:4")
    with pytest.raises(PledgeRefused, match="another person"):
        enforce(**facts, by="user:4")
    assert store.states() == ["pledged", "pledged"]
    withdraw_request(**facts, by="user:4")
    ask_to_enforce(**facts, reason="no answer in three letters", by="user:4")
    enforce(**facts, by="user:5")
    assert enforce(**facts, by="user:5").state == "enforcing"
    assert store.states() == ["invoked", "invoked"]
    assert store.pledge.state == "enforcing"

    debt = owed(scene)
    line = make_bank_line(amount=D(6000), currency="CNY", booked_on=day)
    sale = sell(store, line.pk)
    assert (sale.price, sale.costs, sale.surplus) == (6000, 200, 6000 - 200 - debt)
    assert sell(store, line.pk).pk == sale.pk
    assert (store.states(), store.pledge.state, scene.financing().state) == (["sold", "sold"], "sold", "repaid")
    assert balance_of_seller(scene.seller) == sale.surplus
    assert sorted(Entry.objects.filter(key__startswith="event:").values_list("kind", flat=True)) == [
        "charge", "payment", "refund",
    ]  # fmt: skip
    scene.night()
    assert balance_of_seller(scene.seller) == 0, "paid out"
    assert not MarginCall.objects.of_live_pledges().exists()
    bags = ControlTotal.objects.get(name="pledged_bag", run__business_date=day)
    assert (bags.opening, bags.movements, bags.closing) == (100, -100, 0)
    kinds = set(Record.objects.filter(subject=f"margin_call:{call.pk}").values_list("kind", flat=True))
    assert kinds == {
        "margin_call", "margin_pass_due_date", "enforcement_asked", "enforcement_withdrawn", "margin_call_enforced",
        "goods_sold",
    }  # fmt: skip
    scene.holds(neighbour)


def sell(store: Store, line_id: int, price: str = "6000", costs: str = "200", **differing: bool) -> GoodsSale:
    scene = store.scene
    return sell_goods(
        call_id=store.call.pk, price=D(price), costs=D(costs), buyer="Riverbank Mills", line_id=line_id,
        asked_on=scene.today, at=scene.story.at(scene.today), by="user:4", **differing,
    )  # fmt: skip


def taken_over(store: Store) -> None:
    """Called on the 5th, overdue on the 11th, enforced by two people on the 12th."""
    called(store)
    store.scene.nights_until(date(2025, 3, 12))
    facts: dict[str, Any] = {
        "call_id": store.call.pk,
        "on": store.scene.today,
        "at": store.scene.story.at(store.scene.today),
    }
    ask_to_enforce(**facts, reason="no answer", by="user:4")
    enforce(**facts, by="user:5")


def test_a_shortfall_stays_owed_and_title_goes_to_the_financier(store: Store, neighbour: Neighbour) -> None:
    taken_over(store)
    scene = store.scene
    debt = owed(scene)
    line = make_bank_line(amount=D(3000), currency="CNY", booked_on=scene.today)
    sale = sell(store, line.pk, price="3000", costs="0", to_pledgee=True)
    assert (sale.surplus, sale.to_pledgee) == (0, True)
    assert store.states() == ["title_transferred", "title_transferred"]
    assert (scene.financing().state, scene.financing().outstanding) == ("active", debt - 3000)
    assert DailyTotal.objects.balance(chart.WRITE_OFFS, "CNY", scene.today) == 0
    scene.holds(neighbour)


@pytest.mark.parametrize(
    ("price", "costs", "booked", "words"),
    [
        ("6000", "200", "5999", "not of that price"),
        ("6000", "6001", "6000", "costs no more than the price"),
        ("0", "0", "1", "more than nothing"),
        ("6000.001", "0", "6000", "more than nothing"),
    ],
)
def test_a_sale_that_does_not_fit_changes_nothing(
    store: Store, price: str, costs: str, booked: str, words: str
) -> None:
    taken_over(store)
    line = make_bank_line(amount=D(booked), currency="CNY", booked_on=store.scene.today)
    before = book_lines()
    with pytest.raises(PledgeRefused, match=words):
        sell(store, line.pk, price, costs)
    assert book_lines() == before
    assert store.states() == ["invoked", "invoked"]


def test_goods_that_were_not_taken_over_cannot_be_sold(store: Store) -> None:
    called(store)
    line = make_bank_line(amount=D(6000), currency="CNY", booked_on=store.scene.today)
    with pytest.raises(PledgeRefused, match="not taken over"):
        sell(store, line.pk)
    assert not GoodsSale.objects.exists()


def test_a_hole_in_the_prices_opens_a_break_and_hides_no_call(scene: Scene) -> None:
    """A price may be two days old. After the fall to 60 nobody publishes one for a week: the break says so every night
    until the next price, the call stands, and its day passes."""
    store = Store(scene, max_age=2)
    call = called(store)
    for _day in range(2):
        scene.night()
    scene.night("with_breaks")
    found = Break.objects.get()
    assert (found.kind, found.subject, found.amount) == ("stale_price", "commodity:cotton", 6000)
    assert "last price is that of 2025-03-05" in found.text
    call.refresh_from_db()
    assert (call.state, store.pledge.value, store.pledge.price_is_stale) == ("called", 6000, True)
    while scene.today < date(2025, 3, 12):
        scene.night("with_breaks")
    call.refresh_from_db()
    assert call.state == "overdue"
    assert Break.objects.count() == 1
    store.costs("90")
    scene.night()
    assert Break.objects.get().state == "timing"
    call.refresh_from_db()
    assert call.state == "cured_by_price"


def test_goods_without_fresh_prices_are_watched_as_such(scene: Scene) -> None:
    store = Store(scene, max_age=2)
    for _day in range(3):
        scene.night()
    scene.night("with_breaks")
    assert (store.call.state, store.call.value) == ("stale_price", 10_000)
    assert list(MarginCall.objects.open()) == [store.call]
    store.costs("61")
    scene.night()
    assert store.call.state == "called"


def test_an_expired_receipt_counts_and_opens_a_break(store: Store) -> None:
    scene = store.scene
    WarehouseReceipt.objects.filter(pk=store.receipts[0].pk).update(valid_until=date(2025, 3, 4))
    scene.night()
    scene.night("with_breaks")
    found = Break.objects.get()
    assert (found.kind, found.subject) == ("status", f"receipt:{store.receipts[0].pk}")
    assert (store.pledge.value, store.pledge.lendable) == (10_000, 4_000)


def test_done_twice_the_second_time_changes_nothing(store: Store) -> None:
    called(store)
    scene, day = store.scene, date(2025, 3, 5)
    before = book_lines(), Transition.objects.count(), Record.objects.count()
    again = revalue(
        first_seller=scene.seller.pk, last_seller=scene.seller.pk, on=day, country="CN",
        owed=lambda subjects: dict.fromkeys(subjects, D(4000)), at=scene.story.at(scene.today, 2), by="night",
    )  # fmt: skip
    assert (again.pledges, again.called, again.cured) == (1, 0, 0)
    assert (book_lines(), Transition.objects.count(), Record.objects.count()) == before


def test_another_platform_has_no_calls_of_ours(store: Store, neighbour: Neighbour) -> None:
    called(store)
    with entered(neighbour.schema_name):
        assert not MarginCall.objects.exists()
        assert not ControlTotal.objects.filter(name__startswith="pledged_").exists()
    assert faults() == []


def test_a_night_that_dies_half_way_is_done_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server goes away when the goods are valued and the call is made, before the piece is marked as done."""
    scene = store.scene
    scene.night()
    store.costs("60")

    def dies(**facts: Any) -> None:
        revalue(**facts)
        assert MarginCall.objects.count() == 1
        raise OperationalError("the server went away")

    at = scene.story.at(scene.today + timedelta(days=1), 2)
    with monkeypatch.context() as patch:
        patch.setattr(works, "revalue", dies)
        with pytest.raises(OperationalError):
            run_night(platform=scene.platform, business_date=scene.today, by="night", clock=lambda: at)
    assert not MarginCall.objects.exists()
    assert store.pledge.value == 10_000
    scene.night()
    assert (store.call.state, store.pledge.value) == ("called", 6000)
    assert Record.objects.filter(kind="margin_call").count() == 1


def test_the_pages_of_seller_and_desk(store: Store, meadow: Platform, client_of: Callable[..., PlatformClient]) -> None:
    call = called(store)
    farmer, clerk = make_user(role=Role.SELLER), make_user(role=Role.STAFF)
    Seller.objects.filter(pk=store.scene.seller.pk).update(user=farmer)
    page = client_of(meadow, farmer).get(f"/receipts/calls/{call.pk}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert all(words in text for words in ("1. Pay", "2. Bring goods", "3. Wait for the price", "WR-1"))
    assert f"/receipts/calls/{call.pk}/" in client_of(meadow, farmer).get("/").content.decode()
    desk = client_of(meadow, clerk)
    assert "P-1" in desk.get("/desk/calls/").content.decode()
    assert desk.get(f"/desk/calls/{call.pk}/").status_code == 200
    refused = desk.post(f"/desk/calls/{call.pk}/approve/")
    assert (refused.status_code, store.states()) == (422, ["pledged", "pledged"])
    stranger = make_user(role=Role.SELLER)
    make_seller(user=stranger)
    assert client_of(meadow, stranger).get(f"/receipts/calls/{call.pk}/").status_code == 404
