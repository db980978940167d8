"""Instalments, pure: what is drawn up is repaid to the cent, whatever the method, the day count and the currency."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import ZERO, quantum
from apps.financing.instalments import draw_up, due_dates_of, fees_of
from apps.products.plan import ADVANCES, INSTALMENT_ROUNDINGS, METHODS, MODES, UNITS, Plan
from apps.products.terms import DAY_COUNTS, ORDER, Terms
from apps.repayment.day import Balance, SalesDay, SellerDay, close_seller
from apps.repayment.instalments import Standing, expected, pay, rows_of, run_to, undemanded
from apps.repayment.life import Fact, tell
from apps.repayment.waterfall import Parts

D = Decimal
DAY = timedelta(days=1)
START = date(2025, 1, 31)


def loan(plan: Plan, **facts: Any) -> Terms:
    defaults: dict[str, Any] = {
        "product": "stock-loan", "version": 1, "technique": ORDER, "currency": "CNY", "fee_rate": ZERO,
        "annual_rate": D("0.12"), "day_count": "ACT/365F", "sweep_rate": D("0.5"), "advance_rate": ZERO,
        "livelihood_floor": ZERO, "day_cap": ZERO, "minimum_share": ZERO, "period_days": 0, "settlement_days": 0,
        "grace_days": 3, "minimum_amount": D(100), "maximum_amount": D(50_000), "expected_days": 90,
        "offer_valid_days": 14, "priority": 5,
    }  # fmt: skip
    return Terms(**{**defaults, **facts}, plan=plan)


def balance(terms: Terms, amount: Decimal, flat_fee: Decimal = ZERO, start: date = START) -> Balance:
    fees = fees_of(terms, flat_fee)
    rows = rows_of(terms, amount, fees, start)
    return Balance(
        id=1, terms=terms, pool_id=1, owed=Parts(fee=fees, principal=amount), lent=amount + fees, accrued=ZERO,
        accrued_posted=ZERO, disbursed_on=start, due_on=rows[-1].due_on, closed_through=start, accrued_through=start,
        annual_rate=None, paused_days=0, demands_raised=0, past_due=ZERO, sweep_rate=terms.sweep_rate, demands=(),
        rows=rows,
    )  # fmt: skip


def standing(one: Balance) -> Standing:
    return Standing(one.owed, one.accrued, one.accrued_posted, one.accrued_through, one.rows)


plans = st.builds(
    Plan,
    method=st.sampled_from(METHODS),
    number=st.integers(1, 18),
    every=st.integers(1, 3),
    unit=st.sampled_from(UNITS),
    rounding=st.sampled_from(INSTALMENT_ROUNDINGS),
    in_advance=st.sampled_from(ADVANCES),
    mode=st.sampled_from(MODES),
    principal_grace=st.integers(0, 3),
    interest_grace=st.integers(0, 3),
    fee=st.sampled_from([ZERO, D(2)]),
).map(lambda plan: _sensible(plan))


def _sensible(plan: Plan) -> Plan:
    """The plan as the product's rules would let it pass."""
    if plan.method in {"bullet", "interest_only"}:
        plan = replace(plan, principal_grace=0, interest_grace=0 if plan.method == "bullet" else plan.interest_grace)
    most = plan.number - 1
    return replace(plan, principal_grace=min(plan.principal_grace, most), interest_grace=min(plan.interest_grace, most))


@st.composite
def loans(draw: Any) -> tuple[Terms, Decimal, date]:
    currency = draw(st.sampled_from(["CNY", "JPY", "KWD"]))
    terms = loan(
        draw(plans),
        currency=currency,
        day_count=draw(st.sampled_from(DAY_COUNTS)),
        annual_rate=D(draw(st.integers(0, 3600))) / 10_000,
        rounding=draw(st.sampled_from(["ROUND_HALF_EVEN", "ROUND_HALF_UP"])),
    )
    amount = draw(st.integers(10_000, 5_000_000)) * quantum(currency)
    return terms, amount, date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 800)))


