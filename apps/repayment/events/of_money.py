"""Acts that move money or what is owed: what each needs, and why it is refused.

Each answers the fields of the event that the act would be.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.events.act import Act
from apps.repayment.events.grounds import amount_of, counts_from, must_run, no_refill_waits
from apps.repayment.life import Refused
from apps.repayment.models import Event

TAKES_MONEY = ("active", "repaid", "overpaid")
REVERSIBLE: Mapping[str, frozenset[str]] = {
    **{state: frozenset({"payment", "waiver", "charge", "rate"}) for state in TAKES_MONEY},
    "written_off": frozenset({"recovery"}),
}
"""What can be taken back, by the state of the financing."""


def payment(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    if financing.state not in TAKES_MONEY:
        must_run(financing)
    if act.line_id is None:
        amount = amount_of(act.amount, financing.currency)
        if amount > min(financing.seller.balance, financing.outstanding):
            raise Refused(_("No more can be paid from sales than is owed to the seller, and than is owed by them."))
        return {"amount": amount, "details": {"source": "sales"}}
    line = _line(act.line_id, financing.currency)
    if line.amount <= 0:
        raise Refused(_("This line of the bank took money out; it pays nothing."))
    since = counts_from(financing, max(act.effective_on or line.booked_on, financing.disbursed_on or on), on)
    return {"amount": line.amount, "effective_on": since, "details": {"source": "bank", "line": line.pk}}


def _line(line_id: int, currency: str) -> BankLine:
    """A line of the collection account that nothing explains yet."""
    line = BankLine.objects.filter(pk=line_id, purpose="collection", matched_to="").first()
    if line is None or line.currency != currency:
        raise Refused(_("This line of the bank is not there, is in another currency, or is explained already."))
    return line


def reversal(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """What is taken back was never there, from its own day on; a recovery, for which no day is told again, from now."""
    if financing.state not in REVERSIBLE:
        must_run(financing)
    taken_back = Event.objects.filter(financing=financing, number=act.reverses, state="done").first()
    if taken_back is None or taken_back.kind not in REVERSIBLE[financing.state]:
        raise Refused(_nothing_to_take_back(financing))
    if Event.objects.filter(reverses=taken_back).exists():
        raise Refused(_("Event %(number)s was taken back before.") % {"number": taken_back.number})
    details = {}
    if act.line_id is not None:
        line = _line(act.line_id, financing.currency)
        if line.amount != -(taken_back.amount or ZERO) or not taken_back.details.get("line"):
            raise Refused(_("This line of the bank does not take back the amount of that payment."))
        details = {"line": line.pk}
    since = on if taken_back.kind == "recovery" else taken_back.effective_on
    return {"effective_on": since, "amount": taken_back.amount, "details": details, "reverses": taken_back}


def _nothing_to_take_back(financing: Financing) -> str:
    if financing.state == "written_off":
        return _("%(number)s was written off: only money that came in for it since can be taken back.") % {
            "number": financing.number
        }
    return _("Only a payment, a waiver, a charge or a change of rate can be taken back.")


def chargeback(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """A payment that the bank took back because it was disputed; the fee of the terms counts from today."""
    if act.line_id is None:
        raise Refused(_("Choose the line of the bank that took the payment back."))
    checked = reversal(financing, act, on)
    if checked["reverses"].kind != "payment":
        raise Refused(_("Only a payment can be disputed."))
    fee = financing.version.terms.dispute_fee
    parts = {"parts": {"fee": str(fee)}} if fee else {}
    return {**checked, "effective_on": on, "details": {**checked["details"], **parts}}


def refund(financing: Financing, _act: Act, _on: date) -> dict[str, Any]:
    if not financing.overpaid:
        raise Refused(_("Nothing was paid beyond what was owed."))
    return {"amount": financing.overpaid}


def waiver(financing: Financing, act: Act, _on: date) -> dict[str, Any]:
    must_run(financing)
    owed = {"fee": financing.fee, "interest": financing.interest, "penalty": financing.penalty}
    parts = _parts(act, financing.currency)
    if any(amount > owed[name] for name, amount in parts.items()):
        raise Refused(_("No more can be waived than is owed."))
    return {"amount": sum(parts.values(), ZERO), "details": {"parts": {name: str(one) for name, one in parts.items()}}}


def charge(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    must_run(financing)
    parts = _parts(act, financing.currency)
    if "interest" in parts:
        raise Refused(_("Interest accrues by itself; a fee or a penalty can be charged."))
    since = counts_from(financing, act.effective_on, on)
    return {"amount": sum(parts.values(), ZERO), "effective_on": since,
            "details": {"parts": {name: str(one) for name, one in parts.items()}}}  # fmt: skip


def _parts(act: Act, currency: str) -> dict[str, Decimal]:
    parts = {name: amount_of(amount, currency) for name, amount in act.parts.items() if amount}
    if not parts or parts.keys() - {"fee", "interest", "penalty"}:
        raise Refused(_("Say how much of the fee, the interest or the penalty."))
    return parts


def write_off(financing: Financing, _act: Act, _on: date) -> dict[str, Any]:
    must_run(financing)
    no_refill_waits(financing)
    return {"amount": financing.outstanding}


def recovery(financing: Financing, act: Act, _on: date) -> dict[str, Any]:
    if financing.state != "written_off" or act.line_id is None:
        raise Refused(_("Only money that the bank brought for a financing that was written off is a recovery."))
    line = _line(act.line_id, financing.currency)
    return {"amount": amount_of(line.amount, financing.currency), "details": {"line": line.pk}}
