"""What banks say: their files, the statements and entries in them, and the lines of ours that came of them."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.banking.models.accounts import BankAccount
from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.ledger.models import Entry


class StatementFile(models.Model):
    """A bank's file as it came: the same bytes again are nothing new. Append-only; its bytes lie in `stored_as`."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, help_text="As the sender called it; it decides nothing.")
    format = models.CharField(max_length=12)
    version = models.CharField(max_length=12, blank=True)
    encoding = models.CharField(max_length=20)
    size = models.BigIntegerField(help_text="Bytes.")
    problems = models.JSONField(default=list, blank=True, help_text="[place, reason] each, of the file as such.")
    taken_in_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name

    @property
    def stored_as(self) -> str:
        """Where the platform's storage keeps the bytes, named by what they are."""
        return f"statements/{self.sha256}"


STATEMENT_STATES = ("read", "left", "booked")


class BankStatement(Stateful):
    """One statement of one account. Only a booked one has lines; interim reports and notifications stay `read`.

    `left` to a person is what does not add up, cannot be proved or has a problem. A person may have it booked on their
    word unless it is known not to add up.
    """

    class Kind(models.TextChoices):
        STATEMENT = "statement"
        INTERIM = "interim report"
        NOTIFICATION = "notification"

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    position = models.PositiveIntegerField(help_text="Counts the statements of the file from 1.")
    place = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements", db_index=False)
    number = models.CharField(max_length=80, blank=True, help_text="As the bank numbers it.")
    number_key = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, help_text="Of all that it says.")
    currency = CurrencyField()
    from_date = models.DateField(null=True, blank=True)
    to_date = models.DateField(null=True, blank=True)
    opening = AmountField(null=True, blank=True)
    closing = AmountField(null=True, blank=True)
    closing_on = models.DateField(null=True, blank=True)
    net = AmountField(null=True, blank=True, help_text="Booked entries in sum; empty when one is unreadable.")
    adds_up = models.BooleanField(null=True, help_text="Opening + net = closing; empty when it cannot be said.")
    difference = AmountField(null=True, blank=True)
    entry_count = models.PositiveIntegerField()
    not_booked = models.PositiveIntegerField(help_text="Entries that are pending, of information or in the future.")
    identical = models.PositiveIntegerField(help_text="Entries that say the very same as an earlier one.")
    problems = models.JSONField(default=list, blank=True, help_text="[place, reason] each.")
    accepted_by = models.CharField(max_length=80, blank=True, help_text="Who had it booked on their word.")
    state = state_field(STATEMENT_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("bank_statement", STATEMENT_STATES),
            models.UniqueConstraint(
                fields=["account", "number_key"],
                condition=Q(state="booked") & ~Q(number_key=""),
                name="bank_statement_booked_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="booked")
                | (Q(kind="statement") & (Q(adds_up=True) | Q(adds_up=None, accepted_by__gt=""))),
                name="bank_statement_booked_adds_up",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["account", "number_key"], name="bank_statement_number"),
            models.Index(fields=["account", "closing_on"], name="bank_statement_closing"),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.file_id}.{self.position}"

    @property
    def may_be_accepted(self) -> bool:
        """Whether a person may have it booked on their word."""
        return self.state == "left" and self.kind == self.Kind.STATEMENT and self.adds_up is not False

    @transition(field="state", source="read", target="booked")
    def book(self) -> None: ...

    @transition(field="state", source="read", target="left")
    def leave(self) -> None: ...

    @transition(field="state", source="left", target="booked")
    def accept(self, *, accepted_by: str) -> None:
        self.accepted_by = accepted_by


class StatementEntry(models.Model):
    """One entry of a statement as the bank wrote it, booked or not. Append-only; `amount` is positive for money in."""

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="entries", db_index=False)
    position = models.PositiveIntegerField(help_text="Counts the entries of the statement from 1.")
    place = models.CharField(max_length=80, help_text="Statement, entry and line of the file.")
    status = models.CharField(max_length=12)
    amount = AmountField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    booked_on = models.DateField(null=True, blank=True)
    value_on = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=140, blank=True, help_text="The sender's: what we gave, or the payer.")
    bank_reference = models.CharField(max_length=140, blank=True)
    code = models.CharField(max_length=80, blank=True)
    return_reason = models.CharField(max_length=35, blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    text = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64, help_text="Of what it says: equal for identical entries.")
    occurrence = models.PositiveIntegerField(help_text="Counts identical entries of the statement from 1.")

    class Meta:
        verbose_name_plural = "statement entries"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["statement", "position"], name="statement_entry_once")
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["bank_reference"], condition=~Q(bank_reference=""), name="statement_entry_bank_ref"),
        ]

    def __str__(self) -> str:
        return self.place


class GroupedPayment(models.Model):
    """One of the payments that an entry groups. Append-only; signed as the entry."""

    entry = models.ForeignKey(StatementEntry, on_delete=models.PROTECT, related_name="payments", db_index=False)
    position = models.PositiveIntegerField()
    amount = AmountField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    return_reason = models.CharField(max_length=35, blank=True)
    counterparty = models.CharField(max_length=140, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["entry", "position"], name="grouped_payment_once")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}.{self.position}"


class BankLineQuerySet(models.QuerySet["BankLine"]):
    """What banks say they booked."""

    def unmatched(self) -> "BankLineQuerySet":
        return self.filter(matched_to="")

    def unmatched_through(self, day: date) -> "BankLineQuerySet":
        """What is booked through `day` (inclusive) and not explained."""
        return self.unmatched().filter(booked_on__lte=day)


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
    carried_by = models.ForeignKey(
        Entry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bank_lines",
        help_text="The ledger entry by which its cash moved; set with matched_to.",
    )
    entry = models.OneToOneField(
        StatementEntry,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="line",
        help_text="The entry of a statement that it came of; a simulated bank has none.",
    )

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
