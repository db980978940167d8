"""What seller and financier say to one another about an application, and the papers that come with it."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.financing.models.application import Application
from apps.warehousing.models.attachment import MEDIA_TYPES, KeptFile

LONGEST_REMARK = 1000


class Remark(models.Model):
    """One thing said about an application: the seller's note, a question of the financier, an answer. Append-only."""

    class Kind(models.TextChoices):
        NOTE = "note"
        QUESTION = "question"
        ANSWER = "answer"

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.CharField(max_length=LONGEST_REMARK)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(kind__in=["note", "question", "answer"]), name="remark_kind_known"),
            models.CheckConstraint(condition=~Q(text=""), name="remark_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on application {self.application_id}"


class ApplicationFile(KeptFile):
    """A paper or photo that a seller sends with an application, as it was sent."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="files")
    original = models.FileField(upload_to="applications/")
    shown = models.FileField(upload_to="applications/", blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(media_type__in=MEDIA_TYPES), name="application_file_type_known"),
            models.UniqueConstraint(fields=["application", "sha256"], name="application_file_once"),
        ]
