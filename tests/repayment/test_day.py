"""One seller's nights, day by day, with tables of balances."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import ZERO, round_money
from apps.products.buckets import bucket_of
from apps.products.terms import RECEIVABLE, SALES, Terms
from apps.repayment.day import Balance, OpenDemand, SalesDay, SellerClosed, SellerDay, close_seller
from apps.repayment.waterfall import Parts

D = Decimal
START = date(2026, 1, 5)


def terms(**changes: Any) -> Terms:
    common = Terms(
        product="sales-advance", version=1, technique=SALES, currency="CNY", fee_rate=D("0.04"), annual_rate=ZERO,
        day_count="ACT/365F", sweep_rate=D("0.12"), advance_rate=ZERO, livelihood_floor=ZERO, day_cap=ZERO,
        minimum_share=D("0.15"), period_days=60, settlement_days=0, grace_days=0, minimum_amount=D(100),
        maximum_amount=D(50_000), expected_days=120, offer_valid_days=14, priority=20,
    )  # fmt: skip
    return replace(common, **changes)


def advance(amount: str = "1000.00", fee: str = "40.00", **changes: Any) -> Balance:
    return Balance(
        id=1, terms=terms(**changes), pool_id=1, owed=Parts(fee=D(fee), principal=D(amount)), lent=D(amount) + D(fee),
        accrued=ZERO, accrued_posted=ZERO, disbursed_on=START, due_on=None, closed_through=START,
        accrued_through=START, annual_rate=None, paused_days=0, demands_raised=0,
        past_due=ZERO, sweep_rate=changes.get("sweep_rate", D("0.12")), demands=(),
    )  # fmt: skip


def receivable(amount: str = "1000.00", rate: str = "0.12", due: date = START + timedelta(days=14)) -> Balance:
    own = terms(technique=RECEIVABLE, annual_rate=D(rate), day_count="ACT/360", minimum_share=ZERO, priority=10,
                product="early-payment", sweep_rate=D("0.3"))  # fmt: skip
    return Balance(
        id=2, terms=own, pool_id=1, owed=Parts(principal=D(amount)), lent=D(amount), accrued=ZERO, accrued_posted=ZERO,
        disbursed_on=START, due_on=due, closed_through=START,
        accrued_through=START, annual_rate=None, paused_days=0, demands_raised=0, past_due=ZERO, sweep_rate=D("0.3"),
        demands=(),
    )  # fmt: skip


def sold(captured: str = "0", refunded: str = "0", own: dict[int, Decimal] | None = None) -> SalesDay:
    return SalesDay(D(captured), D(refunded), ZERO, own or {})


def seller(
    *financings: Balance, sales: SalesDay | None = None, balance: str = "0", may_be_paid: bool = True
) -> SellerDay:
    return SellerDay(7, "CNY", D(balance), D("0.5"), may_be_paid, sales or sold(), financings)


def next_day(closed: SellerClosed, business_date: date, sales: SalesDay) -> SellerDay:
    """The seller before the following night, as the rows would say it."""
    financings = tuple(
        one.before._replace(
            owed=one.owed, accrued=one.accrued,
            accrued_posted=one.before.accrued_posted + one.interest_posted,
            closed_through=business_date, accrued_through=business_date,
            demands_raised=one.demands_raised, past_due=one.past_due,
            demands=tuple(demand._replace(id=demand.number) for demand in one.demands if demand.unpaid),
        )
        for one in closed.financings
    )  # fmt: skip
    return closed.before._replace(financings=financings, balance=closed.carried_forward, sales=sales)


def live(start: SellerDay, days: list[SalesDay]) -> list[SellerClosed]:
    """Close one night after the other from the day after START on."""
    nights: list[SellerClosed] = []
    today = start
    for number, sales in enumerate(days):
        business_date = START + timedelta(days=1 + number)
        today = today._replace(sales=sales) if not nights else next_day(nights[-1], business_date - timedelta(1), sales)
        nights.append(close_seller(today, business_date))
    return nights


def test_an_advance_repaid_by_three_good_days() -> None:
    nights = live(seller(advance()), [sold("3000.00"), sold("2500.00", refunded="100.00"), sold("4000.00")])
    assert [
        (night.kept, night.paid_out, night.financings[0].owed.fee, night.financings[0].owed.principal)
        for night in nights
    ] == [
        (D("360.00"), D("2640.00"), D("0.00"), D("680.00")),
        (D("288.00"), D("2112.00"), D("0.00"), D("392.00")),
        (D("392.00"), D("3608.00"), D("0.00"), D("0.00")),
    ]
    assert [demand.state for demand in nights[2].financings[0].demands] == []  # met on the first day already
    assert nights[0].financings[0].demands[0].state == "met"


def test_a_big_refund_after_the_sweep_is_carried_until_sales_make_up_for_it() -> None:
    nights = live(
        seller(advance()), [sold("1000.00"), sold("100.00", refunded="700.00"), sold("400.00"), sold("500.00")]
    )
    assert [(night.kept, night.paid_out, night.carried_forward) for night in nights] == [
        (D("120.00"), D("880.00"), D("0.00")),
        (D("0"), D("0"), D("-600.00")),
        (D("0"), D("0"), D("-200.00")),
        (D("36.00"), D("264.00"), D("0.00")),  # 12 % of the 300.00 that are left above zero
    ]


def test_payout_waits_while_the_account_is_being_verified_and_is_not_swept_twice() -> None:
    nights = live(seller(advance(), may_be_paid=False), [sold("1000.00"), sold("0"), sold("1000.00")])
    assert [(night.kept, night.carried_forward) for night in nights] == [
        (D("120.00"), D("880.00")),
        (D("0"), D("880.00")),
        (D("120.00"), D("1760.00")),
    ]


def test_a_poor_season_breaches_the_minimum_and_counts_the_days() -> None:
    quiet = [sold("10.00")] * 59 + [sold("0")] * 4
    nights = live(seller(advance()), quiet)
    before, last_day, day_after = nights[58], nights[59], nights[60]
    assert before.financings[0].demands[0].state == "open"
    assert before.financings[0].days_past_due == 0
    breached = last_day.financings[0].demands[0]
    assert (breached.amount, breached.paid, breached.state) == (D("156.00"), D("70.80"), "breached")
    assert (last_day.financings[0].past_due, last_day.financings[0].days_past_due) == (D("85.20"), 0)
    assert (day_after.financings[0].days_past_due, bucket_of(day_after.financings[0].days_past_due)) == (1, "1-30")
    assert day_after.financings[0].demands[1].number == 2
    assert day_after.worst_days_past_due == 1


def test_a_good_period_makes_up_for_a_poor_one() -> None:
    nights = live(seller(advance()), [sold("2600.00")] + [sold("0")] * 119)
    assert nights[0].kept == D("312.00")  # both first minimums of 156.00
    assert all(night.financings[0].days_past_due == 0 for night in nights)
    assert nights[-1].financings[0].demands_raised == 0 or nights[-1].financings[0].past_due == 0


def test_an_assigned_order_repays_principal_and_interest_on_its_settlement() -> None:
    days = [sold("0")] * 13 + [sold("1250.00", own={2: D("1250.00")})]
    nights = live(seller(receivable()), days)
    interest = [night.financings[0].interest_posted for night in nights]
    assert interest[:3] == [D("0.33"), D("0.34"), D("0.33")]  # 0.3333 a day: what is posted never drifts
    assert sum(interest) == D("4.67") == round_money(D("1000") * D("0.12") * 14 / 360, "CNY")
    assert nights[-1].kept == D("1004.67")
    assert nights[-1].paid_out == D("245.33")
    assert nights[-1].financings[0].owed.total == 0


def test_an_order_that_never_settles_is_past_due_and_then_takes_a_share_of_other_sales() -> None:
    days = [sold("1000.00")] * 16
    nights = live(seller(receivable()), days)
    assert nights[12].kept == 0
    due = nights[13].financings[0]
    assert (due.demands[0].state, due.past_due, due.days_past_due) == ("breached", D("1004.67"), 0)
    assert nights[14].kept == D("300.00")
    assert nights[14].financings[0].days_past_due == 1


def test_a_leap_day_is_a_day() -> None:
    before = receivable("100000.00")._replace(
        closed_through=date(2028, 2, 28), accrued_through=date(2028, 2, 28), disbursed_on=date(2028, 2, 28)
    )
    leap = close_seller(seller(before), date(2028, 2, 29))
    assert leap.financings[0].interest_posted == D("33.33")


@pytest.mark.parametrize(("day_count", "days"), [("ACT/360", 28), ("30/360 US", 30), ("30E/360", 30)])
def test_the_nights_of_a_february_bear_the_month_that_the_day_count_says(day_count: str, days: int) -> None:
    began = date(2026, 2, 1)
    one = receivable("360000.00", "0.10", due=date(2026, 12, 31))
    today = seller(
        one._replace(
            disbursed_on=began,
            closed_through=began,
            accrued_through=began,
            terms=replace(one.terms, day_count=day_count),
        )
    )
    posted = []
    for number in range(1, 29):
        closed = close_seller(today, began + timedelta(days=number))
        posted.append(closed.financings[0].interest_posted)
        today = next_day(closed, began + timedelta(days=number), sold())
    assert sum(posted) == D(100) * days
    assert all(amount == D(100) for amount in posted[:-1])
    assert posted[-1] == D(100) * (days - 27)  # the first of March makes up for the missing days


def test_a_missed_night_is_accrued_in_one() -> None:
    one_by_one = live(seller(receivable()), [sold("0")] * 5)[-1].financings[0]
    at_once = close_seller(seller(receivable()), START + timedelta(days=5)).financings[0]
    assert at_once.owed == one_by_one.owed


sales_days = st.builds(
    lambda captured, refunded, own: SalesDay(captured, refunded, ZERO, {2: min(own, captured)}),
    st.decimals(0, 3000, places=2), st.decimals(0, 1500, places=2), st.decimals(0, 800, places=2),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(sales_days, min_size=1, max_size=90))
def test_invariants_over_any_sequence_of_days(days: list[SalesDay]) -> None:
    nights = live(seller(advance(), receivable()), days)
    for night in nights:
        before = night.before
        assert before.balance + before.sales.net - night.kept - night.paid_out == night.carried_forward
        assert night.kept <= max(before.sales.net + min(before.balance, ZERO), ZERO)
        assert night.kept == sum(one.paid.total for one in night.financings)
        for one in night.financings:
            owed_before, paid = one.before.owed.total + one.interest_posted, one.paid.total
            assert owed_before - paid == one.owed.total >= 0
            assert one.past_due <= one.owed.total
            assert abs(one.accrued - one.before.accrued_posted - one.interest_posted) <= D("0.005")
            for demand in one.demands:
                assert 0 <= demand.paid <= demand.amount
                assert (demand.state == "met") == (demand.paid == demand.amount and demand.state != "breached")


def test_a_decided_demand_is_never_rewritten() -> None:
    late = OpenDemand(1, 1, "minimum", START, START + timedelta(days=3), D("50"), D("0"), "breached")
    before = advance()._replace(demands=(late,), demands_raised=1, past_due=D("50"))
    night = close_seller(seller(before, sales=sold("1000.00")), START + timedelta(days=9))
    assert night.financings[0].demands[0].state == "breached"
    assert night.financings[0].demands[0].paid == D("50")
    assert night.financings[0].past_due == 0
