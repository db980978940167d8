"""What pools have promised to contracts that wait for a signature."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models import AmountField
from apps.financing.models.application import Application
from apps.products.models import FundingPool


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Promises of pools."""

    def standing(self) -> "PromiseQuerySet":
        """Those that still hold money back: once the contract is signed its financing does, and one that is given up
        holds nothing."""
        return self.filter(application__state="approved")


class Promise(models.Model):
    """What one pool puts into an approved application, fixed when it is approved; in the application's currency."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="promises")
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="promises")
    amount = AmountField()
    is_first_loss = models.BooleanField(default=False)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["application", "pool"], name="promise_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="promise_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.pool} for application {self.application_id}"
