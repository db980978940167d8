from apps.sellers.models.consent import Consent
from apps.sellers.models.joining import Invitation, Particulars
from apps.sellers.models.message import Delivery, Message, MessageSettings
from apps.sellers.models.payout_change import PayoutChange
from apps.sellers.models.seller import SELLER_STATES, STEPS, Seller

__all__ = [
    "SELLER_STATES",
    "STEPS",
    "Consent",
    "Delivery",
    "Invitation",
    "Message",
    "MessageSettings",
    "Particulars",
    "PayoutChange",
    "Seller",
]
