"""Plans of which pool funds which demand."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.financing.models.offer import Offer
from apps.products.models import FundingPool

PLAN_STATES = ("proposed", "applied", "dropped", "replaced")


class AllocationPlan(Stateful):
    """Who was to fund what on a date: made by one person, applied by another. At most one is in force a currency."""

    business_date = models.DateField()
    currency = CurrencyField()
    asked = AmountField(help_text="All demand.")
    placed = AmountField(help_text="What found a pool.")
    told = models.JSONField(help_text="Line by line: where each demand went and why, what holds the others up.")
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    applied_by = models.CharField(max_length=80, blank=True)
    state = state_field(PLAN_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("allocation_plan", PLAN_STATES),
            models.UniqueConstraint(fields=["currency"], condition=Q(state="applied"), name="one_applied_plan"),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "dropped"], applied_by="")
                | (Q(state__in=["applied", "replaced"]) & ~Q(applied_by="") & ~Q(applied_by=F("made_by"))),
                name="allocation_plan_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(placed__gte=0, placed__lte=F("asked")), name="allocation_plan_places_what_is_asked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business_date} #{self.pk}"

    def names(self, offer_id: int) -> bool:
        """Whether the offer was among the demand, whatever it was given."""
        told = {"lines": [{"offer": offer_id}]}
        return AllocationPlan.objects.filter(pk=self.pk, told__contains=told).exists()

    @transition(field="state", source="proposed", target="applied")
    def apply(self, *, applied_by: str) -> None:
        self.applied_by = applied_by

    @transition(field="state", source="proposed", target="dropped")
    def drop(self) -> None: ...

    @transition(field="state", source="applied", target="replaced")
    def replace(self) -> None: ...


class Allocation(models.Model):
    """An amount of one demand that a plan gives to one pool, in the plan's currency. Append-only."""

    plan = models.ForeignKey(AllocationPlan, on_delete=models.PROTECT, related_name="allocations")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="allocations")
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="allocations")
    amount = AmountField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["plan", "offer", "pool"], name="allocation_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.pool} for {self.offer_id}"
