"""The evidence log: each record's hash covers the record before it, each day's seal is signed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q


class Record(models.Model):
    """One fact worth proving later. `payload` is canonical JSON text, never personal data; `hash` covers everything."""

    position = models.BigIntegerField(unique=True, help_text="1, 2, 3, ... without a gap.")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    payload = models.TextField()
    business_date = models.DateField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["subject"], name="record_subject")]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(position__gte=1), name="record_position_positive")
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.subject}"


class Head(models.Model):
    """The signed end of the chain, so that what is cut off at the end is missed too. One row, locked by each writer."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    seals = models.PositiveIntegerField(default=0)
    last_seal = models.CharField(max_length=128, blank=True, help_text="The signature of the last seal.")
    signature = models.CharField(max_length=128, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.position}"


class Seal(models.Model):
    """A business date's end: the Merkle root over its records, chained to the seal before, signed with Ed25519."""

    number = models.PositiveIntegerField(unique=True, help_text="1, 2, 3, ... without a gap.")
    business_date = models.DateField(unique=True)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField(help_text="One less than the first when nothing was recorded.")
    last_hash = models.CharField(max_length=64)
    merkle_root = models.CharField(max_length=64)
    previous_seal = models.CharField(max_length=128, blank=True, help_text="The signature of the seal before.")
    signature = models.CharField(max_length=128)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(number__gte=1, first_position__gte=1, last_position__gte=F("first_position") - 1),
                name="seal_covers_a_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.business_date}"
