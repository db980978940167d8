"""What money costs: fees, projections and the annualised rate. Pure functions; amounts in one currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO, quantum, round_money
from apps.financing.daycount import simple_interest
from apps.financing.instalments import Planned
from apps.financing.minimums import dated, level_minimums, payments_in, share_of
from apps.financing.rates import xirr
from apps.financing.sweep import Claim, sweep
from apps.products.terms import Terms

# How the three cases of a sales-based projection differ from expected sales.
PACES = (("slow", Decimal("0.6")), ("expected", Decimal(1)), ("fast", Decimal("1.5")))


@dataclass(frozen=True, slots=True)
class Projection:
    """One case of how an advance might be repaid: equal daily payments over `days`, the last one smaller. Where the
    terms limit what a period takes, none are made on the days after the limit."""

    case: str
    daily: Decimal
    days: int
    last: Decimal
    effective_rate: Decimal
    simple_rate: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """What a financing costs in all: amount received, fee or interest, total repaid, annualised rate (a share)."""

    amount: Decimal
    charge: Decimal
    total: Decimal
    annualised_rate: Decimal


def flat_fee(amount: Decimal, fee_rate: Decimal, currency: str, rounding: str) -> Decimal:
    """The flat fee on `amount`, rounded to the minor unit as the product's terms say."""
    return round_money(amount * fee_rate, currency, rounding)


def projection(*, case: str, net: Decimal, fee: Decimal, daily_sales: Decimal, terms: Terms) -> Projection:
    """How an advance of `net` plus `fee` is repaid when every day sells `daily_sales`, as `terms` let the night take.

    The daily rate is the IRR of [-net, the payments of the days]; simple yearly rate = daily x 365, effective =
    (1 + daily)^365 - 1.
    """
    flow = _flow(net + fee, daily_sales, terms)
    rate = _daily_rate(net, flow)
    return Projection(
        case=case,
        daily=flow.daily,
        days=flow.days,
        last=flow.last,
        simple_rate=_share(rate * 365),
        effective_rate=_share((1 + rate) ** 365 - 1),
    )


def pace_of(*, owed: Decimal, daily_sales: Decimal, terms: Terms) -> tuple[Decimal, int]:
    """What `daily_sales` pay a day under `terms`, and in how many days they pay `owed`. See `_flow`."""
    flow = _flow(owed, daily_sales, terms)
    return flow.daily, flow.days


def projections(*, net: Decimal, fee: Decimal, daily_sales: Decimal, terms: Terms) -> list[Projection]:
    """The slow, expected and fast case; see PACES for how much they sell."""
    return [
        projection(case=case, net=net, fee=fee, daily_sales=daily_sales * pace, terms=terms) for case, pace in PACES
    ]


class _Flow(NamedTuple):
    """Equal daily payments. In each of `periods` (of `period_days`) they stop at `limit`; then comes `rest`, less than
    one more of these. Without a limit all is `rest`."""

    daily: Decimal
    periods: int
    period_days: int
    limit: Decimal
    rest: Decimal

    @property
    def days(self) -> int:
        return self.periods * self.period_days + payments_in(self.rest, self.daily)

    @property
    def last(self) -> Decimal:
        """What the last day pays."""
        return self.rest - self.daily * (payments_in(self.rest, self.daily) - 1)

    def worth(self, rate: Decimal) -> Decimal:
        """What the payments are worth on the day of the payout, at `rate` a day above zero."""
        later = (1 + rate) ** -(self.periods * self.period_days)
        rest = later * _stream(rate, self.daily, self.rest)
        if not self.periods:
            return rest
        each = _stream(rate, self.daily, self.limit)
        return each * (1 - later) / (1 - (1 + rate) ** -self.period_days) + rest


