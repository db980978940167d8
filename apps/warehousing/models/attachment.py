"""Photos and documents that show goods, weights and declarations."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.warehousing.models.inspection import Inspection
from apps.warehousing.models.receipt import WarehouseReceipt

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "application/pdf")


class KeptFile(models.Model):
    """A file as it was sent: evidence, never changed. Its heirs say where `original` and `shown` lie.

    `shown` is what people see of a photo: drawn anew, smaller, without what a camera writes into its pictures.
    """

    name = models.CharField(max_length=120, help_text="As the sender called it.")
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    original: Any
    shown: Any
    added_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return bool(self.shown)


class Attachment(KeptFile):
    """One file of a receipt or of an inspection."""

    class Kind(models.TextChoices):
        PHOTO = "photo"
        DOCUMENT = "document"
        WEIGHT = "weight"
        DECLARATION = "declaration"

    receipt = models.ForeignKey(
        WarehouseReceipt, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    inspection = models.ForeignKey(
        Inspection, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    original = models.FileField(upload_to="goods/")
    shown = models.FileField(upload_to="goods/", blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(receipt__isnull=True, inspection__isnull=False)
                | Q(receipt__isnull=False, inspection__isnull=True),
                name="attachment_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(media_type__in=MEDIA_TYPES), name="attachment_type_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["photo", "document", "weight", "declaration"]), name="attachment_kind_known"
            ),
            models.UniqueConstraint(fields=["receipt", "sha256"], name="attachment_once_a_receipt"),
            models.UniqueConstraint(fields=["inspection", "sha256"], name="attachment_once_an_inspection"),
        ]
