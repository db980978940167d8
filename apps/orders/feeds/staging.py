"""Feed lines in temporary tables: streamed in by COPY, read by the database into their types, gone with the
transaction."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg import sql

BATCH = 2_000
UNREADABLE = "A time is not on the calendar, an amount is none, or an id has more than 64 characters."


def prepare() -> None:
    """Room for the temporary tables, unless this session has some already, and for the joins over them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_my_temp_schema() = 0")
        if cursor.fetchone() == (True,):
            cursor.execute("SET LOCAL temp_buffers = '64MB'")
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL default_statistics_target = 10")


def stage(
    table: str, columns: Mapping[str, str], sent: Sequence[str], rows: Iterable[tuple[int, bytes]], zone: ZoneInfo
) -> tuple[int, list[int]]:
    """Make the temporary table `table` (columns and their SQL types, besides `line`) and stream `rows` into it.

    A row comes with the number of its line, and holds that number and the columns `sent`, as CSV. Times without an
    offset are local to `zone`. Answers how many rows there are then, and the lines of which the database could not read
    every row (the 30th of February): nothing of them stays.
    """
    name = sql.Identifier(table)
    fields = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()]
    take = sql.SQL("COPY {} (line, {}) FROM STDIN (FORMAT csv, ON_ERROR ignore, LOG_VERBOSITY silent)").format(
        name, sql.SQL(", ").join(map(sql.Identifier, sent))
    )
    numbers: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE {} (line int, {}) ON COMMIT DROP").format(name, sql.SQL(", ").join(fields))
        )
        # The zone is set for the COPY alone: Django takes it that the session's own stays what it was.
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone.key])
        with cursor.copy(take) as copy:
            for batch in _batches(rows, numbers):
                copy.write(batch)
        taken = cursor.rowcount
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [connection.timezone_name])
    return (taken, []) if taken == len(numbers) else _without_incomplete(name, numbers)


def _batches(rows: Iterable[tuple[int, bytes]], numbers: list[int]) -> Iterator[bytes]:
    batch: list[bytes] = []
    for number, row in rows:
        numbers.append(number)
        batch.append(row)
        if len(batch) == BATCH:
            yield b"\n".join(batch) + b"\n"
            batch = []
    if batch:
        yield b"\n".join(batch) + b"\n"


def _without_incomplete(name: sql.Identifier, numbers: Sequence[int]) -> tuple[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT line, count(*) FROM {} GROUP BY line").format(name))
        there: Counter[int] = Counter(dict(cursor.fetchall()))
        lost = sorted(number for number, rows in Counter(numbers).items() if there[number] < rows)
        cursor.execute(sql.SQL("DELETE FROM {} WHERE line = ANY(%s)").format(name), [lost])
        return there.total() - cursor.rowcount, lost
