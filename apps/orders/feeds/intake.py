"""The record of taking one feed in: how many lines were read, which were bad and why, what was odd."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from apps.core.files import write_rejects
from apps.orders.refusals import FeedRefused

MOST_BAD_LINES = 100_000
LONGEST_TEXT = 2_000

Progress = Callable[[str, float], None]


def silent(_file: str, _share: float) -> None:
    """A progress that nobody watches."""


@dataclass(slots=True)
class Intake:
    """What is known so far. `progress` is told the file being read and the share of it that was read.

    lines   lines read, by file
    bad     file, line number (the header is 1), reason and text of each line that does not land
    notes   how many orders were odd in which way, and how that was taken
    """

    progress: Progress = silent
    lines: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[str, int, str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def reject(self, file: str, number: int, reason: str, line: bytes) -> None:
        """Note a bad line. Raises FeedRefused when there are so many that the file must be another one."""
        self.bad.append((file, number, reason, line[:LONGEST_TEXT].decode(errors="replace")))
        if len(self.bad) > MOST_BAD_LINES:
            file, number, reason, _text = self.bad[0]
            raise FeedRefused(
                f"More than {MOST_BAD_LINES} lines are bad, first line {number} of {file}: {reason} "
                "Nothing was changed."
            )

    def write_rejects(self, path: Path) -> None:
        """Write the bad lines to `path` as CSV, whole or not at all. Raises FeedRefused when that cannot be."""
        try:
            write_rejects(path, self.bad)
        except OSError as error:
            raise FeedRefused(
                f"The rejected lines cannot be written to {path}: {error.strerror}. Nothing was changed; name another "
                "place with --rejects."
            ) from error
