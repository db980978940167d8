"""A slip of the hand at the desk: a date in the year 9999 is refused in a sentence, and the next night runs."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.financing.models import Financing
from apps.products.models import ProductVersion
from apps.repayment.events import Act, perform, preview
from apps.repayment.life import Refused
from apps.repayment.models import Event
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.portal.test_pages import person
from tests.story import DAY, Story

D = Decimal
CODES = ("sales-advance", "early-payment", "stock-loan")


def test_a_date_far_off_is_refused_by_the_service_and_at_the_desk(
    platform: Platform, client_of: Callable[..., Any]
) -> None:
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - 2 * DAY)
    drawn = {}
    sellers = {code: story.seller(code) for code in CODES}
    story.delivered(sellers["early-payment"], "2000.00", today - 2 * DAY)
    story.night(today - 2 * DAY)
    for code, seller in sellers.items():
        drawn[code] = story.draw(story.offer(seller, code), "1000", today - DAY)
    story.night(today - DAY)
    desk = client_of(platform, person(Role.STAFF, "staff@meadow.example"))
    ends_on = drawn["early-payment"].due_on
    assert ends_on is not None
    version = ProductVersion.objects.active().get(product__code="early-payment").pk
    new_terms = {"version": version, "agreement": "A-1"}
    for code, kind, more, last in (
        ("sales-advance", "pause", {}, today + 365 * DAY),
        ("sales-advance", "lower_share", {"kept": "3"}, today + 365 * DAY),
        ("early-payment", "due_date", {}, ends_on),
        ("stock-loan", "due_date", {}, today + 390 * DAY),
        ("early-payment", "restructure", new_terms, today + 1830 * DAY),
    ):
        one = drawn[code]
        for until in (date.max, date(9999, 1, 1), last + 400 * DAY, date.min, date(1, 2, 3)):
            act = _act(kind, until, more)
            for do in (preview, perform):
                key = {} if do is preview else {"key": "k"}
                with pytest.raises(Refused, match=r"days at most|at the latest|later day|begins today|lies ahead"):
                    do(financing_id=one.pk, act=act, asked_on=today, at=story.at(today), by="user:1", **key)
            typed = {"until": until.isoformat(), "reason": "a slip", "key": "k", **more}
            for press in ({}, {"do": "whatever"}):
                page = desk.post(f"/desk/financings/{one.pk}/{kind}/", {**typed, **press})
                assert page.status_code == 422
                assert "a slip" in page.content.decode()  # what was typed is kept
    assert not Event.objects.exists()
    perform(  # the longest that can be granted
        financing_id=drawn["sales-advance"].pk, act=_act("pause", today + 365 * DAY, {}), key="k", asked_on=today,
        at=story.at(today), by="user:1",
    )  # fmt: skip
    assert story.night(today).state == "balanced"
    assert story.night(today + DAY).state == "balanced"
    with pytest.raises(IntegrityError, match="financing_dates_within_reach"), transaction.atomic():
        Financing.objects.filter(pk=drawn["stock-loan"].pk).update(paused_until=date.max)


def _act(kind: str, until: date, more: dict[str, Any]) -> Act:
    return Act(
        kind, "a slip", until=until, share=D(more["kept"]) / 100 if "kept" in more else None,
        version_id=more.get("version"), agreement=more.get("agreement", ""),
    )  # fmt: skip
