"""Hostile and broken files: one sentence each, flat memory, and never another error."""

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.banking.statements.bytes_in import members
from apps.banking.statements.parts import Refused
from apps.banking.statements.proof import Statement
from apps.banking.statements.reading import read, scan
from tests.banking.statements.files import camt, camt_entry, mt940, ofx, read_text, refusal

MB = 1024 * 1024
CAMT = camt(camt_entry("10.00"), closing="110.00")
MT940 = mt940(":61:2603100310C10,00NMSCNONREF\n:86:Text\n", closing="C260331EUR110,00")
OFX = ofx("<STMTTRN><DTPOSTED>20260310<TRNAMT>10.00<FITID>1</STMTTRN>")
CSV = "Date,Description,Amount,Currency\n2026-03-10,Text,10.00,EUR\n"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


def peak_of(text: bytes) -> int:
    """The most memory, in bytes, that reading `text` as a stream needs beside the text itself."""
    source = io.BytesIO(text)
    tracemalloc.start()
    try:
        _, told = scan(source, "file")
        for _ in told:
            pass
    except Refused:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t", "The file is empty."),
        (b"%PDF-1.7 ...", "This is a PDF."),
        (gzip.compress(b"x", mtime=0), "This is compressed (gzip): unpack it first."),
        (b"!Type:Bank\nD8/12/13\n^\n", "This is a QIF file, which names no account and no currency."),
        (b"PK\x03\x04 no more", "This is an archive within an archive, or one that cannot be opened."),
        (b":20:x\0y", "The file holds zero bytes: it is no text, or in an encoding that it does not name."),
        (CAMT.encode("utf-16-le"),
         "The file holds zero bytes: it is no text, or in an encoding that it does not name."),
        (b"<a><b></a>", "This is no whole XML: Opening and ending tag mismatch: b line 1 and a, line 1, column 11."),
        (b"just some words",
         "This is no statement of a known format, and no row of it names a date and an amount as CSV does."),
    ],
)  # fmt: skip
def test_what_is_no_statement_has_one_reason(content: bytes, reason: str) -> None:
    assert refusal(content) == reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_not_even_looked_at(encoding: str) -> None:
    """The bomb of a billion laughs, and a file that asks for another one."""
    bomb = BOMB + camt(camt_entry("10.00", more="<AddtlNtryInf>&j;</AddtlNtryInf>")).partition("?>")[2]
    theft = '<!DOCTYPE D [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + CAMT.partition("?>")[2].replace("M-1", "&x;")
    for text in (bomb, theft):
        content = text.replace('<?xml version="1.0"?>', "").encode(encoding)
        assert refusal(content).startswith("The XML declares a document type or entities")
        assert peak_of(content) < MB


def test_a_declaration_behind_a_long_comment_is_found_too() -> None:
    hidden = f'<!--{"x" * 200_000}--><!DOCTYPE D [<!ENTITY x "y">]>' + CAMT.partition("?>")[2]
    assert refusal(hidden) == "The XML declares a document type: statements have none, so it is not read."


def test_utf_16_with_its_mark_is_read() -> None:
    assert read_text(CAMT.replace("UTF-8", "UTF-16").encode("utf-16")).statements[0].adds_up is True
    assert read_text(MT940.encode("utf-16")).statements[0].adds_up is True


def test_a_letter_that_is_not_of_the_declared_encoding_ends_the_xml_there() -> None:
    text = camt(camt_entry("10.00") + camt_entry("20.00", more="<AddtlNtryInf>Café</AddtlNtryInf>"))
    file = read_text(text.encode("latin-1"))
    assert file.statements[0].count <= 1
    assert file.problems
    assert file.needs_a_person


def archive(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def told(path: Path) -> list[str]:
    """For each file in `path`: "read", or why not."""
    answers = []
    for name, opened in members(path):
        try:
            with opened() as source:
                read(source, name)
        except Refused as error:
            answers.append(str(error))
        else:
            answers.append("read")
    return answers


def test_an_archive_is_read_file_by_file(tmp_path: Path) -> None:
    assert told(archive(tmp_path / "a.zip", one=CAMT.encode(), two=b"%PDF", three=MT940.encode())) == [
        "read",
        "This is a PDF.",
        "read",
    ]


def test_zip_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no bank makes such a one"):
        told(archive(tmp_path / "bomb.zip", bomb=b"0" * (64 * MB)))
    with pytest.raises(Refused, match="no bank makes such a one"):
        told(archive(tmp_path / "many.zip", **{f"f{number}": b"x" for number in range(1_001)}))
    inner = archive(tmp_path / "inner.zip", one=CAMT.encode()).read_bytes()
    assert told(archive(tmp_path / "outer.zip", inner=inner)) == [
        "This is an archive within an archive, or one that cannot be opened."
    ]


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "a.zip", one=CAMT.encode()).read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused, match="cannot be opened"):
        told(cut)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(whole[:60] + bytes([whole[60] ^ 255]) + whole[61:])
    assert told(damaged)[0].startswith("It cannot be read to its end: ")