def _flow(owed: Decimal, daily_sales: Decimal, terms: Terms) -> _Flow:
    """What the sweep takes of days that all sell `daily_sales` from a seller who has nothing else: at least one minor
    unit, for a floor above the sales would never end."""
    claim = Claim(owed, ZERO, terms.sweep_rate, terms.livelihood_floor, terms.day_cap, terms.priority, terms.rounding)
    (taken,) = sweep(round_money(daily_sales, terms.currency), [claim], Decimal(1), terms.currency)
    daily = max(taken, quantum(terms.currency))
    limit = round_money(owed * terms.maximum_share, terms.currency, terms.rounding)
    if not limit or not terms.period_days or daily * terms.period_days <= limit:
        return _Flow(daily, 0, 0, ZERO, owed)
    periods = payments_in(owed, limit) - 1
    return _Flow(daily, periods, terms.period_days, limit, owed - limit * periods)


def _stream(rate: Decimal, daily: Decimal, amount: Decimal) -> Decimal:
    """What `amount` is worth today that is paid by `daily` from tomorrow on, at `rate` a day: an annuity and what is
    left on its last day."""
    days = payments_in(amount, daily)
    last = amount - daily * (days - 1)
    return daily * (1 - (1 + rate) ** -(days - 1)) / rate + last * (1 + rate) ** -days


def _daily_rate(net: Decimal, flow: _Flow) -> Decimal:
    """The rate a day at which `flow` is worth `net`: a secant on the closed form, true to twelve places and as fast for
    1,000 days as for ten."""
    paid = flow.rest + flow.limit * flow.periods
    rate = Decimal(2) * (paid - net) / (net * (flow.days + 1))
    if not rate:
        return rate
    before, above = rate * Decimal("0.9"), flow.worth(rate * Decimal("0.9")) - net
    for _round in range(100):
        value = flow.worth(rate) - net
        if value == above:
            break
        before, rate, above = rate, rate - value * (rate - before) / (value - above), value
        if abs(rate - before) < Decimal("1e-15"):
            break
    return rate


def receivable_cost(*, amount: Decimal, first: date, last: date, terms: Terms, fee: Decimal = ZERO) -> Cost:
    """The cost of drawing `amount` on `first` and repaying all of it on `last`, at the daily simple interest of
    `terms`."""
    accrued = simple_interest(amount, terms.annual_rate, first, last, terms.day_count)
    interest = round_money(accrued, terms.currency, terms.rounding)
    rate = annualised_rate([(first, -amount), (last, amount + interest + fee)])
    return Cost(amount=amount, charge=interest + fee, total=amount + interest + fee, annualised_rate=rate)


def instalment_cost(amount: Decimal, start: date, schedule: Sequence[Planned]) -> Cost:
    """The cost of drawing `amount` on `start` and paying each instalment of `schedule` in full on its due date."""
    total = sum((row.amount for row in schedule), ZERO)
    rate = annualised_rate([(start, -amount), *((row.due_on, row.amount) for row in schedule if row.amount)])
    return Cost(amount=amount, charge=total - amount, total=total, annualised_rate=rate)


def annualised_rate(flows: Sequence[tuple[date, Decimal]]) -> Decimal:
    """XIRR (effective, 365 days) of dated cash flows as a share to six places.

    Money out is negative. Raises ValueError when the flows have no such rate (money out only, or all on one date).
    """
    return _share(xirr(flows))


def sales_cost(*, amount: Decimal, fee: Decimal, expected: Projection) -> Cost:
    """The cost of an advance when sales go as expected."""
    return Cost(amount=amount, charge=fee, total=amount + fee, annualised_rate=expected.effective_rate)


def _share(rate: Decimal) -> Decimal:
    """Six places; the astronomical yearly rate of a large fee over three days is left as it is."""
    return rate.quantize(Decimal("0.000001")) if rate.adjusted() < 12 else rate


def minimum_periods(owed: Decimal, terms: Terms, start: date) -> list[tuple[date, date, Decimal]]:
    """The minimum periods of an advance: (first date, last date, amount to be repaid in it), dates inclusive.

    Each period asks for the minimum share of `owed` (rounded as the terms say), the last for what is left, so that the
    amounts add up to `owed`. Empty when the product has no such minimum.
    """
    if not (terms.minimum_share and terms.period_days):
        return []
    return dated(level_minimums(owed, share_of(owed, terms.minimum_share, terms)), terms.period_days, start)
