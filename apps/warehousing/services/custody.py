"""What happens to goods in store: split, expired, re-validated, frozen, taken out; a lost paper replaced.

Every act may be sent again: it then answers what it did the first time.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth, move_all
from apps.warehousing.models import WarehouseReceipt
from apps.warehousing.models.receipt import IN_STORE
from apps.warehousing.services.locking import ReceiptRefused, attest, is_held, locked, must_allow, must_be_free
from apps.warehousing.services.receipts import check_weight

MOST_PARTS = 50
LONGEST_NUMBER = 40
# What a part, or the paper in a lost one's place, has in common with the receipt that it comes from.
INHERITED = (
    "warehouse", "depositor", "holder", "commodity", "unit", "origin", "grade", "lot", "bin", "insurance",
    "insured_until", "issued_on", "valid_until", "issued_by",
)  # fmt: skip


def split_receipt(
    *, receipt_id: int, weights: Sequence[Decimal], on: date, at: datetime, by: str
) -> list[WarehouseReceipt]:
    """Split a receipt into parts of `weights`, which add up to it exactly; answers them in that order.

    The parts are numbered after the whole (WR-1/1, WR-1/2). Raises ReceiptRefused when the sums differ, naming both,
    or when the receipt is not free.
    """
    with transaction.atomic():
        whole = locked(receipt_id)
        if whole.state == "split":
            return _parts_there(whole, weights)
        must_allow(whole, "split")
        must_be_free(whole)
        _check_parts(whole, weights)
        whole.move("split", at=at, by=by)
        parts = [
            _successor(whole, f"{whole.number}/{place}", weight, parent=whole)
            for place, weight in enumerate(weights, start=1)
        ]
        log_birth(parts, at=at, by=by, reason=f"part of {whole.number}")
        attest("receipt_split", [whole, *parts], on=on, at=at, by=by)
        return parts


def _parts_there(whole: WarehouseReceipt, weights: Sequence[Decimal]) -> list[WarehouseReceipt]:
    parts = list(whole.children.order_by("pk"))
    if [part.weight for part in parts] != list(weights):
        must_allow(whole, "split")
    return parts


def _check_parts(whole: WarehouseReceipt, weights: Sequence[Decimal]) -> None:
    if not 2 <= len(weights) <= MOST_PARTS:
        raise ReceiptRefused(
            _("A receipt is split into 2 to %(most)s parts. Nothing was changed.") % {"most": MOST_PARTS}
        )
    for weight in weights:
        check_weight(weight)
    total = sum(weights, Decimal(0))
    if total != whole.weight:
        raise ReceiptRefused(
            _("The parts add up to %(total)s %(unit)s, the receipt is for %(weight)s %(unit)s. Nothing was changed.")
            % {"total": f"{total:f}", "weight": f"{whole.weight:f}", "unit": whole.unit}
        )
    if len(f"{whole.number}/{len(weights)}") > LONGEST_NUMBER:
        raise ReceiptRefused(
            _("Receipt %(number)s was split so often that its parts cannot be numbered any more. Nothing was changed.")
            % {"number": whole.number}
        )


def _successor(
    old: WarehouseReceipt, number: str, weight: Decimal | None, **link: WarehouseReceipt
) -> WarehouseReceipt:
    facts = {name: getattr(old, name) for name in INHERITED}
    return WarehouseReceipt.objects.create(number=number, weight=weight, state="issued", **facts, **link)


def withdraw_receipt(*, receipt_id: int, on: date, at: datetime, by: str) -> WarehouseReceipt:
    """The holder takes the goods out; the receipt is done. Raises ReceiptRefused while they are pledged or not free."""
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.state == "delivered":
            return receipt
        must_allow(receipt, "withdraw")
        must_be_free(receipt)
        receipt.move("withdraw", at=at, by=by)
        attest("receipt_withdrawn", [receipt], on=on, at=at, by=by)
        return receipt


def replace_lost_paper(
    *, receipt_id: int, number: str, declaration: str, on: date, at: datetime, by: str
) -> WarehouseReceipt:
    """A new receipt `number` in the place of one whose paper is lost; the old number is void from now on.

    `declaration` is what the holder declared about the loss; it stays on record. Raises ReceiptRefused without it, for
    a number that is taken, or while the goods are pledged.
    """
    with transaction.atomic():
        old = locked(receipt_id)
        new = WarehouseReceipt.objects.filter(replaces=old).first()
        if new is not None and new.number == number:
            return new
        must_allow(old, "replace")
        must_be_free(old)
        if not declaration.strip():
            raise ReceiptRefused(_("Write down what the holder declared about the loss: how, when and where."))
        if not number or WarehouseReceipt.objects.filter(number=number).exists():
            raise ReceiptRefused(_("The new receipt needs a number that no receipt has yet. Nothing was changed."))
        old.move("replace", at=at, by=by, reason=declaration.strip()[:300])
        new = _successor(old, number, old.weight, replaces=old)
        log_birth([new], at=at, by=by, reason=f"in the place of {old.number}")
        attest("receipt_replaced", [old, new], on=on, at=at, by=by, declaration_sha256=_digest(declaration))
        return new


def expire_receipts(*, through: date, at: datetime, by: str) -> int:
    """Expire every receipt whose last valid day is `through` or earlier, pledged ones too; answers how many."""
    with transaction.atomic():
        over = list(WarehouseReceipt.objects.over(through).select_for_update().order_by("pk"))
        move_all(over, "expire", at=at, by=by, reason="its last valid day is over", fields=["was_pledged"])
        if over:
            attest("receipt_expired", over, on=through, at=at, by=by)
        return len(over)


def revalidate_receipt(
    *, receipt_id: int, valid_until: date, insured_until: date, on: date, at: datetime, by: str
) -> WarehouseReceipt:
    """The warehouse has looked at expired goods and vouches for them again, through `valid_until` (inclusive).

    The receipt is again what it was: pledged if its pledge still holds it, else issued. Raises ReceiptRefused when the
    receipt is not expired, or a date lies before `on`.
    """
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.state in {"issued", "pledged"} and (receipt.valid_until, receipt.insured_until) == (
            valid_until,
            insured_until,
        ):
            return receipt
        must_allow(receipt, "revalidate")
        if min(valid_until, insured_until) < on:
            raise ReceiptRefused(_("The receipt and the insurance must last at least through today."))
        receipt.was_pledged = receipt.was_pledged and is_held(receipt)
        receipt.move("revalidate", at=at, by=by, valid_until=valid_until, insured_until=insured_until)
        attest("receipt_revalidated", [receipt], on=on, at=at, by=by, valid_until=valid_until.isoformat())
        return receipt


def freeze_receipt(*, receipt_id: int, reason: str, on: date, at: datetime, by: str) -> WarehouseReceipt:
    """Stop everything about a receipt in store: a dispute, a lost paper, a doubt. Pledged ones too.

    Raises ReceiptRefused without a reason, or when its goods are not in store.
    """
    if not reason.strip():
        raise ReceiptRefused(_("Say why: whoever is to clear it up will read it."))
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.state == "frozen":
            return receipt
        if receipt.state not in IN_STORE:
            must_allow(receipt, "withdraw")
        freeze_all([receipt], reason=reason.strip(), on=on, at=at, by=by)
        return receipt


def freeze_all(receipts: Sequence[WarehouseReceipt], *, reason: str, on: date, at: datetime, by: str) -> None:
    """Freeze receipts in store that the caller holds locked; those that are frozen already stay as they are."""
    stopped = [one for one in receipts if one.state != "frozen"]
    for one in stopped:
        one.move("freeze", at=at, by=by, reason=reason[:300], frozen_by=by)
    if stopped:
        attest("receipt_frozen", stopped, on=on, at=at, by=by, reason_sha256=_digest(reason))


def unfreeze_receipt(*, receipt_id: int, reason: str, on: date, at: datetime, by: str) -> WarehouseReceipt:
    """What stopped a receipt is cleared up: it is again what it was when it was frozen.

    One that was pledged, and whose pledge has let it go meanwhile, is free. Raises ReceiptRefused without a reason,
    for a receipt that is not frozen, and for the person who froze it: another one must look.
    """
    if not reason.strip():
        raise ReceiptRefused(_("Say what was cleared up: it stands in the history for good."))
    with transaction.atomic():
        receipt = locked(receipt_id)
        must_allow(receipt, "unfreeze")
        if receipt.frozen_by == by:
            raise ReceiptRefused(_("You froze this receipt, so another person must lift it. Nothing was changed."))
        if receipt.frozen_from == "pledged" and not is_held(receipt):
            receipt.frozen_from = "issued"
        receipt.move("unfreeze", at=at, by=by, reason=reason.strip()[:300])
        attest("receipt_unfrozen", [receipt], on=on, at=at, by=by, reason_sha256=_digest(reason))
        return receipt


def _digest(words: str) -> str:
    """What people wrote is proved by its hash: it may name people, and the evidence log names none."""
    return hashlib.sha256(words.strip().encode()).hexdigest()
