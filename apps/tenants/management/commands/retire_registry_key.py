"""manage.py retire_registry_key NAME: forget a registry key once everything stands under the others too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants.registry import KeyStillNeeded, retire_key


class Command(BaseCommand):
    help = "Delete the registry's rows under an old key. Refused while anything stands under that key alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the key's name, as in REGISTRY_KEYS")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        try:
            rows = retire_key(name)
        except KeyStillNeeded as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{rows} rows under {name} deleted. Take it out of REGISTRY_KEYS on every host now.")
