"""Financing products with versioned terms."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from apps.core.models import AmountField, LocallyNamed, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.products.audience import TEMPLATES, ForWhom, check_audience
from apps.products.bounds import bounds_hold, check_bounds
from apps.products.buckets import RISK_CLASSES, RiskClass
from apps.products.groups import TECHNIQUE_NAMES
from apps.products.lateness import SetsBuckets, check_buckets
from apps.products.lending import LendsOnGoods, check_lending, lending_holds
from apps.products.models.pools import FundingPool
from apps.products.plan import (
    ADVANCES,
    HORIZONTAL,
    INSTALMENT_ROUNDINGS,
    METHODS,
    MODES,
    MONTHS,
    NEXT,
    TO_MINOR,
    UNITS,
    Plan,
)  # fmt: skip
from apps.products.plan_rules import check_plan, plan_holds
from apps.products.terms import DAY_COUNTS, DEFAULT_WATERFALL, RECEIPT, RECEIVABLE, SALES, TECHNIQUES, Terms
from apps.warehousing.valuation import LendingTerms


class FinancingProduct(LocallyNamed, models.Model):
    """What a seller can apply for. Its terms live in versions."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("name in Chinese"), max_length=120, blank=True)
    technique = models.CharField(_("technique"), max_length=12, choices=list(TECHNIQUE_NAMES.items()))
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="products")
    pause_days = models.PositiveSmallIntegerField(
        _("longest pause, in days"), default=30, help_text=_("Of a pause that is granted without a person; 0: never.")
    )
    lower_share_days = models.PositiveSmallIntegerField(
        _("longest time at a lower share, in days"),
        default=60,
        help_text=_("Of a lower share of sales that is granted without a person; 0: never."),
    )
    lowest_part = RateField(
        _("what must stay of the share"),
        default=Decimal("0.5"),
        help_text=_("Of the agreed share of sales: 0.5 leaves half of it."),
    )
    more_instalments = models.PositiveSmallIntegerField(
        _("instalments that may be added"),
        default=2,
        help_text=_("Or minimum periods, each smaller than before, without a person; 0: never."),
    )
    extension_days = models.PositiveSmallIntegerField(
        _("longest extension, in days"),
        default=30,
        help_text=_("By which the one due date of a receivable or a loan on goods moves without a person; 0: never."),
    )
    pauses_a_year = models.PositiveSmallIntegerField(
        _("reliefs in twelve months"), default=2, help_text=_("Of all kinds together.")
    )
    days_between_pauses = models.PositiveSmallIntegerField(_("days between two reliefs"), default=60)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(technique__in=TECHNIQUES), name="product_technique_known"),
            models.CheckConstraint(condition=Q(pause_days__lte=366), name="product_pause_at_most_a_year"),
            models.CheckConstraint(condition=Q(lower_share_days__lte=366), name="product_lower_share_at_most_a_year"),
            models.CheckConstraint(condition=Q(extension_days__lte=180), name="product_extension_at_most_half_a_year"),
            models.CheckConstraint(
                condition=Q(lowest_part__gte=0, lowest_part__lte=1), name="product_lowest_part_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProvisionClass(models.Model):
    """A class of provisioning that this platform sets in place of the usual five (`buckets.RISK_CLASSES`)."""

    code = models.SlugField(_("code"), max_length=24, unique=True)
    first_day = models.PositiveIntegerField(
        _("from days past due"), unique=True, help_text=_("One class begins at 0: it holds what is paid in time.")
    )
    rate = RateField(_("share set aside"), help_text=_("Of what is owed: 0.25 is a quarter."))

    class Meta:
        verbose_name_plural = "provision classes"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=1), name="provision_rate_is_a_share")
        ]

    def __str__(self) -> str:
        return self.code

    @classmethod
    def in_force(cls) -> tuple[RiskClass, ...]:
        """The platform's own classes if they begin at day 0, else the usual ones."""
        own = tuple(
            RiskClass(*row) for row in cls.objects.order_by("first_day").values_list("code", "first_day", "rate")
        )
        return own if own and own[0].first_day == 0 else RISK_CLASSES


