"""Sellers: small merchants and farmers, and how far their joining got."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.banking.models import BankAccount
from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models.consent import Consent

SELLER_STATES = (
    "invited", "registered", "submitted", "info_requested", "verified", "suspended", "rejected", "closed",
)  # fmt: skip
STEPS = ("identity", "business", "payout_account", "data_consent")
JOINING_STATES = ("invited", "registered", "submitted", "info_requested", "rejected")


class SellerQuerySet(models.QuerySet["Seller"]):
    """Which sellers there are."""

    def verified(self) -> "SellerQuerySet":
        return self.filter(state="verified")

    def consenting(self, data: str, on: date) -> "SellerQuerySet":
        """Sellers whose consent to read `data` is in force on `on` (inclusive)."""
        return self.filter(models.Exists(Consent.objects.in_force(on).filter(seller=models.OuterRef("pk"), data=data)))

    def of(self, user: Any) -> "SellerQuerySet":
        """The seller that a signed-in person acts for."""
        return self.filter(user=user)


class Seller(Stateful):
    """A small merchant or farmer of the platform."""

    external_id = models.CharField(max_length=64, unique=True, help_text="The platform's own key.")
    name = models.CharField(max_length=140)
    category = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8, default="en")
    joined_on = models.DateField()
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="seller"
    )
    payout_account = models.ForeignKey(BankAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    payout_frozen = models.BooleanField(default=False, help_text="Set while two people re-verify a changed account.")
    identity_done = models.BooleanField(default=False)
    business_done = models.BooleanField(default=False)
    payout_account_done = models.BooleanField(default=False)
    data_consent_done = models.BooleanField(default=False)
    sweep_cap = RateField(default=Decimal("0.5"), help_text="All financings together take at most this share of sales.")
    currency = CurrencyField()
    balance = AmountField(default=Decimal(0), help_text="Proceeds owed to the seller; negative after refunds.")
    worst_days_past_due = models.PositiveIntegerField(default=0)
    state = state_field(SELLER_STATES)

    objects = SellerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("seller", SELLER_STATES),
            models.CheckConstraint(condition=Q(sweep_cap__gte=0, sweep_cap__lte=1), name="seller_sweep_cap_is_share"),
        ]

    def __str__(self) -> str:
        return self.name

    def steps_left(self) -> list[str]:
        """The joining steps that are not done yet."""
        return [step for step in STEPS if not getattr(self, f"{step}_done")]

    def is_joining(self) -> bool:
        """Whether the platform has not let this seller in (yet)."""
        return self.state in JOINING_STATES

    def may_fill_in(self) -> bool:
        """Whether the seller may still change what they tell about themselves."""
        return self.state in {"registered", "info_requested"}

    def all_steps_done(self) -> bool:
        return not self.steps_left()

    def owes_nothing(self) -> bool:
        return self.balance >= 0 and not self.financings.outstanding().exists()

    @transition(field="state", source="invited", target="registered")
    def register(self) -> None: ...

    @transition(field="state", source=["registered", "info_requested"], target="submitted", conditions=[all_steps_done])  # type: ignore[list-item]  # a condition of this model
    def submit(self) -> None: ...

    @transition(field="state", source="submitted", target="verified")
    def verify(self) -> None: ...

    @transition(field="state", source="submitted", target="info_requested")
    def request_info(self) -> None: ...

    @transition(field="state", source="submitted", target="rejected")
    def reject(self) -> None: ...

    @transition(field="state", source="verified", target="suspended")
    def suspend(self) -> None: ...

    @transition(field="state", source="suspended", target="verified")
    def resume(self) -> None: ...

    @transition(field="state", source="verified", target="closed", conditions=[owes_nothing])  # type: ignore[list-item]  # a condition of this model
    def close(self) -> None: ...
