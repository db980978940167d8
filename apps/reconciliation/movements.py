"""What is open on both sides: lines that banks booked and nobody has explained, and movements that nobody has seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from apps.banking.models import BankLine, Instruction
from apps.reconciliation.matching import expected_settlements
from apps.reconciliation.models import Clearing
from apps.reconciliation.passes import Item

LOOKED_BACK = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Open:
    """Both sides as the passes take them. `spoken_for`: references of ours that lines carry and nothing waits for."""

    lines: list[Item]
    expected: list[Item]
    spoken_for: frozenset[str]


def line_key(line: BankLine) -> str:
    """The name of a bank line among items, breaks and clearings."""
    return f"bank_line:{line.pk}"


def open_items(*, business_date: date, currency: str) -> Open:
    """Unexplained lines booked through `business_date`, and what is expected on the platform's accounts by then."""
    lines = list(BankLine.objects.unmatched_through(business_date).order_by("pk"))
    carried = {line.reference for line in lines if line.reference}
    ours = set(Instruction.objects.filter(reference__in=carried).values_list("reference", flat=True))
    ours |= {reference for reference in carried if reference.startswith("SETTLEMENT-")}
    return Open(
        [_line_item(line) for line in lines],
        [*_instructions(business_date), *_transfers_in(business_date), *_settlements(business_date, currency)],
        frozenset(ours),
    )


def _line_item(line: BankLine) -> Item:
    return Item(
        line_key(line), line.purpose, line.currency, line.amount, line.booked_on, line.reference, text=line.text
    )


def _instructions(business_date: date) -> Iterable[Item]:
    waiting = Instruction.objects.unconfirmed().filter(business_date__lte=business_date).select_related("to_account")
    for one in waiting.exclude(batch__state__in=["built", "approved"]).order_by("pk"):
        yield Item(
            f"instruction:{one.pk}",
            one.from_purpose,
            one.currency,
            -one.amount,
            one.business_date,
            one.reference,
            text=one.to_account.holder if one.to_account else "",
        )


def _transfers_in(business_date: date) -> Iterable[Item]:
    """The far end of transfers that left the collection account and have not reached the funding account."""
    sent = Instruction.objects.filter(
        kind=Instruction.Kind.TRANSFER, confirmed_on__range=(business_date - LOOKED_BACK, business_date)
    )
    names = {f"instruction:{one.pk}:in": one for one in sent.order_by("pk")}
    arrived = set(BankLine.objects.filter(matched_to__in=names).values_list("matched_to", flat=True))
    arrived |= Clearing.objects.standing().expecting(names)
    for name, one in names.items():
        if name not in arrived:
            yield Item(name, "funding", one.currency, one.amount, one.business_date, one.reference)


def _settlements(business_date: date, currency: str) -> Iterable[Item]:
    expected = expected_settlements(business_date)
    for reference, due in expected.items():
        yield Item(due.explained_by, "collection", currency, due.net, due.day, reference)
