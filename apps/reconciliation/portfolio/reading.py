"""Reading the portfolio: what a slice of it came to on a date and over a period. Sums in the platform's currency."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from apps.core.money import ZERO
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.reconciliation.models import (
    DIMENSIONS,
    ENDS,
    ControlTotal,
    LargestSeller,
    PortfolioDay,
    PortfolioFlow,
    PortfolioRow,
    Vintage,
)
from apps.reconciliation.portfolio.rates import Curve, Lives, Rolled, curves

OWED = F("principal") + F("fee") + F("interest") + F("penalty")
INCOME = F("fee_income") + F("interest_income") + F("penalty_income")
INCOME_ACCOUNTS = {
    "fee_income": chart.FEE_INCOME, "interest_income": chart.INTEREST_INCOME, "penalty_income": chart.PENALTY_INCOME,
}  # fmt: skip
BALANCES = ("principal", "fee", "interest", "penalty", "overpaid")
STANDS = ("financings", "principal_before", *BALANCES, "past_due", "goods_owed", "goods_value", "goods_room")
OF_FLOWS = {"product", "pool"}
MONTHS_OF_A_VINTAGE = 12


@dataclass(frozen=True, slots=True)
class Slice:
    """What the figures are narrowed to; None is all of it, "" is what has no grade, category or region."""

    product: int | None = None
    pool: int | None = None
    grade: str | None = None
    category: str | None = None
    region: str | None = None

    @property
    def chosen(self) -> dict[str, Any]:
        """The dimensions that are narrowed, as rows are filtered by them."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


@dataclass(frozen=True, slots=True)
class Stand:
    """What the financings of one bucket, or of all of them, come to at the end of a date."""

    financings: int
    principal_before: Decimal
    principal: Decimal
    fee: Decimal
    interest: Decimal
    penalty: Decimal
    overpaid: Decimal
    past_due: Decimal
    goods_owed: Decimal
    goods_value: Decimal
    goods_room: Decimal

    @property
    def owed(self) -> Decimal:
        return self.principal + self.fee + self.interest + self.penalty

    @property
    def ratio(self) -> Decimal | None:
        """What is owed against goods over what these are worth; None without goods."""
        return self.goods_owed / self.goods_value if self.goods_value else None


@dataclass(frozen=True, slots=True)
class Flow:
    """One date: what it earned, what it should have brought in and what it did."""

    day: date
    income: Decimal
    expected: Decimal
    collected: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """What was owed at the end of one date, and how much of it was past due."""

    owed: Decimal
    past_due: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What one product, grade, category or region owes; `value` is its key or name."""

    value: Any
    financings: int
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Proved:
    """A sum of the portfolio's rows beside the same sum of the night's control totals, or of the ledger's income."""

    name: str
    rows: Decimal
    ledger: Decimal

    @property
    def difference(self) -> Decimal:
        return self.rows - self.ledger


def rows_of(day: PortfolioDay, part: Slice) -> QuerySet[PortfolioRow]:
    """The rows of one date that lie in `part`."""
    return PortfolioRow.objects.filter(day=day, **part.chosen)


def rows_of_period(first: date, last: date, part: Slice) -> QuerySet[PortfolioRow]:
    """The rows in `part` of every date from `first` to `last`, both inclusive."""
    return PortfolioRow.objects.filter(day__business_date__range=(first, last), **part.chosen)


def stands(day: PortfolioDay, part: Slice) -> dict[tuple[str, str], Stand]:
    """By how financings stood a month before and how they stand on `day`."""
    sums = (
        rows_of(day, part)
        .values_list("before", "bucket")
        .annotate(**{f"{name}_sum": Sum(name) for name in STANDS})
        .order_by("before", "bucket")
    )
    return {(before, bucket): Stand(*figures) for before, bucket, *figures in sums}


def by_bucket(found: Mapping[tuple[str, str], Stand]) -> dict[str, Stand]:
    """The same by how they stand now."""
    return {
        bucket: total(one for (_before, now), one in found.items() if now == bucket)
        for bucket in dict.fromkeys(now for _before, now in found)
    }


def total(parts: Any) -> Stand:
    """All `parts` together."""
    held = list(parts)
    return Stand(
        sum(one.financings for one in held),
        *(sum((getattr(one, name) for one in held), ZERO) for name in STANDS[1:]),
    )