@settings(deadline=None)
@given(loans())
def test_principal_adds_up_to_what_was_drawn_and_nothing_is_below_zero(one: tuple[Terms, Decimal, date]) -> None:
    terms, amount, start = one
    fees = fees_of(terms, D(30))
    rows = draw_up(terms, amount, fees, start)
    assert sum(row.principal for row in rows) == amount
    assert sum(row.fee for row in rows) == fees
    assert rows[-1].balance == 0
    assert all(part >= 0 for row in rows for part in (row.principal, row.fee, row.interest))
    assert [row.due_on for row in rows] == sorted({row.due_on for row in rows})
    assert [row.due_on for row in rows] == due_dates_of(terms.plan, start)  # type: ignore[arg-type]


def test_a_tie_at_the_end_of_a_month_of_thirty_days_is_rounded_as_planned() -> None:
    """100.00 at 3.66 % from 1 January, 30/360: 0.305 by 31 January already, agreed as 0.30."""
    terms = replace(loan(Plan("equal_instalments", 1)), annual_rate=D("0.0366"), day_count="30/360 US")
    begun = balance(terms, D(100), ZERO, date(2024, 1, 1))
    now = standing(begun)
    while now.accrued_to < date(2024, 2, 1):
        now = run_to(now, begun, terms.annual_rate, terms.currency, now.accrued_to + DAY)
    assert now.rows[0].open.interest == draw_up(terms, D(100), ZERO, date(2024, 1, 1))[0].interest == D("0.30")


@settings(deadline=None)
@given(loans())
def test_paid_as_agreed_the_interest_posted_is_the_interest_planned(one: tuple[Terms, Decimal, date]) -> None:
    """Night by night, each instalment paid in full on its date: to the minor unit, each asks for what was agreed."""
    terms, amount, start = one
    begun = balance(terms, amount, D(30), start)
    now = standing(begun)
    for place, agreed in enumerate(draw_up(terms, amount, begun.owed.fee, start)):
        while now.accrued_to < agreed.due_on:
            now = run_to(now, begun, terms.annual_rate, terms.currency, now.accrued_to + DAY)
        row = now.rows[place]
        assert (row.open.principal, row.open.fee, row.open.interest) == (agreed.principal, agreed.fee, agreed.interest)
        paid, left, rows = pay(now.rows, now.owed, agreed.amount, agreed.due_on, begun, terms.currency)
        assert (left, paid.total) == (ZERO, agreed.amount)
        now = now._replace(owed=now.owed.minus(paid), rows=rows)
    assert now.owed.total == 0


def test_a_night_raises_before_it_sweeps_and_takes_no_more_than_is_due() -> None:
    """1,000 from 31 January; on 28 February 172.25 are due, and half of 1,000 of sales would be 500."""
    one = balance(loan(Plan("equal_instalments", 6)), D(1000))
    due_on = one.rows[0].due_on
    before = one._replace(
        rows=one.rows[:1], accrued=D("8.876712328767"), accrued_posted=D("8.88"), accrued_through=due_on - DAY,
        owed=one.owed._replace(interest=D("8.88")),
    )  # fmt: skip
    seller = SellerDay(1, "CNY", ZERO, D(1), True, SalesDay(D(1000), ZERO, ZERO, {}), (before,))
    closed = close_seller(seller, due_on)
    (after,) = closed.financings
    assert after.rows[0].owed.total == one.rows[0].owed.total == after.paid.total == closed.kept
    assert (after.rows[0].state, after.demands_raised, after.past_due) == ("met", 1, ZERO)
    the_day_before = close_seller(seller._replace(financings=(before._replace(rows=()),)), due_on - DAY)
    assert the_day_before.kept == 0


@given(loans(), st.lists(st.tuples(st.integers(1, 400), st.integers(1, 3_000_000)), max_size=6))
@settings(deadline=None)
def test_whatever_is_paid_when_each_cent_goes_somewhere(
    one: tuple[Terms, Decimal, date], payments: list[tuple[int, int]]
) -> None:
    """Told: principal of rows adds up to what was drawn, nothing is below zero, paid + left = what came."""
    terms, amount, start = one
    begun = balance(terms, amount, D(30), start)
    unit = quantum(terms.currency)
    facts = [
        Fact(start + days * DAY, place, f"payment:{place}", "payment", start + days * DAY, units * unit)
        for place, (days, units) in enumerate(payments)
    ]
    life = tell(begun, facts, start + 420 * DAY, terms.currency)
    paid = sum((-told.change.total for told in life.told if told.kind == "payment"), ZERO)
    assert paid + life.surplus == sum((fact.amount for fact in facts), ZERO)
    assert sum(row.owed.principal for row in life.rows) == amount
    assert sum(row.open.principal for row in life.rows) == life.owed.principal
    assert sum(row.open.fee for row in life.rows) == life.owed.fee
    assert all(part >= 0 for row in life.rows for part in (*row.open, *row.paid))
    assert undemanded(life.owed, life.rows) >= 0
    assert min(life.owed) >= 0
    assert not (life.surplus and life.owed.total)


