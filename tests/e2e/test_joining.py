"""Joining in a real browser: from the invitation's link to sent in, a passkey, and signing with it.

Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from apps.evidence.models import Record
from apps.financing.models import Contract
from apps.financing.services import render_contract
from apps.sellers.models import Seller
from apps.sellers.services.invitations import Invitee, invite
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.contacts import Contact
from apps.users.models import Role, User
from tests.e2e.test_journey import PASSWORD, aside, open_page, sign_in
from tests.processes import WebServer
from tests.sellers.test_numbers import RIC
from tests.story import DAY, Story

pytestmark = pytest.mark.e2e
HOST = "joining.localhost"


@pytest.fixture
def story(fresh_platform: Callable[..., Platform]) -> Story:
    """A platform with an offer for Li Mei, whose books are closed through yesterday."""
    today = datetime.now(UTC).date()
    platform = fresh_platform(opened_on=today - DAY, time_zone="UTC", domain=HOST)
    with entered(platform.schema_name):
        story = Story(platform, first=today - DAY)
        seller = story.seller()
        seller.user = User.objects.create_user(
            email="mei@joining.example", password=PASSWORD, role=Role.SELLER, name="Li Mei"
        )
        seller.save()
        story.night(today - DAY)
    return story


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_the_invitation_to_sent_in(
    story: Story, web_server: WebServer, javascript: bool, browser: Browser
) -> None:
    token = aside(lambda: invited(story))
    page, errors = open_page(browser, javascript=javascript)
    page.goto(f"{web_server.address(HOST)}/account/join/{token}/")
    page.get_by_label("Your name").fill("王秀兰")
    press(page, "Join")
    page.get_by_role("link", name="Go on").click()
    page.get_by_text("I sell as a person").click()
    page.get_by_label("Full name, as on your papers").fill("王秀兰")
    page.get_by_label("Identity number").fill("123")
    press(page, "Save and go on")
    expect(page.get_by_role("alert")).to_contain_text("too short or too long")
    expect(page.get_by_label("Full name, as on your papers")).to_have_value("王秀兰")
    page.get_by_label("Identity number").fill(RIC)
    press(page, "Save and go on")
    page.get_by_label("What do you sell?").fill("eggs")
    page.get_by_label("Where are you?").fill("Yunnan")
    page.get_by_label("Since when do you sell?").fill("2020-05-01")
    press(page, "Save and go on")
    expect(page.get_by_label("Account or card number")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("What do you sell?")).to_have_value("eggs")
    page.goto(f"{web_server.address(HOST)}/joining/payout-account/")
    page.get_by_label("Account or card number").fill("0123456789")
    press(page, "Save and go on")
    page.get_by_text("The financiers of this platform may read").click()
    press(page, "Save and go on")
    press(page, "Send it in")
    expect(page.get_by_text("Being checked")).to_be_visible()
    assert aside(lambda: state_of(story, "J-1")) == "submitted"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert errors == []


def invited(story: Story) -> str:
    with entered(story.platform.schema_name):
        now = datetime.now(UTC)
        invitee = Invitee(Contact.of("wang@joining.example"), "Stone Creek Eggs", "J-1")
        (issued,) = invite(invitees=[invitee], currency="CNY", on=now.date(), at=now, by="user:1")
        return issued.token


def state_of(story: Story, external_id: str) -> str:
    with entered(story.platform.schema_name):
        return str(Seller.objects.get(external_id=external_id).state)


def with_authenticator(page: Page) -> CDPSession:
    """Chromium's own virtual authenticator: a phone's fingerprint reader that always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def test_a_passkey_is_added_signs_in_and_signs_a_contract(
    story: Story, web_server: WebServer, browser: Browser
) -> None:
    address = web_server.address(HOST)
    page, errors = open_page(browser, javascript=True)
    authenticator = with_authenticator(page)
    sign_in(page, address, "mei@joining.example")
    page.goto(f"{address}/account/second-factor/webauthn/add/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    page.locator("input[name=passwordless]").check()
    page.wait_for_load_state()  # only then does the button listen
    page.locator("#mfa_webauthn_add").click()
    expect(page).to_have_url(re.compile("/second-factor/(?!webauthn/add)"))
    page.context.clear_cookies()
    page.goto(f"{address}/account/login/")
    press(page, "Use your passkey")
    expect(page.get_by_text("You can draw up to")).to_be_visible()
    page.get_by_role("link", name="Get money").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page).to_have_url(re.compile("/contracts/"))
    aside(lambda: written(story))
    page.reload()
    press(page, "Sign the contract")
    press(page, "Use your passkey")
    expect(page.get_by_text("The contract is signed")).to_be_visible()
    assert aside(lambda: proof_of_signature(story)) == "passkey"
    assert not any("is your code" in text for text in web_server.texts())
    authenticator.detach()
    assert errors == []


def written(story: Story) -> None:
    with entered(story.platform.schema_name):
        render_contract(contract_id=Contract.objects.get().pk, as_pdf=False, at=datetime.now(UTC), by="test")


def proof_of_signature(story: Story) -> str:
    with entered(story.platform.schema_name):
        return str(json.loads(Record.objects.get(kind="contract_signed").payload)["second_factor"]["method"])


def test_who_came_in_by_a_code_signs_with_a_fresh_one(story: Story, web_server: WebServer, browser: Browser) -> None:
    address = web_server.address(HOST)
    page, _errors = open_page(browser, javascript=False)
    page.goto(f"{address}/account/login/")
    page.locator("input[name=login]").fill("mei@joining.example")
    press(page, "Send me a one-time code instead")
    page.get_by_label("Your code").fill(web_server.latest_code())
    press(page, "Go on")
    page.get_by_role("link", name="Get money").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    aside(lambda: written(story))
    page.reload()
    press(page, "Sign the contract")
    page.get_by_label("Your code").fill(web_server.latest_code())
    press(page, "Sign now")
    expect(page.get_by_text("The contract is signed")).to_be_visible()
    assert aside(lambda: proof_of_signature(story)) == "one_time_code"
