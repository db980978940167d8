"""Messages to sellers, how each goes out, and what a seller wants to be told where and when."""

from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

URGENT = frozenset({"margin_call", "overdue", "payout_account"})
"""Told at once, in quiet hours too, and marked as urgent."""
ALWAYS_MAILED = frozenset({"contract", "signed", "margin_call", "overdue", "payout_account"})
"""What a seller cannot switch off by e-mail: it changes what is owed, or guards the money."""
BY_TELEPHONE = frozenset(
    {"contract", "request", "paid_out", "instalment", "near_breach", "margin_call", "overdue", "payout_account"}
)
"""What goes to the telephone too, unless the seller says otherwise."""
MOST_ATTEMPTS = 6


class Kind(models.TextChoices):
    OFFER = "offer", _("New offers")
    CONTRACT = "contract", _("A contract to sign")
    SIGNED = "signed", _("A contract is signed, with your copy")
    PAID_OUT = "paid_out", _("Money has been paid out")
    SUMMARY = "summary", _("What was kept from your sales")
    INSTALMENT = "instalment", _("An instalment is due soon")
    NEAR_BREACH = "near_breach", _("A minimum may be missed")
    MARGIN_CALL = "margin_call", _("Goods no longer cover what you owe")
    OVERDUE = "overdue", _("A repayment is late")
    REPAID = "repaid", _("A financing is repaid")
    PAYOUT_ACCOUNT = "payout_account", _("Your payout account changed")
    REQUEST = "request", _("What you asked a person for")
    ASKED = "asked", _("Something is missing")
    REFUSED = "refused", _("An application is refused")
    SHOP = "shop", _("Decisions about your shop")
    GOODS = "goods", _("Your goods in pledge")
    GOAL = "goal", _("A goal is reached")
    PAUSE_GRANTED = "pause_granted", _("Relief you asked for is granted")
    PAUSE_REFUSED = "pause_refused", _("Relief you asked for is not granted")


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")


def quiet_channels(kind: str) -> set[str]:
    """The channels that a message of `kind` does not take while the seller has chosen nothing."""
    return set() if kind in BY_TELEPHONE else {Channel.SMS}


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages."""

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at=None)


class Message(models.Model):
    """One thing told to a seller once. It keeps figures, not sentences: whoever reads it does so in their language.

    `facts` hold no names and no account numbers; `subject` says what the one action leads to, such as offer:7. Where
    one kind has several sentences, the fact `words` says which.
    """

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="messages", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=80, unique=True, help_text="What makes the same news be told once.")
    subject = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    business_date = models.DateField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="message_kind_known"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["seller", "-id"], name="message_of_seller"),
            models.Index(fields=["seller"], condition=Q(read_at=None), name="message_unread"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_urgent(self) -> bool:
        return self.kind in URGENT


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Deliveries."""

    def due(self, at: datetime) -> "DeliveryQuerySet":
        """What is to go out at instant `at`, the first to be due first."""
        return self.filter(sent_at=None, gave_up_at=None, due_at__lte=at).order_by("due_at", "id")


class Delivery(models.Model):
    """How a message goes out by one channel, and what came of it."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    due_at = models.DateTimeField(help_text="Not before: the end of quiet hours, or the next attempt.")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_fault = models.CharField(max_length=80, blank=True, help_text="What kind of fault; never whom it concerned.")
    sent_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "channel"], name="delivery_once_a_channel"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="delivery_channel_known"),
            models.CheckConstraint(condition=Q(sent_at=None) | Q(gave_up_at=None), name="delivery_ends_one_way"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None, gave_up_at=None), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.channel}"


def check_zone(name: str) -> None:
    """Refuse a name that no clock is known by; empty is the platform's own. Raises ValidationError."""
    if name and name not in available_timezones():
        raise ValidationError(_("This is not a time zone such as Asia/Shanghai."))


class MessageSettings(models.Model):
    """What a seller wants to be told where and when. Without a row, the defaults hold."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("Every day with sales")
        WEEKLY = "weekly", _("Once a week, after Sunday")
        NEVER = "never", _("Not at all")

    seller = models.OneToOneField("sellers.Seller", on_delete=models.PROTECT, related_name="message_settings")
    summary = models.CharField(max_length=8, choices=Rhythm.choices, default=Rhythm.DAILY)
    quiet_from = models.TimeField(default=time(22, 0))
    quiet_until = models.TimeField(default=time(8, 0), help_text="The same as the start: no quiet hours.")
    time_zone = models.CharField(max_length=64, blank=True, validators=[check_zone], help_text="Empty: the platform's.")
    wanted = models.JSONField(
        default=dict, blank=True, help_text="By kind, the channels chosen; a kind left out has its default."
    )

    class Meta:
        verbose_name_plural = "message settings"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(summary__in=["daily", "weekly", "never"]), name="summary_rhythm_known"),
        ]

    def __str__(self) -> str:
        return str(self.seller_id)

    def zone(self, of_platform: ZoneInfo) -> ZoneInfo:
        return ZoneInfo(self.time_zone) if self.time_zone else of_platform

    def channels_for(self, kind: str) -> list[str]:
        """The channels that a message of `kind` takes."""
        chosen = self.wanted.get(kind)
        taken = set(Channel.values) - quiet_channels(kind) if chosen is None else set(chosen) & set(Channel.values)
        if kind in ALWAYS_MAILED:
            taken.add(Channel.EMAIL)
        return sorted(taken)
