"""Instalments, pure: what is drawn up is repaid to the cent, whatever the method, the day count and the currency."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import ZERO, quantum
from apps.financing.instalments import draw_up, due_dates_of, fees_of
from apps.products.plan import ADVANCES, INSTALMENT_ROUNDINGS, METHODS, MODES, UNITS, Plan
from apps.products.terms import DAY_COUNTS, ORDER, Terms
from apps.repayment.day import Balance
from apps.repayment.instalments import Standing, pay, rows_of, run_to
from apps.repayment.waterfall import Parts

D = Decimal
DAY = timedelta(days=1)
START = date(2025, 1, 31)


def loan(plan: Plan, **facts: Any) -> Terms:
    defaults: dict[str, Any] = dict(
        product="stock-loan", version=1, technique=ORDER, currency="CNY", fee_rate=ZERO, annual_rate=D("0.12"),
        day_count="ACT/365F", sweep_rate=D("0.5"), advance_rate=ZERO, livelihood_floor=ZERO, day_cap=ZERO,
        minimum_share=ZERO, period_days=0, settlement_days=0, grace_days=3, minimum_amount=D(100),
        maximum_amount=D(50_000), expected_days=90, offer_valid_days=14, priority=5,
    )  # fmt: skip
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
    return replace(
        plan, principal_grace=min(plan.principal_grace, most), interest_grace=min(plan.interest_grace, most)
    )


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


@settings(max_examples=400, deadline=None)
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


@settings(max_examples=400, deadline=None)
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
        assert (left, paid.total) == (0, agreed.amount)
        now = now._replace(owed=now.owed.minus(paid), rows=rows)
    assert now.owed.total == 0
