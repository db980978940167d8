"""What a platform allows of any product: the bounds that the studio warns at, and when two people approve."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import AmountField, RateField


class LendingPolicy(models.Model):
    """One row a platform; without it there are no bounds. A change is on the evidence log (`services.set_policy`)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    rate_cap = RateField(
        _("highest annualised rate"),
        default=Decimal(0),
        help_text=_("All cost for a year, as sellers read it: 0.36 is 36 %. 0 sets no cap."),
    )
    sweep_cap = RateField(
        _("largest share of sales"),
        default=Decimal(0),
        help_text=_("The most that one product should keep of a day's sales: 0.3 is 30 %. 0 sets no cap."),
    )
    second_above = AmountField(
        _("two approvers above"),
        default=Decimal(0),
        help_text=_("A request outside policy above this amount takes two people. 0: every one does."),
    )
    answer_days = models.PositiveSmallIntegerField(
        _("days to answer"),
        default=2,
        help_text=_("Business days in which a person answers such a request, as sellers are told."),
    )
    because = models.CharField(_("why"), max_length=300, help_text=_("The rule of law or the decision behind it."))
    set_by = models.CharField(max_length=80, editable=False)
    set_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name_plural = "lending policy"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(id=1), name="lending_policy_is_one"),
            models.CheckConstraint(
                condition=Q(rate_cap__gte=0, rate_cap__lte=1, sweep_cap__gte=0, sweep_cap__lte=1),
                name="lending_policy_rates_are_shares",
                violation_error_message=_("Write caps as shares of one: 0.36 is 36 %."),
            ),
            models.CheckConstraint(
                condition=Q(second_above__gte=0, answer_days__gte=1, answer_days__lte=30),
                name="lending_policy_of_approvals",
                violation_error_message=_("An amount of zero or more, and from 1 to 30 days."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Lending policy"))

    @classmethod
    def in_force(cls) -> "LendingPolicy":
        """The platform's policy, or one that sets no bounds."""
        return cls.objects.first() or cls()
