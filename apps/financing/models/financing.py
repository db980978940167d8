"""Financings: one drawn contract each, with its balances and marks."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.financing.models.contract import Contract
from apps.financing.models.offer import Offer
from apps.orders.models import Order
from apps.products.buckets import bucket_of
from apps.products.models import FundingPool, ProductVersion
from apps.sellers.models import Seller

END_OF_TIME = date(2200, 1, 1)
FINANCING_STATES = ("pending", "active", "overpaid", "repaid", "written_off", "restructured", "cancelled")


class FinancingQuerySet(models.QuerySet["Financing"]):
    """Financings."""

    def outstanding(self) -> "FinancingQuerySet":
        """Drawn or about to be drawn, and not repaid."""
        return self.filter(state__in=["pending", "active"])

    def active(self) -> "FinancingQuerySet":
        return self.filter(state="active")

    def latest_to_pay(self) -> "Financing | None":
        """The active one longest past due, with its version; None when all are in time. Among a seller's, its bucket
        counts for all of them."""
        late = self.active().filter(days_past_due__gt=0).select_related("version")
        return late.order_by("-days_past_due", "pk").first()


class Financing(Stateful):
    """One drawn contract. The four balances are proved every night against its movements and the ledger."""

    number = models.CharField(max_length=24, unique=True)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="financings", db_index=False)
    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="financing")
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="financing")
    version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="financings", db_index=False)
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="financings", db_index=False)
    is_shared = models.BooleanField(
        default=False, db_default=False, help_text="Funded by several pools, each by its participation."
    )
    technique = models.CharField(max_length=12)
    currency = CurrencyField()
    amount = AmountField(help_text="Principal as drawn.")
    flat_fee = AmountField(default=Decimal(0))
    sweep_rate = RateField()
    signed_on = models.DateField()
    disbursed_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(
        null=True, blank=True, help_text="When all of it is due, where the technique has such a date."
    )
    repaid_on = models.DateField(null=True, blank=True)
    principal = AmountField(default=Decimal(0))
    fee = AmountField(default=Decimal(0))
    interest = AmountField(default=Decimal(0))
    penalty = AmountField(default=Decimal(0))
    accrued = models.DecimalField(
        max_digits=28, decimal_places=12, default=Decimal(0), help_text="All interest since disbursement, unrounded."
    )
    accrued_posted = AmountField(default=Decimal(0), help_text="The part of it that is posted, in minor units.")
    closed_through = models.DateField(null=True, blank=True, help_text="The last business date that was closed.")
    quiet_through = models.DateField(
        null=True,
        blank=True,
        help_text="Through this date nothing happens to it by itself; empty: the night looks at it each day.",
    )
    accrued_through = models.DateField(
        null=True,
        blank=True,
        help_text="The last date of interest, where an event took it beyond the last closed date.",
    )
    annual_rate = RateField(null=True, blank=True, help_text="Agreed since; where empty, that of the product's terms.")
    overpaid = AmountField(default=Decimal(0), db_default=Decimal(0), help_text="Paid beyond what was owed.")
    paused_until = models.DateField(
        null=True, blank=True, help_text="Through this date sales repay less than agreed, or nothing."
    )
    paused_rate = RateField(
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="The share of sales kept through that date instead of the agreed one; 0 in a pause.",
    )
    paused_days = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Days by which pauses and lower shares moved its minimum periods."
    )
    demands_raised = models.PositiveIntegerField(default=0, help_text="Minimum periods or maturities demanded so far.")
    penalty_accrued = models.DecimalField(
        max_digits=28,
        decimal_places=12,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="All penalty on what was past due, unrounded.",
    )
    penalty_posted = AmountField(default=Decimal(0), db_default=Decimal(0), help_text="The part of it that is posted.")
    minimums = models.JSONField(
        null=True, blank=True, help_text="What each minimum period asks for, where the terms alone do not say."
    )
    refills = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refilled_by",
        help_text="The financing that this one pays off out of its own money.",
    )
    follows = models.OneToOneField(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="followed_by",
        help_text="The financing that was restructured into this one.",
    )
    past_due = AmountField(default=Decimal(0))
    days_past_due = models.PositiveIntegerField(default=0)
    state = state_field(FINANCING_STATES)

    objects = FinancingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("financing", FINANCING_STATES),
            models.CheckConstraint(condition=Q(amount__gt=0, flat_fee__gte=0), name="financing_amounts_positive"),
            models.CheckConstraint(
                condition=Q(principal__gte=0, fee__gte=0, interest__gte=0, penalty__gte=0, past_due__gte=0),
                name="financing_balances_not_negative",
            ),
            models.CheckConstraint(condition=Q(principal__lte=F("amount")), name="financing_principal_at_most_drawn"),
            models.CheckConstraint(
                condition=~Q(state="repaid") | Q(principal=0, fee=0, interest=0, penalty=0, repaid_on__isnull=False),
                name="financing_repaid_owes_nothing",
            ),
            models.CheckConstraint(
                condition=Q(overpaid=0) | Q(overpaid__gt=0, principal=0, fee=0, interest=0, penalty=0),
                name="financing_overpaid_owes_nothing",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "cancelled"]) | Q(disbursed_on__isnull=False),
                name="financing_active_was_disbursed",
            ),
            models.CheckConstraint(
                condition=Q(paused_rate=0) | Q(paused_rate__gt=0, paused_rate__lt=F("sweep_rate")),
                name="financing_paused_rate_is_lower",
            ),
            # So that no night's arithmetic runs off the calendar.
            models.CheckConstraint(
                condition=(Q(due_on=None) | Q(due_on__lt=END_OF_TIME))
                & (Q(paused_until=None) | Q(paused_until__lt=END_OF_TIME)),
                name="financing_dates_within_reach",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["seller"], name="financing_of_seller"),
            models.Index(fields=["seller"], condition=Q(state="active"), name="financing_active_of_seller"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def outstanding(self) -> Decimal:
        """Everything owed now."""
        return self.principal + self.fee + self.interest + self.penalty

    @property
    def rate(self) -> Decimal:
        """The rate a year that interest runs at now, as a share: as agreed since, else that of the terms."""
        terms_rate: Decimal = self.version.annual_rate
        return terms_rate if self.annual_rate is None else self.annual_rate

    @property
    def bucket(self) -> str:
        """The delinquency bucket, of those that its product set when it was signed; empty when nothing is past due."""
        return bucket_of(self.days_past_due, self.version.buckets)

    @transition(field="state", source="pending", target="active")
    def disburse(self, *, on: date) -> None:
        self.disbursed_on, self.closed_through = on, on
        self.principal, self.fee = self.amount, self.flat_fee

    @transition(field="state", source="active", target="repaid")
    def repay_all(self, *, on: date) -> None:
        self.repaid_on = on

    @transition(field="state", source="repaid", target="active")
    def reopen(self) -> None:
        """What repaid it was reversed."""
        self.repaid_on = None

    @transition(field="state", source="active", target="overpaid")
    def overpay(self) -> None: ...

    @transition(field="state", source="overpaid", target="active")
    def refund_overpayment(self) -> None: ...

    @transition(field="state", source="active", target="written_off")
    def write_off(self) -> None: ...

    @transition(field="state", source="active", target="restructured")
    def restructure(self) -> None: ...

    @transition(field="state", source="pending", target="cancelled")
    def cancel(self) -> None: ...

    @transition(field="state", source="active", target="cancelled")
    def come_back(self) -> None:
        """The bank gave back the money that it had paid out: the seller never had it, and owes nothing."""


class FinancedOrder(models.Model):
    """An order whose proceeds belong to a financing first. One live financing an order: the database says so."""

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="financed_orders")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="financed_by")
    eligible_value = AmountField()
    released_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["order"], condition=Q(released_on=None), name="order_financed_once"),
            models.CheckConstraint(condition=Q(eligible_value__gt=0), name="financed_order_value_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} for {self.financing_id}"
