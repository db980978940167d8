"""How a night compares with those before it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F

from apps.reconciliation.models import NightlyRun, NightlyStep

NIGHTS = 30


@dataclass(frozen=True, slots=True)
class Trend:
    """How long a step took on each of the nights before, oldest first, and what is usual: their median, in seconds."""

    nights: tuple[tuple[date, Decimal], ...]
    usual: Decimal


def trends(run: NightlyRun) -> dict[str, Trend]:
    """By step, the last NIGHTS nights before `run` on which it was done; steps never done before are left out."""
    before = NightlyRun.objects.filter(business_date__lt=run.business_date).order_by("-business_date")
    runs = list(before.values_list("pk", flat=True)[:NIGHTS])
    rows = (
        NightlyStep.objects.filter(run__in=runs, state="done")
        .annotate(day=F("run__business_date"))
        .order_by("day")
        .values_list("name", "day", "seconds")
    )
    by_step: defaultdict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for name, day, seconds in rows:
        by_step[name].append((day, seconds))
    return {name: Trend(tuple(nights), _median([one for _day, one in nights])) for name, nights in by_step.items()}


def _median(numbers: list[Decimal]) -> Decimal:
    ranked = sorted(numbers)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
