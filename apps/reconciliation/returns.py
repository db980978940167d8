"""Payouts that come back: a credit that carries the end-to-end id of a payout which the bank had booked."""

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


def _credits(business_date: date) -> QuerySet[BankLine]:
    """Money that came in through `business_date` under some reference and is not explained yet."""
    credits = BankLine.objects.unmatched_through(business_date).filter(purpose="collection", amount__gt=0)
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
