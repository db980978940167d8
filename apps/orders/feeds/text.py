"""CSV text from outside: whole and readable or refused with a sentence, its lines well formed or rejected.

Most lines of a file look alike, so a line is judged by its shape (digits become 0, letters a): of the lines of one
shape only the first is looked at cell by cell. What the cells mean is the database's to read, see `staging`.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from io import BufferedReader
from operator import methodcaller
from pathlib import Path

from apps.core.files import NOT_CSV
from apps.core.money import quantum
from apps.orders.feeds.intake import Intake, Progress, silent
from apps.orders.refusals import FeedRefused

BLOCK = 256 * 1024
LONGEST_LINE = 64 * 1024
MOST_SHAPES = 50_000
DIGITS = 12


def _shapes(digits: bytes) -> bytes:
    """What each byte looks like: a digit, a letter (those of ISO 8601 are told apart), or itself."""
    return bytes(
        ord("0") if byte in digits
        else byte if byte in b"TZ"
        else ord("a") if byte >= 0x80 or chr(byte).isalpha()
        else byte
        for byte in range(256)
    )  # fmt: skip


SHAPE = _shapes(b"0123456789")
HEXADECIMAL = _shapes(b"0123456789abcdefABCDEF")
"""For files full of hexadecimal ids, of which no two would look alike. An amount may then be written as 1e3."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the shape of a cell must match, and how that is put in words."""

    shape: re.Pattern[str]
    words: str

    def fits(self, cell: str) -> bool:
        return self.shape.fullmatch(cell.encode().translate(SHAPE).decode()) is not None


ANYTHING = Form(re.compile(r"[^\x00-\x1f\x7f]*"), "free of control characters")
ID = Form(re.compile(r"[0aTZ][^\x00-\x1f\x7f]*"), "an id that begins with a letter or a digit")
TIME = Form(re.compile(r"0000-00-00[ T]00:00(:00(\.0{1,6})?)?(Z|[+-]00:?00)?"), "a time such as 2026-01-31 14:05:00")


@cache
def amount_in(currency: str) -> Form:
    """An amount from nothing to below 10^12, with no more decimals than `currency` has."""
    decimals = -int(quantum(currency).as_tuple().exponent)
    fraction = rf"(\.0{{1,{decimals}}})?" if decimals else ""
    return Form(
        re.compile(rf"0{{1,{DIGITS}}}{fraction}"),
        f"an amount in {currency} such as {12 + quantum(currency)}, below 10^{DIGITS}",
    )


