"""One key, one act: asked for a thousand times it is done once; another act under the same key is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.core.dates import DAY
from apps.financing.models import Financing
from apps.ledger.models import Entry
from apps.repayment.events import Act, KeyUsed, perform
from apps.repayment.models import Event, Movement
from apps.tenants.models import Platform
from tests.repayment.test_events import Desk, faults

D = Decimal
CHARGE = Act("charge", "a reminder", parts={"fee": D("0.10"), "penalty": D("2.50")})
ANOTHER = [
    replace(CHARGE, parts={"fee": D("0.10"), "penalty": D("2.60")}),
    replace(CHARGE, parts={"fee": D("2.50"), "penalty": D("0.10")}),
    replace(CHARGE, effective_on=date(2025, 3, 3)),
    replace(CHARGE, reason="a second reminder"),
    Act("waiver", "a reminder", parts={"fee": D("0.10"), "penalty": D("2.50")}),
    Act("resume", "a reminder"),
]


def ask(desk: Desk, act: Act, key: str = "form") -> Event:
    return perform(
        financing_id=desk.financing.pk, act=act, key=key, asked_on=desk.today, at=desk.story.at(desk.today), by="user:1"
    )


def written() -> tuple[int, ...]:
    return Event.objects.count(), Movement.objects.count(), Entry.objects.count()


def owed() -> Decimal:
    return Financing.objects.get().outstanding


def test_a_thousand_times_the_same_act_is_one_event(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    first, before, owing = ask(desk, CHARGE), written(), owed()
    assert (first.amount, Financing.objects.get().penalty) == (D("2.60"), D("2.50"))
    assert {ask(desk, CHARGE).pk for _time in range(999)} == {first.pk}
    assert (written(), owed()) == (before, owing)
    assert faults() == []


def test_the_same_act_on_a_later_day_and_after_the_event_was_taken_back_is_still_that_event(platform: Platform) -> None:
    """The financing is another one by then: what it is compared with is what was asked for, not what became of it."""
    desk = Desk(platform)
    desk.night()
    paying = Act("payment", "by transfer", line_id=desk.line("400.00").pk)
    paid, charged = ask(desk, paying, key="payment"), ask(desk, CHARGE)
    ask(desk, Act("reversal", "charged by mistake", reverses=charged.number), key="undo")
    desk.night(2)
    before = written()
    again = ask(desk, replace(paying, reason=" by transfer "), key="payment")
    assert (again.pk, again.business_date) == (paid.pk, desk.today - 2 * DAY)
    assert ask(desk, CHARGE).pk == charged.pk
    assert written() == before


@pytest.mark.parametrize("act", ANOTHER, ids=lambda act: f"{act.kind} {act.as_json()}")
def test_another_act_under_the_same_key_is_refused_and_nothing_is_written(platform: Platform, act: Act) -> None:
    desk = Desk(platform)
    first = ask(desk, CHARGE)
    before, owing = written(), owed()
    with pytest.raises(KeyUsed, match=f"something else already: event {first.number}. Nothing was done now"):
        ask(desk, act)
    assert (written(), owed()) == (before, owing)
    assert ask(desk, replace(CHARGE, parts={"fee": D("0.1"), "interest": D(0), "penalty": D("2.5")})).pk == first.pk
    assert ask(desk, CHARGE, key="another form").pk != first.pk


def test_a_proposal_holds_its_key_as_well(platform: Platform) -> None:
    desk = Desk(platform)
    proposal = ask(desk, Act("write_off", "gone"))
    assert (proposal.state, ask(desk, Act("write_off", "gone")).pk) == ("proposed", proposal.pk)
    with pytest.raises(KeyUsed):
        ask(desk, CHARGE)
    assert written()[0] == 1
    assert owed() == 1000


def test_an_event_from_before_acts_were_kept_answers_its_own_kind_only(platform: Platform) -> None:
    desk = Desk(platform)
    first = ask(desk, CHARGE)
    Event.objects.filter(pk=first.pk).update(asked=None)
    assert ask(desk, CHARGE).pk == first.pk
    with pytest.raises(KeyUsed):
        ask(desk, Act("resume", "a reminder"))
