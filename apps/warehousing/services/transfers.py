"""Goods that change hands in store: the holder offers the receipt, the new holder accepts it."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.sellers.models import Seller
from apps.warehousing.models import ReceiptTransfer
from apps.warehousing.services.locking import ReceiptRefused, attest, locked, must_allow, must_be_free


def offer_transfer(
    *, receipt_id: int, giver_id: int, taker_number: str, on: date, at: datetime, by: str
) -> ReceiptTransfer:
    """The holder offers a receipt to the seller whom the platform knows as `taker_number`.

    Nothing changes hands until that seller accepts. The same offer again answers the one that is open. Raises
    ReceiptRefused when there is no such seller, when it is the holder, when the receipt is not free, or when it is
    offered to somebody else already.
    """
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.holder_id != giver_id:
            raise ReceiptRefused(_("Only the holder of a receipt can pass it on. Nothing was changed."))
        must_allow(receipt, "transfer")
        must_be_free(receipt)
        taker = Seller.objects.verified().filter(external_id=taker_number.strip()).first()
        if taker is None or taker.pk == giver_id:
            raise ReceiptRefused(_("No other seller here has this number. Ask them for it: it stands under More."))
        open_one = receipt.transfers.open().first()
        if open_one is not None and open_one.taker_id == taker.pk:
            return open_one
        if open_one is not None:
            raise ReceiptRefused(_("You have offered this receipt to somebody else. Take that back first."))
        offered = ReceiptTransfer.objects.create(receipt=receipt, giver_id=giver_id, taker=taker, offered_on=on)
        log_birth([offered], at=at, by=by)
        return offered


def accept_transfer(*, transfer_id: int, taker_id: int, on: date, at: datetime, by: str) -> ReceiptTransfer:
    """The new holder accepts, and holds the receipt from now on.

    Accepting twice answers the same. Raises ReceiptRefused when the offer is over, or the receipt is no longer free or
    no longer the giver's.
    """
    with transaction.atomic():
        offered = _held(transfer_id, taker_id=taker_id)
        if offered.state == "accepted":
            return offered
        receipt = locked(offered.receipt_id)
        must_allow(receipt, "transfer")
        must_be_free(receipt)
        if offered.state != "offered" or receipt.holder_id != offered.giver_id:
            raise ReceiptRefused(_("This offer is over. Nothing was changed."))
        offered.move("accept", at=at, by=by)
        receipt.move("transfer", at=at, by=by, reason=f"to {offered.taker.external_id}", holder=offered.taker)
        attest("receipt_transferred", [receipt], on=on, at=at, by=by, giver=f"seller:{offered.giver_id}")
        return offered


def decline_transfer(*, transfer_id: int, taker_id: int, at: datetime, by: str) -> ReceiptTransfer:
    """The seller whom a receipt was offered does not want it. Raises ReceiptRefused when it is theirs already."""
    with transaction.atomic():
        return _end(_held(transfer_id, taker_id=taker_id), "decline", "declined", at, by)


def take_back_transfer(*, transfer_id: int, giver_id: int, at: datetime, by: str) -> ReceiptTransfer:
    """The holder takes an offer back. Raises ReceiptRefused when it was accepted or declined before."""
    with transaction.atomic():
        return _end(_held(transfer_id, giver_id=giver_id), "take_back", "taken_back", at, by)


def _held(transfer_id: int, **whose: int) -> ReceiptTransfer:
    """The offer, with its receipt held first, as everywhere. Raises DoesNotExist when it is not theirs."""
    locked(ReceiptTransfer.objects.values_list("receipt_id", flat=True).get(pk=transfer_id, **whose))
    return ReceiptTransfer.objects.select_for_update().get(pk=transfer_id)


def _end(offered: ReceiptTransfer, verb: str, state: str, at: datetime, by: str) -> ReceiptTransfer:
    if offered.state == state:
        return offered
    if not offered.can(verb):
        raise ReceiptRefused(_("This offer is over. Nothing was changed."))
    offered.move(verb, at=at, by=by)
    return offered
