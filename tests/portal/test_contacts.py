"""Another e-mail address or telephone number for an account: proven twice, and the old address hears of it."""

from collections.abc import Callable

import pytest
from django.core import mail

from apps.core.sms import Sms
from apps.evidence.models import Record
from apps.tenants.models import Platform
from apps.users.models import OneTimeCode, Role, User
from tests.conftest import PlatformClient
from tests.factories import make_books, make_seller, make_user
from tests.mail import latest_code, latest_sms_code

Clients = Callable[..., PlatformClient]
CHANGE, CONFIRM, PROVE = "/people/contact/", "/people/contact/confirm/", "/people/contact/prove/"
NUMBER = "+8613800138000"


@pytest.fixture
def phone(platform: Platform, client_of: Clients) -> PlatformClient:
    make_books()
    user = make_user(role=Role.SELLER, email="mei@meadow.example", phone=None)
    make_seller(user=user)
    return client_of(platform, user)


def mei() -> User:
    return User.objects.get(email="mei@meadow.example")


def begin(phone: PlatformClient, typed: str) -> None:
    """Type the address, and prove by a code that it is you."""
    assert phone.post(CHANGE, {"login": typed})["Location"] == CONFIRM
    assert phone.post(CONFIRM, {"code": latest_code()})["Location"] == PROVE


def test_a_telephone_number_is_added_and_signs_in(
    phone: PlatformClient, platform: Platform, client_of: Clients, sms_outbox: list[Sms]
) -> None:
    begin(phone, "１３８ 0013 8000")
    assert mei().phone is None, "not before the number is proven"
    assert phone.post(PROVE, {"code": latest_sms_code()})["Location"] == "/people/"
    assert (mei().phone, mei().email) == (NUMBER, "mei@meadow.example")
    assert "··8000 signs in to your account too" in str(mail.outbox[-1].body)
    record = Record.objects.get(kind="contact_changed")
    assert NUMBER not in record.payload
    assert "one_time_code" in record.payload
    other = client_of(platform)
    other.post("/account/code/", {"login": NUMBER})
    assert other.post("/account/code/enter/", {"code": latest_sms_code()})["Location"] == "/"


def test_another_e_mail_address_takes_the_place_of_the_old_one(phone: PlatformClient) -> None:
    before = mei()
    begin(phone, "Mei@Orchard.example")
    phone.post(PROVE, {"code": latest_code()})
    before.refresh_from_db()
    assert before.email == "mei@orchard.example"
    assert mail.outbox[-1].to == ["mei@meadow.example"], "whoever reads the old address is warned"


def test_without_either_proof_nothing_changes(phone: PlatformClient, sms_outbox: list[Sms]) -> None:
    assert phone.get(CONFIRM)["Location"] == CHANGE
    assert phone.get(PROVE)["Location"] == CHANGE
    phone.post(CHANGE, {"login": NUMBER})
    assert phone.post(CONFIRM, {"code": "000000x"}).status_code == 422
    assert phone.get(PROVE)["Location"] == CHANGE
    assert sms_outbox == []
    first = latest_code()
    phone.post(CONFIRM, {"code": first})
    assert phone.post(PROVE, {"code": first}).status_code == 422, "the code of the old address is not one of the new"
    for _try in range(6):
        phone.post(PROVE, {"code": "000000x"})
    assert phone.post(PROVE, {"code": latest_sms_code()}).status_code == 422, "five tries a code"
    assert mei().phone is None
    assert not Record.objects.filter(kind="contact_changed").exists()


def test_an_address_of_somebody_else_stays_theirs(phone: PlatformClient, sms_outbox: list[Sms]) -> None:
    theirs = make_user(role=Role.SELLER, email=None, phone=NUMBER)
    begin(phone, NUMBER)
    assert phone.post(PROVE, {"code": latest_sms_code()})["Location"] == CHANGE
    assert "Somebody signs in with this address already" in phone.get(CHANGE).content.decode()
    theirs.refresh_from_db()
    assert (theirs.phone, mei().phone) == (NUMBER, None)


@pytest.mark.parametrize("typed", ["", "  ", "x", "-1", "９９", "<script>", "😀", "a@", "x" * 5000, "\x00"])
def test_nonsense_is_answered_in_words(phone: PlatformClient, typed: str) -> None:
    answer = phone.post(CHANGE, {"login": typed})
    assert answer.status_code == 422
    assert "<script>" not in answer.content.decode().partition("<main")[2]
    assert not OneTimeCode.objects.exists()
