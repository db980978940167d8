"""One seller's night, as arithmetic: accrue, sweep, allocate, age. Pure; the night and a click both call it.

All amounts are Decimals in the seller's one currency; dates are business dates. What is posted is payable in the
currency; interest accrues unrounded.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.dates import DAY
from apps.core.money import ZERO, round_money
from apps.financing.penalties import Overdue, penalty_added
from apps.financing.sweep import Claim, sweep
from apps.products.terms import SALES, Terms
from apps.repayment import instalments
from apps.repayment.instalments import Rows, Standing
from apps.repayment.interest import TWELVE_PLACES, accrue
from apps.repayment.periods import Check, Minimums, asked_by, check_days, last_check, most_now, periods_of
from apps.repayment.waterfall import Due, Parts, allocate


class OpenDemand(NamedTuple):
    """A demand that is not paid in full. `id` is None for one raised tonight."""

    id: int | None
    number: int
    kind: str
    starts_on: date
    due_on: date
    amount: Decimal
    paid: Decimal
    state: str

    @property
    def unpaid(self) -> Decimal:
        return self.amount - self.paid


class Extras(NamedTuple):
    """What only some terms need to know of a financing.

    penalty_accrued, penalty_posted  penalty since disbursement, unrounded and as posted
    swept                            what sweeps took in the running period; known where the terms limit it
    minimums                         what its minimum periods ask for, where the terms do not say
    """

    penalty_accrued: Decimal = ZERO
    penalty_posted: Decimal = ZERO
    swept: Decimal = ZERO
    minimums: Minimums | None = None


NO_EXTRAS = Extras()


class Balance(NamedTuple):
    """A live financing as it stands before the night.

    closed_through   the last date it was closed for
    accrued_through  the last date of interest: an event may have taken it further than the last night
    annual_rate      as agreed since, or None where the terms' own holds
    paused_days      days by which pauses moved its minimum periods
    rows             its instalments, where it is repaid in them: for a night, those that are due and not paid
    """

    id: int
    terms: Terms
    pool_id: int | None  # none where several pools share it
    owed: Parts
    lent: Decimal
    accrued: Decimal
    accrued_posted: Decimal
    disbursed_on: date
    due_on: date | None
    closed_through: date
    accrued_through: date
    annual_rate: Decimal | None
    paused_days: int
    demands_raised: int
    past_due: Decimal
    sweep_rate: Decimal
    demands: tuple[OpenDemand, ...]
    extras: Extras = NO_EXTRAS
    rows: Rows = ()

    @property
    def rate(self) -> Decimal:
        """The rate of interest a year, as a share."""
        return self.terms.annual_rate if self.annual_rate is None else self.annual_rate


class SalesDay(NamedTuple):
    """What a seller's sales day brought. `own` is what belongs first to the financing of that id, net of refunds."""

    captured: Decimal
    refunded: Decimal
    charged_back: Decimal
    own: dict[int, Decimal]

    @property
    def net(self) -> Decimal:
        return self.captured - self.refunded - self.charged_back


class SellerDay(NamedTuple):
    """A seller before the night: what is owed to them (negative after refunds), their cap, and their financings."""

    id: int
    currency: str
    balance: Decimal
    sweep_cap: Decimal
    may_be_paid: bool
    sales: SalesDay
    financings: tuple[Balance, ...]


class Closed(NamedTuple):
    """A financing after the night. `interest_posted` and `penalty_posted` were added to what is owed, `paid` taken off
    it; `penalty_accrued` is all penalty since disbursement, unrounded."""

    before: Balance
    owed: Parts
    accrued: Decimal
    interest_posted: Decimal
    paid: Parts
    demands: tuple[OpenDemand, ...]
    demands_raised: int
    past_due: Decimal
    days_past_due: int
    penalty_accrued: Decimal = ZERO
    penalty_posted: Decimal = ZERO
    rows: Rows = ()


