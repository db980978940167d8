"""manage.py export_journal --platform P --format beancount|csv [--from D --to D] [--output PATH]"""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from apps.ledger.journal import beancount, csv_lines, first_and_last_date, one_snapshot
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform


class Command(PlatformCommand):
    help = "Write the journal as text, for Beancount or as CSV. Dates are business dates, both inclusive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", required=True, choices=["beancount", "csv"])
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="YYYY-MM-DD, default the first entry")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="YYYY-MM-DD, default the last entry")
        parser.add_argument("--output", type=Path, help="the file to write, whole or not at all; default the screen")

    def work(self, platform: Platform, **options: Any) -> None:
        with one_snapshot():
            known = first_and_last_date() or (platform.opened_on, platform.opened_on)
            first, last = options["first"] or known[0], options["last"] or known[1]
            if last < first:
                raise CommandError(f"--to {last} is before --from {first}: nothing was written.")
            if options["format"] == "csv":
                lines = csv_lines(first=first, last=last)
            else:
                lines = beancount(title=platform.name, first=first, last=last)
            self._write(lines, options["output"])

    def _write(self, lines: Iterator[str], path: Path | None) -> None:
        if path is not None:
            self._save(lines, path)
            return
        for line in lines:
            self.stdout.write(line)

    def _save(self, lines: Iterator[str], path: Path) -> None:
        """Write beside `path` and move into place, so that no half journal ever stands under its name."""
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            with unfinished.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{path} could not be written: {error.strerror}. Nothing is left there.") from error
        self.stdout.write(f"The journal is in {path}.")
