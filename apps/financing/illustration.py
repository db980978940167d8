"""What a product's terms mean for one example seller. Pure; the same arithmetic as offers and contracts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from apps.core.money import ZERO, round_money
from apps.financing.daycount import simple_interest
from apps.financing.instalments import Planned, draw_up, fees_of
from apps.financing.minimums import dated, frozen_minimums
from apps.financing.penalties import Overdue, penalty_interest
from apps.financing.pricing import (
    Cost,
    Projection,
    annualised_rate,
    flat_fee,
    instalment_cost,
    minimum_periods,
    projections,
    receivable_cost,
    sales_cost,
)
from apps.products.terms import RECEIPT, RECEIVABLE, SALES, Terms

EXAMPLE_AMOUNT = Decimal(10_000)
WORST_DAYS = 90  # the worst case is paid this long after the last date on which it was due


@dataclass(frozen=True, slots=True)
class Example:
    """Whom the example is of; amounts in the currency of the terms, None and empty for what the terms shall decide.

    monthly   net sales of the last twelve windows of 30 days before `known_on`, oldest first: for seasons
    """

    amount: Decimal | None = None
    daily_sales: Decimal | None = None
    monthly: Sequence[Decimal] = ()
    known_on: date | None = None


@dataclass(frozen=True, slots=True)
class Worst:
    """Nothing at all is repaid until `on`, then everything. `charge` is all that it costs by then."""

    on: date
    charge: Decimal
    penalty: Decimal
    total: Decimal
    annualised_rate: Decimal


@dataclass(frozen=True, slots=True)
class Illustration:
    """An example drawing in the product's currency.

    daily_sales  for advances on sales: the net sales a day that the projections rest on; else zero
    days         how long it takes, as expected
    cases        for advances on sales: slow, expected, fast
    schedule     the instalments, where it is repaid in them
    minimums     (first date, last date, amount) of each minimum period, dates inclusive; empty without a minimum
    worst        None where nothing falls due on a date: a poor season is no default
    """

    cost: Cost
    fee: Decimal
    daily_sales: Decimal
    days: int
    cases: Sequence[Projection] = ()
    schedule: Sequence[Planned] = ()
    minimums: Sequence[tuple[date, date, Decimal]] = ()
    worst: Worst | None = field(default=None)


def illustrate(terms: Terms, on: date, example: Example | None = None) -> Illustration | None:
    """Drawing the example's amount, or 10,000, or the nearest that the terms allow, on `on`; None while the terms say
    too little.

    An advance on sales: daily sales as given, else (amount + fee) / expected days / share kept, to the minor unit.
    """
    example = example or Example()
    wanted = example.amount or EXAMPLE_AMOUNT
    amount = round_money(min(max(wanted, terms.minimum_amount), terms.maximum_amount), terms.currency)
    fee = flat_fee(amount, terms.fee_rate, terms.currency, terms.rounding)
    if terms.plan:
        return _in_instalments(terms, amount, fee, on)
    if terms.technique == SALES and terms.sweep_rate and terms.expected_days:
        return _from_sales(terms, amount, fee, on, example)
    days = terms.expected_days if terms.technique == RECEIPT else terms.settlement_days
    if terms.technique in {RECEIPT, RECEIVABLE} and days:
        return _at_once(terms, amount, fee, on, on + timedelta(days=days))
    return None


def _in_instalments(terms: Terms, amount: Decimal, fee: Decimal, on: date) -> Illustration:
    fees = fees_of(terms, fee)
    schedule = draw_up(terms, amount, fees, on)
    dues = [Overdue(row.due_on, row.principal + row.fee) for row in schedule]
    return Illustration(
        cost=instalment_cost(amount, on, schedule),
        fee=fees,
        daily_sales=ZERO,
        days=(schedule[-1].due_on - on).days,
        schedule=schedule,
        worst=_worst(terms, amount, fees, on, dues),
    )


def _from_sales(terms: Terms, amount: Decimal, fee: Decimal, on: date, example: Example) -> Illustration:
    owed = amount + fee
    daily_sales = example.daily_sales or round_money(owed / terms.expected_days / terms.sweep_rate, terms.currency)
    cases = projections(net=amount, fee=fee, daily_sales=daily_sales, terms=terms)
    frozen = frozen_minimums(
        owed=owed,
        terms=terms,
        expected_days=cases[1].days,
        monthly=example.monthly,
        known_on=example.known_on or on,
        begins_after=on,
    )
    minimums = dated(frozen, terms.period_days, on) if frozen else minimum_periods(owed, terms, on)
    return Illustration(
        cost=sales_cost(amount=amount, fee=fee, expected=cases[1]),
        fee=fee,
        daily_sales=daily_sales,
        days=cases[1].days,
        cases=cases,
        minimums=minimums,
        worst=_worst(terms, amount, fee, on, [Overdue(last, least) for _first, last, least in minimums]),
    )


def _at_once(terms: Terms, amount: Decimal, fee: Decimal, on: date, due_on: date) -> Illustration:
    cost = receivable_cost(amount=amount, first=on, last=due_on, terms=terms, fee=fee)
    worst = _worst(terms, amount, fee, on, [Overdue(due_on, amount + fee)])
    return Illustration(cost=cost, fee=fee, daily_sales=ZERO, days=(due_on - on).days, worst=worst)


def _worst(terms: Terms, amount: Decimal, fee: Decimal, on: date, dues: Sequence[Overdue]) -> Worst | None:
    """Interest on all of `amount` and a penalty on what is past due, until WORST_DAYS after the last due date."""
    if not dues:
        return None
    last = dues[-1].due + timedelta(days=WORST_DAYS)
    rate, day_count = terms.penalty
    late = penalty_interest(dues, rate, last, terms.grace_days, day_count)
    accrued = simple_interest(amount, terms.annual_rate, on, last, terms.day_count)
    penalty, interest = (round_money(one, terms.currency, terms.rounding) for one in (late, accrued))
    total = amount + fee + interest + penalty
    return Worst(
        on=last,
        charge=total - amount,
        penalty=penalty,
        total=total,
        annualised_rate=annualised_rate([(on, -amount), (last, total)]),
    )
