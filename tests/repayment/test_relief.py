"""Hard times: what the policy grants at once, what waits for a person, and what nobody grants."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.evidence.models import Record
from apps.financing.models import Financing
from apps.products.models import FinancingProduct
from apps.repayment.hardship import Pause, Policy, why_not
from apps.repayment.life import Refused
from apps.repayment.models import Event, Movement, ReliefRequest
from apps.repayment.relief import ask_for_pause, grant_pause, refuse_pause
from apps.sellers.models import Message, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

POLICY = Policy(days=30, a_year=2, between=60)
ON = date(2025, 6, 1)
TODAY = FIRST + 2 * DAY


def past(first: date, days: int) -> Pause:
    return Pause(first, first + timedelta(days=days - 1))


@pytest.mark.parametrize(
    ("days", "earlier", "past_due", "reasons"),
    [
        (30, [], False, ()),
        (31, [], False, ("too_long",)),
        (30, [past(ON - 89 * DAY, 30)], False, ("too_soon",)),  # 59 days lie between, and 60 must
        (30, [past(ON - 90 * DAY, 30)], False, ()),
        (30, [past(ON - 300 * DAY, 10), past(ON - 200 * DAY, 10)], False, ("too_often",)),
        (30, [past(ON - 365 * DAY, 10), past(ON - 200 * DAY, 10)], False, ()),  # a year ago to the day counts no more
        (5, [], True, ("late",)),
        (90, [past(ON - 40 * DAY, 30), past(ON - 200 * DAY, 30)], True, ("too_long", "too_often", "too_soon", "late")),
    ],
)
def test_the_policy_by_hand(days: int, earlier: list[Pause], past_due: bool, reasons: tuple[str, ...]) -> None:
    assert why_not(POLICY, earlier, days=days, past_due=past_due, on=ON) == reasons


def test_a_product_that_grants_none_leaves_all_to_people() -> None:
    assert why_not(Policy(0, 0, 0), [], days=1, past_due=False, on=ON) == ("too_long", "too_often")


@pytest.fixture
def running(platform: Platform) -> tuple[Story, Financing]:
    return advance(platform)


def advance(platform: Platform) -> tuple[Story, Financing]:
    """An advance of 1,000.00 that sales repay since 2 March 2025."""
    story = Story(platform)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    return story, financing


def ask(story: Story, financing: Financing, days: int = 30, key: str = "one", **facts: Any) -> ReliefRequest:
    values = {"financing_id": financing.pk, "seller_id": financing.seller_id, "days": days, "reason": "A flood.",
              "key": key, "asked_on": TODAY, "at": story.at(TODAY), "by": "user:1", **facts}  # fmt: skip
    return ask_for_pause(**values)


def test_within_the_policy_it_begins_at_once_and_nothing_is_kept_until_it_ends(
    running: tuple[Story, Financing],
) -> None:
    story, financing = running
    request = ask(story, financing, days=2)
    assert (request.state, request.decided_by, request.beyond_policy) == ("granted", "policy", [])
    kept = []
    for number in range(3):
        day = TODAY + number * DAY
        story.settle(day, financing.seller, "500.00")
        story.night(day)
        kept.append(Movement.objects.filter(kind="sweep", business_date=day).count())
    assert kept == [0, 0, 1]
    told = Message.objects.get(kind="pause_granted")
    assert told.facts == {"number": financing.number, "day": (TODAY + DAY).isoformat()}
    assert Record.objects.filter(kind="pause_granted").count() == 1


def test_pressed_twice_it_is_one_pause(running: tuple[Story, Financing]) -> None:
    story, financing = running
    assert ask(story, financing).pk == ask(story, financing).pk
    assert (ReliefRequest.objects.count(), Event.objects.filter(kind="pause").count()) == (1, 1)
    assert Message.objects.filter(kind="pause_granted").count() == 1


def test_beyond_the_policy_it_waits_and_changes_nothing_until_a_person_grants_it(
    running: tuple[Story, Financing],
) -> None:
    story, financing = running
    request = ask(story, financing, days=45)
    assert (request.state, request.beyond_policy) == ("asked", ["too_long"])
    assert not Event.objects.exists()
    assert ask(story, financing, days=60, key="second tab").pk == request.pk
    for _click in range(2):
        answered = grant_pause(
            request_id=request.pk, answer="Get well.", asked_on=TODAY, at=story.at(TODAY), by="user:9"
        )
    assert (answered.state, answered.decided_by, answered.answer) == ("granted", "user:9", "Get well.")
    assert Event.objects.get().details["until"] == (TODAY + 44 * DAY).isoformat()


def test_a_refusal_says_why_and_leaves_everything_as_it_was(running: tuple[Story, Financing]) -> None:
    story, financing = running
    request = ask(story, financing, days=45)
    with pytest.raises(Refused, match="Say why"):
        refuse_pause(request_id=request.pk, answer=" ", on=TODAY, at=story.at(TODAY), by="user:9")
    assert ReliefRequest.objects.get().state == "asked"
    for _click in range(2):
        refuse_pause(request_id=request.pk, answer="Ask for 30.", on=TODAY, at=story.at(TODAY), by="user:9")
    assert not Event.objects.exists()
    assert Message.objects.get(kind="pause_refused").facts["reason"] == "Ask for 30."
    granted = grant_pause(request_id=request.pk, answer="", asked_on=TODAY, at=story.at(TODAY), by="user:9")
    assert granted.state == "refused"  # decided once
    assert ask(story, financing, days=30, key="shorter").state == "granted"


def test_how_often_and_how_long_are_the_products_own_figures(running: tuple[Story, Financing]) -> None:
    story, financing = running
    FinancingProduct.objects.update(pause_days=60)
    assert ask(story, financing, days=45).state == "granted"


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": -3}, {"days": 181}, {"reason": "  "}, {"seller_id": 0}], ids=str
)
def test_what_nobody_could_grant_is_refused_in_words_and_changes_nothing(
    running: tuple[Story, Financing], wrong: dict[str, Any]
) -> None:
    story, financing = running
    with pytest.raises(Refused if "seller_id" not in wrong else Financing.DoesNotExist):
        ask(story, financing, **wrong)
    assert not ReliefRequest.objects.exists()


def test_the_database_knows_no_granted_pause_without_its_event(running: tuple[Story, Financing]) -> None:
    story, financing = running
    request = ask(story, financing, days=45)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReliefRequest.objects.filter(pk=request.pk).update(state="granted", decided_by="user:9")


def test_pages_ask_and_answer_and_auditors_only_look(
    running: tuple[Story, Financing], client_of: Callable[..., Any]
) -> None:
    story, financing = running
    story.platform.opened_on = FIRST
    seller = Seller.objects.get(pk=financing.seller_id)
    browse = client_of(story.platform, seller.user)
    path = f"/money/{financing.pk}/pause/"
    assert browse.get(path).status_code == 200
    for days in ("", "x", "-1", "1e9", "<script>", "３６５"):
        answer = browse.post(path, {"days": days, "reason": "A flood.", "key": "k"})
        assert answer.status_code == 422
        assert "A flood." in answer.content.decode()  # what was typed is kept
    assert not ReliefRequest.objects.exists()
    request = ask(story, financing, days=45)
    desk = {role: client_of(story.platform, make_user(role=role)) for role in (Role.STAFF, Role.AUDITOR)}
    for client in desk.values():
        assert "A flood." in client.get(f"/desk/pauses/{request.pk}/").content.decode()
        assert seller.name in client.get("/desk/pauses/").content.decode()
    assert desk[Role.AUDITOR].post(f"/desk/pauses/{request.pk}/", {"answer": "no", "refuse": "1"}).status_code == 403
    assert desk[Role.STAFF].post(f"/desk/pauses/{request.pk}/", {"answer": "", "refuse": "1"}).status_code == 422
    assert ReliefRequest.objects.get().state == "asked"
    assert desk[Role.STAFF].post(f"/desk/pauses/{request.pk}/", {"answer": "No.", "refuse": "1"}).status_code == 302
    assert ReliefRequest.objects.get().state == "refused"


def test_another_sellers_financing_and_another_platforms_request_are_not_there(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., Any]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        story, financing = advance(harbor)
        request = ask(story, financing, days=45)
    with entered(meadow.schema_name):
        other = Story(meadow).seller("Wang")
        other.user = make_user(role=Role.SELLER)
        other.save()
        assert client_of(meadow, other.user).get(f"/money/{financing.pk}/pause/").status_code == 404
        clerk = client_of(meadow, make_user(role=Role.STAFF))
        assert clerk.get(f"/desk/pauses/{request.pk}/").status_code == 404