def optional(form: Form) -> Form:
    return Form(re.compile(rf"({form.shape.pattern})?"), form.words)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that a file must have, those it may have, with the form of their cells, and whether it may have
    others. Their order is free, but for the column `first`, if one is named."""

    required: Mapping[str, Form]
    optional: Mapping[str, Form]
    others: bool = False
    first: str = ""


def digest_of(paths: Sequence[Path]) -> str:
    """SHA-256 over the bytes of one file; over the digests of several, in their order. Raises FeedRefused."""
    digests = []
    for path in paths:
        with _opened(path) as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


class TextFile:
    """One CSV file, its header read. Raises FeedRefused when it is no such file."""

    def __init__(self, path: Path, layout: Layout, intake: Intake, shapes: bytes = SHAPE) -> None:
        self.name = path.name
        self.path = path
        self.intake = intake
        self.shapes = shapes
        with _opened(path) as stream:
            header = stream.readline(LONGEST_LINE).removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
        self.columns = _header(header, self.name, layout)
        forms = {**layout.required, **layout.optional}
        self.forms = [forms.get(column, ANYTHING) for column in self.columns]

    def lines(self, spoilt: Callable[[bytes], object] = len) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each well-formed line after the header; empty lines are passed over.

        Each other one is rejected, and told to `spoilt`. Raises FeedRefused when the text turns out not to be UTF-8.
        """
        seen: set[bytes] = set()
        shape_of = methodcaller("translate", self.shapes)
        number = passed_over = 0
        for lines in self._blocks(self.intake.progress):
            for line, shape in zip(lines, map(shape_of, lines), strict=True):
                number += 1
                if shape in seen:
                    yield number, line
                elif number == 1 or not line:
                    passed_over += 1
                elif fault := self._fault_of(line):
                    self.intake.reject(self.name, number, fault, line)
                    spoilt(line)
                else:
                    if len(seen) > MOST_SHAPES:
                        seen.clear()
                    seen.add(shape)
                    yield number, line
        self.intake.lines[self.name] += number - passed_over

    def numbered(self, numbers: Set[int]) -> Iterator[tuple[int, bytes]]:
        """The lines of these numbers."""
        if not numbers:
            return iter(())
        every = (line for lines in self._blocks(silent) for line in lines)
        return ((number, line) for number, line in enumerate(every, 1) if number in numbers)

    def _blocks(self, progress: Progress) -> Iterator[list[bytes]]:
        """All lines without their ends, a block at a time. The text is checked to be UTF-8 on the way."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        size, number, rest = max(self.path.stat().st_size, 1), 0, b""
        with _opened(self.path) as stream:
            while block := stream.read(BLOCK):
                self._must_be_text(decoder, block, number)
                lines = (rest + block).split(b"\n")
                rest = lines.pop()
                number += len(lines)
                if len(rest) > LONGEST_LINE:
                    raise FeedRefused(f"Line {number + 1} of {self.name} has no end. Nothing was changed.")
                yield [line.rstrip(b"\r") for line in lines] if b"\r" in block else lines
                progress(self.name, stream.tell() / size)
        self._must_be_text(decoder, b"", number, final=True)
        yield [rest.rstrip(b"\r")]

    def _must_be_text(
        self, decoder: codecs.IncrementalDecoder, block: bytes, number: int, *, final: bool = False
    ) -> None:
        try:
            decoder.decode(block, final)
        except UnicodeDecodeError as error:
            raise FeedRefused(
                f"{self.name} is not written in UTF-8, at or after line {number + 1 + block[: error.start].count(10)}. "
                "Nothing was changed; save the file as UTF-8."
            ) from error
        if 0 in block:
            raise FeedRefused(f"{self.name} is not text. Nothing was changed.")

    def _fault_of(self, line: bytes) -> str:
        cells = cells_of(line)
        if len(line) > LONGEST_LINE:
            return f"The line is longer than {LONGEST_LINE} bytes."
        if not cells:
            return "A quotation mark is not closed, or stands inside a cell."
        if len(cells) != len(self.columns):
            return f"The line has {len(cells)} cells, the header {len(self.columns)}."
        for column, form, cell in zip(self.columns, self.forms, cells, strict=True):
            if not form.fits(cell):
                return f"{column}: {cell[:40]!r} is not {form.words}."
        return ""


def cells_of(line: bytes) -> list[str]:
    """The cells of one line; none when its quotation marks are not in order."""
    if b'"' not in line:
        return line.decode().split(",")
    try:
        return next(csv.reader([line.decode()], strict=True), [])
    except csv.Error:
        return []


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


def _header(line: bytes, name: str, layout: Layout) -> list[str]:
    if not line:
        raise FeedRefused(f"{name} is empty. Nothing was changed.")
    try:
        names = [cell.strip() for cell in cells_of(line)]
    except UnicodeDecodeError as error:
        raise FeedRefused(f"{name} is not text in UTF-8. Nothing was changed; save the file as UTF-8.") from error
    if missing := [column for column in layout.required if column not in names]:
        raise FeedRefused(
            f"{name} has no column {', '.join(missing)}. Nothing was changed; the first line must name the columns, "
            "separated by commas."
        )
    known = [*layout.required, *layout.optional]
    if not layout.others and (unknown := [column for column in names if column not in known]):
        raise FeedRefused(
            f"{name} has a column {', '.join(unknown)} that is not known. Nothing was changed; known are "
            f"{', '.join(known)}."
        )
    if len(set(names)) < len(names):
        raise FeedRefused(f"{name} names a column twice. Nothing was changed.")
    if layout.first and names[0] != layout.first:
        raise FeedRefused(f"The first column of {name} must be {layout.first}. Nothing was changed.")
    return names
