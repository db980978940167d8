"""A financing as a balance: as it was when it was paid out, and as it stands now."""

from datetime import date

from django.db.models import F, Sum

from apps.core.dates import DAY
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.repayment.day import Balance, Extras, OpenDemand
from apps.repayment.instalment_rows import stored_rows
from apps.repayment.instalments import rows_of
from apps.repayment.life import Payoff, payoff
from apps.repayment.models import Demand, Event, Movement
from apps.repayment.periods import Minimums
from apps.repayment.waterfall import Parts


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
        owed=owed_by(financing),
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


def payoff_of(financing: Financing, on: date, *, due_on: date | None = None) -> Parts:
    """What repays all of `financing` on `on` (today or later), to the cent: see `life.payoff`. With `due_on`, if all of
    it were due on that day instead."""
    return payoff_with_rebate(financing, on, due_on=due_on).to_pay


def payoff_with_rebate(financing: Financing, on: date, *, due_on: date | None = None) -> Payoff:
    """The same with what is owed and what of it the rebate of the fee takes off."""
    balance = balance_of(financing)
    if due_on is not None:
        balance = balance._replace(due_on=due_on)
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


def closed_by(financing: Financing, event: Event) -> date:
    """The last date that `financing` is closed for when `event` is done. No night looks at one that owes nothing: the
    days before the event that makes it run again are over for it, and their sales are not taken in a second time."""
    closed_through = financing.closed_through or _begun(financing)
    return closed_through if financing.state == "active" else max(closed_through, event.business_date - DAY)


def owed_by(financing: Financing) -> Parts:
    return Parts(financing.penalty, financing.fee, financing.interest, financing.principal)
