"""How much a seller may draw. Pure functions; amounts in one currency."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from apps.core.money import ZERO, quantum
from apps.products.terms import RECEIPT, RECEIVABLE, SALES, Terms
from apps.risk.scorecard import two_digits

# What a paid order is worth as security while its money is on the way.
STATE_WEIGHTS: Mapping[str, Decimal] = {"delivered": Decimal("0.9"), "completed": Decimal(1)}
# An open offer is left alone until its amount would change by more than this share.
MATERIAL_CHANGE = Decimal("0.2")


def eligible_value(paid: Decimal, refunded: Decimal, state: str, returned: Decimal, currency: str) -> Decimal:
    """Eligible value of an order: (paid - refunded) x weight(state) x (1 - expected return share), rounded down."""
    value = (paid - refunded) * STATE_WEIGHTS.get(state, ZERO) * (1 - returned)
    return value.quantize(quantum(currency), rounding=ROUND_DOWN)


def largest_amount(
    *, terms: Terms, limit: Decimal, exposure: Decimal, pool_headroom: Decimal, daily_sales: Decimal, eligible: Decimal
) -> Decimal:
    """The largest amount that may be offered under `terms`; 0 when it would be below the product's least amount.

    min(limit - exposure, product maximum, pool headroom) and what repays it: for an advance on sales, or instalments
    that sales pay, what the sweep takes of expected sales in the expected days; for receivables, the advance rate times
    their eligible value; for receipts, what the free goods lend (`eligible`). Rounded down to two significant digits
    for sales and instalments, else to whole units.
    """
    ceiling = min(limit - exposure, terms.maximum_amount, pool_headroom)
    repaid = repaid_by_sales(terms, daily_sales)
    if repaid is not None:
        amount = two_digits(max(min(ceiling, repaid), ZERO))
    elif terms.plan:
        amount = two_digits(max(ceiling, ZERO))
    elif terms.technique == RECEIVABLE:
        amount = min(ceiling, eligible * terms.advance_rate).to_integral_value(rounding=ROUND_DOWN)
    elif terms.technique == RECEIPT:
        amount = min(ceiling, eligible).to_integral_value(rounding=ROUND_DOWN)
    else:
        amount = ZERO
    return amount if amount >= terms.minimum_amount else ZERO


def only_fund_lacks(largest: Callable[..., Decimal], terms: Terms, left: Decimal) -> bool:
    """Whether nothing can be offered under `terms` only because the funds have no more than `left`, below the least
    amount. `largest` is `largest_amount` with all but the `pool_headroom` filled in."""
    return left < terms.minimum_amount and largest(pool_headroom=terms.maximum_amount) > 0


def repaid_by_sales(terms: Terms, daily_sales: Decimal) -> Decimal | None:
    """What the sweep of expected sales repays in the expected days, without the fee, unrounded; None where sales do not
    decide the amount."""
    if terms.technique == SALES or (terms.plan and terms.sweep_rate):
        return daily_sales * terms.sweep_rate * terms.expected_days / (1 + terms.fee_rate)
    return None


def within_limit(requested: Decimal, limit: Decimal, exposure: Decimal) -> bool:
    """Whether `requested` on top of `exposure` stays within `limit`."""
    return exposure + requested <= limit


def is_material(offered: Decimal, now: Decimal) -> bool:
    """Whether an open offer of `offered` should give way to one of `now`."""
    return abs(now - offered) > offered * MATERIAL_CHANGE


OfferVerb = Literal["expire", "cancel", "replace"]


def end_of_offer(offered: Decimal, expires_on: date, amount: Decimal, business_date: date) -> OfferVerb | None:
    """How an open offer of `offered` ends in the night of `business_date`, when `amount` could be offered now; None
    when it stands. One that expires or is replaced gives way to a new one, as long as there is an amount."""
    if expires_on <= business_date:
        return "expire"
    if not amount:
        return "cancel"
    return "replace" if is_material(offered, amount) else None
