"""Our own order feed: one CSV file, one line for each order of a seller. Its columns are described in docs/feeds.md."""

from collections.abc import Collection, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from apps.orders.feeds.intake import Intake
from apps.orders.feeds.staging import UNREADABLE, stage
from apps.orders.feeds.text import AMOUNT, ANYTHING, ID, NO_AMOUNT, NO_TIME, TIME, Layout, TextFile
from apps.sellers.services import Newcomer

LAYOUT = Layout(
    required={
        "order_id": ID,
        "seller_id": ID,
        "status": ANYTHING,
        "placed_at": TIME,
        "goods": AMOUNT,
        "paid": AMOUNT,
    },
    optional={
        "paid_at": NO_TIME,
        "shipped_at": NO_TIME,
        "delivered_at": NO_TIME,
        "expected_at": NO_TIME,
        "ended_at": NO_TIME,
        "freight": NO_AMOUNT,
        "refunded": NO_AMOUNT,
        "category": ANYTHING,
        "currency": ANYTHING,
    },
)
TYPES = {AMOUNT: "numeric(19,4)", NO_AMOUNT: "numeric(19,4)", TIME: "timestamptz", NO_TIME: "timestamptz"}
DROP_REPEATED = """
    DELETE FROM feed_orders AS later USING feed_orders AS earlier
    WHERE (later.order_id, later.seller_id) = (earlier.order_id, earlier.seller_id) AND later.line > earlier.line
    RETURNING later.line
"""


class OwnFeed:
    """One file in our own format."""

    TOLD = """
        SELECT line, order_id, seller_id AS seller, status AS state,
            coalesce(nullif(currency, ''), {currency}) AS currency,
            goods, coalesce(freight, 0) AS freight, paid, coalesce(refunded, 0) AS refunded,
            coalesce(category, '') AS category,
            placed_at, paid_at, shipped_at, delivered_at, expected_at, ended_at,
            ARRAY[]::varchar[] AS articles, ARRAY[]::numeric[] AS article_prices, ARRAY[]::numeric[] AS article_freights
        FROM feed_orders
    """

    def __init__(self, path: Path, currency: str, zone: ZoneInfo, intake: Intake) -> None:  # noqa: ARG002
        self.zone = zone
        self.orders = TextFile(path, LAYOUT, intake)

    def files(self) -> list[Path]:
        return [self.orders.path]

    def newcomers(self, known: Collection[str]) -> list[Newcomer]:  # noqa: ARG002
        """None: sellers of this format join in the portal."""
        return []

    def stage(self) -> dict[int, str]:
        """Bring the lines into `feed_orders`; answers those that stay out, and why."""
        columns = {name: TYPES.get(form, "text") for name, form in (LAYOUT.required | LAYOUT.optional).items()}
        faults = dict.fromkeys(stage("feed_orders", columns, self.orders.columns, self._rows(), self.zone), UNREADABLE)
        with connection.cursor() as cursor:
            cursor.execute(DROP_REPEATED)
            faults |= dict.fromkeys((line for (line,) in cursor.fetchall()), "The order stands on an earlier line too.")
        return faults

    def note_oddities(self) -> None:
        """None: what is odd in our own format is rejected."""

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        for number, line in self.orders.lines():
            yield number, b"%d,%b" % (number, line)
