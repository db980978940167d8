"""What becomes of a margin call on a date, what cured it, and which goods would. Pure: no rows, no clock.

`watch -> called -> cured | overdue -> enforcing`, with `stale_price` beside watch. Amounts are in one currency, dates
are business dates. A price that is too old never cures a call and never hides one: goods keep their last known value.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from apps.core.money import ZERO
from apps.warehousing.valuation import LendingTerms, Margin

DAYS_TO_CURE = 3
"""Business days after the day of the call within which it is to be cured, the last one included."""

NOBODY = ""
"""The state of a pledge that has no open call."""

Cause = Literal["cash", "goods", "price"]


class Opened(NamedTuple):
    """An open call as it stands: the debt when the pledge came to be watched or called, and the last day to cure."""

    state: str
    outstanding: Decimal
    due_on: date | None = None


def steps(opened: Opened | None, now: Margin, *, is_stale: bool, cause: Cause, on: date) -> tuple[str, ...]:
    """The verbs that bring a call to where `now` puts it in the night of `on`; "open" makes a new one.

    Cures come before the due date is looked at: what is paid on the last day, or late but before enforcement, counts.
    A call never goes back to a watch: it is cured, at the limit or below it, or it stands. With `is_stale` nothing is
    cured by price. A pledge on which nothing is owed has no call.
    """
    state = opened.state if opened else NOBODY
    if state in {NOBODY, "watch", "stale_price"}:
        return _before_a_call(state, now, is_stale=is_stale, cause=cause)
    if state in {"called", "overdue"} and now.level != "call" and not (is_stale and cause == "price"):
        return (f"cure_by_{cause}",)
    if state == "called" and opened is not None and opened.due_on is not None and on > opened.due_on:
        return ("pass_due_date",)
    return ()


def _before_a_call(state: str, now: Margin, *, is_stale: bool, cause: Cause) -> tuple[str, ...]:
    if not now.outstanding:
        regained = ("regain_price",) if state == "stale_price" else ()
        return (*regained, "cure_by_cash") if state else ()
    opened = () if state else ("open",)
    if now.level == "call":
        return (*opened, "call")
    if is_stale:
        return () if state == "stale_price" else (*opened, "lose_price")
    regained = ("regain_price",) if state == "stale_price" else ()
    if now.level == "watch":
        return opened or regained
    return (*regained, f"cure_by_{cause}") if state else ()


def cause_of_cure(opened: Opened, now: Margin, *, added: Decimal, terms: LendingTerms) -> Cause:
    """What brought the debt of `opened` back: the first of price, cash and goods that was enough.

    added   what the goods pledged since then are worth today

    The price did it if the debt as it was would be carried by the goods that were there; cash if the debt as it is
    would; else goods. Who owes nothing any more has paid.
    """
    if not now.outstanding:
        return "cash"
    bound = terms.limit * (terms.watch_at if opened.state in {"watch", "stale_price"} else 1)
    carried = (now.value - added) * bound
    if opened.outstanding <= carried:
        return "price"
    return "cash" if now.outstanding <= carried else "goods"


class FreeGoods(NamedTuple):
    """A receipt that could be brought into the pledge, and what it is worth there, in the pledge's currency."""

    receipt: int
    value: Decimal


def enough_goods(free: Sequence[FreeGoods], needed: Decimal) -> tuple[FreeGoods, ...]:
    """The goods to bring for a cure of `needed`: the least valuable receipt that is enough by itself, else the fewest,
    the most valuable first. Empty when all of them together are not enough."""
    by_value = sorted((one for one in free if one.value > 0), key=lambda one: (one.value, one.receipt))
    alone = next((one for one in by_value if one.value >= needed), None)
    if alone is not None:
        return (alone,)
    taken: list[FreeGoods] = []
    for one in reversed(by_value):
        taken.append(one)
        if sum((each.value for each in taken), ZERO) >= needed:
            return tuple(taken)
    return ()
