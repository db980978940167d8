"""Feed files as platforms write them, small enough to read."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.orders.services import ImportResult, import_orders

AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
COLUMNS = (
    "order_id", "seller_id", "status", "placed_at", "paid_at", "shipped_at", "delivered_at", "expected_at", "ended_at",
    "goods", "freight", "paid", "refunded", "category", "currency",
)  # fmt: skip
DELIVERED: dict[str, Any] = {
    "order_id": "A-1",
    "seller_id": "S-1",
    "status": "delivered",
    "placed_at": "2025-03-01 10:00:00",
    "paid_at": "2025-03-01 10:05:00",
    "shipped_at": "2025-03-02 08:00:00",
    "delivered_at": "2025-03-04 16:30:00",
    "expected_at": "2025-03-05 00:00:00",
    "goods": "100.00",
    "freight": "8.00",
    "paid": "108.00",
    "category": "fruit",
    "currency": "CNY",
}
PLACED: dict[str, Any] = {
    **DELIVERED, "status": "placed", "paid": "0", "paid_at": "", "shipped_at": "", "delivered_at": "",
}  # fmt: skip
PAID: dict[str, Any] = {**DELIVERED, "status": "paid", "shipped_at": "", "delivered_at": ""}
SHIPPED: dict[str, Any] = {**DELIVERED, "status": "shipped", "delivered_at": ""}
REFUNDED: dict[str, Any] = {
    **DELIVERED, "status": "refunded", "refunded": "108.00", "ended_at": "2025-03-06 12:00:00",
}  # fmt: skip


def feed(folder: Path, *orders: dict[str, Any], name: str = "orders.csv", columns: tuple[str, ...] = COLUMNS) -> Path:
    """A feed in our own format, one line for each of `orders`."""
    lines = [",".join(columns), *(",".join(str(order.get(column, "")) for column in columns) for order in orders)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def take_in(path: Path, **facts: Any) -> ImportResult:
    """Import `path` into the entered platform; rejected lines go beside it."""
    values: dict[str, Any] = {
        "format": "csv", "rejects_path": path.with_name("rejects.csv"), "at": AT, "by": "test", **facts,
    }  # fmt: skip
    return import_orders(path=path, **values)


def rejects(path: Path) -> list[str]:
    """The lines of the rejects file that lies beside `path`."""
    return path.with_name("rejects.csv").read_text(encoding="utf-8").splitlines()


OLIST = {
    "olist_orders_dataset.csv": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
        "order_delivered_customer_date,order_estimated_delivery_date"
    ),
    "olist_order_items_dataset.csv": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
    ),
    "olist_order_payments_dataset.csv": ("order_id,payment_sequential,payment_type,payment_installments,payment_value"),
    "olist_sellers_dataset.csv": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "olist_products_dataset.csv": "product_id,product_category_name",
    "product_category_name_translation.csv": "product_category_name,product_category_name_english",
}


def olist(
    folder: Path,
    *,
    orders: list[str],
    items: list[str],
    payments: list[str],
    sellers: tuple[str, ...] = ("s1", "s2", "s3"),
) -> Path:
    """A folder with the Olist file names; sellers s1 to s3 and the product `p1` (frutas, fruit) are in it."""
    lines = {
        "olist_orders_dataset.csv": orders,
        "olist_order_items_dataset.csv": items,
        "olist_order_payments_dataset.csv": payments,
        "olist_sellers_dataset.csv": [f'{seller},"13023",campinas,SP' for seller in sellers],
        "olist_products_dataset.csv": ["p1,frutas"],
        "product_category_name_translation.csv": ["frutas,fruit"],
    }
    folder.mkdir(exist_ok=True)
    for name, header in OLIST.items():
        (folder / name).write_text("\n".join([header, *lines[name]]) + "\n", encoding="utf-8")
    return folder


def olist_order(
    order_id: str,
    status: str = "delivered",
    *,
    placed: str = "2018-01-01 10:00:00",
    approved: str = "2018-01-01 11:00:00",
    carrier: str = "2018-01-03 09:00:00",
    customer: str = "2018-01-08 15:00:00",
) -> str:
    return f"{order_id},c-{order_id},{status},{placed},{approved},{carrier},{customer},2018-01-20 00:00:00"


def olist_item(order_id: str, number: int, seller: str, price: str, freight: str = "0.00", product: str = "p1") -> str:
    return f"{order_id},{number},{product},{seller},2018-01-06 10:00:00,{price},{freight}"


def olist_payment(order_id: str, value: str, number: int = 1) -> str:
    return f"{order_id},{number},credit_card,1,{value}"
