"""Repayment schedules as an auditor would check them with a pocket calculator."""

from datetime import date
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

import pytest

from apps.financing.due_dates import (
    END_OF_MONTH,
    START_OF_NEXT_MONTH,
    WEEKS,
    due_dates,
    extended,
    moved,
    periods_between,
)
from apps.financing.schedule import level_instalment, payable_on, periods_of, schedule
from apps.financing.schedule_terms import (
    BULLET,
    BY_DAY,
    EQUAL_PRINCIPAL,
    FLAT,
    INTEREST_ONLY,
    Drawdown,
    Facts,
    Instalment,
    Rate,
    ScheduleTerms,
    Settled,
)

D = Decimal
JANUARY = date(2024, 1, 1)


def plan(terms: ScheduleTerms, *drawdowns: Drawdown, **facts: object) -> tuple[Instalment, ...]:
    drawn = drawdowns or (Drawdown(JANUARY, D(100)),)
    return schedule(terms, Facts(drawn, **facts), periods_of(terms, drawn[0].drawn_on))  # type: ignore[arg-type]


def table(rows: tuple[Instalment, ...]) -> list[tuple[str, str, str]]:
    return [(str(row.principal), str(row.interest), str(row.balance)) for row in rows]


def test_the_level_instalment_over_even_and_uneven_periods_follows_the_formula() -> None:
    # EMI = balance x prod(rf_i) / f_n with f_1 = 1, f_i = f_(i-1) x rf_i + 1, spelled out for three periods.
    one, two, three = D("1.01"), D("1.02"), D("1.005")
    by_hand = D(1000) * one * two * three / ((1 * two + 1) * three + 1)
    assert level_instalment(D(1000) * one, [D("0.02"), D("0.005")]) == pytest.approx(by_hand)
    assert level_instalment(D(1200), [D(0)] * 11) == D(100)


def test_six_months_at_seven_percent() -> None:
    terms = ScheduleTerms("EUR", D("0.07"), 6)
    assert table(plan(terms)) == [
        ("16.43", "0.58", "83.57"),
        ("16.52", "0.49", "67.05"),
        ("16.62", "0.39", "50.43"),
        ("16.72", "0.29", "33.71"),
        ("16.81", "0.20", "16.90"),
        ("16.90", "0.10", "0.00"),
    ]


def test_a_second_drawdown_on_a_due_date_lifts_only_the_instalments_after_it() -> None:
    terms = ScheduleTerms("EUR", D("0.094822"), 6, interest_by=BY_DAY, year_days=360, month_days=30)
    rows = plan(terms, Drawdown(JANUARY, D(100)), Drawdown(date(2024, 3, 1), D(100)))
    assert [str(row.amount) for row in rows] == ["17.13", "17.13", "42.63", "42.63", "42.63", "42.61"]
    assert rows[1].balance == D("167.19")


def test_a_drawdown_inside_a_period_bears_interest_from_its_day_and_the_instalments_stay_level() -> None:
    # The figures of the published case FINEMI-010, whose table stands for 100 on 1 January and 200 on 8 January.
    terms = ScheduleTerms(
        "EUR", D("0.094822"), 6, interest_by=BY_DAY, year_days=360, month_days=30, round_each_part=True
    )
    rows = plan(terms, Drawdown(JANUARY, D(100)), Drawdown(date(2024, 1, 8), D(200)))
    assert [str(row.amount) for row in rows] == ["51.33", "51.33", "51.33", "51.33", "51.33", "51.34"]
    assert table(rows)[0] == ("49.31", "2.02", "250.69")


def test_a_lower_rate_from_the_middle_of_a_month_lowers_that_month_and_what_follows() -> None:
    terms = ScheduleTerms("EUR", D("0.07"), 6, interest_by=BY_DAY, year_days=360, month_days=30)
    rows = plan(terms, rates=(Rate(date(2024, 2, 15), D("0.04")),))
    assert [str(row.amount) for row in rows] == ["17.01", "16.90", "16.90", "16.90", "16.90", "16.90"]
    assert [part.factor.quantize(D("1e-12")) for part in rows[1].parts] == [D("0.002614942529"), D("0.001839080460")]


