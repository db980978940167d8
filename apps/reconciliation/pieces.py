"""How the work of a night is cut into pieces: ranges of the sellers whom it is about, or one piece."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from django.db import connection
from django.db.models import QuerySet

from apps.sellers.models import Seller
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.services.margin import pledgors

Over = Literal["platform", "sellers", "pledgors", "people", "ending_receipts"]
"""Whom a work is about: the platform as a whole, all sellers, those with goods in pledge, those who have signed up, or
the receipts whose last day it is."""

Range = tuple[int, int]
"""The keys of the first and the last seller of a piece, both inclusive; zeros where it is not about sellers."""

WHOLE: Range = (0, 0)

BOUNDARIES = """
SELECT min(id), max(id) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS part FROM ({sellers}) AS seller (id)
) AS numbered GROUP BY part ORDER BY part
"""

# Whoever takes a piece marks it until the transaction ends, however it ends; others can see that without a lock on it.
MARK = "pg_try_advisory_xact_lock_shared(hashtext(current_schema() || ' pieces'), (claimed.id & 2147483647)::int)"
MARKED = """
SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 2
  AND classid::bigint = hashtext(current_schema() || ' pieces') & 4294967295::bigint
"""


def pieces_over(whom: Over, *, on: date, chunk_size: int) -> list[Range]:
    """The pieces of a work of the night of `on`, of `chunk_size` sellers each at most; none where there is nothing to
    do."""
    match whom:
        case "platform":
            return [WHOLE]
        case "ending_receipts":
            return [WHOLE] if WarehouseReceipt.objects.over(on).exists() else []
        case _:
            return _ranges(_sellers(whom), chunk_size)


def _sellers(whom: Over) -> QuerySet[Seller]:
    match whom:
        case "people":
            return Seller.objects.filter(user__isnull=False)
        case "pledgors":
            return Seller.objects.filter(pk__in=pledgors())
        case _:
            return Seller.objects.all()


def _ranges(sellers: QuerySet[Seller], chunk_size: int) -> list[Range]:
    query, values = sellers.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(BOUNDARIES.format(sellers=query), [chunk_size, *values])
        return [(first, last) for first, last in cursor.fetchall()]


def being_worked_on() -> set[int]:
    """The pieces of the platform entered that a worker is at now. A worker that died is at none."""
    with connection.cursor() as cursor:
        cursor.execute(MARKED)
        return {key for (key,) in cursor.fetchall()}


def held_by(whom: Over, ranges: Iterable[Range]) -> int:
    """How many sellers the pieces of `ranges` are about; a piece that is not about sellers counts one."""
    return sum(1 if one == WHOLE else _sellers(whom).filter(pk__range=one).count() for one in ranges)
