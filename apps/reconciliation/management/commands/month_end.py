"""manage.py month_end YYYY-MM --platform P [--output PATH]"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import CommandError
from django.utils import timezone

from apps.reconciliation.months import MonthRefused, last_day, make_month_end, proofs
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform


def a_month(text: str) -> date:
    """The first day of a month written as YYYY-MM."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month, no instant
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a month such as 2026-03.") from error


class Command(PlatformCommand):
    help = "Make the end of a month for auditors: one zip with hashes, and the sub-ledgers proved against the ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("month", type=a_month, metavar="YYYY-MM")
        parser.add_argument("--output", type=Path, help="also write the zip there")

    def work(self, platform: Platform, **options: Any) -> None:
        month: date = options["month"]
        try:
            made = make_month_end(platform=platform, month=month, at=timezone.now(), by="command")
        except MonthRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        shown = proofs(last_day(month), platform.currency)
        for one in shown:
            said = "proved" if not one.difference else f"open by {one.difference}"
            self.stdout.write(f"{one.name:18} {one.rows:>20,.2f} {one.ledger:>20,.2f}  {said}")
        self.stdout.write(f"{made.name}  {made.size:,} bytes  SHA-256 {made.sha256}")
        path: Path | None = options["output"]
        if path is not None:
            self._save(made.stored_as, path)
        if any(one.difference for one in shown):
            raise CommandError("A sub-ledger does not come to its account; it stands in proof.csv. Run verify_books.")

    def _save(self, stored_as: str, path: Path) -> None:
        try:
            with default_storage.open(stored_as) as source, path.open("wb") as target:
                copyfileobj(source, target)
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}. The zip is in the storage.") from error
