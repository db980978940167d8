"""Import of a large order feed, against plain COPY of the same columns into tables without an index.

    python -m benchmarks.import_orders [--orders 100000] [--rounds 5]

The feed is generated: the columns of the Olist files, in the proportions of the complete public data set (1.13 items
and 1.04 payments an order, 3,095 sellers, 32,951 products, 1.3 % of the orders over several sellers). Its sellers are
on the platform already, with a first small feed, as they are on every day but the first. Each round takes a feed of
its own. The floor streams the very files, in blocks, into tables with columns of the right types (times local to the
platform's zone, as in the import) and commits. Printed: the median of the rounds' ratios import / floor (at most 4),
each of one import and the floor timed beside it; orders a second; peak memory of this process.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TextIO

from django.db import connection, transaction

from benchmarks import throwaway

LIMIT = 4.0
SELLERS, PRODUCTS, CATEGORIES = 3_095, 32_951, 71
AT = datetime(2018, 10, 1, tzinfo=UTC)
BLOCK = 1 << 18
TABLES = {
    "olist_sellers_dataset.csv": "seller_id text, seller_zip_code_prefix text, seller_city text, seller_state text",
    "olist_products_dataset.csv": (
        "product_id text, product_category_name text, product_name_lenght int, product_description_lenght int, "
        "product_photos_qty int, product_weight_g int, product_length_cm int, product_height_cm int, "
        "product_width_cm int"
    ),
    "product_category_name_translation.csv": "product_category_name text, product_category_name_english text",
    "olist_orders_dataset.csv": (
        "order_id text, customer_id text, order_status text, order_purchase_timestamp timestamptz, "
        "order_approved_at timestamptz, order_delivered_carrier_date timestamptz, "
        "order_delivered_customer_date timestamptz, order_estimated_delivery_date timestamptz"
    ),
    "olist_order_items_dataset.csv": (
        "order_id text, order_item_id int, product_id text, seller_id text, shipping_limit_date timestamptz, "
        "price numeric(19,4), freight_value numeric(19,4)"
    ),
    "olist_order_payments_dataset.csv": (
        "order_id text, payment_sequential int, payment_type text, payment_installments int, "
        "payment_value numeric(19,4)"
    ),
}


class Feed:
    """A generated folder with the Olist file names: the same sellers and products, orders by `seed`."""

    def __init__(self, folder: Path, orders: int, seed: int) -> None:
        self.folder = folder
        same, self.luck = Random(0), Random(seed)
        self.sellers = [f"{same.getrandbits(128):032x}" for _ in range(SELLERS)]
        self.products = [f"{same.getrandbits(128):032x}" for _ in range(PRODUCTS)]
        folder.mkdir()
        self._lists()
        streams = [self._open(name) for name in TABLES if "order" in name]
        for _ in range(orders):
            self._order(*streams)
        for stream in streams:
            stream.close()

    def _open(self, name: str) -> TextIO:
        stream = (self.folder / name).open("w", encoding="utf-8")
        stream.write(",".join(column.split()[0] for column in TABLES[name].split(", ")) + "\n")
        return stream

    def _lists(self) -> None:
        sellers, products, translation = (self._open(name) for name in TABLES if "order" not in name)
        with sellers, products, translation:
            sellers.writelines(
                f"{one},{n % 90_000 + 1000:05},cidade {n % 600},SP\n" for n, one in enumerate(self.sellers)
            )
            products.writelines(
                f"{one},categoria_{n % CATEGORIES},50,700,2,{n % 9000},30,15,20\n"
                for n, one in enumerate(self.products)
            )
            translation.writelines(f"categoria_{n},category_{n}\n" for n in range(CATEGORIES))

    def _order(self, orders: TextIO, items: TextIO, payments: TextIO) -> None:
        luck = self.luck
        order = f"{luck.getrandbits(128):032x}"
        placed = datetime(2017, 1, 1) + timedelta(seconds=luck.randrange(600 * 86400))  # noqa: DTZ001  local, as in Olist
        approved = placed + timedelta(minutes=luck.randint(5, 3000))
        shipped = approved + timedelta(hours=luck.randint(3, 90))
        delivered = shipped + timedelta(hours=luck.randint(10, 600))
        state = luck.choices(("delivered", "shipped", "canceled"), (97, 2, 1))[0]
        customer, estimate = f"{luck.getrandbits(128):032x}", f"{placed.date() + timedelta(days=24)} 00:00:00"
        left, arrived = (shipped if state != "canceled" else ""), (delivered if state == "delivered" else "")
        orders.write(f"{order},{customer},{state},{placed},{approved},{left},{arrived},{estimate}\n")
        seller, total = luck.choice(self.sellers), 0
        for number in range(1, luck.choices((1, 2, 3), (90, 7, 3))[0] + 1):
            price, freight = luck.randint(500, 40_000), luck.randint(700, 4_000)
            total += price + freight
            seller = luck.choice(self.sellers) if luck.random() < 0.1 else seller
            items.write(
                f"{order},{number},{luck.choice(self.products)},{seller},{approved + timedelta(days=5)},"
                f"{price / 100:.2f},{freight / 100:.2f}\n"
            )
        voucher = total // 3 if luck.random() < 0.04 else 0
        if voucher:
            payments.write(f"{order},2,voucher,1,{voucher / 100:.2f}\n")
        payments.write(f"{order},1,credit_card,{luck.randint(1, 10)},{(total - voucher) / 100:.2f}\n")


def floor(folder: Path) -> float:
    """Seconds to COPY the files, as they are, into tables without an index."""
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'America/Sao_Paulo'")
        for name, columns in TABLES.items():
            table = f"floor_{Path(name).stem}"
            cursor.execute(f"CREATE TABLE {table} ({columns})")
            with (
                (folder / name).open("rb") as stream,
                cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER true)") as copy,
            ):
                while block := stream.read(BLOCK):
                    copy.write(block)
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE " + ", ".join(f"floor_{Path(name).stem}" for name in TABLES))
    return seconds


def imported(folder: Path) -> tuple[float, Any]:
    """Seconds that the service takes for the same files, and its result."""
    from apps.orders.services import import_orders

    started = time.perf_counter()
    result = import_orders(path=folder, format="olist", rejects_path=folder / "rejects.csv", at=AT, by="benchmark")
    return time.perf_counter() - started, result


def measure(orders: int, rounds: int) -> bool:
    """Measure some rounds; whether the limit was kept."""
    floors, imports = [], []
    with (
        tempfile.TemporaryDirectory(prefix="granary-bench-") as place,
        throwaway.platform("bench_import", opened_on=date(2017, 1, 1), currency="BRL", time_zone="America/Sao_Paulo"),
    ):
        imported(Feed(Path(place) / "first", 1_000, seed=0).folder)
        for number in range(1, rounds + 1):
            folder = Feed(Path(place) / str(number), orders, seed=number).folder
            base = floor(folder)
            seconds, result = imported(folder)
            assert result.landed >= orders, result
            assert not result.rejected, result
            floors.append(base)
            imports.append(seconds)
            print(f"    round {number}: import {seconds:.2f} s, floor {base:.2f} s", file=sys.stderr)
    ratios = [taken / base for taken, base in zip(imports, floors, strict=True)]
    ratio, peak = statistics.median(ratios), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = orders / statistics.median(imports)
    print(f"import_orders ratio={ratio:.2f} limit={LIMIT} orders={orders} rate={rate:,.0f}/s rss={peak:.0f}MB")
    return ratio <= LIMIT


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    throwaway.setup()
    sys.exit(0 if measure(arguments.orders, arguments.rounds) else 1)
