"""Offers: what a seller may draw, on which terms, until when."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.products.models import ProductVersion
from apps.risk.models import Assessment
from apps.sellers.models import Seller

OFFER_STATES = (
    "draft", "delivered", "accepted", "paid_out", "completed", "expired", "replaced", "cancelled", "passed_over",
)  # fmt: skip


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers."""

    def open(self) -> "OfferQuerySet":
        return self.filter(state="delivered")

    def acceptable(self, on: date) -> "OfferQuerySet":
        """Open offers that have not run out on `on` (inclusive)."""
        return self.open().filter(expires_on__gte=on)


class Offer(Stateful):
    """New data replaces an open offer; it never edits it. Offered and accepted terms are kept apart."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="offers")
    version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="offers")
    product_code = models.CharField(max_length=40)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="offers")
    currency = CurrencyField()
    minimum_amount = AmountField()
    maximum_amount = AmountField()
    expected_daily_sales = AmountField(help_text="Average net sales a day, for the projection.")
    made_on = models.DateField()
    expires_on = models.DateField(help_text="The last date on which it can be accepted.")
    wanted_amount = AmountField(
        null=True, blank=True, help_text="What the seller has in mind, kept between pages; nothing is agreed by it."
    )
    accepted_amount = AmountField(null=True, blank=True)
    accepted_fee = AmountField(null=True, blank=True)
    accepted_sweep_rate = RateField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces")
    state = state_field(OFFER_STATES)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("offer", OFFER_STATES),
            models.UniqueConstraint(
                fields=["seller", "product_code"], condition=Q(state="delivered"), name="one_open_offer_a_product"
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount__gt=0, maximum_amount__gte=F("minimum_amount")),
                name="offer_amounts_sensible",
            ),
            models.CheckConstraint(condition=Q(expires_on__gte=F("made_on")), name="offer_expires_after_made"),
            models.CheckConstraint(
                condition=Q(accepted_amount=None, accepted_fee=None, accepted_sweep_rate=None, accepted_at=None)
                | Q(
                    accepted_amount__isnull=False,
                    accepted_fee__isnull=False,
                    accepted_sweep_rate__isnull=False,
                    accepted_at__isnull=False,
                ),
                name="offer_acceptance_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_code} {self.maximum_amount} {self.currency}"

    @transition(field="state", source="draft", target="delivered")
    def deliver(self) -> None: ...

    @transition(field="state", source="delivered", target="accepted")
    def accept(self) -> None: ...

    @transition(field="state", source="accepted", target="paid_out")
    def disburse(self) -> None: ...

    @transition(field="state", source="paid_out", target="completed")
    def repay_all(self) -> None: ...

    @transition(field="state", source="completed", target="paid_out")
    def reopen(self) -> None:
        """What repaid its financing was reversed."""

    @transition(field="state", source="delivered", target="expired")
    def expire(self) -> None: ...

    @transition(field="state", source="delivered", target="replaced")
    def replace(self) -> None: ...

    @transition(field="state", source=["draft", "delivered", "accepted"], target="cancelled")
    def cancel(self) -> None: ...

    @transition(field="state", source="paid_out", target="cancelled")
    def come_back(self) -> None:
        """The bank gave back what it had paid out."""

    @transition(field="state", source="delivered", target="passed_over")
    def pass_over(self) -> None: ...
