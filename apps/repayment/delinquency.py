"""Days past due, grace and pauses, and the bucket a product puts them in."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.products.buckets import Bucket, bucket_of
from apps.repayment.course_events import CourseTerms
from apps.repayment.lines import Line


class Pause(NamedTuple):
    """Days that do not count, both inclusive."""

    first: date
    last: date


class Delinquency(NamedTuple):
    """How late a financing is: `days_past_due` plain, `days` after grace and pauses; `bucket` "" when in time.

    `since` is the day delinquency begins: the oldest unpaid due date and the days of grace. `by_bucket` is what each
    instalment beyond its grace owes, by its own days past due less pauses.
    """

    days_past_due: int
    days: int
    since: date | None
    amount: Decimal
    bucket: str
    by_bucket: tuple[tuple[str, Decimal], ...] = ()


def days_past_due(oldest_unpaid: date | None, on: date) -> int:
    """Business date less the oldest unpaid due date, never below zero."""
    return max((on - oldest_unpaid).days, 0) if oldest_unpaid else 0


def delinquency(terms: CourseTerms, lines: Sequence[Line], pauses: Sequence[Pause], on: date) -> Delinquency:
    """How late the financing is on `on`, its oldest unpaid instalment deciding."""
    last_due = on if terms.due_day_counts else on - timedelta(days=1)
    late = [line for line in lines if line.due <= last_due and line.open.total]
    if not late:
        return Delinquency(0, 0, None, ZERO, "")
    oldest = min(line.due for line in late)
    amounts: dict[str, Decimal] = {}
    for line in late:
        if _days(line.due, terms, pauses, on):
            name = bucket_of(_days(line.due, terms, pauses, on, grace=0), terms.buckets)
            amounts[name] = amounts.get(name, ZERO) + line.open.total
    days = _days(oldest, terms, pauses, on)
    return Delinquency(
        days_past_due=days_past_due(oldest, on) + terms.due_day_counts,
        days=days,
        since=oldest + timedelta(days=terms.grace_days),
        amount=sum((line.open.total for line in late), ZERO),
        bucket=bucket_of(days, terms.buckets),
        by_bucket=tuple((bucket.name, amounts[bucket.name]) for bucket in terms.buckets if bucket.name in amounts),
    )


def _days(due: date, terms: CourseTerms, pauses: Sequence[Pause], on: date, grace: int | None = None) -> int:
    since = due + timedelta(days=terms.grace_days if grace is None else grace)
    paused = sum(max((min(pause.last, on) - max(pause.first, since)).days, 0) for pause in pauses)
    return max((on - since).days + terms.due_day_counts - paused, 0)


def worst(buckets: Sequence[Bucket], financings: Sequence[Delinquency]) -> str:
    """The worst bucket among the financings of one seller: it counts for all of them. "" when none is late."""
    order = [bucket.name for bucket in buckets]
    found = [order.index(one.bucket) for one in financings if one.bucket in order]
    return order[max(found)] if found else ""
