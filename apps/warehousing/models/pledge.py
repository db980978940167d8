"""Pledges: which receipts secure what, and who confirmed it."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models import Seller
from apps.warehousing.lending_terms import thawed
from apps.warehousing.models.receipt import WarehouseReceipt
from apps.warehousing.valuation import LendingTerms

PLEDGE_STATES = (
    "requested", "pledged", "release_requested", "released", "partially_released", "enforcing", "sold", "cancelled",
)  # fmt: skip
HOLDING_STATES = ("pledged", "partially_released")


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Pledges."""

    def live(self) -> "PledgeQuerySet":
        """Pledges that hold goods: all but those not confirmed yet and those that are over."""
        return self.exclude(state__in=["requested", "cancelled", "released", "sold"])

    def securing(self, subject: str) -> "PledgeQuerySet":
        """Pledges that secure `subject`, such as financing:42."""
        return self.filter(subject=subject)


class Pledge(Stateful):
    """A set of receipts that secures one obligation, valued together. `limit` is the highest loan-to-value ratio."""

    number = models.CharField(max_length=24, unique=True)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="pledges")
    pledgee = models.CharField(max_length=140, help_text="The financier whose act alone moves the goods.")
    subject = models.CharField(max_length=60, db_index=True, help_text="What it secures, such as financing:42.")
    currency = CurrencyField()
    limit = RateField(help_text="0.6 means: at most 60 % of the goods' value may be owed.")
    terms = models.JSONField(
        default=dict, blank=True, help_text="Haircuts, age decay and lot cap, frozen at the request."
    )
    warehouse_confirmed_by = models.CharField(max_length=80, blank=True)
    financier_confirmed_by = models.CharField(max_length=80, blank=True)
    valued_on = models.DateField(null=True, blank=True)
    value = AmountField(null=True, blank=True, help_text="Of all goods at the last valuation.")
    lendable = AmountField(null=True, blank=True, help_text="The same after haircut and age.")
    outstanding = AmountField(null=True, blank=True, help_text="What was owed at the last night's valuation.")
    price_is_stale = models.BooleanField(
        default=False, help_text="A price was too old: the value is the last known one."
    )
    state = state_field(PLEDGE_STATES)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("pledge", PLEDGE_STATES),
            models.CheckConstraint(condition=Q(limit__gt=0, limit__lte=1), name="pledge_limit_is_share"),
            models.CheckConstraint(
                condition=Q(state__in=["requested", "cancelled"])
                | ~Q(warehouse_confirmed_by="")
                & ~Q(financier_confirmed_by="")
                & ~Q(warehouse_confirmed_by=F("financier_confirmed_by")),
                name="pledge_confirmed_by_both",
            ),
            models.CheckConstraint(
                condition=Q(valued_on=None, value=None, lendable=None)
                | Q(valued_on__isnull=False, value__isnull=False, lendable__isnull=False)
                & Q(value__gt=0, lendable__gte=0, lendable__lte=F("value")),
                name="pledge_valuation_paired",
            ),
            models.CheckConstraint(
                condition=Q(outstanding=None) | Q(outstanding__gte=0, valued_on__isnull=False),
                name="pledge_outstanding_beside_value",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @cached_property
    def lending(self) -> LendingTerms:
        """What may be lent on the goods, as it was agreed."""
        return thawed(self.terms, currency=self.currency, limit=self.limit)

    @property
    def ratio(self) -> Decimal | None:
        """What was owed over what the goods were worth, at the last night's valuation."""
        return None if self.outstanding is None or not self.value else self.outstanding / self.value

    @property
    def headroom(self) -> Decimal | None:
        """What the goods would have lent beyond what was owed then; below zero where more was owed."""
        if self.outstanding is None or self.value is None or self.lendable is None:
            return None
        return min(self.lendable, self.value * self.limit) - self.outstanding

    def both_confirmed(self) -> bool:
        """Whether warehouse and financier have both confirmed, as two people."""
        confirmed = {self.warehouse_confirmed_by, self.financier_confirmed_by}
        return "" not in confirmed and len(confirmed) == 2

    @transition(
        field="state",
        source="requested",
        target="pledged",
        conditions=[both_confirmed],  # type: ignore[list-item]  # typed for any Model, not for this one
    )
    def confirm(self) -> None: ...

    @transition(field="state", source="requested", target="cancelled")
    def cancel(self) -> None:
        """Taken back by the seller, or refused, before it held anything."""

    @transition(field="state", source=HOLDING_STATES, target="release_requested")
    def request_release(self) -> None: ...

    @transition(field="state", source="release_requested", target="released")
    def release(self) -> None: ...

    @transition(field="state", source="release_requested", target="partially_released")
    def release_in_part(self) -> None:
        """What stays goes on securing: it can be released, substituted and enforced like a whole pledge."""

    @transition(field="state", source="release_requested", target="pledged")
    def decline_release(self) -> None:
        """The financier keeps the goods."""

    @transition(field="state", source=HOLDING_STATES, target="pledged")
    def add(self) -> None:
        """More goods join."""

    @transition(field="state", source=HOLDING_STATES, target="pledged")
    def substitute(self) -> None:
        """Other receipts, worth no less, take the place of the old ones."""

    @transition(field="state", source=HOLDING_STATES, target="enforcing")
    def enforce(self) -> None: ...

    @transition(field="state", source="enforcing", target="sold")
    def sell(self) -> None: ...


class PledgedReceiptQuerySet(models.QuerySet["PledgedReceipt"]):
    """Receipts in pledges."""

    def live(self) -> "PledgedReceiptQuerySet":
        return self.filter(released_on=None)

    def securing(self) -> "PledgedReceiptQuerySet":
        """Receipts that warehouse and financier have both taken in; what is only asked for secures nothing."""
        return self.live().filter(secured_on__isnull=False)

    def secured_at_end_of(self, day: date) -> "PledgedReceiptQuerySet":
        """Receipts that secured something when `day` was over, whatever became of them since."""
        return self.filter(Q(released_on=None) | Q(released_on__gt=day), secured_on__lte=day)

    def asked(self) -> "PledgedReceiptQuerySet":
        """Receipts held for a pledge that somebody has still to count or to take in."""
        return self.live().filter(secured_on=None)


class PledgedReceipt(models.Model):
    """A receipt in a pledge. One live pledge a lot: the database says so, from the request on.

    The row begins with the request, is counted by the warehouse (`counted_by`), secures from `secured_on` on, when the
    financier has taken it in, and ends with `released_on`.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="pledged_receipts")
    receipt = models.ForeignKey(WarehouseReceipt, on_delete=models.PROTECT, related_name="pledges")
    weight = models.DecimalField(max_digits=16, decimal_places=4, help_text="As the receipt says.")
    confirmed_weight = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True, help_text="As the warehouse counted it for this pledge."
    )
    counted_by = models.CharField(max_length=80, blank=True)
    pledged_on = models.DateField(help_text="When it was asked for; from then on nobody else can pledge it.")
    secured_on = models.DateField(null=True, blank=True, help_text="When warehouse and financier had both confirmed.")
    secured_by = models.CharField(max_length=80, blank=True)
    leaving = models.BooleanField(default=False, help_text="Its release was asked for.")
    released_on = models.DateField(null=True, blank=True)

    objects = PledgedReceiptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["receipt"], condition=Q(released_on=None), name="one_live_pledge_a_lot"),
            models.UniqueConstraint(fields=["pledge", "receipt", "pledged_on"], name="receipt_once_a_pledge"),
            models.CheckConstraint(
                condition=Q(weight__gt=0) & (Q(confirmed_weight=None) | Q(confirmed_weight__gte=0)),
                name="pledged_weight_positive",
            ),
            models.CheckConstraint(
                condition=Q(released_on=None) | Q(released_on__gte=F("pledged_on")),
                name="pledge_released_after_pledged",
            ),
            models.CheckConstraint(
                condition=Q(secured_on=None, secured_by="")
                | Q(secured_on__gte=F("pledged_on"), confirmed_weight__isnull=False)
                & ~Q(counted_by="")
                & ~Q(secured_by="")
                & ~Q(secured_by=F("counted_by")),
                name="pledged_receipt_secured_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} in {self.pledge_id}"

    @property
    def counted(self) -> Decimal:
        """What surely lies there: the lesser of paper and count; the paper's weight until it is counted."""
        return self.weight if self.confirmed_weight is None else min(self.weight, self.confirmed_weight)
