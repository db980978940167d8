"""What warehouses and financiers do with goods: receipts for goods that came in, pledges of them."""

from apps.warehousing.services.pledges import (
    add_goods,
    cancel_request,
    confirm_pledge,
    count_goods,
    offer_goods,
    request_pledge,
    substitute_goods,
    take_back_goods,
)
from apps.warehousing.services.receipts import Goods, ReceiptRefused, issue_receipt
from apps.warehousing.services.releases import (
    decline_release,
    end_enforcement,
    enforce_pledge,
    release_all,
    release_goods,
    request_release,
)

__all__ = [
    "Goods",
    "ReceiptRefused",
    "add_goods",
    "cancel_request",
    "confirm_pledge",
    "count_goods",
    "decline_release",
    "end_enforcement",
    "enforce_pledge",
    "issue_receipt",
    "offer_goods",
    "release_all",
    "release_goods",
    "request_pledge",
    "request_release",
    "substitute_goods",
    "take_back_goods",
]
