"""Servicing: what moved on each financing, what each sales day brought and where it went, what falls due."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.financing.models import Financing
from apps.repayment.hardship import Wish
from apps.repayment.waterfall import Parts
from apps.sellers.models import Seller

SWEEP_STATES = ("planned", "reserved", "released", "executed", "posted", "matched", "rejected", "retried", "reversed")


class Sweep(Stateful):
    """One seller's sales day: net sales, what was kept for repayment, what was paid out, what is carried.

    A sweep that the night reserves, executes and posts inside one transaction is written in the state it reached.
    """

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="sweeps", db_index=False)
    business_date = models.DateField()
    currency = CurrencyField()
    captured = AmountField(default=Decimal(0))
    refunded = AmountField(default=Decimal(0))
    charged_back = AmountField(default=Decimal(0))
    brought_forward = AmountField(default=Decimal(0), help_text="Owed to the seller before; negative after refunds.")
    kept = AmountField(default=Decimal(0), help_text="Swept to repayment.")
    paid_out = AmountField(default=Decimal(0))
    carried_forward = AmountField(default=Decimal(0))
    state = state_field(SWEEP_STATES)
    born_unlogged = ("released", "posted")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("sweep", SWEEP_STATES),
            models.UniqueConstraint(fields=["seller", "business_date"], name="sweep_once_a_sales_day"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, refunded__gte=0, charged_back__gte=0, kept__gte=0, paid_out__gte=0),
                name="sweep_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    carried_forward=F("brought_forward")
                    + F("captured")
                    - F("refunded")
                    - F("charged_back")
                    - F("kept")
                    - F("paid_out")
                ),
                name="sweep_adds_up",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["business_date"], name="sweep_of_a_night")]

    def __str__(self) -> str:
        return f"{self.seller_id} {self.business_date}"

    @property
    def net(self) -> Decimal:
        """Sales less refunds and chargebacks of the day."""
        return self.captured - self.refunded - self.charged_back

    @transition(field="state", source="planned", target="reserved")
    def reserve(self) -> None: ...

    @transition(field="state", source="reserved", target="released")
    def release(self) -> None: ...

    @transition(field="state", source="reserved", target="executed")
    def execute(self) -> None: ...

    @transition(field="state", source="executed", target="posted")
    def post(self) -> None: ...

    @transition(field="state", source="posted", target="matched")
    def match(self) -> None: ...

    @transition(field="state", source="executed", target="rejected")
    def reject(self) -> None: ...

    @transition(field="state", source="rejected", target="retried")
    def retry(self) -> None: ...

    @transition(field="state", source=["posted", "matched"], target="reversed")
    def reverse(self) -> None: ...


class Movement(models.Model):
    """One change of a financing's balances, with its cause. Append-only; their sum is what is outstanding."""

    class Kind(models.TextChoices):
        DISBURSEMENT = "disbursement"
        ACCRUAL = "accrual"
        SWEEP = "sweep"
        PAYMENT = "payment"
        WAIVER = "waiver"
        CHARGE = "charge"
        WRITE_OFF = "write_off"
        REFUND = "refund"
        PENALTY = "penalty"
        REBATE = "rebate"
        REFILL = "refill"
        RESTRUCTURE = "restructure"
        CARRIED = "carried"
        RETURNED = "returned"

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="movements", db_index=False)
    business_date = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=40)
    key = models.CharField(max_length=60, help_text="With the financing, what makes the same event happen once.")
    principal = AmountField(default=Decimal(0))
    fee = AmountField(default=Decimal(0))
    interest = AmountField(default=Decimal(0))
    penalty = AmountField(default=Decimal(0))
    outstanding = AmountField(help_text="Owed in all after this movement.")
    surplus = AmountField(
        default=Decimal(0), db_default=Decimal(0), help_text="Paid beyond what was owed; negative when given back."
    )
    entry_key = models.CharField(max_length=120, help_text="The ledger entry that carries this movement.")
    effective_on = models.DateField(
        null=True, blank=True, help_text="The date from which it counts, where that is not its business date."
    )
    event = models.ForeignKey(
        "Event", null=True, blank=True, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals", db_index=False
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["financing", "business_date", "key"], name="movement_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="movement_reversed_once"
            ),
            models.CheckConstraint(
                condition=~Q(principal=0) | ~Q(fee=0) | ~Q(interest=0) | ~Q(penalty=0) | ~Q(surplus=0),
                name="movement_moves_something",
            ),
            models.CheckConstraint(condition=Q(outstanding__gte=0), name="movement_never_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.business_date} {self.kind}"

    @property
    def total(self) -> Decimal:
        """The change in what is owed: positive owes more."""
        return self.principal + self.fee + self.interest + self.penalty

    @property
    def parts(self) -> Parts:
        """The change in what is owed, by component."""
        return Parts(self.penalty, self.fee, self.interest, self.principal)

    @property
    def identity(self) -> str:
        """What it stands for, with its date: see `identity_of`."""
        return identity_of(self.key)

    @property
    def counts_from(self) -> date:
        """The date from which it counts."""
        return self.effective_on or self.business_date


def identity_of(key: str) -> str:
    """What a movement with `key` stands for: one that was told again keeps that before the @."""
    return key.partition("@")[0]


DEMAND_STATES = ("open", "met", "breached", "planned")


class Demand(Stateful):
    """An amount to be repaid by a date: a minimum period of an advance on sales, the maturity of a receivable, or an
    instalment, which is planned from the payout on and open from its due date on.

    A decided demand is never rewritten: a breach stays, and `paid` goes on counting until the shortfall is made up.
    """

    class Kind(models.TextChoices):
        MINIMUM = "minimum"
        MATURITY = "maturity"
        INSTALMENT = "instalment"

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="demands", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    starts_on = models.DateField()
    due_on = models.DateField(help_text="The last date on which it is paid in time.")
    amount = AmountField(help_text="Of principal and fee; interest is due with a maturity, and part of an instalment.")
    paid = AmountField(default=Decimal(0))
    fee = AmountField(default=Decimal(0), db_default=Decimal(0), help_text="Instalments: the part of it that is fee.")
    interest = AmountField(
        default=Decimal(0), db_default=Decimal(0), help_text="Instalments: the part of it that is interest; as planned "
        "until it is raised."
    )  # fmt: skip
    paid_fee = AmountField(default=Decimal(0), db_default=Decimal(0))
    paid_interest = AmountField(default=Decimal(0), db_default=Decimal(0))
    state = state_field(DEMAND_STATES)
    born_unlogged = ("open",)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("demand", DEMAND_STATES),
            models.UniqueConstraint(fields=["financing", "number"], name="demand_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, paid__gte=0) | Q(kind="instalment", amount=0, paid=0),
                name="demand_amounts_sensible",
            ),
            models.CheckConstraint(
                condition=Q(kind="instalment", fee__gte=0, interest__gte=0, paid_fee__gte=0, paid_interest__gte=0)
                & Q(amount__gte=F("fee") + F("interest"), paid__gte=F("paid_fee") + F("paid_interest"))
                & Q(paid_fee__lte=F("fee"))
                & (Q(state="planned") | Q(paid_interest__lte=F("interest"), paid__lte=F("amount")))
                | Q(fee=0, interest=0, paid_fee=0, paid_interest=0) & ~Q(kind="instalment") & ~Q(state="planned"),
                name="demand_parts_add_up",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("starts_on")), name="demand_due_after_start"),
            models.CheckConstraint(condition=~Q(state="met") | Q(paid__gte=F("amount")), name="demand_met_is_paid"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["financing"], condition=Q(paid__lt=F("amount")) | Q(state="planned"), name="demand_unpaid"
            )
        ]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.due_on}"

    @transition(field="state", source="planned", target="open")
    def demand(self) -> None:
        """The due date of an instalment has come."""

    @transition(field="state", source=["planned", "open"], target="met")
    def pay(self) -> None: ...

    @transition(field="state", source="open", target="breached")
    def end(self) -> None: ...

    @transition(field="state", source="met", target="open")
    def reopen(self) -> None:
        """A payment that met it was reversed."""

    @transition(field="state", source="met", target="planned")
    def plan_again(self) -> None:
        """A payment that met an instalment ahead of its date was reversed."""


