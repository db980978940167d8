"""The base of management commands that work inside one platform."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants.models import Platform
from apps.tenants.services import NoSuchPlatform, entered


class PlatformCommand(BaseCommand):
    """A command that names its platform with --platform and runs inside it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", required=True, help="the platform's schema name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with entered(options["platform"]) as platform:
                self.work(platform, **options)
        except NoSuchPlatform as error:
            raise CommandError(f"{error} See `manage.py list_platforms`.") from error

    def work(self, platform: Platform, **options: Any) -> None:
        """What the command does inside `platform`."""
        raise NotImplementedError