class SellerClosed(NamedTuple):
    """A seller after the night: brought forward + net - kept - paid out = carried forward."""

    before: SellerDay
    financings: tuple[Closed, ...]
    kept: Decimal
    paid_out: Decimal
    carried_forward: Decimal
    worst_days_past_due: int


def close_seller(seller: SellerDay, business_date: date) -> SellerClosed:
    """Close `business_date` for one seller: raise demands, accrue through the date inclusive, sweep, allocate, age.

    Everything that a day takes is at most what it brought, and no financing is swept past what it is owed.
    """
    accrued = [_raise_and_accrue(one, seller.currency, business_date) for one in seller.financings]
    sold = seller.sales.net
    net = sold + seller.balance if seller.balance < 0 else sold
    taken = [ZERO] * len(accrued)
    if net > 0 and accrued:
        claims = [_claim(one, seller.sales.own.get(one.before.id, ZERO), business_date) for one in accrued]
        taken = sweep(net, claims, seller.sweep_cap, seller.currency)
    closed = tuple(
        [_pay_and_age(one, amount, business_date, seller.currency) for one, amount in zip(accrued, taken, strict=True)]
    )
    kept = sum(taken, ZERO)
    left = seller.balance + sold - kept
    paid_out = left if left > 0 and seller.may_be_paid else ZERO
    return SellerClosed(
        before=seller,
        financings=closed,
        kept=kept,
        paid_out=paid_out,
        carried_forward=left - paid_out,
        worst_days_past_due=max((one.days_past_due for one in closed), default=0),
    )


def _raise_and_accrue(balance: Balance, currency: str, business_date: date) -> Closed:
    run = _run_instalments if balance.terms.plan else _run_demands
    after = run(balance, currency, business_date)
    return _penalise(after, currency, business_date) if balance.terms.penalises else after


def _run_demands(balance: Balance, currency: str, business_date: date) -> Closed:
    demands, raised = balance.demands, balance.demands_raised
    for demand in due_demands(balance, currency, business_date):
        demands, raised = (*demands, demand), demand.number
    owed, accrued, posted = balance.owed, balance.accrued, ZERO
    if balance.rate:
        accrued = accrue(accrued, owed.principal, balance.rate, balance.accrued_through, business_date, balance)
        posted = round_money(accrued, currency, balance.terms.rounding) - balance.accrued_posted
    if posted:
        owed = Parts(owed.penalty, owed.fee, owed.interest + posted, owed.principal)
    return Closed(
        before=balance,
        owed=owed,
        accrued=accrued,
        interest_posted=posted,
        paid=Parts(),
        demands=demands,
        demands_raised=raised,
        past_due=balance.past_due,
        days_past_due=0,
    )


def _penalise(one: Closed, currency: str, business_date: date) -> Closed:
    before = one.before
    accrued = accrue_penalty(
        before.extras.penalty_accrued,
        overdue_of(one.demands, one.rows, business_date),
        before.terms,
        before.accrued_through,
        business_date,
    )
    posted = round_money(accrued, currency, before.terms.rounding) - before.extras.penalty_posted
    owed = one.owed._replace(penalty=one.owed.penalty + posted)
    return one._replace(owed=owed, penalty_accrued=accrued, penalty_posted=posted)


def overdue_of(demands: Sequence[OpenDemand], rows: Rows, on: date) -> list[Overdue]:
    """What demands and instalments due before `on` leave unpaid."""
    asked: list[OpenDemand | instalments.Row] = [*demands, *rows]
    return [Overdue(one.due_on, one.unpaid) for one in asked if one.due_on < on and one.unpaid > 0]


def accrue_penalty(accrued: Decimal, overdue: Sequence[Overdue], terms: Terms, since: date, through: date) -> Decimal:
    """All penalty since disbursement, unrounded to twelve places: `accrued` and that of the days after `since` through
    `through` (inclusive) on what is `overdue`, from the day after its days of grace."""
    if not overdue or since >= through:
        return accrued
    return accrued + penalty_added(terms, overdue, since, through).quantize(TWELVE_PLACES)