class NearBreach(models.Model):
    """A check inside a minimum period that found less repaid than even progress asks for. Append-only: what a check
    found stays; whether the period is still behind is computed from what was repaid since."""

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="near_breaches", db_index=False)
    number = models.PositiveIntegerField(help_text="Of the demand.")
    checked_on = models.DateField()
    expected = AmountField(help_text="What should have been repaid of the period by then.")
    paid = AmountField(help_text="What was.")

    class Meta:
        verbose_name_plural = "near breaches"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["financing", "number", "checked_on"], name="near_breach_once"),
            models.CheckConstraint(condition=Q(paid__gte=0, paid__lt=F("expected")), name="near_breach_is_behind"),
        ]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.checked_on}"

    @classmethod
    def current(cls, financing: Financing) -> tuple["NearBreach", Demand] | None:
        """The mark that `financing` bears now: the last check that found its running period behind, and the period,
        while what was repaid since does not reach what that check expected."""
        demand = Demand.objects.filter(financing=financing, state="open", kind=Demand.Kind.MINIMUM).last()
        if demand is None:
            return None
        last = cls.objects.filter(financing=financing, number=demand.number).order_by("checked_on").last()
        return (last, demand) if last is not None and demand.paid < last.expected else None


EVENT_STATES = ("done", "proposed", "refused")
NEEDS_TWO = ("write_off", "restructure")
TAKES_BACK = ("reversal", "chargeback")


