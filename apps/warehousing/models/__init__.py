"""Goods in store: warehouses and their receipts, what goods are worth, who has them in pledge."""

from apps.warehousing.models.margin import MarginCall
from apps.warehousing.models.pledge import Pledge, PledgedReceipt
from apps.warehousing.models.price import Commodity, CommodityPrice, PriceBasis, PriceFile
from apps.warehousing.models.receipt import Warehouse, WarehouseReceipt
from apps.warehousing.models.sale import GoodsSale

__all__ = [
    "Commodity",
    "CommodityPrice",
    "GoodsSale",
    "MarginCall",
    "Pledge",
    "PledgedReceipt",
    "PriceBasis",
    "PriceFile",
    "Warehouse",
    "WarehouseReceipt",
]
