"""Time travel: what the books knew on a day, what is told of it today, and which event made the difference."""

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce

from apps.repayment.history import Moved, as_known, as_told, moved_by, owed_after, restated, retellings
from apps.repayment.models import Movement
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk
from tests.story import DAY, FIRST

D = Decimal


def added(parts: Iterable[Moved]) -> Moved:
    return reduce(Moved.plus, parts, Moved())


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
    assert {step.cause for one in changes for step in one.steps} == {event}
    assert {one.kind for one in changes} == {"payment", "accrual"}
    # The cause of every changed cent: the differences add up to what is owed otherwise.
    assert added(one.told.minus(one.known) for one in changes).owed == told.minus(owed_then)


def test_a_payment_taken_back_was_known_once_and_is_told_no_more(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(2)
    desk.act("payment", line_id=desk.line("100.00").pk)
    desk.night(3)
    day = desk.today - DAY
    assert owed_after(as_known(desk.financing, day)).principal < 1000
    back = desk.act("reversal", reverses=1, reason="unpaid")
    assert owed_after(as_told(desk.financing, day)).principal == 1000
    gone = [one for one in restated(desk.financing, day) if one.told == Moved()]
    assert [(one.kind, [step.cause for step in one.steps]) for one in gone] == [("payment", [back])]
    assert owed_after(as_known(desk.financing, desk.today)) == owed_after(as_told(desk.financing, desk.today))


def test_each_event_bears_the_cents_that_it_changed_and_all_add_up(platform: Platform) -> None:
    """1,000 at 12 %, 0.33 a day. 400 of 4 March become known on the 11th, 300 of 6 March on the 12th, and a rate of 6 %
    from 7 March on the day after: of one night's interest each of them explains its own part."""
    desk = Desk(platform)
    desk.night(9)
    day = desk.today - DAY
    known = moved_by(as_known(desk.financing, day))
    events = [desk.act("payment", line_id=desk.line("400.00", FIRST + 3 * DAY).pk, reason="first")]
    desk.night()
    events.append(desk.act("payment", line_id=desk.line("300.00", FIRST + 5 * DAY).pk, reason="second"))
    desk.night()
    events.append(desk.act("rate", rate=D("0.06"), effective_on=FIRST + 6 * DAY, reason="third"))
    told = moved_by(as_told(desk.financing, day))
    changes = restated(desk.financing, day)
    steps = [step for one in changes for step in one.steps]
    assert {step.cause for step in steps} == set(events)
    assert all(step.was != step.now for step in steps)
    for one in changes:
        chain = [one.known, *(step.now for step in one.steps)]
        assert [step.was for step in one.steps] == chain[:-1]
        assert chain[-1] == one.told
    by_cause = [added(step.now.minus(step.was) for step in steps if step.cause == event) for event in events]
    assert added(by_cause) == told.minus(known)
    # On 8 March all three meet in one night's interest: 600.67, then 301.07 at 12 %, then that at 6 %.
    of_a_night = next(one for one in changes if one.kind == "accrual" and one.on == FIRST + 8 * DAY)
    assert [(step.cause, step.now.total) for step in of_a_night.steps] == [
        (events[0], D("0.20")), (events[1], D("0.10")), (events[2], D("0.05")),
    ]  # fmt: skip
    # Event by event, what was owed by the end of that day: each begins where the one before it ended.
    anew = retellings(desk.financing, FIRST, day)
    assert [one.step.cause for one in anew] == events
    assert {one.through for one in anew} == {day}
    assert [one.step.was for one in anew] == [known, *(one.step.now for one in anew[:-1])]
    assert anew[-1].step.now == told
    assert [added([one.step.now.minus(one.step.was)]) for one in anew] == by_cause
    assert retellings(desk.financing, FIRST, FIRST + 3 * DAY)[-1].step.cause == events[0]
    assert restated(desk.financing, FIRST + DAY) == []  # days before all of them are as they were
