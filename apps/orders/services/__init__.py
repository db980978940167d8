"""What the platform reports about orders: feeds, refunds, settlements; and what the night does with them."""

from apps.orders.services.imports import ImportResult, import_orders
from apps.orders.services.refunds import Refund, RefundResult, close_return_windows, record_refunds
from apps.orders.services.settlement import (
    SettlementLine,
    SettlementResult,
    ToldLine,
    known_lines,
    record_settlement,
)
from apps.orders.services.settlement_files import SettlementTaken, import_settlement

__all__ = [
    "ImportResult",
    "Refund",
    "RefundResult",
    "SettlementLine",
    "SettlementResult",
    "SettlementTaken",
    "ToldLine",
    "close_return_windows",
    "import_orders",
    "import_settlement",
    "known_lines",
    "record_refunds",
    "record_settlement",
]
