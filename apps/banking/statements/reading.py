"""A file in, its statements out. What kind of file it is shows in its bytes, never in its name."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO

from apps.banking.statements import camt, ofx, sheets, swift
from apps.banking.statements.bytes_in import CHUNK, Look, look_over
from apps.banking.statements.parts import Entry, FileHead, Heading, Part, Problem, Refused
from apps.banking.statements.proof import Statement, Told, proved

LONGEST_LINE = 1024 * 1024  # characters
NEWLINE = re.compile(r"\r\n|\n|\r(?!\Z)")


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A whole file: its statements with their entries, and what is wrong with the file as such."""

    head: FileHead
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]

    @property
    def needs_a_person(self) -> bool:
        return bool(self.problems) or any(statement.needs_a_person for statement in self.statements)


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: a bank's columns for CSV, and the folder of ISO 20022 schemas to check camt files against."""

    mapping: sheets.ColumnMapping | None = None
    schemas: Path | None = None


PLAIN = Options()


def read(source: IO[bytes], name: str, options: Options = PLAIN) -> StatementFile:
    """All of a file that is not an archive. Raises Refused when nothing of it can be taken, and nothing else."""
    head, told = scan(source, name, options)
    statements: list[Statement] = []
    problems: list[Problem] = []
    entries: list[Entry] = []
    for part in told:
        match part:
            case Entry():
                entries.append(part)
            case Statement():
                statements.append(replace(part, entries=tuple(entries)))
                entries = []
            case Problem():
                problems.append(part)
    return StatementFile(head, tuple(statements), tuple(problems))


def scan(source: IO[bytes], name: str, options: Options = PLAIN) -> tuple[FileHead, Iterator[Told]]:
    """The file's head, and its parts as a stream: heading, entries, then the statement they come to; and so on.

    `source` can be read from its start again. Memory grows by a few dozen bytes an entry. Raises Refused before the
    first part; what breaks later is a Problem among the parts.
    """
    look = look_over(source)
    if look.is_xml and not look.is_ofx:
        format_, version, parts = _camt(source, options)
    else:
        format_, version, parts = _text(source, look, options)
    told = proved(_guarded(parts))
    first = next(told)  # a refusal comes with the first part
    return FileHead(name, format_, version, look.digest, look.size, look.encoding), chain([first], told)


def _camt(source: IO[bytes], options: Options) -> tuple[str, str, Iterator[Part]]:
    source.seek(0)
    message = camt.Message(source)
    source.seek(0)
    faults: list[Problem] = []
    if options.schemas is not None and message.version:
        faults = list(camt.schema_faults(source, f"{message.format}.{message.version}", options.schemas))
        source.seek(0)
    if not message.version:
        faults.append(
            Problem(
                "file", f"It is {message.format} by its elements, but its namespace names no version.", is_of_file=True
            )
        )
    return message.format, message.version, chain(camt.read(source), faults)


def _text(source: IO[bytes], look: Look, options: Options) -> tuple[str, str, Iterator[Part]]:
    source.seek(0)
    chunks = codecs.iterdecode(iter(lambda: source.read(CHUNK), b""), look.encoding, errors="replace")
    begin = look.begin.decode(look.encoding, errors="replace")
    if look.is_ofx:
        version = ofx.version(begin)
        parts = ofx.read(chunks)
        declared = "CHARSET:1252" in begin and look.encoding == "windows-1252"
        return "OFX", version, parts if declared else chain(parts, _encoding_problem(look))
    if swift.BEGINS.search(begin):
        is_interim = re.search(r"^(:34F:|:13D:|:90[CD]:)|\{2:[IO]942", begin, re.MULTILINE)
        return "MT942" if is_interim else "MT940", "", chain(swift.read(_lines(chunks)), _encoding_problem(look))
    return "CSV", "", chain(sheets.read(_lines(chunks), options.mapping), _encoding_problem(look))


def _encoding_problem(look: Look) -> Iterator[Problem]:
    """Amounts, dates and codes are plain ASCII in every encoding; names and texts may be wrong when it was guessed."""
    if look.encoding in ("windows-1252", "gb18030"):
        yield Problem(
            "file", f"It is not UTF-8; read as {look.encoding}, so letters beyond ASCII may be wrong.", is_of_file=True
        )


def _lines(chunks: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1, whatever ends them. Raises Refused at a line too long to be one."""
    number, waiting = 0, ""
    for chunk in chunks:
        *whole, waiting = NEWLINE.split(waiting + chunk)
        for line in whole:
            number += 1
            yield number, line
        if len(waiting) > LONGEST_LINE:
            raise Refused(f"Line {number + 1} is longer than {LONGEST_LINE} characters.")
    if waiting:
        yield number + 1, waiting.rstrip("\r")


def _guarded(parts: Iterator[Part]) -> Iterator[Part]:
    """A refusal behind the first part is a problem of the file: what was told stays told."""
    is_begun = False
    held: list[Part] = []
    try:
        for part in parts:
            held.append(part)
            if is_begun := isinstance(part, Heading):
                break
        if is_begun:
            yield from held
            yield from parts
    except Refused as error:
        if not is_begun:
            raise
        yield Problem("file, end", f"Reading stopped: {error}", is_of_file=True)
    if not is_begun:
        said = [part.reason for part in held if isinstance(part, Problem)]
        raise Refused(" ".join(["There is no statement in it.", *said[:1]]))
