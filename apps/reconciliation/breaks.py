"""Opening a break for every difference, once, and closing by itself what arrives late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from apps.core.states import log_birth, move_all
from apps.reconciliation.models import Break, NightlyRun
from apps.reconciliation.rules import rules_in_force


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not fit. `amount` is ours less theirs, in `currency`; `key` names the difference for good."""

    key: str
    kind: str
    subject: str
    amount: Decimal
    currency: str
    text: str


def open_breaks(
    *, run: NightlyRun, found: Sequence[Difference], business_date: date, country: str, at: datetime, by: str
) -> list[Break]:
    """Open a break for each difference that has none yet, and let open ones whose difference is gone close as timing.

    Differences of other kinds of work than those in `found` are judged too: pass all of the night's at once. Each is
    due by the rules in force, in the business days of `country`.
    """
    known = set(Break.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    rules = {currency: rules_in_force(currency) for currency in {one.currency for one in found}}
    fresh = [
        Break(
            key=one.key,
            run=run,
            kind=one.kind,
            subject=one.subject,
            amount=one.amount,
            currency=one.currency,
            opened_on=business_date,
            due_on=rules[one.currency].due_on(one.kind, one.amount, business_date, country),
            text=one.text,
        )
        for one in found
        if one.key not in known
    ]
    Break.objects.bulk_create(fresh)
    log_birth(fresh, at=at, by=by)
    still_there = {one.key for one in found}
    gone = [
        one for one in Break.objects.unexplained().exclude(key__in=still_there).order_by("pk") if one.can("arrive_late")
    ]
    for one in gone:
        one.version += 1
    move_all(gone, "arrive_late", at=at, by=by, reason="the late leg arrived", fields=["version"])
    return fresh
