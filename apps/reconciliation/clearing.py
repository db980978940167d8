"""Clearing: bank lines and expected movements that explain one another are marked so, and what that means is booked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.banking.models import BankLine, Instruction
from apps.core.money import ZERO
from apps.ledger import chart
from apps.ledger.models import Entry
from apps.ledger.services import Line, post, reverse
from apps.reconciliation.holding import hold_sellers_of
from apps.reconciliation.matching import expected_settlement
from apps.reconciliation.models import Clearing
from apps.repayment.come_back import take_back
from apps.repayment.life import RETURNED, Refused
from apps.repayment.services import disburse

CASH = {"collection": chart.COLLECTION_CASH, "funding": chart.FUNDING_CASH}


class NotCleared(ValueError):
    """These lines and movements cannot be cleared as asked; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One expected movement while it is cleared: its signed amount, and the line that books it where one is needed."""

    key: str
    account: str
    amount: Decimal
    books: Line | None
    disburses: int | None = None
    returns: Instruction | None = None


def clear(
    *,
    rule: str,
    lines: Sequence[str],
    expected: Sequence[str],
    account: str = "",
    business_date: date,
    currency: str,
    at: datetime,
    by: str,
) -> Clearing:
    """Mark bank lines and expected movements (by key) as explaining one another, and post what that moves.

    Cash moves by what the bank booked; each expected movement is booked as if it had come exactly; what is left over,
    in `currency`, goes to `account` of the chart. One side may be empty. Asked again, answers the clearing that stands.
    Raises NotCleared when a line or movement is explained already, sides differ and no account is named, or accounts
    are mixed; DateClosed for a closed `business_date`.
    """
    names = "+".join([*sorted(lines), *sorted(expected)])
    with transaction.atomic():
        asked = Instruction.objects.filter(pk__in=[*_instruction_ids(expected), *_returned_ids(expected)])
        hold_sellers_of(asked.filter(kind=Instruction.Kind.DISBURSEMENT))
        booked = _hold_lines(lines)
        standing = _standing(lines, expected)
        if standing is not None:
            return standing
        movements = [
            _hold_return(key) if key.startswith("return:") else _hold_expected(key) for key in sorted(expected)
        ]
        _must_fit(booked, movements, currency)
        total = sum((line.amount for line in booked), ZERO)
        difference = total - sum((one.amount for one in movements), ZERO)
        if difference and not account:
            raise NotCleared(
                _("The two sides differ, and nothing says where the difference goes. Nothing was changed.")
            )
        times = Clearing.objects.filter(lines=sorted(lines), expected=sorted(expected)).count()
        cleared = Clearing(
            key=f"{names[:120]}:{times}",
            rule=rule,
            lines=sorted(lines),
            expected=sorted(expected),
            difference=difference,
            account=account if difference else "",
            currency=currency,
            business_date=business_date,
            by=by,
            at=at,
        )
        cleared.save()
        _settle(booked, movements, cleared, business_date, at, by)
        _take_back(booked, movements, business_date, at, by)
        drafts = [one.books for one in movements if one.books]
        drafts += _difference_line(booked, movements, difference, account)
        if drafts:
            cleared.entry = post(
                key=f"clearing:{cleared.pk}",
                kind="clearing",
                business_date=business_date,
                currency=currency,
                lines=_without_cash(drafts, booked, account),
                subject=f"clearing:{cleared.pk}",
                at=at,
                by=by,
            )
            cleared.save(update_fields=["entry"])
        _carry(cleared, movements)
        return cleared


def undo(*, clearing_id: int, business_date: date, at: datetime, by: str) -> Clearing:
    """Take a clearing back on `business_date`: its entry is reversed, its lines and movements are open again.

    Taken back twice it is taken back once. Raises NotCleared for one that paid out a financing, which lives on.
    """
    with transaction.atomic():
        found = Clearing.objects.select_for_update().get(pk=clearing_id)
        if found.undone_at is not None:
            return found
        if _returned_ids(found.expected):
            raise NotCleared(_("A financing ended when its money came back. Nothing was changed."))
        paid = Instruction.objects.select_for_update().filter(pk__in=_instruction_ids(found.expected))
        if any(one.kind == Instruction.Kind.DISBURSEMENT for one in paid):
            raise NotCleared(
                _("This confirmed that a financing was paid out, and it lives since. Nothing was changed.")
            )
        if found.entry is not None:
            reverse(entry=found.entry, business_date=business_date, at=at, by=by)
        BankLine.objects.filter(matched_to=f"clearing:{found.pk}").update(matched_to="", carried_by=None)
        paid.update(confirmed_on=None)
        found.undone_by, found.undone_at = by, at
        found.save(update_fields=["undone_by", "undone_at"])
        return found


def _hold_lines(keys: Sequence[str]) -> list[BankLine]:
    ids = [int(key.partition(":")[2]) for key in keys]
    return list(
        BankLine.objects.select_for_update(of=("self",)).select_related("entry").filter(pk__in=ids).order_by("pk")
    )


def _standing(lines: Sequence[str], expected: Sequence[str]) -> Clearing | None:
    return Clearing.objects.standing().filter(lines=sorted(lines), expected=sorted(expected)).first()


def _instruction_ids(keys: Iterable[str]) -> list[int]:
    """Instructions among the keys; the far end of a transfer is confirmed by its near one and not named here."""
    parts = [key.split(":") for key in keys]
    return [int(part[1]) for part in parts if part[0] == "instruction" and len(part) == 2]


def _returned_ids(keys: Iterable[str]) -> list[int]:
    """Disbursements among the keys that came back."""
    return [int(key.removeprefix("return:")) for key in keys if key.startswith("return:")]


def _hold_return(key: str) -> Expected:
    paid = Instruction.objects.select_for_update(of=("self",)).get(pk=int(key.removeprefix("return:")))
    if paid.failed_on is not None:
        raise NotCleared(_("This payment came back already. Nothing was changed."))
    return Expected(key, paid.from_purpose, paid.amount, None, returns=paid)


def _hold_expected(key: str) -> Expected:
    kind, _colon, name = key.partition(":")
    if kind == "settlement":
        due = expected_settlement(key)
        if due is not None:
            books = _towards(chart.COLLECTION_CASH, chart.SETTLEMENT_RECEIVABLE, due.net)
            return Expected(key, "collection", due.net, books)
        raise NotCleared(_("This settlement is explained already. Nothing was changed."))
    number, _colon, end = name.partition(":")
    one = Instruction.objects.select_for_update().get(pk=int(number))
    if end:
        if BankLine.objects.filter(matched_to=key).exists() or Clearing.objects.standing().expecting([key]):
            raise NotCleared(_("This transfer has arrived already. Nothing was changed."))
        return Expected(key, "funding", one.amount, None)
    if one.confirmed_on is not None:
        raise NotCleared(_("This payment was confirmed already. Nothing was changed."))
    if one.kind == Instruction.Kind.DISBURSEMENT:
        return Expected(key, one.from_purpose, -one.amount, None, disburses=one.subject_id)
    debit = chart.FUNDING_CASH if one.kind == Instruction.Kind.TRANSFER else chart.PAYOUTS_IN_TRANSIT
    return Expected(key, one.from_purpose, -one.amount, _towards(CASH[one.from_purpose], debit, -one.amount))


def _towards(cash: str, other: str, amount: Decimal) -> Line:
    """Money in (positive) or out (negative) of `cash`, against `other`."""
    return Line(cash, other, amount) if amount > 0 else Line(other, cash, -amount)


def _must_fit(booked: Sequence[BankLine], movements: Sequence[Expected], currency: str) -> None:
    if any(line.matched_to for line in booked):
        raise NotCleared(_("Someone else has just explained this line of the bank. Nothing was changed."))
    places = {line.purpose for line in booked} | {one.account for one in movements}
    if len(places) != 1 or any(line.currency != currency for line in booked):
        raise NotCleared(_("These stand on different accounts or in different currencies. Nothing was changed."))
    if places - CASH.keys():
        raise NotCleared(_("This account is not ours, so nothing can be booked on it. Nothing was changed."))


def _settle(
    booked: Sequence[BankLine],
    movements: Sequence[Expected],
    cleared: Clearing,
    business_date: date,
    at: datetime,
    by: str,
) -> None:
    BankLine.objects.filter(pk__in=[line.pk for line in booked]).update(matched_to=f"clearing:{cleared.pk}")
    on = max((line.booked_on for line in booked), default=business_date)
    Instruction.objects.filter(pk__in=_instruction_ids(cleared.expected)).update(confirmed_on=on)
    for one in movements:
        if one.disburses is not None:
            disburse(financing_id=one.disburses, on=business_date, at=at, by=by)


def _take_back(
    booked: Sequence[BankLine], movements: Sequence[Expected], business_date: date, at: datetime, by: str
) -> None:
    """The disbursements that came back, with what the bank said of why."""
    reason = next((line.entry.return_reason for line in booked if line.entry is not None), "")
    for one in movements:
        if one.returns is not None:
            try:
                take_back(instruction=one.returns, reason=reason, asked_on=business_date, at=at, by=by)
            except Refused as refusal:
                raise NotCleared(str(refusal)) from refusal


def _carry(cleared: Clearing, movements: Sequence[Expected]) -> None:
    """Tell the lines by which entry their cash moved: the clearing's own, or that of the financing that it paid out,
    or that came back."""
    paid_out = Q(key__in=[f"disbursement:{one.disburses}" for one in movements if one.disburses is not None])
    came_back = Q(kind=RETURNED, subject__in=[one.returns.subject for one in movements if one.returns is not None])
    entry = cleared.entry or Entry.objects.filter(paid_out | came_back).first()
    BankLine.objects.filter(matched_to=f"clearing:{cleared.pk}").update(carried_by=entry)


def _difference_line(
    booked: Sequence[BankLine], movements: Sequence[Expected], difference: Decimal, account: str
) -> list[Line]:
    if not difference:
        return []
    place = booked[0].purpose if booked else movements[0].account
    return [_towards(CASH[place], account, difference)]


def _without_cash(drafts: Sequence[Line], booked: Sequence[BankLine], account: str) -> list[Line]:
    """Where no bank line stands behind it no cash moves: what was expected goes straight to the account."""
    if booked:
        return list(drafts)
    cash = set(CASH.values())
    direct = [
        Line(account if one.debit in cash else one.debit, account if one.credit in cash else one.credit, one.amount)
        for one in drafts
    ]
    return [one for one in direct if one.debit != one.credit]
