"""A clerk clears breaks without touching the mouse, in a real browser against a real web server.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, expect

from apps.banking.models import BankLine
from apps.reconciliation.models import Break, BreakNote
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.processes import WebServer
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e


@pytest.fixture
def desk(fresh_platform: Callable[..., Platform]) -> Platform:
    """Two lines without a reference could each be the settlement of 500.00: the night leaves them to a person."""
    today = datetime.now(UTC).date()
    first = today - 3 * DAY
    platform = fresh_platform(opened_on=first, time_zone="UTC", domain="keys.localhost")
    with entered(platform.schema_name):
        story = Story(platform, first=first)
        User.objects.create_user(email="clerk@keys.example", password=PASSWORD, role=Role.STAFF, name="Clerk")
        story.settle(first, story.seller(consents=False), "500.00")
        story.night(first)
        for key in ("one", "other"):
            BankLine.objects.create(
                purpose="collection", booked_on=first + DAY, amount=Decimal("500.00"), key=key,
                currency=platform.currency,
            )  # fmt: skip
        story.night(first + DAY)
        story.night(first + 2 * DAY)
    return platform


def states(platform: Platform) -> dict[str, str]:
    """The state of each break, by its number."""
    with entered(platform.schema_name):
        return {f"B-{one.pk}": one.state for one in Break.objects.all()}


def test_move_open_take_note_accept_undo_next(desk: Platform, web_server: WebServer, browser: Browser) -> None:
    page, errors = open_page(browser, javascript=True, width=1280)
    sign_in(page, web_server.address("keys.localhost"), "clerk@keys.example")
    assert set(aside(lambda: states(desk)).values()) == {"suggested"}
    page.goto(f"{web_server.address('keys.localhost')}/desk/breaks/")
    rows = page.locator("[data-keys] tbody tr")
    assert rows.count() == 2

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("B-")
    first = page.locator("h1").inner_text().split()[0]

    page.keyboard.press("t")
    expect(page.locator("h1")).to_contain_text("Being looked into")
    page.keyboard.press("c")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.type("Asked the bank at noon.")  # letters that are keys elsewhere are only letters here
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Asked the bank at noon.").first).to_be_visible()
    assert aside(lambda: notes(desk)) == ["Asked the bank at noon."]

    page.keyboard.press("n")
    expect(page.locator("h1")).not_to_contain_text(first)
    page.keyboard.press("p")
    expect(page.locator("h1")).to_contain_text(first)
    page.keyboard.press("n")
    expect(page.locator("h1")).not_to_contain_text(first)

    page.keyboard.press("a")
    expect(page.locator("h1")).to_contain_text("Matched")
    page.keyboard.press("u")
    page.keyboard.type("The wrong one after all")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Being looked into")
    assert set(aside(lambda: states(desk)).values()) == {"investigating"}
    assert errors == []


def notes(platform: Platform) -> list[str]:
    with entered(platform.schema_name):
        return list(BreakNote.objects.values_list("text", flat=True))
