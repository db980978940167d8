"""200 sellers browsing at once through gunicorn and PostgreSQL, two minutes: no errors, p95 printed.

    python -m benchmarks.browsing [--sellers 200] [--seconds 120]

Each has a financing, thirty orders and thirty messages, and opens a page every 2 to 8 seconds. The load comes from
locust on the same machine, which so competes with what it measures.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import throwaway

WORKERS = 2  # as `make run` starts them


def main() -> int:
    """Measure and print; 1 when a request failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sellers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=120)
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.as_deployed"
    throwaway.setup()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    with (
        throwaway.platform("bench_browsing", opened_on=date(2025, 1, 1)) as platform,
        tempfile.TemporaryDirectory() as folder,
    ):
        people = [_join(platform) for _number in range(arguments.sellers)]
        figures = _browse(people, arguments.seconds, Path(folder))
    return _told(figures, len(people), arguments.seconds)


def _join(platform: Any) -> dict[str, str]:
    """A seller with something to look at, signed in: host, session, own financing."""
    from django.conf import settings
    from django.db import transaction
    from django.test import Client

    from apps.users.models import Role
    from tests import factories

    with transaction.atomic():
        user = factories.make_user(role=Role.SELLER)
        seller = factories.make_seller(user=user)
        contract = factories.make_contract(
            application=factories.make_application(offer=factories.make_offer(seller=seller, state="paid_out"))
        )
        financing = factories.make_financing(
            contract=contract, state="active", disbursed_on=factories.DAY, closed_through=factories.DAY
        )
        for _number in range(30):
            factories.make_order(seller=seller)
            factories.make_message(seller=seller)
    host = platform.domains.get(is_primary=True).domain
    client = Client(HTTP_HOST=host)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"host": host, "session": session, "financing": str(financing.pk)}


def _browse(people: list[dict[str, str]], seconds: int, folder: Path) -> list[dict[str, Any]]:
    """What locust measured, a row for each kind of page."""
    from tests.processes import WebServer

    sessions, measured = folder / "sessions.json", folder / "measured"
    sessions.write_text(json.dumps(people))
    server = WebServer(dict(os.environ), folder, workers=WORKERS)
    try:
        subprocess.run(
            [
                sys.executable, "-m", "locust", "--headless", "--locustfile", "benchmarks/visitors.py",
                "--host", f"http://127.0.0.1:{server.port}", "--users", str(len(people)), "--spawn-rate", "20",
                "--run-time", f"{seconds}s", "--json-file", str(measured), "--csv", str(measured),
                "--exit-code-on-error", "0",
            ],
            check=True, env={**os.environ, "SESSIONS": str(sessions)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        server.stop()
    print((folder / "measured_failures.csv").read_text(), end="", file=sys.stderr)
    return list(json.loads(measured.with_suffix(".json").read_text()))


def _told(figures: list[dict[str, Any]], sellers: int, seconds: int) -> int:
    """Print a line for each page and one for all; 1 when a request failed."""
    times: dict[float, int] = {}
    for one in figures:
        for milliseconds, number in one["response_times"].items():
            times[float(milliseconds)] = times.get(float(milliseconds), 0) + number
        print(f"browsing {one['name']:12} requests={one['num_requests']:6} p95={_p95(one['response_times']):.0f}ms")
    requests, failures = (sum(one[name] for one in figures) for name in ("num_requests", "num_failures"))
    print(
        f"browsing sellers={sellers} seconds={seconds} requests={requests} failures={failures} limit=0 "
        f"rate={requests / seconds:.0f}/s p95={_p95(times):.0f}ms cores={os.cpu_count()}"
    )
    return int(failures > 0 or requests == 0)


def _p95(times: dict[Any, int]) -> float:
    """The 95th percentile of milliseconds, given how often each was measured."""
    left = 0.95 * sum(times.values())
    for milliseconds, number in sorted((float(key), number) for key, number in times.items()):
        left -= number
        if left <= 0:
            return milliseconds
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
