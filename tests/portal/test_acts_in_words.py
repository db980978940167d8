"""What an act on a financing agrees, said in the preview, and in the history once it is done; which acts are offered.

The advance of these stories: 1,000.00 and a fee of 40.00, paid out on 2 March 2025; 12 % of sales repay it, and every
60 days at least 15 % of 1,040.00 = 156.00 must have been repaid. The loan: 1,000.00 at 12 % a year.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from apps.financing.models import Financing
from apps.portal.acts import kinds_for
from apps.portal.changes import change_table
from apps.portal.events import details_text, event_table
from apps.products.models import ProductVersion
from apps.repayment.events import Act, preview
from apps.repayment.models import Event
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk
from tests.story import DAY

D = Decimal


def looks(desk: Desk, kind: str, **facts: Any) -> dict[str, tuple[str, str]]:
    """The terms that the preview of an act lays out: now and then, by name."""
    change = preview(
        financing_id=desk.financing.pk, act=Act(kind, "agreed", **facts), asked_on=desk.today,
        at=desk.story.at(desk.today), by="user:1",
    )  # fmt: skip
    rows = [row for row in change_table(change).rows if row[-1].kind == "text"]  # type: ignore[union-attr]
    return {row[0].value: (row[1].value, row[3].value) for row in rows}  # type: ignore[union-attr]


def said(desk: Desk) -> str:
    return details_text(Event.objects.order_by("number").last())


@pytest.fixture
def advance(platform: Platform) -> Desk:
    """An advance whose first minimum period, from 3 March to 1 May, has begun."""
    desk = Desk(platform, "sales-advance")
    desk.night(3)
    return desk


def test_a_pause_says_until_when_and_what_it_moves_and_its_end_what_comes_back(advance: Desk) -> None:
    ten: dict[str, Any] = {"until": advance.today + 9 * DAY}  # 5 to 14 March
    assert looks(advance, "pause", **ten) == {
        "Kept of each day's sales": ("12%", "nothing, through 14 March 2025"),
        "Minimum periods end": ("", "10 days later"),
        "The running minimum is due by": ("1 May 2025", "11 May 2025"),
    }
    advance.act("pause", **ten)
    text = "Kept of each day's sales: nothing, through 14 March 2025; Minimum periods end: 10 days later"
    assert said(advance) == text
    (_day, what, *_rest), *_others = event_table(Event.objects.all(), "CNY").rows
    assert what.note == f"{text} · as agreed"  # type: ignore[union-attr]
    assert looks(advance, "resume") == {
        "Kept of each day's sales": ("nothing, through 14 March 2025", "as agreed again"),
        "Minimum periods end": ("", "10 days earlier"),
        "The running minimum is due by": ("11 May 2025", "1 May 2025"),
    }


def test_a_lower_share_and_new_periods_are_said_in_figures(advance: Desk) -> None:
    half = {"until": advance.today + 3 * DAY, "share": D("0.06")}
    assert looks(advance, "lower_share", **half)["Kept of each day's sales"] == ("12%", "6%, through 8 March 2025")
    # 156 by 1 May stay; of the 884 left 50 every 30 days: 17 times 50, and 34.
    shown = looks(advance, "reschedule", period_days=30, minimum=D(50))
    assert shown == {
        "Days in a period": ("60", "30"),
        "Minimum a period": ("¥156.00, the last one ¥104.00", "¥50.00, the last one ¥34.00"),
        "Periods to come": ("6, through 26 April 2026", "18, through 23 October 2026"),
    }
    advance.act("reschedule", period_days=30, minimum=D(50))
    assert said(advance) == "; ".join(f"{name}: {then}" for name, (_now, then) in shown.items())
    assert looks(advance, "reschedule", period_days=10, minimum=D(50))["Days in a period"] == ("30", "10")


def test_rates_dates_parts_and_what_was_taken_back_are_said(platform: Platform) -> None:
    loan = Desk(platform)
    loan.night(3)
    due_on = loan.financing.due_on
    assert due_on is not None
    later: dict[str, Any] = {"until": due_on + 5 * DAY}
    shown = looks(loan, "due_date", **later)["Due on"]
    loan.act("due_date", **later)
    assert said(loan) == f"Due on: {shown[1]} instead of {shown[0]}"

    assert looks(loan, "rate", rate=D("0.0925")) == {"Interest a year": ("12%", "9.25%")}
    loan.act("rate", rate=D("0.0925"))
    assert said(loan) == "Interest a year: 9.25%"
    counts = "counts from 5 March 2025"
    assert looks(loan, "reversal", reverses=2) == {
        "What is taken back": ("", f"New rate · Interest a year: 9.25% · {counts}"),
        "Interest a year": ("9.25%", "12%"),
    }
    loan.act("charge", parts={"fee": D("2.50"), "penalty": D(1)})
    assert said(loan) == "Made up of: ¥2.50 fee, ¥1.00 penalty"
    loan.act("reversal", reverses=3)
    assert said(loan) == f"What is taken back: Charge · ¥3.50 · {counts}"
    loan.act("payment", line_id=loan.line("10.00").pk)
    assert said(loan) == "Paid from: a transfer to the bank"
    with override("zh-hans"):
        rows = event_table(loan.financing.events.select_related("reverses").order_by("number"), "CNY").rows
        assert "2025年3月5日" in rows[3][1].note  # type: ignore[union-attr]


def test_a_successor_is_shown_with_all_that_its_terms_change(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    desk.story.agree("early-payment", desk.today, annual_rate=D("0.08"))
    version = ProductVersion.objects.get(product__code="early-payment", state="active")
    facts = {"version_id": version.pk, "agreement": "R-17", "until": date(2025, 9, 1), "capitalise": True}
    shown = looks(desk, "restructure", **facts)
    assert shown["Owed from the first day"] == ("", "¥1,001.00 principal")
    assert shown["Due on"][1] == "1 September 2025"
    assert shown["Interest a year"] == ("12%", "8%")
    assert shown["New terms"][1].endswith("version 2")
    desk.act("restructure", **facts)
    assert said(desk).endswith("Fee, interest and penalty: become principal; Agreement that the seller signed: R-17")


def offered(financing: Financing, on: date) -> set[str]:
    return {kind for kind, _name in kinds_for(Financing.objects.get(pk=financing.pk), on)}


def test_a_pause_that_is_over_can_be_followed_by_another(advance: Desk) -> None:
    """Paused through 6 March: on that day it can be ended, from the 7th on it can be paused again and not ended."""
    advance.act("pause", until=advance.today + DAY)
    last = advance.today + DAY
    assert offered(advance.financing, last) & {"pause", "lower_share", "resume", "reschedule"} == {"resume"}
    after = offered(advance.financing, last + DAY)
    assert after & {"pause", "lower_share", "resume", "reschedule"} == {"pause", "lower_share", "reschedule"}
    assert not after & {"due_date", "reversal", "chargeback", "recovery"}, "what would always be refused"


def test_money_that_comes_after_all_is_repaid_can_be_booked(platform: Platform) -> None:
    loan = Desk(platform)
    loan.night(3)
    loan.act("payment", line_id=loan.line("1001.00").pk)
    assert loan.balance()[0] == "repaid"
    assert "payment" in offered(loan.financing, loan.today)
    loan.act("payment", line_id=loan.line("5.00").pk)
    assert loan.balance()[0] == "overpaid"
    assert offered(loan.financing, loan.today) == {"payment", "reversal", "chargeback", "refund"}
