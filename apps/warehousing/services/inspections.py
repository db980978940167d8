"""Surprise counts: given to a second person, recorded by that person, settled by a financier."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.states import log_birth
from apps.evidence.services import record
from apps.users.models import Role, User
from apps.warehousing.counting import agrees
from apps.warehousing.models import Commodity, Inspection, Operator, Warehouse, WarehouseReceipt
from apps.warehousing.services.custody import freeze_all
from apps.warehousing.services.receipts import MOST


class InspectionRefused(ValueError):
    """The count cannot be given, recorded or settled like this; the message says why. Nothing was changed."""


def may_count(*, inspector: User, warehouse: Warehouse, lot: str) -> bool:
    """Whether a person may be sent to count a lot: staff, or an operator there, who issued no receipt of it."""
    works_there = Operator.objects.filter(user=inspector, warehouse=warehouse).exists()
    if not inspector.is_active or not (works_there or inspector.role == Role.STAFF):
        return False
    return not WarehouseReceipt.objects.of_lot(warehouse, lot).filter(issued_by=inspector.actor).exists()


def assign_inspection(
    *, warehouse: Warehouse, lot: str, inspector: User, due_on: date, on: date, at: datetime, by: str
) -> Inspection:
    """Send `inspector` to count a lot through `due_on` (inclusive). Nobody but that person sees the task beforehand.

    A lot that waits to be counted by that person keeps its task. Raises InspectionRefused for whoever may not count it,
    for a lot without goods in store, and for a day that is over.
    """
    with transaction.atomic():
        Warehouse.objects.select_for_update().get(pk=warehouse.pk)
        waiting = Inspection.objects.filter(warehouse=warehouse, lot=lot, state="assigned").first()
        if waiting is not None and waiting.inspector_id == inspector.pk:
            return waiting
        if waiting is not None:
            raise InspectionRefused(_("Somebody was sent to count this lot already. Cancel that count first."))
        stored = WarehouseReceipt.objects.of_lot(warehouse, lot).in_store().first()
        if stored is None:
            raise InspectionRefused(_("No goods of lot %(lot)s lie in this warehouse.") % {"lot": lot})
        if inspector.actor == by or not may_count(inspector=inspector, warehouse=warehouse, lot=lot):
            raise InspectionRefused(
                _("This person must not count this lot: whoever issued its receipt, or gives the task, cannot.")
            )
        if due_on < on:
            raise InspectionRefused(_("The last day to count is over already. Choose a later one."))
        task = Inspection.objects.create(
            warehouse=warehouse,
            lot=lot,
            inspector=inspector,
            assigned_by=by,
            assigned_on=on,
            due_on=due_on,
            unit=stored.unit,
        )
        log_birth([task], at=at, by=by)
        return task


def record_count(
    *, inspection_id: int, counted: Decimal, note: str = "", on: date, at: datetime, by: str
) -> Inspection:
    """The inspector says what was found, in the unit of the lot; only they can, and only once.

    Within the tolerance of the commodity, or else of the warehouse, the count is passed. Outside it has failed: every
    receipt of the lot is frozen, pledged ones too, and the count stands as an alarm until a financier settles it.
    Raises InspectionRefused for anybody else, for an impossible weight, or when the goods have left meanwhile.
    """
    with transaction.atomic():
        lot = Inspection.objects.select_related("warehouse").get(pk=inspection_id)
        receipts = list(
            WarehouseReceipt.objects.of_lot(lot.warehouse, lot.lot).in_store().select_for_update().order_by("pk")
        )
        task = Inspection.objects.select_for_update(of=["self"]).select_related("warehouse", "inspector").get(pk=lot.pk)
        _check_count(task, counted, by)
        if task.counted is not None:
            return task
        expected = sum((one.weight for one in receipts if one.weight is not None), Decimal(0))
        if not expected:
            raise InspectionRefused(_("The goods of this lot have left meanwhile: there is nothing to count."))
        tolerance = _tolerance(task.warehouse, receipts[0].commodity)
        passed = agrees(expected, counted, tolerance)
        facts = {"on": on, "counted": counted, "expected": expected, "tolerance": tolerance, "note": note.strip()[:300]}
        task.move("succeed" if passed else "fail", at=at, by=by, **facts)
        if not passed:
            freeze_all(receipts, reason=f"count {task.pk} failed", on=on, at=at, by=by)
        record(
            kind="lot_counted",
            subject=f"inspection:{task.pk}",
            payload={"lot": task.lot, "state": task.state, "counted": counted, "expected": expected},
            business_date=on,
            at=at,
            by=by,
        )
        return task


def _check_count(task: Inspection, counted: Decimal, by: str) -> None:
    if by != task.inspector.actor:
        raise InspectionRefused(_("Only the person who was sent to count can say what was found."))
    if task.state == "cancelled" or task.counted not in {None, counted}:
        raise InspectionRefused(_("This count is over. Nothing was changed."))
    if not counted.is_finite() or not 0 <= counted < MOST or counted != round(counted, 4):
        raise InspectionRefused(_("Enter what the scale says: a number with four decimals at most; 0 if all is gone."))


def _tolerance(warehouse: Warehouse, commodity: str) -> Decimal:
    own = Commodity.objects.filter(code=commodity).values_list("count_tolerance", flat=True).first()
    return warehouse.count_tolerance if own is None else own


def resolve_inspection(*, inspection_id: int, reason: str, at: datetime, by: str) -> Inspection:
    """A financier has settled what a failed count found. The receipts stay frozen until each is lifted by itself.

    Raises InspectionRefused without a reason, for a count that has not failed, and for who counted.
    """
    if not reason.strip():
        raise InspectionRefused(_("Say what was found out and done: it stands in the history for good."))
    with transaction.atomic():
        task = Inspection.objects.select_for_update(of=["self"]).select_related("inspector").get(pk=inspection_id)
        if not task.can("resolve") or by == task.inspector.actor:
            raise InspectionRefused(_("Only a failed count is settled, and not by whoever counted."))
        task.move("resolve", at=at, by=by, reason=reason.strip()[:300])
        return task


def cancel_inspection(*, inspection_id: int, reason: str, at: datetime, by: str) -> Inspection:
    """Call off a count that has not been made. Raises InspectionRefused for one that has, and without a reason."""
    if not reason.strip():
        raise InspectionRefused(_("Say why the count is called off: it stands in the history for good."))
    with transaction.atomic():
        task = Inspection.objects.select_for_update(of=["self"]).get(pk=inspection_id)
        if not task.can("cancel"):
            raise InspectionRefused(_("This count is over. Nothing was changed."))
        task.move("cancel", at=at, by=by, reason=reason.strip()[:300])
        return task
