"""The public Olist data set: a folder of CSV files with one row an order, an item, a payment.

Lines are put together by their first cell, the order's id, before the database reads them: most orders have one item
and one payment, so their three lines make one row as they are. Items and payments wait in memory for their order,
about half a kilobyte an order.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from psycopg import sql

from apps.core.money import ZERO, split
from apps.orders.feeds import olist_queries as queries
from apps.orders.feeds.intake import Intake
from apps.orders.feeds.staging import UNREADABLE, stage
from apps.orders.feeds.text import ANYTHING, HEXADECIMAL, ID, TIME, Layout, TextFile, amount_in, cells_of, optional
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
COLUMNS: dict[str, dict[str, str]] = {
    ORDERS: {
        "order_id": "varchar(64)",
        "order_status": "text",
        "order_purchase_timestamp": "timestamptz",
        "order_approved_at": "timestamptz",
        "order_delivered_carrier_date": "timestamptz",
        "order_delivered_customer_date": "timestamptz",
        "order_estimated_delivery_date": "timestamptz",
    },
    ITEMS: {
        "order_id": "varchar(64)",
        "seller_id": "varchar(64)",
        "product_id": "varchar(64)",
        "price": "numeric(19,4)",
        "freight_value": "numeric(19,4)",
    },
    PAYMENTS: {"order_id": "varchar(64)", "payment_value": "numeric(19,4)"},
    SELLERS: {"seller_id": "varchar(64)", "seller_city": "text", "seller_state": "text"},
    PRODUCTS: {"product_id": "varchar(64)", "product_category_name": "text"},
    TRANSLATION: {"product_category_name": "text", "product_category_name_english": "text"},
}
PUT_TOGETHER = {
    "goods": "numeric(19,4)",
    "freight": "numeric(19,4)",
    "payment": "numeric(19,4)",
    "articles": "varchar(64)[]",
    "prices": "numeric(19,4)[]",
    "freights": "numeric(19,4)[]",
}

TAKEN = b""
OTHERS = "orders that only the {} know: passed over"

Part = bytes | list[bytes]
"""What follows the order's id on one line, or on several."""


