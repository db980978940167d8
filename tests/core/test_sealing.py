"""Seals on PDFs: whole and ours, or said not to be."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from apps.core.paper import pdf_of
from apps.core.sealing import Sealing, seal_pdf, sealing_of
from config.seal import make_seal

AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def paper() -> bytes:
    return pdf_of("<html lang='en'><title>T</title><p>CNY 10,400.00</p></html>", style="contract.css")


@pytest.fixture(scope="module")
def sealed(paper: bytes) -> bytes:
    return seal_pdf(paper, reason="C-000001", place="Meadow", at=AT)


def test_a_sealed_paper_keeps_every_byte_and_says_when_it_was_sealed(paper: bytes, sealed: bytes) -> None:
    assert sealed.startswith(paper)
    assert sealing_of(sealed) == Sealing(intact=True, ours=True, at=AT)
    assert sealing_of(paper) is None


def test_any_reader_of_pdfs_finds_a_pades_signature_with_our_words(sealed: bytes) -> None:
    [field] = PdfReader(BytesIO(sealed)).get_fields().values()  # type: ignore[union-attr]  # it has one
    assert (field["/T"], field["/V"]["/SubFilter"]) == ("Seal", "/ETSI.CAdES.detached")
    assert (field["/V"]["/Reason"], field["/V"]["/Location"]) == ("C-000001", "Meadow")
    assert field["/V"]["/M"].startswith("D:20250314093000")


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10**9), flip=st.integers(1, 255))
def test_one_changed_byte_is_never_taken_for_whole(sealed: bytes, place: int, flip: int) -> None:
    changed = bytearray(sealed)
    place %= len(changed)
    start, end = _padding(sealed)
    changed[place] ^= flip
    found = sealing_of(bytes(changed))
    if start <= place < end:
        return  # the unused room behind the signature itself is covered by the stored hash, not by the seal
    assert found is None or not found.holds


def _padding(sealed: bytes) -> tuple[int, int]:
    """The place kept for the signature: what stands there is the signature, which covers all the rest."""
    first, length, after, _rest = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", sealed)[-1])
    return first + length, after


def test_what_was_added_behind_the_seal_is_noticed(sealed: bytes) -> None:
    found = sealing_of(sealed + b"\n% one more line")
    assert found is None or not found.holds


@pytest.mark.parametrize("rubbish", [b"", b"x", b"%PDF-1.7", b"\x00" * 500])
def test_what_is_no_pdf_is_not_whole(rubbish: bytes) -> None:
    found = sealing_of(rubbish)
    assert found is None or not found.holds


def test_a_seal_by_another_key_is_whole_and_not_ours(paper: bytes, settings: Any, tmp_path: Path) -> None:
    own = settings.DOCUMENT_SEAL_FILE
    settings.DOCUMENT_SEAL_FILE = str(make_seal(tmp_path / "theirs.pem", "Somebody else"))
    theirs = seal_pdf(paper, reason="C-000001", place="Meadow", at=AT)
    settings.DOCUMENT_SEAL_FILE = own
    found = sealing_of(theirs)
    assert found is not None
    assert (found.ours, found.holds) == (False, False)


def test_a_new_key_still_knows_the_seals_of_the_one_before(paper: bytes, settings: Any, tmp_path: Path) -> None:
    old = make_seal(tmp_path / "old.pem", "Granary 2025")
    settings.DOCUMENT_SEAL_FILE = str(old)
    before = seal_pdf(paper, reason="C-000001", place="Meadow", at=AT)
    new = make_seal(tmp_path / "new.pem", "Granary 2026")
    certificate = old.read_text()[old.read_text().index("-----BEGIN CERTIFICATE") :]
    new.write_text(new.read_text() + certificate)
    settings.DOCUMENT_SEAL_FILE = str(new)
    for one in (before, seal_pdf(paper, reason="C-000002", place="Meadow", at=AT)):
        found = sealing_of(one)
        assert found is not None
        assert found.holds


def test_a_key_file_is_its_owners_and_never_written_over(tmp_path: Path) -> None:
    path = make_seal(tmp_path / "deep" / "seal.pem", "Granary")
    text = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    subprocess.run([sys.executable, "-m", "config.seal", str(path), "Granary"], check=True, capture_output=True)
    assert path.read_bytes() == text


def test_a_file_without_a_key_is_refused_in_words(paper: bytes, settings: Any, tmp_path: Path) -> None:
    whole = Path(settings.DOCUMENT_SEAL_FILE).read_text()
    (tmp_path / "empty.pem").write_text(whole[whole.index("-----BEGIN CERTIFICATE") :])
    settings.DOCUMENT_SEAL_FILE = str(tmp_path / "empty.pem")
    with pytest.raises(ValueError, match="private key"):
        seal_pdf(paper, reason="", place="", at=AT)
