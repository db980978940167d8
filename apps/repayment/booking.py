"""Where the closing of a sales day is booked, by the night itself or beside it."""

from datetime import date
from typing import NamedTuple

from apps.banking.models import PaymentBatch
from apps.core.models import Transition


class Booking(NamedTuple):
    """Where a closing is booked.

    on       the business date in whose books it stands
    batch    the payment batch that its payouts join; with None they wait for that of the next night to be closed
    is_late  whether the night of `on` has sent the pools their money: what is swept waits at them for the next night
    """

    on: date
    batch: int | None = None
    is_late: bool = False


def booking_beside(night: date) -> Booking | None:
    """Where a seller is booked whom somebody closes beside the night of `night`; None where it has not begun.

    The caller holds the seller. The night's batch is held until the transaction ends, so its payments are not counted
    in between.
    """
    batch = PaymentBatch.objects.select_for_update(no_key=True).filter(key=f"payouts:{night}").first()
    if batch is None:
        return None
    is_late = Transition.of(batch).exists()
    return Booking(night, None if is_late else batch.pk, is_late)
