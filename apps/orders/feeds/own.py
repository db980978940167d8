"""Our own order feed: one CSV file, one line for each order of a seller. Its columns are described in docs/feeds.md."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from apps.orders.feeds.cells import BadCell, amounts, as_text, instant
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.order import FeedOrder
from apps.orders.feeds.text import Layout, read_lines
from apps.sellers.services import Newcomer

LAYOUT = Layout(
    required=("order_id", "seller_id", "status", "placed_at", "goods", "paid"),
    optional=(
        "paid_at", "shipped_at", "delivered_at", "expected_at", "ended_at",
        "freight", "refunded", "category", "currency",
    ),
)  # fmt: skip
LONGEST_CATEGORY = 80


class OwnFeed:
    """One file in our own format."""

    def __init__(self, path: Path, currency: str, zone: ZoneInfo, intake: Intake) -> None:
        self.path = path
        self.name = path.name
        self.currency = currency
        self.zone = zone
        self.intake = intake

    def files(self) -> list[Path]:
        return [self.path]

    def clock(self, moment: datetime) -> str:
        """`moment` as this feed writes times."""
        return as_text(moment)

    def newcomers(self) -> list[Newcomer]:
        """None: sellers of this format join in the portal."""
        return []

    def orders(self) -> Iterator[FeedOrder]:
        """The orders of the file, in its order; lines that cannot be understood are rejected."""
        for number, text, cells in read_lines(self.path, LAYOUT, self.intake):
            try:
                order = self._order(number, text, cells)
            except BadCell as bad:
                self.intake.reject(self.name, number, str(bad), text)
            else:
                yield order

    def _order(self, number: int, text: str, cells: Sequence[str]) -> FeedOrder:
        order_id, seller, status, placed, goods, paid, *rest = cells
        paid_at, shipped, delivered, expected, ended, freight, refunded, category, currency = rest
        amount = amounts(self.currency)
        return FeedOrder(
            line=number,
            text=text,
            order_id=order_id,
            seller=seller,
            state=status,
            currency=currency or self.currency,
            goods=amount(goods, "goods"),
            freight=amount(freight or "0", "freight"),
            paid=amount(paid, "paid"),
            refunded=amount(refunded or "0", "refunded"),
            category=category[:LONGEST_CATEGORY],
            placed_at=instant(placed, "placed_at", self.zone),
            paid_at=instant(paid_at, "paid_at", self.zone),
            shipped_at=instant(shipped, "shipped_at", self.zone),
            delivered_at=instant(delivered, "delivered_at", self.zone),
            expected_at=instant(expected, "expected_at", self.zone),
            ended_at=instant(ended, "ended_at", self.zone),
        )
