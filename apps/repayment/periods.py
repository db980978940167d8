"""Minimum periods of an advance on sales: what each asks for, how far one is, and the most that it takes. Pure.

Amounts are in one currency; dates are business dates, both ends inclusive. Where a contract froze what each period asks
for, or an event planned the rest anew, `Minimums` say so; else the terms do.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from apps.core.money import ZERO, round_money
from apps.products.terms import Terms


class Minimums(NamedTuple):
    """What the periods of one financing ask for.

    amounts       of each period, the first with number `after` + 1
    asked_before  what all periods up to `after` asked for together
    begins_after  the day before the first of them; None is the day of disbursement
    paused_before days of pauses that `begins_after` includes already
    """

    period_days: int
    amounts: tuple[Decimal, ...]
    after: int = 0
    asked_before: Decimal = ZERO
    begins_after: date | None = None
    paused_before: int = 0

    def asked_by(self, number: int) -> Decimal:
        """What is to be repaid in all by the end of period `number`."""
        return self.asked_before + sum(self.amounts[: max(number - self.after, 0)], ZERO)

    def as_json(self) -> dict[str, Any]:
        """The minimums as a financing keeps them."""
        return {
            "period_days": self.period_days,
            "minimums": [str(one) for one in self.amounts],
            "after": self.after,
            "asked_before": str(self.asked_before),
            "begins_after": self.begins_after.isoformat() if self.begins_after else None,
            "paused_before": self.paused_before,
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "Minimums":
        """What `as_json` wrote."""
        begins_after = kept.get("begins_after")
        return cls(
            period_days=kept["period_days"],
            amounts=tuple(Decimal(one) for one in kept["minimums"]),
            after=kept.get("after", 0),
            asked_before=Decimal(kept.get("asked_before", 0)),
            begins_after=date.fromisoformat(begins_after) if begins_after else None,
            paused_before=kept.get("paused_before", 0),
        )


class Periods(NamedTuple):
    """The periods of one financing on the calendar. `number` is that of the last period before `first_day`."""

    first_day: date
    number: int
    period_days: int

    def reached(self, on: date) -> int:
        """The number of the period that `on` lies in; that of the last one before, where none has begun."""
        days = (on - self.first_day).days
        return self.number + ((days - 1) // self.period_days + 1 if days > 0 else 0)

    def bounds(self, number: int) -> tuple[date, date]:
        """The first and the last day of period `number`."""
        starts_on = self.first_day + timedelta(days=self.period_days * (number - self.number - 1) + 1)
        return starts_on, starts_on + timedelta(days=self.period_days - 1)

    def next_start(self, on: date) -> date:
        """The first day of the next period to begin after `on`: before it no demand is raised."""
        return self.bounds(self.reached(on) + 1)[0]


def periods_of(terms: Terms, minimums: Minimums | None, disbursed_on: date, paused_days: int) -> Periods | None:
    """The periods of a financing, moved by its pauses; None where the terms have none."""
    if minimums is not None:
        begins = (minimums.begins_after or disbursed_on) + timedelta(days=paused_days - minimums.paused_before)
        return Periods(begins, minimums.after, minimums.period_days)
    if not terms.period_days:
        return None
    return Periods(disbursed_on + timedelta(days=paused_days), 0, terms.period_days)


def asked_by(terms: Terms, minimums: Minimums | None, lent: Decimal, number: int, currency: str) -> Decimal:
    """What is to be repaid in all of `lent` (principal and fee) by the end of period `number`."""
    if minimums is not None:
        return min(minimums.asked_by(number), lent)
    return min(round_money(lent * terms.minimum_share, currency, terms.rounding) * number, lent)


def last_number(terms: Terms, minimums: Minimums | None, lent: Decimal, after: int, currency: str) -> int:
    """The number, from `after` on, of the period by whose end all of `lent` is asked for."""
    number = after
    while asked_by(terms, minimums, lent, number, currency) < lent:
        number += 1
    return number


def most_now(terms: Terms, lent: Decimal, taken: Decimal, currency: str) -> Decimal | None:
    """What sweeps may still take in the running period, of which they have `taken`; None where there is no limit."""
    if not terms.maximum_share:
        return None
    return max(round_money(lent * terms.maximum_share, currency, terms.rounding) - taken, ZERO)


class Check(NamedTuple):
    """A look at a period on the way: `expected` is what should have been repaid of it by the end of day `on`."""

    on: date
    expected: Decimal


def last_check(
    terms: Terms, starts_on: date, due_on: date, amount: Decimal, after: date, on: date, currency: str
) -> Check | None:
    """The last check of the period inside the days after `after` through `on`; None when none falls into them.

    The checks cut the period into equal parts. At the k-th part, threshold x k x minimum is expected.
    """
    parts = terms.near_breach_checks + 1
    for number, day in reversed(list(enumerate(check_days(terms, starts_on, due_on), start=1))):
        if after < day <= on and starts_on <= day < due_on:
            return Check(day, round_money(terms.near_breach_share * amount * number / parts, currency, terms.rounding))
    return None


def check_days(terms: Terms, starts_on: date, due_on: date) -> list[date]:
    """The days at whose end a period from `starts_on` to `due_on` is looked at on the way."""
    days, parts = (due_on - starts_on).days + 1, terms.near_breach_checks + 1
    return [starts_on + timedelta(days=days * number // parts - 1) for number in range(1, parts)]
