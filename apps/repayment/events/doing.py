"""An act that was checked and planned is done: what it does besides the change that it was planned as."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.banking.models import BankLine
from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.repayment.changes import Change, apply
from apps.repayment.events.act import Act
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event
from apps.repayment.recoveries import book_recovery, recovered_by


def do(change: Change, act: Act, at: datetime, by: str) -> Event:
    event = change.event
    _explain(event)
    done = _do(change, act, at, by)
    if event.details.get("line"):
        entry = Entry.objects.filter(key=f"event:{event.financing_id}:{event.number}").first()
        BankLine.objects.filter(pk=event.details["line"]).update(carried_by=entry)
    return done


def _do(change: Change, act: Act, at: datetime, by: str) -> Event:
    event, financing = change.event, change.financing
    match act.kind:
        case "pause" | "lower_share" | "resume":
            _shift(financing, event)
        case "due_date" if not financing.version.terms.plan:
            financing.due_on = act.until
            Demand.objects.filter(financing=financing, kind="maturity", state="open").update(due_on=act.until)
        case "reschedule":
            financing.minimums = event.details["to"]
    if recovered_by(event):
        return book_recovery(event, financing, at=at, by=by)
    return apply(change, at=at, by=by)


def _shift(financing: Financing, event: Event) -> None:
    """A pause, and a lower share in part, moves the minimum periods that are not decided; its end brings back what is
    left of it."""
    days = -event.details["days"] if event.kind == "resume" else event.details["days"]
    financing.paused_until = None if event.kind == "resume" else date.fromisoformat(event.details["until"])
    financing.paused_rate = Decimal(event.details.get("share", 0))
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
        BankLine.objects.filter(pk=event.reverses.details["line"]).update(matched_to="", carried_by=None)
