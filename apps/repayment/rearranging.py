"""What people agree on anew while a financing runs: other periods and another minimum, or a contract in its place.

A restructured financing owes nothing more; its successor owes what it owed. Each keeps an entry of its own, and the
account between them, `Assets:Financing:Carried`, is empty again by the end of the act.
"""

from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import Any

from apps.core.dates import DAY
from apps.core.money import ZERO, quantum
from apps.evidence.services import record
from apps.financing.minimums import level_minimums
from apps.financing.models import FinancedOrder, Financing
from apps.financing.services.participations import follow, lend
from apps.financing.services.successors import draw_successor
from apps.ledger import chart
from apps.ledger.services import Line, post
from apps.products.terms import Terms
from apps.repayment.changes import apply, plan
from apps.repayment.models import Event, Movement
from apps.repayment.periods import Minimums, asked_by, last_number, periods_of


def rescheduled(financing: Financing, period_days: int, minimum: Decimal, on: date) -> Minimums:
    """The periods of `financing` from the end of the running one: of `period_days` days, asking for `minimum` each.

    What earlier periods asked for stays asked; the rest of principal and fee follows in the new ones. `minimum` in the
    financing's currency, more than nothing. Raises TooManyPeriods.
    """
    terms: Terms = financing.version.terms
    old = Minimums.of_json(financing.minimums) if financing.minimums else None
    disbursed_on = financing.disbursed_on or on
    lent = financing.amount + financing.flat_fee
    periods = periods_of(terms, old, disbursed_on, financing.paused_days)
    if periods is None:
        return Minimums(period_days, tuple(level_minimums(lent, minimum)), 0, ZERO, on - DAY, financing.paused_days)
    number = max(periods.reached(on - DAY), financing.demands_raised)
    asked = asked_by(terms, old, lent, number, financing.currency)
    rest = tuple(level_minimums(lent - asked, minimum)) if lent > asked else ()
    return Minimums(period_days, rest, number, asked, periods.bounds(number)[1], financing.paused_days)


def periods_to_come(financing: Financing, on: date) -> Minimums | None:
    """The periods of `financing` from the end of the one that runs on `on`, as they stand; None where it has none."""
    terms: Terms = financing.version.terms
    old = Minimums.of_json(financing.minimums) if financing.minimums else None
    lent, paused = financing.amount + financing.flat_fee, financing.paused_days
    periods = periods_of(terms, old, financing.disbursed_on or on, paused)
    if periods is None or (old is None and not terms.minimum_share):
        return None
    number = max(periods.reached(on - DAY), financing.demands_raised)
    last = last_number(terms, old, lent, number, financing.currency)
    asked = [asked_by(terms, old, lent, one, financing.currency) for one in range(number, last + 1)]
    amounts = tuple(after - before for before, after in pairwise(asked))
    return Minimums(periods.period_days, amounts, number, asked[0], periods.bounds(number)[1], paused)


def stretched(financing: Financing, more: int, on: date) -> tuple[int, Decimal] | None:
    """The days of a period and the minimum, rounded up to the minor unit, when `more` periods share what the periods
    after the running one ask for; None where they ask for nothing."""
    planned = periods_to_come(financing, on)
    if planned is None or not planned.amounts:
        return None
    unit = quantum(financing.currency)
    rest, number = sum(planned.amounts, ZERO), len(planned.amounts)
    share = (rest / (number + more) / unit).to_integral_value(rounding=ROUND_CEILING)
    return planned.period_days, share * unit


def carry_on(old: Financing, event: Event, *, at: datetime, by: str) -> Financing:
    """The successor of `old`, which `event` has just closed: it owes what `old` owed by component.

    With `capitalise` in the event's details, fee, interest and penalty become principal and the fee counts as earned;
    otherwise each is carried as what it is. The agreement that the event names is the paper the seller signed.
    """
    owed = {name: Decimal(amount) for name, amount in event.details["owed"].items()}
    capitalised = event.details["capitalise"]
    amount = sum(owed.values(), ZERO) if capitalised else owed["principal"]
    fee = ZERO if capitalised else owed["fee"]
    due_on = date.fromisoformat(event.details["due_on"]) if event.details.get("due_on") else None
    left = {name: owed[name] for name in ("interest", "penalty") if owed[name] and not capitalised}
    successor = draw_successor(
        old=old, version_id=event.details["version"], amount=amount, fee=fee, carried=left, due_on=due_on,
        agreement=event.details["agreement"], business_date=event.business_date, at=at, by=by,
    )  # fmt: skip
    follow(old, successor)
    _owe(successor, owed["fee"] if capitalised else ZERO, event.business_date, at, by)
    _follow_orders(old, successor, event.business_date)
    payload = {
        "number": successor.number,
        "in_place_of": old.number,
        "owed": owed,
        "agreement": event.details["agreement"],
    }
    record(
        kind="restructured", subject=f"financing:{successor.pk}", payload=payload, business_date=event.business_date,
        at=at, by=by,
    )  # fmt: skip
    if left:
        apply(plan(successor, _carried(successor, left, event, at, by)), at=at, by=by)
    return successor


def _owe(successor: Financing, earned: Decimal, on: date, at: datetime, by: str) -> None:
    """Principal and fee come from the financing before; `earned` is the fee that became principal."""
    lines = [Line(chart.PRINCIPAL, chart.CARRIED, successor.amount)]
    if successor.flat_fee:
        lines.append(Line(chart.FEE, chart.CARRIED, successor.flat_fee))
    if earned:
        lines.append(Line(chart.DEFERRED_FEES, chart.FEE_INCOME, earned))
    key = f"disbursement:{successor.pk}"
    post(
        key=key, kind="restructure", business_date=on, currency=successor.currency, lines=lines,
        subject=f"financing:{successor.pk}", at=at, by=by,
    )  # fmt: skip
    Movement.objects.create(
        financing=successor, business_date=on, kind=Movement.Kind.DISBURSEMENT, reason="restructured",
        key="disbursement", principal=successor.amount, fee=successor.flat_fee, outstanding=successor.outstanding,
        entry_key=key,
    )  # fmt: skip
    lend(successor, key=key, on=on, was_reserved=False)


def _follow_orders(old: Financing, successor: Financing, on: date) -> None:
    """The orders that the old financing rested on belong to its successor."""
    rows = list(FinancedOrder.objects.filter(financing=old, released_on=on))
    FinancedOrder.objects.bulk_create(
        [FinancedOrder(financing=successor, order_id=one.order_id, eligible_value=one.eligible_value) for one in rows]
    )


def _carried(successor: Financing, parts: dict[str, Decimal], event: Event, at: datetime, by: str) -> Event:
    details: dict[str, Any] = {
        "parts": {name: str(amount) for name, amount in parts.items()}, "from": event.financing.number,
    }  # fmt: skip
    return Event(
        financing=successor, number=1, kind="carried", key=f"carried:{event.pk}", effective_on=event.business_date,
        business_date=event.business_date, amount=sum(parts.values(), ZERO), details=details,
        reason=event.reason, by=event.by, at=at, approved_by=by, state="done",
    )  # fmt: skip
