"""Joining from the first step to the decision, on any device, with everything that people type."""

from collections.abc import Callable
from datetime import date

import pytest

from apps.evidence.models import Record
from apps.sellers.models import Consent, Particulars, Seller
from apps.tenants.models import Platform
from apps.users.kept import typist
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import make_books, make_seller, make_user
from tests.mail import latest_link
from tests.sellers.test_numbers import RIC, USCC

Clients = Callable[..., PlatformClient]
EMAIL = "wang@farm.example"
STEPS = {
    "identity": {"legal_form": "person", "legal_name": "王秀兰", "number": RIC},
    "business": {"category": "eggs", "region": "Yunnan", "sells_since": "2020-05-01", "shop_number": "S-77"},
    "payout-account": {"holder": "王秀兰", "bank": "农业银行", "number": "6222 0202 0011 2233 446"},
    "data-consent": {"orders": "on", "years": "3"},
}


@pytest.fixture
def newcomer(platform: Platform) -> Seller:
    return make_seller(
        user=make_user(role=Role.SELLER, email=EMAIL), state="registered", payout_account=None, payout_frozen=True,
        external_id="joining-1", identity_done=False, business_done=False, payout_account_done=False,
        data_consent_done=False,
    )  # fmt: skip


@pytest.fixture
def phone(platform: Platform, newcomer: Seller, client_of: Clients) -> PlatformClient:
    return client_of(platform, newcomer.user)


def user_of(seller: Seller) -> User:
    assert seller.user is not None
    return seller.user


def fill_in(client: PlatformClient, *steps: str) -> None:
    for step in steps or STEPS:
        assert client.post(f"/joining/{step}/", STEPS[step]).status_code == 302


def test_each_step_is_saved_and_leads_to_the_next(phone: PlatformClient, newcomer: Seller) -> None:
    assert phone.get("/")["Location"] == "/joining/"
    led = [phone.post(f"/joining/{step}/", typed)["Location"] for step, typed in STEPS.items()]
    assert led == ["/joining/business/", "/joining/payout-account/", "/joining/data-consent/", "/joining/"]
    newcomer.refresh_from_db()
    told = Particulars.objects.get(seller=newcomer)
    assert newcomer.all_steps_done()
    assert (told.legal_name, told.number_kind, told.number) == ("王秀兰", "cn.ric", RIC)
    assert (told.sells_since, told.shop_number) == (date(2020, 5, 1), "S-77")
    assert newcomer.payout_account is not None
    assert (newcomer.payout_account.number, newcomer.payout_account.verified_at) == ("6222020200112233446", None)
    assert newcomer.payout_frozen
    assert Consent.objects.get(seller=newcomer).data == "orders"
    for _click in range(2):
        assert phone.post("/joining/send/")["Location"] == "/joining/"
    newcomer.refresh_from_db()
    assert newcomer.state == "submitted"


def test_it_goes_on_upon_another_device(
    phone: PlatformClient, newcomer: Seller, platform: Platform, client_of: Clients
) -> None:
    fill_in(phone, "identity")
    tablet = client_of(platform, newcomer.user)
    assert "王秀兰" in tablet.get("/joining/identity/").content.decode()
    fill_in(tablet, "business", "payout-account", "data-consent")
    assert tablet.post("/joining/send/").status_code == 302
    stale = phone.post("/joining/identity/", {**STEPS["identity"], "legal_name": "Too late"})
    assert stale["Location"] == "/joining/"
    assert Particulars.objects.get().legal_name == "王秀兰"


NONSENSE = [
    "", "  ", "-5", "９９", "<script>alert(1)</script>", "😀", "x" * 5000, "1e999", "31/12/20", "3020-01-01", "\x00",
]  # fmt: skip
FIELDS = [(step, field) for step, typed in STEPS.items() for field in typed]
# Fields that take any text; a tick is a tick whatever it says; 3020-01-01 might be the number of an account.
FREE = {"legal_name", "category", "region", "shop_number", "holder", "bank", "orders", "number"}


@pytest.mark.parametrize(("step", "field"), FIELDS)
@pytest.mark.parametrize("typed", NONSENSE, ids=[f"{number}" for number in range(len(NONSENSE))])
def test_nonsense_is_answered_in_words_or_kept_as_the_text_it_is(
    phone: PlatformClient, newcomer: Seller, step: str, field: str, typed: str
) -> None:
    answer = phone.post(f"/joining/{step}/", {**STEPS[step], field: typed})
    assert answer.status_code in ({302, 422} if field in FREE else {422})
    assert "<script>alert(1)" not in answer.content.decode()
    assert "<script>alert(1)" not in phone.get("/joining/").content.decode()
    newcomer.refresh_from_db()
    done = getattr(newcomer, f"{step.replace('-', '_')}_done")
    assert done is (answer.status_code == 302)


def test_nothing_is_sent_before_all_of_it_is_there(phone: PlatformClient, newcomer: Seller) -> None:
    fill_in(phone, "identity", "business")
    answer = phone.post("/joining/send/")
    assert answer.status_code == 422
    assert "Something is still missing" in answer.content.decode()
    newcomer.refresh_from_db()
    assert newcomer.state == "registered"


