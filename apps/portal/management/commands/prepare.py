"""manage.py prepare [--demo [NAME ...]]"""

import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.portal.demo.build import DemoRefused, catch_up_with, make_platform, markets_to_make
from apps.portal.demo.market import MARKETS, Market
from apps.tenants.models import Platform
from apps.tenants.services import ensure_template

PUBLIC = "public"


class Command(BaseCommand):
    help = "Bring the database up to date: the public schema, the template, every platform. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [market.schema_name for market in MARKETS]
        parser.add_argument(
            "--demo", nargs="*", choices=names, metavar="NAME", help=f"make the demo platforms too ({', '.join(names)})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.tells_all = options["verbosity"] > 0
        self._migrate_all()
        if options["demo"] is not None:
            self._make_demo([one for one in MARKETS if one.schema_name in options["demo"] or not options["demo"]])

    def _migrate_all(self) -> None:
        wanted = set(MigrationLoader(None).disk_migrations)
        self._migrate("Public schema", PUBLIC, wanted)
        ensure_template()
        for platform in Platform.objects.order_by("schema_name"):
            self._migrate(platform.name, platform.schema_name, wanted)

    def _migrate(self, name: str, schema_name: str, wanted: set[tuple[str, str]]) -> None:
        with schema_context(schema_name):
            missing = len(wanted - MigrationRecorder(connection).applied_migrations().keys())
        if missing:
            call_command("migrate_schemas", schema_name=schema_name, interactive=False, verbosity=0)
            self._say([f"{name}: {missing} migration{'' if missing == 1 else 's'} applied"])
        elif self.tells_all:
            self._say([f"{name}: up to date"])

    def _make_demo(self, markets: Sequence[Market]) -> None:
        try:
            missing = markets_to_make(markets)
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if len(missing) == 1:
            self._say(make_platform(missing[0], at=timezone.now()))
        elif missing:
            _make_at_once(missing)
        self._say(catch_up_with(at=timezone.now()))

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
            self.stdout.flush()


def _make_at_once(markets: Sequence[Market]) -> None:
    """One process a platform, on as many cores. However this one is asked to end, they end with it."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare", "--verbosity", "0", "--demo"]
    makers = [subprocess.Popen([*command, market.schema_name], start_new_session=True) for market in markets]
    try:
        failed = [market.name for market, maker in zip(markets, makers, strict=True) if maker.wait()]
    finally:
        for maker in makers:
            maker.terminate()
    if failed:
        raise CommandError(f"{' and '.join(failed)} could not be made; the reason is above. Start again to try again.")
