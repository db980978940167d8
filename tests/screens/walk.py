"""Which pages people see: found by following links as they would, then by the URLconf for what no link leads to."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from urllib.parse import urlsplit

from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone

from apps.portal.entrance import PROVEN, SENT
from apps.portal.views.contacts import TYPED
from apps.tenants.services import entered
from tests.portal.pages import read
from tests.tenants.addresses import Address, addresses

# The admin is Unfold's, the API has no pages, and a file is not a page.
NOT_PAGES = re.compile(r"/(admin|api|static|media|language)/|\.pdf$|/paper/$|/receipts/files/")
# What nobody links to: a form that begins elsewhere, and what an outsider sees.
FOR_VISITORS = ("/account/login/", "/account/code/", "/account/open/", "/account/join/no-such-token/", "/verify/",
                "/trace/no-such-token/", "/no-such-page/")  # fmt: skip
PLACES = {"seller": "portal", "staff": "desk", "warehouse": "warehouse"}
# What the session of somebody holds who has typed a code, and the pages that open only then.
NEW_ADDRESS = "another.address@orchard.example"
AFTER_A_CODE = {
    "visitor": ("/account/code/enter/", "/account/open/"),
    "seller": ("/people/contact/prove/", "/account/prove/"),
}
# Pages behind a form: where what is typed first. The form leads there once it is sent.
BEHIND = {
    "/people/account/": {"holder": "王秀兰", "bank": "农业银行", "number": "6222 0202 0011 2233 446"},
    "/people/contact/": {"login": NEW_ADDRESS},
}
MANY = 3  # rows that are tried for an address that no link leads to


@dataclass(frozen=True, slots=True, order=True)
class Screen:
    """A page of somebody: `who` begins with their role; the route's name; the address on this platform."""

    who: str
    name: str
    path: str

    @property
    def role(self) -> str:
        return self.who.split()[0]

    @property
    def slug(self) -> str:
        """A name for its files."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.who} {self.name} {self.path}".lower()).strip("-")[:90]


@dataclass
class Walk:
    """One person's walk through a platform. `each` is how many pages of a route are kept; `guesses` are keys of rows
    that may be the person's although no link leads there."""

    client: Client
    who: str
    each: int = 1
    guesses: frozenset[int] = frozenset()
    screens: list[Screen] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _kept: Counter[str] = field(default_factory=Counter)
    _keys: dict[str, set[object]] = field(default_factory=lambda: defaultdict(set))

    def follow(self, starts: Iterable[str]) -> "Walk":
        """Follow links from `starts` until no new page is found."""
        waiting = list(starts)
        while waiting:
            path = waiting.pop(0)
            if path not in self._known:
                self._known.add(path)
                waiting += self._look(path)
        return self

    def fill_in(self, role: str) -> "Walk":
        """Try the role's addresses that no link led to, with the keys that the walk has seen."""
        reached = {screen.name for screen in self.screens}
        for address in addresses():
            if address.name.startswith(f"{PLACES.get(role)}:") and address.name not in reached:
                self.follow(islice(self._paths(address), MANY))
        return self

    def begin(self, platform: str) -> "Walk":
        """Send the forms that other pages lie behind, on the platform of that schema, and look at those."""
        for path, typed in BEHIND.items():
            answer = self.client.post(path, typed)
            if answer.status_code == 302:
                self._known.discard(answer["Location"])
                self.follow([answer["Location"]])
        return self.after_a_code(platform, "seller")

    def after_a_code(self, platform: str, role: str) -> "Walk":
        """Look at the pages that open once a code is typed."""
        with entered(platform):
            session = self.client.session
            session[SENT] = {"contact": NEW_ADDRESS, "code": 0, "next": None}
            session[PROVEN] = {"contact": NEW_ADDRESS, "at": timezone.now().isoformat()}
            session[TYPED] = {"contact": NEW_ADDRESS, "code": 0, "second_factor": "code"}
            session.save()
        self._known -= set(AFTER_A_CODE[role])
        return self.follow(AFTER_A_CODE[role])

    def _look(self, path: str) -> list[str]:
        name = self._note(path)
        if name is None or self._kept[name] >= self.each:
            return []
        answer = self.client.get(path)
        if answer.status_code in {301, 302}:
            return [target] if (target := _inside(answer["Location"])) else []
        is_page = answer.get("Content-Type", "").startswith("text/html")
        is_meant = answer.status_code == 200 or "no-such" in path  # a page that says so is a page too
        if not is_page or not is_meant:
            return []
        self._kept[name] += 1
        self.screens.append(Screen(self.who, name, path))
        links = read(answer.content.decode()).all("a")
        return [target for link in links if (target := _inside(link.get("href") or ""))]

    def _note(self, path: str) -> str | None:
        """The name of the route behind `path`, whose keys are remembered; None where no page of ours is."""
        if NOT_PAGES.search(path):
            return None
        try:
            match = resolve(urlsplit(path).path, "config.urls_tenant")
        except Resolver404:
            return "not found"
        for name, key in match.kwargs.items():
            self._keys[name].add(key)
        return match.view_name

    def _paths(self, address: Address) -> Iterable[str]:
        names = [name for name in address.arguments if name.endswith("_id")]
        keys = {key for name in names for key in self._keys[name] if isinstance(key, int)} | self.guesses
        days = [key for key in self._keys["day"] if isinstance(key, date)] or [date(2025, 1, 1)]
        for key in sorted(keys, reverse=True) if names else [0]:
            yield address.path(row=key, day=days[0])


def _inside(href: str) -> str | None:
    """What a link asks of our server; None for another host, a mail address or a place on the page."""
    parts = urlsplit(href)
    if parts.scheme not in {"", "http", "https"} or (parts.netloc and not parts.netloc.endswith(".localhost")):
        return None
    return parts._replace(scheme="", netloc="", fragment="").geturl() if parts.path.startswith("/") else None
