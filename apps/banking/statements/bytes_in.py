"""A look over a file's bytes before anything reads it: size, digest, encoding, archive. Hostile files end here."""

import codecs
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from apps.banking.statements.parts import Refused
from apps.banking.statements.sheets import HEADINGS

LARGEST = 512 * 1024 * 1024  # bytes of a file, unpacked
MEMBERS, LARGEST_RATIO = 1_000, 400  # of an archive: files, and how often larger its content may be
CHUNK = 64 * 1024
HEAD = 64 * 1024
ARCHIVE = b"PK\x03\x04"
FOREIGN = {
    ARCHIVE: "This is an archive within an archive, or one that cannot be opened.",
    b"%PDF": "This is a PDF.",
    b"\x1f\x8b": "This is compressed (gzip): unpack it first.",
    b"!Type:": "This is a QIF file, which names no account and no currency.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel or Word file.",
}
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Look:
    digest: str  # SHA-256 of the bytes
    size: int
    encoding: str
    begin: bytes  # at most HEAD bytes
    is_xml: bool
    is_ofx: bool


def look_over(source: IO[bytes]) -> Look:
    """One pass over the bytes. Raises Refused for what no reader needs to look at."""
    digest, size, begin, has_nul = hashlib.sha256(), 0, b"", False
    utf8 = _StrictUtf8()
    for chunk in _chunks(source):
        begin = begin or chunk[:HEAD]
        digest.update(chunk)
        utf8.take(chunk)
        size += len(chunk)
        has_nul = has_nul or b"\0" in chunk
        if size > LARGEST:
            raise Refused(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    utf8.take(b"", is_last=True)
    _check_begin(begin)
    encoding = _encoding(begin, is_utf8=utf8.holds, has_nul=has_nul)
    text = begin.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n").upper()
    is_xml = text.startswith("<")
    is_ofx = "OFXHEADER" in text or "<OFX>" in text
    if is_xml and ("<!DOCTYPE" in text or "<!ENTITY" in text):
        raise Refused("The XML declares a document type or entities: statements have none, so it is not read.")
    return Look(digest.hexdigest(), size, encoding, begin, is_xml, is_ofx)


def members(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """The files to read in `path`, each with what opens it: the file itself, or what an archive holds.

    Raises Refused for an archive that is broken, encrypted, or that no bank would make.
    """
    with path.open("rb") as file:
        is_archive = file.read(len(ARCHIVE)) == ARCHIVE
    if not is_archive:
        yield path.name, lambda: path.open("rb")
        return
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise Refused(f"The archive cannot be opened: {error}.") from None
    with archive:
        inside = [member for member in archive.infolist() if not member.is_dir()]
        _check_archive(inside)
        for member in inside:
            yield f"{path.name}/{member.filename}", _opener(archive, member)


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        try:
            return archive.open(member)
        except BROKEN as error:
            raise Refused(f"It cannot be unpacked: {error}.") from None

    return opened


def _check_archive(inside: list[zipfile.ZipInfo]) -> None:
    content, packed = sum(member.file_size for member in inside), sum(member.compress_size for member in inside)
    if len(inside) > MEMBERS or content > LARGEST or content > LARGEST_RATIO * max(packed, 1):
        raise Refused(
            f"The archive holds {len(inside)} files of {content} bytes in {packed}: no bank makes such a one."
        )
    if any(member.flag_bits & 1 for member in inside):
        raise Refused("The archive is encrypted: unpack it first.")


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    try:
        source.seek(0)
        while chunk := source.read(CHUNK):
            yield chunk
    except BROKEN as error:
        raise Refused(f"It cannot be read to its end: {error}.") from None


def _check_begin(begin: bytes) -> None:
    if not begin.strip():
        raise Refused("The file is empty.")
    for mark, reason in FOREIGN.items():
        if begin.startswith(mark):
            raise Refused(reason)


class _StrictUtf8:
    """Whether bytes that come in chunks are UTF-8."""

    def __init__(self) -> None:
        self.holds = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def take(self, chunk: bytes, *, is_last: bool = False) -> None:
        if not self.holds:
            return
        try:
            self._decoder.decode(chunk, final=is_last)
        except UnicodeDecodeError:
            self.holds = False


def _encoding(begin: bytes, *, is_utf8: bool, has_nul: bool) -> str:
    """UTF-8, or UTF-16 with its mark; else what banks use where they do not: GB 18030 in China, Windows' elsewhere."""
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if has_nul:
        raise Refused("The file holds zero bytes: it is no text, or in an encoding that it does not name.")
    if is_utf8:
        return "utf-8-sig" if begin.startswith(codecs.BOM_UTF8) else "utf-8"
    chinese = begin.decode("gb18030", errors="replace")
    names = {name for names in HEADINGS.values() for name in names if not name.isascii() and name[0] >= "\u4e00"}
    return "gb18030" if any(name in chinese for name in names) else "windows-1252"