def rolled(found: Mapping[tuple[str, str], Stand]) -> list[Rolled]:
    """What `rates.roll_rates` takes."""
    return [Rolled(before, bucket, one.principal_before, one.financings) for (before, bucket), one in found.items()]


def flows(first: date, last: date, part: Slice) -> list[Flow]:
    """Every date made from `first` to `last`, both inclusive, oldest first; a date on which the slice is empty is
    left out. Narrowed by no more than product and pool, a year is read as fast as a month."""
    found: QuerySet[Any] = rows_of_period(first, last, part)
    income: Any = INCOME
    if set(part.chosen) <= OF_FLOWS:
        found = PortfolioFlow.objects.filter(day__business_date__range=(first, last), **part.chosen)
        income = F("income")
    sums = (
        found.values_list("day__business_date")
        .annotate(income_sum=Sum(income), expected_sum=Sum("expected"), collected_sum=Sum("collected"))
        .order_by("day__business_date")
    )
    return [Flow(*row) for row in sums]


def levels(days: Collection[date], part: Slice) -> dict[date, Level]:
    """The ends of `days`; a date on which the slice is empty is left out."""
    sums = (
        PortfolioRow.objects.filter(day__business_date__in=days, **part.chosen)
        .values_list("day__business_date")
        .annotate(owed_sum=Sum(OWED), past_due_sum=Sum("past_due"))
    )
    return {day: Level(owed, past_due) for day, owed, past_due in sums}


def parts(day: PortfolioDay, part: Slice, dimension: str) -> list[Part]:
    """What each value of one of DIMENSIONS owes on `day`, the most first."""
    if dimension not in DIMENSIONS:
        raise ValueError(f"{dimension!r} is none of {DIMENSIONS}.")
    sums = (
        rows_of(day, part)
        .exclude(bucket__in=ENDS)
        .values_list(dimension)
        .annotate(number=Sum("financings"), owed_sum=Sum(OWED))
    )
    return [Part(*row) for row in sums.order_by("-owed_sum", dimension)]


def largest_sellers(day: PortfolioDay, part: Slice) -> tuple[list[LargestSeller], str]:
    """Those who owe most on `day`, and of what: "product" or "pool" when `part` names one, else "" for the platform.

    Grade, category and region do not narrow it: of these no ranking is kept."""
    of = "product" if part.product is not None else "pool" if part.pool is not None else ""
    kept = LargestSeller.objects.filter(
        day=day,
        product=part.product,
        pool=part.pool if part.product is None else None,
    )
    return list(kept.select_related("seller").order_by("place")), of


def vintages(day: PortfolioDay, part: Slice) -> list[Curve]:
    """The curves of each month of payouts as they stood on `day`, oldest first, one year on at most."""
    sums = (
        Vintage.objects.filter(month__lte=day.business_date, **part.chosen)
        .values_list("month", "late_after", "lost_after")
        .annotate(number=Sum("financings"), drawn_sum=Sum("drawn"), lost_sum=Sum("lost"))
        .order_by("month")
    )
    return curves((Lives(*row) for row in sums), on=day.business_date, longest=MONTHS_OF_A_VINTAGE)


def proved(day: PortfolioDay) -> list[Proved]:
    """All rows of `day` against the control totals of its night and the ledger's income of that date."""
    names = (*BALANCES, *INCOME_ACCOUNTS)
    found = PortfolioRow.objects.filter(day=day).aggregate(**{f"{name}_sum": Sum(name) for name in names})
    ledger: dict[str, Decimal] = dict(
        ControlTotal.objects.filter(run__business_date=day.business_date, name__in=BALANCES).values_list(
            "name", "closing"
        )
    )
    earned = dict(
        DailyTotal.objects.filter(business_date=day.business_date, account__code__in=INCOME_ACCOUNTS.values())
        .values_list("account__code")
        .annotate(net=Sum(F("credits") - F("debits")))
    )
    ledger |= {name: earned.get(account, ZERO) for name, account in INCOME_ACCOUNTS.items()}
    return [Proved(name, found[f"{name}_sum"] or ZERO, ledger.get(name, ZERO)) for name in names]


def values_of(dimensions: Sequence[str]) -> dict[str, list[Any]]:
    """Which values of each of `dimensions` the latest date knows, in order."""
    latest = PortfolioDay.objects.order_by("-business_date").values("pk")[:1]
    known = set(PortfolioRow.objects.filter(day=latest).values_list(*dimensions).distinct())
    return {name: sorted({row[place] for row in known}) for place, name in enumerate(dimensions)}
