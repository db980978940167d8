"""`manage.py check_messages`: is every text of the product written in Simplified Chinese too?"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

LANGUAGE = "zh_Hans"
SOURCES = ("templates", "apps")
CATALOG = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"


class Command(BaseCommand):
    help = "Name every text in templates/ and apps/ whose Simplified Chinese is missing, fuzzy or no longer used."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update",
            action="store_true",
            help="also write the texts found into the catalogue, ready to be translated",
        )

    def handle(self, *args: Any, update: bool, **options: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fresh = gathered_catalog(Path(settings.BASE_DIR), Path(folder))
            if update:
                shutil.copyfile(fresh, Path(settings.BASE_DIR) / CATALOG)
            with fresh.open("rb") as lines:
                catalog = read_po(lines, locale=LANGUAGE)
        if faults := faults_of(catalog):
            raise CommandError("\n".join([f"{len(faults)} texts of {CATALOG} want a translator's hand:", *faults]))
        self.stdout.write(f"{len(catalog)} texts, each written in Simplified Chinese.")


def gathered_catalog(project: Path, folder: Path) -> Path:
    """The catalogue as Django's makemessages would leave it now, made in `folder`; the project is only read.

    Raises CommandError with what gettext said when it could not read a source.
    """
    for name in (*SOURCES, "locale"):
        shutil.copytree(
            project / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "migrations", "*.mo")
        )
    without_settings = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    made = subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", LANGUAGE, "--no-wrap", "--add-location", "file"],
        cwd=folder, env=without_settings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise CommandError(f"The texts could not be gathered (is gettext installed?):\n{made.stderr.strip()}")
    return folder / CATALOG


def faults_of(catalog: Catalog) -> list[str]:
    """One line for each text that is missing, fuzzy (an old translation guessed onto a new text) or no longer used."""
    texts = [message for message in catalog if message.id]
    return [
        *(_line("missing", one) for one in texts if not one.fuzzy and not _is_translated(one)),
        *(_line("fuzzy", one) for one in texts if one.fuzzy),
        *(_line("no longer used", one) for one in catalog.obsolete.values()),
    ]


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def _line(fault: str, message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    files = ", ".join(sorted({file for file, _line_number in message.locations}))
    return (
        f"  {fault}: {text!r}"
        + (f" ({message.context})" if message.context else "")
        + (f" in {files}" if files else "")
    )
