"""A folder that is watched: each bank file in it is taken in once and moved, a refused one with its reason."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.banking.refusals import StatementRefused
from apps.banking.services.statements import take_in_statement
from apps.banking.statements.bytes_in import members
from apps.banking.statements.parts import Refused

DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
AT_REST = timedelta(seconds=10)


def waiting_files(folder: Path) -> list[Path]:
    """The files to be taken in, by name: not what begins with a dot or is named as still being written."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(UNFINISHED)
    ]


def at_rest(folder: Path, *, at: datetime) -> list[Path]:
    """The waiting files that nobody has written to for AT_REST before `at`."""
    written = [(path, _written_at(path)) for path in waiting_files(folder)]
    return [path for path, when in written if when is not None and when <= at - AT_REST]


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # another process has moved it meanwhile
        return None


def take_in_files(
    *, paths: list[Path], csv_account: int | None = None, at: datetime, by: str
) -> Iterator[tuple[str, str]]:
    """Take in each file, or all files of an archive, and move it to done/ or refused/ beside it.

    Yields names and what became of them, in a sentence, as they are done. The same file again is nothing new; one that
    another process has moved meanwhile is left to it.
    """
    for path in paths:
        yield path.name, _taken(path, csv_account, at, by)


def _taken(path: Path, csv_account: int | None, at: datetime, by: str) -> str:
    told: list[str] = []
    try:
        for name, opened in members(path):
            with opened() as source:
                taken = take_in_statement(source=source, name=name, csv_account=csv_account, at=at, by=by)
            told.append(f"{taken.booked} lines booked" if taken.is_new else "nothing new")
        _move(path, DONE)
    except FileNotFoundError:
        return "moved by another process"
    except (StatementRefused, Refused, OSError) as error:
        _move(path, REFUSED, reason=" ".join([*told, str(error)]))
        return f"refused: {error}"
    return ", ".join(told)


def _move(path: Path, where: str, reason: str = "") -> None:
    """Into the folder `where` beside it; a file of that name stays there, and the newer one gets a number."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}-{number}{path.suffix}"
    if reason:
        target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    path.rename(target)
