"""Double-entry books. A posting names a debit account, a credit account and a positive amount, so an unbalanced entry
cannot be written. Entries and postings are append-only; corrections are reversals."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q, Sum

from apps.core.models import AmountField, CurrencyField


class Kind(models.TextChoices):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Account(models.Model):
    """A place in the books, in one currency."""

    code = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    currency = CurrencyField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code", "currency"], name="account_once"),
            models.UniqueConstraint(fields=["id", "currency"], name="account_with_currency"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="account_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"

    @property
    def is_debit_normal(self) -> bool:
        """Whether debits raise the balance of this account."""
        return self.kind in {Kind.ASSET, Kind.EXPENSE}


class Entry(models.Model):
    """One event in the books, with a deterministic key: the same event is posted once, whoever asks again."""

    key = models.CharField(max_length=120, unique=True)
    business_date = models.DateField(db_index=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, blank=True, help_text="What it is about, such as financing:42.")
    currency = CurrencyField()
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    by = models.CharField(max_length=80)
    posted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "entries"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["id", "currency"], name="entry_with_currency")
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["subject"], name="entry_subject")]

    def __str__(self) -> str:
        return self.key


class Posting(models.Model):
    """`amount` moves from `credit` to `debit`. Foreign keys with the currency in them (see the migration) keep every
    posting in one currency."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings", db_constraint=False)
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    amount = AmountField()
    currency = CurrencyField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="posting_amount_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="posting_between_two_accounts"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class DailyTotalQuerySet(models.QuerySet["DailyTotal"]):
    """Balances, as sums of daily totals."""

    def balance(self, code: str, currency: str, through: date) -> Decimal:
        """Debits less credits of one account through the end of `through` (inclusive)."""
        totals = self.filter(account__code=code, account__currency=currency, business_date__lte=through)
        return totals.aggregate(net=Sum(F("debits") - F("credits")))["net"] or Decimal(0)

    def trial_balance(self, through: date) -> "models.QuerySet[DailyTotal, Any]":
        """Per account: code, currency, kind, sums of debits and of credits through `through` (inclusive)."""
        return (
            self.filter(business_date__lte=through)
            .values("account__code", "account__currency", "account__kind")
            .annotate(debit_sum=Sum("debits"), credit_sum=Sum("credits"))
            .order_by("account__currency", "account__code")
        )


class DailyTotal(models.Model):
    """What one account was debited and credited on one business date: kept with each posting, proved every night."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="daily_totals")
    business_date = models.DateField()
    debits = AmountField(default=Decimal(0))
    credits = AmountField(default=Decimal(0))

    objects = DailyTotalQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["account", "business_date"], name="daily_total_once"),
            models.CheckConstraint(condition=Q(debits__gte=0) & Q(credits__gte=0), name="daily_total_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.business_date}"


class Books(models.Model):
    """Which business dates still take entries. One row, locked by whoever moves it and shared by whoever writes.

    Dates through `frozen_through` are the night's alone; dates through `closed_through` are nobody's any more.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    frozen_through = models.DateField()
    closed_through = models.DateField()

    class Meta:
        verbose_name_plural = "books"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(id=1), name="books_is_one_row"),
            models.CheckConstraint(
                condition=Q(closed_through__lte=F("frozen_through")), name="books_closed_after_frozen"
            ),
        ]

    def __str__(self) -> str:
        return f"closed through {self.closed_through}"