def _run_instalments(balance: Balance, currency: str, business_date: date) -> Closed:
    before = Standing(balance.owed, balance.accrued, balance.accrued_posted, balance.accrued_through, balance.rows)
    now = instalments.run_to(before, balance, balance.rate, currency, business_date)
    raised = sum(1 for one, was in zip(now.rows, balance.rows, strict=True) if one.is_raised and not was.is_raised)
    return Closed(
        before=balance,
        owed=now.owed,
        accrued=now.accrued,
        interest_posted=now.posted - balance.accrued_posted,
        paid=Parts(),
        demands=balance.demands,
        demands_raised=balance.demands_raised + raised,
        past_due=balance.past_due,
        days_past_due=0,
        rows=now.rows,
    )


def due_demands(balance: Balance, currency: str, business_date: date) -> list[OpenDemand]:
    """The demands to raise on `business_date`, in order.

    An advance on sales with a minimum: on the first date of each period, what is missing to the minimum of all periods
    so far. What was repaid ahead counts, so a good period makes up for a poor one. Other financings: all principal on
    the due date.
    """
    terms = balance.terms
    if terms.technique != SALES:
        if balance.due_on is None or balance.demands_raised or business_date < balance.due_on:
            return []
        return [OpenDemand(None, 1, "maturity", balance.due_on, balance.due_on, balance.owed.principal, ZERO, "open")]
    minimums = balance.extras.minimums
    periods = periods_of(terms, minimums, balance.disbursed_on, balance.paused_days)
    if periods is None or (minimums is None and not terms.minimum_share):
        return []
    last_number = periods.reached(business_date)
    if last_number <= balance.demands_raised:
        return []
    demands = []
    repaid = balance.lent - balance.owed.principal - balance.owed.fee
    for number in range(balance.demands_raised + 1, last_number + 1):
        asked_before = asked_by(terms, minimums, balance.lent, number - 1, currency)
        amount = asked_by(terms, minimums, balance.lent, number, currency) - max(asked_before, repaid)
        if amount > 0:
            starts_on, due_on = periods.bounds(number)
            demands.append(OpenDemand(None, number, "minimum", starts_on, due_on, amount, ZERO, "open"))
    return demands


def quiet_through(one: Closed, business_date: date) -> date | None:
    """The last date (inclusive) through which nothing happens to a financing by itself after the night of
    `business_date`, or None when each day counts.

    An advance on sales without interest and with nothing past due stays as it is until a demand is checked or ends or
    the next period begins, as long as no proceeds come in and nobody acts on it.
    """
    return None if one.past_due else still_through(one, business_date)


def still_through(one: Closed, business_date: date) -> date | None:
    """As `quiet_through`, also for what is past due without a penalty: day by day only its age changes (`age`)."""
    terms, before = one.before.terms, one.before
    if terms.technique != SALES or before.rate or (one.past_due and terms.penalises):
        return None
    days = [
        day
        for demand in one.demands
        if demand.unpaid > 0
        for day in (*check_days(terms, demand.starts_on, demand.due_on), demand.due_on)
        if day > business_date
    ]
    periods = periods_of(terms, before.extras.minimums, before.disbursed_on, before.paused_days)
    if periods is not None:
        days.append(periods.next_start(business_date))
    return min(days) - DAY if days else date.max


def _claim(one: Closed, own: Decimal, business_date: date) -> Claim:
    terms, outstanding = one.before.terms, one.owed.total
    # Receivables are repaid by their own orders; only once past due do they take a share of other sales.
    rate = one.before.sweep_rate if terms.technique == SALES or one.before.past_due else ZERO
    if terms.plan:
        rate, outstanding = one.before.sweep_rate, instalments.due_now(one.rows, one.owed, business_date, one.before)
    day_cap = terms.day_cap
    if terms.maximum_share:
        most = most_now(terms, one.before.lent, one.before.extras.swept, terms.currency) or ZERO
        rate, day_cap = (rate, min(day_cap, most) if day_cap else most) if most else (ZERO, ZERO)
    return Claim(
        outstanding=outstanding,
        own=own,
        rate=rate,
        floor=terms.livelihood_floor,
        day_cap=day_cap,
        priority=terms.priority,
        rounding=terms.rounding,
    )


