"""Orders as the platform reports them, and the proceeds that its settlement lines bring."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.sellers.models import Seller

ORDER_STATES = (
    "placed", "paid", "shipped", "delivered", "completed", "settled", "cancelled",
    "refund_requested", "refunded", "partially_refunded", "refused", "charged_back",
)  # fmt: skip
IN_RETURN_WINDOW = ("delivered", "partially_refunded", "refused")


class FeedFile(models.Model):
    """A file that was taken in: the same bytes again are a no-op."""

    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    taken_in_at = models.DateTimeField()
    lines = models.PositiveIntegerField(default=0)
    landed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class OrderQuerySet(models.QuerySet["Order"]):
    """What is known of orders on a day. An event counts from its own time on, never before."""

    def delivered_unsettled(self, at: datetime) -> "OrderQuerySet":
        """Orders that had arrived before `at` and wait for their money: what a receivable financing rests on."""
        return self.filter(
            state__in=["delivered", "completed"], delivered_at__lt=at, settled_on=None, paid__gt=F("refunded")
        )


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One article of an order, in the order's currency."""

    article: str
    price: Decimal
    freight: Decimal


class Order(Stateful):
    """One buyer's order at one seller. An order over several sellers is one row for each.

    Its lines are part of it, so they stand in it, as three arrays of one length. That the seller exists is held by a
    trigger once a statement (see the migrations), ten times as fast as a foreign key; sellers are never deleted.
    """

    seller = models.ForeignKey(
        Seller, on_delete=models.PROTECT, related_name="orders", db_index=False, db_constraint=False
    )
    external_id = models.CharField(max_length=64)
    currency = CurrencyField()
    goods = AmountField()
    freight = AmountField(default=Decimal(0))
    paid = AmountField(help_text="What the buyer paid for this seller's share.")
    refunded = AmountField(default=Decimal(0))
    category = models.CharField(max_length=80, blank=True)
    articles = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    article_prices = ArrayField(AmountField(), default=list, blank=True)
    article_freights = ArrayField(AmountField(), default=list, blank=True)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    expected_at = models.DateTimeField(null=True, blank=True, help_text="Delivery as promised to the buyer.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Cancelled, refunded or charged back.")
    settled_on = models.DateField(null=True, blank=True)
    flagged = models.BooleanField(default=False, help_text="Looks like brushing; counts for nothing.")
    feed = models.ForeignKey(
        FeedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="orders", db_index=False,
        db_constraint=False, help_text="The file that told of it first; files are never deleted.",
    )  # fmt: skip
    feed_line = models.PositiveIntegerField(null=True, blank=True, help_text="Where it stands in that file, from 1.")
    state = state_field(ORDER_STATES)
    born_unlogged = ORDER_STATES

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["seller", "external_id"], name="order_once_a_seller"),
            states_hold("order", ORDER_STATES),
            models.CheckConstraint(
                condition=Q(goods__gte=0, freight__gte=0, paid__gte=0, refunded__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(condition=Q(refunded__lte=F("paid")), name="order_refund_at_most_paid"),
            models.CheckConstraint(
                condition=Q(articles__len=F("article_prices__len"), article_prices__len=F("article_freights__len")),
                name="order_lines_complete",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["seller"],
                condition=Q(state__in=["delivered", "partially_refunded", "refused", "completed"]),
                name="order_waiting_for_money",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=Q(state__in=["delivered", "completed"], settled_on=None),
                name="order_not_settled",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def lines(self) -> list[OrderLine]:
        return [
            OrderLine(*line) for line in zip(self.articles, self.article_prices, self.article_freights, strict=True)
        ]

    @transition(field="state", source="placed", target="paid")
    def pay(self) -> None: ...

    @transition(field="state", source="paid", target="shipped")
    def ship(self) -> None: ...

    @transition(field="state", source="shipped", target="delivered")
    def deliver(self) -> None: ...

    @transition(field="state", source=IN_RETURN_WINDOW, target="completed")
    def close_return_window(self) -> None: ...

    @transition(field="state", source="completed", target="settled")
    def settle(self) -> None: ...

    @transition(field="state", source=["placed", "paid"], target="cancelled")
    def cancel(self) -> None: ...

    @transition(field="state", source=["paid", "shipped", "delivered"], target="refund_requested")
    def request_refund(self) -> None: ...

    @transition(field="state", source="refund_requested", target="refunded")
    def refund(self) -> None: ...

    @transition(field="state", source="refund_requested", target="partially_refunded")
    def refund_in_part(self) -> None: ...

    @transition(field="state", source="refund_requested", target="refused")
    def refuse_refund(self) -> None: ...

    @transition(field="state", source="+", target="charged_back")
    def charge_back(self) -> None: ...


class Settlement(models.Model):
    """One payout of a payment provider: what its file says it is made of, and what the bank is to book. Append-only."""

    payout = models.CharField(max_length=60, unique=True, help_text="The provider's id; the bank's line carries it.")
    file = models.ForeignKey(FeedFile, on_delete=models.PROTECT, related_name="settlements")
    settled_on = models.DateField(help_text="The sales day that the provider names.")
    booked_on = models.DateField(help_text="The business date whose night takes it in.")
    currency = CurrencyField()
    captured = AmountField()
    refunded = AmountField()
    charged_back = AmountField()
    fees = AmountField(help_text="What the provider kept; the platform bears it.")
    total = AmountField(help_text="What the bank books; negative when the provider collects.")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(total=F("captured") - F("refunded") - F("charged_back") - F("fees")),
                name="settlement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=0, refunded__gte=0, charged_back__gte=0, fees__gte=0),
                name="settlement_not_negative",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["booked_on"], name="settlement_of_a_night")]

    def __str__(self) -> str:
        return self.payout

    @property
    def sales(self) -> Decimal:
        """What the provider settles for sales, before its fees."""
        return self.captured - self.refunded - self.charged_back


class ProceedsQuerySet(models.QuerySet["Proceeds"]):
    """Settlement lines."""

    def booked(self, on: date) -> "ProceedsQuerySet":
        return self.filter(booked_on=on)


class Proceeds(models.Model):
    """One line of a settlement file: money for, or back from, a seller's sale. Append-only; `amount` is positive."""

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        REFUND = "refund"
        CHARGEBACK = "chargeback"

    key = models.CharField(max_length=120, unique=True, help_text="The settlement's own key of this line.")
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="proceeds", db_index=False)
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="proceeds")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = AmountField()
    currency = CurrencyField()
    settled_on = models.DateField(help_text="The sales day that the settlement names.")
    booked_on = models.DateField(help_text="The business date whose night takes it in.")
    settlement = models.ForeignKey(
        Settlement, null=True, blank=True, on_delete=models.PROTECT, related_name="proceeds",
        help_text="The payout whose file brought it; the platform's own lines have none.",
    )  # fmt: skip
    file_line = models.PositiveIntegerField(null=True, blank=True, help_text="Where it stands in that file, from 1.")

    objects = ProceedsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "proceeds"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="proceeds_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["capture", "refund", "chargeback"]), name="proceeds_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(booked_on__gte=F("settled_on")), name="proceeds_booked_not_before_settled"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["booked_on", "seller"], name="proceeds_of_a_night")]

    def __str__(self) -> str:
        return self.key
