"""Before second factors are changed a person proves themselves once more, with a password or without one."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator

from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_seller, make_user
from tests.mail import latest_code

Clients = Callable[..., PlatformClient]
ADD = "/account/second-factor/webauthn/add/"


@pytest.fixture
def phone(platform: Platform, client_of: Clients) -> PlatformClient:
    """Of somebody who came in by a code and has no password."""
    make_seller(user=make_user(email="lin@granary.test", role=Role.SELLER))
    user = User.objects.get(email="lin@granary.test")
    user.set_unusable_password()
    user.save()
    client = client_of(platform)
    client.post("/account/code/", {"login": "lin@granary.test"})
    client.post("/account/code/enter/", {"code": latest_code()})
    return client


@pytest.mark.parametrize("page", [ADD, "/account/second-factor/totp/activate/"])
def test_who_has_no_password_types_a_fresh_code_first(phone: PlatformClient, page: str) -> None:
    prove = phone.get(page)["Location"]
    assert prove.startswith("/account/prove/?next=")
    assert phone.post(prove, {"again": "1"})["Location"] == prove
    assert phone.post(prove, {"code": "000000x"}).status_code == 422
    assert phone.get(page).status_code == 302, "a wrong code proves nothing"
    assert phone.post(prove, {"code": latest_code()})["Location"] == page
    assert phone.get(page).status_code == 200
    assert not Authenticator.objects.exists()


def test_adding_one_straight_away_is_not_let_through(phone: PlatformClient) -> None:
    assert phone.post(ADD, {"credential": "{}"})["Location"].startswith("/account/prove/")
    assert not Authenticator.objects.exists()


def test_the_code_that_let_in_is_not_proof_enough(phone: PlatformClient) -> None:
    used = latest_code()
    prove = phone.get(ADD)["Location"]
    assert phone.post(prove, {"code": used}).status_code == 422


def test_who_has_a_password_types_that(platform: Platform, client_of: Clients) -> None:
    user = make_user(role=Role.SELLER)
    make_seller(user=user)
    assert client_of(platform, user).get(ADD)["Location"].startswith("/account/reauthenticate/")


def test_a_stranger_proves_nothing(platform: Platform, client_of: Clients) -> None:
    assert client_of(platform).get("/account/prove/")["Location"].startswith("/account/login/")
