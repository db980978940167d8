"""What a product's terms mean for one example seller. Pure; the same arithmetic as offers and contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.core.money import round_money
from apps.financing.instalments import draw_up, fees_of
from apps.financing.pricing import (
    Cost,
    Projection,
    flat_fee,
    instalment_cost,
    projections,
    receivable_cost,
    sales_cost,
)
from apps.products.terms import RECEIPT, RECEIVABLE, SALES, Terms

EXAMPLE_AMOUNT = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Illustration:
    """An example drawing in the product's currency.

    daily_sales  for advances on sales: the net sales a day that repay it in the expected days; else zero
    days         how long it takes, as expected
    cases        for advances on sales: slow, expected, fast
    """

    cost: Cost
    daily_sales: Decimal
    days: int
    cases: Sequence[Projection]


def illustrate(terms: Terms, on: date) -> Illustration | None:
    """Drawing 10,000 (or the nearest amount that the terms allow) on `on`; None while the terms say too little.

    An advance on sales: daily sales = (amount + fee) / expected days / share kept, rounded to the minor unit.
    """
    amount = round_money(min(max(EXAMPLE_AMOUNT, terms.minimum_amount), terms.maximum_amount), terms.currency)
    fee = flat_fee(amount, terms.fee_rate, terms.currency, terms.rounding)
    if terms.plan:
        schedule = draw_up(terms, amount, fees_of(terms, fee), on)
        days = (schedule[-1].due_on - on).days
        return Illustration(cost=instalment_cost(amount, on, schedule), daily_sales=Decimal(0), days=days, cases=())
    if terms.technique == SALES and terms.sweep_rate and terms.expected_days:
        daily_sales = round_money((amount + fee) / terms.expected_days / terms.sweep_rate, terms.currency)
        cases = projections(
            net=amount, fee=fee, daily_sales=daily_sales, sweep_rate=terms.sweep_rate, currency=terms.currency
        )
        cost = sales_cost(amount=amount, fee=fee, expected=cases[1])
        return Illustration(cost=cost, daily_sales=daily_sales, days=cases[1].days, cases=cases)
    days = terms.expected_days if terms.technique == RECEIPT else terms.settlement_days
    if terms.technique in {RECEIPT, RECEIVABLE} and days:
        cost = receivable_cost(
            amount=amount,
            annual_rate=terms.annual_rate,
            first=on,
            last=on + timedelta(days=days),
            day_count=terms.day_count,
            currency=terms.currency,
            fee=fee,
        )
        return Illustration(cost=cost, daily_sales=Decimal(0), days=days, cases=())
    return None