def test_what_was_typed_when_the_session_had_ended_is_there_after_signing_in(
    phone: PlatformClient, newcomer: Seller, platform: Platform, client_of: Clients
) -> None:
    typed = {**STEPS["identity"], "legal_name": "Half typed", "typed_by": typist(user_of(newcomer)), "code": "123456"}
    phone.session.flush()
    asked = phone.post("/joining/identity/", typed)
    assert asked["Location"].startswith("/account/login/?next=/joining/identity/")
    assert Particulars.objects.count() == 0
    thief = phone.session["typed_before_sign_in"]
    assert "123456" not in str(thief)
    phone.post("/account/login/?next=/joining/identity/", {"login": EMAIL, "password": "a long pass phrase"})
    back = phone.get("/joining/identity/").content.decode()
    assert "Half typed" in back
    assert "What you typed is still here" in back
    assert "Half typed" not in phone.get("/joining/identity/").content.decode(), "once"


def test_it_is_shown_to_nobody_else(phone: PlatformClient, newcomer: Seller) -> None:
    other = make_user(role=Role.SELLER)
    make_seller(user=other, state="registered")
    phone.session.flush()
    phone.post("/joining/identity/", {"legal_name": "Half typed", "typed_by": typist(user_of(newcomer))})
    phone.post("/account/login/", {"login": other.email, "password": "a long pass phrase"})
    answer = phone.get("/joining/identity/")
    assert answer.status_code == 200
    assert "Half typed" not in answer.content.decode()


def decide(client: PlatformClient, seller: Seller, decision: str, **typed: str) -> int:
    return int(client.post(f"/desk/joining/{seller.pk}/", {"decision": decision, **typed}).status_code)


def test_staff_ask_for_more_then_verify_and_the_seller_sees_both(
    phone: PlatformClient, newcomer: Seller, platform: Platform, client_of: Clients
) -> None:
    fill_in(phone)
    phone.post("/joining/send/")
    clerk = client_of(platform, make_user(role=Role.STAFF))
    assert RIC in clerk.get(f"/desk/joining/{newcomer.pk}/").content.decode()
    assert decide(clerk, newcomer, "request_info") == 422, "the seller would not know what for"
    assert decide(clerk, newcomer, "request_info", reason="The account is in another name.") == 302
    assert "The account is in another name." in phone.get("/joining/").content.decode()
    fill_in(phone, "payout-account")
    phone.post("/joining/send/")
    assert decide(clerk, newcomer, "verify", number="") == 422
    assert decide(clerk, newcomer, "verify", number="S-77") == 302
    newcomer.refresh_from_db()
    assert newcomer.payout_account is not None
    assert (newcomer.state, newcomer.external_id, newcomer.payout_frozen) == ("verified", "S-77", False)
    assert newcomer.payout_account.verified_at is not None
    assert phone.get("/").status_code == 200
    assert phone.get("/joining/")["Location"] == "/"


def test_a_rejection_says_why_and_a_number_in_use_is_refused(
    phone: PlatformClient, newcomer: Seller, platform: Platform, client_of: Clients
) -> None:
    make_seller(external_id="S-77")
    fill_in(phone)
    phone.post("/joining/send/")
    clerk = client_of(platform, make_user(role=Role.STAFF))
    assert decide(clerk, newcomer, "verify", number="S-77") == 422
    assert decide(clerk, newcomer, "launch") == 422
    assert decide(clerk, newcomer, "reject", reason="The papers are of another person.") == 302
    assert "The papers are of another person." in phone.get("/joining/").content.decode()
    assert phone.post("/joining/identity/", STEPS["identity"])["Location"] == "/joining/"
    newcomer.refresh_from_db()
    assert newcomer.state == "rejected"


def test_auditors_look_and_sellers_do_not(platform: Platform, newcomer: Seller, client_of: Clients) -> None:
    auditor = client_of(platform, make_user(role=Role.AUDITOR))
    assert auditor.get(f"/desk/joining/{newcomer.pk}/").status_code == 200
    assert decide(auditor, newcomer, "verify", number="S-1") == 403
    assert auditor.get("/desk/joining/invite/").status_code == 403
    seller = client_of(platform, make_user(role=Role.SELLER))
    assert seller.get(f"/desk/joining/{newcomer.pk}/").status_code == 403


def test_a_companys_number_is_checked_as_one(phone: PlatformClient) -> None:
    company = {**STEPS["identity"], "legal_form": "company"}
    assert phone.post("/joining/identity/", company).status_code == 422
    assert phone.post("/joining/identity/", {**company, "number": USCC}).status_code == 302
    assert User.objects.filter(role=Role.SELLER).count() == 1


def test_who_opened_a_second_entry_of_a_shop_is_invited_to_the_one_that_is_here(
    phone: PlatformClient, newcomer: Seller, platform: Platform, client_of: Clients
) -> None:
    make_books()
    here = make_seller(external_id="S-77", user=None)
    fill_in(phone)
    phone.post("/joining/send/")
    clerk = client_of(platform, make_user(role=Role.STAFF))
    invitation = {"contact": EMAIL, "name": here.name, "number": "S-77", "language": "en"}
    assert decide(clerk, newcomer, "verify", number="S-77") == 422
    assert clerk.post("/desk/joining/invite/", invitation).status_code == 422, "not while their own entry is open"
    assert decide(clerk, newcomer, "reject", reason="Your shop is here already; a link to it comes.") == 302
    assert clerk.post("/desk/joining/invite/", invitation).status_code == 302
    link = latest_link()
    for _click in range(2):
        phone.post(link, {"name": "王秀兰"})
    here.refresh_from_db()
    newcomer.refresh_from_db()
    assert (here.user, newcomer.user) == (User.objects.get(email=EMAIL), None)
    assert (here.state, newcomer.state) == ("verified", "rejected")
    assert Record.objects.filter(kind="shop_left", subject=f"seller:{newcomer.pk}").count() == 1
    assert phone.get("/").status_code == 200
