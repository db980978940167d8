"""How the work of a night is cut into pieces: ranges of the sellers whom it is about, or one piece."""

from datetime import date
from typing import Any, Literal

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
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS part FROM sellers_seller {of_whom}
) AS numbered GROUP BY part ORDER BY part
"""


def pieces_over(whom: Over, *, on: date, chunk_size: int) -> list[Range]:
    """The pieces of a work of the night of `on`, of `chunk_size` sellers each at most; none where there is nothing to
    do."""
    match whom:
        case "platform":
            return [WHOLE]
        case "ending_receipts":
            return [WHOLE] if WarehouseReceipt.objects.over(on).exists() else []
        case "sellers":
            return _ranges(None, chunk_size)
        case "people":
            return _ranges(Seller.objects.filter(user__isnull=False).values("pk"), chunk_size)
        case "pledgors":
            return _ranges(pledgors(), chunk_size)


def _ranges(of_whom: QuerySet[Any, Any] | None, chunk_size: int) -> list[Range]:
    query, values = of_whom.query.sql_with_params() if of_whom is not None else ("", ())
    where = f"WHERE id IN ({query})" if query else ""
    with connection.cursor() as cursor:
        cursor.execute(BOUNDARIES.format(of_whom=where), [chunk_size, *values])
        return [(first, last) for first, last in cursor.fetchall()]
