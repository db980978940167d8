"""What holds of every course, whatever was paid, charged, reversed or charged back."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import ZERO
from apps.financing.schedule_terms import (
    BY_DAY,
    BY_PERIOD,
    EQUAL_INSTALMENTS,
    FLAT,
    LEVEL,
    NEVER,
    NEXT,
    SHORTEN,
    ScheduleTerms,
)
from apps.products.terms import DEFAULT_WATERFALL
from apps.repayment.course import Course, course
from apps.repayment.course_events import (
    AS_SCHEDULED,
    AT_ONCE,
    CURRENT_PERIOD,
    EVERY_PERIOD,
    INTEREST_TO_DATE,
    ON_ITS_DATE,
    PAYMENTS,
    PRINCIPAL_AT_ONCE,
    PRINCIPAL_WHEN_DUE,
    CourseTerms,
    Event,
    Kind,
)
from apps.repayment.waterfall import HORIZONTAL, LAST_INSTALMENT, NEXT_INSTALMENT, REAMORTISE, VERTICAL

START = date(2024, 1, 31)
DRAWN = Event("drawn", Kind.DRAW, START, START, Decimal(1000))
EARLY = [AS_SCHEDULED, INTEREST_TO_DATE, PRINCIPAL_AT_ONCE, PRINCIPAL_WHEN_DUE]
KINDS = [Kind.REPAYMENT, Kind.REPAYMENT, Kind.MERCHANT_REFUND, Kind.CHARGE, Kind.CHARGEBACK]


@st.composite
def terms(draw: st.DrawFn) -> CourseTerms:
    plan = ScheduleTerms(
        currency=draw(st.sampled_from(["CNY", "JPY", "KWD"])),
        annual_rate=Decimal(draw(st.integers(0, 36))) / 100,
        instalments=draw(st.integers(1, 8)),
        method=draw(st.sampled_from([EQUAL_INSTALMENTS, FLAT])),
        interest_by=draw(st.sampled_from([BY_DAY, BY_PERIOD])),
        early_principal=draw(st.sampled_from([SHORTEN, LEVEL, NEXT])),
    )
    declining = plan.method == EQUAL_INSTALMENTS
    return CourseTerms(
        plan,
        Decimal(1000),
        START,
        tuple(DEFAULT_WATERFALL),
        mode=draw(st.sampled_from([HORIZONTAL, VERTICAL])),
        advance_default=draw(st.sampled_from([NEXT_INSTALMENT, LAST_INSTALMENT, REAMORTISE])),
        split_due_charges=draw(st.booleans()),
        charges_join=draw(st.sampled_from([AT_ONCE, ON_ITS_DATE])),
        late_interest=draw(st.sampled_from([NEVER, CURRENT_PERIOD, EVERY_PERIOD])) if declining else NEVER,
        early_payment=draw(st.sampled_from(EARLY)) if declining else AS_SCHEDULED,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    items = draw(
        st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 300), st.integers(1, 600), st.booleans()), max_size=7)
    )
    events = [DRAWN]
    for number, (kind, days, amount, penalty) in enumerate(items):
        on = START + timedelta(days=days)
        events.append(Event(f"e{number}", kind, on, on, Decimal(amount), penalty=penalty))
    return events


def keeps_its_rules(stands: Course, events: list[Event]) -> None:
    paid_in = sum((event.amount for event in events if event.kind in PAYMENTS), ZERO)
    back = sum((event.amount for event in events if event.kind == Kind.CHARGEBACK), ZERO)
    for row in stands.rows:
        assert all(ZERO <= paid <= owed for paid, owed in zip(row.paid, row.owed, strict=True))
        assert row.early + row.late <= row.paid.total
    for entry in stands.entries:
        if entry.kind in PAYMENTS:
            assert entry.parts.total <= entry.amount
    # Every cent paid in lies on an instalment, is a surplus, or left with a chargeback that a surplus covered.
    on_rows = sum((row.paid.total for row in stands.rows), ZERO)
    added = sum((row.owed.principal for row in stands.rows), ZERO) - DRAWN.amount
    assert on_rows + stands.surplus == paid_in - (back - added)


@settings(max_examples=150, deadline=None)
@given(terms(), histories())
def test_no_cent_is_lost_and_nothing_is_paid_above_what_is_due(terms: CourseTerms, events: list[Event]) -> None:
    keeps_its_rules(course(terms, events), events)


@settings(max_examples=100, deadline=None)
@given(terms(), histories(), st.integers(0, 300), st.integers(1, 900))
def test_a_payment_reversed_and_made_again_gives_the_same_course(
    terms: CourseTerms, events: list[Event], days: int, amount: int
) -> None:
    on = START + timedelta(days=days)
    paid = Event("paid", Kind.REPAYMENT, on, on, Decimal(amount))
    undone = Event("undone", Kind.REVERSE, on, on, of="paid")
    once = course(terms, [*events, paid])
    again = course(terms, [*events, paid, undone, Event("again", Kind.REPAYMENT, on, on, Decimal(amount))])
    assert (once.rows, once.charges, once.surplus, once.status) == (
        again.rows,
        again.charges,
        again.surplus,
        again.status,
    )
    never = course(terms, [*events, paid, undone])
    assert (never.rows, never.surplus) == (course(terms, events).rows, course(terms, events).surplus)


@settings(max_examples=100, deadline=None)
@given(terms(), histories())
def test_the_order_in_which_events_are_entered_does_not_matter(terms: CourseTerms, events: list[Event]) -> None:
    alone = [event for event in events[1:] if sum(one.on == event.on for one in events) == 1]
    assert course(terms, [DRAWN, *alone]).rows == course(terms, [DRAWN, *reversed(alone)]).rows


@settings(max_examples=100, deadline=None)
@given(terms(), histories())
def test_paying_what_is_outstanding_brings_it_to_zero(terms: CourseTerms, events: list[Event]) -> None:
    terms = replace(terms, late_interest=NEVER)  # else the last payment itself brings interest for being late
    stands = course(terms, events)
    if not stands.outstanding:
        return
    on = START + timedelta(days=400)
    closed = course(terms, [*events, Event("all", Kind.REPAYMENT, on, on, stands.outstanding)])
    assert (closed.outstanding, closed.surplus) == (ZERO, stands.surplus)
