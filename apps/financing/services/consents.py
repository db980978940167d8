"""What it means for offers when a seller takes consent back."""

from datetime import date, datetime

from django.db import transaction

from apps.financing.models import Offer
from apps.financing.services.acceptance import lock_seller
from apps.sellers.services import ORDERS, withdraw_consent


def stop_reading_orders(*, seller_id: int, on: date, at: datetime, by: str) -> int:
    """From this moment on nobody reads the seller's orders: the consent ends and open offers, which rest on them, are
    cancelled. Answers how many offers. Done already, it does nothing.

    What was agreed stays agreed: contracts already drawn up rest on what was read when it was allowed, and what was
    drawn is repaid as signed. Raises SellerBusy while the seller's day is being closed.
    """
    with transaction.atomic():
        lock_seller(seller_id)
        withdraw_consent(seller_id=seller_id, data=ORDERS, on=on, at=at, by=by)
        offers = list(Offer.objects.open().filter(seller_id=seller_id).order_by("pk"))
        for offer in offers:
            offer.move("cancel", at=at, by=by, reason="consent withdrawn")
        return len(offers)
