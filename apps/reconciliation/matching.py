"""Orders = settlement file = bank line = ledger. What the bank booked confirms what we asked for and expected; what
stays unexplained becomes a break, a surplus as much as a shortfall."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Case, F, Sum, When

from apps.banking.models import BankLine, Instruction
from apps.banking.services import move_batches
from apps.core.dates import add_business_days
from apps.core.money import ZERO
from apps.ledger import chart
from apps.ledger.models import Entry
from apps.ledger.services import Line, post
from apps.orders.models import Proceeds, Settlement
from apps.reconciliation.breaks import Difference
from apps.reconciliation.holding import hold_sellers_of
from apps.reconciliation.lines_left import Asked, differences_of_lines
from apps.reconciliation.models import Clearing
from apps.reconciliation.orders import order_differences
from apps.reconciliation.returns import match_returns, returned_payouts
from apps.repayment.models import Sweep
from apps.repayment.services import disburse

# How many business days a bank may take before a payment or a settlement counts as missing.
BANK_DAYS = 3
SETTLEMENTS_LOOKED_BACK = timedelta(days=30)

CONFIRM = """
WITH pair AS (
    SELECT DISTINCT ON (instruction.id) line.id AS line_id, line.booked_on, instruction.id AS instruction_id,
           instruction.kind, instruction.subject, instruction.amount, instruction.currency
    FROM banking_bankline AS line
    JOIN banking_instruction AS instruction
      ON instruction.reference = line.reference AND instruction.currency = line.currency
     AND instruction.from_purpose = line.purpose AND instruction.amount = -line.amount
    WHERE line.matched_to = '' AND line.booked_on <= %s AND instruction.confirmed_on IS NULL
      AND instruction.failed_on IS NULL
    ORDER BY instruction.id, line.id
), explained AS (
    UPDATE banking_bankline SET matched_to = 'instruction:' || pair.instruction_id FROM pair WHERE id = pair.line_id
), confirmed AS (
    UPDATE banking_instruction SET confirmed_on = pair.booked_on FROM pair WHERE id = pair.instruction_id
)
SELECT kind, subject, instruction_id, amount, currency, line_id FROM pair ORDER BY instruction_id
"""

TRANSFERS_IN = """
WITH pair AS (
    SELECT DISTINCT ON (instruction.id) line.id AS line_id, 'instruction:' || instruction.id || ':in' AS name
    FROM banking_bankline AS line
    JOIN banking_instruction AS instruction
      ON instruction.reference = line.reference AND instruction.currency = line.currency
     AND instruction.amount = line.amount
    WHERE line.matched_to = '' AND line.booked_on <= %s AND line.purpose = 'funding'
      AND instruction.kind = 'transfer' AND instruction.confirmed_on IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM banking_bankline AS arrived
          WHERE arrived.reference = line.reference AND arrived.matched_to = 'instruction:' || instruction.id || ':in')
    ORDER BY instruction.id, line.id
)
UPDATE banking_bankline SET matched_to = pair.name FROM pair WHERE id = pair.line_id RETURNING id
"""
# The far end of a transfer moves cash by the entry of its near end.
CARRY_TRANSFERS_IN = """
UPDATE banking_bankline AS line SET carried_by_id = sent.carried_by_id
FROM banking_bankline AS sent
WHERE line.id = ANY(%s) AND sent.reference = line.reference AND line.matched_to = sent.matched_to || ':in'
"""


class Confirmed(NamedTuple):
    """A payment that the bank has just booked, and the line by which it did."""

    kind: str
    subject: str
    instruction_id: int
    amount: Decimal
    currency: str
    line_id: int


@dataclass(frozen=True, slots=True)
class Matched:
    """How many bank lines were explained, and their sum (absolute amounts, one currency)."""

    lines: int
    total: Decimal


def match_bank_lines(*, business_date: date, at: datetime, by: str) -> Matched:
    """Explain the bank's lines booked through `business_date` and post what they confirm on that date.

    A confirmed disbursement makes its financing active; payouts, transfers and settlements move cash in the ledger.
    Lines that are explained already are not looked at again.
    """
    with transaction.atomic():
        asked = Instruction.objects.unconfirmed().filter(kind=Instruction.Kind.DISBURSEMENT)
        hold_sellers_of(asked | returned_payouts(business_date))
        with connection.cursor() as cursor:
            cursor.execute(CONFIRM, [business_date])
            confirmed = [Confirmed(*row) for row in cursor.fetchall()]
            cursor.execute(TRANSFERS_IN, [business_date])
            arrived = [line_id for (line_id,) in cursor.fetchall()]
        total = sum((one.amount for one in confirmed), ZERO)
        for one in confirmed:
            if one.kind == Instruction.Kind.DISBURSEMENT:
                financing_id = int(one.subject.partition(":")[2])
                disburse(financing_id=financing_id, on=business_date, at=at, by=by)
                _carry([one], Entry.objects.get(key=f"disbursement:{financing_id}"))
        for kind, debit, credit in (
            (Instruction.Kind.PAYOUT, chart.PAYOUTS_IN_TRANSIT, chart.COLLECTION_CASH),
            (Instruction.Kind.TRANSFER, chart.FUNDING_CASH, chart.COLLECTION_CASH),
            (Instruction.Kind.WITHDRAWAL, chart.PAYOUTS_IN_TRANSIT, chart.FUNDING_CASH),
        ):
            _post_cash(kind, debit, credit, confirmed, business_date, at, by)
        with connection.cursor() as cursor:
            cursor.execute(CARRY_TRANSFERS_IN, [arrived])
        move_batches(instruction_ids=[one.instruction_id for one in confirmed], at=at, by=by)
        returned, given_back = match_returns(business_date=business_date, at=at, by=by)
        settled = _match_settlements(business_date, at, by)
        return Matched(len(confirmed) + len(arrived) + returned + settled.lines, total + given_back + settled.total)


def _post_cash(
    kind: str,
    debit: str,
    credit: str,
    confirmed: list[Confirmed],
    business_date: date,
    at: datetime,
    by: str,
) -> None:
    """One entry for all confirmed payments of a kind: the cash accounts are too hot for an entry a payment."""
    rows = [row for row in confirmed if row.kind == kind]
    if rows:
        first, last, currency = rows[0].instruction_id, rows[-1].instruction_id, rows[0].currency
        entry = post(
            key=f"bank:{kind}:{business_date}:{first}-{last}:{len(rows)}",
            kind=f"bank_{kind}",
            business_date=business_date,
            currency=currency,
            lines=[Line(debit, credit, sum((row.amount for row in rows), ZERO))],
            subject=f"instructions:{first}-{last}",
            at=at,
            by=by,
        )
        _carry(rows, entry)


def _carry(rows: list[Confirmed], entry: Entry) -> None:
    BankLine.objects.filter(pk__in=[row.line_id for row in rows]).update(carried_by=entry)


class Expected(NamedTuple):
    """Money still to come from a settlement: its business date, the net amount, what explains its bank line, and the
    fees that the net is already less."""

    day: date
    net: Decimal
    explained_by: str
    fees: Decimal = ZERO


def expected_settlements(business_date: date) -> dict[str, Expected]:
    """By the reference that the bank's line carries: the payouts whose files came, and for each sales day the rest of
    it, for which the platform settles itself."""
    looked_at = (business_date - SETTLEMENTS_LOOKED_BACK, business_date)
    payouts = list(Settlement.objects.filter(booked_on__range=looked_at).order_by("pk"))
    days = dict(
        Sweep.objects.filter(business_date__range=looked_at)
        .values_list("business_date")
        .annotate(net=Sum(F("captured") - F("refunded") - F("charged_back")))
        .order_by("business_date")
    )
    days |= {day: _settled_without_file(day) for day in {one.booked_on for one in payouts}}
    expected = {settlement_reference(day): Expected(day, net, f"settlement:{day}") for day, net in days.items()}
    expected |= {
        one.payout: Expected(one.booked_on, one.total, f"settlement:payout:{one.pk}", one.fees) for one in payouts
    }
    explained = set(BankLine.objects.filter(matched_to__startswith="settlement:").values_list("matched_to", flat=True))
    explained |= Clearing.objects.standing().expecting([one.explained_by for one in expected.values()])
    return {name: one for name, one in expected.items() if one.net and one.explained_by not in explained}


def expected_settlement(explained_by: str) -> Expected | None:
    """The settlement still to come that is named so, such as settlement:2026-03-02 or settlement:payout:7."""
    name = explained_by.removeprefix("settlement:")
    if name.startswith("payout:"):
        day = Settlement.objects.get(pk=int(name.removeprefix("payout:"))).booked_on
    else:
        day = date.fromisoformat(name)
    return next((one for one in expected_settlements(day).values() if one.explained_by == explained_by), None)


def _settled_without_file(day: date) -> Decimal:
    """What the platform itself settles on a day on which payouts of providers came too."""
    lines = Proceeds.objects.booked(day).filter(settlement=None)
    sign = Case(When(kind=Proceeds.Kind.CAPTURE, then=F("amount")), default=-F("amount"))
    return lines.aggregate(net=Sum(sign))["net"] or ZERO


def settlement_reference(day: date) -> str:
    """The reference under which a sales day's settlement reaches the collection account."""
    return f"SETTLEMENT-{day:%Y%m%d}"


