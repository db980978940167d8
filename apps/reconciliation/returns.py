"""Payments that come back: a credit that carries the end-to-end id of a payment which the bank had booked.

A payout that comes back is owed again by the night itself. A disbursement that comes back ends its financing: that is
suggested, and a person accepts it.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from apps.banking.models import BankLine, Instruction
from apps.banking.services import move_batches
from apps.core.money import ZERO
from apps.repayment.payouts import give_back


def returned_payouts(business_date: date) -> QuerySet[Instruction]:
    """The payouts booked by the bank whose references stand on credits not explained yet."""
    return Instruction.objects.filter(
        kind=Instruction.Kind.PAYOUT, confirmed_on__isnull=False, failed_on=None, from_purpose="collection",
        reference__in=_credits(business_date).values("reference"),
    )  # fmt: skip


def _credits(business_date: date, purpose: str = "collection") -> QuerySet[BankLine]:
    """Money that came in on an account through `business_date` under some reference and is not explained yet."""
    credits = BankLine.objects.unmatched_through(business_date).filter(purpose=purpose, amount__gt=0)
    return credits.exclude(reference="")


def match_returns(*, business_date: date, at: datetime, by: str) -> tuple[int, Decimal]:
    """Explain the credits booked through `business_date` that give payouts back, and owe them again on that date.

    Same reference, same account, same currency, and the whole amount: part of a payout coming back is a break. Returns
    how many lines were explained and their sum.
    """
    paid = returned_payouts(business_date).select_for_update().order_by("pk")
    by_reference = {one.reference: one for one in paid}
    back: list[Instruction] = []
    for line in _credits(business_date).select_related("entry").order_by("id").filter(reference__in=list(by_reference)):
        one = by_reference.get(line.reference)
        if one is None or (one.amount, one.currency) != (line.amount, line.currency):
            continue
        del by_reference[line.reference]
        line.matched_to = f"return:{one.pk}"
        line.save(update_fields=["matched_to"])
        reason = line.entry.return_reason if line.entry is not None else ""
        line.carried_by = give_back(instruction=one, reason=reason, on=business_date, at=at, by=by)
        line.save(update_fields=["carried_by"])
        back.append(one)
    move_batches(instruction_ids=[one.pk for one in back], at=at, by=by)
    return len(back), sum((one.amount for one in back), ZERO)


def suggested_returns(business_date: date) -> list[tuple[BankLine, Instruction]]:
    """The credits on the funding account that give a disbursement back whole, each with that disbursement; of several
    under one reference the first. Writes nothing."""
    credits = _credits(business_date, "funding").select_related("entry").order_by("id")
    paid = {
        one.reference: one
        for one in Instruction.objects.filter(
            kind=Instruction.Kind.DISBURSEMENT, confirmed_on__isnull=False, failed_on=None, from_purpose="funding",
            reference__in=credits.values("reference"),
        )
    }  # fmt: skip
    found = []
    for line in credits.filter(reference__in=list(paid)):
        one = paid.get(line.reference)
        if one is not None and (one.amount, one.currency) == (line.amount, line.currency):
            found.append((line, paid.pop(line.reference)))
    return found
