"""What warehouses do: issuing a receipt for goods that came in."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.sellers.models import Seller
from apps.warehousing.models import Warehouse, WarehouseReceipt


class ReceiptRefused(ValueError):
    """The receipt cannot be issued like this; the message says why. Nothing was changed."""


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

    Issuing the same receipt again answers the one that is there. Raises ReceiptRefused when `number` names other goods,
    the lot already has a receipt, the weight is not positive, or a date lies before the day of issue.
    """
    with transaction.atomic():
        # One row is locked before the look-up, so that two clerks who issue for one lot come one after the other.
        Warehouse.objects.select_for_update().get(pk=warehouse.pk)
        known = WarehouseReceipt.objects.filter(number=number).first()
        if known is not None:
            _check_same(known, warehouse=warehouse, depositor=depositor, goods=goods)
            return known
        _check(warehouse=warehouse, goods=goods, issued_on=issued_on, valid_until=valid_until)
        receipt = WarehouseReceipt.objects.create(
            number=number,
            warehouse=warehouse,
            depositor=depositor,
            holder=depositor,
            commodity=goods.commodity,
            unit=goods.unit,
        )
        log_birth([receipt], at=at, by=by)
        facts = {name: value for name, value in asdict(goods).items() if name not in {"commodity", "unit"}}
        receipt.move("issue", at=at, by=by, issued_on=issued_on, valid_until=valid_until, **facts)
        return receipt


def _check_same(known: WarehouseReceipt, *, warehouse: Warehouse, depositor: Seller, goods: Goods) -> None:
    facts = asdict(goods)
    same = all(getattr(known, name) == value for name, value in facts.items())
    if not same or (known.warehouse_id, known.depositor_id) != (warehouse.pk, depositor.pk):
        raise ReceiptRefused(
            _("Receipt %(number)s was issued for other goods. Nothing was changed. Use a new number.")
            % {"number": known.number}
        )


def _check(*, warehouse: Warehouse, goods: Goods, issued_on: date, valid_until: date) -> None:
    if goods.weight <= 0:
        raise ReceiptRefused(_("The weight must be more than nothing. Weigh the goods and enter what the scale says."))
    if not all((goods.commodity, goods.unit, goods.grade, goods.lot, goods.bin, goods.insurance)):
        raise ReceiptRefused(_("A receipt names commodity, unit, grade, lot, bin and insurance. Add what is missing."))
    if valid_until < issued_on or goods.insured_until < issued_on:
        raise ReceiptRefused(_("The receipt and the insurance must last at least through the day of issue."))
    if WarehouseReceipt.objects.filter(warehouse=warehouse, lot=goods.lot, parent=None, replaces=None).exists():
        raise ReceiptRefused(
            _("Lot %(lot)s already has a receipt in this warehouse. Nothing was issued.") % {"lot": goods.lot}
        )
