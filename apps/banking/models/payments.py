"""What we ask banks to pay, alone or in batches, and what they answered."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Replace
from django_fsm import transition

from apps.banking.models.accounts import BankAccount
from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold

BATCH_STATES = ("built", "approved", "sent", "accepted", "settled", "rejected", "returned", "refused")

BY_HAND = "disbursements:"  # how the keys begin of batches that are built at the desk
WITHDRAWAL = "withdrawal:"  # and of those that each pay one withdrawal from a pool


class PaymentBatchQuerySet(models.QuerySet["PaymentBatch"]):
    """Batches by what banks call them."""

    def named(self, message_id: str) -> "PaymentBatchQuerySet":
        """The batch whose `message_id` this is, if any."""
        return self.annotate(name=Replace("key", Value(":"), Value("-"))).filter(name=message_id)


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

    objects = PaymentBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "payment batches"
        constraints: ClassVar[list[Any]] = [
            states_hold("payment_batch", BATCH_STATES),
            models.CheckConstraint(
                condition=Q(state__in=["built", "refused"], approved_by="")
                | (~Q(state__in=["built", "refused"]) & ~Q(approved_by="") & ~Q(approved_by=F("built_by"))),
                name="payment_batch_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def message_id(self) -> str:
        """How the bank's files name the batch."""
        return self.key.replace(":", "-")

    @property
    def is_by_hand(self) -> bool:
        """Built at the desk out of disbursements, by no night."""
        return self.key.startswith(BY_HAND)

    @property
    def is_withdrawal(self) -> bool:
        """What a financier takes out of a pool; approved on the page of the withdrawal."""
        return self.key.startswith(WITHDRAWAL)

    @transition(field="state", source="built", target="approved")
    def approve(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source="built", target="refused")
    def refuse(self) -> None:
        """The bank never has it; whoever asked for its payments says what becomes of them."""

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
        return self.filter(confirmed_on=None, failed_on=None)

    def left_behind(self, on: date) -> "InstructionQuerySet":
        """Payouts of dates through `on` that came after the batch of their night was built."""
        return self.unconfirmed().filter(kind=Instruction.Kind.PAYOUT, batch=None, business_date__lte=on)


class Instruction(models.Model):
    """One payment that we ask the bank to make. Confirmed when the bank's own line for it is found.

    Failed is one that the bank rejected, or booked and gave back: what it owed is owed again.
    """

    class Kind(models.TextChoices):
        DISBURSEMENT = "disbursement"
        PAYOUT = "payout"
        TRANSFER = "transfer"
        WITHDRAWAL = "withdrawal"

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
    failed_on = models.DateField(null=True, blank=True, help_text="The business date on which it came to nothing.")
    failure_reason = models.CharField(max_length=140, blank=True, db_default="", help_text="The bank's code and words.")

    objects = InstructionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="instruction_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["disbursement", "payout", "transfer", "withdrawal"]), name="instruction_kind"
            ),
            models.CheckConstraint(
                condition=Q(failed_on=None, failure_reason="") | (Q(failed_on__isnull=False) & ~Q(failure_reason="")),
                name="instruction_failure_has_a_reason",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["business_date"], condition=Q(confirmed_on=None, failed_on=None), name="instruction_unconfirmed"
            ),
            models.Index(fields=["subject"], name="instruction_subject"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def subject_id(self) -> int:
        """The number in `subject`: of the financing, proceeds or other row that it pays for."""
        return int(self.subject.partition(":")[2])


class PaymentAnswer(models.Model):
    """A bank's answer to a batch (pain.002): the same bytes again are nothing new. Append-only."""

    batch = models.ForeignKey(PaymentBatch, on_delete=models.PROTECT, related_name="answers")
    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=4, help_text="ISO 20022's code for the batch as a whole.")
    rejected = models.PositiveIntegerField(help_text="Payments that the bank will not make.")
    taken_in_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name
