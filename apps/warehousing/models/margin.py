"""Margin calls: pledges whose goods no longer carry what is owed."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.warehousing.calls import Opened
from apps.warehousing.models.pledge import Pledge
from apps.warehousing.valuation import Margin

MARGIN_CALL_STATES = (
    "watch", "stale_price", "called", "cured_by_cash", "cured_by_goods", "cured_by_price", "overdue", "enforcing",
)  # fmt: skip
LARGEST_RATIO = Decimal(9999)
OPEN_STATES = ("watch", "stale_price", "called", "overdue", "enforcing")
# A watch that ends without a call, and a cure that comes late but before enforcement, are cures too.
CURABLE_STATES = ("watch", "called", "overdue")


class MarginCallQuerySet(models.QuerySet["MarginCall"]):
    """Margin calls."""

    def open(self) -> "MarginCallQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def of_live_pledges(self) -> "MarginCallQuerySet":
        """Open calls whose goods are still there: a call that led to a sale ends with it."""
        return self.open().exclude(pledge__state="sold")

    def due(self, on: date) -> "MarginCallQuerySet":
        """Calls whose last day to cure has passed on `on`."""
        return self.filter(state="called", due_on__lt=on)


class MarginCall(Stateful):
    """A pledge at or above 0.9 of its limit, from the first watch to the cure or the enforcement.

    A stale price is a state of its own: the goods keep their last known value, a break is raised, and a call that is
    open stays open. The figures are those of the night that began the watch or made the call: what the seller was told.

    Enforcement takes two people: one asks with a reason, another agrees.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="margin_calls")
    opened_on = models.DateField()
    ratio = RateField(help_text="What is owed over what the goods are worth.")
    limit = RateField()
    outstanding = AmountField()
    value = AmountField()
    currency = CurrencyField()
    cash_cure = AmountField(null=True, blank=True, help_text="Paying this much brings the ratio back to the limit.")
    goods_cure = AmountField(null=True, blank=True, help_text="So does adding goods worth this much.")
    due_on = models.DateField(null=True, blank=True, help_text="The last day to cure.")
    ended_on = models.DateField(null=True, blank=True)
    enforcement_asked_by = models.CharField(max_length=80, blank=True)
    enforcement_reason = models.CharField(max_length=300, blank=True)
    enforced_by = models.CharField(max_length=80, blank=True)
    state = state_field(MARGIN_CALL_STATES)

    objects = MarginCallQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("margin_call", MARGIN_CALL_STATES),
            models.UniqueConstraint(
                fields=["pledge"], condition=Q(state__in=OPEN_STATES), name="one_open_call_a_pledge"
            ),
            models.CheckConstraint(
                condition=Q(outstanding__gt=0, value__gt=0, ratio__gt=0, limit__gt=0, limit__lte=1),
                name="margin_call_never_values_goods_at_zero",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called", "overdue", "enforcing"])
                | Q(due_on__isnull=False, cash_cure__isnull=False, goods_cure__isnull=False)
                & Q(due_on__gte=F("opened_on"), cash_cure__gt=0, goods_cure__gt=0),
                name="margin_call_names_its_cures",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES, ended_on=None)
                | (~Q(state__in=OPEN_STATES) & Q(ended_on__isnull=False)),
                name="margin_call_cured_on_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="enforcing")
                | ~Q(enforcement_asked_by="")
                & ~Q(enforcement_reason="")
                & ~Q(enforced_by="")
                & ~Q(enforced_by=F("enforcement_asked_by")),
                name="margin_call_enforced_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.opened_on}"

    def told(self, now: Margin) -> None:
        """Take over the figures of `now`, which the seller is told; cures only where there is a call."""
        self.outstanding, self.value, self.limit = now.outstanding, now.value, now.limit
        self.ratio = min(now.ratio or LARGEST_RATIO, LARGEST_RATIO)
        amounts = {cure.kind: cure.amount for cure in now.cures}
        self.cash_cure, self.goods_cure = amounts.get("cash"), amounts.get("goods")

    @property
    def opened(self) -> Opened:
        """The call as the rules of `calls` take it."""
        return Opened(self.state, self.outstanding, self.due_on)

    @transition(field="state", source="watch", target="stale_price")
    def lose_price(self) -> None: ...

    @transition(field="state", source="stale_price", target="watch")
    def regain_price(self) -> None: ...

    @transition(field="state", source=["watch", "stale_price"], target="called")
    def call(self, *, due_on: date) -> None:
        """To be cured through `due_on` (inclusive); the caller has told the cures."""
        self.due_on = due_on

    @transition(field="state", source=CURABLE_STATES, target="cured_by_cash")
    def cure_by_cash(self, *, on: date) -> None:
        self.ended_on = on

    @transition(field="state", source=CURABLE_STATES, target="cured_by_goods")
    def cure_by_goods(self, *, on: date) -> None:
        self.ended_on = on

    @transition(field="state", source=CURABLE_STATES, target="cured_by_price")
    def cure_by_price(self, *, on: date) -> None:
        self.ended_on = on

    @transition(field="state", source="called", target="overdue")
    def pass_due_date(self) -> None: ...

    @transition(field="state", source="overdue", target="enforcing")
    def enforce(self, *, enforced_by: str) -> None:
        self.enforced_by = enforced_by
