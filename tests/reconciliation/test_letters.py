"""The morning's letter, the forecast of five o'clock and the alarm: each once, by the platform's own clock."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail

from apps.reconciliation import rerunning, works
from apps.reconciliation.letters import silent_night, write_due_letters
from apps.reconciliation.models import Break, Letter
from apps.reconciliation.night import Night, open_night, work_on
from apps.reconciliation.steps import steps_now
from apps.reconciliation.trend import trends
from apps.tenants.models import Platform
from tests.factories import make_instruction, make_nightly_run, make_nightly_step, make_set_aside, make_user
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY, FIRST, Story


def local(platform: Platform, days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(FIRST + days * DAY, time(hour, minute), tzinfo=platform.zone)


@pytest.fixture
def story(platform: Platform) -> Story:
    """1 March is closed; Mei reads English, Chen Chinese, and a colleague who left reads nothing."""
    story = Story(platform)
    platform.opened_on = FIRST
    sold_and_closed(story)
    make_user(role="staff", email="mei@meadow.example")
    make_user(role="staff", email="chen@meadow.example", language="zh-hans")
    make_user(role="staff", email="left@meadow.example", is_active=False)
    make_user(role="seller", email="seller@meadow.example")
    return story


def test_the_morning_letter_goes_to_the_staff_once(story: Story, platform: Platform) -> None:
    assert write_due_letters(platform=platform, at=local(platform, 1, 6, 59)) == []
    for _twice in range(2):
        write_due_letters(platform=platform, at=local(platform, 1, 7))
    assert [one.to for one in mail.outbox] == [["mei@meadow.example"], ["chen@meadow.example"]]
    assert "Night of 2025-03-01: 0 open breaks" in mail.outbox[0].subject
    assert "/desk/nights/2025-03-01/" in mail.outbox[0].body
    assert "proved" in mail.outbox[0].body
    assert list(Letter.objects.values_list("kind", flat=True)) == ["morning"]


def test_the_morning_letter_waits_for_its_night(story: Story, platform: Platform) -> None:
    assert {one.kind for one in write_due_letters(platform=platform, at=local(platform, 2, 8))} == {"alarm"}
    story.night(FIRST + DAY)
    assert {one.kind for one in write_due_letters(platform=platform, at=local(platform, 2, 8))} == {"morning"}


def test_at_five_the_forecast_tells_tonights_breaks_and_writes_none(story: Story, platform: Platform) -> None:
    bank(story, 1, "12.34", "WHO-KNOWS")
    letters = write_due_letters(platform=platform, at=local(platform, 1, 17))
    assert {one.kind for one in letters} == {"morning", "forecast"}
    assert "1 new breaks" in mail.outbox[-2].subject
    assert Break.objects.count() == 0


def test_a_mail_server_that_is_away_leaves_the_letter_to_be_tried_again(
    story: Story, platform: Platform, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(ConnectionRefusedError):
        write_due_letters(platform=platform, at=local(platform, 1, 7))
    assert Letter.objects.count() == 0


@pytest.mark.parametrize(("minute", "is_silent"), [(14, False), (16, True)])
def test_a_night_without_a_sign_for_a_quarter_of_an_hour_is_silent(
    story: Story, platform: Platform, minute: int, is_silent: bool
) -> None:
    cut_off = local(platform, 2, platform.cut_off.hour) + timedelta(minutes=minute)
    assert (silent_night(platform=platform, at=cut_off) is not None) is is_silent


def test_a_closed_platform_is_never_silent(story: Story, platform: Platform) -> None:
    assert silent_night(platform=platform, at=local(platform, 1, 12)) is None


def test_a_step_is_compared_with_the_nights_before_it_only(platform: Platform) -> None:
    runs = [make_nightly_run(business_date=FIRST + number * DAY) for number in range(4)]
    for run, seconds in zip(runs, ("1", "9", "2", "77"), strict=True):
        make_nightly_step(run=run, name="sweep", seconds=seconds, state="done")
    make_nightly_step(run=runs[0], name="match", seconds="5", state="failed")
    found = trends(runs[3])
    assert set(found) == {"sweep"}
    assert (found["sweep"].usual, len(found["sweep"].nights)) == (Decimal(2), 3)
    assert trends(runs[0]) == {}


def test_a_seller_set_aside_is_done_again_or_the_new_error_is_kept(
    story: Story, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = make_set_aside(work="offers", seller_id=1)
    facts: dict[str, Any] = {
        "set_aside_id": aside.pk,
        "platform": platform,
        "at": story.at(FIRST + DAY),
        "by": "user:1",
    }

    def broken(_piece: works.Piece) -> works.Report:
        raise ValueError("still no price")

    with monkeypatch.context() as patched:
        patched.setattr(works, "_offers", broken)
        with pytest.raises(rerunning.NotRerun, match="still no price"):
            rerunning.rerun(**facts)
    aside.refresh_from_db()
    assert (aside.error, aside.resolved_at) == ("still no price", None)
    first = rerunning.rerun(**facts).resolved_at
    assert rerunning.rerun(**{**facts, "at": story.at(FIRST + 2 * DAY)}).resolved_at == first


def test_what_is_done_again_counts_in_its_step(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.settle(FIRST, seller, "300.00")
    poison = make_instruction(key=f"payout:{FIRST}:{seller.pk}", business_date=FIRST)
    clock = partial(story.at, FIRST + DAY, 2)
    run = open_night(platform=platform, business_date=FIRST, clock=clock, by="night")
    while not run.set_aside.exists():
        assert work_on(Night(platform, run, clock, "night"))
    poison.delete()

    def swept() -> tuple[int, int]:
        step = next(one for one in steps_now(run) if one.name == "sweep")
        return step.done, step.failed

    assert swept() == (0, 1)
    rerunning.rerun(set_aside_id=run.set_aside.get().pk, platform=platform, at=clock(), by="user:1")
    assert swept() == (1, 0)
    assert run.chunks.get(work="close").error == ""


def test_the_books_of_a_closed_date_are_not_touched_by_a_rerun(platform: Platform) -> None:
    story = Story(platform)
    seller, tomorrow = story.seller(), FIRST + DAY
    story.night(FIRST)
    story.settle(tomorrow, seller, "300.00")
    poison = make_instruction(key=f"payout:{tomorrow}:{seller.pk}", business_date=tomorrow)
    aside = story.night(tomorrow).set_aside.get()
    poison.delete()
    with pytest.raises(rerunning.NotRerun):
        rerunning.rerun(set_aside_id=aside.pk, platform=platform, at=story.at(FIRST + 2 * DAY), by="user:1")
    aside.refresh_from_db()
    assert aside.resolved_at is None
    story.night(FIRST + 2 * DAY)
    aside.refresh_from_db()
    assert aside.resolved_at is not None
