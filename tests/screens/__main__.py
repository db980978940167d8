"""`make screenshots`: every page, both languages, phone and desk, light and dark, with what axe-core says of each.

Pictures go to var/screenshots with an index page. The pages are those of the demo platforms; what no row of theirs
leads to is taken from a platform with one row of every model, dropped afterwards. Ends with 1 when one breaks a rule.

    python -m tests.screens [--only NAME] [--each N]     NAME is part of a route's name, such as portal:financing
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import throwaway

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.screens.pictures import Taken
    from tests.screens.walk import Screen

FOLDER = Path(os.environ.get("GRANARY_VAR") or "var") / "screenshots"
RARE = "screens_of_rare_rows"


@dataclass(frozen=True, slots=True)
class Visit:
    """What one browser looks at: a host, whose session, which pages."""

    host: str
    session: str
    screens: "tuple[Screen, ...]"


def main() -> int:
    """Take all pictures; 1 when a page breaks a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a route's name")
    parser.add_argument("--each", type=int, default=1, help="how many pages of a route are looked at for each person")
    arguments = parser.parse_args()
    subprocess.run([sys.executable, "manage.py", "prepare", "--demo"], check=True)
    throwaway.setup()
    from tests.screens.pictures import write_index

    with throwaway.platform(RARE, opened_on=date(2025, 1, 1)) as rare:
        visits = [*_of_demo(arguments.each), *_of_rare_rows(rare)]
        taken = list(_pictures(_new(visits, arguments.only)))
    write_index(FOLDER, taken)
    wrong = [one for one in taken if one.wrong]
    print(f"{len(taken)} pictures, {len(wrong)} with something wrong. Open {FOLDER / 'index.html'}")
    return int(bool(wrong))


def _of_demo(each: int) -> Iterator[Visit]:
    """Everybody of the demo platforms, and a stranger at each door."""
    from apps.portal.demo.market import MARKETS
    from apps.tenants.models import Platform

    for market in MARKETS:
        platform = Platform.objects.get(schema_name=market.schema_name)
        people = {person.email.partition("@")[0]: person for person in market.people}
        yield _visit(platform, "", "visitor", each)
        for name, person in people.items():
            yield _visit(platform, person.email, person.role, each, who=f"{person.role} {name}")


def _of_rare_rows(platform: Any) -> Iterator[Visit]:
    """One row of every model, belonging to one seller and one warehouse."""
    from django.db import transaction

    from apps.tenants.services import entered
    from apps.users.models import Role
    from tests.tenants.test_pages import THEIRS, fill_platform, make_newcomer

    with entered(platform.schema_name), transaction.atomic():
        people = fill_platform("River Orchard")
        newcomer = make_newcomer()
    for role, user in [*people.items(), (Role.SELLER, newcomer)]:
        yield _visit(platform, str(user.email), str(role), 1, f"{role} {user.name}", frozenset({THEIRS, THEIRS + 1}))


def _visit(
    platform: Any, email: str, role: str, each: int, who: str = "visitor", guesses: frozenset[int] = frozenset()
) -> Visit:
    from django.conf import settings
    from django.test import Client

    from apps.tenants.services import entered
    from apps.users.models import User
    from tests.screens.walk import FOR_VISITORS, Walk

    host = platform.domains.get(is_primary=True).domain
    client = Client(HTTP_HOST=host)
    if not email:
        walk = Walk(client, who, each).follow(FOR_VISITORS).after_a_code(platform.schema_name, role)
        return Visit(host, client.cookies[settings.SESSION_COOKIE_NAME].value, tuple(walk.screens))
    with entered(platform.schema_name):
        user = User.objects.get(email=email)
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    walk = Walk(client, who, each, guesses).follow(("/",)).fill_in(role)
    if guesses and role == "seller":
        walk.begin(platform.schema_name)
    return Visit(host, client.cookies[settings.SESSION_COOKIE_NAME].value, tuple(walk.screens))


def _new(visits: list[Visit], only: str) -> Iterator[Visit]:
    """The visits, each without routes that the role was seen at by somebody before; sellers' pages are kept for all."""
    seen: set[tuple[str, str]] = set()
    for visit in visits:
        fresh = [one for one in visit.screens if only in one.name and (one.role, one.name) not in seen]
        seen |= {(one.role, one.name) for one in fresh}
        yield Visit(visit.host, visit.session, tuple(fresh))


def _pictures(visits: Iterator[Visit]) -> "Iterator[Taken]":
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import ARGUMENTS
    from tests.screens.looks import LANGUAGES
    from tests.screens.pictures import take

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    everything = list(visits)
    with _server() as port, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for visit in everything:
            for language in LANGUAGES:
                context = chromium.new_context()
                address = f"http://{visit.host}:{port}"
                _cookies(context, address, visit.session, language)
                for screen in visit.screens:
                    yield from map(_told, take(context, FOLDER, address, screen, language))
                context.close()
        chromium.close()


def _told(one: "Taken") -> "Taken":
    for text in one.wrong:
        print(f"{one.file}: {text}", flush=True)
    return one


def _cookies(context: "BrowserContext", address: str, session: str, language: str) -> None:
    cookies = {"django_language": language, "sessionid": session}
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])


@contextmanager
def _server() -> Iterator[int]:
    from tests.processes import WebServer

    with tempfile.TemporaryDirectory() as mail:
        server = WebServer(dict(os.environ), Path(mail))
        try:
            yield server.port
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
