"""What is wrong with a line of the bank that nothing explained: the type of its break, by what has its reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.banking.models import BankLine, Instruction
from apps.core.money import ZERO
from apps.reconciliation.breaks import Difference

# How statements mark what the bank takes for itself: the end of a camt transaction code, and a SWIFT transaction type.
CHARGE_CODES = ("CHRG", "COMM", "FEES", "NCHG", "FCHG", "NCOM", "FCOM")
CHARGE_WORDS = ("charge", "fee", "commission", "手续费", "tarifa")


@dataclass(frozen=True, slots=True)
class Asked:
    """What we know under a reference: the amount as the bank should book it, signed, where and in which currency.

    `fees` were taken off the amount already. `gone` says why no further line is due under it; empty while one is.
    """

    purpose: str
    currency: str
    amount: Decimal
    fees: Decimal = ZERO
    gone: str = ""
    gone_on: date | None = None


def differences_of_lines(*, business_date: date, settlements: Mapping[str, Asked], currency: str) -> list[Difference]:
    """A difference for each line booked through `business_date` that is not explained. `settlements` are what,
    by reference, providers still owe the collection account; `currency` is the platform's."""
    lines = BankLine.objects.unmatched_through(business_date).select_related("entry").order_by("id")
    found = list(lines)
    references = {line.reference for line in found if line.reference}
    asked = {one.reference: one for one in Instruction.objects.filter(reference__in=references)}
    differences = []
    for line in found:
        known: Asked | None = None
        if line.reference in asked:
            known = _instructed(asked[line.reference], line)
        elif line.reference in settlements:
            known = settlements[line.reference]
        kind, ours, text = fault_of(line, known, currency)
        differences.append(
            Difference(f"line:{line.pk}", kind, f"bank_line:{line.pk}", ours - line.amount, line.currency, text)
        )
    return differences


def _instructed(one: Instruction, line: BankLine) -> Asked:
    """What an instruction makes the bank book; a transfer has a far end, on the funding account."""
    if one.kind == Instruction.Kind.TRANSFER and line.purpose == "funding" and line.amount > 0:
        return Asked("funding", one.currency, one.amount)
    if one.confirmed_on is not None:
        return Asked(one.from_purpose, one.currency, -one.amount, gone="paid", gone_on=one.confirmed_on)
    if one.failed_on is not None:
        return Asked(one.from_purpose, one.currency, -one.amount, gone="rejected", gone_on=one.failed_on)
    return Asked(one.from_purpose, one.currency, -one.amount)


def fault_of(line: BankLine, asked: Asked | None, currency: str) -> tuple[str, Decimal, str]:
    """The type of break that `line` is, what we have against it in its own currency, and what we see in words."""
    booked = f"{line.amount} {line.currency}"
    if asked is None:
        if _is_charge(line):
            return "fee", ZERO, f"The bank took {-line.amount} {line.currency} for itself."
        kind = "missing_internal" if line.currency == currency else "currency"
        return kind, ZERO, f"The bank booked {booked}; nobody expected it."
    if asked.currency != line.currency:
        return "currency", ZERO, f"{line.reference} is {asked.amount} {asked.currency}; the bank booked {booked}."
    if asked.purpose != line.purpose:
        where = f"{line.reference} belongs on the {asked.purpose} account"
        return "wrong_account", ZERO, f"{where}; the bank booked {booked} on the {line.purpose} account."
    return _gone(line, asked) if asked.gone else _unlike(line, asked)


def _gone(line: BankLine, asked: Asked) -> tuple[str, Decimal, str]:
    """Nothing is due under this reference any more."""
    booked = f"{line.amount} {line.currency}"
    if asked.gone == "rejected":
        return "status", ZERO, f"The bank rejected {line.reference} on {asked.gone_on} and yet booked {booked}."
    if line.amount > 0:
        return "status", ZERO, f"{booked} of {line.reference}, paid on {asked.gone_on}, came back."
    return "duplicate", ZERO, f"The bank booked {line.reference} again; it was paid on {asked.gone_on}."


def _unlike(line: BankLine, asked: Asked) -> tuple[str, Decimal, str]:
    """Something is due under this reference, and the line is not it."""
    if asked.amount == line.amount:
        return "duplicate", ZERO, f"The bank booked {line.reference} more than once."
    text = f"{line.reference} is {asked.amount} {asked.currency}; the bank booked {line.amount} {line.currency}."
    if asked.fees and asked.amount - line.amount == asked.fees:
        return "fee", asked.amount, f"{text} It is short by the fee, which the file took off already."
    return "amount", asked.amount, text


def _is_charge(line: BankLine) -> bool:
    """Whether the bank says that it took this for itself, by the code of the entry or in words."""
    if line.amount > 0:
        return False
    code = line.entry.code.upper() if line.entry else ""
    return code.endswith(CHARGE_CODES) or any(word in line.text.casefold() for word in CHARGE_WORDS)
