"""Bank accounts, what we ask banks to pay, and what banks say they booked."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold


class BankAccount(models.Model):
    """An account at a bank: the platform's collection account, a pool's funding account, or a seller's own."""

    class Purpose(models.TextChoices):
        COLLECTION = "collection"
        FUNDING = "funding"
        PAYOUT = "payout"

    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    holder = models.CharField(max_length=140)
    bank = models.CharField(max_length=140, blank=True)
    number = models.CharField(max_length=34, help_text="IBAN or local number.")
    currency = CurrencyField()
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(purpose__in=["collection", "funding", "payout"]), name="bank_account_purpose"
            ),
            models.UniqueConstraint(
                fields=["currency"], condition=Q(purpose="collection"), name="one_collection_account_a_currency"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.masked}"

    @property
    def masked(self) -> str:
        """The number as it may be shown: its last four places."""
        return f"··{self.number[-4:]}"


BATCH_STATES = ("built", "approved", "sent", "accepted", "settled", "rejected", "returned")


class PaymentBatch(Stateful):
    """Payments sent to the bank together, after a second person approved them."""

    key = models.CharField(max_length=80, unique=True)
    business_date = models.DateField()
    currency = CurrencyField()
    number_of_payments = models.PositiveIntegerField()
    total = AmountField()
    built_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80, blank=True)
    state = state_field(BATCH_STATES)

    class Meta:
        verbose_name_plural = "payment batches"
        constraints: ClassVar[list[Any]] = [
            states_hold("payment_batch", BATCH_STATES),
            models.CheckConstraint(
                condition=Q(state="built", approved_by="")
                | (~Q(state="built") & ~Q(approved_by="") & ~Q(approved_by=F("built_by"))),
                name="payment_batch_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @transition(field="state", source="built", target="approved")
    def approve(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source="approved", target="sent")
    def send(self) -> None: ...

    @transition(field="state", source="sent", target="accepted")
    def accept(self) -> None: ...

    @transition(field="state", source="accepted", target="settled")
    def settle(self) -> None: ...

    @transition(field="state", source=["sent", "accepted"], target="rejected")
    def reject(self) -> None: ...

    @transition(field="state", source=["accepted", "settled"], target="returned")
    def give_back(self) -> None: ...


class InstructionQuerySet(models.QuerySet["Instruction"]):
    """What we asked banks to do."""

    def unconfirmed(self) -> "InstructionQuerySet":
        return self.filter(confirmed_on=None)


class Instruction(models.Model):
    """One payment that we ask the bank to make. Confirmed when the bank's own line for it is found."""

    class Kind(models.TextChoices):
        DISBURSEMENT = "disbursement"
        PAYOUT = "payout"
        TRANSFER = "transfer"

    key = models.CharField(max_length=80, unique=True, help_text="Deterministic: the same payment is asked for once.")
    reference = models.CharField(
        max_length=35, unique=True, help_text="The end-to-end id that comes back on the bank's line."
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=60)
    from_purpose = models.CharField(max_length=12, choices=BankAccount.Purpose.choices)
    to_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = AmountField()
    currency = CurrencyField()
    business_date = models.DateField()
    batch = models.ForeignKey(PaymentBatch, null=True, on_delete=models.PROTECT, related_name="instructions")
    confirmed_on = models.DateField(null=True, blank=True)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="instruction_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["disbursement", "payout", "transfer"]), name="instruction_kind"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["business_date"], condition=Q(confirmed_on=None), name="instruction_unconfirmed"),
            models.Index(fields=["subject"], name="instruction_subject"),
        ]

    def __str__(self) -> str:
        return self.key


class BankLineQuerySet(models.QuerySet["BankLine"]):
    """What banks say they booked."""

    def unmatched(self) -> "BankLineQuerySet":
        return self.filter(matched_to="")


class BankLine(models.Model):
    """One booked line of a statement. `amount` is positive for money in, negative for money out."""

    purpose = models.CharField(max_length=12, choices=BankAccount.Purpose.choices)
    booked_on = models.DateField()
    amount = AmountField()
    currency = CurrencyField()
    reference = models.CharField(max_length=140, blank=True)
    text = models.CharField(max_length=300, blank=True)
    key = models.CharField(
        max_length=120, unique=True, help_text="Account, statement and place in it: a line lands once."
    )
    matched_to = models.CharField(max_length=80, blank=True, help_text="The movement that explains this line.")

    objects = BankLineQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(amount=0), name="bank_line_amount_not_zero"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["booked_on"], condition=Q(matched_to=""), name="bank_line_unmatched"),
            models.Index(fields=["reference"], name="bank_line_reference"),
        ]

    def __str__(self) -> str:
        return self.key
