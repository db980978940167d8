"""manage.py prepare [--demo]"""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.portal.demo.build import DemoRefused, make_missing_platforms
from apps.tenants.models import TEMPLATE_SCHEMA, Platform
from apps.tenants.services import ensure_template

PUBLIC = "public"


class Command(BaseCommand):
    help = "Bring the database up to date: the public schema, the template, every platform. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="also make the demo platforms that are not there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = set(MigrationLoader(None).disk_migrations)
        self._migrate("Public schema", PUBLIC, wanted)
        ensure_template()
        self._say("Template: up to date")
        for platform in Platform.objects.exclude(schema_name=TEMPLATE_SCHEMA).order_by("schema_name"):
            self._migrate(platform.name, platform.schema_name, wanted)
        if options["demo"]:
            self._make_demo()

    def _migrate(self, name: str, schema_name: str, wanted: set[tuple[str, str]]) -> None:
        with schema_context(schema_name):
            missing = len(wanted - MigrationRecorder(connection).applied_migrations().keys())
        if missing:
            call_command("migrate_schemas", schema_name=schema_name, interactive=False, verbosity=0)
        self._say(f"{name}: {missing} migrations applied" if missing else f"{name}: up to date")

    def _make_demo(self) -> None:
        try:
            for line in make_missing_platforms(at=timezone.now()):
                self._say(line)
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
