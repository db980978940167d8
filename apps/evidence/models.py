"""The evidence log: each record's hash covers the record before it, each day's seal is signed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


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
    """The end of the chain, so that a record cut off at the end is missed too. One row, locked by each writer."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.CheckConstraint(condition=Q(id=1), name="head_is_one_row")]

    def __str__(self) -> str:
        return f"{self.position}"


class Seal(models.Model):
    """A business date's end: the Merkle root over its records, chained position and hash, signed with Ed25519."""

    business_date = models.DateField(unique=True)
    first_position = models.BigIntegerField()
    last_position = models.BigIntegerField()
    last_hash = models.CharField(max_length=64)
    merkle_root = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.business_date}"
