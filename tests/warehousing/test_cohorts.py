"""Loans on a lot of goods through invented prices, small enough to follow by hand."""

from datetime import date
from decimal import Decimal

from apps.warehousing.cohorts import Loan, Plan, live, summed
from apps.warehousing.valuation import Quote

D = Decimal
ENDS = [date(2008, 1, 31), date(2008, 2, 29), date(2008, 3, 31), date(2008, 4, 30)]
PLAN = Plan(haircut=D("0.3"), limit=D("0.85"), rate=D(0), months=3, sale_costs=D("0.03"))


def lived(prices: list[str], plan: Plan = PLAN) -> Loan:
    quotes = [(day, Quote(D(price), D(price), day, is_stale=False)) for day, price in zip(ENDS, prices, strict=True)]
    return live(quotes, plan)


def test_at_an_even_price_nothing_happens() -> None:
    """100 tonnes at 10 are worth 1,000; 700 are lent, 850 may be owed."""
    loan = lived(["10", "10", "10", "10"])
    assert (loan.lent, loan.calls, loan.sold_on, loan.loss) == (700, 0, None, 0)
    assert [month.ratio for month in loan.months] == [D("0.7")] * 4


def test_a_call_that_nobody_answers_ends_with_a_sale_at_the_next_price() -> None:
    """At 8 the debt is 87.5 %: called. At 7 it is overdue and sold for 700 less 21 of costs: 21 are lost."""
    loan = lived(["10", "8", "7", "9"])
    assert [month.state for month in loan.months] == ["ok", "called", "overdue"]
    assert (loan.calls, loan.sold_on, loan.loss, loan.surplus) == (1, ENDS[2], 21, 0)


def test_the_next_price_cures_in_time() -> None:
    loan = lived(["10", "8", "9", "9"])
    assert (loan.calls, loan.cured_by_price, loan.sold_on) == (1, 1, None)


def test_who_pays_the_call_owes_less_and_is_not_sold() -> None:
    """At 8 at most 680 may be owed: 20 are paid. At 7.9 again: 671.50 may be, 8.50 are paid."""
    loan = lived(["10", "8", "7.9", "9"], PLAN._replace(pays_calls=True))
    assert (loan.paid, loan.sold_on, loan.loss) == ([D("20.00"), D("8.50")], None, 0)


def test_what_many_loans_lost_is_told_as_a_share_of_what_was_lent() -> None:
    total = summed([lived(["10", "8", "7", "9"]), lived(["10", "10", "10", "10"])])
    assert (total.loans, total.called, total.sold, total.with_loss) == (2, 1, 1, 1)
    assert (total.loss, total.worst_loss) == (D("0.015"), D("0.03"))
