"""Time travel: a financing as the books knew it on a day, and as it is told today, with the cause of every cent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from apps.financing.models import Financing
from apps.repayment.models import Event, Movement
from apps.repayment.waterfall import Parts


@dataclass(frozen=True, slots=True)
class Restated:
    """One movement that is told otherwise today than it was known: `known` or `told` is None where it was not there.

    on     the date from which it counts
    cause  the event that changed it
    """

    on: date
    kind: str
    known: Movement | None
    told: Movement | None
    cause: Event


def as_known(financing: Financing, on: date) -> list[Movement]:
    """The movements that stood in the books by the end of business date `on`, in the order of booking."""
    return list(financing.movements.filter(business_date__lte=on).select_related("event").order_by("pk"))


def as_told(financing: Financing, on: date) -> list[Movement]:
    """The movements that count by the end of `on` as they are told today, in the order of the days they count from."""
    standing = financing.movements.filter(reverses=None, reversals=None).select_related("event")
    return sorted((one for one in standing if one.counts_from <= on), key=lambda one: (one.counts_from, one.pk))


def owed_after(movements: Iterable[Movement]) -> Parts:
    """What `movements` leave owed, by component, in the financing's currency."""
    owed = Parts()
    for one in movements:
        owed = owed.plus(one.parts)
    return owed


def restated(financing: Financing, on: date) -> list[Restated]:
    """What is told otherwise today than it was known at the end of `on`, oldest first; empty when nothing is."""
    booked = as_known(financing, on)
    undone_then = {one.reverses_id for one in booked if one.reverses_id}
    standing = [one for one in booked if one.reverses_id is None and one.pk not in undone_then]
    known = {(one.counts_from, one.identity): one for one in standing}
    told = {(one.counts_from, one.identity): one for one in as_told(financing, on)}
    pairs = [(key, known.get(key), told.get(key)) for key in sorted(known.keys() | told.keys())]
    differing = [(key, old, new) for key, old, new in pairs if old != new]
    undone = [old.pk for _key, old, _new in differing if old]
    undoings = Movement.objects.filter(reverses__in=undone).select_related("event")
    causes = {one.reverses_id: one.event for one in undoings}
    return [
        Restated(day, one.kind, old, new, cause)
        for (day, _identity), old, new in differing
        for one in [new or old]
        for cause in [new.event if new and new.event else causes.get(old.pk if old else None)]
        if one is not None and cause is not None
    ]