def test_flat_interest_is_the_same_each_month_whatever_was_repaid() -> None:
    terms = ScheduleTerms("EUR", D("0.12"), 3, method=FLAT, multiple=D(1))
    assert table(plan(terms, Drawdown(JANUARY, D(1000)))) == [
        ("333.00", "10.00", "667.00"),
        ("333.00", "10.00", "334.00"),
        ("334.00", "10.00", "0.00"),
    ]


def test_equal_principal() -> None:
    rows = plan(ScheduleTerms("EUR", D("0.12"), 18, method=EQUAL_PRINCIPAL), Drawdown(JANUARY, D(5000)))
    assert {row.principal for row in rows[:-1]} == {D("277.78")}
    assert rows[-1].principal == D("277.74")
    assert sum(row.interest for row in rows) == D("475.00")


def test_bullet_and_interest_only_repay_all_principal_at_the_end() -> None:
    bullet = plan(ScheduleTerms("CNY", D("0.12"), 3, method=BULLET), Drawdown(JANUARY, D(1000)))
    assert [row.amount for row in bullet] == [D(0), D(0), D("1030.00")]
    interest_only = plan(ScheduleTerms("CNY", D("0.12"), 3, method=INTEREST_ONLY), Drawdown(JANUARY, D(1000)))
    assert [row.amount for row in interest_only] == [D("10.00"), D("10.00"), D("1010.00")]


def test_grace_on_principal_and_interest_due_later() -> None:
    terms = ScheduleTerms("EUR", D("0.12"), 18, multiple=D(1), principal_grace=6, interest_deferred=3)
    rows = plan(terms, Drawdown(date(2022, 11, 1), D(5000)))
    assert [row.amount for row in rows[:7]] == [0, 0, 0, D(200), D(50), D(50), D(444)]
    assert rows[-1].amount == D("447.09")


def test_interest_free_periods_bear_none_and_none_is_asked_later() -> None:
    terms = ScheduleTerms("EUR", D("0.12"), 4, principal_grace=2, interest_free=2)
    rows = plan(terms, Drawdown(JANUARY, D(1000)))
    assert [row.amount for row in rows[:2]] == [0, 0]
    assert rows[2].interest == D("10.00")


def test_instalments_are_rounded_as_the_terms_say() -> None:
    drawn = Drawdown(JANUARY, D(280000))
    rate = D("0.084")
    assert plan(ScheduleTerms("INR", rate, 20), drawn)[0].amount == D("15051.72")
    up = ScheduleTerms("INR", rate, 20, multiple=D(1), instalment_rounding=ROUND_UP)
    assert plan(up, drawn)[0].amount == D(15052)
    hundreds = ScheduleTerms("INR", rate, 20, multiple=D(100), instalment_rounding=ROUND_HALF_UP)
    assert plan(hundreds, drawn)[0].amount == D(15100)


def test_half_even_and_half_up_differ_on_half_a_cent() -> None:
    drawn = Drawdown(JANUARY, D(1250))
    assert plan(ScheduleTerms("EUR", D("0.15"), 4), drawn)[0].interest == D("15.62")
    assert plan(ScheduleTerms("EUR", D("0.15"), 4, rounding=ROUND_HALF_UP), drawn)[0].interest == D("15.63")


@pytest.mark.parametrize(("currency", "first"), [("JPY", "178024"), ("KWD", "178024.071")])
def test_currencies_keep_their_own_minor_unit(currency: str, first: str) -> None:
    assert plan(ScheduleTerms(currency, D("0.23"), 6), Drawdown(JANUARY, D(1000000)))[0].amount == D(first)


def test_a_fixed_amount_each_month_decides_how_many_there_are() -> None:
    rows = plan(ScheduleTerms("INR", D("0.084"), 1200, instalment=D(14000)), Drawdown(JANUARY, D(280000)))
    assert len(rows) == 22
    assert rows[-1].balance == 0
    assert round(sum(row.interest for row in rows)) == 22712