class OlistFeed:
    """The folder with the public file names; products and their translation may be missing.

    Raises FeedRefused when a file is missing or is something else.
    """

    told = queries.TOLD

    def __init__(self, path: Path, currency: str, zone: ZoneInfo, intake: Intake) -> None:
        if not path.is_dir():
            raise FeedRefused(f"{path} is not a folder with the Olist files. Nothing was changed.")
        if missing := [name for name in NEEDED if not (path / name).exists()]:
            raise FeedRefused(f"{path} has no {', '.join(missing)}. Nothing was changed.")
        self.currency = currency
        self.zone = zone
        self.intake = intake
        self.texts = {name: self._text(path / name, intake) for name in COLUMNS if (path / name).exists()}
        self.orders = self.texts[ORDERS]
        self.spoilt: set[bytes] = set()
        self.of_item = self._cells_after_key(ITEMS, "seller_id", "product_id", "price", "freight_value")
        self.of_payment = self._cells_after_key(PAYMENTS, "payment_value")

    def _text(self, path: Path, intake: Intake) -> TextFile:
        forms = {
            "varchar(64)": ID,
            "text": ANYTHING,
            "timestamptz": optional(TIME),
            "numeric(19,4)": amount_in(self.currency),
        }
        columns = {column: forms[kind] for column, kind in COLUMNS[path.name].items()}
        layout = Layout(columns, {}, others=True, first="order_id" if "order_id" in columns else "")
        return TextFile(path, layout, intake, HEXADECIMAL)

    def files(self) -> list[Path]:
        return [text.path for text in self.texts.values()]

    def newcomers(self) -> list[Newcomer]:
        """Sellers of the folder that are unknown here; one with orders joined on the day of the first."""
        known = set(Seller.objects.values_list("external_id", flat=True))
        sellers = {one["seller_id"]: one for one in self._named(self.texts[SELLERS])}
        if sellers.keys() <= known:
            return []
        first_days = self._first_days()
        latest = max(first_days.values(), default=date.min)
        return [
            Newcomer(
                external_id=seller_id,
                name=f"{one['seller_city'].title()} {seller_id[:6]}"[:140],
                joined_on=first_days.get(seller_id, latest),
                region=one["seller_state"][:80],
            )
            for seller_id, one in sellers.items()
            if seller_id not in known
        ]

    def stage(self) -> tuple[int, dict[int, str]]:
        """Bring each seller's share of each order into `feed_orders`; answers how many those are, and the lines that
        stay out, with the reason."""
        self._stage_list("feed_products", PRODUCTS)
        self._stage_list("feed_translation", TRANSLATION)
        items, payments = self._parts(ITEMS), self._parts(PAYMENTS)
        columns = {"part": "int", **self._columns(ORDERS)}
        for name in (ITEMS, PAYMENTS):
            columns |= {column: kind for column, kind in self._columns(name).items() if column != "order_id"}
        columns |= PUT_TOGETHER
        faults: dict[int, str] = {}
        rows = self._rows(items, payments, faults)
        shares, lost = stage("feed_orders", columns, list(columns), rows, self.zone)
        self.intake.notes[OTHERS.format("items")] += sum(item != TAKEN for item in items.values())
        self.intake.notes[OTHERS.format("payments")] += len(payments)
        with connection.cursor() as cursor:
            cursor.execute(queries.ODDITIES)
            self.intake.notes.update(dict(zip(queries.ODD, cursor.fetchall()[0], strict=True)))
        return shares, faults | dict.fromkeys(lost, UNREADABLE)

    def _parts(self, name: str) -> dict[bytes, Part]:
        """The lines of a file by their first cell, without it."""
        parts: dict[bytes, Part] = {}
        for _number, line in self.texts[name].lines(self._spoil):
            cell, _comma, part = line.partition(b",")
            key = cell.strip(b'"')
            before = parts.setdefault(key, part)
            if before is not part:
                parts[key] = [*_listed(before), part]
        return parts

    def _spoil(self, line: bytes) -> None:
        self.spoilt.add(line.partition(b",")[0].strip(b'"'))

    def _rows(
        self, items: dict[bytes, Part], payments: dict[bytes, Part], faults: dict[int, str]
    ) -> Iterator[tuple[int, bytes]]:
        """One row for each seller of each order: line, place among the sellers, order, item, payment, and what had to
        be put together from several of them. Items and payments are taken out on the way."""
        no_payment = b"," * (len(self.texts[PAYMENTS].columns) - 2)
        for number, line in self.orders.lines():
            key = line.partition(b",")[0].strip(b'"')
            item, payment = items.get(key), payments.pop(key, no_payment)
            if not item or key in self.spoilt:
                faults[number] = self._why_not(key, item)
                continue
            items[key] = TAKEN
            if isinstance(item, bytes) and isinstance(payment, bytes):
                yield number, b"%d,1,%b,%b,%b,,,,,," % (number, line, item, payment)
                continue
            try:
                baskets = self._baskets(_listed(item), [] if payment is no_payment else _listed(payment))
            except (ValueError, ArithmeticError):
                faults[number] = "What was paid cannot be shared among the items."
                continue
            for place, (first_item, basket) in enumerate(baskets, 1):
                yield number, b"%d,%d,%b,%b,%b,%b" % (number, place, line, first_item, no_payment, basket)

    def _why_not(self, key: bytes, item: Part | None) -> str:
        if key in self.spoilt:
            return "An item or a payment of this order cannot be understood; see its own line."
        return (
            "The order stands on an earlier line." if item == TAKEN else "The order has no items, so it has no seller."
        )

    def _baskets(self, items: list[bytes], payments: list[bytes]) -> list[tuple[bytes, bytes]]:
        """For each seller its first item, and the columns PUT_TOGETHER as CSV: sums, its share of the payment by price
        and freight, and its items.

        Raises ValueError when the payment cannot be shared, ArithmeticError when an amount is none.
        """
        by_seller: dict[str, list[tuple[bytes, str, Decimal, Decimal]]] = {}
        for item in items:
            seller, article, price, freight = self.of_item(cells_of(item))
            by_seller.setdefault(seller, []).append((item, article, Decimal(price), Decimal(freight)))
        weights = [sum((line[2] + line[3] for line in lines), ZERO) for lines in by_seller.values()]
        paid = sum((Decimal(self.of_payment(cells_of(payment))) for payment in payments), ZERO)
        shares = weights if not payments else [paid] if len(weights) == 1 else split(paid, weights, self.currency)
        baskets = []
        for lines, share in zip(by_seller.values(), shares, strict=True):
            _items, articles, prices, freights = zip(*lines, strict=True)
            cells = (sum(prices), sum(freights), share, _array(articles), _array(prices), _array(freights))
            baskets.append((lines[0][0], ",".join(map(str, cells)).encode()))
        return baskets

    def _cells_after_key(self, name: str, *columns: str) -> Any:
        """What picks the cells of these columns from a line without its first cell."""
        return itemgetter(*[self.texts[name].columns.index(column) - 1 for column in columns])

    def _columns(self, name: str) -> dict[str, str]:
        """The columns of a file and their types; those that mean nothing here under a name of their own."""
        kinds = COLUMNS[name]
        return {
            column if column in kinds else f"{name} {column}": kinds.get(column, "text")
            for column in self.texts[name].columns
        }

    def _stage_list(self, table: str, name: str) -> None:
        """A file that is only looked up; without it an empty table."""
        columns = self._columns(name) if name in self.texts else COLUMNS[name]
        lines: Iterable[tuple[int, bytes]] = self.texts[name].lines() if name in self.texts else ()
        stage(table, columns, list(columns), ((number, b"%d,%b" % (number, line)) for number, line in lines), self.zone)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))

    def _first_days(self) -> dict[str, date]:
        """The day of each seller's first order, read ahead; what is bad is recorded when the lines are read to land."""
        orders, items = (self._text(self.texts[name].path, Intake()) for name in (ORDERS, ITEMS))
        days = {order["order_id"]: order["order_purchase_timestamp"][:10] for order in self._named(orders)}
        first: dict[str, date] = {}
        for item in self._named(items):
            day, seller = _day(days.get(item["order_id"], "")), item["seller_id"]
            if day is not None and day < first.get(seller, date.max):
                first[seller] = day
        return first

    def _named(self, text: TextFile) -> Iterator[dict[str, str]]:
        return (dict(zip(text.columns, cells_of(line), strict=True)) for _number, line in text.lines())


def _array(values: Iterable[object]) -> str:
    """An array as the database writes it, in one cell of CSV."""
    quoted = ",".join('"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return '"{' + quoted.replace('"', '""') + '}"'


def _listed(part: Part) -> list[bytes]:
    return part if isinstance(part, list) else [part]


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None
