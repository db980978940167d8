"""What sellers let others read, until when, and that they took it back."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Which consents hold."""

    def in_force(self, on: date) -> "ConsentQuerySet":
        """Consents given and neither ended nor withdrawn on `on` (inclusive)."""
        return self.filter(given_on__lte=on, until__gte=on, withdrawn_at=None)


class Consent(models.Model):
    """The seller lets `audience` read `data` until a date, and can take it back."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="consents")
    data = models.CharField(max_length=40, help_text="What may be read, such as orders.")
    audience = models.CharField(max_length=80, help_text="Who may read it.")
    given_on = models.DateField()
    until = models.DateField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=80, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(until__gte=models.F("given_on")), name="consent_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by="") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by="")),
                name="consent_withdrawal_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.data} for {self.audience}"
