"""Goods in store: warehouses and their receipts, what goods are worth, who has them in pledge."""

from apps.warehousing.models.attachment import Attachment
from apps.warehousing.models.inspection import Inspection
from apps.warehousing.models.margin import MarginCall
from apps.warehousing.models.operator import Operator
from apps.warehousing.models.paper import ReceiptFile, ReceiptPaper
from apps.warehousing.models.pledge import Pledge, PledgedReceipt
from apps.warehousing.models.price import Commodity, CommodityPrice, PriceBasis, PriceFile
from apps.warehousing.models.receipt import Warehouse, WarehouseReceipt
from apps.warehousing.models.sale import GoodsSale
from apps.warehousing.models.transfer import ReceiptTransfer

__all__ = [
    "Attachment",
    "Commodity",
    "CommodityPrice",
    "GoodsSale",
    "Inspection",
    "MarginCall",
    "Operator",
    "Pledge",
    "PledgedReceipt",
    "PriceBasis",
    "PriceFile",
    "ReceiptFile",
    "ReceiptPaper",
    "ReceiptTransfer",
    "Warehouse",
    "WarehouseReceipt",
]
