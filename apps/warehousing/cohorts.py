"""Loans on one lot of goods, lived through a series of month-end quotes by the rules of the night. Pure.

Each loan lends what its haircut leaves of the goods' value, runs for a number of months at simple interest (Act/360)
and is looked at on each month's end with `valuation.margin` and `calls.steps`. Two kinds of sellers are told apart: one
pays the cash cure of every call at once, the other never answers. A loan without an open call is repaid when it is due;
goods whose call ran out are sold at that month's price.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.core.money import ZERO, round_money
from apps.warehousing.calls import Opened, cause_of_cure, steps
from apps.warehousing.valuation import LendingTerms, Margin, Quote, StoredGoods, margin, value_goods

QUANTITY = Decimal(100)
ONE = Decimal(1)
DAYS_A_YEAR = 360


class Plan(NamedTuple):
    """What is tried. `haircut` is the share of the value that is not lent; a call is made at `limit` of it.

    rate         interest a year, as a share
    months       until the loan is due
    sale_costs   share of the price that a sale costs
    pays_calls   whether the seller pays the cash cure of every call
    """

    haircut: Decimal
    limit: Decimal
    rate: Decimal = Decimal("0.08")
    months: int = 12
    sale_costs: Decimal = Decimal("0.03")
    pays_calls: bool = False

    @property
    def terms(self) -> LendingTerms:
        """The terms of lending in US dollars."""
        return LendingTerms("USD", self.limit, other_grades=self.haircut)


class Month(NamedTuple):
    """One month's end of a loan: the price counted, what is owed, its ratio, and the state of the call then."""

    on: date
    price: Decimal
    outstanding: Decimal
    ratio: Decimal
    state: str


@dataclass(slots=True)
class Loan:
    """One loan and what became of it. Amounts in US dollars for 100 units; `paid` are cash cures.

    `loss` is what was owed beyond the net price of the goods when they were sold, `surplus` the other way round.
    """

    plan: Plan
    taken_on: date
    lent: Decimal
    months: list[Month] = field(default_factory=list)
    calls: int = 0
    cured_by_price: int = 0
    paid: list[Decimal] = field(default_factory=list)
    sold_on: date | None = None
    loss: Decimal = ZERO
    surplus: Decimal = ZERO

    @property
    def highest_ratio(self) -> Decimal:
        return max(month.ratio for month in self.months)


class Summary(NamedTuple):
    """Many loans of one plan: numbers of loans and calls, and shares of what was lent."""

    loans: int
    highest_ratio: Decimal
    called: int
    calls: int
    cured_by_price: int
    cash_cures: int
    largest_cure: Decimal
    sold: int
    with_loss: int
    loss: Decimal
    worst_loss: Decimal


def live(quotes: Sequence[tuple[date, Quote]], plan: Plan) -> Loan:
    """The loan taken at the first of `quotes` (month's end and quote), through the others as long as it lasts."""
    taken_on, first = quotes[0]
    lent = value_goods([_goods(first)], plan.terms).lendable
    loan = Loan(plan, taken_on, lent)
    opened: Opened | None = None
    for number, (on, quote) in enumerate(quotes):
        now = _margin(loan, on, quote)
        opened = _looked_at(loan, opened, now, on, is_stale=quote.is_stale)
        state = opened.state if opened else "ok"
        loan.months.append(Month(on, quote.counted, now.outstanding, now.ratio or ZERO, state))
        if state == "overdue":
            _sell(loan, now.outstanding, quote.price, on)
        if state == "overdue" or (number >= plan.months and state != "called"):
            break
    return loan


def _goods(quote: Quote) -> StoredGoods:
    return StoredGoods("1", "1", "", QUANTITY, QUANTITY, 0, quote)


def _margin(loan: Loan, on: date, quote: Quote) -> Margin:
    interest = loan.lent * loan.plan.rate * (on - loan.taken_on).days / DAYS_A_YEAR
    owed = max(ZERO, round_money(loan.lent + interest - sum(loan.paid, ZERO), "USD"))
    return margin(owed, value_goods([_goods(quote)], loan.plan.terms), loan.plan.terms)


def _looked_at(loan: Loan, opened: Opened | None, now: Margin, on: date, *, is_stale: bool) -> Opened | None:
    """The open call after a month's end, if any. What is due within days of it is over long before the next."""
    cause = cause_of_cure(opened, now, added=ZERO, terms=loan.plan.terms) if opened else "price"
    state = opened.state if opened else ""
    for verb in steps(opened, now, is_stale=is_stale, cause=cause, on=on):
        state = {"open": "watch", "lose_price": "stale_price", "regain_price": "watch", "call": "called",
                 "pass_due_date": "overdue"}.get(verb, verb)  # fmt: skip  # nosec B105  a state, not a password
        if verb == "call":
            loan.calls += 1
            if loan.plan.pays_calls:
                loan.paid.append(now.cures[0].cost)
                state = "cure_by_cash"
        if verb == "cure_by_price" and opened is not None and opened.state == "called":
            loan.cured_by_price += 1
    if not state or state.startswith("cure_by"):
        return None
    owed = opened.outstanding if opened and opened.state == state else now.outstanding
    return Opened(state, owed, on)


def _sell(loan: Loan, owed: Decimal, price: Decimal, on: date) -> None:
    proceeds = round_money(QUANTITY * price * (ONE - loan.plan.sale_costs), "USD")
    loan.sold_on = on
    loan.loss, loan.surplus = max(ZERO, owed - proceeds), max(ZERO, proceeds - owed)


def summed(loans: Sequence[Loan]) -> Summary:
    """What became of `loans`, of which there is at least one. Shares are of what was lent, to four decimals."""
    lent = sum((one.lent for one in loans), ZERO)
    return Summary(
        loans=len(loans),
        highest_ratio=max(one.highest_ratio for one in loans),
        called=sum(bool(one.calls) for one in loans),
        calls=sum(one.calls for one in loans),
        cured_by_price=sum(one.cured_by_price for one in loans),
        cash_cures=sum(len(one.paid) for one in loans),
        largest_cure=max((sum(one.paid, ZERO) / one.lent for one in loans), default=ZERO),
        sold=sum(one.sold_on is not None for one in loans),
        with_loss=sum(one.loss > 0 for one in loans),
        loss=sum((one.loss for one in loans), ZERO) / lent,
        worst_loss=max(one.loss / one.lent for one in loans),
    )
