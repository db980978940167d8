"""manage.py import_settlement --platform P PATH"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.orders.refusals import SettlementRefused
from apps.orders.services import import_settlement
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform


class Command(PlatformCommand):
    help = "Take in the settlement file of a payment provider. Its columns are described in docs/settlements.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, metavar="PATH")

    def work(self, platform: Platform, **options: Any) -> None:
        path: Path = options["path"]
        try:
            with path.open("rb") as source:
                taken = import_settlement(source=source, name=path.name, at=timezone.now(), by="command")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}. Nothing was taken in.") from error
        except SettlementRefused as error:
            for line in error.rejected:
                self.stderr.write(f"line {line.key}: {line.reason}")
            raise CommandError(str(error)) from error
        if not taken.is_new:
            self.stdout.write(f"Nothing to do: these very bytes came as {taken.file.name}.")
        for one in taken.settlements:
            self.stdout.write(
                f"{one.payout}: {one.total} {one.currency} after fees of {one.fees}, booked on {one.booked_on}"
            )
