"""Taking hold of a financing to act on it: alone, and with every day before today closed."""

from datetime import date, datetime

from django.db.models import Max, Min
from django.utils.translation import gettext as _

from apps.banking.models import PaymentBatch
from apps.core.dates import DAY
from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.financing.services.acceptance import lock_seller
from apps.ledger.calendar import booking_date
from apps.repayment.closing import close_sellers
from apps.sellers.models import Seller


def hold(*, financing_id: int, asked_on: date, at: datetime, by: str) -> tuple[Financing, date]:
    """The financing, held with its seller until the transaction ends, and the business date that an act is booked on.

    A night that is under way and has not come to this seller yet is closed for this seller first. Raises SellerBusy
    when someone else holds the seller or the night of the day before has not begun, Financing.DoesNotExist.
    """
    on = booking_date(asked_on)
    seller_id = Financing.objects.values_list("seller_id", flat=True).get(pk=financing_id)
    seller = lock_seller(seller_id)
    _close_what_waits(seller, on - DAY, at, by)
    financing = (
        Financing.objects.select_for_update(of=("self",))
        .select_related("version__product__pool", "seller", "offer", "contract")
        .get(pk=financing_id)
    )
    return financing, on


def _close_what_waits(seller: Seller, through: date, at: datetime, by: str) -> None:
    """Close the seller's day of the night that is under way, and with it the days for which it was set aside."""
    marks = Financing.objects.active().filter(seller=seller).aggregate(first=Min("closed_through"), last=Max("pk"))
    if marks["first"] is None or marks["first"] >= through:
        return
    batch = PaymentBatch.objects.filter(key=f"payouts:{through}").first()
    if batch is None:
        # What the day before still takes would come first: done now, the act would count on balances that never were.
        raise SellerBusy(
            _("The night of %(day)s has not run yet. Nothing was done. Please try again after it.") % {"day": through}
        )
    first_missed = marks["first"] + DAY
    close_sellers(
        first_seller=seller.pk,
        last_seller=seller.pk,
        business_date=through,
        payout_batch=batch.pk,
        behind={seller.pk: first_missed} if first_missed < through else {},
        at=at,
        by=by,
    )
