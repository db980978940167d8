"""Our own order feed: one CSV file, one line for each order of a seller. Its columns are described in docs/feeds.md."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from apps.orders.feeds.intake import Intake
from apps.orders.feeds.staging import UNREADABLE, stage
from apps.orders.feeds.text import ANYTHING, ID, TIME, Layout, TextFile, amount_in, optional
from apps.sellers.services import Newcomer

COLUMNS = {
    "order_id": "varchar(64)",
    "seller_id": "varchar(64)",
    "status": "text",
    "placed_at": "timestamptz",
    "goods": "numeric(19,4)",
    "paid": "numeric(19,4)",
    "paid_at": "timestamptz",
    "shipped_at": "timestamptz",
    "delivered_at": "timestamptz",
    "expected_at": "timestamptz",
    "ended_at": "timestamptz",
    "freight": "numeric(19,4)",
    "refunded": "numeric(19,4)",
    "category": "text",
    "currency": "text",
}
REQUIRED = ("order_id", "seller_id", "status", "placed_at", "goods", "paid")
TOLD = """
    SELECT line, order_id, seller_id AS seller, status AS state, coalesce(nullif(currency, ''), {currency}) AS currency,
        goods, coalesce(freight, 0) AS freight, paid, coalesce(refunded, 0) AS refunded,
        coalesce(category, '') AS category,
        placed_at, paid_at, shipped_at, delivered_at, expected_at, ended_at,
        ARRAY[]::varchar[] AS articles, ARRAY[]::numeric[] AS article_prices, ARRAY[]::numeric[] AS article_freights
    FROM feed_orders
"""
DROP_REPEATED = """
    DELETE FROM feed_orders AS later USING feed_orders AS earlier
    WHERE (later.order_id, later.seller_id) = (earlier.order_id, earlier.seller_id) AND later.line > earlier.line
    RETURNING later.line
"""


class OwnFeed:
    """One file in our own format. Raises FeedRefused when it is something else."""

    told = TOLD

    def __init__(self, path: Path, currency: str, zone: ZoneInfo, intake: Intake) -> None:
        self.zone = zone
        self.orders = TextFile(path, _layout(currency), intake)

    def files(self) -> list[Path]:
        return [self.orders.path]

    def newcomers(self) -> list[Newcomer]:
        """None: sellers of this format join in the portal."""
        return []

    def stage(self) -> tuple[int, dict[int, str]]:
        """Bring the lines into `feed_orders`; answers how many orders they tell of, and the lines that stay out."""
        orders, lost = stage("feed_orders", COLUMNS, self.orders.columns, self._rows(), self.zone)
        with connection.cursor() as cursor:
            cursor.execute(DROP_REPEATED)
            repeated = {line for (line,) in cursor.fetchall()}
        faults = dict.fromkeys(lost, UNREADABLE) | dict.fromkeys(repeated, "The order stands on an earlier line.")
        return orders - len(repeated), faults

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        return ((number, b"%d,%b" % (number, line)) for number, line in self.orders.lines())


def _layout(currency: str) -> Layout:
    forms = {"varchar(64)": ID, "text": ANYTHING, "timestamptz": TIME, "numeric(19,4)": amount_in(currency)}
    return Layout(
        required={name: forms[COLUMNS[name]] for name in REQUIRED},
        optional={name: optional(forms[kind]) for name, kind in COLUMNS.items() if name not in REQUIRED},
    )
