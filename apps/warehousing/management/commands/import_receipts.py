"""manage.py import_receipts --platform P PATH"""

from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.tenants.command import FileCommand, known_already
from apps.warehousing.imports import import_receipts
from apps.warehousing.sheets import FileRefused


class Command(FileCommand):
    help = "Take in receipts that a warehouse kept elsewhere. The format is described in docs/receipts.md."
    refusal = FileRefused

    def take_in(self, *, path: Path, rejects: Path, **options: Any) -> list[str]:
        result = import_receipts(path=path, rejects_path=rejects, at=timezone.now(), by="command")
        if result.known is not None:
            return [known_already(result.known.name, result.known.taken_in_at)]
        told = [
            f"{result.lines:,} lines read: {result.landed:,} receipts are new, {result.unchanged:,} are as they were, "
            f"{result.rejected:,} lines were rejected."
        ]
        if result.rejects_path:
            told.append(f"What was rejected is in {result.rejects_path}: correct it there and send it as a new file.")
        return told