@pytest.mark.parametrize(
    "content",
    [
        (":20:x\n:25:y\n:61:" + "9" * (30 * MB)).encode(),
        ("OFXHEADER:100\n<OFX>" + "9" * (30 * MB)).encode(),
        ("Date,Amount\n2026-03-10," + "9" * (30 * MB)).encode(),
        ("Date,Amount\n" + '2026-03-10,"' + "9\n" * (15 * MB)).encode(),
    ],
    ids=["MT940", "OFX", "CSV", "CSV quoted"],
)
def test_one_endless_value_needs_no_memory(content: bytes) -> None:
    assert peak_of(content) < 16 * MB


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        (CAMT[: CAMT.index("<Ntry>")], camt_entry("1.00", more="<NtryRef>{}</NtryRef>"),
         "</Stmt></BkToCstmrStmt></Document>"),
        (mt940(""), ":61:2603100310C1,00NMSC{}\n:86:Text of the line\n", "-\n"),
        (OFX[: OFX.index("<STMTTRN>")],
         "<STMTTRN><DTPOSTED>20260310<TRNAMT>1.00<FITID>{}</STMTTRN>", ofx("")[-200:]),
        (CSV, "2026-03-10,Text {},1.00,EUR\n", ""),
    ],
    ids=["camt", "MT940", "OFX", "CSV"],
)  # fmt: skip
def test_memory_stays_flat_however_many_lines(before: str, line: str, after: str) -> None:
    """20,000 lines need hardly more than 2,000: no line is kept, only a number for each to know it again."""
    few, many = ((before + "".join(line.format(n) for n in range(count)) + after).encode() for count in (2_000, 20_000))
    assert peak_of(many) < peak_of(few) + 6 * MB


def test_every_cut_of_every_format_ends_well() -> None:
    for text in (CAMT, MT940, OFX, CSV):
        content = text.encode()
        for length in range(0, len(content), 7):
            try:
                file = read_text(content[:length])
            except Refused:
                continue
            assert file.statements


def settled(content: bytes) -> None:
    """Reading either refuses with a sentence or gives statements whose sums are the sums of their entries."""
    try:
        file = read_text(content)
    except Refused:
        return
    assert file.statements
    for statement in file.statements:
        assert statement.count == len(statement.entries)
        assert statement.needs_a_person or all(entry.amount is not None for entry in statement.entries)
        assert is_proof_sound(statement)


def is_proof_sound(statement: Statement) -> bool:
    if not statement.adds_up:
        return True
    assert statement.opening is not None
    assert statement.closing is not None
    booked = [entry.amount for entry in statement.entries if entry.status == "booked"]
    return None not in booked and statement.opening.amount + sum(booked) == statement.closing.amount  # type: ignore[operator, arg-type]


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    settled(content)


@given(st.sampled_from([CAMT, MT940, OFX, CSV]), st.integers(0, 2_000), st.integers(0, 60), st.binary(max_size=60))
def test_any_change_to_a_good_file_is_read_or_refused(text: str, at: int, removed: int, put: bytes) -> None:
    content = text.encode()
    at %= len(content)
    settled(content[:at] + put + content[at + removed :])


TAGS = [":20:", ":25:", ":28C:", ":60F:", ":61:", ":86:", ":62F:", ":NS:", ":90D:", ":34F:", "-", "<OFX><STMTRS>"]
TAGS += ["<STMTTRN>", "<TRNAMT>", "<CURDEF>", "</STMTTRN>", "<LEDGERBAL>", "</OFX>"]


@given(st.lists(st.tuples(st.sampled_from(TAGS), st.text(max_size=30)), max_size=15))
def test_any_mixture_of_fields_is_read_or_refused(fields: list[tuple[str, str]]) -> None:
    settled("\n".join(tag + text for tag, text in fields).encode(errors="replace"))


@given(st.data())
def test_any_change_to_a_real_file_is_read_or_refused(shared_data: Path, data: st.DataObject) -> None:
    paths = sorted(path for path in (shared_data / "bankfiles").rglob("*") if path.is_file())
    content = data.draw(st.sampled_from([path for path in paths if path.stat().st_size < 12_000])).read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        put = data.draw(st.binary(max_size=20) | st.sampled_from([b"<", b":61:", b"\n", b"9" * 80]))
        content = content[:at] + put + content[at + data.draw(st.integers(0, 30)) :]
    settled(content)


def test_a_name_with_two_colons_is_no_error() -> None:
    """A prefix that is declared nowhere is part of the name; mutating real files found that this was an error once."""
    assert refusal("<Document><a:b:c/></Document>").startswith("This ")
