"""Files from outside, whoever reads them: what is no text at first sight, and where the lines go that did not land."""

import csv
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

NOT_CSV = {
    b"\x1f\x8b": "is compressed with gzip. Unpack it first",
    b"PK\x03\x04": "is a zip archive or a spreadsheet. Unpack it, or save it as CSV",
    b"\xff\xfe": "is written in UTF-16. Save it as UTF-8",
    b"\xfe\xff": "is written in UTF-16. Save it as UTF-8",
}
"""How files begin that are no CSV in UTF-8, and what to tell whoever sent one."""


def write_rejects(path: Path, bad: Iterable[tuple[str, int, str, str]]) -> None:
    """Write bad lines (file, number, reason, text) to `path` as CSV, whole or not at all. Raises OSError."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", newline="", encoding="utf-8") as stream:
            rows = csv.writer(stream)
            rows.writerow(["file", "line", "reason", "text"])
            rows.writerows(sorted(bad))
        os.replace(unfinished, path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
