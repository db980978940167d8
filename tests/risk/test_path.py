"""The path to yes: what the scorecard itself answers when one figure is a little better."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from apps.risk.goals import review_goals
from apps.risk.models import Goal
from apps.risk.path import path_to_yes
from apps.risk.scorecard import Record, assess, frozen, thawed
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import DAY, RECORD, make_assessment, make_seller, make_user
from tests.risk.test_scorecard import STEADY, records
from tests.story import DAY as ONE_DAY
from tests.story import FIRST, Story

D = Decimal


def ways(record: Record) -> dict[str, tuple[Decimal | None, bool]]:
    return {one.name: (one.target, one.below) for one in path_to_yes(record).ways}


def test_nothing_holds_a_steady_seller_back() -> None:
    path = path_to_yes(STEADY)
    assert path.ways == ()
    assert path.limit_then == path.limit_now == D(2000)


def test_the_nearest_figure_that_is_no_reason_any_more() -> None:
    weak = replace(STEADY, returned=D("0.12"), late=D("0.35"), days_selling=100)
    assert ways(weak) == {
        "returned": (D("0.05"), True),  # below 10 % earns 18, still less than sellers earn on average (22)
        "late": (D("0.10"), True),
        "days_selling": (D("180"), False),
    }


def test_what_turns_no_credit_into_some_by_itself_comes_before_what_is_only_average() -> None:
    young = replace(STEADY, monthly=(*[D(0)] * 10, D(5000), D(5000)), days_selling=60)
    assert assess(young).grade == ""
    assert ways(young)["active_months"] == (D(3), False)  # the rule of three months, not the average of six


def test_a_late_repayment_has_to_be_made_up_whole() -> None:
    assert ways(replace(STEADY, days_past_due=40))["days_past_due"] == (D(1), True)


def test_each_way_says_what_the_limit_would_be_with_it_alone_and_all_together() -> None:
    weak = replace(STEADY, returned=D("0.25"), cancelled=D("0.30"), late=D("0.5"))
    path = path_to_yes(weak)
    assert path.limit_now == D(1500)
    assert path.limit_then == D(2000)
    assert all(path.limit_now <= way.limit <= path.limit_then for way in path.ways)


@given(records)
def test_whoever_reaches_a_goal_is_never_worse_off(record: Record) -> None:
    path = path_to_yes(record)
    before = assess(record)
    assert len(path.ways) <= 4
    assert path.limit_then >= path.limit_now == before.limit
    for way in path.ways:
        assert way.target is not None  # a reason always has a better band
        value = way.target - D("0.0001") if way.below else way.target
        assert assess(record, {way.name: value}).score > before.score


def test_a_record_comes_back_as_it_was_frozen() -> None:
    assert thawed(frozen(STEADY)) == STEADY


def goals() -> list[tuple[str, Decimal, bool]]:
    return [(one.name, one.target, one.reached_on is not None) for one in Goal.objects.order_by("pk")]


def test_goals_are_set_once_and_reached_by_themselves(platform: Platform) -> None:
    seller = make_seller(user=make_user(role=Role.SELLER))
    weak = make_assessment(seller=seller, features=frozen(replace(RECORD, returned=D("0.12"))))
    for _time in range(2):
        review_goals(assessments=[weak], business_date=DAY)
    assert goals() == [("returned", D("0.05"), False)]
    better = make_assessment(
        seller=seller, business_date=DAY + ONE_DAY, features=frozen(replace(RECORD, returned=D("0.07")))
    )
    review_goals(assessments=[better], business_date=DAY + ONE_DAY)
    assert goals() == [("returned", D("0.05"), False)]  # better, and not there yet
    good = make_assessment(
        seller=seller, business_date=DAY + 2 * ONE_DAY, features=frozen(replace(RECORD, returned=D("0.0499")))
    )
    for _time in range(2):
        review_goals(assessments=[good], business_date=DAY + 2 * ONE_DAY)
    assert goals() == [("returned", D("0.05"), True)]
    assert Goal.objects.get().reached_on == DAY + 2 * ONE_DAY


def test_who_falls_back_gets_a_new_goal_and_keeps_the_old_success(platform: Platform) -> None:
    seller = make_seller(user=make_user(role=Role.SELLER))
    for number, returned in enumerate(("0.12", "0.02", "0.30")):
        row = make_assessment(
            seller=seller,
            business_date=DAY + number * ONE_DAY,
            features=frozen(replace(RECORD, returned=D(returned))),
        )
        review_goals(assessments=[row], business_date=row.business_date)
    assert goals() == [("returned", D("0.05"), True), ("returned", D("0.05"), False)]


def test_nobody_but_who_has_signed_up_has_goals(platform: Platform) -> None:
    weak = make_assessment(features=frozen(replace(RECORD, returned=D("0.12"))))
    review_goals(assessments=[weak], business_date=DAY)
    assert goals() == []


def test_the_night_reviews_goals_though_score_and_limit_stand_still(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller(days=100)
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(FIRST)
    assert [name for name, _target, _reached in goals()]
    open_goals = Goal.objects.open().count()
    story.night(FIRST + ONE_DAY)
    assert Goal.objects.open().count() == open_goals
    assert set(Goal.objects.values_list("set_on", flat=True)) == {FIRST}


def test_the_limit_page_says_why_and_what_would_change_it_in_both_languages(
    platform: Platform, client_of: Callable[..., object]
) -> None:
    seller = make_seller(user=make_user(role=Role.SELLER))
    make_assessment(
        seller=seller, features=frozen(replace(RECORD, returned=D("0.25"), cancelled=D("0.3"), late=D("0.5"))),
        reasons=["returned", "cancelled", "late"], limit=D("13000.00"),
    )  # fmt: skip
    page = client_of(platform, seller.user).get("/limit/").content.decode()  # type: ignore[attr-defined]  # a client
    assert page.count('class="entry"') == 3
    assert "25% of your orders came back." in page