@pytest.mark.parametrize(
    ("in_advance", "paid"),
    [
        ("next", ["163.23", "163.91", "71.22", "0.00", "0.00", "0.00"]),
        ("last", ["0.00", "0.00", "0.00", "60.21", "169.09", "170.70"]),
        ("reamortise", ["65.02", "66.66", "66.66", "66.66", "66.66", "66.70"]),
    ],
)
def test_money_in_advance_goes_where_the_plan_says(in_advance: str, paid: list[str]) -> None:
    """400 on the sixth day of 1,000: five days' interest and principal of the rows that the plan names."""
    one = balance(loan(Plan("equal_instalments", 6, in_advance=in_advance)), D(1000))
    life = tell(one, [Fact(START + 5 * DAY, 1, "payment:1", "payment", START, D(400))], START + 5 * DAY, "CNY")
    assert [f"{row.paid.principal:.2f}" for row in life.rows] == paid
    # With "last", the 1.64 of interest so far waits for the first due date; otherwise the first row pays it now.
    assert life.rows[0].paid.interest == (0 if in_advance == "last" else D("1.64"))
    assert sum(row.paid.total for row in life.rows) == 400


def test_two_late_instalments_are_paid_across_or_along() -> None:
    """Two instalments late, 100 paid: horizontally the older one first; vertically the interest of both first."""
    for mode, interest in (("horizontal", ["9.21", "0.00"]), ("vertical", ["9.21", "10.19"])):
        one = balance(loan(Plan("equal_instalments", 6, mode=mode)), D(1000))
        on = one.rows[1].due_on + 2 * DAY
        life = tell(one, [Fact(on, 1, "payment:1", "payment", on, D(100))], on, "CNY")
        assert [f"{row.paid.interest:.2f}" for row in life.rows[:2]] == interest, mode


def test_the_rows_ahead_are_reckoned_with_what_was_paid_early() -> None:
    """400 on the fifth day: the rows to come ask for interest on what is left."""
    one = balance(loan(Plan("equal_instalments", 6, in_advance="last")), D(1000))
    life = tell(one, [Fact(START + 5 * DAY, 1, "payment:1", "payment", START, D(400))], START + 5 * DAY, "CNY")
    now = Standing(life.owed, life.accrued, life.accrued_posted, START + 5 * DAY, life.rows)
    shown = expected(now, one, D("0.12"), "CNY")
    assert all(new.owed.interest < old.owed.interest for new, old in zip(shown[1:], one.rows[1:], strict=True))
    assert [row.owed.principal for row in shown] == [row.owed.principal for row in one.rows]


@pytest.mark.parametrize("in_advance", ["next", "last", "reamortise"])
def test_an_instalment_to_come_asks_for_no_less_than_was_paid_on_it(in_advance: str) -> None:
    """The first instalment is three weeks late, so by then more interest has arisen than the plan of the second says
    where it is short: it falls due on the next day. All of it is paid; then the due date moves once more."""
    one = balance(loan(Plan("equal_instalments", 6, in_advance=in_advance)), D(1000))
    first = one.rows[0].due_on
    late = first + 21 * DAY
    moved = [
        Fact(first + DAY, 1, "due_date:1", "due_date", first + DAY, to=first + 22 * DAY),
        Fact(late, 2, "payment:1", "payment", late, D(300)),
        Fact(late, 3, "due_date:2", "due_date", late, to=late + DAY, more=1),
    ]
    for number in (2, 3):
        life = tell(one, moved[:number], late, "CNY")
        assert all(row.paid.interest <= row.owed.interest for row in life.rows), number
        assert all(row.paid.total <= row.owed.total for row in life.rows), number
        assert sum(row.paid.total for row in life.rows) == 300
