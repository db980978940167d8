"""What we think a seller can carry, and why."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models import AmountField, CurrencyField, RateField
from apps.sellers.models import Seller


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    """Assessments of sellers."""

    def current(self) -> "AssessmentQuerySet":
        """The latest assessment of each seller."""
        return self.order_by("seller_id", "-business_date", "-id").distinct("seller_id")

    def latest_of(self, seller: Seller, on: date) -> "Assessment | None":
        """The assessment of one seller that holds on `on` (inclusive), if there is one yet."""
        return self.filter(seller=seller, business_date__lte=on).order_by("-business_date", "-id").first()


class Assessment(models.Model):
    """A seller's score, grade and limit as of the end of a business date. A new row only when something changed."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="assessments", db_index=False)
    business_date = models.DateField()
    scorecard = models.CharField(max_length=20)
    score = models.PositiveIntegerField()
    grade = models.CharField(max_length=1, blank=True, help_text="Empty: no credit.")
    default_probability = RateField()
    limit = AmountField(help_text="What all financings of the seller together may reach.")
    currency = CurrencyField()
    features = models.JSONField()
    reasons = models.JSONField(help_text="At most four keys, the ones that cost most points first.")

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["seller", "business_date"], name="assessment_once_a_date"),
            models.CheckConstraint(condition=Q(limit__gte=0), name="assessment_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(default_probability__gte=0, default_probability__lte=1), name="assessment_probability"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller_id} {self.business_date} {self.grade or '-'}"

    @property
    def measured(self) -> dict[str, Any]:
        """The figures that a product's conditions may rest on: the features, and the score."""
        return {**self.features, "score": self.score}


class GoalQuerySet(models.QuerySet["Goal"]):
    """Goals."""

    def open(self) -> "GoalQuerySet":
        return self.filter(reached_on=None)

    def reached(self) -> "GoalQuerySet":
        """Goals that were reached, the latest first."""
        return self.exclude(reached_on=None).order_by("-reached_on", "-id")


class Goal(models.Model):
    """What would turn one reason that held a seller's limit back. Each assessment looks whether it is reached."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="goals", db_index=False)
    name = models.CharField(max_length=20, help_text="The attribute of the scorecard.")
    target = models.DecimalField(max_digits=12, decimal_places=4)
    below = models.BooleanField(help_text="Reached below the target; otherwise from the target on.")
    started_at = models.DecimalField(max_digits=12, decimal_places=4, help_text="The figure when it was set.")
    set_on = models.DateField()
    reached_on = models.DateField(null=True, blank=True)

    objects = GoalQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["seller", "name"], condition=Q(reached_on=None), name="one_open_goal"),
            models.CheckConstraint(
                condition=Q(reached_on=None) | Q(reached_on__gte=models.F("set_on")), name="goal_reached_after_set"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["seller", "reached_on"], name="goal_of_seller")]

    def __str__(self) -> str:
        return f"{self.seller_id} {self.name} {'<' if self.below else '>='} {self.target}"
