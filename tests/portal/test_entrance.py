"""Coming in by code, opening an account, and joining by an invitation: what works, what does not, and what it says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.sms import Sms
from apps.sellers.models import Invitation, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import OneTimeCode, Role, User
from tests.conftest import PlatformClient
from tests.factories import make_seller, make_user
from tests.mail import latest_code, latest_link, latest_sms_code

ASK, ENTER, OPEN = "/account/code/", "/account/code/enter/", "/account/open/"
INVITE = "/desk/joining/invite/"
Clients = Callable[..., PlatformClient]
NEW = {"contact": "mei@farm.example", "name": "Mei's Orchard", "number": "M-1", "language": "en"}


def is_in(client: PlatformClient) -> bool:
    return client.get("/more/").status_code == 200


def come_in(client: PlatformClient, login: str) -> str:
    """Ask for a code, type it from the message, and answer where that led."""
    assert client.post(ASK, {"login": login}).status_code == 302
    code = latest_code() if "@" in login else latest_sms_code()
    return str(client.post(ENTER, {"code": code})["Location"])


def test_a_code_by_e_mail_lets_in_under_a_new_session(platform: Platform, client_of: Clients) -> None:
    make_seller(user=make_user(email="lin@granary.test", role=Role.SELLER))
    client = client_of(platform)
    client.post(ASK, {"login": "Lin@granary.test"})
    planted = client.session.session_key
    assert client.post(ENTER, {"code": latest_code()})["Location"] == "/"
    assert is_in(client)
    assert client.session.session_key != planted


def test_a_code_by_text_message_lets_in(platform: Platform, client_of: Clients, sms_outbox: list[Sms]) -> None:
    make_seller(user=make_user(email=None, phone="+8613800138000", role=Role.SELLER))
    client = client_of(platform)
    assert come_in(client, "１３８ 0013 8000") == "/"
    assert [sms.to for sms in sms_outbox] == ["+8613800138000"]
    assert mail.outbox == []
    assert is_in(client)


def test_a_password_works_with_the_telephone_too(platform: Platform, client_of: Clients) -> None:
    make_seller(user=make_user(phone="+8613800138000", role=Role.SELLER, password="corn and cotton 9"))
    client = client_of(platform)
    client.post("/account/login/", {"login": "138 0013 8000", "password": "wrong"})
    assert not is_in(client)
    client.post("/account/login/", {"login": "138 0013 8000", "password": "corn and cotton 9"})
    assert is_in(client)


def test_the_answer_is_the_same_whether_there_is_an_account(platform: Platform, client_of: Clients) -> None:
    make_user(email="lin@granary.test", role=Role.SELLER)
    pages = []
    for address in ("lin@granary.test", "nob@granary.test"):
        client = client_of(platform)
        asked = client.post(ASK, {"login": address})
        wrong = client.post(ENTER, {"code": "00000x"})
        shown = re.sub(r'"[A-Za-z0-9]{64}"', "a token", wrong.content.decode().replace(address, ""))
        pages.append((asked.status_code, asked["Location"], wrong.status_code, re.sub("[A-Za-z0-9]{64}", "", shown)))
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 2


def test_a_stranger_opens_an_account_once(platform: Platform, client_of: Clients) -> None:
    client = client_of(platform)
    assert come_in(client, "new@granary.test") == OPEN
    assert not User.objects.filter(email="new@granary.test").exists(), "typing a code opens nothing yet"
    typed = {"name": "Wang Xiulan", "shop": "Stone Creek Eggs"}
    for _click in range(2):
        assert client.post(OPEN, typed).status_code == 302
    user = User.objects.get(email="new@granary.test")
    seller = Seller.objects.get(user=user)
    assert (user.role, user.has_usable_password()) == (Role.SELLER, False)
    assert (seller.name, seller.state, seller.payout_frozen) == ("Stone Creek Eggs", "registered", True)
    assert client.get("/")["Location"] == "/joining/"


@pytest.mark.parametrize("typed", [{}, {"name": "", "shop": ""}, {"name": "W" * 121, "shop": "x"}, {"name": "a\x00b"}])
def test_nonsense_opens_no_account(platform: Platform, client_of: Clients, typed: dict[str, str]) -> None:
    client = client_of(platform)
    come_in(client, "new@granary.test")
    assert client.post(OPEN, typed).status_code == 422
    assert not User.objects.filter(email="new@granary.test").exists()
    assert client.post(OPEN, {"name": "<b>Wang</b>", "shop": "😀"}).status_code == 302, "the proof is not used up"
    assert "<b>Wang" not in client.get("/people/", follow=True).content.decode()


def test_nobody_opens_an_account_at_an_address_not_proven(platform: Platform, client_of: Clients) -> None:
    client = client_of(platform)
    assert client.post(OPEN, {"name": "Wang", "shop": "Eggs"})["Location"] == ASK
    client.post(ASK, {"login": "new@granary.test"})
    assert client.post(OPEN, {"name": "Wang", "shop": "Eggs"})["Location"] == ASK
    assert not User.objects.exists()


@pytest.mark.parametrize("code", ["", "abc", "-5", "0" * 300, "<script>", "😀", "1234567"])
def test_a_wrong_code_is_answered_in_words(platform: Platform, client_of: Clients, code: str) -> None:
    client = client_of(platform)
    client.post(ASK, {"login": "lin@granary.test"})
    assert client.post(ENTER, {"code": code}).status_code == 422
    assert OneTimeCode.objects.get().used_at is None


def test_codes_are_asked_for_and_guessed_a_few_times_only(platform: Platform, client_of: Clients) -> None:
    client = client_of(platform)
    assert [client.post(ASK, {"login": "lin@granary.test"}).status_code for _try in range(4)] == [302, 302, 302, 429]
    assert len(mail.outbox) == 3
    guesses = [client.post(ENTER, {"code": "no"}).status_code for _try in range(6)]
    assert guesses == [422] * 5 + [429]
    assert client.post(ENTER, {"code": latest_code()}).status_code == 429


def test_a_disabled_person_gets_no_further_with_a_code(platform: Platform, client_of: Clients) -> None:
    make_seller(user=make_user(email="lin@granary.test", role=Role.SELLER, is_active=False))
    client = client_of(platform)
    assert come_in(client, "lin@granary.test") == "/account/inactive/"
    assert not is_in(client)


def test_a_code_of_one_platform_is_nothing_at_another(
    two_platforms: tuple[Platform, Platform], client_of: Clients
) -> None:
    meadow, harbor = two_platforms
    with entered("harbor"):
        make_seller(user=make_user(email="lin@granary.test", role=Role.SELLER))
    there, here = client_of(harbor), client_of(meadow)
    there.post(ASK, {"login": "lin@granary.test"})
    code = latest_code()
    here.post(ASK, {"login": "lin@granary.test"})
    assert here.post(ENTER, {"code": code}).status_code in {302, 422}
    assert not is_in(here)
    assert there.post(ENTER, {"code": code}).status_code == 302
    assert is_in(there)


def invited(client_of: Clients, platform: Platform, **facts: str) -> str:
    """The link that staff's invitation sent."""
    clerk = client_of(platform, make_user(role=Role.STAFF))
    assert clerk.post(INVITE, {**NEW, **facts}).status_code == 302
    return latest_link()


