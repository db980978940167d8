"""Who funds a financing together, and what each has put in, got back and lost."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from apps.core.models import AmountField
from apps.financing.models.financing import Financing
from apps.products.models import FundingPool


class Participation(models.Model):
    """One pool's part in a financing that several fund, fixed at signing. Amounts in the financing's currency.

    What came back of it is `amount - principal - lost` once the money is out.
    """

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="participations")
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="participations")
    amount = AmountField(help_text="Its part of the principal, as signed.")
    is_first_loss = models.BooleanField(default=False, help_text="Bears losses before the others do.")
    principal = AmountField(default=Decimal(0), help_text="Its part of the principal that is out now.")
    lost = AmountField(default=Decimal(0), help_text="Its part of the principal that was written off.")
    income = AmountField(default=Decimal(0), help_text="Fee, interest and penalty collected for it.")
    recovered = AmountField(default=Decimal(0), help_text="Collected for it after it was written off.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["financing", "pool"], name="participation_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, principal__gte=0, lost__gte=0) & Q(amount__gte=F("principal") + F("lost")),
                name="participation_within_its_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} in {self.financing}"


class Share(models.Model):
    """One pool's part of one movement of a shared financing. Append-only; they add up to the participation."""

    class Kind(models.TextChoices):
        LENT = "lent"
        COLLECTED = "collected"
        LOST = "lost"
        CARRIED = "carried"
        RECOVERED = "recovered"

    participation = models.ForeignKey(Participation, on_delete=models.PROTECT, related_name="shares")
    business_date = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=80, help_text="The entry that carries the movement.")
    principal = AmountField(default=Decimal(0), help_text="Change of the principal that is out.")
    income = AmountField(default=Decimal(0), help_text="Fee, interest and penalty; after a loss, what was recovered.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["participation", "key", "kind"], name="share_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["lent", "collected", "lost", "carried", "recovered"]), name="share_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
