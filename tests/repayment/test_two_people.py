"""What one proposes and another approves later: looked at again, and checked as if it were proposed that day."""

from decimal import Decimal
from typing import Any

import pytest

from apps.financing.models import Financing
from apps.products.models import ProductVersion
from apps.repayment.events import Stale, approve, perform, preview, preview_approval
from apps.repayment.events.act import Act
from apps.repayment.life import Refused
from apps.repayment.models import Event, Movement
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk, faults
from tests.story import DAY

D = Decimal


def decide(desk: Desk, event: Event, shown: str = "") -> Event:
    return approve(
        event_id=event.pk, asked_on=desk.today, shown=shown, at=desk.story.at(desk.today), by="user:2"
    )  # fmt: skip


def nothing_was_done(event: Event) -> None:
    event.refresh_from_db()
    assert (event.state, event.approved_by) == ("proposed", "")
    assert Financing.objects.get().state == "active"
    assert not Movement.objects.filter(event=event).exists()


def restructure(desk: Desk, **facts: Any) -> Event:
    version = ProductVersion.objects.get(product__code="early-payment", state="active")
    facts = {"version_id": version.pk, "agreement": "R-17", "until": desk.today + 4 * DAY, **facts}
    return desk.act("restructure", **facts)


def test_a_due_date_that_has_passed_by_the_approval_makes_no_contract(platform: Platform) -> None:
    """Proposed with a due date four days on; nine days later the new contract would be late at birth."""
    desk = Desk(platform)
    event = restructure(desk)
    desk.night(9)
    with pytest.raises(Refused, match="lies ahead"):
        preview_approval(event_id=event.pk, asked_on=desk.today)
    with pytest.raises(Refused, match="lies ahead"):
        decide(desk, event)
    nothing_was_done(event)
    assert faults() == []


def test_terms_that_were_taken_off_offer_since_are_used_no_more(platform: Platform) -> None:
    desk = Desk(platform)
    event = restructure(desk)
    offered = ProductVersion.objects.get(pk=event.details["version"])
    desk.story.agree("early-payment", desk.today, annual_rate=D("0.1"))
    offered.refresh_from_db()
    assert offered.state == "retired"
    with pytest.raises(Refused, match="on offer"):
        decide(desk, event)
    nothing_was_done(event)


def test_what_moved_between_the_look_and_the_approval_is_looked_at_again(platform: Platform) -> None:
    """1,001.00 after three days. Shown; 300.00 are paid; the approval of what was shown does nothing, the next one
    writes off the 701.00 that are left."""
    desk = Desk(platform)
    desk.night(3)
    event = desk.act("write_off")
    seen = preview_approval(event_id=event.pk, asked_on=desk.today)
    assert seen.before_end.total == D(1001)
    assert Event.objects.get(pk=event.pk).state == "proposed", "a look writes nothing"
    desk.act("payment", line_id=desk.line("300.00").pk)
    with pytest.raises(Stale, match="something else than what you were shown"):
        decide(desk, event, shown=seen.fingerprint)
    nothing_was_done(event)
    again = preview_approval(event_id=event.pk, asked_on=desk.today)
    assert decide(desk, event, shown=again.fingerprint).amount == D(701)
    assert desk.balance()[0] == "written_off"
    assert faults() == []


def test_terms_are_part_of_what_was_shown(platform: Platform) -> None:
    """The same balances with another agreement, or another last day of a pause, are another change."""
    desk = Desk(platform, "sales-advance")
    desk.night()

    def mark(**facts: Any) -> str:
        return preview(
            financing_id=desk.financing.pk, act=Act(reason="agreed", **facts), asked_on=desk.today,
            at=desk.story.at(desk.today), by="user:1",
        ).fingerprint  # fmt: skip

    pause = mark(kind="pause", until=desk.today + 5 * DAY)
    assert pause == mark(kind="pause", until=desk.today + 5 * DAY)
    assert pause != mark(kind="pause", until=desk.today + 6 * DAY)
    with pytest.raises(Stale):
        perform(
            financing_id=desk.financing.pk, act=Act("pause", "agreed", until=desk.today + 6 * DAY), key="p",
            asked_on=desk.today, shown=pause, at=desk.story.at(desk.today), by="user:1",
        )  # fmt: skip
    assert not Event.objects.exists()
