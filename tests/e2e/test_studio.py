"""A financier who never saw the system makes two products in a real browser; a colleague puts them on offer.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from apps.financing.models import Offer
from apps.products.models import ProductVersion
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.processes import WebServer
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e
HOST = "studio.localhost"
PATIENCE = 20_000  # milliseconds that the panel may take on a busy machine


@pytest.fixture
def story(fresh_platform: Callable[..., Platform]) -> Story:
    """A platform with a pool, a seller with a year of sales, one who makes products and one who approves them."""
    today = datetime.now(UTC).date()
    platform = fresh_platform(opened_on=today - DAY, time_zone="UTC", domain=HOST)
    with entered(platform.schema_name):
        for role, name in ((Role.ANALYST, "Zhou Min"), (Role.APPROVER, "Chen Yu")):
            User.objects.create_user(
                email=f"{name.split()[0].lower()}@studio.example", password=PASSWORD, role=role, name=name
            )
        story = Story(platform, first=today - DAY)
        story.seller(daily="1000.00")
        story.night(today - DAY)
        return story


def test_two_products_from_nothing_to_an_offer(story: Story, web_server: WebServer, browser: Browser) -> None:
    address = web_server.address(HOST)
    maker, errors = open_page(browser, javascript=True, width=1280)
    sign_in(maker, address, "zhou@studio.example")
    maker.get_by_role("link", name="Products", exact=True).first.click()

    early = a_new_product(maker, "Early payment: money", "quick-cash", "Quick cash")
    typed(maker, "annual_rate", "18")
    says(maker, "18 would be 1,800%. If you mean 18%, write 0.18 or 18%.")
    typed(maker, "annual_rate", "18%")
    says(maker, "settled in 14 days")
    says(maker, "Annualised rate")
    maker.get_by_role("button", name="Save", exact=True).first.click()
    sent_to_review(maker, address, early)

    harvest = a_new_product(maker, "Advance on sales: money", "harvest", "Harvest advance")
    typed(maker, "period_days", "30")
    typed(maker, "minimum_share", "10%")
    maker.locator("#id_season_shaped").check()
    says(maker, "Least to be repaid, period by period")
    says(maker, "the seller in the middle of those who may have credit here")
    typed(maker, "minimum_share", "40%")
    says(maker, "typical seller misses the minimum")
    typed(maker, "minimum_share", "5%")
    typed(maker, "eligibility.returned.at_most", "10%")
    says(maker, "Share of orders sent back: at most 10%")
    expect(panel(maker)).not_to_contain_text("misses the minimum", timeout=PATIENCE)
    maker.get_by_role("button", name="Save", exact=True).first.click()
    sent_to_review(maker, address, harvest)
    expect(maker.get_by_role("button", name="Approve and put on offer")).to_have_count(0)

    checker, more_errors = open_page(browser, javascript=True, width=1280)
    sign_in(checker, address, "chen@studio.example")
    for key in (early, harvest):
        checker.goto(f"{address}/admin/products/productversion/{key}/change/")
        checker.get_by_role("button", name="Approve and put on offer").click()
        expect(checker.get_by_text("Done.")).to_be_visible()
    assert errors + more_errors == []
    assert aside(lambda: next_night(story)) == {"harvest"}


def panel(page: Page) -> Locator:
    return page.locator("#studio-panel")


def says(page: Page, text: str) -> None:
    expect(panel(page)).to_contain_text(text, timeout=PATIENCE)


def typed(page: Page, name: str, text: str) -> None:
    box = page.locator(f'[name="{name}"]')
    box.fill(text)
    box.blur()


def a_new_product(page: Page, technique: str, code: str, name: str) -> int:
    """From the list of products to the first draft of one; answers the draft's key."""
    page.get_by_role("link", name="Products", exact=True).first.click()
    page.locator('a[href$="/financingproduct/add/"]').first.click()
    page.get_by_label(re.compile(technique)).check()
    page.locator("#id_code").fill(code)
    page.locator("#id_name").fill(name)
    page.locator("#id_pool").select_option(index=1)
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("Now its terms")).to_be_visible()
    return int(re.search(r"/(\d+)/change/", page.url).group(1))  # type: ignore[union-attr]


def sent_to_review(page: Page, address: str, key: int) -> None:
    page.goto(f"{address}/admin/products/productversion/{key}/change/")
    page.get_by_role("button", name="Send to review").click()
    expect(page.get_by_text("Done.")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def next_night(story: Story) -> set[str]:
    """The new products that the night after offers; nothing is delivered, so early payment has nothing to rest on."""
    with entered(story.platform.schema_name):
        assert ProductVersion.objects.active().filter(product__code__in=["quick-cash", "harvest"]).count() == 2
        story.night(story.first + DAY)
        return set(Offer.objects.open().values_list("product_code", flat=True)) & {"quick-cash", "harvest"}
