"""Runs of the wind tunnel: what was asked, how far it has come, what it found."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from apps.core.models import AmountField, RateField
from apps.core.states import Stateful, state_field, states_hold
from apps.products.models import ProductVersion
from apps.sellers.models import Seller

BACK_TEST_STATES = ("waiting", "running", "done", "failed", "cancelled", "interrupted")


class BackTest(Stateful):
    """One version of a product tried on the past of this platform, beside the version that was live when it was asked
    for. Money in `results` is text, in the platform's currency."""

    version = models.ForeignKey(
        ProductVersion, on_delete=models.PROTECT, related_name="back_tests", verbose_name=_("version")
    )
    against = models.ForeignKey(
        ProductVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="compared_in",
        verbose_name=_("live version"),
    )  # fmt: skip
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"), help_text=_("Both days are lived through."))
    accept_share = RateField(
        _("take an offer, a day"), default=Decimal("0.02"), help_text=_("Chance that a seller takes an open offer.")
    )
    returned_share = RateField(
        _("orders sent back"), default=Decimal("0.03"), help_text=_("Of orders of whose money nothing is known.")
    )
    charged_back_share = RateField(_("orders charged back"), default=Decimal("0.002"), help_text=_("Likewise."))
    settlement_days = models.PositiveSmallIntegerField(
        _("days to settlement"), default=14, help_text=_("From delivery, of orders of whose money nothing is known.")
    )
    default_days = models.PositiveSmallIntegerField(
        _("days to default"), default=90,
        help_text=_("Past due, or without any payment, for longer than this at the end: in default."),
    )  # fmt: skip
    loss_share = RateField(
        _("lost in default"), default=Decimal("0.6"), help_text=_("Share of the principal then owed: 0.6 is 60 %.")
    )
    seed = models.PositiveIntegerField(
        _("seed of luck"), default=1, help_text=_("The same seed draws the same lots.")
    )  # fmt: skip
    asked_by = models.CharField(max_length=80)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Which run of it is the one that counts.")
    sellers = models.PositiveIntegerField(default=0)
    sellers_done = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When its worker was last heard of.")
    seconds = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    error = models.TextField(blank=True)
    results = models.JSONField(null=True, blank=True)
    state = state_field(BACK_TEST_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("back_test", BACK_TEST_STATES),
            models.CheckConstraint(
                condition=Q(state="done", results__isnull=False) | (~Q(state="done") & Q(results=None)),
                name="back_test_done_has_results",
            ),
            models.CheckConstraint(
                condition=Q(last__gte=F("first")),
                name="back_test_ends_after_it_begins",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=Q(accept_share__gt=0, accept_share__lte=1, returned_share__gte=0, returned_share__lte=1)
                & Q(charged_back_share__gte=0, charged_back_share__lte=1, loss_share__gte=0, loss_share__lte=1),
                name="back_test_shares",
                violation_error_message=_("Write shares as parts of one: 0.02 is two in a hundred."),
            ),
            models.CheckConstraint(
                condition=Q(settlement_days__lte=365, default_days__gte=1, default_days__lte=3650),
                name="back_test_days",
                violation_error_message=_("Money is settled within a year; a default takes at least a day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.first} - {self.last}"

    @transition(field="state", source="waiting", target="running")
    def start(self) -> None:
        self.attempt += 1
        self.sellers_done, self.error, self.seconds = 0, "", None

    @transition(field="state", source="running", target="done")
    def finish(self, *, results: dict[str, Any], seconds: Decimal) -> None:
        self.results, self.seconds, self.sellers_done = results, seconds, self.sellers

    @transition(field="state", source="running", target="failed")
    def fail(self, *, error: str) -> None:
        self.error = error

    @transition(field="state", source=["waiting", "running"], target="cancelled")
    def cancel(self) -> None: ...

    @transition(field="state", source="running", target="interrupted")
    def lose(self) -> None:
        """Its worker has not been heard of for too long."""

    @transition(field="state", source=["failed", "cancelled", "interrupted"], target="waiting")
    def ask_again(self) -> None: ...


class BackTestSeller(models.Model):
    """What a back-test found for one seller under one of the two versions. Append-only; in the platform's currency."""

    back_test = models.ForeignKey(BackTest, on_delete=models.PROTECT, related_name="lines", db_index=False)
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="+", db_index=False)
    side = models.CharField(max_length=8, choices=[("version", _("tried")), ("against", _("live"))])
    qualified_on = models.DateField(null=True, blank=True, help_text="The first night that made an offer.")
    most_offered = AmountField()
    financings = models.PositiveIntegerField()
    drawn = AmountField()
    income = AmountField()
    missed = models.PositiveIntegerField(help_text="Minimums, instalments or due dates that were missed.")
    outstanding = AmountField(help_text="Principal, on the last day.")
    lost = AmountField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["back_test", "side", "seller"], name="back_test_seller_once")
        ]

    def __str__(self) -> str:
        return f"{self.seller_id} in back-test {self.back_test_id}"
