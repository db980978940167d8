"""Surprise counts: a second person weighs a lot and says what is really there."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.core.models import RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.warehousing.models.receipt import Warehouse

INSPECTION_STATES = ("assigned", "passed", "failed", "resolved", "cancelled")
COUNTED_STATES = ("passed", "failed", "resolved")


class InspectionQuerySet(models.QuerySet["Inspection"]):
    """Inspections."""

    def alarming(self) -> "InspectionQuerySet":
        """Failed counts that no financier has settled yet: their receipts are frozen."""
        return self.filter(state="failed")

    def of_lot(self, warehouse_id: int, lot: str) -> "InspectionQuerySet":
        return self.filter(warehouse=warehouse_id, lot=lot)


class Inspection(Stateful):
    """The task to count one lot, and what came of it.

    Parts of a lot lie together, so a lot is weighed as a whole against the sum of its receipts. The database refuses an
    inspector who issued a receipt of the lot, or who gave the task.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="inspections")
    lot = models.CharField(max_length=40)
    inspector = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assigned_by = models.CharField(max_length=80)
    assigned_on = models.DateField()
    due_on = models.DateField()
    unit = models.CharField(max_length=12)
    counted_on = models.DateField(null=True, blank=True)
    counted = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    expected = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True, help_text="The sum of the lot's receipts that day."
    )
    tolerance = RateField(null=True, blank=True, help_text="The share by which the two might differ.")
    note = models.CharField(max_length=300, blank=True)
    state = state_field(INSPECTION_STATES)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("inspection", INSPECTION_STATES),
            models.UniqueConstraint(
                fields=["warehouse", "lot"], condition=Q(state="assigned"), name="one_open_inspection_a_lot"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["assigned", "cancelled"], counted_on=None, counted=None, expected=None)
                | Q(
                    state__in=COUNTED_STATES,
                    counted_on__isnull=False,
                    counted__gte=0,
                    expected__gt=0,
                    tolerance__isnull=False,
                ),
                name="inspection_counted_in_full",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} {self.assigned_on}"

    def _count(self, on: date, counted: Decimal, expected: Decimal, tolerance: Decimal, note: str) -> None:
        self.counted_on, self.counted, self.expected = on, counted, expected
        self.tolerance, self.note = tolerance, note

    @transition(field="state", source="assigned", target="passed")
    def succeed(self, *, on: date, counted: Decimal, expected: Decimal, tolerance: Decimal, note: str) -> None:
        self._count(on, counted, expected, tolerance, note)

    @transition(field="state", source="assigned", target="failed")
    def fail(self, *, on: date, counted: Decimal, expected: Decimal, tolerance: Decimal, note: str) -> None:
        self._count(on, counted, expected, tolerance, note)

    @transition(field="state", source="failed", target="resolved")
    def resolve(self) -> None:
        """A financier has settled what the count found; each receipt is thawed by itself."""

    @transition(field="state", source="assigned", target="cancelled")
    def cancel(self) -> None: ...
