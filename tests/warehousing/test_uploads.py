"""Files that people send: what they are is told by their bytes; hostile ones are refused, and photos say no place."""

import io
import struct
import zlib

import pytest
from PIL import Image

from apps.tenants.models import Platform
from apps.warehousing.models import Attachment
from apps.warehousing.services import attach
from apps.warehousing.uploads import LARGEST, UploadRefused, read_upload
from tests.factories import AT, make_warehouse_receipt

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "wheat").save(drawn, kind, **options)
    return drawn.getvalue()


def located() -> bytes:
    """A photo that says where and when it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Grandmother's Telephone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (36.0, 4.0, 12.0)
    return picture(exif=exif)


def png_of(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of that size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_is_told_by_its_bytes_whatever_its_name(kind: str, media_type: str) -> None:
    read = read_upload("weights.exe", picture(kind))
    assert read.media_type == media_type
    assert Image.open(io.BytesIO(read.shown)).format == "JPEG"
    assert read_upload("photo.jpg", PDF).media_type == "application/pdf"
    assert read_upload("photo.jpg", PDF).shown == b""


def test_what_is_shown_of_a_photo_says_neither_where_nor_when() -> None:
    sent = located()
    assert b"Grandmother" in sent
    shown = read_upload("bale.jpg", sent).shown
    assert b"Grandmother" not in shown
    assert b"Exif" not in shown
    drawn = Image.open(io.BytesIO(shown))
    assert not dict(drawn.getexif())
    assert drawn.size == (30, 40)  # upright
    assert Image.open(io.BytesIO(read_upload("wide.jpg", picture(size=(4000, 1000))).shown)).size == (1600, 400)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<html><script>alert(1)</script>", "is no JPEG, PNG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "is no JPEG, PNG or WebP"),
        (b"GIF89a" + b"\0" * 60, "is no JPEG, PNG or WebP"),
        (b"MZ\x90\0" + b"\0" * 60, "is no JPEG, PNG or WebP"),
        (b"PK\x03\x04" + b"\0" * 60, "is no JPEG, PNG or WebP"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no JPEG, PNG or WebP"),
        (picture()[:300], "damaged"),
        (picture("PNG")[:45], "damaged"),
        (png_of(100_000, 100_000), "no photo|damaged"),
        (png_of(9_000, 9_000), "no photo"),
        (picture(size=(2, 2)), "no photo"),
        (PDF[:40], "breaks off"),
        (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "carries programs"),
        (PDF.replace(b"/Catalog", b"/Catalog/#4aavaScript 1"), "carries programs"),
        (PDF.replace(b"/Catalog", b"/Catalog/Names<</EmbeddedFiles 2 0 R>>/EmbeddedFile"), "carries programs"),
        (b"\xff\xd8\xff" + b"\0" * LARGEST, "larger than 8 MB"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else "",
)
def test_hostile_files_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        read_upload("photo.jpg", content)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\bale.jpg", "bale.jpg"),
        ("\0\n", "file"),
        ("x" * 500, "x" * 120),
        ("/", "file"),
    ],
)
def test_a_name_is_only_a_name(sent: str, kept: str) -> None:
    assert read_upload(sent, PDF).name == kept


def test_the_same_bytes_are_kept_once_and_not_without_end(platform: Platform) -> None:
    receipt = make_warehouse_receipt()
    facts = {"to": receipt, "kind": "photo", "at": AT, "by": "user:7"}
    uploads = [read_upload("bale.jpg", located()), read_upload("slip.pdf", PDF)]
    first = attach(uploads=uploads, **facts)  # type: ignore[arg-type]
    assert attach(uploads=uploads[:1], **facts) == first[:1]  # type: ignore[arg-type]
    assert Attachment.objects.count() == 2
    with first[0].original.open() as kept:
        assert kept.read() == uploads[0].content
    assert first[0].is_picture
    assert not first[1].is_picture
    many = [read_upload("slip.pdf", PDF + b"%%EOF\n" * number) for number in range(2, 21)]
    with pytest.raises(UploadRefused, match="At most 20"):
        attach(uploads=many, **facts)  # type: ignore[arg-type]
    assert Attachment.objects.count() == 2
