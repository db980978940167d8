"""How goods come in: announced by the seller, issued a receipt by the warehouse, or turned away."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.sellers.models import Seller
from apps.warehousing.models import Warehouse, WarehouseReceipt
from apps.warehousing.services.locking import ReceiptRefused, attest, locked

MOST = Decimal(10) ** 12
DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Goods:
    """What lies in the warehouse: `weight` in `unit`, insured through `insured_until` (inclusive)."""

    commodity: str
    weight: Decimal
    unit: str
    grade: str
    lot: str
    bin: str
    insurance: str
    insured_until: date
    origin: str = ""


def announce_goods(
    *,
    number: str,
    warehouse: Warehouse,
    seller: Seller,
    commodity: str,
    unit: str,
    weight: Decimal,
    origin: str = "",
    at: datetime,
    by: str,
) -> WarehouseReceipt:
    """`seller` says that about `weight` in `unit` of `commodity` will come: receipt `number` is requested.

    Announcing under the same number again answers the receipt that is there. Raises ReceiptRefused when the number is
    somebody else's, or the weight is none.
    """
    check_weight(weight)
    with transaction.atomic():
        Warehouse.objects.select_for_update().get(pk=warehouse.pk)
        known = WarehouseReceipt.objects.filter(number=number).first()
        if known is not None:
            if (known.warehouse_id, known.depositor_id) != (warehouse.pk, seller.pk):
                raise ReceiptRefused(_("This number was given to other goods. Nothing was changed. Please try again."))
            return known
        receipt = WarehouseReceipt.objects.create(
            number=number,
            warehouse=warehouse,
            depositor=seller,
            holder=seller,
            commodity=commodity,
            unit=unit,
            announced_weight=weight,
            origin=origin,
        )
        log_birth([receipt], at=at, by=by)
        return receipt


def turn_away(*, receipt_id: int, reason: str, at: datetime, by: str) -> WarehouseReceipt:
    """Goods that were announced do not come, or are not taken: the request ends, with a reason that the seller reads.

    Raises ReceiptRefused without a reason, or when the goods are in store already.
    """
    with transaction.atomic():
        receipt = locked(receipt_id)
        if receipt.state == "cancelled":
            return receipt
        if receipt.state != "requested":
            raise ReceiptRefused(
                _("Receipt %(number)s is issued already, so it cannot be turned away. Nothing was changed.")
                % {"number": receipt.number}
            )
        if not reason.strip():
            raise ReceiptRefused(_("Say why: the seller will read it."))
        receipt.move("cancel", at=at, by=by, reason=reason.strip()[:300])
        return receipt


def issue_receipt(
    *,
    number: str,
    warehouse: Warehouse,
    depositor: Seller,
    goods: Goods,
    issued_on: date,
    valid_until: date,
    at: datetime,
    by: str,
) -> WarehouseReceipt:
    """Issue receipt `number` for `goods` that `depositor` brought, valid from `issued_on` to `valid_until` inclusive.

    A receipt that the depositor announced under that number is issued with what the scale says. Issuing the same
    receipt again answers the one that is there. Raises ReceiptRefused when `number` names other goods, the lot already
    has a receipt, the weight is not positive, or a date lies before the day of issue.
    """
    with transaction.atomic():
        # One row is locked before the look-up, so that two clerks who issue for one lot come one after the other.
        Warehouse.objects.select_for_update().get(pk=warehouse.pk)
        known = WarehouseReceipt.objects.select_for_update().filter(number=number).first()
        if known is not None and known.state != "requested":
            _check_same(known, warehouse=warehouse, depositor=depositor, goods=goods)
            return known
        _check(warehouse=warehouse, goods=goods, issued_on=issued_on, valid_until=valid_until)
        receipt = known or WarehouseReceipt(number=number, warehouse=warehouse, depositor=depositor, holder=depositor)
        if (receipt.warehouse_id, receipt.depositor_id) != (warehouse.pk, depositor.pk):
            raise ReceiptRefused(_for_other_goods(number))
        receipt.commodity, receipt.unit, receipt.origin = goods.commodity, goods.unit, goods.origin
        if known is None:
            receipt.save(force_insert=True)
            log_birth([receipt], at=at, by=by)
        facts = {name: value for name, value in asdict(goods).items() if name not in {"commodity", "unit", "origin"}}
        receipt.move("issue", at=at, by=by, issued_on=issued_on, valid_until=valid_until, issued_by=by, **facts)
        attest("receipt_issued", [receipt], on=issued_on, at=at, by=by)
        return receipt


def check_weight(weight: Decimal) -> None:
    """Raises ReceiptRefused for a weight that no scale shows: none, absurd, or finer than four decimals."""
    if not weight.is_finite() or weight <= 0:
        raise ReceiptRefused(_("The weight must be more than nothing. Weigh the goods and enter what the scale says."))
    if weight >= MOST or weight != round(weight, DECIMALS):
        raise ReceiptRefused(_("The weight has at most twelve digits, and four decimals. Nothing was changed."))


def _check_same(known: WarehouseReceipt, *, warehouse: Warehouse, depositor: Seller, goods: Goods) -> None:
    facts = asdict(goods)
    same = all(getattr(known, name) == value for name, value in facts.items())
    if not same or (known.warehouse_id, known.depositor_id) != (warehouse.pk, depositor.pk):
        raise ReceiptRefused(_for_other_goods(known.number))


def _for_other_goods(number: str) -> str:
    return _("Receipt %(number)s was issued for other goods. Nothing was changed. Use a new number.") % {
        "number": number
    }


def _check(*, warehouse: Warehouse, goods: Goods, issued_on: date, valid_until: date) -> None:
    check_weight(goods.weight)
    if not all((goods.commodity, goods.unit, goods.grade, goods.lot, goods.bin, goods.insurance)):
        raise ReceiptRefused(_("A receipt names commodity, unit, grade, lot, bin and insurance. Add what is missing."))
    if valid_until < issued_on or goods.insured_until < issued_on:
        raise ReceiptRefused(_("The receipt and the insurance must last at least through the day of issue."))
    if WarehouseReceipt.objects.filter(warehouse=warehouse, lot=goods.lot, parent=None, replaces=None).exists():
        raise ReceiptRefused(
            _("Lot %(lot)s already has a receipt in this warehouse. Nothing was issued.") % {"lot": goods.lot}
        )
