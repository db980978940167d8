"""The annual percentage rate against the official examples of 12 CFR 1026 appendix J (c), and the European rate."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.financing.apr import (
    DAY,
    HALF_MONTH,
    MONTH,
    WEEK,
    YEAR,
    UnitPeriod,
    actuarial_apr,
    common_unit_period,
    european_apr,
)  # fmt: skip
from apps.financing.rates import Flows, NoSolution

D = Decimal


def monthly(first: date, number: int, amount: str, every: int = 1) -> Flows:
    months = [first.year * 12 + first.month - 1 + every * one for one in range(number)]
    return [(date(month // 12, month % 12 + 1, first.day), D(amount)) for month in months]


def weekly(first: date, number: int, amount: str, every: int = 1) -> Flows:
    return [(first + timedelta(weeks=every * one), D(amount)) for one in range(number)]


@pytest.mark.parametrize(
    ("advance", "payments", "percent"),
    [
        ((date(1978, 1, 10), "5000"), monthly(date(1978, 2, 10), 24, "230"), "9.69"),
        ((date(1978, 2, 10), "6000"), monthly(date(1978, 4, 1), 36, "200"), "11.82"),
        ((date(1978, 5, 23), "10000"), monthly(date(1978, 10, 1), 40, "385", every=3), "8.97"),
        ((date(1978, 3, 20), "500"), weekly(date(1978, 4, 21), 30, "17.60"), "14.96"),
        ((date(1978, 1, 3), "1000"), [(date(1978, 9, 15), D(1080))], "11.45"),
        ((date(1978, 7, 15), "1000"), [(date(1979, 1, 15), D(1044))], "8.80"),
        ((date(1978, 1, 10), "1000"), [(date(1980, 1, 10), D(1240))], "11.36"),
    ],
    ids=["monthly", "long first month", "quarterly", "weekly", "255 days", "six months", "two years"],
)
def test_official_examples(advance: tuple[date, str], payments: Flows, percent: str) -> None:
    """The unit period is left to the rule: the interval that occurs most often, or the term of a single payment."""
    rate = actuarial_apr([(advance[0], D(advance[1]))], payments)
    assert (rate * 100).quantize(D("0.01")) == D(percent)


def test_a_named_unit_period_goes_before_the_most_common_one() -> None:
    advance = [(date(2026, 1, 1), D(1000))]
    payments = monthly(date(2026, 2, 1), 4, "260")
    assert actuarial_apr(advance, payments, UnitPeriod(1, MONTH)) == actuarial_apr(advance, payments)
    assert actuarial_apr(advance, payments, UnitPeriod(1, DAY)) != actuarial_apr(advance, payments)


def test_an_advance_in_two_parts_costs_more_a_year_than_one_of_all_at_once() -> None:
    payments = monthly(date(2026, 3, 1), 10, "110")
    at_once = actuarial_apr([(date(2026, 1, 1), D(1000))], payments)
    in_parts = actuarial_apr([(date(2026, 1, 1), D(500)), (date(2026, 2, 1), D(500))], payments)
    assert in_parts > at_once > 0


def test_payments_on_each_months_last_day_are_a_month_apart() -> None:
    days = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert common_unit_period(days) == UnitPeriod(1, MONTH)
    payments = [(day, D("340")) for day in days[1:]]
    regular = actuarial_apr([(date(2024, 1, 15), D(1000))], monthly(date(2024, 2, 15), 3, "340"))
    assert actuarial_apr([(days[0], D(1000))], payments) == regular


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        ([date(2026, 1, 1), date(2026, 1, 16), date(2026, 2, 1), date(2026, 2, 16)], UnitPeriod(1, HALF_MONTH)),
        ([date(2026, 1, 1), date(2026, 1, 8), date(2026, 1, 15)], UnitPeriod(1, WEEK)),
        (
            [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3), date(2026, 2, 3), date(2026, 3, 3)],
            UnitPeriod(1, DAY),
        ),
        ([date(2026, 1, 1), date(2026, 1, 20), date(2026, 3, 1)], UnitPeriod(1, MONTH)),  # none recurs: the average
        ([date(2026, 1, 1), date(2029, 5, 20)], YEAR),
    ],
)
def test_the_unit_period_is_the_interval_that_recurs_most(days: list[date], unit: UnitPeriod) -> None:
    assert common_unit_period(days) == unit


def test_a_year_and_some_days_are_a_year_and_a_fraction_of_365() -> None:
    rate = actuarial_apr([(date(1978, 1, 17), D(1000))], [(date(1979, 1, 29), D("1135.19"))])
    assert abs((1 + rate) * (1 + rate * 12 / 365) * 1000 - D("1135.19")) < D("1e-20")


def test_a_credit_repaid_with_less_than_was_lent_has_a_negative_rate() -> None:
    assert actuarial_apr([(date(2026, 1, 1), D(1000))], monthly(date(2026, 2, 1), 4, "240")) < 0


@pytest.mark.parametrize(
    ("advances", "payments"),
    [
        ([], [(date(2026, 1, 1), D(1))]),
        ([(date(2026, 1, 1), D(1))], []),
        ([(date(2026, 1, 1), D(1))], [(date(2026, 1, 1), D(2))]),
        ([(date(2026, 1, 1), D(1))], [(date(2026, 1, 1), D(1)), (date(2026, 1, 1), D(1))]),
    ],
)
def test_without_time_or_money_there_is_no_rate(advances: Flows, payments: Flows) -> None:
    with pytest.raises(NoSolution):
        actuarial_apr(advances, payments)


def test_the_european_rate_is_effective_over_365_days() -> None:
    lent = [(date(2012, 10, 10), D(500))]
    assert (european_apr(lent, [(date(2012, 10, 15), D(510))]) * 100).quantize(D("0.001")) == D("324.436")
    assert european_apr(lent, [(date(2013, 10, 10), D(550))]) == D("0.1")
    assert european_apr(lent, [(date(2012, 10, 10), D(500))]) == 0
