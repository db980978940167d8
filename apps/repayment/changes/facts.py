"""The facts of a financing, read from what was booked and from what people did."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.changes.change import ENDS, Recorded
from apps.repayment.life import LAST_OF_THE_DAY, RETURNED, SWEEP, Fact
from apps.repayment.models import Event, Movement, identity_of
from apps.repayment.waterfall import Parts

FACTS = (
    "payment", "refund", "waiver", "charge", "rate", "due_date", "write_off", "chargeback", "carried", "restructure",
    "refill", "returned",
)  # fmt: skip


def standing_of(financing: Financing) -> list[Recorded]:
    """The movements that hold but for the disbursement, which a life begins with, in the order of booking."""
    rows = (
        Movement.objects.filter(financing=financing, reverses=None, reversals=None)
        .exclude(kind=Movement.Kind.DISBURSEMENT)
        .order_by("pk")
        .values_list(
            "pk", "business_date", "effective_on", "key", "kind", "penalty", "fee", "interest", "principal", "surplus"
        )
    )
    return [
        Recorded(effective_on or day, pk, identity_of(key), kind, Parts(*parts), surplus)
        for pk, day, effective_on, key, kind, *parts, surplus in rows
    ]


def facts_of(standing: Iterable[Recorded], events: Iterable[Event]) -> list[Fact]:
    """The facts of a financing: what its sales paid, and what people did."""
    sweeps = [
        Fact(one.on, LAST_OF_THE_DAY, SWEEP, SWEEP, one.on, one.surplus - one.change.total)
        for one in standing
        if one.kind == SWEEP
    ]
    acts = [
        Fact(
            one.effective_on,
            _order(one),
            f"{one.kind}:{one.number}",
            "charge" if one.kind == "chargeback" else one.kind,
            one.business_date + DAY if one.details.get("after_the_night") else one.business_date,
            Decimal(one.details["rate"]) if one.kind == "rate" else one.amount or ZERO,
            Parts(**{part: Decimal(amount) for part, amount in one.details.get("parts", {}).items()}),
            date.fromisoformat(one.details["to"]) if one.details.get("to") else None,
            one.details.get("more", 0),
        )
        for one in events
        if one.kind in FACTS and (one.kind != "chargeback" or one.details.get("parts"))
    ]
    return sweeps + acts


def _order(event: Event) -> int:
    """The place of an event among the facts of its date: money that came back was never there, so that comes before
    all else; what the night's end brought comes after its sweep."""
    if event.kind == RETURNED:
        return 0
    if event.kind in ENDS:
        return LAST_OF_THE_DAY
    return event.number + (LAST_OF_THE_DAY if event.details.get("after_the_night") else 0)


def standing_events(financing: Financing, *, without: Event | None) -> list[Event]:
    """What people did and nobody took back."""
    done = Event.objects.filter(financing=financing, state="done", reversed_by=None).order_by("number")
    return [one for one in done if without is None or one.pk != without.pk]