VERSION_STATES = ("draft", "in_review", "active", "retired")
ROUNDINGS = ((ROUND_HALF_EVEN, _("half to even")), (ROUND_HALF_UP, _("half up")))
METHOD_NAMES = (_("equal instalments"), _("equal principal"), _("all at the end"), _("interest only, principal last"))
UNIT_NAMES = (_("weeks"), _("months"))
ROUNDING_NAMES = (_("to the minor unit"), _("to a whole unit"), _("up to a whole unit"))
ADVANCE_NAMES = (_("the next instalment"), _("the last instalment"), _("all later instalments alike"))
MODE_NAMES = (_("one instalment after the other"), _("one component after the other"))


class VersionQuerySet(models.QuerySet["ProductVersion"]):
    """Versions of products."""

    def active(self) -> "VersionQuerySet":
        return self.filter(state="active").select_related("product", "product__pool")


def default_waterfall() -> list[str]:
    return list(DEFAULT_WATERFALL)


class ProductVersion(Stateful, LendsOnGoods, SetsBuckets, ForWhom):
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
    penalty_rate = RateField(
        _("penalty a year"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("On what is past due, after the days of grace: 0.18 is 18 % a year. 0 is none."),
    )
    penalty_per_thousand = RateField(
        _("penalty in thousandths a day"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("Instead of a rate a year: 0.5 is 0.50 a day on 1,000 past due. 0 is none."),
    )
    fee_rebate = RateField(
        _("fee given back"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("To who repays everything early: this share of the fee for the days not used. 1 is all of it."),
    )
    maximum_share = RateField(
        _("maximum a period"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("No more than this share of amount and fee is taken from sales in a period. 0 is no limit."),
    )
    minimum_pace = models.DecimalField(
        _("pace of the minimum"),
        max_digits=6,
        decimal_places=3,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("Instead of a share: 1.5 lets repayment take one and a half times as long as expected. 0 is none."),
    )
    season_shaped = models.BooleanField(
        _("minimums follow the seasons"),
        default=False,
        db_default=False,
        help_text=_("Poor months of the seller's last year ask for less and good ones for more; the sum is the same."),
    )
    near_breach_share = RateField(
        _("warn below"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("Share of even progress to the minimum below which the seller is warned: 0.8 is 80 %. 0 never."),
    )
    near_breach_checks = models.PositiveIntegerField(
        _("checks in a period"), default=0, db_default=0, help_text=_("How often progress is looked at in a period.")
    )
    dispute_fee = AmountField(
        _("fee when a payment is taken back"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("Owed when the bank or a buyer takes a payment back. 0 is none."),
    )
    instalments = models.PositiveIntegerField(
        _("number of instalments"), default=0, help_text=_("0: not repaid in instalments.")
    )
    repayment_method = models.CharField(
        _("method"), max_length=20, blank=True, choices=list(zip(METHODS, METHOD_NAMES, strict=True))
    )
    instalment_every = models.PositiveIntegerField(_("one every"), default=1)
    instalment_unit = models.CharField(
        _("weeks or months"), max_length=8, default=MONTHS, choices=list(zip(UNITS, UNIT_NAMES, strict=True))
    )
    due_day = models.PositiveSmallIntegerField(
        _("day of the month"), default=0, help_text=_("0 is the day of the payout. 31 is the last day of each month.")
    )
    principal_grace = models.PositiveIntegerField(
        _("first instalments without principal"), default=0, help_text=_("They ask for interest and fee only.")
    )
    interest_grace = models.PositiveIntegerField(
        _("first instalments without interest"), default=0, help_text=_("It arises, and the next one asks for it.")
    )
    instalment_rounding = models.CharField(
        _("equal instalments are rounded"), max_length=8, default=TO_MINOR,
        choices=list(zip(INSTALMENT_ROUNDINGS, ROUNDING_NAMES, strict=True)),
    )  # fmt: skip
    in_advance = models.CharField(
        _("money in advance pays"), max_length=12, default=NEXT,
        choices=list(zip(ADVANCES, ADVANCE_NAMES, strict=True)),
    )  # fmt: skip
    waterfall_mode = models.CharField(
        _("a payment pays"), max_length=12, default=HORIZONTAL, choices=list(zip(MODES, MODE_NAMES, strict=True))
    )
    instalment_fee = AmountField(
        _("fee of each instalment"), default=Decimal(0), help_text=_("Owed from the payout on, asked for in parts.")
    )
    made_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    predates_bounds = models.BooleanField(
        default=False, db_default=False, editable=False,
        help_text="In use since before terms had bounds: it may lie beyond them.",
    )  # fmt: skip
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
            *plan_holds(),
            *bounds_hold(),
            models.CheckConstraint(
                condition=Q(penalty_rate__gte=0, penalty_rate__lt=1, penalty_per_thousand__gte=0)
                & Q(penalty_per_thousand__lt=10, dispute_fee__gte=0)
                & (Q(penalty_rate=0) | Q(penalty_per_thousand=0)),
                name="product_version_penalty_sensible",
                violation_error_message=_(
                    "A penalty is a rate a year below 1 or thousandths a day below 10, not both; the fee for a payment "
                    "taken back is not below 0."
                ),
            ),
            models.CheckConstraint(
                condition=Q(fee_rebate__gte=0, fee_rebate__lte=1, near_breach_share__gte=0, near_breach_share__lte=1)
                & (
                    Q(maximum_share=0)
                    | Q(maximum_share__gte=F("minimum_share"), maximum_share__lte=1, period_days__gt=0)
                )
                & (Q(minimum_pace=0) | Q(minimum_pace__gte=1, minimum_share=0, period_days__gt=0)),
                name="product_version_periods_sensible",
                violation_error_message=_(
                    "Limits of a period need the days of a period. The maximum is at least the minimum and at most 1; "
                    "the minimum is a share or a pace of 1 or more, not both."
                ),
            ),
            *lending_holds(),
            models.CheckConstraint(condition=Q(template__in=list(TEMPLATES)), name="product_version_template_known"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "in_review"]) | (~Q(approved_by="") & ~Q(approved_by=F("made_by"))),
                name="product_version_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.number}"

    def clean(self) -> None:
        """Terms that a technique cannot do without. Raises ValidationError naming the field."""
        check_bounds(self)
        technique = self.product.technique if self.product_id else ""
        if technique == SALES and not self.sweep_rate:
            raise ValidationError(
                {"sweep_rate": _("An advance on sales is repaid by a share of sales: set the share.")}
            )
        if technique == RECEIVABLE and not (self.advance_rate and self.settlement_days):
            raise ValidationError({"advance_rate": _("Receivables need an advance rate and the days to settlement.")})
        if technique == SALES and self.annual_rate:
            raise ValidationError({"annual_rate": _("An advance on sales costs a flat fee: leave the interest at 0.")})
        check_plan(self, technique)
        if self.season_shaped and not (self.period_days and (self.minimum_share or self.minimum_pace)):
            raise ValidationError({"season_shaped": _("Only a minimum can follow the seasons: set one, and its days.")})
        if bool(self.near_breach_share) != bool(self.near_breach_checks):
            raise ValidationError({"near_breach_checks": _("A warning needs a share and how often it is looked at.")})
        if technique == RECEIPT:
            check_lending(self)
        check_buckets(self)
        check_audience(self)
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
    def plan(self) -> Plan | None:
        """How it is repaid in instalments, if it is."""
        if not self.instalments:
            return None
        return Plan(
            method=self.repayment_method,
            number=self.instalments,
            every=self.instalment_every,
            unit=self.instalment_unit,
            due_day=self.due_day,
            principal_grace=self.principal_grace,
            interest_grace=self.interest_grace,
            rounding=self.instalment_rounding,
            in_advance=self.in_advance,
            mode=self.waterfall_mode,
            fee=self.instalment_fee,
        )

    @cached_property
    def lending(self) -> LendingTerms | None:
        """How much is lent on goods, if anything."""
        return self.lending_terms(self.product.pool.currency)

    @cached_property
    def terms(self) -> Terms:
        """These terms as a frozen value."""
        names = [name for name in Terms.__dataclass_fields__ if hasattr(self, name) and name != "terms"]
        values = {name: getattr(self, name) for name in names if name not in {"product", "waterfall", "bucket_ends"}}
        return Terms(
            product=self.product.code,
            version=self.number,
            technique=self.product.technique,
            currency=self.product.pool.currency,
            waterfall=tuple(self.waterfall),
            bucket_ends=tuple(self.bucket_ends),
            **values,
        )
