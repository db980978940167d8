"""Applications and their frozen decisions."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.core.wording import money_text
from apps.financing.models.offer import Offer
from apps.products.models import ProductVersion
from apps.sellers.models import Seller

APPLICATION_STATES = (
    "draft", "submitted", "under_review", "info_requested", "approved", "contracted", "rejected", "withdrawn", "lapsed",
)  # fmt: skip
OPEN_STATES = ("draft", "submitted", "under_review", "info_requested", "approved")
PENDING_STATES = ("under_review", "info_requested")


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Applications."""

    def pending(self) -> "ApplicationQuerySet":
        """Those that people look at, or that wait for an answer of the seller."""
        return self.filter(state__in=PENDING_STATES)

    def outside_policy(self) -> "ApplicationQuerySet":
        """Those that policy left to people."""
        return self.exclude(cautions=[])


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
    cautions = models.JSONField(
        default=list, blank=True, help_text="In what it lies outside policy; none where policy alone decides."
    )
    answer_by = models.DateField(null=True, blank=True, help_text="By when the seller was promised an answer.")
    held_by = models.CharField(max_length=80, blank=True, help_text="Who has taken it up.")
    proposed_amount = AmountField(null=True, blank=True, help_text="What one person approved; it takes another.")
    proposed_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    because = models.CharField(max_length=300, blank=True, help_text="Why less than asked for; the seller reads it.")
    reasons = models.JSONField(default=list, help_text="Of a refusal: one to four specific reasons.")
    state = state_field(APPLICATION_STATES)

    objects = ApplicationQuerySet.as_manager()

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
            models.CheckConstraint(
                condition=Q(proposed_amount=None, proposed_by="")
                | Q(proposed_amount__gt=0, proposed_amount__lte=F("requested_amount")) & ~Q(proposed_by=""),
                name="application_proposal_paired",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("proposed_by")), name="application_approved_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "contracted"])
                | Q(cautions=[])
                | (~Q(approved_by="") & (Q(proposed_amount=None) | Q(proposed_amount=F("approved_amount")))),
                name="application_outside_policy_by_people",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["answer_by"], condition=Q(state__in=PENDING_STATES), name="application_in_queue")
        ]

    def __str__(self) -> str:
        return f"{self.product_code} {money_text(self.requested_amount, self.currency)}"

    @transition(field="state", source="draft", target="submitted")
    def submit(self) -> None: ...

    @transition(field="state", source="submitted", target="under_review")
    def assess(self) -> None: ...

    @transition(field="state", source="under_review", target="under_review")
    def take_up(self, *, held_by: str) -> None:
        """Somebody says that they see to it."""
        self.held_by = held_by

    @transition(field="state", source="under_review", target="info_requested")
    def request_info(self, *, held_by: str = "") -> None:
        """What was approved so far rested on less than there will be: it counts no more."""
        self.held_by = held_by
        self._drop_proposal()

    @transition(field="state", source="info_requested", target="under_review")
    def resubmit(self) -> None: ...

    @transition(field="state", source="under_review", target="under_review")
    def propose(self, *, amount: Any, proposed_by: str, because: str) -> None:
        """One person approves `amount`; whoever changes it is the first again."""
        self.proposed_amount, self.proposed_by, self.because = amount, proposed_by, because

    @transition(field="state", source="under_review", target="approved")
    def approve(
        self, *, amount: Any, valid_until: Any, decision: Any, approved_by: str = "", because: str = ""
    ) -> None:
        self.approved_amount, self.valid_until, self.decision = amount, valid_until, decision
        self.approved_by, self.because = approved_by, because
        if self.proposed_amount != amount:
            self._drop_proposal()

    @transition(field="state", source="approved", target="contracted")
    def sign(self) -> None: ...

    @transition(field="state", source="under_review", target="rejected")
    def reject(self, *, reasons: list[str]) -> None:
        self.reasons = reasons

    @transition(
        field="state",
        source=["draft", "submitted", "under_review", "info_requested", "approved"],
        target="withdrawn",
    )
    def withdraw(self) -> None: ...

    @transition(field="state", source="approved", target="lapsed")
    def lapse(self) -> None: ...

    def _drop_proposal(self) -> None:
        self.proposed_amount, self.proposed_by = None, ""
