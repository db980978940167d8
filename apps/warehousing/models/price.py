"""What goods cost: commodities, their prices as the sources published them, and the files these came in."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.models import CurrencyField, LocallyNamed, RateField

PRICE_DECIMALS = 10
DAYS_A_MONTHLY_PRICE_LASTS = 45
LARGEST_HONEST_STEP = Decimal(5)  # urea rose 4.4 times in one month of 1974: the largest of 71 series since 1960


class CommodityQuerySet(models.QuerySet["Commodity"]):
    """Commodities."""

    def named(self, codes: Iterable[str]) -> dict[str, "Commodity"]:
        """The commodity of each of `codes`, for its names; one that is not known here yet is called by its code."""
        known = {one.code: one for one in self.filter(code__in=set(codes))}
        return {code: known.get(code) or Commodity(code=code, name=_spoken(code)) for code in codes}


def _spoken(code: str) -> str:
    """palm-oil as people write it: Palm oil."""
    return code.replace("-", " ").capitalize()


class Commodity(LocallyNamed, models.Model):
    """What is priced, and how far its prices are believed. A currency is one too: its price is the exchange rate."""

    code = models.SlugField(max_length=40, unique=True, help_text="As receipts and prices name it; USD for a currency.")
    name = models.CharField(max_length=120)
    name_zh = models.CharField("name in Chinese", max_length=120, blank=True)
    max_price_age = models.PositiveSmallIntegerField(
        "maximum age of a price",
        default=DAYS_A_MONTHLY_PRICE_LASTS,
        help_text="In days. An older price is stale: it still counts, but lends nothing new and raises a break.",
    )
    largest_step = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        default=LARGEST_HONEST_STEP,
        validators=[MinValueValidator(Decimal("1.01"))],
        help_text="From one price to the next it may rise or fall by this factor; more waits for a person.",
    )
    bushel_kg = models.DecimalField("kilograms a bushel", max_digits=14, decimal_places=8, null=True, blank=True)
    bag_kg = models.DecimalField("kilograms a bag", max_digits=14, decimal_places=8, null=True, blank=True)
    count_tolerance = RateField(
        null=True,
        blank=True,
        help_text="A count may differ from the receipts by this share, such as 0.01 for grain that dries; empty: by "
        "what the warehouse says.",
    )
    source = models.CharField(
        "source that counts", max_length=60, blank=True, help_text="Goods are valued by it alone; empty: by any."
    )

    objects = CommodityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "commodities"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(largest_step__gt=1), name="commodity_step_is_factor"),
            models.CheckConstraint(
                condition=(Q(bushel_kg=None) | Q(bushel_kg__gt=0)) & (Q(bag_kg=None) | Q(bag_kg__gt=0)),
                name="commodity_weights_positive",
            ),
            models.CheckConstraint(
                condition=Q(count_tolerance=None) | Q(count_tolerance__gte=0, count_tolerance__lt=1),
                name="commodity_tolerance_is_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PriceBasis(models.Model):
    """By which price goods in store are valued: receipts for `commodity` in `grade` at the price of `priced_as`.

    Without a line for their grade the commodity's own line counts (an empty grade); without any, the commodity's code.
    Unit and currency are converted from whatever the price is published in.
    """

    commodity = models.SlugField(max_length=40, help_text="As receipts name it, such as cotton.")
    grade = models.CharField(max_length=20, blank=True, help_text="Empty: every grade without a line of its own.")
    priced_as = models.ForeignKey(
        Commodity, to_field="code", on_delete=models.PROTECT, related_name="+", help_text="Such as cotton-a-index."
    )

    class Meta:
        verbose_name_plural = "price bases"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["commodity", "grade"], name="one_price_basis_a_grade"),
        ]

    def __str__(self) -> str:
        return f"{self.commodity} {self.grade}".strip()


class PriceFile(models.Model):
    """A file of prices that was taken in. The same bytes again are a no-op, unless a person now accepts large steps."""

    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    taken_in_at = models.DateTimeField()
    steps_accepted = models.BooleanField(default=False, help_text="Prices landed however far they rose or fell.")
    told = models.PositiveIntegerField(default=0)
    landed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["sha256", "steps_accepted"], name="price_file_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CommodityPriceQuerySet(models.QuerySet["CommodityPrice"]):
    """Prices of one or more series."""

    def series(self, commodity: str, unit: str, currency: str) -> "CommodityPriceQuerySet":
        """One commodity's prices in one unit and currency, newest first; of one date, what corrects comes first."""
        return self.filter(commodity=commodity, unit=unit, currency=currency).order_by("-on", "-revision", "-id")

    def known(self, on: date, at: datetime | None = None) -> "CommodityPriceQuerySet":
        """Prices of dates through `on` (inclusive): what a valuation of that date may use.

        With `at`, only those recorded by that instant: the valuation as it was then, before later corrections.
        """
        through = self.filter(on__lte=on)
        return through if at is None else through.filter(recorded_at__lte=at)


class CommodityPrice(models.Model):
    """The price of one unit of a commodity on one date, from one source. Append-only: a correction is a new row with
    the next revision, never an edit, so that a valuation can be made again as it was."""

    commodity = models.SlugField(max_length=40)
    unit = models.CharField(max_length=12, help_text="What the price is for, such as kg.")
    currency = CurrencyField()
    on = models.DateField()
    price = models.DecimalField(max_digits=15 + PRICE_DECIMALS, decimal_places=PRICE_DECIMALS)
    source = models.CharField(max_length=60)
    revision = models.PositiveSmallIntegerField(default=1, help_text="The highest of a date counts.")
    recorded_at = models.DateTimeField()
    file = models.ForeignKey(PriceFile, null=True, blank=True, on_delete=models.PROTECT, related_name="prices")

    objects = CommodityPriceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["commodity", "unit", "currency", "on", "source", "revision"], name="price_once_a_revision"
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.commodity} {self.on}"
