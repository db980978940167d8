"""Money that comes in for what was written off, and what of it the bank takes back: income of the pool, both ways.

It changes nothing that is owed, so no life is told again for it: the event and its entry are the whole of it.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import Case, F, Q, QuerySet, Sum, When

from apps.core.money import ZERO
from apps.evidence.services import record
from apps.financing.models import Financing, Share
from apps.financing.services.participations import move
from apps.ledger import chart
from apps.ledger.services import Line, post
from apps.repayment.models import Event


def recovered_by(event: Event) -> Decimal:
    """What `event` adds to what was recovered, in its financing's currency: below nothing where it takes a recovery
    back, nothing where it is neither."""
    amount = event.amount or ZERO
    if event.kind == Event.Kind.RECOVERY:
        return amount
    return -amount if event.reverses is not None and event.reverses.kind == Event.Kind.RECOVERY else ZERO


def recoveries(events: QuerySet[Event]) -> QuerySet[Event]:
    """The recoveries among `events`, and what took them back, in the order in which they were done."""
    of_recoveries = Q(kind=Event.Kind.RECOVERY) | Q(reverses__kind=Event.Kind.RECOVERY)
    return events.filter(of_recoveries, state="done").select_related("reverses").order_by("at", "pk")


def recovered(events: QuerySet[Event]) -> Decimal:
    """What `events`, all in one currency, recovered and did not take back."""
    signed = Case(When(kind=Event.Kind.RECOVERY, then=F("amount")), default=-F("amount"))
    return recoveries(events).aggregate(total=Sum(signed))["total"] or ZERO


def book_recovery(event: Event, financing: Financing, *, at: datetime, by: str) -> Event:
    """Save `event`, a recovery or the reversal of one, with its entry, the pools' part and its record, within the
    caller's transaction, which holds the financing."""
    event.save()
    amount = recovered_by(event)
    subject = f"financing:{financing.pk}"
    key = f"event:{financing.pk}:{event.number}"
    debit, credit = (chart.COLLECTION_CASH, chart.RECOVERIES)[:: 1 if amount > 0 else -1]
    post(
        key=key, kind=event.kind, business_date=event.business_date, currency=financing.currency,
        lines=[Line(debit, credit, abs(amount))], subject=subject, at=at, by=by,
    )  # fmt: skip
    move(
        financing, key=key, on=event.business_date, principal=ZERO, income=amount, collected=amount,
        kind=Share.Kind.RECOVERED,
    )  # fmt: skip
    payload = {"number": financing.number, "amount": amount, "reason": event.reason}
    if event.reverses is not None:
        payload |= {"event": event.number, "takes_back": event.reverses.number}
    record(kind=event.kind, subject=subject, payload=payload, business_date=event.business_date, at=at, by=by)
    return event
