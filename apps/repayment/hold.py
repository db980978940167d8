"""Taking hold of a financing to act on it: alone, and with every day before today closed."""

import traceback
from datetime import date, datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from apps.core.dates import DAY
from apps.core.wording import day_text
from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.financing.services.acceptance import lock_seller
from apps.ledger.calendar import booking_date, is_closed
from apps.repayment.booking import Booking, booking_beside
from apps.repayment.closing import catch_up
from apps.sellers.models import Seller


def hold(*, financing_id: int, asked_on: date, at: datetime, by: str) -> tuple[Financing, date]:
    """The financing, held with its seller until the transaction ends, and the business date that an act is booked on.

    A night that is under way and has not come to this seller yet is closed for this seller first, and so are the days
    that the seller missed. Raises SellerBusy when someone else holds the seller or the night of the day before has not
    begun, Financing.DoesNotExist.
    """
    on = booking_date(asked_on)
    seller_id = Financing.objects.values_list("seller_id", flat=True).get(pk=financing_id)
    seller = lock_seller(seller_id)
    _close_what_waits(seller, on, at, by)
    financing = (
        Financing.objects.select_for_update(of=("self",))
        .select_related("version__product__pool", "seller", "offer", "contract")
        .get(pk=financing_id)
    )
    return financing, on


def _close_what_waits(seller: Seller, on: date, at: datetime, by: str) -> None:
    """Close what the seller's days before `on` still take: that of the night under way, and those that were missed.

    What set the seller aside may still be there: then the next night sees to it, and the act counts on the balances
    as they are.
    """
    yesterday = on - DAY
    marks = Financing.objects.active().filter(seller=seller).aggregate(first=Min("closed_through"))
    if marks["first"] is None or marks["first"] >= yesterday:
        return
    booking = booking_beside(yesterday)
    if booking is None:
        # What the day before still takes would come first: done now, the act would count on balances that never were.
        raise SellerBusy(
            _("The night of %(day)s has not run yet. Nothing was done. Please try again after it.")
            % {"day": day_text(yesterday)}
        )
    if is_closed(yesterday):
        booking = Booking(on)
    try:
        with transaction.atomic():
            catch_up(seller_id=seller.pk, first=marks["first"] + DAY, last=yesterday, booking=booking, at=at, by=by)
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError):
            raise  # the server, not the seller's data
        text = "".join(traceback.format_exception_only(error)).strip()
        structlog.get_logger().error("seller still behind", seller=seller.pk, error=text)
