"""People and consents: taken back with one tap, at once; devices signed out; another account named."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.urls import reverse

from apps.evidence.models import Record
from apps.financing.models import Contract, Offer
from apps.orders.models import Order
from apps.risk.services import assess_sellers
from apps.sellers.models import PayoutChange, Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import make_seller, make_user
from tests.mail import latest_code
from tests.story import DAY, Story

Clients = Callable[..., PlatformClient]
PASSWORD = "a long pass phrase"
ACCOUNT = {"holder": "Li Mei", "bank": "Riverbank", "number": "6222 0202 0011 2233 446"}


@pytest.fixture
def story(platform: Platform) -> Story:
    """Books closed through yesterday; Li Mei has an offer, and an account to sign in with."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - DAY)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(today - DAY)
    return story


@pytest.fixture
def seller(story: Story) -> Seller:
    return Seller.objects.get()


@pytest.fixture
def phone(story: Story, seller: Seller, client_of: Clients) -> PlatformClient:
    return client_of(story.platform, seller.user)


def assessed(story: Story, seller: Seller, day: date) -> dict[int, Any]:
    return assess_sellers(
        first_seller=seller.pk, last_seller=seller.pk, business_date=day, zone=story.platform.zone, currency="CNY"
    )


def test_one_tap_stops_the_reading_and_closes_what_rests_on_it(
    story: Story, seller: Seller, phone: PlatformClient, client_of: Clients
) -> None:
    offer = Offer.objects.open().get(product_code="sales-advance")
    order = Order.objects.first()
    assert order is not None
    financier = client_of(story.platform, make_user(role=Role.FINANCIER))
    one_order = reverse("admin:orders_order_change", args=[order.pk])
    assert financier.get(one_order).status_code == 200
    assert seller.pk in assessed(story, seller, story.first + DAY)
    for _tap in range(2):
        assert phone.post("/people/consents/withdraw/")["Location"] == "/people/"
    assert not Offer.objects.open().exists()
    assert assessed(story, seller, story.first + 2 * DAY) == {}
    assert financier.get(one_order).status_code == 302, "the admin knows no such order for this person any more"
    assert order.external_id not in financier.get(reverse("admin:orders_order_changelist")).content.decode()
    stale = phone.post(f"/offers/{offer.pk}/review/", {"amount": "1000"})
    assert stale.status_code == 422
    assert not Contract.objects.exists()
    assert "Nobody may read your orders at present" in phone.get("/").content.decode()
    story.night(story.first + DAY)
    assert not Offer.objects.open().exists()
    assert list(Record.objects.filter(kind="consent_withdrawn").values_list("subject", flat=True)) == [
        f"seller:{seller.pk}"
    ]


def test_allowed_again_the_next_night_makes_an_offer(story: Story, seller: Seller, phone: PlatformClient) -> None:
    phone.post("/people/consents/withdraw/")
    assert phone.post("/people/consents/give/", {"years": "1"}).status_code == 422
    for _click in range(2):
        assert phone.post("/people/consents/give/", {"orders": "on", "years": "1"}).status_code == 302
    assert seller.consents.filter(withdrawn_at=None).count() == 1
    story.night(story.first + DAY)
    assert Offer.objects.open().exists()


def test_an_offer_that_is_still_open_cannot_be_taken_without_consent(
    story: Story, seller: Seller, phone: PlatformClient
) -> None:
    """The consent ran out by its own date, before any night has closed the offer."""
    seller.consents.update(until=story.first)
    answer = phone.post(
        f"/offers/{Offer.objects.open().get(product_code='sales-advance').pk}/review/", {"amount": "1000"}
    )
    assert answer.status_code == 422
    assert "nobody may read" in answer.content.decode()


def sign_in(platform: Platform, client_of: Clients, agent: str) -> PlatformClient:
    client = client_of(platform, headers={"user-agent": agent})
    client.post("/account/login/", {"login": "mei@meadow.example", "password": PASSWORD})
    return client


def test_a_device_is_signed_out_from_its_next_request_on(story: Story, client_of: Clients) -> None:
    lost = sign_in(story.platform, client_of, "Mozilla/5.0 (Linux; Android 9) Chrome/90")
    here = sign_in(story.platform, client_of, "Mozilla/5.0 (Windows NT 10.0) Firefox/120")
    page = here.get("/people/").content.decode()
    assert "Chrome · Android" in page
    assert "Firefox · Windows" in page
    row = UserSession.objects.get(session_key=lost.session.session_key)
    here.post("/people/devices/end/", {"session": row.pk})
    assert lost.get("/people/").status_code == 302
    assert here.get("/people/").status_code == 200


@pytest.mark.parametrize("number", ["", "x", "-1", "９", "9" * 30, "0"])
def test_a_device_that_is_not_there_is_404(phone: PlatformClient, number: str) -> None:
    assert phone.post("/people/devices/end/", {"session": number}).status_code == 404


def test_nobody_signs_anothers_device_out(story: Story, phone: PlatformClient, client_of: Clients) -> None:
    other = make_user(role=Role.SELLER, email="wang@meadow.example")
    make_seller(user=other)
    theirs = client_of(story.platform)
    theirs.post("/account/login/", {"login": other.email, "password": PASSWORD})
    row = UserSession.objects.get(user=other)
    assert phone.post("/people/devices/end/", {"session": row.pk}).status_code == 404
    assert theirs.get("/people/").status_code == 200


def test_another_account_is_named_with_a_fresh_code_and_checked_by_two(
    story: Story, seller: Seller, phone: PlatformClient, client_of: Clients
) -> None:
    assert phone.post("/people/account/", ACCOUNT)["Location"] == "/people/account/confirm/"
    assert phone.post("/people/account/confirm/", {"code": "000000x"}).status_code == 422
    assert not PayoutChange.objects.exists()
    for _click in range(2):
        phone.post("/people/account/confirm/", {"code": latest_code()})
    change = PayoutChange.objects.get()
    assert (change.second_factor, change.account.number) == ("one_time_code", "6222020200112233446")
    assert "A change is being checked" in phone.get("/people/account/").content.decode()
    for _person in range(2):
        clerk = client_of(story.platform, make_user(role=Role.STAFF))
        for _click in range(2):
            clerk.post(f"/desk/payout-changes/{change.pk}/approve/")
    seller.refresh_from_db()
    assert (seller.payout_frozen, seller.payout_account) == (False, change.account)


def test_a_change_is_taken_back_by_the_seller(seller: Seller, phone: PlatformClient) -> None:
    phone.post("/people/account/", ACCOUNT)
    phone.post("/people/account/confirm/", {"code": latest_code()})
    for _click in range(2):
        phone.post("/people/account/take-back/")
    seller.refresh_from_db()
    assert not seller.payout_frozen
    assert PayoutChange.objects.get().state == "refused"


def test_a_code_for_one_act_is_nothing_for_another(story: Story, seller: Seller, phone: PlatformClient) -> None:
    """What was sent for changing the account signs no contract."""
    phone.post(f"/offers/{Offer.objects.open().get(product_code='sales-advance').pk}/review/", {"amount": "1000"})
    contract = Contract.objects.get()
    Contract.objects.filter(pk=contract.pk).update(state="rendered", document="contracts/x.pdf", document_sha256="0")
    phone.post("/people/account/", ACCOUNT)
    answer = phone.post(f"/contracts/{contract.pk}/sign/", {"code": latest_code()})
    assert answer.status_code == 422
    contract.refresh_from_db()
    assert contract.state == "rendered"
