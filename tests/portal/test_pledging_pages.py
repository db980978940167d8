"""Pages of a loan on goods: a seller asks, a warehouse counts, a financier approves; each refusal in plain words.

The pages read the clock, so the platform's books were opened today.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory
from django.utils import timezone

from apps.financing.models import Application, Offer
from apps.financing.papers import contract_html
from apps.portal.views.warehouse.pledges import count_pledge
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.warehousing.models import Pledge, WarehouseReceipt
from tests.conftest import PlatformClient
from tests.factories import (
    make_approval_limit,
    make_assessment,
    make_books,
    make_commodity,
    make_consent,
    make_financing_product,
    make_offer,
    make_particulars,
    make_product_version,
    make_seller,
    make_user,
)
from tests.warehousing.goods import VALID_UNTIL
from tests.warehousing.pledging import bales, cotton_costs, states

D = Decimal


@pytest.fixture
def farmer(platform: Platform) -> Seller:
    """A cotton farmer with two tonnes in store, worth 20,000.00 today, and an offer of 12,000.00 on them."""
    today = platform.business_date(timezone.now())
    make_books(first_date=today)
    cotton_costs("10.00", today)
    seller = make_particulars(seller=make_seller(user=make_user(role="seller"))).seller
    make_consent(seller=seller, given_on=today - timedelta(days=30), until=today + timedelta(days=330))
    bales(2, farmer=seller)
    WarehouseReceipt.objects.update(valid_until=max(VALID_UNTIL, today + timedelta(days=90)), insured_until=today)
    version = make_product_version(
        product=make_financing_product(technique="receipt"),
        fee_rate=0,
        sweep_rate=0,
        annual_rate=D("0.09"),
        lending_limit=D("0.7"),
        other_grades=D("0.4"),
    )
    make_offer(
        seller=seller,
        version=version,
        assessment=make_assessment(seller=seller),
        maximum_amount=D(12_000),
        made_on=today,
        expires_on=today + timedelta(days=14),
    )
    return seller


@pytest.fixture
def page(platform: Platform, farmer: Seller, client_of: Callable[..., PlatformClient]) -> PlatformClient:
    return client_of(platform, farmer.user)


def address() -> str:
    return f"/receipts/pledge/{Offer.objects.get().pk}/"


def chosen(amount: str, number: int = 2) -> dict[str, Any]:
    return {"receipts": [one.pk for one in WarehouseReceipt.objects.order_by("pk")[:number]], "amount": amount}


def test_the_offer_leads_to_the_goods_and_the_meter_says_what_they_carry(page: PlatformClient) -> None:
    assert page.get(f"/offers/{Offer.objects.get().pk}/")["Location"] == address()
    first = page.get(address()).content.decode()
    assert all(one.number in first for one in WarehouseReceipt.objects.all())
    assert "They carry" not in first
    shown = page.get(address(), chosen("5,000", 1)).content.decode()
    assert "10,000.00" in shown
    assert "6,000.00" in shown  # 70 % of it may be owed, and 60 % is left after the haircut
    assert "Ask for" in shown
    too_much = page.get(address(), chosen("9,000", 1)).content.decode()
    assert "Choose a smaller amount, or more receipts." in too_much


def test_from_the_request_to_the_contract_over_the_pages(
    page: PlatformClient, platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    make_commodity(code="cotton", name="Raw cotton", name_zh="皮棉")
    assert page.post(address(), chosen("5000"))["Location"] == address()
    assert address() in page.get("/").content.decode()
    waiting = page.get(address()).content.decode()
    assert "The warehouse counts your goods next" in waiting
    application = Application.objects.get()
    people = [make_user(role="financier"), make_user(role="financier")]
    for person in people:
        make_approval_limit(person=person)
    financier, second = (client_of(platform, person) for person in people)
    approve = f"/admin/financing/application/{application.pk}/step/approve/"
    assert "has not counted all" in financier.post(approve, follow=True).content.decode()
    count(Pledge.objects.get(), found="1000")
    assert "The financier looks at them next" in page.get(address()).content.decode()
    financier.post(approve)
    assert Application.objects.get().state == "under_review"  # no sum is set up to which one person is enough
    second.post(approve)
    application.refresh_from_db()
    assert (application.state, application.approved_amount) == ("approved", D(5000))
    assert page.get(address())["Location"] == f"/contracts/{application.contract.pk}/"
    assert states(list(WarehouseReceipt.objects.all())) == ["pledged", "pledged"]
    terms = json.loads(application.contract.terms)
    for language, goods in (("en", "Raw cotton, 3128"), ("zh-hans", "皮棉，3128")):
        assert contract_html(terms, language).count(goods) == 2


def count(pledge: Pledge, found: str) -> Any:
    """What the warehouse's own address would call."""
    receipts = WarehouseReceipt.objects.order_by("pk")
    request: Any = RequestFactory().post("/", {str(one.pk): found for one in receipts})
    request.user = make_user(role="warehouse", warehouse=receipts[0].warehouse)
    request._messages = CookieStorage(request)
    return count_pledge(request, pledge.pk)


def test_a_count_below_nothing_is_refused(page: PlatformClient) -> None:
    page.post(address(), chosen("5000"))
    assert count(Pledge.objects.get(), found="-1").status_code == 422
    assert not Pledge.objects.get().warehouse_confirmed_by


def test_bad_input_asks_for_nothing(page: PlatformClient) -> None:
    for typed, words in [
        ({"amount": "5000"}, "Choose at least one receipt."),
        ({**chosen("5000"), "receipts": ["999999"]}, "999999"),
        (chosen("many"), "in figures"),
        (chosen("9000", 1), "carry"),
    ]:
        answer = page.post(address(), typed)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    assert not Application.objects.exists()


def test_a_request_can_be_taken_back_and_is_nobody_elses(
    page: PlatformClient, platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    page.post(address(), chosen("5000"))
    other = client_of(platform, make_seller(user=make_user(role="seller")).user)
    assert other.get(address()).status_code == other.post(f"{address()}withdraw/").status_code == 404
    assert page.post(f"{address()}withdraw/")["Location"] == "/"
    assert Pledge.objects.get().state == "cancelled"
    assert "This request is over" in page.get(address()).content.decode()


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_only_a_financier_decides(
    page: PlatformClient, platform: Platform, client_of: Callable[..., PlatformClient], role: str
) -> None:
    page.post(address(), chosen("5000"))
    application = Application.objects.get()
    stranger = client_of(platform, make_user(role=role))
    assert stranger.post(f"/admin/financing/application/{application.pk}/step/reject/").status_code == 403
    assert Application.objects.get().state == "under_review"
