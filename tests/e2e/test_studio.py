"""A financier who never saw the system makes two products in a real browser, tries them on the platform's past, and a
colleague puts them on offer: on a small past, and (`make soak`) on the Olist history, with pictures of each step.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from apps.financing.models import Offer
from apps.orders.services import import_orders
from apps.products.models import ProductVersion
from apps.reconciliation.models import BackTest
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.processes import WebServer, Worker
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e
HOST = "studio.localhost"
PATIENCE = 20_000  # milliseconds that the panel may take on a busy machine


OLIST_ENDS = date(2018, 8, 31)
OLIST_PATIENCE = 300_000


@pytest.fixture(params=["small", pytest.param("olist", marks=pytest.mark.soak)])
def story(request: pytest.FixtureRequest, fresh_platform: Callable[..., Platform]) -> Story:
    """A platform with a past, a pool, one who makes products and one who approves them, its first night over."""
    if request.param == "olist":
        rejects = request.getfixturevalue("tmp_path") / "rejects.csv"
        return of_olist(fresh_platform, request.getfixturevalue("shared_data") / "olist", rejects)
    today = datetime.now(UTC).date()
    platform = fresh_platform(opened_on=today - DAY, time_zone="UTC", domain=HOST)
    with entered(platform.schema_name):
        story = Story(platform, first=today - DAY)
        for name, daily in (("Li Mei", "1000.00"), ("Wu Jun", "400.00"), ("Ana Lima", "150.00")):
            story.seller(name, daily=daily)
        staffed(story)
        return story


def of_olist(fresh_platform: Callable[..., Platform], folder: Path, rejects: Path) -> Story:
    """The Olist history on a Brazilian platform that opened its books when the history ends."""
    platform = fresh_platform(
        opened_on=OLIST_ENDS, time_zone="America/Sao_Paulo", currency="BRL", country="BR", domain=HOST
    )
    with entered(platform.schema_name):
        story = Story(platform, first=OLIST_ENDS)
        import_orders(path=folder, format="olist", rejects_path=rejects, at=story.at(OLIST_ENDS), by="test")
        staffed(story)
        return story


def staffed(story: Story) -> None:
    for role, name in ((Role.ANALYST, "Zhou Min"), (Role.APPROVER, "Chen Yu")):
        email = f"{name.split()[0].lower()}@studio.example"
        User.objects.create_user(email=email, password=PASSWORD, role=role, name=name)
    User.objects.create_user(
        email="lin@studio.example", password=PASSWORD, role=Role.ANALYST, name="Lin Yue", language="zh-hans"
    )
    story.night(story.first)


class Album:
    """Pictures of a session, one a step, in var/screenshots/studio; of the small past none are kept."""

    def __init__(self, story: Story) -> None:
        self.folder = settings.BASE_DIR / "var" / "screenshots" / "studio" if story.first == OLIST_ENDS else None
        self.taken = 0
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)

    def take(self, page: Page, name: str) -> None:
        self.taken += 1
        if self.folder is not None:
            page.wait_for_load_state("networkidle")
            page.screenshot(path=self.folder / f"{self.taken:02}-{name}.png", full_page=True)


def test_two_products_from_nothing_to_an_offer(
    story: Story, web_server: WebServer, start_worker: Callable[[], Worker], browser: Browser
) -> None:
    aside(start_worker)
    address, album = web_server.address(HOST), Album(story)
    maker, errors = open_page(browser, javascript=True, width=1280)
    sign_in(maker, address, "zhou@studio.example")
    album.take(maker, "home")

    early = makes_early_payment(maker, album)
    tried = [tries_on_the_past(maker, address, early, album, "early")]
    sent_to_review(maker, address, early)

    harvest = makes_harvest_advance(maker, album)
    tried.append(tries_on_the_past(maker, address, harvest, album, "harvest"))
    sent_to_review(maker, address, harvest)
    expect(maker.get_by_role("button", name="Approve and put on offer")).to_have_count(0)
    album.take(maker, "in-review")

    checker, more_errors = open_page(browser, javascript=True, width=1280)
    sign_in(checker, address, "chen@studio.example")
    for key in (early, harvest):
        checker.goto(f"{address}/admin/products/productversion/{key}/change/")
        album.take(checker, "reviewed")
        checker.get_by_role("button", name="Approve and put on offer").click()
        expect(checker.get_by_text("Done.")).to_be_visible()
    album.take(checker, "approved")

    # In the small past every order is settled at once, so early payment has nothing to rest on.
    is_olist = story.first == OLIST_ENDS
    assert aside(lambda: found_of(story, tried)) == [("done", is_olist), ("done", True)]
    assert aside(lambda: next_night(story)) == {"harvest"} | ({"quick-cash"} if is_olist else set())
    checker.goto(f"{address}/admin/financing/offer/?state__exact=delivered&product_code=harvest")
    expect(checker.locator("#result_list tbody tr").first).to_contain_text("harvest")
    album.take(checker, "offers")
    assert errors + more_errors == []
    in_chinese(browser, address, early, harvest, tried, album)


def makes_early_payment(page: Page, album: Album) -> int:
    key = a_new_product(page, "Early payment: money", "quick-cash", "Quick cash", album)
    typed(page, "annual_rate", "18")
    says(page, "18 would be 1,800%. If you mean 18%, write 0.18 or 18%.")
    album.take(page, "early-wrong-unit")
    typed(page, "annual_rate", "18%")
    says(page, "settled in 14 days")
    says(page, "Annualised rate")
    page.get_by_label("contract template").select_option("plain_words")
    album.take(page, "early-terms")
    page.get_by_role("button", name="Save", exact=True).first.click()
    return key


def makes_harvest_advance(page: Page, album: Album) -> int:
    key = a_new_product(page, "Advance on sales: money", "harvest", "Harvest advance", album)
    typed(page, "period_days", "30")
    typed(page, "minimum_share", "10%")
    page.locator("#id_season_shaped").check()
    says(page, "Least to be repaid, period by period")
    says(page, "the seller in the middle of those who may have credit here")
    typed(page, "minimum_share", "40%")
    says(page, "typical seller misses the minimum")
    album.take(page, "harvest-minimum-too-high")
    typed(page, "minimum_share", "5%")
    typed(page, "eligibility.returned.at_most", "10%")
    says(page, "Share of orders sent back: at most 10%")
    album.take(page, "harvest-terms")
    page.get_by_role("button", name="Save", exact=True).first.click()
    return key


def tries_on_the_past(page: Page, address: str, key: int, album: Album, name: str) -> int:
    """From a draft through the wind tunnel, watching; answers the back-test's key."""
    page.goto(f"{address}/admin/products/productversion/{key}/change/")
    page.get_by_role("link", name="Try these terms on the past").click()
    album.take(page, f"{name}-to-be-tried")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("A worker lives through the past now")).to_be_visible()
    album.take(page, f"{name}-under-way")
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("Sellers who would have qualified", timeout=OLIST_PATIENCE)
    album.take(page, f"{name}-outcome")
    return int(re.search(r"/(\d+)/change/", page.url).group(1))  # type: ignore[union-attr]


