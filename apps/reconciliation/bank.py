"""A bank that books what it was told, for replays and demo platforms: no real bank is behind it."""

from datetime import date, timedelta

from apps.banking.models import BankLine, Instruction
from apps.reconciliation.matching import expected_settlements, settlement_reference


def book_payments(*, on: date) -> int:
    """Book, on `on`, every payment that was instructed and (where it needs approval) sent; returns how many.

    A transfer is booked on both accounts. A payment that was booked before is not booked again.
    """
    waiting = Instruction.objects.unconfirmed().exclude(batch__state__in=["built", "approved"])
    lines = []
    for one in waiting.order_by("id"):
        lines.append(_line(one, one.from_purpose, -1, on))
        if one.kind == Instruction.Kind.TRANSFER:
            lines.append(_line(one, "funding", 1, on))
    return _book(lines)


def _book(lines: list[BankLine]) -> int:
    known = set(BankLine.objects.filter(key__in=[line.key for line in lines]).values_list("key", flat=True))
    return len(BankLine.objects.bulk_create([line for line in lines if line.key not in known]))


def _line(instruction: Instruction, purpose: str, sign: int, on: date) -> BankLine:
    return BankLine(
        purpose=purpose,
        booked_on=on,
        amount=sign * instruction.amount,
        currency=instruction.currency,
        reference=instruction.reference,
        key=f"simulated:{purpose}:{instruction.reference}",
    )


def book_settlement(*, of: date, on: date, currency: str) -> int:
    """Book, on `on`, what the payment provider pays for the sales day `of`; returns the number of lines (0 or 1)."""
    due = expected_settlements(max(of, on - timedelta(days=1))).get(settlement_reference(of))
    if due is None:
        return 0
    line = BankLine(
        purpose="collection",
        booked_on=on,
        amount=due.net,
        currency=currency,
        reference=settlement_reference(of),
        key=f"simulated:collection:{settlement_reference(of)}",
    )
    return _book([line])
