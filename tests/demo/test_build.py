"""A demo platform from nothing: made whole or not at all, with books that close and people who can sign in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Max

from apps.financing.models import Contract, Financing, Offer
from apps.orders.models import FeedFile, Order
from apps.portal.demo.build import DemoRefused, drop, make_platform, markets_to_make
from apps.portal.demo.market import MARKETS, PASSWORD, Person
from apps.products.models import ProductVersion
from apps.reconciliation.models import Break, NightlyRun
from apps.sellers.models import Message, Seller
from apps.tenants.models import Domain, Platform
from apps.tenants.services import NoSuchPlatform, entered, suspend
from apps.users.models import User
from apps.warehousing.models import CommodityPrice, WarehouseReceipt
from tests.conftest import PlatformClient
from tests.demo.conftest import NOW, SHORT_SCRIPT, SMALL, Made

YESTERDAY = date(2025, 6, 11)


def test_its_days_are_lived_through_yesterday_and_every_night_balanced(small_demo: Made) -> None:
    with entered(small_demo.platform.schema_name) as platform:
        nights = NightlyRun.objects.order_by("business_date")
        assert [night.business_date for night in nights] == [
            YESTERDAY - timedelta(days=back) for back in range(29, -1, -1)
        ]
        assert {night.state for night in nights} == {"balanced"}
        assert not Break.objects.exists()
        assert platform.opened_on == date(2025, 5, 13)
        assert not platform.nights_by_hand
    assert small_demo.lines[0] == "Harvest Lane: 8 sellers"
    assert small_demo.lines[-1] == "Harvest Lane: ready"


def test_its_books_and_its_evidence_hold(small_demo: Made) -> None:
    said = StringIO()
    call_command("verify_books", platform=small_demo.platform.schema_name, stdout=said)
    call_command("verify_evidence", platform=small_demo.platform.schema_name, stdout=said)
    assert "verified" in said.getvalue()


def test_nothing_in_it_lies_in_the_future(small_demo: Made) -> None:
    with entered(small_demo.platform.schema_name):
        events = ("placed_at", "paid_at", "shipped_at", "delivered_at", "ended_at")
        latest = Order.objects.aggregate(*(Max(event) for event in events))
        assert all(moment < NOW for moment in latest.values())
        assert not FeedFile.objects.filter(rejected__gt=0).exists()
        assert set(Order.objects.values_list("state", flat=True)) >= {"paid", "shipped", "delivered", "settled"}


def test_the_english_seller_has_something_of_everything(small_demo: Made) -> None:
    with entered(small_demo.platform.schema_name):
        seller = Seller.objects.get(user__email="lena.hart@harvest.example")
        assert seller.language == "en"
        assert set(Financing.objects.filter(seller=seller).values_list("technique", "state")) == {
            ("sales", "repaid"),
            ("receivable", "active"),
        }
        waiting = Contract.objects.get(seller=seller, state="rendered")
        assert waiting.media_type == "application/pdf"
        with waiting.document.open() as paper:
            assert paper.read(5) == b"%PDF-"
        assert Offer.objects.acceptable(YESTERDAY + timedelta(days=1)).filter(seller=seller).exists()
        assert not Financing.objects.filter(contract=waiting).exists()
        told = Message.objects.filter(seller=seller)
        assert told.filter(kind="offer").exists()
        assert {one.business_date for one in told} == {YESTERDAY}, "of last night, and of no night before"


def test_a_financier_finds_one_product_in_draft_and_a_warehouse_its_receipts(small_demo: Made) -> None:
    with entered(small_demo.platform.schema_name):
        versions = dict(ProductVersion.objects.values_list("product__code", "state"))
        assert versions == {
            "sales-advance": "active",
            "early-payment": "active",
            "stock-loan": "active",
            "receipt-loan": "active",
            "input-purchase": "draft",
        }
        assert set(WarehouseReceipt.objects.values_list("state", flat=True)) == {"issued", "requested"}
        assert not CommodityPrice.objects.filter(on__gt=YESTERDAY).exists()
        assert CommodityPrice.objects.filter(commodity="rice").count() >= 60


@pytest.mark.parametrize("person", SMALL.people, ids=lambda person: person.email)
def test_everybody_can_sign_in_with_the_printed_password(
    small_demo: Made, client_of: Callable[..., PlatformClient], person: Person
) -> None:
    client = client_of(small_demo.platform)
    with entered(small_demo.platform.schema_name):
        refused = client.post("/account/login/", {"login": person.email, "password": "granary-demo?"})
        assert refused.status_code == 200
        assert "_auth_user_id" not in client.session
        let_in = client.post("/account/login/", {"login": person.email, "password": PASSWORD})
        assert let_in.status_code == 302
        assert client.session["_auth_user_id"] == str(User.objects.get(email=person.email, role=person.role).pk)


def test_making_it_again_changes_nothing(small_demo: Made) -> None:
    assert list(make_platform(SMALL, at=NOW, script=SHORT_SCRIPT)) == []
    assert Platform.objects.get(schema_name=SMALL.schema_name).pk == small_demo.platform.pk


def test_demo_platforms_are_refused_where_debug_is_off(small_demo: Made, settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(DemoRefused, match="passwords are known to all"):
        markets_to_make(MARKETS)


def test_no_demo_platform_joins_platforms_of_ones_own(small_demo: Made, settings: Any) -> None:
    """The test database has two platforms of its own, Meadow and Harbor."""
    settings.DEBUG = True
    assert markets_to_make((*MARKETS, SMALL)) == []


def test_a_start_that_was_cut_short_leaves_closed_doors_and_is_made_good_by_the_next(
    django_db_setup: None, django_db_blocker: Any, client_of: Callable[..., PlatformClient], settings: Any
) -> None:
    settings.DEBUG = True
    market = replace(SMALL, schema_name="cutshort", number_of_sellers=3, days_before=20, days_lived=4)
    with django_db_blocker.unblock():
        making = make_platform(market, at=NOW, script=SHORT_SCRIPT)
        while "lived through" not in next(making):
            pass
        making.close()  # as a kill would

        half = Platform.objects.get(schema_name="cutshort")
        with pytest.raises(NoSuchPlatform), entered("cutshort"):
            pass
        assert client_of(half).get("/").status_code == 404
        assert markets_to_make([market]) == [market]

        lines = list(make_platform(market, at=NOW, script=SHORT_SCRIPT))
        assert lines[0] == "Harvest Lane: was left half made, so it is made again"
        whole = Platform.objects.get(schema_name="cutshort")
        assert whole.pk != half.pk
        with entered("cutshort"):
            assert NightlyRun.objects.count() == 4
            assert User.objects.count() == 10
        assert markets_to_make([market]) == []

        suspend(platform=whole, at=NOW, by="test")  # by a person, on purpose: that is no reason to make it again
        assert markets_to_make([market]) == []

        drop(whole)
        assert not Platform.objects.filter(schema_name="cutshort").exists()
        assert not Domain.objects.filter(domain__startswith="cut").exists()
