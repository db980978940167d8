"""Goods on a phone in a real browser: photos of a receipt, and a count that finds too little, as each side sees them.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.services import assign_inspection
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.factories import make_commodity, make_seller, make_user, make_warehouse
from tests.processes import WebServer
from tests.screens.looks import misfits, violations
from tests.warehousing.goods import COTTON, issued

pytestmark = pytest.mark.e2e
HOST = "goods.localhost"


@pytest.fixture
def store(fresh_platform: Callable[..., Platform]) -> Platform:
    """A warehouse with 1,000 kg of Li Mei's cotton; its operator issued none of it and is sent to count it."""
    platform = fresh_platform(opened_on=datetime.now(UTC).date(), time_zone="UTC", domain=HOST)
    today = platform.business_date(datetime.now(UTC))
    with entered(platform.schema_name):
        make_commodity(code="cotton", name="Cotton", count_tolerance=Decimal("0.01"))
        warehouse = make_warehouse(name="South Gate")
        mei = make_user(role=Role.SELLER, email="mei@goods.example", password=PASSWORD)
        farmer = make_seller(user=mei, name="Li Mei")
        operator = make_user(role=Role.WAREHOUSE, email="tomas@goods.example", password=PASSWORD, warehouse=warehouse)
        issued(depositor=farmer, warehouse=warehouse, number="WR-1", goods=replace(COTTON, weight=Decimal(1000)))
        assign_inspection(
            warehouse=warehouse, lot=COTTON.lot, inspector=operator, due_on=today + timedelta(days=3), on=today,
            at=datetime.now(UTC), by=make_user(role=Role.STAFF).actor,
        )  # fmt: skip
    return platform


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture as a telephone takes it: larger than any screen."""
    path = tmp_path / "bales.jpg"
    Image.linear_gradient("L").resize((3000, 2000)).convert("RGB").save(path)
    return path


def test_a_photo_and_a_count_that_finds_too_little_on_a_phone(
    store: Platform, web_server: WebServer, photo: Path, tmp_path: Path, browser: Browser
) -> None:
    address = web_server.address(HOST)
    clerk, clerk_errors = open_page(browser, javascript=True)
    seller, seller_errors = open_page(browser, javascript=True)
    sign_in(clerk, address, "tomas@goods.example")
    sign_in(seller, address, "mei@goods.example")

    clerk.goto(f"{address}/warehouse/receipts/")
    clerk.get_by_role("link", name="WR-1").click()
    adds(clerk, photo)
    expect(clerk.get_by_role("link", name=re.compile("bales.jpg"))).to_be_visible()
    false = tmp_path / "bales.png"
    false.write_bytes(b"MZ" + bytes(200))
    adds(clerk, false)
    expect(clerk.locator(".error").first).to_contain_text("bales.png")
    looks_right(clerk)

    counts(clerk, address, "400", photo)
    expect(clerk.get_by_text("The receipts of this lot are frozen")).to_be_visible()
    looks_right(clerk)

    seller.goto(f"{address}/receipts/")
    seller.get_by_role("link", name=re.compile("WR-1")).first.click()
    expect(seller.get_by_role("link", name=re.compile("bales.jpg"))).to_be_visible()
    expect(seller.get_by_text("Frozen").first).to_be_visible()
    looks_right(seller)
    assert aside(lambda: state_of(store)) == "frozen"
    assert clerk_errors == seller_errors == []


def adds(page: Page, file: Path) -> None:
    summary = page.locator("summary", has_text="Add photos and documents")
    if summary.count():
        summary.click()
    page.get_by_label("Photos").set_input_files(file)
    page.locator("main form button").last.click()


def counts(page: Page, address: str, weight: str, scale: Path) -> None:
    page.goto(f"{address}/warehouse/inspections/")
    page.locator("main table a").first.click()
    page.get_by_label("What the scale says, in kg").fill(weight)
    page.get_by_label("Photo of the scale, weight slip").set_input_files(scale)
    page.get_by_role("button", name="This is what I found").click()


def looks_right(page: Page) -> None:
    assert [*violations(page), *misfits(page)] == []


def state_of(store: Platform) -> str:
    with entered(store.schema_name):
        return str(WarehouseReceipt.objects.get().state)
