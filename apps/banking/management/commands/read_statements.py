"""manage.py read_statements PATH... : what bank statement files say, and whether it adds up. Writes nothing."""

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from apps.banking.statements.bytes_in import members
from apps.banking.statements.listing import TABLE, listed, refused, refused_row, tabled
from apps.banking.statements.parts import Refused
from apps.banking.statements.reading import Options
from apps.banking.statements.sheets import ColumnMapping, mapping_from


class Command(BaseCommand):
    help = "Read bank statement files and print what they say. The output is described in docs/statements.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, archives, or folders of them")
        parser.add_argument("--mapping", type=Path, metavar="FILE", help="JSON: which column of a CSV file holds what")
        parser.add_argument("--schemas", type=Path, metavar="FOLDER", help="check camt files against ISO 20022 schemas")
        parser.add_argument("--summary", action="store_true", help="only the last line of each file")
        parser.add_argument("--table", action="store_true", help="a row of Markdown for each file")

    def handle(self, **options: Any) -> None:
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"There is no {' and no '.join(missing)}. Nothing was read.")
        if options["schemas"] is not None and not options["schemas"].is_dir():
            raise CommandError(f"There is no folder {options['schemas']}. Nothing was read.")
        reading = Options(mapping=_mapping(options["mapping"]), schemas=options["schemas"])
        if reconfigure := getattr(sys.stdout, "reconfigure", None):
            reconfigure(errors="backslashreplace")  # a terminal without Chinese still gets an answer
        lines = _table(options["paths"], reading) if options["table"] else _lines(options["paths"], reading)
        try:
            for line in lines:
                if not options["summary"] or line.startswith("SUMMARY"):
                    self.stdout.write(line)
        except BrokenPipeError:  # whoever reads this has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _mapping(path: Path | None) -> ColumnMapping | None:
    if path is None:
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(said, dict):
            raise CommandError(f"{path} is no mapping: it holds no JSON object. Nothing was read.")
        return mapping_from(said)
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{path} is no mapping: {error}. Nothing was read.") from None
    except Refused as error:
        raise CommandError(f"{path}: {error} Nothing was read.") from None


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        yield from sorted(Path(folder) / name for folder, _, names in os.walk(path) for name in names)


def _lines(paths: list[Path], options: Options) -> Iterator[str]:
    for path in _files(paths):
        yield from _told_path(path, options)


def _table(folders: list[Path], options: Options) -> Iterator[str]:
    """A row for each file, named by where it lies in its folder."""
    yield from TABLE
    for folder in folders:
        for path in _files([folder]):
            yield from _told_path(path, options, Form(tabled, refused_row, folder))


@dataclass(frozen=True, slots=True)
class Form:
    """How files are told of: those that are read, those that are refused, and below which folder they are named."""

    read: Callable[[IO[bytes], Path, Options], Iterator[str]] = listed
    refused: Callable[[Path, object], str] = refused
    below: Path = Path()


LINES = Form()


def _told_path(path: Path, options: Options, form: Form = LINES) -> Iterator[str]:
    """The lines about one path; an archive has a block for each file in it."""
    named = path.relative_to(form.below) if path.is_relative_to(form.below) else path
    try:
        if not path.is_file():
            raise Refused("This is no file.")
        for name, opened in members(path):
            shown = named.parent / name
            try:
                with opened() as source:
                    yield from form.read(source, shown, options)
            except Refused as error:
                yield form.refused(shown, error)
    except Refused as error:
        yield form.refused(named, error)
    except OSError as error:
        yield form.refused(named, f"It cannot be read: {error.strerror}.")
