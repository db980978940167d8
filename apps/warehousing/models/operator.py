"""Who works in which warehouse."""

from django.conf import settings
from django.db import models

from apps.warehousing.models.receipt import Warehouse


class Operator(models.Model):
    """A person with the role `warehouse`, tied to one warehouse for good.

    The database holds that each such person has exactly one of these rows and nobody else has any, and that none is
    changed: whoever moves to another warehouse gets another user.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="operator")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="operators")

    def __str__(self) -> str:
        return f"{self.user} · {self.warehouse}"
