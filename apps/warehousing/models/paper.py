"""Papers of receipts, and the files of receipts that were taken in."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.warehousing.models.receipt import WarehouseReceipt


class ReceiptPaper(models.Model):
    """One version of a receipt's paper: its bytes, stored once, and the facts that it states as canonical JSON.

    Append-only. `token` is the unguessable end of the address that its QR code leads to.
    """

    receipt = models.ForeignKey(WarehouseReceipt, on_delete=models.PROTECT, related_name="papers")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3, ... of its receipt; the highest counts.")
    facts = models.TextField()
    facts_sha256 = models.CharField(max_length=64)
    token = models.CharField(max_length=32, unique=True)
    document = models.FileField(upload_to="receipts/")
    document_sha256 = models.CharField(max_length=64)
    rendered_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["receipt", "number"], name="paper_once_a_version"),
            models.CheckConstraint(
                condition=~Q(document="") & ~Q(document_sha256="") & ~Q(token="") & Q(number__gte=1),  # nosec B106  empty
                name="paper_is_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} / {self.number}"


class ReceiptFile(models.Model):
    """A file of receipts that was taken in. The same bytes again are a no-op."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    taken_in_at = models.DateTimeField()
    lines = models.PositiveIntegerField(default=0)
    landed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name
