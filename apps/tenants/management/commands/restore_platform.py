"""manage.py restore_platform FILE [--as SCHEMA --domain HOST]"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.tenants.backup import BackupRefused, restore
from apps.tenants.services import PlatformRefused


class Command(BaseCommand):
    help = "Put a platform back from its backup, suspended, under its own name or another. See docs/deploy.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="what backup_platform wrote")
        parser.add_argument("--as", dest="schema_name", default="", metavar="SCHEMA", help="another schema name")
        parser.add_argument("--domain", default="", metavar="HOST", help="another host name in place of its own")

    def handle(self, *args: Any, path: Path, schema_name: str, domain: str, **options: Any) -> None:
        try:
            made = restore(path=path, schema_name=schema_name, domain=domain, at=timezone.now(), by="command")
        except (BackupRefused, PlatformRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        name = made.platform.schema_name
        self.stdout.write(
            f"{made.platform.name} is there as {name}: {made.rows:,} rows of {made.tables} tables, each as in the "
            f"backup, {made.files:,} files. It is suspended.\n"
            f"Look at it: `manage.py verify_books --platform {name} --suspended`, `verify_evidence` likewise. "
            f"To open it: `manage.py suspend_platform {name} --resume`, then `rekey_registry --platform {name}`."
        )
