"""manage.py rekey_registry --all: enter what is in pledge under every registry key in use."""

from typing import Any

from django.db import transaction

from apps.tenants.command import PlatformsCommand
from apps.tenants.models import Platform
from apps.warehousing.encumbrances import claim_again


class Command(PlatformsCommand):
    help = "Enter the lots in pledge in the registry under every key in use; again changes nothing."

    def work(self, platform: Platform, **options: Any) -> None:
        with transaction.atomic():
            lots = claim_again()
        self.stdout.write(f"{lots} receipts in pledge are registered under every key.")
