"""manage.py import_orders --platform P --format csv|olist PATH"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.orders.feeds.intake import silent
from apps.orders.refusals import FeedRefused
from apps.orders.services import ImportResult, import_orders
from apps.tenants.command import FileCommand, known_already

BAR = 30


class Command(FileCommand):
    help = "Take in a feed of orders. The formats are described in docs/feeds.md."

    refusal = FeedRefused
    path_help = "a file (csv) or a folder (olist)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", required=True, choices=["csv", "olist"])

    def take_in(self, *, path: Path, rejects: Path, **options: Any) -> list[str]:
        result = import_orders(
            path=path,
            format=options["format"],
            rejects_path=rejects,
            progress=_bar if sys.stderr.isatty() else silent,
            at=timezone.now(),
            by="command",
        )
        return _told(result)


def _bar(file: str, share: float) -> None:
    done = int(min(share, 1) * BAR)
    sys.stderr.write(f"\r{'█' * done}{'░' * (BAR - done)} {min(share, 1):4.0%} {file:<45}" + "\n" * (share >= 1))
    sys.stderr.flush()


def _told(result: ImportResult) -> list[str]:
    if result.known is not None:
        return [known_already(result.known.name, result.known.taken_in_at)]
    told = [f"{lines:>9,} lines of {name}" for name, lines in result.files.items()]
    told += [
        f"{result.lines:>9,} lines read: {result.landed:,} orders are new, {result.updated:,} moved on, "
        f"{result.unchanged:,} are as they were, {result.rejected:,} lines were rejected."
    ]
    told += [f"{number:>9,} {note}" for note, number in sorted(result.notes.items())]
    if result.rejects_path:
        told.append(f"The rejected lines are in {result.rejects_path}: correct them there and send them as a new file.")
    return told
