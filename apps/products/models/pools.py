"""Funding pools, what bounds them, who funds a product beside its own pool, and what financiers take back."""

from decimal import ROUND_DOWN, Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.banking.models import Instruction
from apps.core.models import AmountField, CurrencyField, RateField
from apps.core.money import round_money
from apps.products.limits import CATEGORY, GRADE, KINDS, PRODUCT, REGION, SELLER, Limit


class FundingPool(models.Model):
    """Money that a financier has committed. Drawn and reserved never exceed it: the database says so."""

    name = models.CharField(max_length=120, unique=True)
    financier = models.CharField(max_length=140)
    currency = CurrencyField()
    cost_rate = RateField(
        _("cost a year"),
        default=Decimal(0),
        db_default=Decimal(0),
        help_text=_("What this money costs: 0.06 is 6 % a year. Demand is filled from the cheapest first."),
    )
    committed = AmountField(default=Decimal(0))
    reserved = AmountField(
        default=Decimal(0), help_text="Promised to contracts that wait for a signature or for their money."
    )
    drawn = AmountField(default=Decimal(0), help_text="Principal outstanding.")
    collected = AmountField(
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Collected and not on its way to the pool yet, outside the night or for a financing that pools "
        "share; negative after a reversal.",
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(committed__gte=0, reserved__gte=0, drawn__gte=0), name="pool_not_negative"
            ),
            models.CheckConstraint(condition=Q(committed__gte=F("reserved") + F("drawn")), name="pool_never_overdrawn"),
            models.CheckConstraint(condition=Q(cost_rate__gte=0, cost_rate__lt=1), name="pool_cost_is_a_share"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def headroom(self) -> Decimal:
        """What may still be promised."""
        return self.committed - self.reserved - self.drawn


KIND_NAMES = {
    PRODUCT: _("product"), GRADE: _("grade"), CATEGORY: _("category"), REGION: _("region"), SELLER: _("single seller"),
}  # fmt: skip


class PoolLimitQuerySet(models.QuerySet["PoolLimit"]):
    """Limits of pools."""

    def in_force(self) -> "PoolLimitQuerySet":
        return self.filter(is_in_force=True).select_related("pool").order_by("pk")


class PoolLimit(models.Model):
    """The most that a pool may have out with one product, grade, category, region or seller at a time.

    Out is what is lent and not repaid, and what is promised to contracts. One amount, or one share of what the
    pool has committed. A limit is taken out of force, never deleted.
    """

    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="limits")
    kind = models.CharField(_("what it limits"), max_length=8, choices=list(KIND_NAMES.items()))
    value = models.CharField(
        _("which"),
        max_length=80,
        blank=True,
        help_text=_(
            "The code of the product, the letter of the grade, the category, the region or the platform's own key of "
            "the seller. Empty: each of them."
        ),
    )
    most = AmountField(_("at most"), null=True, blank=True, help_text=_("An amount in the pool's currency, or else:"))
    most_share = RateField(
        _("at most this share"),
        null=True,
        blank=True,
        help_text=_("Of what is committed: 0.2 is 20 %. Set this or the amount."),
    )
    is_in_force = models.BooleanField(_("in force"), default=True)
    because = models.CharField(_("why"), max_length=200)
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    objects = PoolLimitQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["pool", "kind", "value"],
                name="pool_limit_once",
                violation_error_message=_("This pool has that limit already. Change it there."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=KINDS),
                name="pool_limit_kind_known",
                violation_error_message=_("Choose what the limit is about."),
            ),
            models.CheckConstraint(
                condition=Q(most__isnull=False, most__gte=0, most_share=None)
                | Q(most=None, most_share__isnull=False, most_share__gte=0, most_share__lte=1),
                name="pool_limit_amount_or_share",
                violation_error_message=_("Set either an amount or a share between 0 and 1, and not both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool}: {self.kind} {self.value or '*'}"

    @property
    def limit(self) -> Limit:
        """It as a frozen value, a share turned into an amount of today's commitment, rounded down."""
        most = self.most
        if most is None:
            most = round_money(self.pool.committed * (self.most_share or Decimal(0)), self.pool.currency, ROUND_DOWN)
        return Limit(self.kind, self.value, most)


class Funder(models.Model):
    """A pool that funds a product beside the product's own.

    Without a share it is open: the allocator may draw on it. With one it takes that share of each financing, bearing
    losses alike or first; the product's own pool, or whom the allocator chose, takes the rest.
    """

    class Part(models.TextChoices):
        OPEN = "open", _("where the allocator draws on it")
        ALIKE = "alike", _("a share of each, losses alike")
        FIRST_LOSS = "first_loss", _("a share of each, first loss")

    product = models.ForeignKey("products.FinancingProduct", on_delete=models.PROTECT, related_name="funders")
    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="funds")
    part = models.CharField(_("takes part"), max_length=10, choices=Part.choices, default=Part.OPEN)
    share = RateField(_("share"), default=Decimal(0), help_text=_("Of each financing: 0.1 is 10 %. 0 where open."))
    is_in_force = models.BooleanField(_("in force"), default=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["product", "pool"],
                name="funder_once",
                violation_error_message=_("This pool funds the product already. Change it there."),
            ),
            models.CheckConstraint(
                condition=Q(part="open", share=0) | Q(part__in=["alike", "first_loss"], share__gt=0, share__lt=1),
                name="funder_share_fits_its_part",
                violation_error_message=_("An open pool has no share; any other takes more than 0 and less than 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} for {self.product}"

    def clean(self) -> None:
        """Raises ValidationError for the product's own pool, another currency, and shares that leave nothing."""
        own = self.product.pool
        if self.pool_id == own.pk:
            raise ValidationError({"pool": _("This is the product's own pool; it takes the rest anyway.")})
        if self.pool.currency != own.currency:
            raise ValidationError({"pool": _("Its money is in another currency than the product's.")})
        others = Funder.objects.filter(product=self.product, is_in_force=True).exclude(pk=self.pk)
        taken = others.aggregate(total=models.Sum("share"))["total"] or Decimal(0)
        if self.is_in_force and taken + self.share >= 1:
            raise ValidationError({"share": _("All shares together must leave something for the product's own pool.")})


class Withdrawal(models.Model):
    """Money that a financier takes out of a pool: asked for by one person, approved as a payment by another.

    It comes out of what is committed, or out of income that was collected. Where it stands is told by its payment and
    the batch that holds it alone.
    """

    class Of(models.TextChoices):
        CAPITAL = "capital", _("what was committed")
        INCOME = "income", _("income that was collected")

    pool = models.ForeignKey(FundingPool, on_delete=models.PROTECT, related_name="withdrawals")
    reference = models.CharField(_("reference"), max_length=40, help_text=_("Yours: the same one again is the same."))
    amount = AmountField(_("amount"))
    of = models.CharField(
        _("out of"), max_length=7, choices=Of.choices, default=Of.CAPITAL, db_default=Of.CAPITAL,
        help_text=_("Capital taken out can be lent no more. Income was earned on top of it."),
    )  # fmt: skip
    reason = models.CharField(_("why"), max_length=200)
    business_date = models.DateField()
    asked_by = models.CharField(max_length=80)
    instruction = models.OneToOneField(Instruction, on_delete=models.PROTECT, related_name="withdrawal")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pool", "reference"], name="withdrawal_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="withdrawal_amount_positive"),
            models.CheckConstraint(condition=Q(of__in=["capital", "income"]), name="withdrawal_of_known"),
        ]

    def __str__(self) -> str:
        return f"{self.pool}: {self.reference}"

    @property
    def state(self) -> str:
        """The state of the payment's batch."""
        batch = self.instruction.batch
        return batch.state if batch else ""
