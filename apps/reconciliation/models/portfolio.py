"""The portfolio as it stood at the end of each business date, in rows few enough to add up while a page is asked for.

Made after the night by `reconciliation.portfolio`. All amounts are in the platform's currency.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import AmountField, CurrencyField
from apps.financing.models import Financing
from apps.products.buckets import BUCKETS
from apps.products.models import FinancingProduct, FundingPool
from apps.sellers.models import Seller

IN_TIME, NEW, UNKNOWN = "in_time", "new", "unknown"
LATE = tuple(bucket.name for bucket in BUCKETS)
DEEPLY_LATE = tuple(bucket.name for bucket in BUCKETS if bucket.first > 30)
ENDS = ("repaid", "restructured", "written_off")
STANDINGS = (IN_TIME, *LATE, *ENDS)
DIMENSIONS = ("product", "pool", "grade", "category", "region")


class Sliced(models.Model):
    """What every figure can be narrowed to."""

    product = models.ForeignKey(FinancingProduct, on_delete=models.PROTECT, related_name="+", db_index=False)
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="+", db_index=False)
    grade = models.CharField(max_length=1, blank=True, help_text="Of the assessment on which it was offered.")
    category = models.CharField(max_length=80, blank=True, help_text="Of the seller.")
    region = models.CharField(max_length=80, blank=True, help_text="Of the seller.")

    class Meta:
        abstract = True


class PortfolioDay(models.Model):
    """One business date whose rows are made."""

    business_date = models.DateField(_("business date"), unique=True)
    currency = CurrencyField()
    made_at = models.DateTimeField(_("made at"))
    marks_through = models.DateField(
        _("marks of"), help_text="Later than the date where it was made up for later: days past due were told back."
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(marks_through__gte=models.F("business_date")), name="portfolio_day_made_after_its_night"
            )
        ]

    def __str__(self) -> str:
        return f"{self.business_date}"


class PortfolioRow(Sliced):
    """Financings of one slice that stood alike on a date and alike a month before, with what they owed, earned and
    brought in. Append-only."""

    day = models.ForeignKey(PortfolioDay, on_delete=models.PROTECT, related_name="rows", db_index=False)
    before = models.CharField(
        max_length=12,
        choices=[(name, name) for name in (*STANDINGS, NEW, UNKNOWN)],
        help_text="How they stood a month before; unknown where nobody looked then.",
    )
    bucket = models.CharField(max_length=12, choices=[(name, name) for name in STANDINGS])
    financings = models.PositiveIntegerField()
    principal_before = AmountField(help_text="Owed a month before.")
    principal = AmountField()
    fee = AmountField()
    interest = AmountField()
    penalty = AmountField()
    overpaid = AmountField()
    past_due = AmountField(help_text="The part of it that should have been paid.")
    fee_income = AmountField(help_text="Earned on the date, as all below.")
    interest_income = AmountField()
    penalty_income = AmountField()
    expected = AmountField(help_text="What the date should have brought in.")
    collected = AmountField(help_text="What it did.")
    goods_owed = AmountField(help_text="Owed against goods in pledge, at their last valuation.")
    goods_value = AmountField(help_text="What those goods were worth.")
    goods_room = AmountField(help_text="What they would have lent beyond; below zero where more was owed.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["day", *DIMENSIONS, "before", "bucket"], name="portfolio_row_once"),
            # Balances may be whatever the rows say: a fault in the books has to be shown here, not to stop the day.
            models.CheckConstraint(
                condition=Q(financings__gt=0, past_due__gte=0, expected__gte=0), name="portfolio_row_sensible"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.bucket}"

    @property
    def owed(self) -> Decimal:
        """Everything owed."""
        return self.principal + self.fee + self.interest + self.penalty


class PortfolioFlow(models.Model):
    """The rows of one date added up by product and pool: what a year of them takes to read. Append-only."""

    day = models.ForeignKey(PortfolioDay, on_delete=models.PROTECT, related_name="flows", db_index=False)
    product = models.ForeignKey(FinancingProduct, on_delete=models.PROTECT, related_name="+", db_index=False)
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="+", db_index=False)
    income = AmountField(help_text="Fees, interest and penalties earned on the date.")
    expected = AmountField(help_text="What the date should have brought in.")
    collected = AmountField(help_text="What it did.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["day", "product", "pool"], name="portfolio_flow_once"),
            models.CheckConstraint(condition=Q(expected__gte=0), name="portfolio_flow_sensible"),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.product_id} {self.pool_id}"


class Standing(models.Model):
    """From when to when a financing stood in one bucket, or how it ended: as each day's portfolio found it.

    `until` is the first date on which it stood elsewhere. Nothing but that is ever written to a row once made.
    """

    financing = models.ForeignKey(Financing, on_delete=models.PROTECT, related_name="standings", db_index=False)
    bucket = models.CharField(max_length=12, choices=[(name, name) for name in STANDINGS])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    principal = AmountField(help_text="Owed when it came there; of what was written off, what was.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["financing", "since"], name="standing_begins_once"),
            models.UniqueConstraint(fields=["financing"], condition=Q(until=None), name="standing_now_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=models.F("since")), name="standing_in_order"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["bucket", "since"], name="standing_in_bucket")]

    def __str__(self) -> str:
        return f"{self.financing_id} {self.bucket}"


class Vintage(Sliced):
    """Financings of one slice paid out in one month whose lives went alike so far: in which month of their lives they
    first were more than 30 days past due, and in which they were written off. Made anew with every day."""

    month = models.DateField(help_text="The first day of the month in which they were paid out.")
    late_after = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Months from the payout to the first time more than 30 days past due."
    )
    lost_after = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Months from the payout to the write-off."
    )
    financings = models.PositiveIntegerField()
    drawn = AmountField()
    lost = AmountField(help_text="Principal written off.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=[*DIMENSIONS, "month", "late_after", "lost_after"], nulls_distinct=False, name="vintage_once"
            ),
            models.CheckConstraint(
                condition=Q(drawn__gt=0, lost__gte=0) & (Q(lost=0) | Q(lost_after__isnull=False)),
                name="vintage_amounts_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class LargestSeller(models.Model):
    """A seller among those who owed most on a date: on the whole platform, of one product, or of one pool."""

    day = models.ForeignKey(PortfolioDay, on_delete=models.PROTECT, related_name="largest_sellers", db_index=False)
    product = models.ForeignKey(FinancingProduct, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pool = models.ForeignKey(FundingPool, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    financings = models.PositiveIntegerField()
    owed = AmountField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["day", "product", "pool", "place"], nulls_distinct=False, name="largest_seller_once"
            ),
            models.CheckConstraint(
                condition=Q(product=None) | Q(pool=None), name="largest_seller_of_a_product_or_a_pool"
            ),
            models.CheckConstraint(condition=Q(owed__gt=0, place__gt=0), name="largest_seller_owes"),
        ]

    def __str__(self) -> str:
        return f"{self.seller_id} {self.place}"
