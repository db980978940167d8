"""The public Olist data set: a folder of CSV files with one row an order, an item, a payment.

Items and payments are kept in memory while the orders stream by, about half a kilobyte an order.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apps.core.money import ZERO, split
from apps.orders.feeds.cells import BadCell, amounts
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.olist_life import Life, life_of
from apps.orders.feeds.order import FeedOrder
from apps.orders.feeds.text import Cells, Layout, read_lines
from apps.orders.refusals import FeedRefused
from apps.sellers.services import Newcomer

ORDERS = "olist_orders_dataset.csv"
ITEMS = "olist_order_items_dataset.csv"
PAYMENTS = "olist_order_payments_dataset.csv"
SELLERS = "olist_sellers_dataset.csv"
PRODUCTS = "olist_products_dataset.csv"
TRANSLATION = "product_category_name_translation.csv"
NEEDED = (ORDERS, ITEMS, PAYMENTS, SELLERS)
COLUMNS = {
    ORDERS: (
        "order_id", "order_status", "order_purchase_timestamp", "order_approved_at", "order_delivered_carrier_date",
        "order_delivered_customer_date", "order_estimated_delivery_date",
    ),
    ITEMS: ("order_id", "seller_id", "product_id", "price", "freight_value"),
    PAYMENTS: ("order_id", "payment_value"),
    SELLERS: ("seller_id", "seller_city", "seller_state"),
    PRODUCTS: ("product_id", "product_category_name"),
    TRANSLATION: ("product_category_name", "product_category_name_english"),
}  # fmt: skip
TIMES = COLUMNS[ORDERS][2:]
LONGEST_CATEGORY = 80
LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").fullmatch

NO_PAYMENT = "without a payment: taken as paid what the items cost"
OTHERS_ITEMS = "orders that only the items know: passed over"
OTHERS_PAYMENTS = "orders that only the payments know: passed over"

Item = tuple[str, str, Decimal, Decimal]  # seller, article, price, freight


class Basket(NamedTuple):
    """What one seller delivers of one order."""

    seller: str
    goods: Decimal
    freight: Decimal
    items: Sequence[Item]


@dataclass(slots=True)
class OlistFeed:
    """The folder with the public file names; products and their translation may be missing."""

    path: Path
    currency: str
    zone: ZoneInfo
    intake: Intake
    offsets: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file whose lines are the orders."""
        return ORDERS

    def files(self) -> list[Path]:
        """The files that are read. Raises FeedRefused when one that is needed is not there."""
        if not self.path.is_dir():
            raise FeedRefused(f"{self.path} is not a folder with the Olist files. Nothing was changed.")
        if missing := [name for name in NEEDED if not (self.path / name).exists()]:
            raise FeedRefused(f"{self.path} has no {', '.join(missing)}. Nothing was changed.")
        return [self.path / name for name in COLUMNS if (self.path / name).exists()]

    def newcomers(self, known: Collection[str]) -> list[Newcomer]:
        """Sellers of the folder beyond `known`; one with orders joined on the day of the first, or with the others."""
        sellers = [cells for _number, _text, cells in self._rows(SELLERS) if cells[0] not in known]
        if not sellers:
            return []
        first_days = self._first_days()
        last = max(first_days.values(), default=date.min)
        return [
            Newcomer(
                external_id=seller,
                name=f"{city.title()} {seller[:6]}",
                joined_on=first_days.get(seller, last),
                region=region,
            )
            for seller, city, region in sellers
        ]

    def orders(self) -> Iterator[FeedOrder]:
        """Each seller's share of each order. What cannot be understood is rejected, with the whole order it is of."""
        items, payments, categories = self._items(), self._payments(), self._categories()
        for number, text, cells in self._rows(ORDERS):
            ordered, paid = items.pop(cells[0], ()), payments.pop(cells[0], None)
            try:
                yield from self._shares(number, text, cells, ordered, paid, categories)
            except BadCell as bad:
                self.intake.reject(ORDERS, number, str(bad), text)
        self.intake.notes[OTHERS_ITEMS] += len(items)
        self.intake.notes[OTHERS_PAYMENTS] += len(payments)

    def _shares(
        self,
        number: int,
        text: str,
        cells: Cells,
        items: Sequence[Item],
        payment: Decimal | None,
        categories: dict[str, str],
    ) -> Iterator[FeedOrder]:
        order_id, status, placed, approved, carrier, customer, expected = cells
        if order_id in self.intake.spoilt:
            raise BadCell("An item or a payment of this order cannot be understood; see its own line.")
        if not items:
            raise BadCell("The order has no items, so it has no seller.")
        for column, cell in zip(TIMES, (placed, approved, carrier, customer, expected), strict=True):
            _must_be_a_time(cell, column)
        life = life_of(status, placed, approved, carrier, customer, self.intake.notes)
        placed_at, paid_at, shipped_at, delivered_at, ended_at = [self._instant(cell) for cell in life[1:]]
        expected_at = self._instant(expected)
        for basket, paid in self._paid(_baskets(items), life, payment):
            articles, prices, freights = zip(*[item[1:] for item in basket.items], strict=True)
            refunded = life.state == "refunded" and paid > 0
            yield FeedOrder(
                number, text, order_id, basket.seller,
                "cancelled" if life.state == "refunded" and not refunded else life.state,
                self.currency, basket.goods, basket.freight, paid, paid if refunded else ZERO,
                categories.get(articles[0], ""),
                placed_at, paid_at, shipped_at, delivered_at, expected_at, ended_at,
                articles, prices, freights,
            )  # fmt: skip

    def _paid(self, baskets: list[Basket], life: Life, payment: Decimal | None) -> list[tuple[Basket, Decimal]]:
        """What the buyer paid, shared among the sellers by price and freight; nothing when it was never approved."""
        if not life.paid:
            return [(basket, ZERO) for basket in baskets]
        if payment is None:
            self.intake.notes[NO_PAYMENT] += 1
            return [(basket, basket.goods + basket.freight) for basket in baskets]
        if len(baskets) == 1:
            return [(baskets[0], payment)]
        try:
            shares = split(payment, [basket.goods + basket.freight for basket in baskets], self.currency)
        except ValueError as error:
            raise BadCell("The payment cannot be shared among the sellers: their items cost nothing.") from error
        return list(zip(baskets, shares, strict=True))

    def _rows(self, name: str) -> Iterator[tuple[int, str, Cells]]:
        return read_lines(self.path / name, Layout(COLUMNS[name], others=True), self.intake)

    def _items(self) -> dict[str, list[Item]]:
        """The items of each order: seller, article, price and freight, the amounts being sure to be ones."""
        amount = amounts(self.currency)
        same: dict[str, str] = {}  # sellers and articles come again and again: one text for all
        items: defaultdict[str, list[Item]] = defaultdict(list)
        for number, text, (order_id, seller, article, price, freight) in self._rows(ITEMS):
            try:
                item = (
                    same.setdefault(seller, seller),
                    same.setdefault(article, article),
                    amount(price, "price"),
                    amount(freight, "freight_value"),
                )
            except BadCell as bad:
                self._spoil(ITEMS, number, str(bad), text, order_id)
            else:
                items[order_id].append(item)
        return items

    def _payments(self) -> dict[str, Decimal]:
        """What was paid for each order, in one or several payments."""
        amount = amounts(self.currency)
        payments: dict[str, Decimal] = {}
        for number, text, (order_id, value) in self._rows(PAYMENTS):
            try:
                paid = amount(value, "payment_value")
            except BadCell as bad:
                self._spoil(PAYMENTS, number, str(bad), text, order_id)
            else:
                payments[order_id] = payments[order_id] + paid if order_id in payments else paid
        return payments

    def _spoil(self, file: str, number: int, reason: str, text: str, order_id: str) -> None:
        self.intake.reject(file, number, reason, text)
        self.intake.spoilt.add(order_id)

    def _categories(self) -> dict[str, str]:
        """The category of each article, in English where the folder has the translation."""
        if not (self.path / PRODUCTS).exists():
            return {}
        english = {}
        if (self.path / TRANSLATION).exists():
            english = {category: name for _number, _text, (category, name) in self._rows(TRANSLATION)}
        return {
            article: english.get(category, category)[:LONGEST_CATEGORY]
            for _number, _text, (article, category) in self._rows(PRODUCTS)
        }

    def _first_days(self) -> dict[str, date]:
        """The day of each seller's first order."""
        ahead = replace(self, intake=Intake())  # its bad lines are recorded when they are read to land
        placed = {cells[0]: _day(cells[2]) for _number, _text, cells in ahead._rows(ORDERS)}
        days: dict[str, date] = {}
        for _number, _text, (order_id, seller, *_rest) in ahead._rows(ITEMS):
            day = placed.get(order_id)
            if day is not None and day < days.get(seller, date.max):
                days[seller] = day
        return days

    def _instant(self, local: str) -> str:
        """Local text with its offset, looked up once a day on days without a clock change."""
        if not local:
            return ""
        day = local[:10]
        offset = self.offsets.get(day)
        if offset is None:
            start = datetime.fromisoformat(day).replace(tzinfo=self.zone)
            end = start.replace(hour=23, minute=59)
            offset = self.offsets[day] = f"{start:%z}" if start.utcoffset() == end.utcoffset() else ""
        return f"{local}{offset or format(datetime.fromisoformat(local).replace(tzinfo=self.zone), '%z')}"


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell[:10])
    except ValueError:
        return None


def _must_be_a_time(cell: str, column: str) -> None:
    if not cell:
        return
    try:
        datetime.fromisoformat(cell)
    except ValueError as error:
        raise BadCell(f"{column}: {cell[:40]!r} is not a time on the calendar.") from error
    if not LOCAL_TIME(cell):
        raise BadCell(f"{column}: {cell[:40]!r} is not a time such as 2018-01-31 14:05:00.")


def _baskets(items: Sequence[Item]) -> list[Basket]:
    """The items by seller, in the order in which the sellers come."""
    if len(items) == 1:
        seller, _article, price, freight = items[0]
        return [Basket(seller, price, freight, items)]
    by_seller: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_seller[item[0]].append(item)
    return [
        Basket(seller, sum((one[2] for one in lines), ZERO), sum((one[3] for one in lines), ZERO), lines)
        for seller, lines in by_seller.items()
    ]