def found_of(story: Story, tried: list[int]) -> list[tuple[str, bool]]:
    """How each back-test ended, and whether any seller drew; its figures are printed for the record."""
    with entered(story.platform.schema_name):
        found = []
        for key in tried:
            done = BackTest.objects.get(pk=key)
            told: dict[str, Any] = (done.results or {}).get("version", {})
            shown = {name: value for name, value in told.items() if name != "months"}
            print(f"{done}: {done.state}, {done.sellers} sellers in {done.seconds} s", shown)
            found.append((done.state, told["drew"] > 0))
        return found


def in_chinese(browser: Browser, address: str, early: int, harvest: int, tried: list[int], album: Album) -> None:
    """Pictures of the same pages for a reader of Chinese."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 844})
    page = context.new_page()
    sign_in(page, address, "lin@studio.example")
    places = [f"products/productversion/{key}" for key in (early, harvest)]
    places += [f"reconciliation/backtest/{key}" for key in tried]
    for place in places:
        page.goto(f"{address}/admin/{place}/change/")
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
        album.take(page, f"chinese-{place.replace('/', '-')}")
    page.goto(f"{address}/admin/products/financingproduct/add/")
    album.take(page, "chinese-new-product")
    page.goto(f"{address}/admin/reconciliation/backtest/add/")
    album.take(page, "chinese-to-be-tried")
    context.close()


def panel(page: Page) -> Locator:
    return page.locator("#studio-panel")


def says(page: Page, text: str) -> None:
    expect(panel(page)).to_contain_text(text, timeout=PATIENCE)


def typed(page: Page, name: str, text: str) -> None:
    box = page.locator(f'[name="{name}"]')
    box.fill(text)
    box.blur()


def a_new_product(page: Page, technique: str, code: str, name: str, album: Album) -> int:
    """From the list of products to the first draft of one; answers the draft's key."""
    page.get_by_role("link", name="Products", exact=True).first.click()
    page.locator('a[href$="/financingproduct/add/"]').first.click()
    page.get_by_label(re.compile(technique)).check()
    page.locator("#id_code").fill(code)
    page.locator("#id_name").fill(name)
    page.locator("#id_pool").select_option(index=1)
    album.take(page, "new-product")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("Now its terms")).to_be_visible()
    return int(re.search(r"/(\d+)/change/", page.url).group(1))  # type: ignore[union-attr]


def sent_to_review(page: Page, address: str, key: int) -> None:
    page.goto(f"{address}/admin/products/productversion/{key}/change/")
    page.get_by_role("button", name="Send to review").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def next_night(story: Story) -> set[str]:
    """The new products that the night after offers."""
    with entered(story.platform.schema_name):
        assert ProductVersion.objects.active().filter(product__code__in=["quick-cash", "harvest"]).count() == 2
        story.night(story.first + DAY)
        return set(Offer.objects.open().values_list("product_code", flat=True)) & {"quick-cash", "harvest"}
