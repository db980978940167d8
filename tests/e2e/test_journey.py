"""A seller's whole journey in a real browser, with a real worker and a real web server, with and without JavaScript.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from typing import Any, TypeVar

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from apps.financing.models import Contract, Financing, Offer
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.processes import WebServer, Worker
from tests.story import DAY, Story

PASSWORD = "a-farmers-password"
T = TypeVar("T")
pytestmark = pytest.mark.e2e


def aside(work: Callable[[], T]) -> T:
    """Run database work beside Playwright, whose event loop Django would mistake for its own."""

    def and_close() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(and_close).result()


@pytest.fixture
def shop(fresh_platform: Callable[..., Platform]) -> Story:
    """A platform whose books are closed through yesterday, with a seller who can sign in and has an offer."""
    today = datetime.now(UTC).date()
    platform = fresh_platform(opened_on=today - DAY, time_zone="UTC", domain="journey.localhost")
    with entered(platform.schema_name):
        story = Story(platform, first=today - DAY)
        seller = story.seller()
        seller.user = User.objects.create_user(
            email="mei@journey.example", password=PASSWORD, role=Role.SELLER, name="Li Mei"
        )
        seller.save()
        User.objects.create_user(email="clerk@journey.example", password=PASSWORD, role=Role.STAFF, name="Clerk")
        story.night(today - DAY)
    return story


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], main button:not([type])").first.click()


def open_page(browser: Browser, *, javascript: bool, width: int = 390) -> tuple[Page, list[str]]:
    """A phone's page, and the list in which its script errors collect."""
    context = browser.new_context(java_script_enabled=javascript, viewport={"width": width, "height": 844})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_sign_in_to_signed_page_by_page_and_repaid_by_sales(
    shop: Story, web_server: WebServer, start_worker: Callable[[], Worker], javascript: bool, browser: Browser
) -> None:
    aside(start_worker)
    address = web_server.address("journey.localhost")
    page, errors = open_page(browser, javascript=javascript)
    sign_in(page, address, "mei@journey.example")
    expect(page.get_by_text("You can draw up to")).to_be_visible()
    page.get_by_role("link", name=re.compile("Sales advance")).first.click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    for _look in range(60):
        if page.get_by_role("button", name="Sign the contract").count():
            break
        page.wait_for_timeout(500)
        if not javascript:
            page.get_by_role("link", name="Look again").click()
    href = page.get_by_role("link", name=re.compile("Open the contract")).get_attribute("href")
    media_type, paper = downloaded(page, web_server, str(href))
    assert media_type == "application/pdf"
    assert paper.startswith(b"%PDF-")
    page.get_by_role("button", name="Sign the contract").click()
    page.get_by_label("Your code").fill(web_server.latest_code())
    page.get_by_role("button", name="Sign now").click()
    expect(page.get_by_text("The contract is signed")).to_be_visible()
    page.go_back()
    page.reload()
    assert aside(lambda: counted(shop)) == (1, 1)
    aside(lambda: money_arrives(shop, shop.first + DAY))
    page.goto(f"{address}/money/")
    expect(page.get_by_text("F-000001").first).to_be_visible()
    financing = aside(lambda: one_night_of_sales(shop))
    page.goto(f"{address}/money/{financing}/")
    expect(page.get_by_text("¥120.00").first).to_be_visible()
    assert errors == []


def downloaded(page: Page, web_server: WebServer, path: str) -> tuple[str, bytes]:
    """What the signed-in browser would download; only browsers know that x.localhost is this machine."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    with closing(HTTPConnection("127.0.0.1", web_server.port)) as connection:
        connection.request("GET", path, headers={"Host": f"journey.localhost:{web_server.port}", "Cookie": cookies})
        with connection.getresponse() as answer:
            return answer.headers["Content-Type"], answer.read()


def counted(shop: Story) -> tuple[int, int]:
    with entered(shop.platform.schema_name):
        return Contract.objects.count(), Financing.objects.count()


def money_arrives(shop: Story, today: date) -> None:
    with entered(shop.platform.schema_name):
        book_payments(on=today)
        match_bank_lines(business_date=today, at=shop.at(today), by="test")
        assert Financing.objects.get().state == "active"


def one_night_of_sales(shop: Story) -> Any:
    today = shop.first + DAY
    with entered(shop.platform.schema_name):
        seller = Offer.objects.first().seller
        shop.night(today)
        shop.settle(today + DAY, seller, "1000.00")
        shop.night(today + DAY)
        return Financing.objects.get().pk


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_clerk_sees_last_night_in_both_languages(
    shop: Story, web_server: WebServer, language: str, browser: Browser
) -> None:
    address = web_server.address("journey.localhost")
    page, errors = open_page(browser, javascript=True, width=1280)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    sign_in(page, address, "clerk@journey.example")
    words = {"en": ("Control totals", "Balanced"), "zh-hans": ("控制总额", "已平")}[language]
    expect(page.get_by_text(words[0]).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("html").get_attribute("lang") in {language, "zh-Hans", "en"}
    assert errors == []


def test_a_wrong_password_says_so_and_a_stranger_sees_nothing(
    shop: Story, web_server: WebServer, browser: Browser
) -> None:
    address = web_server.address("journey.localhost")
    page, _errors = open_page(browser, javascript=False)
    page.goto(f"{address}/money/")
    expect(page).to_have_url(re.compile("/account/login/"))
    page.locator("input[name=login]").fill("mei@journey.example")
    page.locator("input[name=password]").fill("wrong")
    page.locator("main button[type=submit], main button:not([type])").first.click()
    expect(page.locator("main")).to_contain_text("password")
    assert page.goto(f"{address}/desk/").status in {200, 403}  # type: ignore[union-attr]  # the sign-in page, or no
    expect(page).to_have_url(re.compile("/account/login/"))
