"""A night is signed off by a name; what is open then is accepted by a reason, and both are evidence."""

import json
from collections.abc import Callable

import pytest

from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.reconciliation.models import Break, NightlyRun
from apps.reconciliation.services import CloseRefused, close_run
from apps.tenants.models import Platform
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.reconciliation.test_matching import bank, sold_and_closed
from tests.story import DAY, FIRST, Story


@pytest.fixture
def story(platform: Platform) -> Story:
    """The 1st is balanced; on the 2nd the bank books 12.34 that nobody expected."""
    story = Story(platform)
    sold_and_closed(story)
    bank(story, 1, "12.34", "WHO-KNOWS")
    assert story.night(FIRST + DAY).state == "with_breaks"
    return story


def close(story: Story, number: int, reason: str = "") -> NightlyRun:
    run = NightlyRun.objects.get(business_date=FIRST + number * DAY)
    return close_run(run_id=run.pk, reason=reason, at=story.at(FIRST + 2 * DAY), by="user:1")


def test_a_balanced_night_is_signed_off_by_a_name_once(story: Story) -> None:
    assert (close(story, 0).closed_by, close(story, 0).state) == ("user:1", "closed")
    record = Record.objects.get(kind="day_signed_off")
    assert (record.subject, record.by) == (f"night:{FIRST}", "user:1")
    assert json.loads(record.payload) == {"breaks": 0, "reason": "", "set_aside": 0, "unexplained": "0"}
    assert evidence.faults() == []


def test_a_night_with_breaks_is_signed_off_by_a_reason_and_the_breaks_stay_open(story: Story) -> None:
    with pytest.raises(CloseRefused, match="Say why"):
        close(story, 1, "  ")
    assert not Record.objects.filter(kind="day_signed_off").exists()
    assert close(story, 1, "The bank was asked; ticket 17.").state == "closed"
    payload = json.loads(Record.objects.get(kind="day_signed_off").payload)
    assert (payload["breaks"], payload["unexplained"]) == (1, "12.3400")
    assert payload["reason"] == "The bank was asked; ticket 17."
    assert Break.objects.unexplained().count() == 1


def test_the_page_asks_for_the_reason_where_something_is_open(
    story: Story, client_of: Callable[..., PlatformClient]
) -> None:
    clerk = client_of(story.platform, make_user(role="staff"))
    assert "Why the day may be closed" not in clerk.get(f"/desk/nights/{FIRST}/").content.decode()
    path = f"/desk/nights/{FIRST + DAY}/"
    assert "Why the day may be closed" in clerk.get(path).content.decode()
    assert clerk.post(f"{path}close/").status_code == 422
    assert clerk.post(f"{path}close/", {"reason": "Known, the bank looks."}).status_code == 302
    assert "Close the day" not in clerk.get(path).content.decode()
