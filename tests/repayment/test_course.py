"""The life of an instalment financing, told as an auditor would check it: full tables, day by day."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.financing.schedule_terms import BY_DAY, FLAT, ScheduleTerms
from apps.products.terms import DEFAULT_WATERFALL
from apps.repayment.course import ACTIVE, OVERPAID, REPAID, SETTLED, Course, course
from apps.repayment.course_events import (
    AT_DRAWDOWN,
    CURRENT_PERIOD,
    EACH_INSTALMENT,
    OF_PRINCIPAL_AND_INTEREST,
    ON_ITS_DATE,
    PRINCIPAL_AT_ONCE,
    CourseTerms,
    Event,
    Kind,
    OverduePenalty,
)
from apps.repayment.delinquency import worst
from apps.repayment.waterfall import LAST_INSTALMENT, REAMORTISE, Parts

D = Decimal
START = date(2023, 1, 1)
PLAIN = CourseTerms(ScheduleTerms("EUR", D(0), 3), D(750), START, tuple(DEFAULT_WATERFALL))
FLAT_12 = replace(PLAIN, plan=ScheduleTerms("EUR", D("0.12"), 3, method=FLAT))


def day(text: str) -> date:
    return date.fromisoformat(f"2023-{text}")


def happened(kind: Kind, on: str, amount: str = "0", recorded: str = "", **more: Any) -> Event:
    name = more.pop("id", f"{kind} {on}")
    return Event(name, kind, day(on), day(recorded or on), D(amount), **more)


def told(terms: CourseTerms, *events: Event, drawn: str = "750", through: str = "") -> Course:
    draw = happened(Kind.DRAW, "01-01", drawn)
    return course(terms, [draw, *events], day(through) if through else None)


def table(stands: Course) -> list[tuple[Any, ...]]:
    """Due, owed, paid, of it early and late, and the day it was met."""
    return [
        (
            row.due.strftime("%m-%d"),
            row.owed.total,
            row.paid.total,
            row.early,
            row.late,
            row.met_on.strftime("%m-%d") if row.met_on else "",
        )
        for row in stands.rows
    ]


def test_paid_in_time_late_and_early() -> None:
    stands = told(
        PLAIN,
        happened(Kind.REPAYMENT, "02-01", "250"),
        happened(Kind.REPAYMENT, "03-05", "100"),
        happened(Kind.REPAYMENT, "03-09", "250"),
    )
    assert table(stands) == [
        ("02-01", 250, 250, 0, 0, "02-01"),
        ("03-01", 250, 250, 0, 250, "03-09"),
        ("04-01", 250, 100, 100, 0, ""),
    ]
    assert (stands.status, stands.outstanding, stands.surplus) == (ACTIVE, D(150), D(0))
    assert [entry.balance for entry in stands.entries] == [750, 500, 400, 150]


def test_the_last_payment_closes_it_and_more_than_that_is_a_surplus_to_refund() -> None:
    paid = happened(Kind.REPAYMENT, "02-01", "800")
    assert told(PLAIN, happened(Kind.REPAYMENT, "02-01", "750")).status == REPAID
    assert told(PLAIN, paid).status == OVERPAID
    assert told(PLAIN, paid).surplus == D(50)
    refunded = told(PLAIN, paid, happened(Kind.REFUND_SURPLUS, "02-03", "50"))
    assert (refunded.status, refunded.surplus) == (REPAID, D(0))


def test_money_in_advance_goes_where_the_terms_say() -> None:
    refund = happened(Kind.MERCHANT_REFUND, "01-10", "100")
    assert [row.paid.total for row in told(PLAIN, refund).rows] == [100, 0, 0]
    to_last = replace(PLAIN, advance=((Kind.MERCHANT_REFUND, LAST_INSTALMENT),))
    assert [row.paid.total for row in told(to_last, refund).rows] == [0, 0, 100]
    evenly = replace(PLAIN, advance_default=REAMORTISE)
    assert [row.paid.total for row in told(evenly, refund).rows] == [D("33.33"), D("33.33"), D("33.34")]


def test_a_reversed_payment_stays_on_record_and_what_followed_is_told_again() -> None:
    first, second = happened(Kind.REPAYMENT, "02-01", "250"), happened(Kind.REPAYMENT, "03-01", "250")
    stands = told(PLAIN, first, second, happened(Kind.REVERSE, "03-02", of=first.id))
    assert table(stands)[0] == ("02-01", 250, 250, 0, 250, "03-01")
    assert table(stands)[1][2] == 0
    undone = [entry for entry in stands.entries if entry.reversed]
    assert [(entry.id, entry.parts.principal) for entry in undone] == [(first.id, D(250))]


def test_a_payment_dated_back_is_told_in_its_place() -> None:
    late = happened(Kind.REPAYMENT, "02-20", "250")
    back = happened(Kind.REPAYMENT, "02-01", "250", recorded="03-01")
    stands = told(PLAIN, late, back)
    assert table(stands)[:2] == [("02-01", 250, 250, 0, 0, "02-01"), ("03-01", 250, 250, 250, 0, "02-20")]
    assert told(PLAIN, late, back, through="02-25").rows[0].late == 250


def test_a_chargeback_is_owed_again_in_the_period_it_falls_in_or_after_maturity() -> None:
    paid = [happened(Kind.REPAYMENT, on, "250") for on in ("02-01", "03-01", "04-01")]
    inside = told(PLAIN, *paid[:1], happened(Kind.CHARGEBACK, "02-10", "250"))
    assert [row.owed.principal for row in inside.rows] == [250, 500, 250]
    after = told(PLAIN, *paid, happened(Kind.CHARGEBACK, "04-25", "250"))
    assert table(after)[3] == ("04-25", 250, 0, 0, 0, "")
    assert after.outstanding == 250


def test_a_surplus_covers_a_chargeback() -> None:
    paid = happened(Kind.REPAYMENT, "03-30", "1000")
    covered = told(PLAIN, paid, happened(Kind.CHARGEBACK, "04-01", "150"))
    assert (covered.outstanding, covered.surplus, covered.totals.owed.total) == (D(0), D(100), D(750))
    partly = told(PLAIN, paid, happened(Kind.CHARGEBACK, "04-01", "350"))
    assert (partly.outstanding, partly.surplus, partly.totals.owed.total) == (D(100), D(0), D(1100))


def test_charges_fall_into_their_period_and_past_maturity_into_one_of_their_own() -> None:
    share_of_all: dict[str, Any] = {"share": D("0.10"), "basis": OF_PRINCIPAL_AND_INTEREST}
    stands = told(
        FLAT_12,
        happened(Kind.CHARGE, "01-01", id="processing", **share_of_all),
        happened(Kind.CHARGE, "03-01", "10", id="returned", penalty=True),
        happened(Kind.CHARGE, "04-05", "20", id="late"),
    )
    # 10 % of 750 drawn and 22.50 of interest
    assert [row.owed.fee for row in stands.rows] == [D("77.25"), 0, 0, 20]
    assert [row.owed.penalty for row in stands.rows] == [0, 10, 0, 0]
    assert stands.rows[3].due == day("04-05")
    assert {charge.event.id: charge.outstanding for charge in stands.charges}["processing"] == D("77.25")


def test_fees_on_each_instalment_and_at_drawdown() -> None:
    each = Event("each", Kind.CHARGE, START, START, share=D("0.015"), basis=OF_PRINCIPAL_AND_INTEREST,
                 timing=EACH_INSTALMENT)  # fmt: skip
    at_draw = Event("at draw", Kind.CHARGE, START, START, share=D("0.02"), timing=AT_DRAWDOWN)
    stands = course(FLAT_12, [at_draw, happened(Kind.DRAW, "01-01", "3000"), each])
    assert [row.owed.fee for row in stands.rows] == [D("15.45")] * 3
    assert stands.draws[0].fee == D("60.00")
    assert (stands.totals.owed.fee, stands.totals.paid) == (D("106.35"), D("60.00"))


def test_a_waiver_takes_what_is_left_of_a_charge_and_can_be_undone() -> None:
    fee = happened(Kind.CHARGE, "02-01", "100", recorded="01-01", id="fee")
    paid = happened(Kind.REPAYMENT, "01-15", "5")
    waiver = happened(Kind.WAIVE, "01-20", of="fee")
    waived = told(PLAIN, fee, paid, waiver)
    assert [(c.amount, c.paid, c.waived, c.outstanding) for c in waived.charges] == [(D(100), D(5), D(95), D(0))]
    assert waived.outstanding == 750
    undone = told(PLAIN, fee, paid, waiver, happened(Kind.REVERSE, "01-21", of=waiver.id))
    assert undone.outstanding == 845
    with pytest.raises(ValueError, match="no charge"):
        told(PLAIN, happened(Kind.WAIVE, "01-20", of="fee"))


def test_an_overdue_instalment_is_penalised_once() -> None:
    terms = replace(FLAT_12, overdue_penalty=OverduePenalty(D("0.015")))
    stands = told(terms, *(happened(Kind.CLOSE_DAY, on) for on in ("02-01", "02-02", "02-03", "05-01")), drawn="3000")
    assert [row.owed.penalty for row in stands.rows] == [15, 15, 15]


def test_late_principal_bears_interest_to_the_day_it_is_paid() -> None:
    # 5,000 at 12 %: on 5 December 812.68 is four days late, so December bears 5000 x 4/365 + 4187.32 x 27/365 days.
    terms = CourseTerms(
        ScheduleTerms("EUR", D("0.12"), 6, interest_by=BY_DAY, multiple=D(1), level_by_first_period=True,
                      round_each_part=True),
        D(5000), date(2022, 11, 1), tuple(DEFAULT_WATERFALL),
        late_interest=CURRENT_PERIOD, early_payment=PRINCIPAL_AT_ONCE,
    )  # fmt: skip
    drawn = Event("drawn", Kind.DRAW, date(2022, 11, 1), date(2022, 11, 1), D(5000))
    paid = Event("paid", Kind.REPAYMENT, date(2022, 12, 5), date(2022, 12, 5), D(862))
    stands = course(terms, [drawn, paid])
    assert [(row.owed.principal, row.owed.interest) for row in stands.rows[:3]] == [
        (D("812.68"), D("49.32")),
        (D("818.25"), D("43.75")),
        (D("827.66"), D("34.34")),
    ]
    assert stands.rows[-1].owed.total == D("866.61")


def test_due_dates_move_and_instalments_are_added() -> None:
    later = told(PLAIN, happened(Kind.RESCHEDULE, "03-01", recorded="01-05", to=day("03-15")))
    assert [row.due for row in later.rows] == [day("02-01"), day("03-15"), day("04-15")]
    longer = told(PLAIN, happened(Kind.EXTEND, "03-01", recorded="01-05", count=2))
    assert [row.owed.principal for row in longer.rows] == [250, 125, 125, 125, 125]
    assert longer.maturity == day("06-01")


def test_written_off_it_stays_owed_and_what_comes_is_a_recovery() -> None:
    stands = told(FLAT_12, happened(Kind.WRITE_OFF, "02-22"), happened(Kind.REPAYMENT, "02-23", "100"), through="03-01")
    (written,) = [entry for entry in stands.entries if entry.kind == Kind.WRITE_OFF]
    assert written.parts == Parts(interest=D("22.50"), principal=D(750))
    assert (stands.on_books, stands.outstanding, stands.recovered) == (D(0), D("672.50"), D(100))


def test_a_settlement_forgives_the_rest() -> None:
    stands = told(FLAT_12, happened(Kind.SETTLE, "02-22", "400"))
    assert (stands.status, stands.outstanding) == (SETTLED, D(0))
    assert sum(row.waived.total for row in stands.rows) == D("372.50")


def test_money_given_back_undoes_the_latest_instalment_first() -> None:
    stands = told(PLAIN, happened(Kind.REPAYMENT, "02-01", "400"), happened(Kind.TAKE_BACK, "02-05", "200"))
    assert [row.paid.total for row in stands.rows] == [200, 0, 0]
    assert stands.outstanding == 550


def test_a_charge_that_joins_on_its_date_is_paid_from_what_was_left_over() -> None:
    terms = replace(PLAIN, charges_join=ON_ITS_DATE)
    paid = happened(Kind.REPAYMENT, "01-20", "760")
    charge = happened(Kind.CHARGE, "01-25", "7", id="fee", recorded="02-03")
    stands = told(terms, paid, charge)
    assert (stands.status, stands.surplus) == (OVERPAID, D(3))
    assert [entry.parts for entry in stands.entries if entry.kind == Kind.REPAYMENT] == [
        Parts(fee=D(7), principal=D(750))
    ]


def test_days_past_due_grace_pause_and_bucket() -> None:
    late = told(PLAIN, through="03-15").delinquency
    assert (late.days_past_due, late.days, late.bucket, late.amount) == (42, 42, "31-60", D(500))
    graced = told(replace(PLAIN, grace_days=3), through="02-04").delinquency
    assert (graced.days_past_due, graced.days, graced.bucket) == (3, 0, "")
    assert graced.by_bucket == ()
    # Past the grace, an instalment stands in the bucket of all its days: March's 14 in 1-30, February's 42 in 31-60.
    split = told(replace(PLAIN, grace_days=3), through="03-15").delinquency.by_bucket
    assert split == (("1-30", D(250)), ("31-60", D(250)))
    pause = happened(Kind.PAUSE, "02-11", recorded="02-01", to=day("03-10"))
    assert told(PLAIN, pause, through="03-15").delinquency.days == 15
    cured = told(PLAIN, happened(Kind.REPAYMENT, "03-15", "500"), through="03-15").delinquency
    assert (cured.days, cured.bucket) == (0, "")
    assert worst(PLAIN.buckets, [cured, late, graced]) == "31-60"


def test_income_is_taken_at_the_end_of_each_day_and_stops_at_a_write_off() -> None:
    closings = [happened(Kind.CLOSE_DAY, f"01-0{number}") for number in (2, 3, 4)]
    off = happened(Kind.WRITE_OFF, "01-05")
    on_the_sixth = happened(Kind.CLOSE_DAY, "01-06")
    taken = [
        (entry.on, entry.parts.interest)
        for entry in told(FLAT_12, *closings, off, on_the_sixth).entries
        if entry.kind == Kind.ACCRUAL
    ]
    # 7.50 of interest over 31 days, rounded as it stands each evening less what was taken.
    assert taken == [(day("01-02"), D("0.24")), (day("01-03"), D("0.24"))]


def test_an_event_that_names_another_must_find_it() -> None:
    with pytest.raises(ValueError, match="no event nothing"):
        told(PLAIN, happened(Kind.REVERSE, "01-05", of="nothing"))
