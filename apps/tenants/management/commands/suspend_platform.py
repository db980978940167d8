"""manage.py suspend_platform SCHEMA [--resume]"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.tenants.models import TEMPLATE_SCHEMA, Platform
from apps.tenants.services import resume, suspend


class Command(BaseCommand):
    help = "Close a platform's doors: its pages answer 404, its tasks and nights are refused. Or open them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help="the platform's schema name")
        parser.add_argument("--resume", action="store_true", help="open a suspended platform again")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["platform"]
        platform = Platform.objects.exclude(schema_name=TEMPLATE_SCHEMA).filter(schema_name=name).first()
        if platform is None:
            raise CommandError(f"There is no platform {name!r}.")
        if options["resume"]:
            resume(platform=platform, by="command")
            self.stdout.write(f"{platform.name} works again.")
        else:
            suspend(platform=platform, at=timezone.now(), by="command")
            self.stdout.write(f"{platform.name} is suspended.")
