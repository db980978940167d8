"""The ends of months: what auditors are given, once a month, and what it hashes to."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class MonthEnd(models.Model):
    """The export of one month, asked for by a person and made by a worker. What is made is never changed again.

    The zip lies in the platform's storage under `stored_as`, named by what it is; its hash stands in the evidence log.
    """

    month = models.DateField(unique=True, help_text="The first day of the month.")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last try came to nothing.")
    made_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0, help_text="Bytes.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(month__day=1), name="month_end_first_day"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="month_end_progress_per_cent"),
            models.CheckConstraint(
                condition=Q(made_at=None, sha256="") | Q(made_at__isnull=False, error="") & ~Q(sha256=""),
                name="month_end_made_has_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def stored_as(self) -> str:
        """Where the platform's storage keeps the zip."""
        return f"month-ends/{self.sha256}.zip"

    @property
    def name(self) -> str:
        """What the zip is called when it is handed out."""
        return f"month-end-{self.month:%Y-%m}.zip"
