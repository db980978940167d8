"""manage.py watch_statements DIR --platform P: takes in the bank files of a folder, once a call."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from apps.banking.models import BankAccount
from apps.banking.refusals import StatementRefused
from apps.banking.services import take_in_statement
from apps.banking.statements.bytes_in import members
from apps.banking.statements.parts import Refused
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform

DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


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
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith(".") and not path.name.endswith(UNFINISHED):
                self.stdout.write(f"{path.name}: {_taken(path, account, timezone.now())}")


def _account(number: str | None) -> int | None:
    if number is None:
        return None
    found = [one.pk for one in BankAccount.objects.exclude(purpose="payout") if one.is_named(number)]
    if len(found) != 1:
        raise CommandError(f"{number} is not the number of one account of this platform. Nothing was read.")
    return found[0]


def _taken(path: Path, account: int | None, at: datetime) -> str:
    """Take in the file, or all files of the archive, and move it; answers what became of it, in a sentence."""
    told: list[str] = []
    try:
        for name, opened in members(path):
            with opened() as source:
                taken = take_in_statement(source=source, name=name, csv_account=account, at=at, by="folder")
            told.append(f"{taken.booked} lines booked" if taken.is_new else "nothing new")
    except (StatementRefused, Refused, OSError) as error:
        _move(path, REFUSED, reason=" ".join([*told, str(error)]))
        return f"refused: {error}"
    _move(path, DONE)
    return ", ".join(told)


def _move(path: Path, where: str, reason: str = "") -> None:
    """Into the folder `where` beside it; a file of that name stays there, and the newer one gets a number."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    if reason:
        target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    path.rename(target)
