"""Every page of a seller with 10,000 orders and 50 running financings: its weight, its speed, its queries.

    python -m benchmarks.pages [--rounds 20]

Server: the whole stack but the network, in English: p95 of the rounds at most 50 ms, at most 20 queries.
Browser (Chromium, 390 px, gunicorn, static files as deployed): at most 100 KB over the wire before images, nothing
moves while the page loads (cumulative layout shift 0), and on a slow 3G line (400 kbit/s both ways, 400 ms a round
trip, as WebPageTest defines it) the largest paint comes within 1.5 s for who has been here before. The first
visit, with nothing cached, is printed beside it.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import throwaway

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.screens.walk import Screen

LIMIT_MS, LIMIT_QUERIES, LIMIT_KB, LIMIT_PAINT_MS = 50, 20, 100, 1500
LIMIT_SHIFT = 0.001  # Chromium counts fractions of a pixel
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
# Collected from before the page's first byte; read when all is quiet.
WATCH = """
window.seen = {shift: 0, paint: 0};
new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.seen.shift += one.value; }))
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.seen.paint = one.startTime; }))
  .observe({type: "largest-contentful-paint", buffered: true});
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A page as the server sees it: p95 of the rounds in milliseconds, median of this process's own work in
    milliseconds (without PostgreSQL's, and without waiting for a busy machine), queries."""

    milliseconds: float
    own: float
    queries: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A page as a phone sees it: bytes over the wire before images, layout shift, largest paint in milliseconds."""

    bytes: float
    shift: float
    paint: float


def main() -> int:
    """Measure and print; 1 when a page exceeds a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.as_deployed"
    throwaway.setup()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    with throwaway.platform("bench_pages", opened_on=date(2025, 1, 1)) as platform:
        host, session, screens = _walked(platform)
        served = {screen: _served(platform, host, session, screen.path, rounds) for screen in screens}
        loaded = dict(_all_loaded(host, session, screens))
    beyond = [screen for screen in screens if _told(screen, served[screen], *loaded[screen])]
    return int(bool(beyond))


def _walked(platform: Any) -> "tuple[str, str, list[Screen]]":
    """The host, the seller's session, and every page they can open."""
    from django.conf import settings
    from django.test import Client

    from benchmarks.busy_shop import open_shop
    from tests.screens.walk import Walk
    from tests.tenants.test_pages import THEIRS

    host = platform.domains.get(is_primary=True).domain
    client = Client(HTTP_HOST=host)
    client.force_login(open_shop().user, backend=settings.AUTHENTICATION_BACKENDS[0])
    walk = Walk(client, "seller", guesses=frozenset({THEIRS})).follow(["/"]).fill_in("seller")
    return host, client.cookies[settings.SESSION_COOKIE_NAME].value, walk.screens


def _served(platform: Any, host: str, session: str, path: str, rounds: int) -> Served:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.tenants.services import tenant_connection

    client = Client(HTTP_HOST=host)
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    times, own, queries = [], [], 0
    for _round in range(rounds + 2):
        tenant_connection.set_tenant(platform)
        with CaptureQueriesContext(connection) as captured:
            started, worked = time.perf_counter(), time.process_time()
            answer = client.get(path)
            times.append(1000 * (time.perf_counter() - started))
            own.append(1000 * (time.process_time() - worked))
        queries = len(captured)
        assert answer.status_code in {200, 404}, (path, answer.status_code)
    return Served(statistics.quantiles(times[2:], n=20)[-1], statistics.median(own[2:]), queries)


def _all_loaded(host: str, session: str, screens: "list[Screen]") -> "Iterator[tuple[Screen, tuple[Loaded, Loaded]]]":
    """Each page at a first visit and at a later one, when only the page itself is fetched."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import ARGUMENTS

    with _server() as port, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        with _phone(chromium, f"http://{host}:{port}", session) as page:
            page.goto(f"http://{host}:{port}/", wait_until="networkidle")  # the server's first answer is nobody's
        for screen in screens:
            with _phone(chromium, f"http://{host}:{port}", session) as page:
                address = f"http://{host}:{port}{screen.path}"
                yield screen, (_loaded(page, address), _loaded(page, address))
        chromium.close()


@contextmanager
def _server() -> Iterator[int]:
    from tests.processes import WebServer

    with tempfile.TemporaryDirectory() as mail:
        server = WebServer(dict(os.environ), Path(mail))
        try:
            yield server.port
        finally:
            server.stop()


@contextmanager
def _phone(chromium: "Browser", address: str, session: str) -> "Iterator[Page]":
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    context.add_init_script(WATCH)
    yield context.new_page()
    context.close()


def _loaded(page: "Page", address: str) -> Loaded:
    wire = page.context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW_3G)
    page.goto(address, wait_until="networkidle")
    seen = page.evaluate("window.seen")
    wire.detach()
    weight = sum(size for key, size in sizes.items() if kinds.get(key) not in {"Image", "Media"})
    return Loaded(weight, seen["shift"], seen["paint"])


def _told(screen: "Screen", served: Served, first: Loaded, again: Loaded) -> bool:
    """Print a page's line; whether it exceeds a limit."""
    beyond = [
        name
        for name, exceeds in {
            "ms": served.milliseconds > LIMIT_MS,
            "queries": served.queries > LIMIT_QUERIES,
            "KB": first.bytes > LIMIT_KB * 1000,
            "shift": first.shift + again.shift > LIMIT_SHIFT,
            "paint": again.paint > LIMIT_PAINT_MS,
        }.items()
        if exceeds
    ]
    print(
        f"pages {screen.name:28} p95={served.milliseconds:5.1f}ms limit={LIMIT_MS} own={served.own:4.1f}ms "
        f"queries={served.queries:2} limit={LIMIT_QUERIES} first={first.bytes / 1000:5.1f}KB limit={LIMIT_KB} "
        f"again={again.bytes / 1000:5.1f}KB shift={first.shift + again.shift:.3f} paint={again.paint:.0f}ms "
        f"limit={LIMIT_PAINT_MS} first_paint={first.paint:.0f}ms{'  BEYOND: ' + ', '.join(beyond) if beyond else ''}",
        flush=True,
    )
    return bool(beyond)


if __name__ == "__main__":
    sys.exit(main())
