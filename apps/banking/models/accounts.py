"""Bank accounts: the platform's, its pools' and its sellers'; and how each bank's CSV files are read."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models import CurrencyField


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
    bic = models.CharField(max_length=11, blank=True, db_default="", help_text="Of the bank, where payments need one.")
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

    def is_named(self, written: str) -> bool:
        """Whether `written`, as a file has it, is this account: its number, alone or behind its bank's, with or without
        its currency behind it."""
        own = _plain(self.number)
        names = {_plain(written), _plain(written.rpartition("/")[2])}
        return bool(own) and not names.isdisjoint({own, f"{own}{self.currency}"})


def _plain(number: str) -> str:
    return "".join(letter for letter in number if letter.isalnum()).upper()


class CsvMapping(models.Model):
    """How one account's CSV files are read: made once by a person, who saw the first rows read by it."""

    account = models.OneToOneField(BankAccount, on_delete=models.PROTECT, related_name="csv_mapping")
    settings = models.JSONField(help_text="The fields of statements.sheets.ColumnMapping.")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"CSV of {self.account}"
