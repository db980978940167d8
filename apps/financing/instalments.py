"""The instalments of a product: when each falls due, how much of it is principal, fee and interest. Pure.

Amounts are payable in the currency of the terms. Interest of a period is the product's daily simple interest on what is
owed by the plan, from the period's start (exclusive) to its due date (inclusive), computed unrounded and rounded once.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from apps.core.money import ZERO
from apps.financing.due_dates import MONTHS, add_months, end_of_month, periods_between, step
from apps.financing.schedule import schedule
from apps.financing.schedule_terms import BY_DAY, Drawdown, Facts, Rate, ScheduleTerms
from apps.products.plan import BULLET, TO_MINOR, UP_TO_WHOLE, Plan
from apps.products.terms import Terms

# A first instalment on a fixed day of the month comes no sooner than this after the payout.
LEAST_DAYS_TO_FIRST = 15


class Planned(NamedTuple):
    """One instalment as agreed. `balance` is the principal left after it."""

    number: int
    starts_on: date
    due_on: date
    principal: Decimal
    fee: Decimal
    interest: Decimal
    balance: Decimal

    @property
    def amount(self) -> Decimal:
        return self.principal + self.fee + self.interest


def fees_of(terms: Terms, flat_fee: Decimal) -> Decimal:
    """All fees of a financing: the flat one at the payout, and that of each instalment."""
    return flat_fee if terms.plan is None else flat_fee + terms.plan.fee * terms.plan.rows


def draw_up(terms: Terms, amount: Decimal, fees: Decimal, start: date) -> tuple[Planned, ...]:
    """The instalments of `amount` paid out on `start`, with all `fees` of it; their principal adds up to `amount`.

    The flat fee is asked for with the first instalment, the fee of an instalment with each. Raises ValueError for terms
    without a plan.
    """
    plan = _plan(terms)
    each = plan.fee
    rows = respread(terms, amount, start, due_dates_of(plan, start), 1, [Rate(start, terms.annual_rate)], start)
    first, later = rows[0], rows[1:]
    return (first._replace(fee=fees - each * len(later)), *(row._replace(fee=each) for row in later))


def respread(
    terms: Terms, principal: Decimal, start: date, dues: Sequence[date], first: int, rates: Sequence[Rate], begun: date
) -> tuple[Planned, ...]:
    """`principal`, owed on `start`, spread over instalments due on `dues`, the first of them numbered `first`; no fees.

    `rates` are ascending, the first holding on `start`; `begun` is the date of the payout, from which conventions that
    do not add up day by day are counted. What is left of the grace of the plan holds.
    """
    plan = _plan(terms)
    periods = periods_between(start, dues)
    drawn = ScheduleTerms(
        currency=terms.currency,
        annual_rate=rates[0].annual_rate,
        instalments=len(dues),
        every=plan.every,
        unit=plan.unit,
        method=plan.method,
        interest_by=BY_DAY,
        day_count=terms.day_count,
        counted_from=begun,
        rounding=terms.rounding,
        multiple=None if plan.rounding == TO_MINOR else Decimal(1),
        instalment_rounding=ROUND_CEILING if plan.rounding == UP_TO_WHOLE else terms.rounding,
        principal_grace=max(plan.principal_grace - first + 1, 0),
        interest_deferred=max(plan.interest_grace - first + 1, 0),
    )
    rows = schedule(drawn, Facts((Drawdown(start, principal),), rates=tuple(rates)), periods)
    planned = [
        Planned(first + place, row.starts, row.due, row.principal, ZERO, row.interest, row.balance)
        for place, row in enumerate(rows)
    ]
    # Instalments rounded up may repay it all before the last; the others stay, and ask for nothing.
    beyond = enumerate(periods[len(rows) :], first + len(rows))
    return (*planned, *(Planned(number, one.starts, one.due, ZERO, ZERO, ZERO, ZERO) for number, one in beyond))


def due_dates_of(plan: Plan, start: date) -> list[date]:
    """The due dates of a financing paid out on `start`; a bullet has only the last of them.

    With a fixed day of the month the first is `every` months on, or one month later where that would be less than
    LEAST_DAYS_TO_FIRST days away.
    """
    if plan.unit == MONTHS and plan.due_day:
        dues = _on_day_of_month(plan, start)
    else:
        # Each is counted from the payout, so that the 31st comes back after a short month.
        dues = [step(start, plan.every * number, plan.unit) for number in range(1, plan.number + 1)]
    return dues[-1:] if plan.method == BULLET else dues


def _on_day_of_month(plan: Plan, start: date) -> list[date]:
    month = add_months(start.replace(day=1), plan.every)
    if (_day_of(month, plan.due_day) - start).days < LEAST_DAYS_TO_FIRST:
        month = add_months(month, 1)
    return [_day_of(add_months(month, plan.every * number), plan.due_day) for number in range(plan.number)]


def _day_of(month: date, day: int) -> date:
    return month.replace(day=min(day, end_of_month(month).day))


def _plan(terms: Terms) -> Plan:
    if terms.plan is None:
        raise ValueError(f"{terms.product} is not repaid in instalments.")
    return terms.plan
