"""Authenticator apps and recovery codes, and that staff need one where the settings say so."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_user

Clients = Callable[..., PlatformClient]
PASSWORD = "a long pass phrase"


def code_of(secret: str) -> str:
    """What the person's authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def secret() -> str:
    return str(generate_totp_secret())


@pytest.fixture
def clerk(platform: Platform, secret: str) -> User:
    user = make_user(role=Role.STAFF)
    TOTP.activate(user, secret)
    return user


def test_the_password_alone_is_not_enough(platform: Platform, clerk: User, secret: str, client_of: Clients) -> None:
    client = client_of(platform)
    answer = client.post("/account/login/", {"login": clerk.email, "password": PASSWORD})
    assert answer["Location"].startswith("/account/second-factor/authenticate/")
    assert client.get("/desk/").status_code == 302
    assert client.post("/account/second-factor/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/desk/").status_code == 302
    client.post("/account/second-factor/authenticate/", {"code": code_of(secret)})
    assert client.get("/desk/").status_code == 200


def test_a_recovery_code_lets_in_once(platform: Platform, clerk: User, client_of: Clients) -> None:
    code = RecoveryCodes.activate(clerk).get_unused_codes()[0]
    let_in = []
    for _time in range(2):
        client = client_of(platform)
        client.post("/account/login/", {"login": clerk.email, "password": PASSWORD})
        client.post("/account/second-factor/authenticate/", {"code": code})
        let_in.append(client.get("/desk/").status_code == 200)
    assert let_in == [True, False]


def test_its_secret_lies_encrypted(platform: Platform, clerk: User, secret: str, at: datetime) -> None:
    assert secret not in str(Authenticator.objects.get(user=clerk).data)


@pytest.mark.parametrize("role", [Role.STAFF, Role.FINANCIER, Role.AUDITOR])
def test_where_it_is_asked_for_nobody_works_here_without_one(
    platform: Platform, client_of: Clients, settings: Any, role: str
) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = True
    user = make_user(role=role)
    client = client_of(platform, user)
    for path in ("/", "/desk/", "/admin/", "/api/offers/"):
        assert client.get(path)["Location"] == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200
    TOTP.activate(user, generate_totp_secret())
    assert client.get("/admin/").status_code == 200


def test_sellers_prove_themselves_at_each_signature_instead(
    platform: Platform, client_of: Clients, settings: Any
) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = True
    assert client_of(platform, make_user(role=Role.SELLER)).get("/more/").status_code == 200


def test_every_page_of_it_opens(platform: Platform, client_of: Clients) -> None:
    user = make_user(role=Role.SELLER)
    client = client_of(platform)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    for path in ("", "totp/activate/", "webauthn/add/"):
        assert client.get(f"/account/second-factor/{path}").status_code == 200, path
