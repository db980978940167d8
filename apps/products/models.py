"""Financing products with versioned terms, and the pools that fund them."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.products.lending import LendsOnGoods, check_lending, lending_holds
from apps.products.terms import DAY_COUNTS, DEFAULT_WATERFALL, RECEIPT, RECEIVABLE, SALES, TECHNIQUES, Terms
from apps.warehousing.valuation import LendingTerms


class FundingPool(models.Model):
    """Money that a financier has committed. Drawn and reserved never exceed it: the database says so."""

    name = models.CharField(max_length=120, unique=True)
    financier = models.CharField(max_length=140)
    currency = CurrencyField()
    committed = AmountField(default=Decimal(0))
    reserved = AmountField(default=Decimal(0), help_text="Promised to signed contracts whose money is on its way.")
    drawn = AmountField(default=Decimal(0), help_text="Principal outstanding.")
    collected = AmountField(
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Collected outside the night and not on its way to the pool yet; negative after a reversal.",
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(committed__gte=0, reserved__gte=0, drawn__gte=0), name="pool_not_negative"
            ),
            models.CheckConstraint(condition=Q(committed__gte=F("reserved") + F("drawn")), name="pool_never_overdrawn"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def headroom(self) -> Decimal:
        """What may still be promised."""
        return self.committed - self.reserved - self.drawn


class FinancingProduct(models.Model):
    """What a seller can apply for. Its terms live in versions."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("name in Chinese"), max_length=120, blank=True)
    technique = models.CharField(_("technique"), max_length=12, choices=[(name, name) for name in TECHNIQUES])
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="products")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(technique__in=TECHNIQUES), name="product_technique_known")
        ]

    def __str__(self) -> str:
        return self.name

    def local_name(self, language: str) -> str:
        """The product's name for a reader of `language`."""
        return self.name_zh if language.startswith("zh") and self.name_zh else self.name


VERSION_STATES = ("draft", "in_review", "active", "retired")
ROUNDINGS = ((ROUND_HALF_EVEN, _("half to even")), (ROUND_HALF_UP, _("half up")))


class VersionQuerySet(models.QuerySet["ProductVersion"]):
    """Versions of products."""

    def active(self) -> "VersionQuerySet":
        return self.filter(state="active").select_related("product", "product__pool")


def default_waterfall() -> list[str]:
    return list(DEFAULT_WATERFALL)


class ProductVersion(Stateful, LendsOnGoods):
    """One version of a product's terms. Only a draft can be edited; live contracts keep the version they signed."""

    product = models.ForeignKey(FinancingProduct, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    fee_rate = RateField(_("flat fee"), default=Decimal(0), help_text=_("Share of the amount drawn: 0.04 is 4 %."))
    annual_rate = RateField(_("interest a year"), default=Decimal(0), help_text=_("Share a year: 0.12 is 12 %."))
    day_count = models.CharField(
        _("day count"), max_length=12, default="ACT/365F", choices=[(name, name) for name in DAY_COUNTS]
    )
    sweep_rate = RateField(_("share of sales kept"), default=Decimal(0))
    advance_rate = RateField(
        _("advance rate"), default=Decimal(0), help_text=_("Receivables: share of eligible value.")
    )
    livelihood_floor = AmountField(_("livelihood floor"), default=Decimal(0), help_text=_("Always left, a day."))
    day_cap = AmountField(_("most in one day"), default=Decimal(0), help_text=_("0 is no cap."))
    minimum_share = RateField(_("minimum a period"), default=Decimal(0))
    period_days = models.PositiveIntegerField(_("days in a period"), default=0, help_text=_("0 is no minimum."))
    settlement_days = models.PositiveIntegerField(_("days from delivery to settlement"), default=0)
    grace_days = models.PositiveIntegerField(_("days of grace"), default=0)
    minimum_amount = AmountField(_("least amount"))
    maximum_amount = AmountField(_("largest amount"))
    expected_days = models.PositiveIntegerField(
        _("expected days to repay"), help_text=_("For the limit: days of sales.")
    )
    offer_valid_days = models.PositiveIntegerField(_("days an offer stays open"), default=14)
    priority = models.PositiveIntegerField(_("priority"), default=10, help_text=_("The lower number is repaid first."))
    waterfall = models.JSONField(_("waterfall"), default=default_waterfall)
    rounding = models.CharField(_("rounding"), max_length=20, default=ROUND_HALF_EVEN, choices=ROUNDINGS)
    made_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    state = state_field(VERSION_STATES)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("product_version", VERSION_STATES),
            models.UniqueConstraint(fields=["product", "number"], name="product_version_once"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="active"), name="one_active_version_a_product"
            ),
            models.CheckConstraint(
                condition=Q(fee_rate__gte=0, fee_rate__lt=1, annual_rate__gte=0, annual_rate__lt=1)
                & Q(sweep_rate__gte=0, sweep_rate__lte=1, advance_rate__gte=0, advance_rate__lte=1)
                & Q(minimum_share__gte=0, minimum_share__lte=1),
                name="product_version_rates_are_shares",
                violation_error_message=_(
                    "Write rates as shares of one: 0.04 is four per cent. None is below 0 or above 1."
                ),
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount__gt=0, maximum_amount__gte=F("minimum_amount"))
                & Q(livelihood_floor__gte=0, day_cap__gte=0, expected_days__gt=0),
                name="product_version_amounts_sensible",
                violation_error_message=_(
                    "The least amount must be more than 0 and at most the largest; the expected days at least 1; "
                    "floor and daily cap not below 0."
                ),
            ),
            *lending_holds(),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "in_review"]) | (~Q(approved_by="") & ~Q(approved_by=F("made_by"))),
                name="product_version_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.number}"

    def clean(self) -> None:
        """Terms that a technique cannot do without. Raises ValidationError naming the field."""
        technique = self.product.technique if self.product_id else ""
        if technique == SALES and not self.sweep_rate:
            raise ValidationError(
                {"sweep_rate": _("An advance on sales is repaid by a share of sales: set the share.")}
            )
        if technique == RECEIVABLE and not (self.advance_rate and self.settlement_days):
            raise ValidationError({"advance_rate": _("Receivables need an advance rate and the days to settlement.")})
        if technique == SALES and self.annual_rate:
            raise ValidationError({"annual_rate": _("An advance on sales costs a flat fee: leave the interest at 0.")})
        if technique == RECEIPT:
            check_lending(self)
        if sorted(self.waterfall) != sorted(DEFAULT_WATERFALL):
            raise ValidationError({"waterfall": _("The waterfall names each standing and component exactly once.")})

    @transition(field="state", source="draft", target="draft")
    def edit(self) -> None:
        """Every change of a draft is on record, so that nobody approves terms they had a hand in."""

    @transition(field="state", source="draft", target="in_review")
    def submit(self) -> None: ...

    @transition(field="state", source="in_review", target="draft")
    def send_back(self) -> None: ...

    @transition(field="state", source="in_review", target="active")
    def approve(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source="active", target="retired")
    def retire(self) -> None: ...

    @cached_property
    def lending(self) -> LendingTerms | None:
        """How much is lent on goods, if anything."""
        return self.lending_terms(self.product.pool.currency)

    @cached_property
    def terms(self) -> Terms:
        """These terms as a frozen value."""
        names = [name for name in Terms.__dataclass_fields__ if hasattr(self, name) and name != "terms"]
        values = {name: getattr(self, name) for name in names if name not in {"product", "waterfall"}}
        return Terms(
            product=self.product.code,
            version=self.number,
            technique=self.product.technique,
            currency=self.product.pool.currency,
            waterfall=tuple(self.waterfall),
            **values,
        )
