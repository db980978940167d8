"""The public Olist data set: a folder of CSV files with one row an order, an item, a payment.

Items and payments wait in memory for their order, about half a kilobyte an order.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from apps.core.money import ZERO, split
from apps.orders.feeds.cells import BadCell, amounts
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.olist_life import Life, life_of
from apps.orders.feeds.order import FeedOrder
from apps.orders.feeds.text import Layout, read_lines
from apps.orders.refusals import FeedRefused
from apps.sellers.models import Seller
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
LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}").fullmatch
LONGEST_CATEGORY = 80

NO_PAYMENT = "without a payment: taken as paid what the items cost"
OTHERS = "orders that only the {} know: passed over"

Item = tuple[str, str, str, str]  # seller, article, price, freight


class Basket(NamedTuple):
    """What one seller delivers of one order."""

    seller: str
    goods: str
    freight: str
    articles: tuple[str, ...]
    prices: tuple[str, ...]
    freights: tuple[str, ...]


class OlistFeed:
    """The folder with the public file names; products and their translation may be missing.

    Raises FeedRefused when a file that is needed is missing.
    """

    name = ORDERS

    def __init__(self, path: Path, currency: str, zone: ZoneInfo, intake: Intake) -> None:
        if not path.is_dir():
            raise FeedRefused(f"{path} is not a folder with the Olist files. Nothing was changed.")
        if missing := [name for name in NEEDED if not (path / name).exists()]:
            raise FeedRefused(f"{path} has no {', '.join(missing)}. Nothing was changed.")
        self.path = path
        self.currency = currency
        self.zone = zone
        self.intake = intake
        self.amount = amounts(currency)

    def files(self) -> list[Path]:
        return [self.path / name for name in COLUMNS if (self.path / name).exists()]

    def clock(self, moment: datetime) -> str:
        """`moment` as this feed writes times: local to the platform."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def newcomers(self) -> list[Newcomer]:
        """Sellers of the folder that are unknown here; one with orders joined on the day of the first."""
        known = set(Seller.objects.values_list("external_id", flat=True))
        unknown = [cells for _number, _text, cells in self._rows(SELLERS) if cells[0] not in known]
        if not unknown:
            return []
        first_days = self._first_days()
        latest = max(first_days.values(), default=date.min)
        return [
            Newcomer(
                external_id=seller,
                name=f"{city.title()} {seller[:6]}"[:140],
                joined_on=first_days.get(seller, latest),
                region=region[:80],
            )
            for seller, city, region in unknown
        ]

    def orders(self) -> Iterator[FeedOrder]:
        """Each seller's share of each order. What cannot be understood is rejected, with the whole order it is of."""
        categories, items, payments = self._categories(), self._items(), self._payments()
        for number, text, cells in self._rows(ORDERS):
            ordered, paid = items.pop(cells[0], None), payments.pop(cells[0], None)
            try:
                yield from self._shares(number, text, cells, ordered, paid, categories)
            except BadCell as bad:
                self.intake.reject(ORDERS, number, str(bad), text)
        self.intake.notes[OTHERS.format("items")] += len(items)
        self.intake.notes[OTHERS.format("payments")] += len(payments)

    def _shares(
        self,
        number: int,
        text: str,
        cells: Sequence[str],
        items: Item | list[Item] | None,
        payment: str | None,
        categories: dict[str, str],
    ) -> Iterator[FeedOrder]:
        order_id, status, placed, approved, carrier, customer, expected = cells
        if order_id in self.intake.spoilt:
            raise BadCell("An item or a payment of this order cannot be understood; see its own line.")
        if items is None:
            raise BadCell("The order has no items, so it has no seller.")
        _must_be_times(placed, approved, carrier, customer, expected)
        life = life_of(status, placed, approved, carrier, customer, self.intake.notes)
        for basket, paid in self._paid(items, payment, life):
            state, _placed, paid_at, shipped_at, delivered_at, ended_at = life
            if state == "refunded" and not Decimal(paid):
                state = "cancelled"  # what was free needs no refund
            refunded = paid if state == "refunded" else "0"
            yield FeedOrder(
                number, text, order_id, basket.seller, state, self.currency, basket.goods, basket.freight, paid, refunded,
                categories.get(basket.articles[0], ""), placed, paid_at, shipped_at, delivered_at, expected, ended_at,
                basket.articles, basket.prices, basket.freights,
            )  # fmt: skip

    def _paid(self, items: Item | list[Item], payment: str | None, life: Life) -> list[tuple[Basket, str]]:
        """The basket of each seller with its share of the payment, by price and freight; nothing when never approved."""
        if isinstance(items, tuple):
            seller, article, price, freight = items
            baskets = [Basket(seller, price, freight, (article,), (price,), (freight,))]
        else:
            baskets = _baskets(items)
        if not life.paid:
            return [(basket, "0") for basket in baskets]
        if payment is None:
            self.intake.notes[NO_PAYMENT] += 1
            return [(basket, str(Decimal(basket.goods) + Decimal(basket.freight))) for basket in baskets]
        if len(baskets) == 1:
            return [(baskets[0], payment)]
        weights = [Decimal(basket.goods) + Decimal(basket.freight) for basket in baskets]
        try:
            shares = split(Decimal(payment), weights, self.currency)
        except ValueError as error:
            raise BadCell("What was paid cannot be shared among the sellers.") from error
        return list(zip(baskets, map(str, shares), strict=True))

    def _rows(self, name: str) -> Iterator[tuple[int, str, Any]]:
        return read_lines(self.path / name, Layout(COLUMNS[name], others=True), self.intake)

    def _items(self) -> dict[str, Item | list[Item]]:
        """The item of each order, or its items."""
        items: dict[str, Item | list[Item]] = {}
        same: dict[str, str] = {}  # sellers and articles come again and again: one text for all
        for number, text, (order_id, seller, article, price, freight) in self._rows(ITEMS):
            try:
                item = (
                    same.setdefault(seller, seller),
                    same.setdefault(article, article),
                    self.amount(price, "price"),
                    self.amount(freight, "freight_value"),
                )
            except BadCell as bad:
                self._spoil(ITEMS, number, str(bad), text, order_id)
                continue
            before = items.get(order_id)
            if before is None:
                items[order_id] = item
            elif isinstance(before, list):
                before.append(item)
            else:
                items[order_id] = [before, item]
        return items

    def _payments(self) -> dict[str, str]:
        """What was paid for each order, in one or several payments."""
        payments: dict[str, str] = {}
        for number, text, (order_id, value) in self._rows(PAYMENTS):
            try:
                paid = self.amount(value, "payment_value")
            except BadCell as bad:
                self._spoil(PAYMENTS, number, str(bad), text, order_id)
                continue
            before = payments.get(order_id)
            payments[order_id] = paid if before is None else str(Decimal(before) + Decimal(paid))
        return payments

    def _spoil(self, file: str, number: int, reason: str, text: str, order_id: str) -> None:
        self.intake.reject(file, number, reason, text)
        self.intake.spoilt.add(order_id)

    def _categories(self) -> dict[str, str]:
        """The category of each article, in English where the folder has the translation."""
        if not (self.path / PRODUCTS).exists():
            return {}
        english: dict[str, str] = {}
        if (self.path / TRANSLATION).exists():
            english = {category: name for _number, _text, (category, name) in self._rows(TRANSLATION)}
        return {
            article: english.get(category, category)[:LONGEST_CATEGORY]
            for _number, _text, (article, category) in self._rows(PRODUCTS)
        }

    def _first_days(self) -> dict[str, date]:
        """The day of each seller's first order, read ahead; what is bad is recorded when the lines are read to land."""
        ahead = OlistFeed(self.path, self.currency, self.zone, Intake())
        days = {cells[0]: _day(cells[2]) for _number, _text, cells in ahead._rows(ORDERS)}
        first: dict[str, date] = {}
        for _number, _text, (order_id, seller, *_rest) in ahead._rows(ITEMS):
            day = days.get(order_id)
            if day is not None and day < first.get(seller, date.max):
                first[seller] = day
        return first


def _must_be_times(*cells: str) -> None:
    for column, cell in zip(TIMES, cells, strict=True):
        if not cell:
            continue
        try:
            datetime.fromisoformat(cell)
        except ValueError as error:
            raise BadCell(f"{column}: {cell[:40]!r} is not a time on the calendar.") from error
        if not LOCAL_TIME(cell):
            raise BadCell(f"{column}: {cell[:40]!r} is not a time such as 2018-01-31 14:05:00.")


def _baskets(items: Sequence[Item]) -> list[Basket]:
    """Several items by seller, in the order in which the sellers come."""
    by_seller: dict[str, list[Item]] = {}
    for item in items:
        by_seller.setdefault(item[0], []).append(item)
    baskets = []
    for seller, lines in by_seller.items():
        _sellers, articles, prices, freights = zip(*lines, strict=True)
        baskets.append(Basket(seller, _total(prices), _total(freights), articles, prices, freights))
    return baskets


def _total(amounts: Sequence[str]) -> str:
    return str(sum(map(Decimal, amounts), ZERO))


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell[:10])
    except ValueError:
        return None
