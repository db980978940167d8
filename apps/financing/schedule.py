"""Repayment schedules: what falls due when, by method. Pure: terms, drawdowns and rates in, instalments out.

Interest is computed unrounded over each period and rounded once; the last instalment takes what rounding left. The
level instalment over uneven periods is EMI = balance x prod(rf_i) / f_n, with f_1 = 1 and f_i = f_(i-1) x rf_i + 1
(mechanics, section 2).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import reduce

from apps.core.money import ZERO, quantum, round_money
from apps.financing.daycount import simple_interest
from apps.financing.due_dates import MONTHS, Period, due_dates, periods_between, step
from apps.financing.schedule_terms import (
    BULLET,
    BY_PERIOD,
    EQUAL_INSTALMENTS,
    EQUAL_PRINCIPAL,
    FLAT,
    INTEREST_ONLY,
    LEVEL,
    METHODS,
    NEXT,
    PERIODS_A_YEAR,
    Drawdown,
    Facts,
    Instalment,
    Part,
    ScheduleTerms,
)


def periods_of(terms: ScheduleTerms, start: date) -> tuple[Period, ...]:
    """The periods of a financing drawn on `start`."""
    first = terms.first_due or step(start, terms.every, terms.unit)
    return periods_between(start, due_dates(first, terms.instalments, terms.every, terms.unit, terms.due_rule))


def schedule(terms: ScheduleTerms, facts: Facts, periods: Sequence[Period]) -> tuple[Instalment, ...]:
    """The instalments of `terms` over `periods`: payable amounts, principal adding up to what was drawn.

    Raises ValueError for an unknown method.
    """
    build = {EQUAL_INSTALMENTS: _declining, FLAT: _flat}.get(terms.method, _declining)
    if terms.method not in METHODS:
        raise ValueError(f"{terms.method!r} is not a method of repayment.")
    return build(terms, facts, tuple(periods))


# Factors


def factor(terms: ScheduleTerms, period: Period, first: date, last: date, annual_rate: Decimal) -> Decimal:
    """The share of interest from `first` (exclusive) to `last` (inclusive), a stretch of `period`. Unrounded."""
    if period.number <= terms.interest_free or last <= first:
        return ZERO
    if terms.day_count:
        return simple_interest(Decimal(1), annual_rate, first, last, terms.day_count, since=terms.counted_from)
    share = Decimal((last - first).days) / period.days
    if terms.interest_by == BY_PERIOD:
        return annual_rate * terms.every / PERIODS_A_YEAR[terms.unit] * share
    if terms.month_days and terms.unit == MONTHS:
        return annual_rate * terms.every * terms.month_days / (terms.year_days or _year(first)) * share
    if terms.year_days:
        return annual_rate * (last - first).days / terms.year_days
    return annual_rate * sum(
        (Decimal((until - since).days) / _year(until) for since, until in _by_year(first, last)), ZERO
    )


def _year(day: date) -> int:
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def _by_year(first: date, last: date) -> list[tuple[date, date]]:
    """The stretch cut after each 31 December, so that every day counts over the days of its own year."""
    ends = [date(year, 12, 31) for year in range(first.year, last.year) if first < date(year, 12, 31)]
    return list(zip([first, *ends], [*ends, last], strict=True))


def level_instalment(value_at_first_due: Decimal, later_factors: Sequence[Decimal]) -> Decimal:
    """The equal instalment, unrounded, that repays `value_at_first_due` on the first due date and on each one after it.

    `later_factors` are the shares of interest of the periods after the first; same currency as the value.
    """
    growth = reduce(lambda grown, share: grown * (1 + share), later_factors, Decimal(1))
    annuity = reduce(lambda count, share: count * (1 + share) + 1, later_factors, Decimal(1))
    return value_at_first_due * growth / annuity


def round_instalment(terms: ScheduleTerms, amount: Decimal) -> Decimal:
    """`amount` as an instalment of these terms: to the minor unit, or to a multiple of `terms.multiple`."""
    if terms.multiple is None:
        return round_money(amount, terms.currency, terms.instalment_rounding)
    units = (amount / terms.multiple).quantize(Decimal(1), rounding=terms.instalment_rounding)
    return round_money(units * terms.multiple, terms.currency)


def _evened(
    terms: ScheduleTerms, level: Decimal, balance: Decimal, first_interest: Decimal, later: Sequence[Decimal]
) -> Decimal:
    """`level`, or the neighbouring amount that leaves the last instalment nearer to all the others."""
    count = len(later) + 1

    def gap(amount: Decimal) -> Decimal:
        left, last = balance, ZERO
        for share in (None, *later):
            arisen = first_interest if share is None else left * share
            interest = round_money(arisen, terms.currency, terms.rounding)
            last = left + interest
            left -= amount - interest
        return last - amount

    off = gap(level)
    if abs(off) <= quantum(terms.currency) * (count // 2):
        return level
    other = round_instalment(terms, level + off / count)
    return other if abs(gap(other)) < abs(off) else level


# Interest on the balance


class _Walk:
    """One pass over the periods of a declining balance."""

    def __init__(self, terms: ScheduleTerms, facts: Facts, periods: tuple[Period, ...]) -> None:
        self.terms, self.facts, self.periods = terms, facts, periods
        self.scheduled = ZERO  # principal of the periods gone by
        self.deferred = ZERO  # interest that arose and is not yet due
        self.level = ZERO
        self.ahead = ZERO  # early principal that takes the place of the next principal due
        self.relevel = True

    def run(self) -> tuple[Instalment, ...]:
        rows: list[Instalment] = []
        for place, period in enumerate(self.periods):
            if rows and self.scheduled == self._drawn(period.due, all_of_it=True):
                break
            rows.append(self._row(place, period))
        return tuple(rows)

    def _row(self, place: int, period: Period) -> Instalment:
        parts = self.parts(period)
        if self._resets(period) or self.facts.extended_at(self.periods, place):
            self.level = self._level(place)
        last = place == len(self.periods) - 1
        arisen = self.deferred + self.interest_of(parts)
        interest, principal = self._due(period, arisen, last)
        self.deferred = arisen - interest
        extra = sum((paid for on, paid in self.facts.extra if period.starts < on <= period.due), ZERO)
        extra += max(min(self._prepaid(period), self._drawn(period.due, last) - self.scheduled) - principal, ZERO)
        if extra:
            principal += extra
            self.ahead += extra if self.terms.early_principal == NEXT else ZERO
            self.relevel = self.terms.early_principal == LEVEL
        self.scheduled += principal
        return Instalment(
            period.number, period.starts, period.due, principal, interest, self.balance_after(period), parts
        )

    def _resets(self, period: Period) -> bool:
        drawn = self.terms.level_for is None and any(
            period.starts <= on < period.due for on, _amount in self.facts.drawdowns
        )
        rate = any(period.starts < since <= period.due for since, _rate in self.facts.rates)
        relevel, self.relevel = self.relevel, False
        return relevel or drawn or rate or period.number <= self.terms.principal_grace + 1

    def _level(self, place: int) -> Decimal:
        if self.terms.instalment is not None:
            return self.terms.instalment
        # Every drawdown of this period counts from the day it was made, so the instalment is level to the last one.
        # What was paid early or late since does not change it.
        period = self.periods[place]
        facts = self.facts._replace(corrections=(), settled=(), prepaid=())
        if self.terms.level_for is not None and not self.scheduled:
            facts = facts._replace(drawdowns=(Drawdown(period.starts, self.terms.level_for),))
        parts = _Walk(self.terms, facts, self.periods).after(self, period)
        balance = parts[-1].balance
        interest = sum((part.interest for part in parts), ZERO)
        rate = self.rate(period.due)
        later = [factor(self.terms, next_, next_.starts, next_.due, rate) for next_ in self._known_after(place)]
        if self.terms.level_by_first_period:
            first = self.periods[0]
            share = factor(self.terms, first, first.starts, first.due, rate)
            interest, later = balance * share, [share] * len(later)
        level = round_instalment(self.terms, level_instalment(balance + interest, later))
        return _evened(self.terms, level, balance, interest, later) if self.terms.even_last else level

    def interest_of(self, parts: Sequence[Part]) -> Decimal:
        """The interest of some stretches, payable."""
        amounts = [part.interest for part in parts]
        if self.terms.round_each_part:
            amounts = [round_money(amount, self.terms.currency, self.terms.rounding) for amount in amounts]
        return round_money(sum(amounts, ZERO), self.terms.currency, self.terms.rounding)

    def _known_after(self, place: int) -> tuple[Period, ...]:
        return self.periods[place + 1 : self.facts.known(self.periods, place)]

    def after(self, other: "_Walk", period: Period) -> tuple[Part, ...]:
        """The stretches of `period` as this walk sees them, once as much principal has fallen due as in `other`."""
        self.scheduled = other.scheduled
        return self.parts(period)

    def _due(self, period: Period, arisen: Decimal, last: bool) -> tuple[Decimal, Decimal]:
        """The interest and the principal due of this period, given the interest that has arisen by then."""
        left = self._drawn(period.due, last) - self.scheduled
        if last:
            return arisen, left
        paid = [entry for entry in self.facts.settled if entry.due == period.due]
        principal_paid = sum((entry.principal for entry in paid), ZERO)
        interest = ZERO if period.number <= self.terms.interest_deferred else arisen
        principal = self._principal(period, interest, left)
        if principal_paid > principal:
            principal = min(principal_paid, left)
            interest = min(interest, max(self.level - principal, ZERO))
        taken = min(self.ahead, principal)
        self.ahead -= taken
        return interest, principal - taken

    def _principal(self, period: Period, interest: Decimal, left: Decimal) -> Decimal:
        if period.number <= self.terms.principal_grace or self.terms.method in {BULLET, INTEREST_ONLY}:
            return ZERO
        if self.terms.method == EQUAL_PRINCIPAL:
            count = self.facts.known(self.periods, period.number - 1) - self.terms.principal_grace
            return min(
                left, round_money(self._drawn(period.due, False) / count, self.terms.currency, self.terms.rounding)
            )
        return min(left, max(self.level - interest, ZERO))

    def _prepaid(self, period: Period, until: date | None = None) -> Decimal:
        by = until or period.due
        return sum((amount for on, amount in self.facts.prepaid if period.starts < on <= by), ZERO)

    def _drawn(self, by: date, all_of_it: bool = False) -> Decimal:
        return sum((amount for on, amount in self.facts.drawdowns if on < by or all_of_it), ZERO)

    def balance_after(self, period: Period) -> Decimal:
        """Principal left on the due date, with what is drawn that day and less what was paid ahead of its own date."""
        drawn = sum((amount for on, amount in self.facts.drawdowns if on <= period.due), ZERO)
        ahead = sum((paid.principal for paid in self.facts.settled if paid.paid_on <= period.due < paid.due), ZERO)
        return drawn - self.scheduled - ahead

    def rate(self, day: date) -> Decimal:
        """The annual rate of the day."""
        held = [rate.annual_rate for rate in self.facts.rates if rate.since <= day]
        return held[-1] if held else self.terms.annual_rate

    def parts(self, period: Period, until: date | None = None) -> tuple[Part, ...]:
        """The stretches of `period` (to `until`) with one balance and one rate each."""
        until = until or period.due
        cuts = sorted({cut for cut in self._cuts() if period.starts < cut < until})
        edges = list(zip([period.starts, *cuts], [*cuts, until], strict=True))
        return tuple(self._part(period, first, last) for first, last in edges)

    def _part(self, period: Period, first: date, last: date) -> Part:
        balance = max(self._bearing(first) - self._prepaid(period, first), ZERO)
        return Part(first, last, balance, factor(self.terms, period, first, last, self.rate(last)))

    def _cuts(self) -> list[date]:
        cuts = [on for on, _amount in self.facts.drawdowns]
        cuts += [date.fromordinal(since.toordinal() - 1) for since, _rate in self.facts.rates]
        cuts += [edge for correction in self.facts.corrections for edge in correction[:2]]
        cuts += [on for on, _amount in self.facts.prepaid]
        return cuts + [paid.paid_on for paid in self.facts.settled if paid.paid_on < paid.due]

    def _bearing(self, on: date) -> Decimal:
        """The principal that bears interest from `on`."""
        drawn = sum((amount for day, amount in self.facts.drawdowns if day <= on), ZERO)
        drawn += sum((amount for first, last, amount in self.facts.corrections if first <= on < last), ZERO)
        early = sum((paid.principal for paid in self.facts.settled if paid.paid_on <= on < paid.due), ZERO)
        return drawn - self.scheduled - early


def _declining(terms: ScheduleTerms, facts: Facts, periods: tuple[Period, ...]) -> tuple[Instalment, ...]:
    rows = _Walk(terms, facts, periods).run()
    if terms.method != BULLET:
        return rows
    total = sum((row.interest for row in rows), ZERO)
    return (*(row._replace(interest=ZERO) for row in rows[:-1]), rows[-1]._replace(interest=total))


def _flat(terms: ScheduleTerms, facts: Facts, periods: tuple[Period, ...]) -> tuple[Instalment, ...]:
    """Interest on what was drawn, the same each period whatever was repaid; principal in equal instalments."""
    interest = _flat_interest(terms, facts.drawdowns, periods)
    rows: list[Instalment] = []
    left = share = ZERO
    for place, period in enumerate(periods):
        last = place == len(periods) - 1
        drawn = _drawn_in(facts.drawdowns, periods, place)
        left += drawn
        if drawn or place == terms.principal_grace or facts.extended_at(periods, place):
            paying = facts.known(periods, place) - max(place, terms.principal_grace)
            share = round_instalment(terms, left / paying + interest[place]) - interest[place]
        principal = left if last else min(left, share if place >= terms.principal_grace else ZERO)
        left -= principal
        on_due = sum((amount for on, amount in facts.drawdowns if on == period.due and not last), ZERO)
        rows.append(Instalment(period.number, period.starts, period.due, principal, interest[place], left + on_due))
    return tuple(rows)


def _drawn_in(drawdowns: Sequence[Drawdown], periods: Sequence[Period], place: int) -> Decimal:
    """What is drawn in one period; the first also takes what came before it, the last what came later."""
    since = periods[place].starts if place else date.min
    until = periods[place].due if place < len(periods) - 1 else date.max
    return sum((amount for on, amount in drawdowns if since <= on < until), ZERO)


def _flat_interest(terms: ScheduleTerms, drawdowns: Sequence[Drawdown], periods: tuple[Period, ...]) -> list[Decimal]:
    """Each drawdown's interest in equal shares over the periods it is out; the last period takes what rounding left."""
    shares = [ZERO for _period in periods]
    for place in range(len(periods)):
        drawn = _drawn_in(drawdowns, periods, place)
        out = [later for later in range(place, len(periods)) if periods[later].number > terms.interest_free]
        if not drawn or not out:
            continue
        whole = sum(
            (factor(terms, periods[at], periods[at].starts, periods[at].due, terms.annual_rate) for at in out), ZERO
        )
        total = round_money(drawn * whole, terms.currency, terms.rounding)
        each = round_money(total / len(out), terms.currency, terms.rounding)
        left = total
        for at in out[:-1]:
            shares[at] += min(each, left)
            left -= min(each, left)
        shares[out[-1]] += left
    return shares


def payable_on(
    terms: ScheduleTerms, facts: Facts, periods: Sequence[Period], due: date, on: date
) -> tuple[Decimal, Decimal]:
    """What the instalment due on `due` would take if paid on `on`: its principal and its interest to that day."""
    walk = _Walk(terms, facts, tuple(periods))
    rows = walk.run()
    place = next(place for place, row in enumerate(rows) if row.due == due)
    row, period = rows[place], periods[place]
    again = _Walk(terms, facts, tuple(periods))
    for before in range(place):
        again._row(before, periods[before])
    carried = again.deferred
    if on >= due:
        return row.principal, row.interest
    interest = min(row.interest, carried + again.interest_of(again.parts(period, on)))
    return row.amount - interest, interest