def _match_settlements(business_date: date, at: datetime, by: str) -> Matched:
    expected = expected_settlements(business_date)
    candidates = BankLine.objects.unmatched_through(business_date).filter(
        purpose="collection", reference__in=list(expected)
    )
    count, total = 0, ZERO
    for line in candidates.select_for_update().order_by("id"):
        due = expected.get(line.reference)
        if due is None or (net := due.net) != line.amount:
            continue
        del expected[line.reference]
        debit, credit = chart.COLLECTION_CASH, chart.SETTLEMENT_RECEIVABLE
        if net < 0:
            debit, credit = credit, debit
        line.carried_by = post(
            key=f"bank:{due.explained_by}",
            kind="bank_settlement",
            business_date=business_date,
            currency=line.currency,
            lines=[Line(debit, credit, abs(net))],
            subject=f"sales:{due.day}",
            at=at,
            by=by,
        )
        line.matched_to = due.explained_by
        line.save(update_fields=["matched_to", "carried_by"])
        count, total = count + 1, total + abs(net)
    return Matched(count, total)


def differences(*, business_date: date, country: str, currency: str) -> list[Difference]:
    """Everything that does not match at the end of `business_date`: lines nobody asked for, payments and settlements
    that the bank has not booked within its days, amounts that differ, orders whose money stays away."""
    expected = expected_settlements(business_date)
    owed = {name: Asked("collection", currency, due.net, fees=due.fees) for name, due in expected.items()}
    return [
        *differences_of_lines(business_date=business_date, settlements=owed, currency=currency),
        *_missing_payments(business_date, country),
        *_missing_settlements(business_date, country, currency, expected),
        *order_differences(business_date),
    ]


def _missing_payments(business_date: date, country: str) -> list[Difference]:
    late = [
        one
        for one in Instruction.objects.unconfirmed().filter(business_date__lt=business_date).order_by("id")
        if add_business_days(one.business_date, BANK_DAYS, country) < business_date
    ]
    return [
        Difference(
            f"instruction:{one.pk}",
            "missing_external",
            f"instruction:{one.pk}",
            -one.amount,
            one.currency,
            f"{one.kind} {one.reference} of {one.amount} {one.currency} was asked for on {one.business_date}; "
            "the bank has not booked it.",
        )
        for one in late
    ]


def _missing_settlements(
    business_date: date, country: str, currency: str, expected: Mapping[str, Expected]
) -> list[Difference]:
    booked = set(BankLine.objects.unmatched().filter(reference__in=list(expected)).values_list("reference", flat=True))
    return [
        Difference(
            due.explained_by,
            "missing_external",
            f"sales:{due.explained_by.removeprefix('settlement:')}",
            due.net,
            currency,
            f"The settlement {reference} says {due.net} {currency}; the bank has not booked it.",
        )
        for reference, due in expected.items()
        if reference not in booked and add_business_days(due.day, BANK_DAYS, country) < business_date
    ]
