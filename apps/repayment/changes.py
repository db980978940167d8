"""What an event changes on a financing: planned as a value that a page can show, then written as planned.

The facts of the financing are told again with the event among them. What the books say and the new telling does not is
reversed, what it says and the books do not is added: an event of today adds its own lines, one dated back changes the
days since then. Old and new stay on record, each booked today and each with the date from which it counts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Max, Sum
from django.utils.translation import gettext as _

from apps.core import bulk
from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.core.states import move_all
from apps.evidence.services import record
from apps.financing.models import Contract, FinancedOrder, Financing, Offer
from apps.ledger import chart
from apps.ledger.services import Line, post
from apps.products.models import FundingPool
from apps.repayment.day import Balance, Extras, OpenDemand
from apps.repayment.entries import COLLECTED, movement_lines
from apps.repayment.instalment_rows import bring_to, stored_rows
from apps.repayment.instalments import Rows, rows_of, settled
from apps.repayment.life import LAST_OF_THE_DAY, SWEEP, Fact, Life, Refused, Told, payoff, tell
from apps.repayment.models import Demand, Event, Movement, identity_of
from apps.repayment.periods import Minimums
from apps.repayment.waterfall import Parts
from apps.sellers.models import Seller

FACTS = (
    "payment", "refund", "waiver", "charge", "rate", "due_date", "write_off", "chargeback", "carried", "restructure",
    "refill",
)  # fmt: skip
ENDS = ("write_off", "restructure")  # proposed before they are done, and the last thing that happens


@dataclass(frozen=True, slots=True)
class Standing:
    """What is owed by component, what was paid beyond it, and how late it is."""

    owed: Parts
    surplus: Decimal
    past_due: Decimal
    days_past_due: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an event will change. `undone` are movements that it reverses, `told` what it adds; both in date order.

    `events` are all that hold then, this one among them.
    """

    financing: Financing
    event: Event
    before: Standing
    after: Standing
    undone: tuple[Movement, ...]
    told: tuple[Told, ...]
    life: Life
    events: tuple[Event, ...]

    @property
    def rewrites_history(self) -> bool:
        """Whether days change that are closed already."""
        return bool(self.undone)

    @property
    def before_end(self) -> Parts:
        """What was owed when the event ended it, with interest and penalty through that date; nothing where it does
        not end anything."""
        ends = [told.change for told in self.told if told.kind == self.event.kind and told.kind in ENDS]
        return Parts().minus(ends[0]) if ends else Parts()

    @property
    def fingerprint(self) -> str:
        """Tells whether what is about to be written is what a person was shown."""
        seen = (self.before, self.after, [one.pk for one in self.undone], self.told)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def plan(financing: Financing, event: Event) -> Change:
    """What `event`, not saved yet, changes on `financing` as it stands. Writes nothing.

    Raises life.Refused when it cannot be true together with what happened since, or would leave something owed beside
    money that was paid too much.
    """
    standing = _standing(financing)
    events = [*_events(financing, without=event.reverses), event]
    start = start_of(financing)._replace(closed_through=_closed_by(financing, event))
    life = tell(start, facts_of(standing, events), event.business_date, financing.currency)
    if life.surplus and life.owed.total:
        raise Refused(
            _("Something would be owed beside money that was paid too much. Let it count from a later day instead.")
        )
    recorded = {(one.on, one.identity): one for one in standing}
    wanted = {(one.on, one.identity): one for one in life.told}
    undone = [one.pk for key, one in recorded.items() if key not in wanted or not _same(one, wanted[key])]
    told = [one for key, one in wanted.items() if key not in recorded or not _same(recorded[key], one)]
    return Change(
        financing=financing,
        event=event,
        before=Standing(_owed(financing), financing.overpaid, financing.past_due, financing.days_past_due),
        after=Standing(life.owed, life.surplus, life.past_due, life.days_past_due),
        undone=_in_date_order(Movement.objects.filter(pk__in=undone).select_related("event")),
        told=tuple(sorted(told)),
        life=life,
        events=tuple(events),
    )