def test_an_invitation_opens_once(platform: Platform, client_of: Clients) -> None:
    link = invited(client_of, platform)
    assert mail.outbox[-1].to == ["mei@farm.example"]
    client = client_of(platform)
    for _look in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "Mei&#x27;s Orchard" in page.content.decode()
    assert Invitation.objects.get().accepted_at is None, "looking uses nothing up"
    for _click in range(2):
        assert client.post(link, {"name": "Li Mei"})["Location"] == "/joining/"
    seller = Seller.objects.get(external_id="M-1")
    assert seller.user is not None
    assert (seller.user.email, seller.state) == ("mei@farm.example", "registered")
    used = client_of(platform).get(link)
    assert used.status_code == 410
    assert "was used already" in used.content.decode()


def test_a_link_runs_out_and_a_newer_one_replaces_it(platform: Platform, client_of: Clients) -> None:
    first = invited(client_of, platform)
    second = invited(client_of, platform)
    stranger = client_of(platform)
    assert "ran out" in stranger.get(first).content.decode()
    assert stranger.get(second).status_code == 200
    Invitation.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    late = stranger.post(second, {"name": "Li Mei"})
    assert late.status_code == 410
    assert "ask for a new one" in late.content.decode()
    assert not User.objects.filter(role=Role.SELLER).exists()
    assert stranger.get(f"{second[:-5]}/").status_code == 410


def test_a_shop_known_from_the_feed_gets_its_person_and_nothing_else_changes(
    platform: Platform, client_of: Clients
) -> None:
    shop = make_seller(external_id="M-1", name="Mei's Orchard")
    client = client_of(platform)
    client.post(invited(client_of, platform), {"name": "Li Mei"})
    shop.refresh_from_db()
    assert shop.user is not None
    assert (shop.state, shop.payout_frozen) == ("verified", False)
    assert client.get("/").status_code == 200


def test_nobody_is_invited_twice_over_or_into_anothers_account(platform: Platform, client_of: Clients) -> None:
    clerk_user = make_user(role=Role.STAFF, email="clerk@granary.test")
    make_seller(external_id="M-1", user=make_user(role=Role.SELLER, email="li@granary.test"))
    clerk = client_of(platform, clerk_user)
    for number, contact in (("M-1", "x@farm.example"), ("M-2", "clerk@granary.test"), ("M-2", "li@granary.test")):
        assert clerk.post(INVITE, {**NEW, "number": number, "contact": contact}).status_code == 422
    assert not Invitation.objects.exists()
    assert not Seller.objects.filter(external_id="M-2").exists()
    assert mail.outbox == []


def upload(client: PlatformClient, content: bytes) -> str:
    file = SimpleUploadedFile("sellers.csv", content)
    return client.post(INVITE, {"many": "1", "file": file}, follow=True).content.decode()


def test_many_are_invited_by_a_file(platform: Platform, client_of: Clients, sms_outbox: list[Sms]) -> None:
    clerk = client_of(platform, make_user(role=Role.STAFF))
    lines = ["contact,name,number,language", "a@farm.example,Farm A,A-1,en", "138 0013 8000,B 农场,B-1,zh-hans"]
    assert "Invited: 2." in upload(clerk, "\r\n".join(lines).encode("utf-8-sig"))
    assert [message.to for message in mail.outbox] == [["a@farm.example"]]
    assert [sms.to for sms in sms_outbox] == ["+8613800138000"]
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00nonsense", "not a CSV file in UTF-8"),
        (b"%PDF-1.7 not a sheet", "has to name the columns"),
        (b"name,number\nFarm,1", "has to name the columns"),
        (b"contact,name,number\na@farm.example,Farm,A-1\nnobody,Farm,B-1\nb@farm.example,,C-1", "Line 3"),
        (b"contact,name,number\n" + b"a@farm.example,Farm,A-1\n" * 501, "at most 500"),
        (b"x" * 200_001, "too large"),
    ],
)
def test_a_bad_file_invites_nobody(platform: Platform, client_of: Clients, content: bytes, said: str) -> None:
    assert said in upload(client_of(platform, make_user(role=Role.STAFF)), content)
    assert not Invitation.objects.exists()
    assert mail.outbox == []
