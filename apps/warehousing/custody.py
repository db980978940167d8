"""The chain of custody: every step of a receipt, and of those that it came from, out of the transition log."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from apps.core.models import Transition
from apps.warehousing.models import Inspection, WarehouseReceipt

# What happened to the goods themselves, and to the title as everybody may know it. Pledges are the holder's business.
OPEN_TO_ALL = frozenset((
    "issue", "split", "transfer", "expire", "revalidate", "replace", "freeze", "unfreeze", "withdraw", "succeed",
    "fail",
))  # fmt: skip


class Step(NamedTuple):
    """One step: when, what (a verb of the models), of which receipt, in which state it left it, by whom and why."""

    at: datetime
    verb: str
    number: str
    state: str
    by: str
    reason: str


def custody_of(receipt: WarehouseReceipt) -> list[Step]:
    """Every step from the first announcement on, oldest first: of the receipt, of what it was split from or replaces,
    and the counts of its lot."""
    steps = [step for one in _line_of(receipt) for step in _steps_of(one)]
    counts = [step for one in Inspection.objects.of_lot(receipt.warehouse_id, receipt.lot) for step in _counts(one)]
    return sorted([*steps, *counts], key=lambda step: step.at) if receipt.lot else steps


def open_steps(receipt: WarehouseReceipt) -> list[Step]:
    """What anybody who holds the paper may know of it: no person, no reason, no pledge."""
    return [step for step in custody_of(receipt) if step.verb in OPEN_TO_ALL]


def _line_of(receipt: WarehouseReceipt) -> Iterator[WarehouseReceipt]:
    """The receipt and its forebears, the oldest first."""
    line = [receipt]
    while before := line[-1].parent or line[-1].replaces:
        line.append(before)
    return reversed(line)


def _steps_of(receipt: WarehouseReceipt) -> list[Step]:
    return [Step(one.at, one.verb, receipt.number, one.target, one.by, one.reason) for one in Transition.of(receipt)]


def _counts(inspection: Inspection) -> list[Step]:
    return [
        Step(one.at, one.verb, inspection.lot, one.target, one.by, one.reason)
        for one in Transition.of(inspection).filter(verb__in=["succeed", "fail", "resolve"])
    ]
