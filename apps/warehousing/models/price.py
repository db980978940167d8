"""Prices of commodities, as their sources published them."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models import AmountField, CurrencyField


class CommodityPriceQuerySet(models.QuerySet["CommodityPrice"]):
    """Prices of one or more series."""

    def series(self, commodity: str, unit: str, currency: str) -> "CommodityPriceQuerySet":
        """One commodity's prices in one unit and currency, newest first."""
        return self.filter(commodity=commodity, unit=unit, currency=currency).order_by("-on", "-id")

    def known(self, on: date) -> "CommodityPriceQuerySet":
        """Prices of dates through `on` (inclusive): what a valuation of that date may use."""
        return self.filter(on__lte=on)


class CommodityPrice(models.Model):
    """The price of one unit of a commodity on one date, from one source. Append-only: a correction is another source's
    row, never an edit, so that a valuation can be made again as it was."""

    commodity = models.SlugField(max_length=40)
    unit = models.CharField(max_length=12, help_text="What the price is for, such as kg.")
    currency = CurrencyField()
    on = models.DateField()
    price = AmountField()
    source = models.CharField(max_length=60)

    objects = CommodityPriceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["commodity", "unit", "currency", "on", "source"], name="price_once_a_date"),
            models.CheckConstraint(condition=Q(price__gt=0), name="price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.commodity} {self.on}"