def _pay_and_age(one: Closed, amount: Decimal, business_date: date, currency: str) -> Closed:
    if one.before.terms.plan:
        return _pay_instalments(one, amount, business_date, currency)
    terms = one.before.terms
    owed, paid = one.owed, one.paid
    if amount:
        standing = "past_due" if one.before.past_due else "due"
        (paid,), _left = allocate(amount, [Due(standing, owed)], terms.waterfall)
        owed = owed.minus(paid)
    demands, past_due, days = one.demands, ZERO, 0
    if demands:
        demands = settle_demands(demands, paid.principal + paid.fee, business_date)
        past_due, days = age(demands, owed, business_date, terms.grace_days)
    return Closed(
        before=one.before,
        owed=owed,
        accrued=one.accrued,
        interest_posted=one.interest_posted,
        paid=paid,
        demands=demands,
        demands_raised=one.demands_raised,
        past_due=past_due,
        days_past_due=days,
        penalty_accrued=one.penalty_accrued,
        penalty_posted=one.penalty_posted,
    )


def _pay_instalments(one: Closed, amount: Decimal, business_date: date, currency: str) -> Closed:
    owed, rows, paid = one.owed, one.rows, one.paid
    if amount:
        paid, _left, rows = instalments.pay(rows, owed, amount, business_date, one.before, currency)
        owed = owed.minus(paid)
    rows = instalments.decide(rows, business_date)
    past_due, days = instalments.age(rows, owed, business_date, one.before)
    return one._replace(owed=owed, paid=paid, rows=rows, past_due=past_due, days_past_due=days)


def settle_demands(demands: Sequence[OpenDemand], paid: Decimal, business_date: date) -> tuple[OpenDemand, ...]:
    """The demands after `paid` of principal and fee filled them, oldest first, and the date decided those that end.

    A demand that is paid is met; an open one whose last date has come unpaid is breached; a decided one stays decided.
    """
    settled = []
    for demand in demands:
        share = min(paid, demand.unpaid) if paid else ZERO
        paid -= share
        state = demand.state
        if state == "open" and demand.paid + share >= demand.amount:
            state = "met"
        elif state == "open" and business_date >= demand.due_on:
            state = "breached"
        if share or state != demand.state:
            demand = demand._replace(paid=demand.paid + share, state=state)
        settled.append(demand)
    return tuple(settled)


def near_breaches(one: Closed, currency: str, business_date: date) -> list[tuple[OpenDemand, Check]]:
    """The open minimums of which less was repaid than a check of tonight expects, each with that check."""
    found = []
    for demand in one.demands:
        if demand.state == "open" and demand.kind == "minimum":
            check = last_check(
                one.before.terms, demand.starts_on, demand.due_on, demand.amount, one.before.closed_through,
                business_date, currency,
            )  # fmt: skip
            if check is not None and demand.paid < check.expected:
                found.append((demand, check))
    return found


def age(demands: Sequence[OpenDemand], owed: Parts, business_date: date, grace_days: int) -> tuple[Decimal, int]:
    """Amount past due and days past due = business date - oldest unpaid due date, 0 within the days of grace."""
    late = [demand for demand in demands if demand.unpaid > 0 and demand.due_on <= business_date]
    if not late or not owed.total:
        return ZERO, 0
    past_due = sum((demand.unpaid for demand in late), ZERO)
    if any(demand.kind == "maturity" for demand in late):
        past_due += owed.interest + owed.penalty
    days = (business_date - late[0].due_on).days
    return min(past_due, owed.total), days if days > grace_days else 0
