"""manage.py backup_platform SCHEMA FILE"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.tenants.backup import BackupRefused, back_up
from apps.tenants.models import Platform


class Command(BaseCommand):
    help = "Write one platform, rows and files, to one file, as it stands at one moment. See docs/deploy.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help="the platform's schema name")
        parser.add_argument("path", type=Path, metavar="FILE", help="a file that is not there yet")

    def handle(self, *args: Any, platform: str, path: Path, **options: Any) -> None:
        found = Platform.objects.platforms().filter(schema_name=platform).first()
        if found is None:
            raise CommandError(f"There is no platform {platform!r}.")
        try:
            made = back_up(platform=found, path=path, at=timezone.now(), by="command")
        except BackupRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{path}: {made.rows:,} rows of {made.tables} tables, {made.files:,} files.")
