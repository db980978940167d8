"""What warehouses and financiers do with goods: receipts for goods that came in."""

from apps.warehousing.services.receipts import Goods, ReceiptRefused, issue_receipt

__all__ = ["Goods", "ReceiptRefused", "issue_receipt"]
