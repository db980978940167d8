"""The night and its proof: runs, steps, pieces of work, control totals."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold

RUN_STATES = ("open", "running", "balanced", "with_breaks", "failed", "closed")
STEP_STATES = ("waiting", "running", "done", "failed", "skipped")


class NightlyRun(Stateful):
    """One business date's night."""

    business_date = models.DateField(unique=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)
    state = state_field(RUN_STATES)
    born_unlogged = ("open",)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("nightly_run", RUN_STATES),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(closed_by=""), name="nightly_run_closed_by_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business_date}"

    @property
    def is_over(self) -> bool:
        return self.state in {"balanced", "with_breaks", "closed"}

    @transition(field="state", source=["open", "failed"], target="running")
    def start(self) -> None: ...

    @transition(field="state", source="running", target="balanced")
    def balance(self) -> None: ...

    @transition(field="state", source="running", target="with_breaks")
    def find_breaks(self) -> None: ...

    @transition(field="state", source="running", target="failed")
    def fail(self) -> None: ...

    @transition(field="state", source=["balanced", "with_breaks"], target="closed")
    def close(self, *, closed_by: str) -> None:
        self.closed_by = closed_by


class NightlyStep(Stateful):
    """One step of a night, in its place in the order."""

    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="steps")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    total = AmountField(null=True, blank=True)
    seconds = models.DecimalField(max_digits=10, decimal_places=3, default=Decimal(0))
    reason = models.CharField(max_length=200, blank=True)
    state = state_field(STEP_STATES)
    born_unlogged = ("waiting",)

    class Meta:
        ordering: ClassVar[list[str]] = ["place"]
        constraints: ClassVar[list[Any]] = [
            states_hold("nightly_step", STEP_STATES),
            models.UniqueConstraint(fields=["run", "name"], name="step_once_a_run"),
        ]

    def __str__(self) -> str:
        return self.name

    @transition(field="state", source=["waiting", "failed"], target="running")
    def start(self) -> None: ...

    @transition(field="state", source="running", target="done")
    def finish(self) -> None: ...

    @transition(field="state", source="running", target="failed")
    def fail(self) -> None: ...

    @transition(field="state", source="waiting", target="skipped")
    def skip(self) -> None: ...


class NightlyChunk(models.Model):
    """A piece of a night's work over a range of sellers, done at most once: it is marked done in the transaction that
    does it. The rows are the queue; a task is only a nudge to look here."""

    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="chunks", db_index=False)
    phase = models.PositiveSmallIntegerField()
    work = models.CharField(max_length=20)
    first_seller = models.BigIntegerField(default=0)
    last_seller = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    refusals = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often the database could not do it: disk full, time over."
    )
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When it could not the last time.")
    refused_with = models.CharField(
        max_length=5, blank=True, default="", db_default="", help_text="The SQLSTATE that it answered then."
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "work", "first_seller", "last_seller"], name="chunk_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["run", "phase", "id"], condition=Q(done_at=None), name="chunk_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.first_seller}..{self.last_seller}"


class SetAside(models.Model):
    """A seller whose night failed: put aside with the error while the others went on."""

    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="set_aside")
    work = models.CharField(max_length=20)
    seller_id = models.BigIntegerField()
    error = models.TextField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "set aside"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "work", "seller_id"], name="set_aside_once")
        ]

    def __str__(self) -> str:
        return f"{self.work} of seller {self.seller_id}"


class Letter(models.Model):
    """What was mailed to the platform's staff about a business date: each kind once."""

    kind = models.CharField(max_length=12, choices=[(name, name) for name in ("morning", "forecast", "alarm")])
    business_date = models.DateField()
    subject = models.CharField(max_length=200)
    sent_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "business_date"], name="letter_once_a_date")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.business_date}"


QUANTITY = "pledged_"


class ControlTotal(models.Model):
    """opening + movements = closing, for one quantity on one business date; `difference` is what does not fit.

    Amounts are in `currency`; of goods in pledge, whose name begins with QUANTITY, they are quantities in `unit`.
    """

    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="control_totals")
    name = models.CharField(max_length=40)
    currency = CurrencyField()
    opening = AmountField()
    movements = AmountField()
    closing = AmountField(help_text="As the rows say, less what later dates moved already.")
    difference = AmountField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["run", "name", "currency"], name="control_total_once"),
            models.CheckConstraint(
                condition=Q(difference=models.F("closing") - models.F("opening") - models.F("movements")),
                name="control_total_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.closing}"

    @property
    def unit(self) -> str:
        """The unit of a quantity of goods; empty for money."""
        return self.name.removeprefix(QUANTITY) if self.name.startswith(QUANTITY) else ""
