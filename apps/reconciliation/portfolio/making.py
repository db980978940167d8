"""Making the portfolio's rows of a business date: after its night, in a transaction of its own, once."""

from calendar import monthrange
from datetime import date, datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Max

from apps.core.dates import DAY, days_between
from apps.core.money import quantum
from apps.financing.models import Financing
from apps.ledger.models import Books
from apps.reconciliation.models import PortfolioDay, Vintage
from apps.reconciliation.portfolio import statements

LARGEST = 10


class DayNotMade(ValueError):
    """The portfolio of this date cannot be made; the message says why. Nothing was changed."""


def month_before(day: date) -> date:
    """The same day of the month before, or that month's last day."""
    last = day.replace(day=1) - DAY
    return last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))


def missing_days() -> list[date]:
    """Closed business dates of the entered platform without a portfolio, oldest first.

    Where none was ever made it begins with the latest: how late financings were on dates before that is not known.
    """
    books = Books.objects.filter(id=1).first()
    if books is None or not Financing.objects.filter(disbursed_on__lte=books.closed_through).exists():
        return []
    last = PortfolioDay.objects.aggregate(last=Max("business_date"))["last"]
    return list(days_between(last + DAY if last else books.closed_through, books.closed_through))


def make_missing_days(*, currency: str, at: datetime) -> list[PortfolioDay]:
    """Make the days that `missing_days` names, on a platform whose currency is `currency`."""
    return [make_day(business_date=day, currency=currency, at=at) for day in missing_days()]


def make_day(*, business_date: date, currency: str, at: datetime) -> PortfolioDay:
    """The portfolio at the end of `business_date`; made once, asked again it is answered as it is.

    Raises DayNotMade while the date is open, or when a later one is made already: the days build on one another.
    """
    with transaction.atomic():
        books = Books.objects.filter(id=1).first()
        if books is None or books.closed_through < business_date:
            raise DayNotMade(f"The night of {business_date} has not closed its day yet. Nothing was made.")
        day, is_new = PortfolioDay.objects.get_or_create(
            business_date=business_date,
            defaults={"currency": currency, "made_at": at, "marks_through": books.closed_through},
        )
        if not is_new:
            return day
        if PortfolioDay.objects.filter(business_date__gt=business_date).exists():
            raise DayNotMade(f"The portfolio of a date after {business_date} is made already. Nothing was made.")
        _fill(day)
    structlog.get_logger().info("portfolio made", business_date=business_date.isoformat())
    return day


def _fill(day: PortfolioDay) -> None:
    facts: dict[str, Any] = {
        "day_id": day.pk,
        "day": day.business_date,
        "before": month_before(day.business_date),
        "digits": -int(quantum(day.currency).as_tuple().exponent),
        "largest": LARGEST,
    }
    Vintage.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(statements.FACTS, facts)
        cursor.execute("ANALYZE portfolio_facts")
        for statement in (
            statements.ROWS,
            statements.FLOWS,
            statements.STANDINGS_END,
            statements.STANDINGS_BEGIN,
            statements.LARGEST_SELLERS,
            statements.VINTAGES,
            "DROP TABLE portfolio_facts",
        ):
            cursor.execute(statement, facts)
