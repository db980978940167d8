"""A smaller share and a longer time as worked examples: what is shown before, what each night takes, what falls due.

The advance of these stories: 1,000.00 and a fee of 40.00, paid out on 2 March 2025; 12 % of sales repay it, and every
60 days at least 15 % of 1,040.00 = 156.00 must have been repaid. 500.00 are sold a day, so 60.00 are kept.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.financing.models import Financing
from apps.repayment.events import Act, perform
from apps.repayment.hardship import LONGER, LOWER_SHARE, PAUSE, Wish
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, Movement, ReliefRequest
from apps.repayment.prospects import Choice, choice_of
from apps.repayment.receipts import receipts_of
from apps.repayment.relief import ask_for_relief, kinds_for
from apps.sellers.models import Message
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

D = Decimal
TODAY = FIRST + 2 * DAY
HALF = Wish(LOWER_SHARE, days=4, part=D("0.5"))


@pytest.fixture
def story(platform: Platform) -> Story:
    story = Story(platform)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    return story


def ask(story: Story, wish: Wish, on: date = TODAY, key: str = "one") -> ReliefRequest:
    one = Financing.objects.get()
    return ask_for_relief(
        financing_id=one.pk, seller_id=one.seller_id, wish=wish, reason="A flood.", key=key, country="CN", asked_on=on,
        at=story.at(on), by="user:1",
    )  # fmt: skip


def look(story: Story, wish: Wish, on: date = TODAY) -> Choice:
    return choice_of(
        Financing.objects.get(), wish, daily_sales=D(500), asked_on=on, at=story.at(on), by="user:1"
    )  # fmt: skip


def sell(story: Story, first: date, nights: int) -> list[Decimal]:
    """500.00 a day for so many nights; answers what each kept."""
    for number in range(nights):
        story.settle(first + number * DAY, Financing.objects.get().seller, "500.00")
        story.night(first + number * DAY)
    swept = Movement.objects.filter(kind="sweep", business_date__gte=first).order_by("business_date")
    return [-one.total for one in swept]


def test_half_of_the_share_is_kept_for_four_nights_and_the_receipts_say_so(story: Story) -> None:
    request = ask(story, HALF)
    assert request.state == "granted"
    assert Event.objects.get(relief_request=request).kind == "lower_share"
    assert sell(story, TODAY, 6) == [D(30), D(30), D(30), D(30), D(60), D(60)]
    shown = [(one.rate, one.share, one.why) for one in receipts_of(Financing.objects.get(), number=6)]
    assert shown == 2 * [(D("0.12"), D(60), "share")] + 4 * [(D("0.06"), D(30), "share")]
    told = Message.objects.get(kind="pause_granted").facts
    assert (told["words"], told["day"], D(told["share"])) == ("lower_share_granted", "2025-03-06", D("0.06"))


def test_the_running_minimum_moves_by_half_of_the_days_and_early_repayment_brings_the_rest_back(story: Story) -> None:
    """The first period begins on 3 March and ends on 1 May. 4 days at half: 2 days later. Ended after one night, of the
    3 days left 1.5 would come back, rounded down to 1."""
    sell(story, TODAY, 1)
    assert Demand.objects.get().due_on == date(2025, 5, 1)
    ask(story, HALF, TODAY + DAY)
    assert Demand.objects.get().due_on == date(2025, 5, 3)
    assert sell(story, TODAY + DAY, 1) == [D(30)]
    on = TODAY + 2 * DAY
    one = Financing.objects.get()
    perform(financing_id=one.pk, act=Act("resume", "They sell again."), key="end", asked_on=on, at=story.at(on), by="c")
    assert Demand.objects.get().due_on == date(2025, 5, 2)
    assert sell(story, on, 1) == [D(60)]
    assert [one.rate for one in receipts_of(Financing.objects.get(), number=3)] == [D("0.12"), D("0.06"), D("0.12")]


@pytest.mark.parametrize(
    ("wish", "share", "due", "due_on", "last_on", "done_on"),
    [
        # 1,040 / 60 a day = 18 nights. Seven periods of 60 days: 6 x 156 and 104.
        (None, "0.12", "156.00", date(2025, 5, 1), date(2026, 4, 26), date(2025, 3, 20)),
        (Wish(PAUSE, days=10), "0", "156.00", date(2025, 5, 11), date(2026, 5, 6), date(2025, 3, 30)),
        # 10 x 30, then 740 / 60 = 13 nights
        (Wish(LOWER_SHARE, days=10, part=D("0.5")), "0.06", "156.00", date(2025, 5, 6), date(2026, 5, 1),
         date(2025, 3, 25)),
        # nine periods: 1,040 / 9 = 115.56
        (Wish(LONGER, more=2), "0.12", "115.56", date(2025, 5, 1), date(2026, 8, 24), date(2025, 3, 20)),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_shown_before_it_is_asked_for(
    story: Story, wish: Wish | None, share: str, due: str, due_on: date, last_on: date, done_on: date
) -> None:
    choice = look(story, wish or HALF)
    shown = choice.then if wish else choice.now
    assert (shown.share, shown.due, shown.due_on, shown.last_on, shown.done_on, shown.cost, choice.dearer) == (
        D(share), D(due), due_on, last_on, done_on, D(40), D(0)
    )  # fmt: skip
    assert not Event.objects.exists(), "a look does nothing"


@pytest.mark.parametrize(
    ("wish", "due", "due_on"),
    [
        (None, "132.00", date(2025, 6, 30)),  # two periods ask for 312
        (Wish(PAUSE, days=10), "132.00", date(2025, 7, 10)),
        (Wish(LONGER, more=2), "86.50", date(2025, 6, 30)),  # (1,040 - 156) / 8 = 110.50, and 156 + 110.50 in two
    ],
    ids=str,
)
def test_what_was_repaid_ahead_counts_in_what_is_shown(story: Story, wish: Wish | None, due: str, due_on: date) -> None:
    """Three nights keep 180 of the first period's 156."""
    sell(story, TODAY, 3)
    choice = look(story, wish or HALF, TODAY + 3 * DAY)
    shown = choice.then if wish else choice.now
    assert (shown.due, shown.due_on) == (D(due), due_on)


