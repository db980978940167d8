"""Due dates that move: a receivable whose orders are settled late, and a loan on goods that sell slowly.

The receivable: 1,000.00 at 12 % by days / 360, drawn on 2 March 2025 on an order that arrived on the 1st and is
expected to be settled by the 15th. 1,000 x 0.12 / 360 = 0.3333 a day. The loan on goods: see `test_receipts`; 5,000.00
at 9 % by days / 365, 1.23288 a day, on two tonnes of cotton worth 20,000.00, of which 70 % may be owed.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.evidence.models import Record
from apps.financing.models import FinancedOrder, Financing
from apps.orders.models import Order
from apps.products.models import FinancingProduct
from apps.repayment.events import Act, Stale, preview
from apps.repayment.hardship import EXTENSION, PAUSE, Wish
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, ReliefRequest
from apps.repayment.prospects import Choice, choice_of
from apps.repayment.relief import ask_for_relief, grant_relief, kinds_for, reasons_against
from apps.sellers.models import Message
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from apps.warehousing.models import MarginCall, WarehouseReceipt
from tests.conftest import PlatformClient
from tests.factories import make_commodity_price, make_user
from tests.scenarios.scene import Neighbour, Scene
from tests.scenarios.test_receipts import Store
from tests.warehousing.pledging import states

D = Decimal
FIRST = date(2025, 3, 1)


def look(scene: Scene, days: int) -> Choice:
    today = scene.today
    return choice_of(
        scene.financing(), Wish(EXTENSION, days=days), daily_sales=D(0), asked_on=today, at=scene.story.at(today),
        by="user:1",
    )  # fmt: skip


def ask(scene: Scene, days: int, key: str = "one", **facts: Any) -> ReliefRequest:
    loan, today = scene.financing(), scene.today
    values = {"financing_id": loan.pk, "seller_id": loan.seller_id, "wish": Wish(EXTENSION, days=days), "key": key,
              "reason": "The buyers pay late.", "country": "CN", "asked_on": today, "at": scene.story.at(today),
              "by": "user:1", **facts}  # fmt: skip
    return ask_for_relief(**values)


@pytest.fixture
def receivable(meadow: Platform) -> Scene:
    scene = Scene(meadow)
    scene.seller.user = make_user(role=Role.SELLER)
    scene.seller.save()
    scene.draw("early-payment", "1000")
    return scene


@pytest.fixture
def store(meadow: Platform) -> Store:
    """A loan of 5,000.00 on goods, drawn on 3 March and, by this story, due on the 6th."""
    store = Store(meadow)
    application = store.ask("5000")
    store.count(application)
    store.sign(store.approve(application))
    Financing.objects.update(due_on=date(2025, 3, 6))
    return store


def test_a_receivable_is_due_ten_days_later_and_costs_what_was_shown(receivable: Scene, neighbour: Neighbour) -> None:
    """13 days to 15 March cost 4.33, 23 days to the 25th 7.67. Nothing is late on the 15th, all of it is on the 25th;
    the order stays assigned, and its money pays the financing first when it comes at last."""
    scene = receivable
    assert kinds_for(scene.financing(), scene.today) == [EXTENSION]
    seen = look(scene, 10)
    assert (seen.now.due, seen.now.due_on, seen.now.cost) == (D("1004.33"), date(2025, 3, 15), D("4.33"))
    assert (seen.then.due, seen.then.due_on, seen.dearer) == (D("1007.67"), date(2025, 3, 25), D("3.34"))
    request = ask(scene, 10, shown=seen.change.fingerprint)
    assert (request.state, request.decided_by) == ("granted", "policy")
    assert ask(scene, 10).pk == request.pk  # pressed twice
    scene.nights_until(date(2025, 3, 27))
    scene.says("""
        day   | interest | principal | past due | days past due | state
        03-02 | 0        | 1000      | 0        | 0             | active
        03-15 | 4.33     | 1000      | 0        | 0             | active
        03-24 | 7.33     | 1000      | 0        | 0             | active
        03-25 | 7.67     | 1000      | 1007.67  | 0             | active
        03-26 | 8        | 1000      | 1008     | 0             | active
    """)
    assert [one.due_on for one in Demand.objects.all()] == [date(2025, 3, 25)]
    assert FinancedOrder.objects.get().released_on is None
    told = Message.objects.get(kind="pause_granted").facts
    assert (told["words"], told["day"]) == ("extension_granted", "2025-03-25")
    assert Record.objects.filter(kind="relief_granted").count() == 1
    scene.story.settle(scene.today, scene.seller, "2000.00", order=scene.order)
    scene.night()
    assert scene.financing().state == "repaid"
    scene.holds(neighbour)


def test_a_receivable_that_its_orders_no_longer_carry_waits_for_a_person(receivable: Scene) -> None:
    """The order of 2,000.00 counted for 1,800.00; 1,100.00 of it were refunded, so 900.00 are awaited."""
    scene = receivable
    Order.objects.filter(pk=scene.order.pk).update(refunded=D(1100))
    request = ask(scene, 10)
    assert (request.state, request.beyond_policy, request.event) == ("asked", ["uncovered"], None)
    assert scene.financing().due_on == date(2025, 3, 15)
    granted = grant_relief(
        request_id=request.pk, answer="Until the 25th.", asked_on=scene.today, at=scene.story.at(scene.today),
        by="user:9",
    )  # fmt: skip
    assert (granted.state, scene.financing().due_on) == ("granted", date(2025, 3, 25))


def test_the_product_says_how_long_and_the_field_how_long_at_all(receivable: Scene) -> None:
    scene = receivable
    FinancingProduct.objects.update(extension_days=7)
    assert reasons_against(scene.financing(), Wish(EXTENSION, days=7), scene.today) == ()
    assert reasons_against(scene.financing(), Wish(EXTENSION, days=8), scene.today) == ("too_long",)
    far = Wish(EXTENSION, days=170)  # 13 + 170 = 183 days after the payout
    assert reasons_against(scene.financing(), far, scene.today) == ("too_long", "long_term")
    with pytest.raises(Refused, match="at most 365 days"):
        preview(
            financing_id=scene.financing().pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:9",
            act=Act("due_date", "a year and a day", until=date(2026, 3, 3)),
        )  # fmt: skip
    ask(scene, 7)
    assert "too_soon" in reasons_against(scene.financing(), Wish(EXTENSION, days=3), scene.today)


def test_once_it_is_late_there_is_nothing_to_move_and_what_was_shown_of_another_day_is_stale(
    receivable: Scene,
) -> None:
    scene = receivable
    shown = look(scene, 5).change.fingerprint
    scene.nights_until(date(2025, 3, 6))
    with pytest.raises(Stale):
        ask(scene, 5, shown=shown)
    with pytest.raises(Refused, match="cannot be asked for"):
        ask(scene, 5, wish=Wish(PAUSE, days=5))
    scene.nights_until(date(2025, 3, 16))
    assert scene.financing().past_due
    assert kinds_for(scene.financing(), scene.today) == []
    with pytest.raises(Refused):
        ask(scene, 5)
    assert not ReliefRequest.objects.exists()
    assert not Event.objects.exists()


def test_a_loan_on_goods_runs_on_and_the_goods_stay_in_pledge(store: Store, neighbour: Neighbour) -> None:
    """Three days to 6 March cost 3.70, eight days to the 11th 9.86."""
    scene = store.scene
    seen = look(scene, 5)
    assert (seen.now.due, seen.then.due, seen.dearer) == (D("5003.70"), D("5009.86"), D("6.16"))
    assert ask(scene, 5).state == "granted"
    scene.nights_until(date(2025, 3, 13))
    scene.says("""
        day   | interest | principal | past due | days past due
        03-06 | 3.7      | 5000      | 0        | 0
        03-10 | 8.63     | 5000      | 0        | 0
        03-11 | 9.86     | 5000      | 5009.86  | 0
        03-12 | 11.1     | 5000      | 5011.1   | 0
    """)
    assert states(store.receipts) == ["pledged", "pledged"]
    scene.holds(neighbour)


def test_goods_must_carry_what_will_be_owed_and_no_person_can_grant_more(store: Store) -> None:
    """At 3.575 a kilogram the goods are worth 7,150.00, and 5,005.00 may be owed. Today's 5,000.00 is within it; with
    interest through the 11th it is 5,009.86."""
    scene = store.scene
    make_commodity_price(commodity="cotton-a-index", on=scene.today, price=D("3.575"))
    with pytest.raises(Refused, match=r"5,009\.86.* would be owed with interest, and the goods cover 5,005\.00"):
        look(scene, 5)
    with pytest.raises(Refused, match="bring more goods"):
        ask(scene, 45)  # beyond the policy too: it does not even wait
    assert not ReliefRequest.objects.exists()
    assert scene.financing().due_on == date(2025, 3, 6)
    assert look(scene, 1).then.due == D("5004.93")


def test_an_open_margin_call_comes_first_and_papers_that_end_before_are_looked_at(store: Store) -> None:
    scene = store.scene
    WarehouseReceipt.objects.filter(pk=store.receipts[0].pk).update(insured_until=date(2025, 3, 10))
    assert ask(scene, 4).state == "granted"  # due on the 10th, the last day of the insurance
    assert reasons_against(scene.financing(), Wish(EXTENSION, days=1), scene.today) == ("too_soon", "papers")
    make_commodity_price(commodity="cotton-a-index", on=scene.today, price=D("3.00"))
    scene.night()
    assert MarginCall.objects.get().state == "called"  # 6,000.00 x 70 % = 4,200.00
    with pytest.raises(Refused, match="margin call"):
        look(scene, 1)


def test_pages_show_it_in_money_and_the_desk_answers(
    platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    today = platform.business_date(datetime.now(UTC))
    scene = Scene(platform, first=today - timedelta(days=1))
    scene.seller.user = make_user(role=Role.SELLER)
    scene.seller.save()
    loan = scene.draw("early-payment", "1000")
    browse = client_of(platform, scene.seller.user)
    path = f"/money/{loan.pk}/hardship/"
    assert path in browse.get(f"/money/{loan.pk}/").content.decode()
    assert f'href="{path}extension/"' in browse.get(path).content.decode()
    typed = {"days": "45", "reason": "The buyers pay late.", "key": "k"}
    looked = browse.post(f"{path}extension/", typed).content.decode()
    assert "It costs" in looked
    assert "more than the product grants by itself" in looked
    seen = dict(re.findall(r'name="(looked|shown)" value="([^"]*)"', looked))
    assert browse.post(f"{path}extension/", {**typed, **seen}).status_code == 302
    request = ReliefRequest.objects.get()
    assert request.state == "asked"
    desk = client_of(platform, make_user(role=Role.STAFF))
    page = desk.get(f"/desk/relief/{request.pk}/").content.decode()
    assert "Due 45 days later" in page
    assert "instead of" in page
    shown = re.findall(r'name="grant" value="([^"]*)"', page)[0]
    assert desk.post(f"/desk/relief/{request.pk}/", {"answer": "Good luck.", "grant": shown}).status_code == 302
    assert loan.due_on is not None
    assert "As agreed since, all of it is due on" in browse.get(f"/contracts/{loan.contract_id}/").content.decode()
    assert Financing.objects.get().due_on == loan.due_on + timedelta(days=45)


def test_another_platform_finds_nothing_to_extend(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        scene = Scene(harbor)
        loan = scene.draw("early-payment", "1000")
        due_on = loan.due_on
    with entered(meadow.schema_name):
        other = Scene(meadow).seller
        other.user = make_user(role=Role.SELLER)
        other.save()
        answer = client_of(meadow, other.user).post(f"/money/{loan.pk}/hardship/extension/", {"days": "5"})
        assert answer.status_code == 404
    with entered(harbor.schema_name):
        assert Financing.objects.get().due_on == due_on
