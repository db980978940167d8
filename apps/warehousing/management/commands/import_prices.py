"""manage.py import_prices --platform P --format csv|pink-sheet PATH"""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.tenants.command import FileCommand, known_already
from apps.warehousing.prices import ImportedPrices, import_prices
from apps.warehousing.sheets import FileRefused

MOST_SHOWN = 20


class Command(FileCommand):
    help = "Take in prices of commodities and exchange rates. The formats are described in docs/prices.md."

    refusal = FileRefused

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", required=True, choices=["csv", "pink-sheet"])
        parser.add_argument(
            "--accept-steps", action="store_true", help="take prices however far they rose or fell: a person checked"
        )

    def take_in(self, *, path: Path, rejects: Path, **options: Any) -> list[str]:
        result = import_prices(
            path=path,
            format=options["format"],
            rejects_path=rejects,
            accept_steps=options["accept_steps"],
            at=timezone.now(),
            by="command",
        )
        return _told(result)


def _told(result: ImportedPrices) -> list[str]:
    if result.known is not None:
        return [known_already(result.known.name, result.known.taken_in_at)]
    told = [
        f"{result.told:,} prices told: {result.landed:,} are new, {result.corrected:,} correct an earlier one, "
        f"{result.unchanged:,} are as they were, {result.passed_over:,} were passed over, {result.rejected:,} were "
        "rejected."
    ]
    told += [f"{number:>9,} passed over: {reason}" for reason, number in sorted((result.reasons or {}).items())]
    told += _some("new", result.new) + _some("hole", result.holes) + _some("stale", result.stale)
    if result.rejects_path:
        told.append(f"What was rejected is in {result.rejects_path}: correct it there and send it as a new file.")
    return told


def _some(label: str, sentences: Sequence[str]) -> list[str]:
    shown = [f"{label:>9} {sentence}" for sentence in sentences[:MOST_SHOWN]]
    if len(sentences) > MOST_SHOWN:
        shown.append(f"{label:>9} and {len(sentences) - MOST_SHOWN} more.")
    return shown
