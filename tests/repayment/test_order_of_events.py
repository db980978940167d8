"""The smallest stories in which the order of things went wrong once: found by the machine, or in building it."""

from decimal import Decimal

import pytest

from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.ledger import chart
from apps.repayment.events import approve
from apps.repayment.models import Event, Movement, Sweep
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk, faults
from tests.story import DAY, FIRST

D = Decimal


def test_a_payment_between_a_write_off_proposed_and_done_still_pays(platform: Platform) -> None:
    desk = Desk(platform)  # 1,000 at 12 % a year: 1.00 after three days
    desk.night(3)
    proposed = desk.act("write_off")
    desk.act("payment", line_id=desk.line("300.00").pk)
    approve(event_id=proposed.pk, asked_on=desk.today, at=desk.story.at(desk.today), by="user:2")
    assert desk.balance() == ("written_off", "0", "0", "0", "0")  # and not 300 paid too much
    assert desk.booked(chart.OVERPAYMENTS) == 0
    assert desk.booked(chart.WRITE_OFFS) == 701
    assert faults() == []


def test_a_write_off_says_the_amount_that_it_wrote_off(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    proposed = desk.act("write_off")
    approve(event_id=proposed.pk, asked_on=desk.today, at=desk.story.at(desk.today), by="user:2")
    proposed.refresh_from_db()
    assert proposed.amount == -Movement.objects.get(kind="write_off").total == 1001  # with the interest of its own day


def test_what_runs_again_is_not_closed_for_the_days_when_it_did_not(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    desk.act("payment", line_id=desk.line("1001.00").pk)
    assert desk.balance()[0] == "repaid"
    desk.night(2)
    desk.story.settle(desk.today, desk.seller, "500.00")
    desk.night(3)
    desk.act("reversal", reverses=1, line_id=desk.line("-1001.00").pk)
    assert Financing.objects.get().closed_through == desk.today - DAY
    desk.act("charge", parts={"penalty": D(1)})  # once it tried to close those days anew, which the books refused
    assert sum(one.captured for one in Sweep.objects.all()) == 500
    desk.night()
    assert faults() == []


def test_nobody_acts_before_the_night_of_the_day_before(platform: Platform) -> None:
    """What the day before still takes comes first: the payment pays what is left after it."""
    desk = Desk(platform, "sales-advance")
    desk.night(3)
    desk.story.settle(desk.today, desk.seller, "5000.00")
    desk.today += DAY  # past midnight, and the night has not run
    line = desk.line("300.00")
    with pytest.raises(SellerBusy, match="has not run yet"):
        desk.act("payment", line_id=line.pk)
    assert not Event.objects.exists()
    desk.today -= DAY
    desk.night()
    assert Financing.objects.get().outstanding == 1040 - 600
    desk.act("payment", line_id=line.pk)
    assert Financing.objects.get().outstanding == 1040 - 600 - 300
    assert faults() == []


def test_sales_that_repaid_what_was_paid_before_are_a_surplus_and_still_swept(platform: Platform) -> None:
    """960 were paid on the third day, we hear of it after the sales repaid 600: 520 are too much."""
    desk = Desk(platform, "sales-advance")
    desk.night(3)
    desk.story.settle(desk.today, desk.seller, "5000.00")
    desk.night()
    desk.act("payment", line_id=desk.line("960.00", FIRST + 2 * DAY).pk)
    assert desk.balance() == ("overpaid", "0", "0", "0", "520")
    assert faults() == []  # the sales day still kept 600, of which 80 were owed
    desk.act("refund")
    desk.night()
    assert faults() == []
