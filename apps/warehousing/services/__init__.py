"""What warehouses and financiers do with goods, from the announcement to the day they leave; pledges of them."""

from apps.warehousing.services.attachments import attach
from apps.warehousing.services.custody import (
    expire_receipts,
    freeze_receipt,
    replace_lost_paper,
    revalidate_receipt,
    split_receipt,
    unfreeze_receipt,
    withdraw_receipt,
)
from apps.warehousing.services.inspections import (
    InspectionRefused,
    assign_inspection,
    cancel_inspection,
    record_count,
    resolve_inspection,
)
from apps.warehousing.services.locking import ReceiptRefused
from apps.warehousing.services.operators import appoint_operator
from apps.warehousing.services.papers import paper_of
from apps.warehousing.services.pledges import (
    add_goods,
    cancel_request,
    confirm_pledge,
    count_goods,
    offer_goods,
    request_pledge,
    substitute_goods,
    take_back_goods,
    take_in_offered,
    worth_taken_in,
)
from apps.warehousing.services.receipts import Goods, announce_goods, issue_receipt, turn_away
from apps.warehousing.services.releases import (
    decline_release,
    end_enforcement,
    enforce_pledge,
    release_all,
    release_goods,
    request_release,
)
from apps.warehousing.services.transfers import accept_transfer, decline_transfer, offer_transfer, take_back_transfer

__all__ = [
    "Goods",
    "InspectionRefused",
    "ReceiptRefused",
    "accept_transfer",
    "add_goods",
    "announce_goods",
    "appoint_operator",
    "assign_inspection",
    "attach",
    "cancel_inspection",
    "cancel_request",
    "confirm_pledge",
    "count_goods",
    "decline_release",
    "decline_transfer",
    "end_enforcement",
    "enforce_pledge",
    "expire_receipts",
    "freeze_receipt",
    "issue_receipt",
    "offer_goods",
    "offer_transfer",
    "paper_of",
    "record_count",
    "release_all",
    "release_goods",
    "replace_lost_paper",
    "request_pledge",
    "request_release",
    "resolve_inspection",
    "revalidate_receipt",
    "split_receipt",
    "substitute_goods",
    "take_back_goods",
    "take_back_transfer",
    "take_in_offered",
    "turn_away",
    "unfreeze_receipt",
    "withdraw_receipt",
    "worth_taken_in",
]
