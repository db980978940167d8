"""manage.py import_orders --platform P --format csv|olist PATH"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from apps.orders.feeds.intake import silent
from apps.orders.refusals import FeedRefused
from apps.orders.services import ImportResult, import_orders
from apps.tenants.command import PlatformCommand
from apps.tenants.models import Platform

BAR = 30


class Command(PlatformCommand):
    help = "Take in a feed of orders. The formats are described in docs/feeds.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, metavar="PATH", help="a file (csv) or a folder (olist)")
        parser.add_argument("--format", required=True, choices=["csv", "olist"])
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="where rejected lines go (default: under var/rejects/)"
        )

    def work(self, platform: Platform, **options: Any) -> None:
        path: Path = options["path"]
        rejects_path = options["rejects"] or (
            Path(settings.BASE_DIR) / "var" / "rejects" / platform.schema_name / f"{path.name}.rejects.csv"
        )
        try:
            result = import_orders(
                path=path,
                format=options["format"],
                rejects_path=rejects_path,
                progress=_bar if sys.stderr.isatty() else silent,
                at=timezone.now(),
                by="command",
            )
        except FeedRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(_told(result)))


def _bar(file: str, share: float) -> None:
    done = int(min(share, 1) * BAR)
    sys.stderr.write(f"\r{'█' * done}{'░' * (BAR - done)} {min(share, 1):4.0%} {file:<45}" + "\n" * (share >= 1))
    sys.stderr.flush()


def _told(result: ImportResult) -> list[str]:
    if result.known is not None:
        known = result.known
        return [f"Nothing to do: these very bytes came as {known.name} on {known.taken_in_at:%Y-%m-%d %H:%M} UTC."]
    told = [f"{lines:>9,} lines of {name}" for name, lines in result.files.items()]
    told += [
        f"{result.lines:>9,} lines read: {result.landed:,} orders are new, {result.updated:,} moved on, "
        f"{result.unchanged:,} are as they were, {result.rejected:,} lines were rejected."
    ]
    told += [f"{number:>9,} {note}" for note, number in sorted(result.notes.items())]
    if result.rejects_path:
        told.append(f"The rejected lines are in {result.rejects_path}: correct them there and send them as a new file.")
    return told
