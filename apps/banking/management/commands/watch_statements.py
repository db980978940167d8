"""manage.py watch_statements DIR --platform P: takes in the bank files of a folder, once a call."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.banking.models import BankAccount
from apps.banking.services.folder import take_in_files, waiting_files
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform


class Command(PlatformCommand):
    help = (
        "Take in the bank files in a folder: each goes to done/ or, with the reason beside it, to refused/. "
        "Call it from cron or a timer; a second call at the same time does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--csv-account", metavar="NUMBER", help="the account that CSV files in this folder are of")

    def work(self, platform: Platform, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}. Nothing was read.")
        account = _account(options["csv_account"])
        files = waiting_files(folder)
        for name, told in take_in_files(paths=files, csv_account=account, at=timezone.now(), by="folder"):
            self.stdout.write(f"{name}: {told}")


def _account(number: str | None) -> int | None:
    if number is None:
        return None
    found = [one.pk for one in BankAccount.objects.exclude(purpose="payout") if one.is_named(number)]
    if len(found) != 1:
        raise CommandError(f"{number} is not the number of one account of this platform. Nothing was read.")
    return found[0]
