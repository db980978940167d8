"""What is told where parts of the house meet, once: decisions, accounts, goods, instalments, replaced offers."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from apps.financing.models import Offer
from apps.portal.messaging.words import speak
from apps.repayment.models import Demand
from apps.repayment.news import tell_of_the_night
from apps.sellers.models import Message, Seller
from apps.sellers.services import (
    Account,
    ask_for_payout_change,
    check_payout_change,
    decide_on_seller,
    refuse_payout_change,
)
from apps.tenants.models import Platform
from apps.users.models import Role
from apps.warehousing.models import MarginCall, PledgedReceipt
from tests.factories import make_margin_call, make_particulars, make_pledge, make_seller, make_user
from tests.portal.test_applying import replaced
from tests.story import DAY, FIRST, Story
from tests.warehousing.pledging import DAY as TODAY
from tests.warehousing.pledging import asked, bales, cotton_costs, counted

D = Decimal


def reader(**facts: Any) -> Seller:
    return make_seller(user=make_user(role=Role.SELLER, email="mei@meadow.example"), **facts)


def told(seller: Seller) -> list[str]:
    """The titles of all messages, the first one first."""
    return [speak(one).title for one in Message.objects.filter(seller=seller).order_by("pk")]


def tell_again(seller: Seller, on: date) -> int:
    return tell_of_the_night(
        first_seller=seller.pk,
        last_seller=seller.pk,
        business_date=on,
        at=datetime(on.year, on.month, on.day, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("state", "decision", "title", "leads_to"),
    [
        ("submitted", "verify", "Your shop is checked: welcome", "/"),
        ("submitted", "request_info", "We need something more from you", "/joining/"),
        ("submitted", "reject", "Your application is refused", "/joining/"),
        ("verified", "suspend", "Your shop is suspended", "/"),
        ("suspended", "resume", "Your shop is open again", "/"),
        ("verified", "close", "Your shop is closed here", "/"),
    ],
)
def test_each_decision_about_a_shop_is_told(
    platform: Platform, at: datetime, state: str, decision: str, title: str, leads_to: str
) -> None:
    seller = reader(state=state)
    decide_on_seller(seller_id=seller.pk, decision=decision, reason="The papers.", at=at, by="user:9")
    assert told(seller) == [title]
    message = Message.objects.get()
    assert speak(message).href == leads_to
    with translation.override("zh-hans"):
        assert speak(message).title != title


def test_an_account_in_force_and_a_refused_one_are_told_but_not_what_the_seller_took_back(
    platform: Platform, day: date, at: datetime
) -> None:
    seller = reader()
    facts: dict[str, Any] = {"on": day, "at": at}

    def ask(number: str) -> int:
        account = Account("Mei", number)
        return ask_for_payout_change(
            seller_id=seller.pk, account=account, second_factor="totp", by="user:1", **facts
        ).pk

    taken_back = ask("6222020200112233446")
    refuse_payout_change(change_id=taken_back, reason="mine", by="user:1", **facts)
    refuse_payout_change(change_id=ask("6222020200112233447"), reason="Another name.", by="user:2", **facts)
    in_force = ask("6222020200112233448")
    for person in ("user:2", "user:3"):
        check_payout_change(change_id=in_force, by=person, **facts)
    changed = "Your payout account was changed"
    assert told(seller) == [
        changed, changed, "Your payout account stays as it was", changed, "Your new payout account is in force",
    ]  # fmt: skip
    assert {speak(one).href for one in Message.objects.all()} == {"/people/account/"}
    assert not Message.objects.filter(facts__icontains="62220202").exists()


def test_a_margin_call_its_last_day_and_its_cure_are_told_once_and_lead_to_the_call(platform: Platform) -> None:
    seller = reader()
    call = make_margin_call(
        pledge=make_pledge(seller=seller), state="called", due_on=TODAY, cash_cure=D(100), goods_cure=D(100)
    )
    for state, ended_on in (("called", None), ("overdue", None), ("cured_by_cash", TODAY)):
        MarginCall.objects.filter(pk=call.pk).update(state=state, ended_on=ended_on)
        assert [tell_again(seller, TODAY) for _time in range(2)] == [1, 0]
    assert told(seller) == [
        "Your goods no longer cover what you owe",
        "The time to cover what you owe has run out",
        "Your goods cover what you owe again",
    ]
    assert {speak(one).href for one in Message.objects.all()} == {f"/receipts/calls/{call.pk}/"}


def test_goods_are_told_of_when_all_are_counted_and_when_they_are_free(platform: Platform) -> None:
    seller = reader()
    make_particulars(seller=seller)
    cotton_costs("10.00", TODAY)
    first, second = bales(2, farmer=seller)
    pledge = asked([first, second])
    counted(pledge, [first])
    assert told(seller) == []
    for _count in range(2):
        counted(pledge, [second])
    assert told(seller) == ["Your goods are counted"]
    PledgedReceipt.objects.update(secured_on=TODAY, secured_by="user:9", released_on=TODAY)
    assert [tell_again(seller, TODAY) for _time in range(2)] == [1, 0]
    assert told(seller)[1:] == ["Goods of yours are free again"]
    assert {speak(one).href for one in Message.objects.all()} == {"/receipts/"}


def test_goods_that_were_only_asked_for_are_no_news_when_they_are_let_go(platform: Platform) -> None:
    seller = reader()
    make_particulars(seller=seller)
    cotton_costs("10.00", TODAY)
    asked(bales(1, farmer=seller))
    PledgedReceipt.objects.update(released_on=TODAY)
    assert tell_again(seller, TODAY) == 0


@pytest.fixture
def story(platform: Platform) -> Story:
    story = Story(platform)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(FIRST)
    return story


def test_an_instalment_is_told_of_three_days_before_it_is_due(story: Story) -> None:
    seller = Seller.objects.get()
    story.draw(story.offer(seller, "stock-loan"), "1000", FIRST + DAY)
    for number in range(1, 31):
        story.night(FIRST + number * DAY)
    first = Demand.objects.get(number=1)
    [message] = Message.objects.filter(kind="instalment")
    assert message.business_date == first.due_on - 3 * DAY
    assert (message.facts["amount"], message.facts["day"]) == (str(first.amount), str(first.due_on))


@pytest.mark.parametrize("chosen", [True, False])
def test_a_replaced_offer_is_news_to_who_had_chosen_an_amount_on_it(story: Story, chosen: bool) -> None:
    old = Offer.objects.get(product_code="sales-advance")
    Offer.objects.filter(pk=old.pk).update(wanted_amount=D(1000) if chosen else None)
    new = replaced(old, maximum_amount=D("1200.00"))
    assert [tell_again(old.seller, FIRST) for _time in range(2)] == [int(chosen), 0]
    titles = [title for title in told(old.seller) if title.startswith("Your offer has new figures")]
    assert titles == (["Your offer has new figures: up to ¥1,200.00"] if chosen else [])
    assert not chosen or speak(Message.objects.last()).href == f"/offers/{new.pk}/"  # type: ignore[arg-type]
