"""What holds of every schedule, whatever its terms."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import is_payable
from apps.financing.schedule import periods_of, schedule
from apps.financing.schedule_terms import (
    BY_DAY,
    BY_PERIOD,
    EQUAL_INSTALMENTS,
    METHODS,
    Drawdown,
    Facts,
    Rate,
    ScheduleTerms,
)

D = Decimal
START = date(2023, 1, 31)


@st.composite
def terms(draw: st.DrawFn) -> ScheduleTerms:
    count = draw(st.integers(1, 24))
    return ScheduleTerms(
        currency=draw(st.sampled_from(["CNY", "JPY", "KWD"])),
        annual_rate=D(draw(st.integers(0, 60))) / 100,
        instalments=count,
        unit=draw(st.sampled_from(["days", "weeks", "months"])),
        every=draw(st.integers(1, 3)),
        method=draw(st.sampled_from(METHODS)),
        interest_by=draw(st.sampled_from([BY_DAY, BY_PERIOD])),
        year_days=draw(st.sampled_from([0, 360, 365])),
        month_days=draw(st.sampled_from([0, 30])),
        multiple=draw(st.sampled_from([None, D(1)])),
        principal_grace=draw(st.integers(0, count - 1)),
        interest_deferred=draw(st.integers(0, count - 1)),
        even_last=draw(st.booleans()),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    later = draw(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 9000)), max_size=2))
    drawdowns = [Drawdown(START, D(draw(st.integers(100, 1_000_000))))]
    drawdowns += [Drawdown(START + timedelta(days=days), D(amount)) for days, amount in later]
    rates = draw(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 60)), max_size=2))
    changes = [Rate(START + timedelta(days=days), D(percent) / 100) for days, percent in rates]
    return Facts(tuple(sorted(drawdowns)), tuple(sorted(changes)))


@settings(max_examples=150, deadline=None)
@given(terms(), facts())
def test_principal_adds_up_to_what_was_drawn_and_nothing_is_negative(terms: ScheduleTerms, facts: Facts) -> None:
    rows = schedule(terms, facts, periods_of(terms, START))
    assert sum(row.principal for row in rows) == sum(amount for _on, amount in facts.drawdowns)
    assert all(row.principal >= 0 and row.interest >= 0 for row in rows)
    assert all(is_payable(row.principal, terms.currency) and is_payable(row.interest, terms.currency) for row in rows)


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 36), st.integers(1, 40), st.integers(1_000, 5_000_000))
def test_equal_instalments_are_equal_but_for_the_last(count: int, percent: int, amount: int) -> None:
    terms = ScheduleTerms("CNY", D(percent) / 100, count, method=EQUAL_INSTALMENTS)
    rows = schedule(terms, Facts((Drawdown(START, D(amount)),)), periods_of(terms, START))
    assert len({row.amount for row in rows[:-1]}) == 1
    # Half a cent in the instalment, and half a cent of interest a month, carried to the end with interest upon it.
    bound = sum((1 + terms.annual_rate / 12) ** at for at in range(count)) * D("0.01") + D("0.01")
    assert abs(rows[-1].amount - rows[0].amount) <= bound
    assert rows[-1].balance == 0
