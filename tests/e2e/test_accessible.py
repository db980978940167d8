"""axe-core (WCAG 2.2 A and AA, and its best practices) finds nothing wrong on any page, nor does our own ruler: no page
is wider than its screen, nothing to press is lower than 44 px.

`make test` looks at a choice of pages, `make soak` at every page of every role that has one; `make screenshots` does so
on the demo platforms too. Tests name `browser` last: it has to go before the platform that it looks at is dropped.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser

from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import DAY
from tests.processes import WebServer
from tests.screens.looks import LANGUAGES, LOOKS, Look, looked_at, misfits, violations
from tests.screens.walk import FOR_VISITORS, Screen, Walk
from tests.tenants.addresses import addresses
from tests.tenants.test_pages import THEIRS, fill_platform, make_newcomer

pytestmark = pytest.mark.e2e
HOST = "accessible.localhost"
CHOSEN = {
    "seller": ("portal:home", "portal:limit", "portal:financing", "portal:margin_call", "portal:people"),
    "staff": ("desk:night", "desk:call", "desk:act"),
    "warehouse": ("warehouse:receipt",),
    "visitor": ("account_login",),
}
# What is fetched, not looked at.
FILES = {
    "desk:break_paper", "desk:month_file", "desk:original", "desk:payment_file", "portal:paper", "portal:receipt_file",
    "portal:receipt_paper", "portal:request_file", "portal:statement",
}  # fmt: skip
Clients = Callable[..., PlatformClient]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody before the browser: their session cookie, and the pages that they can open."""

    session: str
    screens: tuple[Screen, ...]


@pytest.fixture
def seats(fresh_platform: Callable[..., Platform], client_of: Clients) -> list[Seat]:
    """Everybody who has pages, on a platform with one row of every model, and a stranger."""
    platform = fresh_platform(domain=HOST)
    with entered(platform.schema_name), transaction.atomic():
        people = fill_platform("River Orchard")
        newcomer = make_newcomer()
    sitting = [people["seller"], people["staff"], people["warehouse"], newcomer]
    stranger = Walk(client_of(platform), "visitor").follow(FOR_VISITORS).after_a_code(platform.schema_name, "visitor")
    return [_seat(stranger), *(_seat(_walked(client_of(platform, user), user)) for user in sitting)]


def _walked(client: PlatformClient, user: User) -> Walk:
    walk = Walk(client, str(user.role), guesses=frozenset({THEIRS, THEIRS + 1})).follow(["/"]).fill_in(user.role)
    return walk.begin(client.platform.schema_name) if user.role == Role.SELLER else walk


def _seat(walk: Walk) -> Seat:
    return Seat(walk.client.cookies[settings.SESSION_COOKIE_NAME].value, tuple(walk.screens))


def _wrong(browser: Browser, address: str, seats: Iterable[Seat], language: str, looks: tuple[Look, ...]) -> list[str]:
    return [wrong for seat in seats for wrong in _wrong_at(browser, address, seat, language, looks)]


def _wrong_at(browser: Browser, address: str, seat: Seat, language: str, looks: tuple[Look, ...]) -> Iterator[str]:
    context = browser.new_context()
    cookies = {settings.LANGUAGE_COOKIE_NAME: language, settings.SESSION_COOKIE_NAME: seat.session}
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = context.new_page()
    for screen in seat.screens:
        page.goto(address + screen.path)
        for look in looked_at(page, looks):
            for wrong in (*violations(page), *misfits(page)):
                yield f"{screen.name} {language} {look}: {wrong}"
    context.close()


@pytest.fixture
def never_seen(seats: list[Seat]) -> set[str]:
    """The routes of our own that nobody walked to, but those that only take what is sent."""
    stranger, places = Client(HTTP_HOST=HOST), {"portal", "desk", "warehouse"}
    walked = {one.name for seat in seats for one in seat.screens}
    unseen = [one for one in addresses() if one.name.partition(":")[0] in places and one.name not in walked]
    return {one.name for one in unseen if stranger.get(one.path(row=THEIRS, day=DAY)).status_code != 405}


@pytest.mark.parametrize(("language", "look"), [("en", LOOKS[0]), ("zh-hans", LOOKS[3])], ids=str)
def test_a_choice_of_pages_breaks_no_rule(
    seats: list[Seat], never_seen: set[str], web_server: WebServer, language: str, look: Look, browser: Browser
) -> None:
    chosen = [Seat(seat.session, tuple(one for one in seat.screens if one.name in CHOSEN[one.role])) for seat in seats]
    assert {one.name for seat in chosen for one in seat.screens} == {
        name for names in CHOSEN.values() for name in names
    }
    assert never_seen == FILES
    assert _wrong(browser, web_server.address(HOST), chosen, language, (look,)) == []


def test_the_rules_are_held_against_the_page(browser: Browser) -> None:
    """The failing control: pale text, a field without a label, a low button and too wide a line are all found."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><p style='color:#bbb;width:500px'>pale</p><input>"
        "<button style='height:20px'>low</button></main></html>"
    )
    assert {one.partition(":")[0] for one in violations(page)} >= {"color-contrast", "label"}
    assert any("wider" in one for one in misfits(page))
    assert any("px high" in one for one in misfits(page))


@pytest.mark.soak
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_breaks_a_rule(seats: list[Seat], web_server: WebServer, language: str, browser: Browser) -> None:
    walked = sorted(one.name for seat in seats for one in seat.screens)
    print(f"\n{language}: {len(walked)} pages x {len(LOOKS)} looks, {len(set(walked))} routes")
    assert len(walked) > 60
    assert {"entrance:enter", "entrance:open", "entrance:prove", "portal:contact_prove", "portal:ask_relief"} <= set(
        walked
    )
    assert _wrong(browser, web_server.address(HOST), seats, language, LOOKS) == []
