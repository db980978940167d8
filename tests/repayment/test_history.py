"""Time travel: what the books knew on a day, what is told of it today, and which event made the difference."""

from decimal import Decimal

from apps.repayment.history import as_known, as_told, owed_after, restated
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk
from tests.story import DAY, FIRST

D = Decimal


def test_a_day_as_it_was_known_and_as_it_is_told_today(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(10)
    day = desk.today - 2 * DAY
    known_then = [(one.kind, one.total) for one in as_known(desk.financing, day)]
    owed_then = owed_after(as_known(desk.financing, day))
    assert restated(desk.financing, day) == []
    assert owed_after(as_told(desk.financing, day)) == owed_then
    event = desk.act("payment", line_id=desk.line("600.00", FIRST + 3 * DAY).pk, reason="posted to the wrong shop")
    # What was known stays what was known.
    assert [(one.kind, one.total) for one in as_known(desk.financing, day)] == known_then
    assert owed_after(as_known(desk.financing, day)) == owed_then
    told = owed_after(as_told(desk.financing, day))
    paid = Movement.objects.get(event=event, kind="payment")
    days = (day - FIRST - 3 * DAY).days
    # 2 days at 1,000, then the rest at what was left: each night to the cent of all that had accrued.
    assert told.principal == 1000 + paid.principal
    assert (
        told.interest
        == (D(1000) * D("0.12") * 2 / 360 + told.principal * D("0.12") * days / 360).quantize(D("0.01")) + paid.interest
    )
    changes = restated(desk.financing, day)
    assert {one.cause.pk for one in changes} == {event.pk}
    assert {one.kind for one in changes} == {"payment", "accrual"}
    # The cause of every changed cent: the differences add up to what is owed otherwise.
    difference = sum(
        (one.told.total if one.told else D(0)) - (one.known.total if one.known else D(0)) for one in changes
    )
    assert difference == told.total - owed_then.total


def test_a_payment_taken_back_was_known_once_and_is_told_no_more(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(2)
    desk.act("payment", line_id=desk.line("100.00").pk)
    desk.night(3)
    day = desk.today - DAY
    assert owed_after(as_known(desk.financing, day)).principal < 1000
    back = desk.act("reversal", reverses=1, reason="unpaid")
    assert owed_after(as_told(desk.financing, day)).principal == 1000
    gone = [one for one in restated(desk.financing, day) if one.told is None]
    assert [(one.kind, one.cause.pk) for one in gone] == [("payment", back.pk)]
    assert owed_after(as_known(desk.financing, desk.today)) == owed_after(as_told(desk.financing, desk.today))
