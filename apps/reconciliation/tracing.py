"""Where a figure comes from: the postings of an account, and what each entry rests on, down to the file and the line.

Reads only. Each list is a queryset, so that a page takes from it what it shows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Abs

from apps.banking.models import BankLine
from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.ledger import chart
from apps.ledger.models import Account, Books, DailyTotal, Entry, Posting
from apps.orders.models import Proceeds
from apps.reconciliation.portfolio.behind import ANY_LATE, Figure, financings_behind
from apps.reconciliation.subledger import owed_on
from apps.repayment.models import Movement

# The step of the night that posts entries of a kind; of other kinds the people or services name themselves.
STEP_OF_KIND = {
    "accrual": "accrue",
    "penalty": "accrue",
    "sales": "sweep",
    "sweep": "sweep",
    "bank_payout": "match",
    "bank_transfer": "match",
    "bank_settlement": "match",
}
Part = Literal["movements", "proceeds", "lines"]


@dataclass(frozen=True, slots=True)
class AccountSums:
    """An account over a range of dates, on the side on which it grows: opening + debits and credits = closing."""

    opening: Decimal
    debits: Decimal
    credits: Decimal
    moved: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.moved


@dataclass(frozen=True, slots=True)
class KindSum:
    """What entries of one kind moved on an account, on the side on which it grows."""

    kind: str
    postings: int
    moved: Decimal


def account_sums(account: Account, first: date, last: date) -> AccountSums:
    """The sums of `account` from `first` to `last`, both inclusive, from the daily totals."""
    within = DailyTotal.objects.filter(account=account, business_date__range=(first, last))
    sums = within.aggregate(debits=Sum("debits"), credits=Sum("credits"))
    debits, credits = sums["debits"] or ZERO, sums["credits"] or ZERO
    before = DailyTotal.objects.balance(account.code, account.currency, first - DAY)
    if account.is_debit_normal:
        return AccountSums(before, debits, credits, debits - credits)
    return AccountSums(ZERO - before, debits, credits, credits - debits)


def postings_of(account: Account, first: date, last: date, kind: str = "") -> QuerySet[Posting, Any]:
    """The postings on `account` from `first` to `last`, both inclusive, of one kind of entry when it is given. Each
    says by `moved` what it moves, on the side on which the account grows."""
    found = Posting.objects.filter(Q(debit=account) | Q(credit=account), entry__business_date__range=(first, last))
    if kind:
        found = found.filter(entry__kind=kind)
    grows = "debit" if account.is_debit_normal else "credit"
    return found.select_related("entry", "debit", "credit").annotate(
        moved=Case(When(**{grows: account}, then=F("amount")), default=-F("amount"))
    )


def kinds_of(account: Account, first: date, last: date) -> list[KindSum]:
    """What moved `account` from `first` to `last`, both inclusive, by kind of entry."""
    sums = (
        postings_of(account, first, last)
        .order_by("entry__kind")
        .values_list("entry__kind")
        .annotate(number=Count("pk"), total=Sum("moved"))
    )
    return [KindSum(*row) for row in sums]


@dataclass(frozen=True, slots=True)
class Behind:
    """What an entry rests on. `longest` is the list that may have no end of rows.

    movements   of the financings whose balances it carries
    proceeds    the settlement lines of the sales that it books, or keeps repayment from
    lines       the bank's lines by which its cash moved
    """

    movements: QuerySet[Movement, Any]
    proceeds: QuerySet[Proceeds, Any]
    lines: QuerySet[BankLine, Any]
    longest: Part


def behind(entry: Entry) -> Behind:
    """What `entry` rests on."""
    lines = BankLine.objects.filter(carried_by=entry).select_related("entry__statement__file")
    proceeds = _proceeds_of(entry).select_related("seller", "order__feed", "settlement__file")
    longest: Part = "proceeds"
    if entry.kind in {"accrual", "penalty"}:
        longest = "movements"
    elif entry.kind in {"bank_payout", "bank_transfer"}:
        longest = "lines"
    return Behind(_movements_of(entry).select_related("financing__seller", "event"), proceeds, lines, longest)


def _movements_of(entry: Entry) -> QuerySet[Movement, Any]:
    """The movements that name `entry`. What accrues is posted in sum for a product and a range of sellers, whose keys
    end that entry's own."""
    about, _colon, name = entry.subject.partition(":")
    moved = Movement.objects.filter(business_date=entry.business_date, entry_key=entry.key)
    if about == "financing":
        return moved.filter(financing_id=int(name))
    if about == "product":
        first, last = entry.key.rpartition(":")[2].split("-")
        return moved.filter(financing__seller__pk__gte=int(first), financing__seller__pk__lte=int(last))
    return moved.none()


def _proceeds_of(entry: Entry) -> QuerySet[Proceeds, Any]:
    name = entry.subject.partition(":")[2]
    if entry.kind in {"sales", "sweep"}:  # of the sales day in their key, which a missed night booked later
        booked = Proceeds.objects.booked(date.fromisoformat(entry.key.split(":")[1]))
        whose = "seller_id" if entry.kind == "sales" else "seller__financings"
        return booked.filter(**{whose: int(name)})
    if entry.kind == "provider_fees":
        return Proceeds.objects.filter(settlement_id=int(name))
    if entry.kind == "bank_settlement":
        payout = entry.key.removeprefix("bank:settlement:payout:")
        if payout != entry.key:
            return Proceeds.objects.filter(settlement_id=int(payout))
        return Proceeds.objects.booked(date.fromisoformat(name)).filter(settlement=None)
    return Proceeds.objects.none()


@dataclass(frozen=True, slots=True)
class Earned:
    """What came to one account of income, in that account's currency; less than nothing where it was undone."""

    account: Account
    amount: Decimal


def income_on(day: date) -> list[Earned]:
    """What became income from fees, interest and penalties on `day`, by account."""
    income = Q(account__code__in=[chart.FEE_INCOME, chart.INTEREST_INCOME, chart.PENALTY_INCOME])
    moved = DailyTotal.objects.filter(income, business_date=day).select_related("account")
    return [Earned(one.account, one.credits - one.debits) for one in moved.order_by("account__code")]


def late_on(day: date) -> QuerySet[Financing, Any]:
    """The financings that were late at the end of `day`, each with `owed_then`: by their marks where the latest night
    closed that date, else as the portfolio knows them to have stood."""
    if not Books.objects.filter(closed_through=day).exists():
        return financings_behind(Figure(on=day, bucket=ANY_LATE))
    late = Financing.objects.active().filter(past_due__gt=0)
    return late.select_related("seller", "version__product").annotate(**owed_on(day))


def explained_lines(on: date) -> QuerySet[BankLine, Any]:
    """The bank's lines that the night of `on` explained; the far end of a transfer is counted at its near end."""
    found = BankLine.objects.filter(carried_by__business_date=on).exclude(carried_by__by__startswith="user:")
    return found.exclude(matched_to__endswith=":in").select_related("entry__statement__file", "carried_by")


def sum_of_lines(lines: QuerySet[BankLine, Any]) -> Decimal:
    """The lines' amounts in sum, each without its sign."""
    total: Decimal | None = lines.aggregate(total=Sum(Abs("amount")))["total"]
    return total or ZERO
