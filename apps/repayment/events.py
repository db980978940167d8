"""What people do to a live financing. Each act is planned, shown, done once, and stands in its history with its reason.

Amounts are in the financing's currency. `asked_on` is the platform's business date; an act is booked on it, or on the
first date that no night has frozen. `effective_on` (inclusive) is the date from which it counts and may lie back.
`key` makes the same act happen once: asked again it answers what was done. `shown` is the fingerprint of the change
that a person was shown; if it would be another one by now, nothing is done.

All raise Refused, with a sentence, when the act makes no sense as the financing stands; SellerBusy when the night or
someone else is at work on the seller; Financing.DoesNotExist. Then nothing was changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.core.money import ZERO, is_payable
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.financing.models import Financing
from apps.ledger import chart
from apps.ledger.calendar import open_date
from apps.ledger.services import Line, post
from apps.products.models import FundingPool, ProductVersion
from apps.products.plan import MOST_INSTALMENTS
from apps.products.terms import SALES
from apps.repayment.changes import Change, apply, plan
from apps.repayment.hold import hold
from apps.repayment.life import Refused
from apps.repayment.models import NEEDS_TWO, Demand, Event
from apps.repayment.rearranging import carry_on, rescheduled
from apps.repayment.waterfall import Parts


class Stale(Refused):
    """The financing has moved since the change was shown."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act that somebody asks for. `kind` is one of Event.Kind; what it needs besides stands in the other fields.

    amount    payment from sales, recovery; for a payment by bank the amount is that of its line
    line_id   the bank's line that brought the money, or took it back
    parts     waiver and charge: how much of which component (principal cannot be waived or charged)
    rate      the new rate a year, as a share
    until     pause: its last day; due date: the new one; restructure: the due date where the new terms have one
    more      due date of instalments: how many are added at the end
    reverses  reversal and chargeback: the number of the event that is taken back

    period_days, minimum               reschedule: the days of a period, and what each asks for
    version_id, capitalise, agreement  restructure: the terms that follow, whether fee, interest and penalty become
                                       principal, and the paper that the seller signed
    """

    kind: str
    reason: str
    effective_on: date | None = None
    amount: Decimal | None = None
    line_id: int | None = None
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    rate: Decimal | None = None
    until: date | None = None
    more: int = 0
    reverses: int | None = None
    period_days: int | None = None
    minimum: Decimal | None = None
    version_id: int | None = None
    capitalise: bool = False
    agreement: str = ""


def preview(*, financing_id: int, act: Act, asked_on: date, at: datetime, by: str) -> Change:
    """What `act` would change if it were done now. Holds nothing and writes nothing."""
    financing = Financing.objects.select_related("version__product__pool", "seller").get(pk=financing_id)
    return plan(financing, _draft(financing, act, "preview", open_date(asked_on), at, by))


def perform(*, financing_id: int, act: Act, key: str, asked_on: date, shown: str = "", at: datetime, by: str) -> Event:
    """Do `act`, or answer the event that did it before. What needs two people is only proposed by the first."""
    with transaction.atomic():
        financing, on = hold(financing_id=financing_id, asked_on=asked_on, at=at, by=by)
        known = Event.objects.filter(financing=financing, key=key).first()
        if known is not None:
            return known
        event = _draft(financing, act, key, on, at, by)
        change = plan(financing, event)
        if shown and shown != change.fingerprint:
            raise Stale(_("The financing has changed since you looked. Nothing was done; look again."))
        if event.state == "proposed":
            event.save()
            log_birth([event], at=at, by=by, reason=event.reason)
            return event
        return _do(change, act, at, by)


def approve(*, event_id: int, asked_on: date, at: datetime, by: str) -> Event:
    """Do what another person proposed, as the financing stands now."""
    with transaction.atomic():
        proposed = Event.objects.get(pk=event_id)
        financing, on = hold(financing_id=proposed.financing_id, asked_on=asked_on, at=at, by=by)
        event = Event.objects.select_for_update().get(pk=event_id)
        if event.state != "proposed":
            return event
        if event.by == by:
            raise Refused(_("Whoever proposed this cannot approve it: another person must."))
        _must_run(financing)
        _no_refill_waits(financing)
        event.business_date = event.effective_on = on
        change = plan(financing, event)
        event.amount = -sum((one.change.total for one in change.told if one.kind == event.kind), ZERO)
        if event.kind == "restructure":
            _must_carry(financing, change)
            event.details["owed"] = {name: str(getattr(change.before_end, name)) for name in Parts._fields}
        event.move("approve", at=at, by=by, approved_by=by)
        done = apply(change, at=at, by=by)
        if event.kind == "restructure":
            carry_on(financing, event, at=at, by=by)
        return done


def _must_carry(financing: Financing, change: Change) -> None:
    """There is principal to carry, and the pool has room for what becomes principal."""
    owed, capitalise = change.before_end, change.event.details["capitalise"]
    if not owed.principal:
        raise Refused(_("No principal is owed any more, so there is nothing to restructure."))
    pool = FundingPool.objects.select_for_update().get(pk=financing.pool_id)
    if capitalise and owed.total - owed.principal > pool.headroom:
        raise Refused(_("The pool has no room for what would become principal."))


def refuse(*, event_id: int, reason: str, at: datetime, by: str) -> Event:
    """Turn down what another person proposed."""
    with transaction.atomic():
        event = Event.objects.select_for_update().get(pk=event_id)
        if event.state == "proposed":
            event.move("refuse", at=at, by=by, reason=reason)
        return event


def _draft(financing: Financing, act: Act, key: str, on: date, at: datetime, by: str) -> Event:
    """The event that `act` would be, checked."""
    if not act.reason.strip():
        raise Refused(_("Say why: the reason stands in the history for good."))
    checked = CHECKS[act.kind](financing, act, on)
    last = Event.objects.filter(financing=financing).aggregate(last=Max("number"))["last"] or 0
    return Event(
        financing=financing,
        number=last + 1,
        kind=act.kind,
        key=key,
        business_date=on,
        reason=act.reason.strip()[:300],
        by=by,
        at=at,
        state="proposed" if act.kind in NEEDS_TWO else "done",
        **{"effective_on": on, **checked},
    )


def _must_run(financing: Financing) -> None:
    if financing.state != "active":
        raise Refused(_("%(number)s does not run, so this cannot be done.") % {"number": financing.number})


def _no_refill_waits(financing: Financing) -> None:
    if financing.refilled_by.filter(state="pending").exists():
        raise Refused(_("A new financing is about to pay this one off. Wait for it, or cancel that one first."))


def _amount(amount: Decimal | None, currency: str) -> Decimal:
    if amount is None or amount <= 0 or not is_payable(amount, currency):
        raise Refused(_("The amount must be more than nothing and payable in %(currency)s.") % {"currency": currency})
    return amount


def _counts_from(financing: Financing, asked: date | None, on: date) -> date:
    """The date from which an act counts: not before the money was paid out, not after today."""
    counts_from = asked or on
    if financing.disbursed_on is None or not financing.disbursed_on <= counts_from <= on:
        raise Refused(
            _("It can count from %(first)s through %(last)s, not from %(asked)s.")
            % {"first": financing.disbursed_on, "last": on, "asked": counts_from}
        )
    return counts_from


def _payment(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    if financing.state not in {"active", "repaid", "overpaid"}:
        _must_run(financing)
    if act.line_id is None:
        amount = _amount(act.amount, financing.currency)
        if amount > min(financing.seller.balance, financing.outstanding):
            raise Refused(_("No more can be paid from sales than is owed to the seller, and than is owed by them."))
        return {"amount": amount, "details": {"source": "sales"}}
    line = _line(act.line_id, financing.currency)
    if line.amount <= 0:
        raise Refused(_("This line of the bank took money out; it pays nothing."))
    counts_from = _counts_from(financing, max(act.effective_on or line.booked_on, financing.disbursed_on or on), on)
    return {"amount": line.amount, "effective_on": counts_from, "details": {"source": "bank", "line": line.pk}}


def _line(line_id: int, currency: str) -> BankLine:
    """A line of the collection account that nothing explains yet."""
    line = BankLine.objects.filter(pk=line_id, purpose="collection", matched_to="").first()
    if line is None or line.currency != currency:
        raise Refused(_("This line of the bank is not there, is in another currency, or is explained already."))
    return line


def _reversal(financing: Financing, act: Act, _on: date) -> dict[str, Any]:
    if financing.state not in {"active", "repaid", "overpaid"}:
        _must_run(financing)
    taken_back = Event.objects.filter(financing=financing, number=act.reverses, state="done").first()
    if taken_back is None or taken_back.kind not in {"payment", "waiver", "charge", "rate"}:
        raise Refused(_("Only a payment, a waiver, a charge or a change of rate can be taken back."))
    if Event.objects.filter(reverses=taken_back).exists():
        raise Refused(_("Event %(number)s was taken back before.") % {"number": taken_back.number})
    details = {}
    if act.line_id is not None:
        line = _line(act.line_id, financing.currency)
        if line.amount != -(taken_back.amount or ZERO) or taken_back.details.get("source") != "bank":
            raise Refused(_("This line of the bank does not take back the amount of that payment."))
        details = {"line": line.pk}
    return {"effective_on": taken_back.effective_on, "amount": taken_back.amount, "details": details,
            "reverses": taken_back}  # fmt: skip


def _chargeback(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """A payment that the bank took back because it was disputed; the fee of the terms counts from today."""
    if act.line_id is None:
        raise Refused(_("Choose the line of the bank that took the payment back."))
    checked = _reversal(financing, act, on)
    if checked["reverses"].kind != "payment":
        raise Refused(_("Only a payment can be disputed."))
    fee = financing.version.terms.dispute_fee
    parts = {"parts": {"fee": str(fee)}} if fee else {}
    return {**checked, "effective_on": on, "details": {**checked["details"], **parts}}


def _refund(financing: Financing, _act: Act, _on: date) -> dict[str, Any]:
    if not financing.overpaid:
        raise Refused(_("Nothing was paid beyond what was owed."))
    return {"amount": financing.overpaid}


def _waiver(financing: Financing, act: Act, _on: date) -> dict[str, Any]:
    _must_run(financing)
    owed = {"fee": financing.fee, "interest": financing.interest, "penalty": financing.penalty}
    parts = _parts(act, financing.currency)
    if any(amount > owed[name] for name, amount in parts.items()):
        raise Refused(_("No more can be waived than is owed."))
    return {"amount": sum(parts.values(), ZERO), "details": {"parts": {name: str(one) for name, one in parts.items()}}}


def _charge(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    parts = _parts(act, financing.currency)
    if "interest" in parts:
        raise Refused(_("Interest accrues by itself; a fee or a penalty can be charged."))
    counts_from = _counts_from(financing, act.effective_on, on)
    return {"amount": sum(parts.values(), ZERO), "effective_on": counts_from,
            "details": {"parts": {name: str(one) for name, one in parts.items()}}}  # fmt: skip


def _parts(act: Act, currency: str) -> dict[str, Decimal]:
    parts = {name: _amount(amount, currency) for name, amount in act.parts.items() if amount}
    if not parts or parts.keys() - {"fee", "interest", "penalty"}:
        raise Refused(_("Say how much of the fee, the interest or the penalty."))
    return parts


def _rate(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    if act.rate is None or not ZERO <= act.rate < 1:
        raise Refused(_("The rate a year must be a share from 0 to less than 1."))
    return {"effective_on": _counts_from(financing, act.effective_on, on), "details": {"rate": str(act.rate)}}


def _pause(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    if financing.version.terms.technique != SALES:
        raise Refused(_("Only an advance that sales repay can be paused; another one can get a later due date."))
    if act.until is None or act.until < on or (financing.paused_until and financing.paused_until >= on):
        raise Refused(_("A pause begins today, ends on a later day, and cannot overlap another."))
    return {"details": {"until": act.until.isoformat(), "days": (act.until - on).days + 1}}


def _resume(financing: Financing, _act: Act, on: date) -> dict[str, Any]:
    if financing.paused_until is None or financing.paused_until < on:
        raise Refused(_("%(number)s is not paused.") % {"number": financing.number})
    return {"details": {"days": (financing.paused_until - on).days + 1}}


def _due_date(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    if financing.version.terms.plan:
        return _new_plan(financing, act, on)
    if financing.due_on is None or act.until is None or act.until <= on or financing.past_due:
        raise Refused(_("A due date can be moved to a later day than today while nothing is past due."))
    return {"details": {"from": financing.due_on.isoformat(), "to": act.until.isoformat()}}


def _reschedule(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    if financing.version.terms.technique != SALES:
        raise Refused(_("Only an advance that sales repay has periods; another one can get a later due date."))
    if financing.paused_until and financing.paused_until >= on:
        raise Refused(_("End the pause first: the periods cannot be planned while they move."))
    if act.period_days is None or not 1 <= act.period_days <= LONGEST_PERIOD:
        raise Refused(_("A period lasts from 1 through %(days)s days.") % {"days": LONGEST_PERIOD})
    minimum = _amount(act.minimum, financing.currency)
    planned = rescheduled(financing, act.period_days, minimum, on)
    return {"details": {"from": financing.minimums, "to": planned.as_json()}}


def _restructure(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    _must_run(financing)
    if financing.version.terms.plan:
        raise Refused(_("What is repaid in instalments is planned anew: move the next due date or add instalments."))
    _no_refill_waits(financing)
    if Event.objects.filter(financing=financing, kind="restructure", state="proposed").exists():
        raise Refused(_("A restructuring is proposed already; another person approves or refuses it."))
    if not act.agreement.strip():
        raise Refused(_("Name the agreement that the seller signed: without it the contract cannot change."))
    version = ProductVersion.objects.active().filter(pk=act.version_id, product__pool=financing.pool_id).first()
    if version is None or version.product.technique != financing.technique:
        raise Refused(_("The new terms must be on offer, of the same kind, and funded by the same pool."))
    due_on = None if version.terms.technique == SALES else act.until
    if version.terms.technique != SALES and (due_on is None or due_on <= on):
        raise Refused(_("The new contract needs a due date that lies ahead."))
    details = {
        "version": version.pk, "capitalise": act.capitalise, "agreement": act.agreement.strip()[:120],
        "due_on": due_on.isoformat() if due_on else "",
    }  # fmt: skip
    return {"amount": financing.outstanding, "details": details}


def _new_plan(financing: Financing, act: Act, on: date) -> dict[str, Any]:
    """Instalments that have not fallen due yet get other dates, more of them, or both; what is late stays late."""
    planned = Demand.objects.filter(financing=financing, state="planned", due_on__gt=on).order_by("number").first()
    if planned is None:
        raise Refused(_("Every instalment has fallen due already: there is none to move."))
    if act.until is None and not act.more:
        raise Refused(_("Say when the next instalment is due, or how many more there are to be."))
    if act.until is not None and act.until <= on:
        raise Refused(_("The next instalment can be moved to a later day than today."))
    if not 0 <= act.more <= MOST_INSTALMENTS:
        raise Refused(_("At most 120 instalments can be added."))
    to = act.until.isoformat() if act.until else ""
    return {"details": {"from": planned.due_on.isoformat(), "to": to, "more": act.more}}


def _write_off(financing: Financing, _act: Act, _on: date) -> dict[str, Any]:
    _must_run(financing)
    _no_refill_waits(financing)
    if Event.objects.filter(financing=financing, kind="write_off", state="proposed").exists():
        raise Refused(_("A write-off is proposed already; another person approves or refuses it."))
    return {"amount": financing.outstanding}


def _recovery(financing: Financing, act: Act, _on: date) -> dict[str, Any]:
    if financing.state != "written_off" or act.line_id is None:
        raise Refused(_("Only money that the bank brought for a financing that was written off is a recovery."))
    line = _line(act.line_id, financing.currency)
    return {"amount": _amount(line.amount, financing.currency), "details": {"line": line.pk}}


CHECKS = {
    "payment": _payment,
    "reversal": _reversal,
    "refund": _refund,
    "waiver": _waiver,
    "charge": _charge,
    "rate": _rate,
    "pause": _pause,
    "resume": _resume,
    "due_date": _due_date,
    "write_off": _write_off,
    "recovery": _recovery,
    "chargeback": _chargeback,
    "reschedule": _reschedule,
    "restructure": _restructure,
}
LONGEST_PERIOD = 366


def _do(change: Change, act: Act, at: datetime, by: str) -> Event:
    event, financing = change.event, change.financing
    match act.kind:
        case "pause" | "resume":
            _shift(financing, event)
        case "due_date" if not financing.version.terms.plan:
            financing.due_on = act.until
            Demand.objects.filter(financing=financing, kind="maturity", state="open").update(due_on=act.until)
        case "reschedule":
            financing.minimums = event.details["to"]
        case "recovery":
            return _recover(event, financing, at, by)
    done = apply(change, at=at, by=by)
    _explain(done)
    return done


def _shift(financing: Financing, event: Event) -> None:
    """A pause moves the minimum periods that are not decided by its days; its end brings back what is left of it."""
    days = event.details["days"] if event.kind == "pause" else -event.details["days"]
    if event.kind == "pause":
        financing.paused_until = date.fromisoformat(event.details["until"])
    else:
        financing.paused_until = None
    financing.paused_days += days
    for demand in Demand.objects.filter(financing=financing, state="open"):
        Demand.objects.filter(pk=demand.pk).update(due_on=date.fromordinal(demand.due_on.toordinal() + days))


def _explain(event: Event) -> None:
    """The bank's lines that the event stands for; a payment taken back without one leaves its line open again."""
    name = f"event:{event.financing_id}:{event.number}"
    if event.details.get("line"):
        if not BankLine.objects.filter(pk=event.details["line"], matched_to="").update(matched_to=name):
            raise Refused(_("Someone else has just explained this line of the bank. Nothing was done."))
    elif event.kind == "reversal" and event.reverses is not None and event.reverses.details.get("line"):
        BankLine.objects.filter(pk=event.reverses.details["line"]).update(matched_to="")


def _recover(event: Event, financing: Financing, at: datetime, by: str) -> Event:
    """Money for what was written off: income, and the pool's."""
    event.save()
    amount = event.amount or ZERO
    subject = f"financing:{financing.pk}"
    post(
        key=f"event:{financing.pk}:{event.number}", kind="recovery", business_date=event.business_date,
        currency=financing.currency, lines=[Line(chart.COLLECTION_CASH, chart.RECOVERIES, amount)], subject=subject,
        at=at, by=by,
    )  # fmt: skip
    FundingPool.objects.filter(pk=financing.pool_id).update(collected=F("collected") + amount)
    _explain(event)
    payload = {"number": financing.number, "amount": amount, "reason": event.reason}
    record(kind="recovery", subject=subject, payload=payload, business_date=event.business_date, at=at, by=by)
    return event
