"""An act is previewed, performed, and where it needs two people approved or refused."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import ZERO
from apps.core.states import log_birth
from apps.financing.models import Financing
from apps.financing.services.participations import has_room
from apps.ledger.calendar import open_date
from apps.ledger.services import take_the_books
from apps.repayment.changes import Change, apply, plan
from apps.repayment.events import of_money, of_terms
from apps.repayment.events.act import Act, KeyUsed, Stale
from apps.repayment.events.doing import do
from apps.repayment.hold import hold
from apps.repayment.life import Refused
from apps.repayment.models import NEEDS_TWO, Event
from apps.repayment.rearranging import carry_on
from apps.repayment.waterfall import Parts


def preview(*, financing_id: int, act: Act, asked_on: date, at: datetime, by: str) -> Change:
    """What `act` would change if it were done now. Holds nothing and writes nothing."""
    financing = Financing.objects.select_related("version__product__pool", "seller").get(pk=financing_id)
    return plan(financing, _draft(financing, act, "preview", open_date(asked_on), at, by))


def perform(*, financing_id: int, act: Act, key: str, asked_on: date, shown: str = "", at: datetime, by: str) -> Event:
    """Do `act`, or answer the event that did it before, on whatever date. What needs two people is only proposed by
    the first. Raises KeyUsed when `key` did, or proposed, another act."""
    with transaction.atomic():
        financing, on = hold(financing_id=financing_id, asked_on=asked_on, at=at, by=by)
        known = Event.objects.filter(financing=financing, key=key).first()
        if known is not None:
            _must_be_the_same(known, act)
            return known
        event = _draft(financing, act, key, on, at, by)
        change = plan(financing, event)
        if shown and shown != change.fingerprint:
            raise Stale(_("The financing has changed since you looked. Nothing was done; look again."))
        if event.state == "proposed":
            event.save()
            log_birth([event], at=at, by=by, reason=event.reason)
            return event
        return do(change, act, at, by)


def _must_be_the_same(known: Event, act: Act) -> None:
    """Whether `act` is what was asked for then. Of an event older than the record of that, the kind alone is known."""
    if known.kind != act.kind or known.asked not in (None, act.as_json()):
        raise KeyUsed(
            _("This form has done something else already: event %(number)s. Nothing was done now; open the form anew.")
            % {"number": known.number}
        )


def preview_approval(*, event_id: int, asked_on: date) -> Change:
    """What approving the proposed event would change if it were done now. Holds nothing and writes nothing.

    Raises Refused when it could not be approved as things stand.
    """
    event = Event.objects.get(pk=event_id)
    financing = Financing.objects.select_related("version__product__pool", "seller").get(pk=event.financing_id)
    return _approval(financing, event, open_date(asked_on))


def approve(*, event_id: int, asked_on: date, shown: str = "", at: datetime, by: str) -> Event:
    """Do what another person proposed, as the financing stands now.

    What it needed when it was proposed it needs still. `shown` is the fingerprint of the change that this person saw.
    Raises Refused, Stale when it would be another change by now.
    """
    with transaction.atomic():
        proposed = Event.objects.get(pk=event_id)
        financing, on = hold(financing_id=proposed.financing_id, asked_on=asked_on, at=at, by=by)
        event = Event.objects.select_for_update().get(pk=event_id)
        if event.state != "proposed":
            return event
        if event.by == by:
            raise Refused(_("Whoever proposed this cannot approve it: another person must."))
        change = _approval(financing, event, on)
        if shown and shown != change.fingerprint:
            raise Stale(_("It would change something else than what you were shown. Nothing was done; look again."))
        if event.kind == "restructure":
            _must_have_room(financing, change)
        event.move("approve", at=at, by=by, approved_by=by)
        done = apply(change, at=at, by=by)
        if event.kind == "restructure":
            carry_on(financing, event, at=at, by=by)
        return done


def _approval(financing: Financing, event: Event, on: date) -> Change:
    """What the proposed `event` changes when it is done on `on`, checked as if it were proposed then."""
    checked = CHECKS[event.kind](financing, _act_of(event), on)
    event.business_date = event.effective_on = on
    event.details = checked.get("details", {})
    change = plan(financing, event)
    event.amount = -sum((one.change.total for one in change.told if one.kind == event.kind), ZERO)
    if event.kind == "restructure":
        owed = change.before_end
        if not owed.principal:
            raise Refused(_("No principal is owed any more, so there is nothing to restructure."))
        event.details["owed"] = {name: str(getattr(owed, name)) for name in Parts._fields}
    return change


def _act_of(event: Event) -> Act:
    """The act that `event` was proposed as."""
    details = event.details
    return Act(
        event.kind,
        event.reason,
        version_id=details.get("version"),
        capitalise=details.get("capitalise", False),
        agreement=details.get("agreement", ""),
        until=date.fromisoformat(details["due_on"]) if details.get("due_on") else None,
    )


def _must_have_room(financing: Financing, change: Change) -> None:
    """The pools have room for what becomes principal."""
    take_the_books()
    owed = change.before_end
    if change.event.details["capitalise"] and not has_room(financing, owed.total - owed.principal):
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
    if Event.objects.filter(financing=financing, kind=act.kind, state="proposed").exists():
        raise Refused(PROPOSED[act.kind])
    last = Event.objects.filter(financing=financing).aggregate(last=Max("number"))["last"] or 0
    return Event(
        financing=financing,
        number=last + 1,
        kind=act.kind,
        key=key,
        asked=act.as_json(),
        business_date=on,
        reason=act.reason.strip()[:300],
        by=by,
        at=at,
        state="proposed" if act.kind in NEEDS_TWO else "done",
        **{"effective_on": on, **checked},
    )


PROPOSED = {
    "write_off": gettext_lazy("A write-off is proposed already; another person approves or refuses it."),
    "restructure": gettext_lazy("A restructuring is proposed already; another person approves or refuses it."),
}
CHECKS = {
    "payment": of_money.payment,
    "reversal": of_money.reversal,
    "refund": of_money.refund,
    "waiver": of_money.waiver,
    "charge": of_money.charge,
    "rate": of_terms.rate,
    "pause": of_terms.pause,
    "lower_share": of_terms.lower_share,
    "resume": of_terms.resume,
    "due_date": of_terms.due_date,
    "write_off": of_money.write_off,
    "recovery": of_money.recovery,
    "chargeback": of_money.chargeback,
    "reschedule": of_terms.reschedule,
    "restructure": of_terms.restructure,
}
