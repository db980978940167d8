"""CSV text from outside, line by line: whole and readable or refused with a sentence, well formed or rejected."""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from operator import itemgetter
from pathlib import Path
from typing import Any

from apps.orders.feeds.intake import Intake
from apps.orders.refusals import FeedRefused

LONGEST_LINE = 64 * 1024
TELL_EVERY = 5_000
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
NOT_CSV = {
    b"\x1f\x8b": "is compressed with gzip. Unpack it first",
    b"PK\x03\x04": "is a zip archive or a spreadsheet. Unpack it, or save it as CSV",
    b"\xff\xfe": "is written in UTF-16. Save it as UTF-8",
    b"\xfe\xff": "is written in UTF-16. Save it as UTF-8",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that a file must have, those it may have, and whether it may have others. Their order is free."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    others: bool = False


def digest_of(paths: Sequence[Path]) -> str:
    """SHA-256 over the bytes of one file; over the digests of several, in their order. Raises FeedRefused."""
    digests = []
    for path in paths:
        with _opened(path) as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


def read_lines(path: Path, layout: Layout, intake: Intake) -> Iterator[tuple[int, str, Any]]:
    """Number, text and cells of each line after the header, the cells in the order of `layout`.

    A column that may be missing and is gives empty cells. Empty lines are passed over; a line that is not well formed
    is rejected, and whatever its cells name is spoilt.

    Raises FeedRefused when the file cannot be read, is no UTF-8 text, or has other columns.
    """
    name = path.name
    with _opened(path) as stream:
        size = max(path.stat().st_size, 1)
        lines = _text_lines(stream, name)
        columns = _header(next(lines, ""), name, layout)
        pick, width, read = _picker(columns, layout), len(columns), 0
        for number, line in enumerate(lines, 2):
            cells = _cells(line) if '"' in line else line.split(",")
            if len(cells) == width and (line.isprintable() or not CONTROL.search(line)):
                read += 1
                yield number, line, pick(cells)
            elif line:
                read += 1
                intake.reject(name, number, _fault_of(line, cells, width), line)
                intake.spoilt.update(line.split(","))
            if number % TELL_EVERY == 0:
                intake.progress(name, stream.tell() / size)
        intake.lines[name] += read
        intake.progress(name, 1)


def _opened(path: Path) -> BufferedReader:
    if path.is_dir():
        raise FeedRefused(f"{path} is a folder. Nothing was changed; name a file.")
    try:
        stream = path.open("rb")
    except OSError as error:
        raise FeedRefused(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error
    start = stream.peek(4)
    for mark, what in NOT_CSV.items():
        if start.startswith(mark):
            stream.close()
            raise FeedRefused(f"{path.name} {what}. Nothing was changed.")
    return stream


def _text_lines(stream: BufferedReader, name: str) -> Iterator[str]:
    """Lines without their ends. A line that never ends is not read into memory."""
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE), b""), 1):
        if len(line) == LONGEST_LINE:
            raise FeedRefused(f"Line {number} of {name} is longer than {LONGEST_LINE} bytes. Nothing was changed.")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise FeedRefused(
                f"Line {number} of {name} is not written in UTF-8. Nothing was changed; save the file as UTF-8."
            ) from error
        yield text.rstrip("\r\n")


def _header(line: str, name: str, layout: Layout) -> list[str]:
    if not line:
        raise FeedRefused(f"{name} is empty. Nothing was changed.")
    names = [cell.strip() for cell in _cells(line)]
    if missing := [column for column in layout.required if column not in names]:
        raise FeedRefused(
            f"{name} has no column {', '.join(missing)}. Nothing was changed; the first line must name the columns, "
            "separated by commas."
        )
    if len(set(names)) < len(names):
        raise FeedRefused(f"{name} names a column twice. Nothing was changed.")
    known = (*layout.required, *layout.optional)
    if not layout.others and (unknown := [column for column in names if column not in known]):
        raise FeedRefused(
            f"{name} has a column {', '.join(unknown)} that is not known. Nothing was changed; known are "
            f"{', '.join(known)}."
        )
    return names


def _fault_of(line: str, cells: Sequence[str], width: int) -> str:
    if CONTROL.search(line):
        return "The line has control characters."
    if not cells:
        return "A quotation mark is not closed, or stands inside a cell."
    return f"The line has {len(cells)} cells, the header {width}."


def _cells(line: str) -> list[str]:
    """The cells of a line with quotation marks; none when those are not in order."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def _picker(names: Sequence[str], layout: Layout) -> Any:
    """What puts the cells of a line into the order of `layout`, with an empty cell for each column that is missing."""
    columns = (*layout.required, *layout.optional)
    places = itemgetter(*[names.index(column) if column in names else len(names) for column in columns])
    if all(column in names for column in columns):
        return places
    return lambda cells: places([*cells, ""])
