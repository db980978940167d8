"""A change is written as it was planned. One function a table."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Max

from apps.core import bulk
from apps.core.money import ZERO
from apps.core.states import move_all
from apps.evidence.services import record
from apps.financing.models import Contract, FinancedOrder, Financing, Offer, Share
from apps.financing.services.participations import move
from apps.ledger import chart
from apps.ledger.services import Line, post
from apps.repayment.changes.balances import closed_by
from apps.repayment.changes.change import ENDS, Change
from apps.repayment.entries import CASH, COLLECTED, movement_lines
from apps.repayment.instalment_rows import bring_to, stored_rows
from apps.repayment.instalments import Rows, settled
from apps.repayment.life import SWEEP
from apps.repayment.models import Demand, Event, Movement
from apps.sellers.models import Seller

# What becomes of principal, for those who share it, by acts that bring no money.
SHARED_AS = {"write_off": Share.Kind.LOST, "restructure": Share.Kind.CARRIED}


def apply(change: Change, *, at: datetime, by: str) -> Event:
    """Write `change` as planned, within the caller's transaction, which holds the financing; returns the event."""
    event, financing = change.event, change.financing
    event.save()
    financing.closed_through = closed_by(financing, event)
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
    _write_pool(change, entry_key)
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
    event_of = change.event_of
    for held in change.undone:
        source = _source(held.kind, event_of.get(held.identity))
        for line in movement_lines(held.kind, held.change, held.surplus, source):
            sums[line.credit, line.debit] += line.amount
    for told in change.told:
        source = _source(told.kind, event_of.get(told.identity))
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
    for held in reversed(change.undone):
        owed -= held.change.total
        rows.append(
            Movement(
                kind=held.kind, reason="told_again", key=f"undo:{held.pk}", principal=-held.change.principal,
                fee=-held.change.fee, interest=-held.change.interest, penalty=-held.change.penalty,
                surplus=-held.surplus, outstanding=owed, effective_on=held.on, reverses_id=held.pk,
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
    return settled(change.life.rows, stored, closed_by(change.financing, change.event))


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
    _move(change, at, by)


def _move(change: Change, at: datetime, by: str) -> None:
    """Save `financing` and move it, with its offer and contract, to the state that its balances ask for.

    Nothing owed: repaid, its orders free again; paid beyond it: overpaid until that is given back; owed again: active
    again. What is written off is owed no more either, but it was not repaid; nor was what the bank gave back.
    """
    financing, event = change.financing, change.event
    if event.kind in ENDS:
        financing.move(event.kind, at=at, by=by, reason=event.reason)
        _terminate(financing, event, at, by)
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
        _owes_nothing(change, at, by)


def _owes_nothing(change: Change, at: datetime, by: str) -> None:
    financing, event = change.financing, change.event
    if not change.money_came_back:
        return finish([financing], on=event.business_date, at=at, by=by, reason=event.reason)
    for one in (financing, financing.offer):
        one.move("come_back", at=at, by=by, reason=event.reason)
    return _terminate(financing, event, at, by)


def _terminate(financing: Financing, event: Event, at: datetime, by: str) -> None:
    """The contract ends without having been fulfilled, and the orders behind it are free."""
    financing.contract.move("terminate", at=at, by=by, reason=event.reason)
    FinancedOrder.objects.filter(financing=financing, released_on=None).update(released_on=event.business_date)


def finish(financings: Sequence[Financing], *, on: date, at: datetime, by: str, reason: str) -> None:
    """Active financings that owe nothing are repaid: their offers completed, contracts fulfilled, orders released."""
    keys = [one.pk for one in financings]
    move_all(financings, "repay_all", at=at, by=by, reason=reason, fields=["repaid_on"], on=on)
    move_all(list(Offer.objects.filter(financing__in=keys).order_by("pk")), "repay_all", at=at, by=by, reason=reason)
    move_all(list(Contract.objects.filter(financing__in=keys).order_by("pk")), "fulfil", at=at, by=by, reason=reason)
    FinancedOrder.objects.filter(financing__in=keys, released_on=None).update(released_on=on)


def _write_pool(change: Change, entry_key: str) -> None:
    """The pool's principal, and what was collected for it (or is missing from that after a reversal)."""
    move(
        change.financing,
        key=entry_key,
        on=change.event.business_date,
        principal=change.before.owed.principal - change.after.owed.principal,
        income=_paid(change, CASH, "total") - _paid(change, CASH, "principal"),
        collected=_paid(change, COLLECTED, "total"),
        kind=SHARED_AS.get(change.event.kind, Share.Kind.COLLECTED),
    )


def _paid(change: Change, kinds: Collection[str], what: str) -> Decimal:
    """What movements of `kinds` paid of principal or in total, less what is undone of it."""
    undone = sum((getattr(held.change, what) for held in change.undone if held.kind in kinds), ZERO)
    return undone - sum((getattr(told.change, what) for told in change.told if told.kind in kinds), ZERO)


def _write_seller(change: Change, lines: Sequence[Line]) -> None:
    """The seller's worst lateness, and what the entry moved of what is owed to them."""
    worst = Financing.objects.active().filter(seller=change.financing.seller_id).aggregate(most=Max("days_past_due"))
    credited = sum((line.amount for line in lines if line.credit == chart.SELLER_PAYABLE), ZERO)
    debited = sum((line.amount for line in lines if line.debit == chart.SELLER_PAYABLE), ZERO)
    Seller.objects.filter(pk=change.financing.seller_id).update(
        worst_days_past_due=worst["most"] or 0, balance=F("balance") + credited - debited
    )
