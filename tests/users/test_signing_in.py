"""Signing in, being locked out, and being out at once when disabled."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_user

PASSWORD = "a long pass phrase"
LOGIN = "/account/login/"


@pytest.fixture
def lin(platform: Platform) -> User:
    return make_user(email="lin@granary.test", role=Role.AUDITOR, password=PASSWORD)


def sign_in(client: Client, password: str = PASSWORD, email: str = "lin@granary.test") -> bool:
    """Whether the form let them in."""
    answer = client.post(LOGIN, {"login": email, "password": password})
    assert answer.status_code in {200, 302, 429}
    return answer.status_code == 302 and is_in(client)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_the_right_password_lets_in_and_a_wrong_one_does_not(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform)
    assert not sign_in(client, "a wrong pass phrase")
    assert not is_in(client)
    assert sign_in(client)
    assert is_in(client)


def test_an_unknown_person_is_told_no_more_than_a_wrong_password(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform)
    known = client.post(LOGIN, {"login": "lin@granary.test", "password": "wrong pass phrase"})
    unknown = client.post(LOGIN, {"login": "nobody@granary.test", "password": "wrong pass phrase"})
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert known.context["form"].non_field_errors()


def test_a_disabled_person_is_out_at_the_next_request(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform)
    assert sign_in(client)
    assert is_in(client)
    User.objects.filter(pk=lin.pk).update(is_active=False)
    assert not is_in(client)
    assert not sign_in(client_of(platform))


def test_a_changed_password_ends_the_sessions_of_the_old_one(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform)
    assert sign_in(client)
    lin.set_password("another long phrase")
    lin.save()
    assert not is_in(client)


def test_a_session_gets_a_new_key_at_sign_in(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    """What somebody planted before the sign-in is worth nothing after it."""
    client = client_of(platform)
    session = client.session
    session["basket"] = "of a stranger"
    session.save()
    planted = session.session_key
    assert planted
    client.cookies["sessionid"] = planted
    assert sign_in(client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_signing_out_ends_the_session(platform: Platform, lin: User, client_of: Callable[..., PlatformClient]) -> None:
    client = client_of(platform)
    assert sign_in(client)
    key = client.session.session_key
    client.post("/account/logout/")
    assert not is_in(client)
    assert not Session.objects.filter(session_key=key).exists()


def test_five_wrong_passwords_lock_the_account_and_nobody_else(
    two_platforms: tuple[Platform, Platform], lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    meadow, harbor = two_platforms
    make_user(email="mei@granary.test", password=PASSWORD)
    with entered("harbor"):
        make_user(email="lin@granary.test", password=PASSWORD)
    guesser = client_of(meadow)
    for number in range(5):
        assert not sign_in(guesser, f"guess number {number}")
    assert not sign_in(guesser), "the right password came after five wrong ones"
    assert not sign_in(PlatformClient(meadow)), "another browser is locked as well"
    assert sign_in(PlatformClient(meadow), email="mei@granary.test")
    assert sign_in(PlatformClient(harbor)), "the same address at another platform is another person"


def test_one_computer_cannot_try_the_passwords_of_many(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    guesser = client_of(platform)
    for number in range(10):
        assert not sign_in(guesser, "a guess", email=f"person-{number}@granary.test")
    assert not sign_in(guesser), "its eleventh try is refused, right or wrong"
    assert sign_in(PlatformClient(platform), PASSWORD) is False
    elsewhere = PlatformClient(platform, REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere)


def test_the_admins_own_sign_in_is_the_same_door(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(LOGIN)
    for _try in range(6):
        tried = client.post("/admin/login/", {"username": "lin@granary.test", "password": PASSWORD})
        assert tried.status_code == 302
        assert tried["Location"].startswith(LOGIN)
        assert not is_in(client)
    for number in range(5):
        assert not sign_in(client, f"guess number {number}")
    assert not sign_in(client)
    assert not is_in(client)


def test_a_form_of_another_site_is_refused(
    platform: Platform, lin: User, client_of: Callable[..., PlatformClient]
) -> None:
    client = client_of(platform, enforce_csrf_checks=True)
    answer = client.post(LOGIN, {"login": "lin@granary.test", "password": PASSWORD})
    assert answer.status_code == 403
    assert not is_in(client)


def test_nobody_signs_up_alone(platform: Platform, client_of: Callable[..., PlatformClient]) -> None:
    before = User.objects.count()
    facts = {"email": "new@granary.test", "password1": PASSWORD, "password2": PASSWORD}
    answer = client_of(platform).post("/account/signup/", facts)
    assert answer.status_code == 200
    assert User.objects.count() == before


def test_the_language_of_a_person_wins_over_the_browsers(
    platform: Platform, client_of: Callable[..., PlatformClient]
) -> None:
    wang = make_user(role=Role.AUDITOR, language="zh-hans")
    client = client_of(platform, wang)
    assert client.get("/admin/", headers={"Accept-Language": "en"})["Content-Language"] == "zh-hans"
    client.cookies["django_language"] = "en"
    assert client.get("/admin/")["Content-Language"] == "en"
