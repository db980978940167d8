"""manage.py verify_evidence --platform P | --all"""

from typing import Any

from django.core.management.base import CommandError

from apps.evidence.models import Record, Seal
from apps.evidence.proofs import faults
from apps.tenants.command import PlatformsCommand
from apps.tenants.models import Platform


class Command(PlatformsCommand):
    help = "Prove the evidence log: no record altered, removed, moved or added, every seal signed. Names what is off."

    def work(self, platform: Platform, **options: Any) -> None:
        found = faults()
        if found:
            raise CommandError("\n".join([f"The evidence log of {platform.name} does not hold:", *found]))
        self.stdout.write(f"evidence verified: {Record.objects.count():,} records, {Seal.objects.count():,} seals")
