"""From the invitation to the first deduction in a real browser, with and without JavaScript, counting interactions.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.core import bulk
from apps.financing.models import Financing
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.e2e.test_joining import press, written
from tests.e2e.test_journey import PASSWORD, aside, money_arrives, open_page, sign_in
from tests.processes import WebServer
from tests.sellers.test_numbers import RIC
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e
HOST = "whole.localhost"
MOST_INTERACTIONS = 6


@pytest.fixture
def story(fresh_platform: Callable[..., Platform]) -> Story:
    """A platform with products and a clerk, and not one seller; its books begin yesterday."""
    today = datetime.now(UTC).date()
    platform = fresh_platform(opened_on=today - DAY, time_zone="UTC", domain=HOST)
    with entered(platform.schema_name):
        User.objects.create_user(email="clerk@whole.example", password=PASSWORD, role=Role.STAFF, name="Clerk")
        return Story(platform, first=today - DAY)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_the_invitation_to_the_first_deduction(
    story: Story, web_server: WebServer, javascript: bool, browser: Browser
) -> None:
    address = web_server.address(HOST)
    desk, desk_errors = open_page(browser, javascript=javascript, width=1280)
    page, errors = open_page(browser, javascript=javascript)
    today = story.first + DAY

    sign_in(desk, address, "clerk@whole.example")
    is_invited(desk, address)
    joins(page, link_in(web_server))
    is_verified(desk, address)
    aside(lambda: a_year_of_sales(story))
    aside(lambda: night(story, story.first))
    aside(lambda: night(story, today))

    assert draws(page, address, web_server, lambda: aside(lambda: written(story))) <= MOST_INTERACTIONS
    aside(lambda: money_arrives(story, today + DAY))
    aside(lambda: night(story, today + DAY))
    aside(lambda: sells(story, today + 2 * DAY, "1000.00"))
    aside(lambda: night(story, today + 2 * DAY))
    sees_the_deduction(page, address, aside(lambda: only_financing(story)))
    assert errors == desk_errors == []


def is_invited(desk: Page, address: str) -> None:
    desk.goto(f"{address}/desk/joining/invite/")
    desk.get_by_label("E-mail or telephone number").fill("wang@whole.example")
    desk.get_by_label("The shop's name").fill("Stone Creek Eggs")
    desk.get_by_label("The shop's number on the platform").fill("J-1")
    press(desk, "Invite")
    expect(desk.get_by_text("Invited: 1.")).to_be_visible()


def link_in(web_server: WebServer) -> str:
    found = re.search(r"http://\S+/account/join/\S+/", web_server.texts()[-1])
    assert found
    return found[0]


def joins(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("王秀兰")
    press(page, "Join")
    page.get_by_role("link", name="Go on").click()
    page.get_by_text("I sell as a person").click()
    page.get_by_label("Full name, as on your papers").fill("王秀兰")
    page.get_by_label("Identity number").fill(RIC)
    press(page, "Save and go on")
    page.get_by_label("What do you sell?").fill("eggs")
    page.get_by_label("Where are you?").fill("Yunnan")
    page.get_by_label("Since when do you sell?").fill("2020-05-01")
    press(page, "Save and go on")
    page.get_by_label("Whose account is it?").fill("王秀兰")
    page.get_by_label("Account or card number").fill("6222020200112233446")
    press(page, "Save and go on")
    page.get_by_text("The financiers of this platform may read").click()
    page.get_by_text("One year").click()
    press(page, "Save and go on")
    press(page, "Send it in")
    expect(page.get_by_text("Being checked")).to_be_visible()


def is_verified(desk: Page, address: str) -> None:
    desk.goto(f"{address}/desk/joining/")
    desk.get_by_role("link", name="Stone Creek Eggs").first.click()
    press(desk, "Verify")
    expect(desk.get_by_text("The seller is told.")).to_be_visible()


def a_year_of_sales(story: Story) -> None:
    with entered(story.platform.schema_name):
        seller = Seller.objects.get(external_id="J-1")
        bulk.copy_instances([story._sold(seller, Decimal(100), story.first - days * DAY) for days in range(1, 361)])


def night(story: Story, day: date) -> None:
    with entered(story.platform.schema_name):
        story.night(day)


def draws(page: Page, address: str, web_server: WebServer, write: Callable[[], None]) -> int:
    """From the first page to signed; answers how many times something was pressed."""
    presses = 0

    def follow(role: str, name: str | re.Pattern[str]) -> None:
        nonlocal presses
        page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]  # "link" or "button"
        presses += 1

    page.goto(f"{address}/messages/")
    expect(page.get_by_text("Your shop is checked: welcome")).to_be_visible()
    page.goto(f"{address}/")
    expect(page.get_by_text("You can draw up to").first).to_be_visible()
    follow("link", re.compile("Sales advance"))
    follow("button", "Continue")
    expect(page.get_by_text("If sales go slowly").or_(page.locator("svg")).first).to_be_visible()
    follow("link", "Continue")
    follow("button", re.compile("^Accept"))
    expect(page).to_have_url(re.compile("/contracts/"))
    write()
    page.reload()
    follow("button", "Sign the contract")
    page.get_by_label("Your code").fill(web_server.latest_code())
    follow("button", "Sign now")
    expect(page.get_by_text("The contract is signed")).to_be_visible()
    return presses


def sells(story: Story, day: date, amount: str) -> None:
    with entered(story.platform.schema_name):
        story.settle(day, Seller.objects.get(external_id="J-1"), amount)


def only_financing(story: Story) -> int:
    with entered(story.platform.schema_name):
        return int(Financing.objects.get().pk)


def sees_the_deduction(page: Page, address: str, financing: int) -> None:
    """As a receipt, with its sum, and as a message that leads to it."""
    page.goto(f"{address}/money/{financing}/")
    expect(page.get_by_text("¥120.00").first).to_be_visible()
    page.goto(f"{address}/messages/")
    expect(page.get_by_text("¥120.00 kept from your sales")).to_be_visible()
    expect(page.get_by_text("have been paid out")).to_be_visible()
    page.get_by_role("button", name="See the sum").first.click()
    expect(page).to_have_url(re.compile("/money/"))
