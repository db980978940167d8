"""What a financier should think about again before these terms go to review. Pure; amounts in the terms' currency.

Cautions hold nothing up: whoever approves reads them too, and may have a reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.money import ZERO
from apps.core.wording import money_text, share_text
from apps.financing.headroom import largest_amount
from apps.financing.illustration import Illustration
from apps.financing.minimums import window_of
from apps.financing.pricing import PACES
from apps.products.eligibility import Condition, unmet
from apps.products.terms import SALES, Terms
from apps.products.wording import condition_text

WINDOW_DAYS = 30
PACE_OF = dict(PACES)


@dataclass(frozen=True, slots=True)
class Typical:
    """The seller in the middle of those who may have credit.

    measured  what conditions rest on; see products.eligibility
    monthly   net sales of the twelve windows of 30 days before `known_on`, oldest first
    """

    daily_sales: Decimal
    limit: Decimal
    measured: Mapping[str, Any]
    monthly: Sequence[Decimal]
    known_on: date


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the terms are held against: caps as shares (0 is none), what the pool has left, products alike by name."""

    rate_cap: Decimal
    sweep_cap: Decimal
    pool_headroom: Decimal
    overlapping: Sequence[str]


def cautions(
    terms: Terms,
    conditions: Sequence[Condition],
    shown: Illustration | None,
    typical: Typical | None,
    bounds: Bounds,
) -> list[str]:
    """Sentences in the reader's language, what weighs most first; none for terms that give no pause."""
    found: list[str | None] = []
    if shown is not None:
        found += [_dearer_than_allowed(shown, bounds), _more_of_sales_than_allowed(terms, bounds)]
        found += [_below_livelihood(terms, shown, typical), _misses_minimums(terms, shown, typical)]
    if typical is not None:
        found += [_not_for_the_typical(terms, conditions, typical), _too_much_for_the_typical(terms, typical, bounds)]
    found += [_more_than_the_pool_has(terms, bounds), _overlapping(bounds)]
    return [one for one in found if one]


def _dearer_than_allowed(shown: Illustration, bounds: Bounds) -> str | None:
    """The annualised rate of the dearest case that is paid in time."""
    rates = [shown.cost.annualised_rate, *(one.effective_rate for one in shown.cases)]
    if not bounds.rate_cap or max(rates) <= bounds.rate_cap:
        return None
    said = {"rate": share_text(max(rates)), "cap": share_text(bounds.rate_cap)}
    if shown.cases:
        return _("If sales are fast, this costs %(rate)s a year. Your platform's cap is %(cap)s.") % said
    return _("This costs %(rate)s a year. Your platform's cap is %(cap)s.") % said


def _more_of_sales_than_allowed(terms: Terms, bounds: Bounds) -> str | None:
    if not bounds.sweep_cap or terms.sweep_rate <= bounds.sweep_cap:
        return None
    return _("It keeps %(share)s of sales. Your platform's largest share is %(cap)s.") % {
        "share": share_text(terms.sweep_rate),
        "cap": share_text(bounds.sweep_cap),
    }


def _below_livelihood(terms: Terms, shown: Illustration, typical: Typical | None) -> str | None:
    sales = typical.daily_sales if typical else shown.daily_sales
    wanted = sales * terms.sweep_rate
    taken = max(min(wanted, sales - terms.livelihood_floor), ZERO)
    if not sales or taken >= wanted:
        return None
    return _(
        "On a usual day of %(sales)s the share kept, %(wanted)s, would leave less than the livelihood floor of "
        "%(floor)s. Only %(taken)s is taken, so repayment takes longer."
    ) % {
        "sales": money_text(sales, terms.currency),
        "wanted": money_text(wanted, terms.currency),
        "floor": money_text(terms.livelihood_floor, terms.currency),
        "taken": money_text(taken, terms.currency),
    }


def _misses_minimums(terms: Terms, shown: Illustration, typical: Typical | None) -> str | None:
    for case, words in (
        ("expected", _("A typical seller misses the minimum of period %(periods)s although sales go as expected.")),
        ("slow", _("If sales are slow, a typical seller misses the minimum of period %(periods)s.")),
    ):
        missed = missed_periods(terms, shown, sales_by_day(shown, typical, PACE_OF[case]))
        if missed:
            return words % {"periods": spans(missed)}
    return None


def spans(numbers: Sequence[int]) -> str:
    """Rising numbers for a reader, three and more in a row as one: 1, 3–7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [[f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(number) for number in run] for run in runs]
    return ", ".join(one for run in told for one in run)


def sales_by_day(shown: Illustration, typical: Typical | None, pace: Decimal) -> Callable[[date], Decimal]:
    """Net sales of a day at `pace` of what is expected: in the typical seller's seasons where their year is known."""
    if typical is None or not any(typical.monthly):
        return lambda _day: shown.daily_sales * pace
    return lambda day: window_of(day, typical.monthly, typical.known_on) / WINDOW_DAYS * pace


def missed_periods(terms: Terms, shown: Illustration, sales: Callable[[date], Decimal]) -> list[int]:
    """The numbers, from 1, of the minimum periods whose minimum and all before it are not repaid when they end."""
    missed = []
    repaid = due = ZERO
    for number, (first, last, least) in enumerate(shown.minimums, start=1):
        due += least
        repaid += sum((_taken(terms, sales(day)) for day in _days(first, last)), ZERO)
        if repaid < due:
            missed.append(number)
    return missed


def _taken(terms: Terms, sales: Decimal) -> Decimal:
    """What a day's sweep takes of `sales`, unrounded."""
    taken = min(sales * terms.sweep_rate, sales - terms.livelihood_floor)
    return max(min(taken, terms.day_cap) if terms.day_cap else taken, ZERO)


def _days(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both inclusive."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _not_for_the_typical(terms: Terms, conditions: Sequence[Condition], typical: Typical) -> str | None:
    failed = unmet(conditions, typical.measured)
    if not failed:
        return None
    said = "; ".join(condition_text(one, terms.currency) for one in failed)
    return _("A typical seller would not be offered this: %(conditions)s.") % {"conditions": said}


def _too_much_for_the_typical(terms: Terms, typical: Typical, bounds: Bounds) -> str | None:
    """Where sales decide the amount: whether a typical seller reaches the least one."""
    if terms.technique != SALES:
        return None
    reached = largest_amount(
        terms=terms, limit=typical.limit, exposure=ZERO, pool_headroom=bounds.pool_headroom,
        daily_sales=typical.daily_sales, eligible=ZERO,
    )  # fmt: skip
    if reached:
        return None
    return _("A typical seller, who sells %(sales)s a day, would not reach the least amount of %(least)s.") % {
        "sales": money_text(typical.daily_sales, terms.currency),
        "least": money_text(terms.minimum_amount, terms.currency),
    }


def _more_than_the_pool_has(terms: Terms, bounds: Bounds) -> str | None:
    if terms.maximum_amount <= bounds.pool_headroom:
        return None
    return _("The pool has %(left)s left, less than the largest amount of %(most)s.") % {
        "left": money_text(bounds.pool_headroom, terms.currency),
        "most": money_text(terms.maximum_amount, terms.currency),
    }


def _overlapping(bounds: Bounds) -> str | None:
    if not bounds.overlapping:
        return None
    return ngettext(
        "A seller may meet the conditions of this and of %(names)s: both would be offered.",
        "A seller may meet the conditions of this and of %(names)s: all would be offered.",
        len(bounds.overlapping),
    ) % {"names": ", ".join(bounds.overlapping)}
