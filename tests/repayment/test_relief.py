"""Hard times: what the policy grants at once, what waits for a person, and what nobody grants."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.evidence.models import Record
from apps.financing.models import Financing
from apps.products.models import FinancingProduct
from apps.repayment.hardship import (
    EXTENSION,
    LONGER,
    LOWER_SHARE,
    PAUSE,
    Policy,
    Relief,
    Wish,
    days_given_back,
    days_moved,
    why_not,
)
from apps.repayment.life import Refused
from apps.repayment.models import Event, Movement, ReliefRequest
from apps.repayment.outlook import Eased, expected_done
from apps.repayment.relief import ask_for_relief, grant_relief, refuse_relief
from apps.sellers.models import Message, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

D = Decimal
POLICY = Policy(days=30, a_year=2, between=60, lower_days=60, lowest_part=D("0.5"), more=2, later_days=20)
ON = date(2025, 6, 1)
TODAY = FIRST + 2 * DAY


def past(first: date, days: int) -> Relief:
    return Relief(first, first + timedelta(days=days - 1))


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
def test_the_policy_of_a_pause_by_hand(
    days: int, earlier: list[Relief], past_due: bool, reasons: tuple[str, ...]
) -> None:
    assert why_not(POLICY, earlier, Wish(PAUSE, days=days), past_due=past_due, on=ON) == reasons


@pytest.mark.parametrize(
    ("wish", "reasons"),
    [
        (Wish(LOWER_SHARE, days=60, part=D("0.5")), ()),
        (Wish(LOWER_SHARE, days=61, part=D("0.5")), ("too_long",)),
        (Wish(LOWER_SHARE, days=60, part=D("0.75")), ()),
        (Wish(LOWER_SHARE, days=60, part=D("0.25")), ("too_low",)),
        (Wish(LONGER, more=2), ()),
        (Wish(LONGER, more=3), ("too_long",)),
        (Wish(EXTENSION, days=20), ()),
        (Wish(EXTENSION, days=21), ("too_long",)),
    ],
    ids=str,
)
def test_the_policy_of_the_other_two_by_hand(wish: Wish, reasons: tuple[str, ...]) -> None:
    assert why_not(POLICY, [], wish, past_due=False, on=ON) == reasons


@pytest.mark.parametrize(
    "wish",
    [Wish(PAUSE, days=1), Wish(LOWER_SHARE, days=1, part=D("0.75")), Wish(LONGER, more=1), Wish(EXTENSION, days=1)],
)
def test_a_product_that_grants_none_leaves_all_to_people(wish: Wish) -> None:
    none = Policy(days=0, a_year=0, between=0, lower_days=0, lowest_part=D(1), more=0, later_days=0)
    assert {"too_long", "too_often"} <= set(why_not(none, [], wish, past_due=False, on=ON))


@pytest.mark.parametrize(
    ("days", "lower", "moved", "back"),
    [
        (30, "0", 30, 30),  # a pause: nothing is kept
        (30, "0.06", 15, 15),  # half of the agreed 12 %
        (31, "0.06", 16, 15),  # 15.5 days: up when given, down when taken back
        (30, "0.09", 8, 7),  # three quarters are kept: 7.5 days are missing
        (1, "0.119", 1, 0),
    ],
)
def test_minimums_move_by_the_days_of_the_agreed_share_that_are_not_kept(
    days: int, lower: str, moved: int, back: int
) -> None:
    assert days_moved(days, lower=D(lower), agreed=D("0.12")) == moved
    assert days_given_back(days, lower=D(lower), agreed=D("0.12")) == back


@pytest.mark.parametrize(
    ("owed", "eased", "done"),
    [
        ("600", None, date(2025, 6, 10)),  # 12 % of 500 is 60 a day: ten days
        ("600", Eased(date(2025, 6, 5), D(0)), date(2025, 6, 15)),  # five days of nothing
        ("600", Eased(date(2025, 6, 4), D("0.06")), date(2025, 6, 12)),  # 4 x 30, then 480 in eight days
        ("90", Eased(date(2025, 6, 4), D("0.06")), date(2025, 6, 3)),  # done before it ends
        ("600", Eased(date(2025, 5, 31), D(0)), date(2025, 6, 10)),  # over since yesterday
    ],
)
def test_when_it_is_done_with_less_kept_for_a_while(owed: str, eased: Eased | None, done: date) -> None:
    assert done == expected_done(
        outstanding=D(owed), daily_sales=D(500), sweep_rate=D("0.12"), due_on=None, on=ON, currency="CNY", eased=eased
    )


@pytest.fixture
def running(platform: Platform) -> tuple[Story, Financing]:
    return advance(platform)


def advance(platform: Platform, first: date = FIRST) -> tuple[Story, Financing]:
    """An advance of 1,000.00 that sales repay from the day after `first` on, 2 March 2025."""
    story = Story(platform, first=first)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(first)
    financing = story.draw(story.offer(seller), "1000", first + DAY)
    story.night(first + DAY)
    return story, financing


def ask(
    story: Story, financing: Financing, wish: Wish | int = 30, key: str = "one", on: date = TODAY, **facts: Any
) -> ReliefRequest:
    """Ask for `wish`; a number is a pause of so many days."""
    values = {"financing_id": financing.pk, "seller_id": financing.seller_id, "reason": "A flood.", "key": key,
              "wish": Wish(PAUSE, days=wish) if isinstance(wish, int) else wish, "country": "CN", "asked_on": on,
              "at": story.at(on), "by": "user:1", **facts}  # fmt: skip
    return ask_for_relief(**values)


def test_within_the_policy_it_begins_at_once_and_nothing_is_kept_until_it_ends(
    running: tuple[Story, Financing],
) -> None:
    story, financing = running
    request = ask(story, financing, 2)
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
    assert Record.objects.filter(kind="relief_granted").count() == 1


def test_pressed_twice_it_is_one_pause(running: tuple[Story, Financing]) -> None:
    story, financing = running
    assert ask(story, financing).pk == ask(story, financing).pk
    assert (ReliefRequest.objects.count(), Event.objects.filter(kind="pause").count()) == (1, 1)
    assert Message.objects.filter(kind="pause_granted").count() == 1


def test_beyond_the_policy_it_waits_and_changes_nothing_until_a_person_grants_it(
    running: tuple[Story, Financing],
) -> None:
    story, financing = running
    request = ask(story, financing, 45)
    assert (request.state, request.beyond_policy) == ("asked", ["too_long"])
    assert request.answer_by == date(2025, 3, 5)  # asked on Monday the 3rd; two working days
    assert not Event.objects.exists()
    assert ask(story, financing, 60, key="second tab").pk == request.pk
    for _click in range(2):
        answered = grant_relief(
            request_id=request.pk, answer="Get well.", asked_on=TODAY, at=story.at(TODAY), by="user:9"
        )
    assert (answered.state, answered.decided_by, answered.answer) == ("granted", "user:9", "Get well.")
    assert Event.objects.get().details["until"] == (TODAY + 44 * DAY).isoformat()


def test_a_refusal_says_why_and_leaves_everything_as_it_was(running: tuple[Story, Financing]) -> None:
    story, financing = running
    request = ask(story, financing, 45)
    with pytest.raises(Refused, match="Say why"):
        refuse_relief(request_id=request.pk, answer=" ", on=TODAY, at=story.at(TODAY), by="user:9")
    assert ReliefRequest.objects.get().state == "asked"
    for _click in range(2):
        refuse_relief(request_id=request.pk, answer="Ask for 30.", on=TODAY, at=story.at(TODAY), by="user:9")
    assert not Event.objects.exists()
    assert Message.objects.get(kind="pause_refused").facts["reason"] == "Ask for 30."
    granted = grant_relief(request_id=request.pk, answer="", asked_on=TODAY, at=story.at(TODAY), by="user:9")
    assert granted.state == "refused"  # decided once
    assert ask(story, financing, 30, key="shorter").state == "granted"


def test_how_often_and_how_long_are_the_products_own_figures(running: tuple[Story, Financing]) -> None:
    story, financing = running
    FinancingProduct.objects.update(pause_days=60)
    assert ask(story, financing, 45).state == "granted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"wish": Wish(PAUSE)},
        {"wish": Wish(PAUSE, days=-3)},
        {"wish": Wish(PAUSE, days=181)},
        {"wish": Wish(PAUSE, days=9, more=2)},
        {"wish": Wish(LOWER_SHARE, days=9)},
        {"wish": Wish(LOWER_SHARE, days=9, part=D("0.9"))},
        {"wish": Wish(LONGER, more=25)},
        {"wish": Wish(EXTENSION, days=9)},  # sales repay it: nothing has one due date
        {"wish": Wish("debt holiday", days=9)},
        {"reason": "  "},
        {"seller_id": 0},
    ],
    ids=str,
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
    request = ask(story, financing, 45)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReliefRequest.objects.filter(pk=request.pk).update(state="granted", decided_by="user:9")


def test_pages_show_the_change_before_it_is_asked_for(platform: Platform, client_of: Callable[..., Any]) -> None:
    today = platform.business_date(datetime.now(UTC))
    story, financing = advance(platform, today - 2 * DAY)
    seller = Seller.objects.get(pk=financing.seller_id)
    browse = client_of(story.platform, seller.user)
    path = f"/money/{financing.pk}/hardship/"
    assert browse.get(path).content.decode().count(f'href="{path}') == 3  # three kinds of relief, each with its page
    assert browse.get(f"{path}debt-holiday/").status_code == 404
    for kind in (PAUSE, LOWER_SHARE, LONGER):
        with CaptureQueriesContext(connection) as queries:
            assert "What it changes" in browse.get(f"{path}{kind}/").content.decode()
        assert len(queries) <= 20
    for days in ("", "x", "-1", "1e9", "<script>"):
        answer = browse.post(f"{path}pause/", {"days": days, "reason": "A flood.", "key": "k"})
        assert answer.status_code == 422
        assert "A flood." in answer.content.decode()  # what was typed is kept
    typed = {"days": "３０", "reason": "A flood.", "key": "k"}  # full-width, as a Chinese keyboard writes it
    looked = browse.post(f"{path}pause/", typed)
    assert (looked.status_code, ReliefRequest.objects.count()) == (200, 0)
    page = looked.content.decode()
    assert "It costs nothing more." in page
    seen = dict(re.findall(r'name="(looked|shown)" value="([^"]*)"', page))
    stale = browse.post(f"{path}pause/", {**typed, **seen, "shown": "of another day"})
    assert (stale.status_code, ReliefRequest.objects.count()) == (422, 0)
    other = browse.post(f"{path}pause/", {**typed, **seen, "days": "29"})  # not what was looked at
    assert (other.status_code, ReliefRequest.objects.count()) == (200, 0)
    assert browse.post(f"{path}pause/", {**typed, **seen}).status_code == 302
    assert ReliefRequest.objects.get().state == "granted"
    assert "granted at once" in browse.get(path).content.decode()


def test_the_desk_answers_and_auditors_only_look(
    running: tuple[Story, Financing], client_of: Callable[..., Any]
) -> None:
    story, financing = running
    story.platform.opened_on = FIRST
    seller = Seller.objects.get(pk=financing.seller_id)
    request = ask(story, financing, 45)
    waiting = client_of(story.platform, seller.user).get(f"/money/{financing.pk}/hardship/").content.decode()
    assert "answer by" in waiting
    assert "/hardship/pause/" not in waiting  # one answer at a time
    desk = {role: client_of(story.platform, make_user(role=role)) for role in (Role.STAFF, Role.AUDITOR)}
    for client in desk.values():
        assert "A flood." in client.get(f"/desk/relief/{request.pk}/").content.decode()
        assert seller.name in client.get("/desk/relief/").content.decode()
    assert desk[Role.AUDITOR].post(f"/desk/relief/{request.pk}/", {"answer": "no", "refuse": "1"}).status_code == 403
    assert desk[Role.STAFF].post(f"/desk/relief/{request.pk}/", {"answer": "", "refuse": "1"}).status_code == 422
    assert ReliefRequest.objects.get().state == "asked"
    assert desk[Role.STAFF].post(f"/desk/relief/{request.pk}/", {"answer": "No.", "refuse": "1"}).status_code == 302
    assert ReliefRequest.objects.get().state == "refused"


def test_another_sellers_financing_and_another_platforms_request_are_not_there(
    two_platforms: tuple[Platform, Platform], client_of: Callable[..., Any]
) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        story, financing = advance(harbor)
        request = ask(story, financing, 45)
    with entered(meadow.schema_name):
        other = Story(meadow).seller("Wang")
        other.user = make_user(role=Role.SELLER)
        other.save()
        assert client_of(meadow, other.user).get(f"/money/{financing.pk}/hardship/pause/").status_code == 404
        clerk = client_of(meadow, make_user(role=Role.STAFF))
        assert clerk.get(f"/desk/relief/{request.pk}/").status_code == 404
