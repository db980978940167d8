"""The financings behind a figure of the portfolio, as they stood on its date."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.financing.models import Financing
from apps.reconciliation.models import DEEPLY_LATE, ENDS, LATE, NEW, STANDINGS, UNKNOWN, Standing
from apps.reconciliation.portfolio.making import month_before
from apps.reconciliation.portfolio.reading import Slice
from apps.reconciliation.subledger import owed_on
from apps.repayment.models import Movement

ANY_LATE = "late"
COLUMNS_OF = {
    "product": "version__product", "pool": "pool", "grade": "offer__assessment__grade", "category": "seller__category",
    "region": "seller__region",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """Which figure: of `part` at the end of `on`.

    bucket       how they stood then: one of STANDINGS, ANY_LATE, or empty for all that owed anything
    before       how they stood a month before; empty: in whatever way
    since        not empty: all that moved on a date from then through `on`, whatever they owed
    month        the first day of the month in which they were paid out
    late_by      with `month`: that had been more than 30 days past due by the end of so many months on
    lost_by      with `month`: that were written off by then
    """

    on: date
    part: Slice = field(default_factory=Slice)
    bucket: str = ""
    before: str = ""
    since: date | None = None
    month: date | None = None
    late_by: int | None = None
    lost_by: int | None = None
    seller: int | None = None


def financings_behind(figure: Figure) -> QuerySet[Any]:
    """The financings that make `figure`, each with `principal_then` and `owed_then` at the end of its date and the
    `bucket_then` in which it stood."""
    rows = Financing.objects.filter(
        disbursed_on__lte=figure.on, **{COLUMNS_OF[name]: value for name, value in figure.part.chosen.items()}
    )
    if figure.seller is not None:
        rows = rows.filter(seller=figure.seller)
    if figure.month is not None:
        rows = _of_vintage(rows, figure, figure.month)
    elif figure.since is not None:
        moved = Movement.objects.filter(financing=OuterRef("pk"), business_date__range=(figure.since, figure.on))
        rows = rows.filter(Exists(moved))
    else:
        rows = rows.filter(Exists(_stood(figure.on).filter(bucket__in=_buckets(figure.bucket))))
    if figure.before:
        rows = _from(rows, figure.before, month_before(figure.on))
    return rows.select_related("seller", "version__product").annotate(
        bucket_then=Subquery(_stood(figure.on).values("bucket")[:1]), **owed_on(figure.on)
    )


def _stood(on: date) -> QuerySet[Standing]:
    return Standing.objects.filter(financing=OuterRef("pk"), since__lte=on).filter(Q(until=None) | Q(until__gt=on))


def _buckets(bucket: str) -> tuple[str, ...]:
    if bucket == ANY_LATE:
        return LATE
    return (bucket,) if bucket else tuple(name for name in STANDINGS if name not in ENDS)


def _from(rows: QuerySet[Any], before: str, on: date) -> QuerySet[Any]:
    if before == NEW:
        return rows.filter(disbursed_on__gt=on)
    if before == UNKNOWN:
        return rows.filter(~Exists(_stood(on)), disbursed_on__lte=on)
    return rows.filter(Exists(_stood(on).filter(bucket=before)), disbursed_on__lte=on)


def _of_vintage(rows: QuerySet[Any], figure: Figure, month: date) -> QuerySet[Any]:
    rows = rows.filter(disbursed_on__range=(month, _end_of(month, 0)))
    had = Standing.objects.filter(financing=OuterRef("pk"))
    if figure.late_by is not None:
        rows = rows.filter(Exists(had.filter(bucket__in=DEEPLY_LATE, since__lte=_end_of(month, figure.late_by))))
    if figure.lost_by is not None:
        rows = rows.filter(Exists(had.filter(bucket="written_off", since__lte=_end_of(month, figure.lost_by))))
    return rows


def _end_of(month: date, on: int) -> date:
    """The last day of the month that lies `on` months after `month`."""
    years, number = divmod(month.month - 1 + on, 12)
    year = month.year + years
    return date(year, number + 1, monthrange(year, number + 1)[1])