def test_a_longer_time_asks_for_less_in_each_period_and_for_the_same_in_all(story: Story) -> None:
    ask(story, Wish(LONGER, more=2))
    minimums = [D(one) for one in Financing.objects.get().minimums["minimums"]]
    assert minimums == 8 * [D("115.56")] + [D("115.52")]
    assert sum(minimums) == D(1040)
    sell(story, TODAY, 1)
    assert (Demand.objects.get().amount, Demand.objects.get().due_on) == (D("115.56"), date(2025, 5, 1))
    assert Message.objects.get(kind="pause_granted").facts["words"] == "longer_granted"


def test_relief_counts_together_whatever_its_kind(story: Story) -> None:
    """After four days at half, a longer time the day after is too soon: a person decides, and nothing has changed."""
    ask(story, HALF)
    for number in range(4):
        story.night(TODAY + number * DAY)
    before = Financing.objects.values().get()
    second = ask(story, Wish(LONGER, more=2), TODAY + 4 * DAY, key="two")
    assert (second.state, second.beyond_policy) == ("asked", ["too_soon"])
    assert second.answer_by == date(2025, 3, 11)  # asked on Friday the 7th: Monday, Tuesday
    assert Financing.objects.values().get() == before


def test_while_less_is_kept_nothing_more_can_be_asked_for(story: Story) -> None:
    ask(story, HALF)
    assert kinds_for(Financing.objects.get(), TODAY) == []
    with pytest.raises(Refused, match="Less is kept already"):
        ask(story, Wish(PAUSE, days=5), key="two")
    assert ReliefRequest.objects.count() == 1


def test_the_database_knows_no_share_above_the_agreed_one_and_no_half_wish(story: Story) -> None:
    ask(story, HALF)
    for change in ({"paused_rate": D("0.12")}, {"paused_rate": D("-0.01")}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Financing.objects.update(**change)
    halves: list[dict[str, Any]] = [{"part": None}, {"part": D(1)}, {"days": 0}, {"more": 1}, {"kind": "pause"}]
    for change in halves:
        with pytest.raises(IntegrityError), transaction.atomic():
            ReliefRequest.objects.update(**change)
