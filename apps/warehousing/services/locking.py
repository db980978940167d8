"""What every act on a receipt does first, and last: hold the rows, see what forbids it, put it on record.

Receipts are locked before anything that hangs on them, several of them in the order of their keys, so that no two acts
wait for each other.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from apps.evidence.services import Fact, record_many
from apps.warehousing.models import PledgedReceipt, WarehouseReceipt

WHY_NOT: Mapping[str, Promise] = {
    "requested": gettext_lazy("The goods of %(number)s are only announced: no receipt is issued yet."),
    "cancelled": gettext_lazy("The goods of %(number)s were never taken in."),
    "issued": gettext_lazy("Receipt %(number)s is neither expired nor frozen."),
    "pledged": gettext_lazy("The goods of receipt %(number)s are pledged: only the financier can let them go."),
    "delivered": gettext_lazy("The goods of receipt %(number)s were taken out already."),
    "split": gettext_lazy("Receipt %(number)s was split: its parts stand for the goods now."),
    "expired": gettext_lazy("Receipt %(number)s has expired. The warehouse can re-validate it."),
    "invoked": gettext_lazy("The financier has taken over the goods of receipt %(number)s."),
    "sold": gettext_lazy("The goods of receipt %(number)s were sold."),
    "title_transferred": gettext_lazy("The goods of receipt %(number)s belong to the financier now."),
    "frozen": gettext_lazy("Receipt %(number)s is frozen until what was found is cleared up."),
    "replaced": gettext_lazy("Receipt %(number)s is void: another paper has taken its place."),
}
PLEDGE_ASKED = gettext_lazy("The goods of receipt %(number)s are about to be pledged: the request must end first.")
UNCHANGED = gettext_lazy("Nothing was changed.")


class ReceiptRefused(ValueError):
    """This cannot be done with the receipt; the message says why. Nothing was changed."""


def locked(receipt_id: int) -> WarehouseReceipt:
    """The receipt, held until the transaction ends. Raises WarehouseReceipt.DoesNotExist.

    Nothing is joined to it: a holder who changes while this waits would make the joined row, and the receipt, vanish.
    """
    return WarehouseReceipt.objects.select_for_update().get(pk=receipt_id)


def must_allow(receipt: WarehouseReceipt, verb: str) -> None:
    """Raises ReceiptRefused when the state of `receipt` does not allow `verb`."""
    if not receipt.can(verb):
        raise ReceiptRefused(said(WHY_NOT[receipt.state], receipt))


def must_be_free(receipt: WarehouseReceipt) -> None:
    """Raises ReceiptRefused while anybody holds the goods in pledge, from the request for it on."""
    if is_held(receipt):
        raise ReceiptRefused(said(PLEDGE_ASKED if receipt.state == "issued" else WHY_NOT["pledged"], receipt))


def is_held(receipt: WarehouseReceipt) -> bool:
    """Whether the receipt lies in a pledge that has not let it go, or that is only asked for."""
    return PledgedReceipt.objects.live().filter(receipt=receipt).exists()


def said(sentence: Promise, receipt: WarehouseReceipt) -> str:
    """`sentence` about `receipt`, and that nothing was changed."""
    return f"{sentence % {'number': receipt.number}} {UNCHANGED}"


def attest(kind: str, receipts: Sequence[WarehouseReceipt], *, on: date, at: datetime, by: str, **more: str) -> None:
    """Put into the evidence log what became of `receipts`; people are named by their keys."""
    record_many(
        [
            Fact(
                kind,
                f"receipt:{one.pk}",
                {
                    "number": one.number,
                    "state": one.state,
                    "warehouse": f"warehouse:{one.warehouse_id}",
                    "holder": f"seller:{one.holder_id}",
                    "commodity": one.commodity,
                    "weight": one.weight,
                    "unit": one.unit,
                    "grade": one.grade,
                    "lot": one.lot,
                    **more,
                },
            )
            for one in receipts
        ],
        business_date=on,
        at=at,
        by=by,
    )
