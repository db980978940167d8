"""Files that people send: what they really are, whatever their name says, and photos drawn anew for showing.

No I/O but the bytes given. Pillow reads three formats only, and no picture before its size is known.
"""

import hashlib
import io
import re
import warnings
from typing import NamedTuple

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

LARGEST = 8 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_EDGE = 1600
SHORTEST_EDGE = 8
QUALITY = 82
LONGEST_NAME = 120
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"
# What makes a PDF act by itself. Names may be written with #xx for a letter, so these are told from the plain text.
ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|AA|RichMedia|XFA)\b")
HEX = re.compile(rb"#([0-9A-Fa-f]{2})")


class UploadRefused(ValueError):
    """The file is not taken; the message says why. Nothing was kept of it."""


class Upload(NamedTuple):
    """A file as it was sent, what it is, and, of a photo, the picture to show: a JPEG without anything but pixels."""

    name: str
    content: bytes
    media_type: str
    shown: bytes = b""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_upload(name: str, content: bytes) -> Upload:
    """What was sent as `name`, told by its bytes alone. Raises UploadRefused."""
    name = _plain(name)
    if not content:
        raise UploadRefused(_("%(name)s is empty. Please choose the file again.") % {"name": name})
    if len(content) > LARGEST:
        raise UploadRefused(
            _("%(name)s is larger than %(most)s MB. Please send a smaller picture or fewer pages.")
            % {"name": name, "most": LARGEST >> 20}
        )
    if content.startswith(b"%PDF-"):
        return _pdf(name, content)
    return _picture(name, content)


def _plain(name: str) -> str:
    """The name without folders and unprintable characters, short enough to keep."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or "file"


def _pdf(name: str, content: bytes) -> Upload:
    if b"%%EOF" not in content[-2048:]:
        raise UploadRefused(_("%(name)s breaks off before its end. Please send it again.") % {"name": name})
    if ACTIVE.search(HEX.sub(lambda found: bytes([int(found[1], 16)]), content)):
        raise UploadRefused(
            _("%(name)s carries programs or other files within. Please print it to a new PDF and send that.")
            % {"name": name}
        )
    return Upload(name, content, PDF)


def _picture(name: str, content: bytes) -> Upload:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(PICTURES)) as whole:
                whole.verify()
            with Image.open(io.BytesIO(content), formats=list(PICTURES)) as picture:
                return Upload(name, content, PICTURES[str(picture.format)], _shown(name, picture))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        if isinstance(error, UploadRefused):
            raise
        raise UploadRefused(
            _("%(name)s is no JPEG, PNG or WebP picture and no PDF, or it is damaged. Please send another.")
            % {"name": name}
        ) from error


def _shown(name: str, picture: Image.Image) -> bytes:
    """The picture upright, at most LONGEST_EDGE wide or high: its pixels, and no word of where or when it was taken."""
    width, height = picture.size
    if width * height > MOST_PIXELS or min(width, height) < SHORTEST_EDGE:
        raise UploadRefused(
            _("%(name)s is %(width)s by %(height)s pixels, which is no photo. Please send another.")
            % {"name": name, "width": width, "height": height}
        )
    picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    drawn = io.BytesIO()
    clean.save(drawn, "JPEG", quality=QUALITY)
    return drawn.getvalue()
