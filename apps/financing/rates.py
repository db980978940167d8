"""Rates of return and the time value of money. Decimal in, Decimal out; rates are shares (0.12 is 12 %).

Signs are the spreadsheet's: what is paid out is negative. Formulas are worked out with the digits of the caller's
decimal context (28 unless changed). Where only a search finds the answer, pyxirr finds it in floats and a secant in
Decimal sharpens it to 28 digits; of several rates that all solve, pyxirr's is taken.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Any, Literal

import pyxirr

from apps.financing.daycount import year_fraction

Due = Literal["end", "begin"]
Flows = Sequence[tuple[date, Decimal]]
Value = Callable[[Decimal], Decimal]

ZERO = Decimal(0)
ANNUAL = "ACT/365F"  # the day count of a spreadsheet's XIRR

_SHARP = 50  # digits to search with
_RESULT = Context(prec=28, rounding=ROUND_HALF_EVEN)
_CLOSE = Decimal("1e-32")


class NoSolution(ValueError):
    """No number answers the question."""


class Unbounded(NoSolution):
    """Money moves one way only: the rate is beyond every number. `rate` is plus or minus infinity."""

    def __init__(self, rate: Decimal) -> None:
        super().__init__("Money that moves one way only has no rate of return.")
        self.rate = rate


@contextmanager
def _solvable(digits: int | None = None) -> Iterator[None]:
    """What cannot be divided, rooted or written down in Decimal has no solution. `digits` are worked with, if given."""
    try:
        with localcontext() as context:
            context.prec = digits or context.prec
            for trap in (InvalidOperation, DivisionByZero, Overflow):
                context.traps[trap] = True
            yield
    except (InvalidOperation, DivisionByZero, Overflow) as error:
        raise NoSolution("These figures have no solution.") from error


# Dated flows.


def xnpv(rate: Decimal, flows: Flows, *, day_count: str = ANNUAL) -> Decimal:
    """The value of dated `flows` on the earliest of their dates at the effective yearly `rate`, unrounded.

    Raises NoSolution when there is no flow or `rate` is not above -1.
    """
    if rate <= -1:
        raise NoSolution("At a rate of -100 % or less nothing has a present value.")
    if not flows:
        raise NoSolution("Without cash flows there is no present value.")
    with _solvable(_SHARP):
        return _RESULT.plus(_present_value(rate, _timed(flows, day_count)))


def xirr(flows: Flows, *, day_count: str = ANNUAL) -> Decimal:
    """The effective yearly rate at which dated `flows` (in any order) are worth nothing.

    A total loss, money that moves one way and ends in a stated nothing, is -1. Raises Unbounded when money moves one
    way without such an end, NoSolution when no rate solves, and when all money moves on one date.
    """
    amounts = [amount for _day, amount in flows]
    if not _both_ways(amounts):
        return _one_way_rate(flows)
    timed = _timed(flows, day_count)
    origin = min(day for day, _amount in flows)
    if all(years == 0 for years, _amount in timed):
        raise NoSolution(f"All money moves on {origin}: there is no time for a rate.")
    nearest = _LIBRARY_DAY_COUNTS.get(day_count, pyxirr.DayCount.ACT_365F)
    found = pyxirr.xirr([day for day, _amount in flows], amounts, day_count=nearest)
    try:
        return sharpened(found, lambda rate: _present_value(rate, timed))
    except NoSolution:
        if not pyxirr.is_conventional_cash_flow([amount for _years, amount in sorted(timed)]):
            raise
        return _extreme_rate(timed)


def _extreme_rate(timed: list[tuple[Decimal, Decimal]]) -> Decimal:
    """The one rate of flows that change direction once, when it is too near to -1, or too large, for a float.

    Halves the range of its logarithm. Raises NoSolution beyond exp(100,000).
    """

    def value(logarithm: Decimal) -> Decimal:
        return sum((amount * (-logarithm * years).exp() for years, amount in timed), ZERO)

    with _solvable(_SHARP):
        low, high = Decimal(-100_000), Decimal(100_000)
        falling = value(low) > 0
        if falling == (value(high) > 0):
            raise NoSolution("No rate solves these cash flows.")
        for _halving in range(180):
            middle = (low + high) / 2
            low, high = (middle, high) if (value(middle) > 0) == falling else (low, middle)
        return _RESULT.plus(low.exp() - 1)


_LIBRARY_DAY_COUNTS = {
    "ACT/360": pyxirr.DayCount.ACT_360,
    "ACT/364": pyxirr.DayCount.ACT_364,
    "ACT/365.25": pyxirr.DayCount.ACT_365_25,
    "ACT/ACT ISDA": pyxirr.DayCount.ACT_ACT_ISDA,
    "30/360 ISDA": pyxirr.DayCount.THIRTY_360_ISDA,
    "30/360 US": pyxirr.DayCount.THIRTY_U_360,
    "30E/360": pyxirr.DayCount.THIRTY_E_360,
    "30E/360 ISDA": pyxirr.DayCount.THIRTY_E_360_ISDA,
    "30E+/360": pyxirr.DayCount.THIRTY_E_PLUS_360,
    "NL/360": pyxirr.DayCount.NL_360,
    "NL/365": pyxirr.DayCount.NL_365,
}  # for any other, ACT/365F is near enough to start from


def _timed(flows: Flows, day_count: str) -> list[tuple[Decimal, Decimal]]:
    """Each flow with its distance in years from the earliest."""
    origin = min(day for day, _amount in flows)
    with localcontext(prec=_SHARP):
        shares = [(year_fraction(origin, day, day_count), amount) for day, amount in flows]
        return [(Decimal(share.numerator) / share.denominator, amount) for share, amount in shares]


def _present_value(rate: Decimal, timed: list[tuple[Decimal, Decimal]]) -> Decimal:
    growth = (1 + rate).ln()
    return sum((amount * (-growth * years).exp() for years, amount in timed), ZERO)


def _both_ways(amounts: Sequence[Decimal]) -> bool:
    return min(amounts, default=ZERO) < 0 < max(amounts, default=ZERO)


def _one_way_rate(flows: Flows) -> Decimal:
    moved = [amount for _day, amount in flows if amount]
    if not moved:
        raise NoSolution("No money moves: there is no rate of return.")
    last = max(day for day, _amount in flows)
    if last > min(day for day, _amount in flows) and not any(amount for day, amount in flows if day == last):
        return Decimal(-1)
    raise Unbounded(Decimal("Infinity").copy_sign(moved[0]))


def sharpened(found: Any, value: Value) -> Decimal:
    """The root of `value` near `found` (a number, or None), by the secant method.

    Raises NoSolution with nothing to start from.
    """
    if found is None:
        raise NoSolution("No rate solves these cash flows.")
    with _solvable(_SHARP):
        start = Decimal(found)
        before, rate = start, start + (1 + start) * Decimal("1e-12")
        value_before = value(before)
        for _round in range(20):
            value_now = value(rate)
            if value_now == value_before:
                break
            step = value_now * (rate - before) / (value_now - value_before)
            before, value_before, rate = rate, value_now, rate - step
            if abs(step) <= _CLOSE * max(Decimal(1), abs(rate)):
                break
        if abs(rate) < Decimal("1e-20") and not value(ZERO):
            return ZERO
        strayed = abs(rate - start) > Decimal("1e-6") * max(Decimal(1), abs(start))  # to another root, or to none
        return _RESULT.plus(start if strayed else rate)


# Flows at equal intervals.


def npv(rate: Decimal, flows: Sequence[Decimal], *, first_at: int = 0) -> Decimal:
    """The value at time 0 of `flows` one period apart, the first at period `first_at`, at `rate` a period, unrounded.

    A spreadsheet's NPV has the first flow at period 1.
    """
    with _solvable():
        return _discounted(rate, flows) / (1 + rate) ** first_at


def _discounted(rate: Decimal, flows: Sequence[Decimal]) -> Decimal:
    total = ZERO
    for amount in reversed(flows):
        total = total / (1 + rate) + amount
    return total


def irr(flows: Sequence[Decimal]) -> Decimal:
    """The rate a period at which `flows` one period apart are worth nothing. Raises NoSolution when there is none."""
    if not _both_ways(flows):
        raise NoSolution("Money that moves one way only has no rate of return.")
    return sharpened(pyxirr.irr(list(flows)), lambda rate: _discounted(rate, flows))


def mirr(flows: Sequence[Decimal], finance_rate: Decimal, reinvest_rate: Decimal) -> Decimal:
    """The modified rate of return a period: outflows financed at one rate, inflows reinvested at the other.

    Raises NoSolution unless money moves both ways.
    """
    if not _both_ways(flows):
        raise NoSolution("Money that moves one way only has no rate of return.")
    with _solvable():
        earned = _discounted(reinvest_rate, [max(amount, ZERO) for amount in flows])
        spent = _discounted(finance_rate, [min(amount, ZERO) for amount in flows])
        return (earned / -spent) ** (Decimal(1) / (len(flows) - 1)) * (1 + reinvest_rate) - 1


# Level payments. `rate` is a period's, `due` says whether a payment falls at its period's end or beginning.


def fv(rate: Decimal, periods: Decimal, pmt: Decimal, pv: Decimal, *, due: Due = "end") -> Decimal:
    """What `pv` now and `pmt` a period come to after `periods`, unrounded."""
    with _solvable():
        growth, annuity = _growth(rate, periods, due)
        return -(pv * growth + pmt * annuity)


def pv(rate: Decimal, periods: Decimal, pmt: Decimal, fv: Decimal = ZERO, *, due: Due = "end") -> Decimal:
    """What `pmt` a period and `fv` after `periods` are worth now, unrounded."""
    with _solvable():
        growth, annuity = _growth(rate, periods, due)
        return -(fv + pmt * annuity) / growth


def pmt(rate: Decimal, periods: Decimal, pv: Decimal, fv: Decimal = ZERO, *, due: Due = "end") -> Decimal:
    """The level payment that turns `pv` into `fv` over `periods`, unrounded. Raises NoSolution for no periods."""
    with _solvable():
        growth, annuity = _growth(rate, periods, due)
        return -(fv + pv * growth) / annuity


def ipmt(
    rate: Decimal, period: Decimal, periods: Decimal, pv: Decimal, fv: Decimal = ZERO, *, due: Due = "end"
) -> Decimal:
    """The interest in the level payment number `period` (the first is 1), unrounded.

    Raises NoSolution when there is no such payment.
    """
    with _solvable():
        return _interest(rate, period, periods, pv, fv, due)


def ppmt(
    rate: Decimal, period: Decimal, periods: Decimal, pv: Decimal, fv: Decimal = ZERO, *, due: Due = "end"
) -> Decimal:
    """The principal in the level payment number `period` (the first is 1), unrounded.

    Raises NoSolution when there is no such payment.
    """
    with _solvable():
        growth, annuity = _growth(rate, periods, due)
        return -(fv + pv * growth) / annuity - _interest(rate, period, periods, pv, fv, due)


def _interest(rate: Decimal, period: Decimal, periods: Decimal, pv: Decimal, fv: Decimal, due: Due) -> Decimal:
    if not 1 <= period <= periods:
        raise NoSolution(f"There is no payment number {period} of {periods}.")
    growth, annuity = _growth(rate, periods, due)
    payment = -(fv + pv * growth) / annuity
    if due == "begin" and period == 1:
        return ZERO
    growth, annuity = _growth(rate, period - 1, due)
    interest = -(pv * growth + payment * annuity) * rate
    return interest / (1 + rate) if due == "begin" else interest


def nper(rate: Decimal, pmt: Decimal, pv: Decimal, fv: Decimal = ZERO, *, due: Due = "end") -> Decimal:
    """How many periods `pmt` takes to turn `pv` into `fv`, with a fraction. Raises NoSolution when it never does."""
    with _solvable():
        if not rate:
            return -(fv + pv) / pmt
        level = pmt * (1 + rate if due == "begin" else 1) / rate
        return ((level - fv) / (level + pv)).ln() / (1 + rate).ln()


def rate(periods: Decimal, pmt: Decimal, pv: Decimal, fv: Decimal = ZERO, *, due: Due = "end") -> Decimal:
    """The rate a period at which `pmt` turns `pv` into `fv` over `periods`. Raises NoSolution when there is none."""
    if not _both_ways([pmt, pv, fv]):
        raise NoSolution("Money that moves one way only has no rate of return.")

    def value(rate: Decimal) -> Decimal:
        growth, annuity = _growth(rate, periods, due)
        return pv * growth + pmt * annuity + fv

    return sharpened(pyxirr.rate(periods, pmt, pv, fv, pmt_at_beginning=due == "begin"), value)


def _growth(rate: Decimal, periods: Decimal, due: Due) -> tuple[Decimal, Decimal]:
    """What one unit now, and one unit a period, come to after `periods`."""
    if not rate:
        return Decimal(1), Decimal(periods)
    growth = (1 + rate) ** periods
    return growth, (1 + rate if due == "begin" else 1) * (growth - 1) / rate