class Event(Stateful):
    """Something that a person did to a live financing, and why. What it changed stands on its movements.

    An event is never edited: another one reverses it. What needs two people is proposed first.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment"
        REVERSAL = "reversal"
        REFUND = "refund"
        WAIVER = "waiver"
        CHARGE = "charge"
        RATE = "rate"
        PAUSE = "pause"
        RESUME = "resume"
        LOWER_SHARE = "lower_share"
        DUE_DATE = "due_date"
        WRITE_OFF = "write_off"
        RECOVERY = "recovery"
        CHARGEBACK = "chargeback"
        RESCHEDULE = "reschedule"
        RESTRUCTURE = "restructure"
        CARRIED = "carried"
        REFILL = "refill"
        RETURNED = "returned"

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="events", db_index=False)
    number = models.PositiveIntegerField(help_text="Counts the events of its financing.")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=60, help_text="With the financing, what makes the same event happen once.")
    asked = models.JSONField(
        null=True, blank=True, help_text="The act as it was asked for: the same key never stands for another one."
    )
    effective_on = models.DateField(help_text="The date from which it counts.")
    business_date = models.DateField(help_text="The date in whose books it stands.")
    amount = AmountField(null=True, blank=True)
    details = models.JSONField(default=dict)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    approved_by = models.CharField(max_length=80, blank=True)
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    state = state_field(EVENT_STATES)
    born_unlogged = ("done",)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("event", EVENT_STATES),
            models.UniqueConstraint(fields=["financing", "number"], name="event_numbered_once"),
            models.UniqueConstraint(fields=["financing", "key"], name="event_once"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="event_amount_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="event_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(kind__in=NEEDS_TWO, state="done") | (~Q(approved_by="") & ~Q(approved_by=F("by"))),
                name="event_two_people",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TAKES_BACK, reverses__isnull=False) | (~Q(kind__in=TAKES_BACK) & Q(reverses=None)),
                name="event_reversal_names_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.kind} {self.number}"

    @transition(field="state", source="proposed", target="done")
    def approve(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source="proposed", target="refused")
    def refuse(self) -> None: ...


RELIEF_REQUEST_STATES = ("asked", "granted", "refused")


class ReliefRequest(Stateful):
    """A seller in hard times asks for relief, and what came of it: a `hardship.Wish` with its reason."""

    class Kind(models.TextChoices):
        PAUSE = "pause"
        LOWER_SHARE = "lower_share"
        LONGER = "longer"
        EXTENSION = "extension"

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="relief_requests")
    key = models.CharField(max_length=60, help_text="With the financing, what makes the same request be made once.")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PAUSE)
    days = models.PositiveSmallIntegerField(default=0, help_text="Of a pause, a lower share or an extension.")
    part = RateField(null=True, blank=True, help_text="What a lower share leaves of the agreed one.")
    more = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Instalments or minimum periods that a longer time adds."
    )
    reason = models.CharField(max_length=300, help_text="In the seller's own words.")
    beyond_policy = models.JSONField(default=list, help_text="Why a person decides; empty: granted at once.")
    asked_on = models.DateField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    answer_by = models.DateField(null=True, blank=True, help_text="By its end a person answers; empty: at once.")
    answer = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    event = models.OneToOneField(Event, null=True, blank=True, on_delete=models.PROTECT, related_name="relief_request")
    state = state_field(RELIEF_REQUEST_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("relief_request", RELIEF_REQUEST_STATES),
            models.UniqueConstraint(fields=["financing", "key"], name="relief_request_once"),
            models.UniqueConstraint(
                fields=["financing"], condition=Q(state="asked"), name="one_waiting_relief_request"
            ),
            models.CheckConstraint(
                condition=~Q(reason="")
                & (
                    Q(kind__in=["pause", "extension"], days__gte=1, part=None, more=0)
                    | Q(kind="lower_share", days__gte=1, part__isnull=False, part__gt=0, part__lt=1, more=0)
                    | Q(kind="longer", days=0, part=None, more__gte=1)
                ),
                name="relief_request_says_what",
            ),
            models.CheckConstraint(
                condition=Q(state="granted", event__isnull=False) | (~Q(state="granted") & Q(event=None)),
                name="relief_request_granted_by_event",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by="") | (~Q(state="asked") & ~Q(decided_by="")),
                name="relief_request_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""), name="relief_request_refused_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.kind} {self.asked_on}"

    @property
    def wish(self) -> Wish:
        return Wish(self.kind, self.days, self.part, self.more)

    @transition(field="state", source="asked", target="granted")
    def grant(self, *, event_id: int, answer: str, decided_by: str) -> None:
        self.event_id, self.answer, self.decided_by = event_id, answer, decided_by

    @transition(field="state", source="asked", target="refused")
    def refuse(self, *, answer: str, decided_by: str) -> None:
        self.answer, self.decided_by = answer, decided_by