def _in_date_order(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    return tuple(sorted(movements, key=lambda one: (one.counts_from, one.pk)))


class Recorded(NamedTuple):
    """A movement that holds: neither a reversal nor reversed."""

    pk: int
    on: date
    identity: str
    kind: str
    change: Parts
    surplus: Decimal


def _standing(financing: Financing) -> list[Recorded]:
    """The movements that hold but for the disbursement, which a life begins with, in the order of booking."""
    rows = (
        Movement.objects.filter(financing=financing, reverses=None, reversals=None)
        .exclude(kind=Movement.Kind.DISBURSEMENT)
        .order_by("pk")
        .values_list(
            "pk", "business_date", "effective_on", "key", "kind", "penalty", "fee", "interest", "principal", "surplus"
        )
    )
    return [
        Recorded(pk, effective_on or day, identity_of(key), kind, Parts(*parts), surplus)
        for pk, day, effective_on, key, kind, *parts, surplus in rows
    ]


def facts_of(standing: Iterable[Recorded], events: Iterable[Event]) -> list[Fact]:
    """The facts of a financing: what its sales paid, and what people did."""
    sweeps = [
        Fact(one.on, LAST_OF_THE_DAY, SWEEP, SWEEP, one.on, one.surplus - one.change.total)
        for one in standing
        if one.kind == SWEEP
    ]
    acts = [
        Fact(
            one.effective_on,
            _order(one),
            f"{one.kind}:{one.number}",
            "charge" if one.kind == "chargeback" else one.kind,
            one.business_date + DAY if one.details.get("after_the_night") else one.business_date,
            Decimal(one.details["rate"]) if one.kind == "rate" else one.amount or ZERO,
            Parts(**{part: Decimal(amount) for part, amount in one.details.get("parts", {}).items()}),
            date.fromisoformat(one.details["to"]) if one.details.get("to") else None,
            one.details.get("more", 0),
        )
        for one in events
        if one.kind in FACTS and (one.kind != "chargeback" or one.details.get("parts"))
    ]
    return sweeps + acts


def _order(event: Event) -> int:
    """The place of an event among the facts of its date: what the night's end brought comes after its sweep."""
    if event.kind in ENDS:
        return LAST_OF_THE_DAY
    return event.number + (LAST_OF_THE_DAY if event.details.get("after_the_night") else 0)


def start_of(financing: Financing) -> Balance:
    """`financing` as it was on the day of its disbursement, with the demands that were raised since, unpaid."""
    start = _at_start(financing)
    if start.terms.plan:
        rows = rows_of(start.terms, financing.amount, financing.flat_fee, start.disbursed_on)
        return start._replace(rows=rows, due_on=rows[-1].due_on, demands_raised=0)
    demands = Demand.objects.filter(financing=financing).order_by("number")
    return start._replace(
        demands=tuple(
            OpenDemand(one.pk, one.number, one.kind, one.starts_on, one.due_on, one.amount, ZERO, "open")
            for one in demands
        )
    )


def _at_start(financing: Financing) -> Balance:
    disbursed_on = _begun(financing)
    return Balance(
        id=financing.pk,
        terms=financing.version.terms,
        pool_id=financing.pool_id,
        owed=Parts(fee=financing.flat_fee, principal=financing.amount),
        lent=financing.amount + financing.flat_fee,
        accrued=ZERO,
        accrued_posted=ZERO,
        disbursed_on=disbursed_on,
        due_on=financing.due_on,
        closed_through=financing.closed_through or disbursed_on,
        accrued_through=disbursed_on,
        annual_rate=None,
        paused_days=financing.paused_days,
        demands_raised=financing.demands_raised,
        past_due=ZERO,
        sweep_rate=financing.sweep_rate,
        demands=(),
        extras=Extras(minimums=Minimums.of_json(financing.minimums) if financing.minimums else None),
    )


def balance_of(financing: Financing) -> Balance:
    """`financing` as it stands now, for reckoning ahead; with what its demands leave unpaid where that costs a
    penalty."""
    closed_through = financing.closed_through or _begun(financing)
    start = _at_start(financing)
    unpaid: tuple[OpenDemand, ...] = ()
    if start.terms.penalises and not start.terms.plan:
        rows = Demand.objects.filter(financing=financing, paid__lt=F("amount")).order_by("number")
        unpaid = tuple(
            OpenDemand(one.pk, one.number, one.kind, one.starts_on, one.due_on, one.amount, one.paid, one.state)
            for one in rows
        )
    return start._replace(
        owed=_owed(financing),
        accrued=financing.accrued,
        accrued_posted=financing.accrued_posted,
        accrued_through=max(closed_through, financing.accrued_through or closed_through),
        annual_rate=financing.annual_rate,
        past_due=financing.past_due,
        demands=unpaid,
        rows=stored_rows(financing) if start.terms.plan else (),
        extras=start.extras._replace(
            penalty_accrued=financing.penalty_accrued, penalty_posted=financing.penalty_posted
        ),
    )


def payoff_of(financing: Financing, on: date) -> Parts:
    """What repays all of `financing` on `on` (today or later), to the cent: see `life.payoff`."""
    balance = balance_of(financing)
    waived = ZERO
    if balance.terms.fee_rebate:
        given_up = Movement.objects.filter(financing=financing, kind=Movement.Kind.WAIVER).aggregate(fee=Sum("fee"))
        waived = -(given_up["fee"] or ZERO)
    on = max(on, balance.accrued_through)
    return payoff(balance, on, financing.currency, financing.flat_fee, waived)


def _begun(financing: Financing) -> date:
    if financing.disbursed_on is None:
        raise ValueError(f"{financing.number} was not paid out: it has no life to tell.")
    return financing.disbursed_on


def _closed_by(financing: Financing, event: Event) -> date:
    """The last date that `financing` is closed for when `event` is done. No night looks at one that owes nothing: the
    days before the event that makes it run again are over for it, and their sales are not taken in a second time."""
    closed_through = financing.closed_through or _begun(financing)
    return closed_through if financing.state == "active" else max(closed_through, event.business_date - DAY)


def _events(financing: Financing, *, without: Event | None) -> list[Event]:
    """What people did and nobody took back."""
    done = Event.objects.filter(financing=financing, state="done", reversed_by=None).order_by("number")
    return [one for one in done if without is None or one.pk != without.pk]


def _owed(financing: Financing) -> Parts:
    return Parts(financing.penalty, financing.fee, financing.interest, financing.principal)


def _same(recorded: Recorded, told: Told) -> bool:
    return recorded.change == told.change and recorded.surplus == told.surplus


def apply(change: Change, *, at: datetime, by: str) -> Event:
    """Write `change` as planned, within the caller's transaction, which holds the financing; returns the event."""
    event, financing = change.event, change.financing
    event.save()
    financing.closed_through = _closed_by(financing, event)
    entry_key = f"event:{financing.pk}:{event.number}"
    lines = _lines(change)
    if lines:
        post(
            key=entry_key,
            kind=event.kind,
            business_date=event.business_date,
            currency=financing.currency,
            lines=lines,
            subject=f"financing:{financing.pk}",
            at=at,
            by=by,
        )
    _write_movements(change, entry_key)
    if change.life.rows:
        bring_to(financing, instalments_after(change), at=at, by=by, reason=event.reason)
    else:
        _write_demands(change, at, by)
    _write_financing(change, at, by)
    _write_pool(change)
    _write_seller(change, lines)
    payload = {
        "number": financing.number,
        "event": event.number,
        "amount": event.amount,
        "effective_on": event.effective_on,
        "reason": event.reason,
        "owed": list(change.after.owed),
        "details": event.details,
    }
    record(kind=event.kind, subject=f"financing:{financing.pk}", payload=payload, business_date=event.business_date,
           at=at, by=by)  # fmt: skip
    return event


def _lines(change: Change) -> list[Line]:
    """The lines of the event's entry: what is undone the other way round, and what is told, summed by pair."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for movement in change.undone:
        source = _source(movement.kind, movement.event)
        for line in movement_lines(movement.kind, movement.parts, movement.surplus, source):
            sums[line.credit, line.debit] += line.amount
    events = {f"{one.kind}:{one.number}": one for one in change.events}
    for told in change.told:
        source = _source(told.kind, events.get(told.identity))
        for line in movement_lines(told.kind, told.change, told.surplus, source):
            sums[line.debit, line.credit] += line.amount
    return [Line(debit, credit, amount) for (debit, credit), amount in sorted(sums.items()) if amount]


def _source(kind: str, event: Event | None) -> str:
    """Where the money of a movement came from: what sales brought, a new financing, or the bank."""
    if kind == SWEEP or (event is not None and event.details.get("source") == "sales"):
        return chart.SELLER_PAYABLE
    return chart.CARRIED if kind == "refill" else chart.COLLECTION_CASH


def _write_movements(change: Change, entry_key: str) -> None:
    """The latest is undone first and the earliest told first, so that what is owed in between was owed once."""
    event = change.event
    owed = change.before.owed.total
    rows = []
    for one in reversed(change.undone):
        owed -= one.total
        rows.append(
            Movement(
                kind=one.kind, reason="told_again", key=f"undo:{one.pk}", principal=-one.principal, fee=-one.fee,
                interest=-one.interest, penalty=-one.penalty, surplus=-one.surplus, outstanding=owed,
                effective_on=one.counts_from, reverses=one,
            )
        )  # fmt: skip
    for told in change.told:
        owed += told.change.total
        is_today = told.on == event.business_date
        rows.append(
            Movement(
                kind=told.kind, reason=event.kind,
                key=f"{told.identity}@{event.number}" if is_today else f"{told.identity}@{event.number}:{told.on}",
                penalty=told.change.penalty, fee=told.change.fee, interest=told.change.interest,
                principal=told.change.principal, surplus=told.surplus, outstanding=owed,
                effective_on=None if is_today else told.on,
            )
        )  # fmt: skip
    for row in rows:
        row.financing, row.event, row.entry_key = change.financing, event, entry_key
        row.business_date = event.business_date
    bulk.copy_instances(rows)


def _write_demands(change: Change, at: datetime, by: str) -> None:
    """Fill the demands as told. A breach stays; what a reversed payment had met is open again, or breached by now."""
    filled = {one.id: one.paid for one in change.life.demands}
    demands = [one for one in Demand.objects.filter(financing=change.financing) if filled[one.pk] != one.paid]
    again = [one for one in demands if one.state == "met" and filled[one.pk] < one.amount]
    move_all(again, "reopen", at=at, by=by, reason=change.event.reason)
    bulk.update_rows(Demand, ["paid"], [(one.pk, filled[one.pk]) for one in demands])
    closed_through = change.financing.closed_through
    met = [one for one in demands if one.state == "open" and filled[one.pk] >= one.amount]
    over = [one for one in again if closed_through is not None and one.due_on <= closed_through]
    move_all(met, "pay", at=at, by=by, reason=change.event.reason)
    move_all(over, "end", at=at, by=by, reason=change.event.reason)


def instalments_after(change: Change) -> Rows:
    """The instalments as `change` leaves them, in the states that they will have; empty where there are none."""
    stored = {row.number: row for row in stored_rows(change.financing)}
    return settled(change.life.rows, stored, _closed_by(change.financing, change.event))


def _write_financing(change: Change, at: datetime, by: str) -> None:
    financing, event, life = change.financing, change.event, change.life
    financing.penalty, financing.fee, financing.interest, financing.principal = life.owed
    financing.overpaid = life.surplus
    financing.accrued, financing.accrued_posted = life.accrued, life.accrued_posted
    financing.accrued_through, financing.quiet_through = event.business_date, None
    financing.penalty_accrued, financing.penalty_posted = life.penalty_accrued, life.penalty_posted
    financing.past_due, financing.days_past_due = life.past_due, life.days_past_due
    if life.rate != financing.version.terms.annual_rate or financing.annual_rate is not None:
        financing.annual_rate = life.rate
    _move(financing, event, at, by)


def _move(financing: Financing, event: Event, at: datetime, by: str) -> None:
    """Save `financing` and move it, with its offer and contract, to the state that its balances ask for.

    Nothing owed: repaid, its orders free again; paid beyond it: overpaid until that is given back; owed again: active
    again. What is written off is owed no more either, but it was not repaid.
    """
    if event.kind in ENDS:
        financing.move(event.kind, at=at, by=by, reason=event.reason)
        financing.contract.move("terminate", at=at, by=by, reason=event.reason)
        FinancedOrder.objects.filter(financing=financing, released_on=None).update(released_on=event.business_date)
        return
    if financing.state == "repaid" and (financing.outstanding or financing.overpaid):
        for one in (financing, financing.offer, financing.contract):
            one.move("reopen", at=at, by=by, reason=event.reason)
    elif financing.state == "overpaid":
        financing.move("refund_overpayment", at=at, by=by, reason=event.reason)
    else:
        financing.save()
    if financing.state == "active" and financing.overpaid:
        financing.move("overpay", at=at, by=by, reason=event.reason)
    elif financing.state == "active" and not financing.outstanding:
        finish([financing], on=event.business_date, at=at, by=by, reason=event.reason)


def finish(financings: Sequence[Financing], *, on: date, at: datetime, by: str, reason: str) -> None:
    """Active financings that owe nothing are repaid: their offers completed, contracts fulfilled, orders released."""
    keys = [one.pk for one in financings]
    move_all(financings, "repay_all", at=at, by=by, reason=reason, fields=["repaid_on"], on=on)
    move_all(list(Offer.objects.filter(financing__in=keys).order_by("pk")), "repay_all", at=at, by=by, reason=reason)
    move_all(list(Contract.objects.filter(financing__in=keys).order_by("pk")), "fulfil", at=at, by=by, reason=reason)
    FinancedOrder.objects.filter(financing__in=keys, released_on=None).update(released_on=on)


def _write_pool(change: Change) -> None:
    """The pool's principal, and what was collected for it (or is missing from that after a reversal)."""
    collected = sum((one.total for one in change.undone if one.kind in COLLECTED), ZERO)
    collected -= sum((told.change.total for told in change.told if told.kind in COLLECTED), ZERO)
    drawn = change.after.owed.principal - change.before.owed.principal
    if drawn or collected:
        FundingPool.objects.filter(pk=change.financing.pool_id).update(
            drawn=F("drawn") + drawn, collected=F("collected") + collected
        )


def _write_seller(change: Change, lines: Sequence[Line]) -> None:
    """The seller's worst lateness, and what the entry moved of what is owed to them."""
    worst = Financing.objects.active().filter(seller=change.financing.seller_id).aggregate(most=Max("days_past_due"))
    credited = sum((line.amount for line in lines if line.credit == chart.SELLER_PAYABLE), ZERO)
    debited = sum((line.amount for line in lines if line.debit == chart.SELLER_PAYABLE), ZERO)
    Seller.objects.filter(pk=change.financing.seller_id).update(
        worst_days_past_due=worst["most"] or 0, balance=F("balance") + credited - debited
    )