def test_the_instalment_may_be_moved_a_cent_so_that_the_last_is_nearest() -> None:
    fortnight = {"every": 2, "unit": WEEKS, "interest_by": BY_DAY, "year_days": 364}
    plain = ScheduleTerms("EUR", D("0.094822"), 3, **fortnight)  # type: ignore[arg-type]
    evened = ScheduleTerms("EUR", D("0.094822"), 3, even_last=True, **fortnight)  # type: ignore[arg-type]
    assert [str(row.amount) for row in plan(plain)] == ["33.58", "33.58", "33.56"]
    assert [str(row.amount) for row in plan(evened)] == ["33.57", "33.57", "33.58"]


def test_paid_early_an_instalment_owes_interest_to_that_day_only() -> None:
    terms = ScheduleTerms("EUR", D("0.07"), 6, interest_by=BY_DAY, year_days=360, month_days=30)
    facts, periods = Facts((Drawdown(JANUARY, D(100)),)), periods_of(terms, JANUARY)
    february = periods[0].due
    assert payable_on(terms, facts, periods, february, february) == (D("16.43"), D("0.58"))
    assert payable_on(terms, facts, periods, february, date(2024, 1, 15)) == (D("16.75"), D("0.26"))


def test_paying_every_instalment_ahead_moves_the_interest_left_to_the_last() -> None:
    terms = ScheduleTerms("EUR", D("0.07"), 6, interest_by=BY_DAY, year_days=360, month_days=30)
    on, periods = date(2024, 1, 15), periods_of(terms, JANUARY)
    settled = [Settled(periods[0].due, on, D("16.75"), D("0.26"))]
    settled += [Settled(period.due, on, D("17.01")) for period in periods[1:5]]
    rows = schedule(terms, Facts((Drawdown(JANUARY, D(100)),), settled=tuple(settled)), periods)
    assert [row.interest for row in rows] == [D("0.26"), 0, 0, 0, 0, D("0.50")]
    assert rows[-1].principal == D("15.21")


def test_days_of_a_leap_year_count_over_366() -> None:
    terms = ScheduleTerms("EUR", D("0.366"), 1, interest_by=BY_DAY, year_days=0, first_due=date(2024, 1, 31))
    drawn = Drawdown(date(2023, 12, 31), D(1000))
    assert plan(terms, drawn)[0].interest == D("31.00")
    assert plan(ScheduleTerms("EUR", D("0.366"), 1, interest_by=BY_DAY, first_due=date(2024, 1, 31)), drawn)[
        0
    ].interest == D("31.08")


def test_due_dates_at_month_ends() -> None:
    assert due_dates(date(2024, 1, 31), 3) == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)]
    assert due_dates(date(2022, 10, 17), 2, rule=END_OF_MONTH) == [date(2022, 10, 31), date(2022, 11, 30)]
    assert due_dates(date(2022, 10, 17), 2, rule=START_OF_NEXT_MONTH) == [date(2022, 11, 1), date(2022, 12, 1)]


def test_a_moved_due_date_moves_those_after_it_and_more_can_be_added() -> None:
    dues = due_dates(date(2023, 8, 1), 3)
    assert moved(dues, date(2023, 9, 1), date(2023, 9, 15), 1, "months") == [
        date(2023, 8, 1),
        date(2023, 9, 15),
        date(2023, 10, 15),
    ]
    assert extended(dues, 2, 1, "months")[3:] == [date(2023, 11, 1), date(2023, 12, 1)]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="later than the one before"):
        periods_between(JANUARY, [date(2024, 2, 1), date(2024, 2, 1)])
    with pytest.raises(ValueError, match="not a method"):
        plan(ScheduleTerms("EUR", D(0), 3, method="balloon"))
    with pytest.raises(ValueError, match="unit of time"):
        plan(ScheduleTerms("EUR", D(0), 3, unit="years"))
