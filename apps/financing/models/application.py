"""Applications and their frozen decisions."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.financing.models.offer import Offer
from apps.products.models import ProductVersion
from apps.sellers.models import Seller

APPLICATION_STATES = (
    "draft", "submitted", "under_review", "info_requested", "approved", "contracted", "rejected", "withdrawn", "lapsed",
)  # fmt: skip
OPEN_STATES = ("draft", "submitted", "under_review", "info_requested", "approved")


class Application(Stateful):
    """A seller asks for an amount. The decision keeps its inputs, score, limit and product version as they were."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="applications")
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="application")
    version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="applications")
    product_code = models.CharField(max_length=40)
    collateral = models.CharField(
        max_length=80, blank=True, help_text="What it rests on, where the technique needs it."
    )
    requested_amount = AmountField()
    approved_amount = AmountField(null=True, blank=True)
    currency = CurrencyField()
    business_date = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    decision = models.JSONField(null=True, blank=True, help_text="Inputs, score, limit and terms, frozen.")
    reasons = models.JSONField(default=list, help_text="Of a refusal: one to four specific reasons.")
    state = state_field(APPLICATION_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("application", APPLICATION_STATES),
            models.UniqueConstraint(
                fields=["seller", "product_code", "collateral"],
                condition=Q(state__in=OPEN_STATES),
                name="one_open_application",
            ),
            models.CheckConstraint(condition=Q(requested_amount__gt=0), name="application_amount_positive"),
            models.CheckConstraint(
                condition=Q(approved_amount=None)
                | Q(approved_amount__gt=0, approved_amount__lte=F("requested_amount")),
                name="application_approved_at_most_requested",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "contracted"])
                | Q(approved_amount__isnull=False, decision__isnull=False, valid_until__isnull=False),
                name="application_decision_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_code} {self.requested_amount} {self.currency}"

    @transition(field="state", source="draft", target="submitted")
    def submit(self) -> None: ...

    @transition(field="state", source="submitted", target="under_review")
    def assess(self) -> None: ...

    @transition(field="state", source="under_review", target="info_requested")
    def request_info(self) -> None: ...

    @transition(field="state", source="info_requested", target="under_review")
    def resubmit(self) -> None: ...

    @transition(field="state", source="under_review", target="approved")
    def approve(self, *, amount: Any, valid_until: Any, decision: Any) -> None:
        self.approved_amount, self.valid_until, self.decision = amount, valid_until, decision

    @transition(field="state", source="approved", target="contracted")
    def sign(self) -> None: ...

    @transition(field="state", source="under_review", target="rejected")
    def reject(self, *, reasons: list[str]) -> None:
        self.reasons = reasons

    @transition(field="state", source=["draft", "submitted", "under_review", "approved"], target="withdrawn")
    def withdraw(self) -> None: ...

    @transition(field="state", source="approved", target="lapsed")
    def lapse(self) -> None: ...
