"""The transition log and the column types that every app shares."""

from typing import Any, ClassVar

from django.db import models


class AmountField(models.DecimalField[Any, Any]):
    """An amount of money, in the currency that stands beside it or on its parent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField[Any, Any]):
    """A share of one: 0.12 is twelve percent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 8)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField[Any, Any]):
    """An ISO 4217 code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)


class LocallyNamed:
    """Something with a `name` and, where it has one, a name in Chinese (`name_zh`)."""

    name: Any
    name_zh: Any

    def local_name(self, language: str) -> str:
        """Its name for a reader of `language`, such as zh-hans."""
        return str(self.name_zh if language.startswith("zh") and self.name_zh else self.name)


class Export(models.Model):
    """A list that somebody took away as a file: which, how filtered, how many rows, who, when. Append-only."""

    model = models.CharField(max_length=64)
    query = models.CharField(max_length=1000, blank=True, help_text="The filters, as they stood in the address.")
    columns = models.JSONField()
    rows = models.PositiveIntegerField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.model} by {self.by}"


class Transition(models.Model):
    """One move of one state machine: what, from where to where, by whom, when and why. Append-only."""

    model = models.CharField(max_length=64)
    object_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    source = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=24)
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["model", "object_id", "id"], name="transition_of")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.source} -> {self.target}"

    @classmethod
    def of(cls, instance: models.Model) -> "models.QuerySet[Transition]":
        """The log of one row, oldest first."""
        return cls.objects.filter(model=instance._meta.label_lower, object_id=instance.pk).order_by("id")
