"""What people do to a live financing: day by day, with the balances before and after, and what must not happen."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.banking.models import BankLine, PaymentBatch
from apps.banking.services import approve_and_send
from apps.evidence import proofs as evidence
from apps.financing.models import Financing
from apps.financing.refusals import SellerBusy
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal
from apps.products.models import FundingPool
from apps.reconciliation.bank import book_payments, book_settlement
from apps.repayment import proofs as repayment_proofs
from apps.repayment.changes import plan
from apps.repayment.events import Act, Stale, approve, perform, preview, refuse
from apps.repayment.history import as_told
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, Movement
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_bank_line, make_financing
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
Row = tuple[str, ...]


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()]


class Desk:
    """A story with one financing that runs, and somebody at the desk."""

    def __init__(self, platform: Platform, code: str = "early-payment", amount: str = "1000") -> None:
        self.story = Story(platform)
        self.seller = self.story.seller()
        self.order = self.story.delivered(self.seller, "2000.00", FIRST)
        self.today = FIRST
        self.night()
        self.financing = self.story.draw(self.story.offer(self.seller, code), amount, self.today)

    def night(self, times: int = 1) -> None:
        """Close the day, and let the bank pay what the night asked for on the next."""
        for _time in range(times):
            assert self.story.night(self.today).state == "balanced"
            self.today += DAY
            for batch in PaymentBatch.objects.filter(state="built", number_of_payments__gt=0):
                approve_and_send(batch_id=batch.pk, at=self.story.at(self.today), by="user:9")
            book_payments(on=self.today)
            book_settlement(of=self.today - DAY, on=self.today, currency="CNY")

    def line(self, amount: str, on: date | None = None) -> BankLine:
        return make_bank_line(amount=D(amount), booked_on=on or self.today)

    def act(self, kind: str, key: str = "", by: str = "user:1", shown: str = "", **facts: Any) -> Event:
        act = Act(kind=kind, reason=facts.pop("reason", "as agreed"), **facts)
        event = perform(
            financing_id=self.financing.pk, act=act, key=key or f"{kind}:{self.today}:{Event.objects.count()}",
            asked_on=self.today, shown=shown, at=self.story.at(self.today), by=by,
        )  # fmt: skip
        self.financing = Financing.objects.select_related("version__product__pool", "seller").get(pk=self.financing.pk)
        return event

    def balance(self) -> tuple[str, ...]:
        one = Financing.objects.get(pk=self.financing.pk)
        return (one.state, *(f"{part.normalize():f}" for part in (one.principal, one.interest, one.fee, one.overpaid)))

    def booked(self, code: str) -> Decimal:
        return DailyTotal.objects.balance(code, "CNY", self.today)


def test_a_part_payment_stops_the_interest_on_it_the_same_day(platform: Platform) -> None:
    desk = Desk(platform)  # 1,000 at 12 % a year, ACT/360: 0.33 a day
    desk.night(9)
    line = desk.line("400.00")
    event = desk.act("payment", line_id=line.pk)
    # Interest runs through today, then the payment pays it first.
    days = (desk.today - desk.financing.disbursed_on).days  # type: ignore[operator]
    interest = (D(1000) * D("0.12") * days / 360).quantize(D("0.01"))
    assert desk.balance() == ("active", f"{(D(1000) - (400 - interest)).normalize():f}", "0", "0", "0")
    assert [(one.kind, -one.total) for one in event.movements.order_by("pk")][-1] == ("payment", D(400))
    before = Movement.objects.filter(kind="accrual").count()
    line.refresh_from_db()
    assert line.matched_to == f"event:{desk.financing.pk}:1"
    desk.night()  # the same date's night accrues nothing twice
    assert Movement.objects.filter(kind="accrual", business_date=desk.today - DAY).count() <= 1
    assert Movement.objects.filter(kind="accrual").count() == before
    desk.night(10)
    left = D(1000) - (400 - interest)
    more = (left * D("0.12") * 10 / 360).quantize(D("0.01"))
    assert abs(Financing.objects.get().interest - more) <= D("0.01")
    assert faults() == []


def test_a_payment_out_of_sales_that_is_told_again_twice_stays_a_payment_out_of_sales(platform: Platform) -> None:
    desk = Desk(platform)
    Seller.objects.update(payout_frozen=True)  # what the sales leave stays with us, to pay with
    desk.story.settle(desk.today, desk.seller, "300.00")
    desk.night(3)
    desk.act("payment", amount=D(100))
    desk.night(6)
    for back in (8, 7):  # each found later than it came, so that the 100 paid more principal than was known
        event = desk.act("payment", line_id=desk.line("50.00", desk.today - back * DAY).pk)
        assert event.movements.filter(kind="payment", reverses=None).count() == 2
    desk.seller.refresh_from_db()
    assert (desk.seller.balance, desk.booked(chart.SELLER_PAYABLE)) == (D(200), D(-200))
    assert faults() == []
    desk.night()


def test_money_that_repays_everything_and_more_is_given_back(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(5)
    desk.act("payment", line_id=desk.line("1100.00").pk)
    state, principal, interest, _fee, overpaid = desk.balance()
    assert (state, principal, interest) == ("overpaid", "0", "0")
    surplus = D(overpaid)
    assert surplus == 100 - (D(1000) * D("0.12") * 5 / 360).quantize(D("0.01"))
    assert desk.booked(chart.OVERPAYMENTS) == -surplus
    assert FundingPool.objects.get().drawn == 0
    desk.act("refund")
    desk.seller.refresh_from_db()
    assert desk.balance() == ("repaid", "0", "0", "0", "0")
    assert desk.seller.balance == surplus
    assert desk.booked(chart.OVERPAYMENTS) == 0
    assert desk.financing.contract.state == "fulfilled"
    desk.night()  # and the night pays it to the seller
    desk.seller.refresh_from_db()
    assert desk.seller.balance == 0
    assert faults() == []
    with pytest.raises(Refused, match="Nothing was paid beyond"):
        desk.act("refund")


def test_a_payment_dated_back_changes_the_interest_since_and_keeps_both_on_record(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(12)
    paid_on = FIRST + 4 * DAY  # the bank had it on the fifth of March; we hear of it on the thirteenth
    was = {one.pk: one.total for one in as_told(desk.financing, desk.today)}
    shown = preview(
        financing_id=desk.financing.pk, act=Act("payment", "found in the bank's list", line_id=(line := desk.line(
            "500.00", paid_on)).pk), asked_on=desk.today, at=desk.story.at(desk.today), by="user:1",
    )  # fmt: skip
    assert shown.rewrites_history
    assert Event.objects.count() == 0
    event = desk.act("payment", line_id=line.pk, reason="found in the bank's list")
    assert (event.effective_on, event.business_date) == (paid_on, desk.today)
    first, days_before, days_since = desk.financing.disbursed_on, 0, 0
    assert first is not None
    days_before, days_since = (paid_on - first).days, (desk.today - paid_on).days
    interest_then = (D(1000) * D("0.12") * days_before / 360).quantize(D("0.01"))
    left = D(1000) - (500 - interest_then)
    total = D(1000) * D("0.12") * days_before / 360 + left * D("0.12") * days_since / 360
    assert desk.financing.principal == left
    assert desk.financing.accrued_posted == total.quantize(D("0.01"))
    undone = Movement.objects.filter(event=event).exclude(reverses=None)
    assert undone.count() > 0
    assert {one.reverses_id: -one.total for one in undone}.items() <= was.items()
    assert all(one.business_date == desk.today and one.counts_from > paid_on - DAY for one in undone)
    assert Movement.objects.filter(pk__in=was).count() == len(was)  # nothing was rubbed out
    desk.night(3)
    assert faults() == []


def test_a_reversed_payment_is_as_if_it_never_was(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    desk.act("payment", line_id=(line := desk.line("300.00")).pk)
    desk.night(4)
    returned = desk.line("-300.00")
    event = desk.act("reversal", reverses=1, line_id=returned.pk, reason="the bank took it back")
    days = (desk.today - desk.financing.disbursed_on).days  # type: ignore[operator]
    assert desk.financing.principal == 1000
    assert desk.financing.accrued_posted == (D(1000) * D("0.12") * days / 360).quantize(D("0.01"))
    assert desk.booked(chart.COLLECTION_CASH) == sum(
        (one.amount for one in BankLine.objects.filter(purpose="collection").exclude(matched_to="")), D(0)
    )
    with pytest.raises(Refused, match="taken back before"):
        desk.act("reversal", reverses=1, reason="again")
    with pytest.raises(Refused, match="Only a payment"):
        desk.act("reversal", reverses=event.number, reason="the reversal")
    line.refresh_from_db()
    assert line.matched_to
    desk.night(2)
    assert faults() == []


def test_a_payment_on_the_wrong_financing_leaves_its_line_open_again(platform: Platform) -> None:
    desk = Desk(platform)
    desk.act("payment", line_id=(line := desk.line("300.00")).pk)
    desk.act("reversal", reverses=1, reason="it was another seller's")
    line.refresh_from_db()
    assert line.matched_to == ""
    assert desk.financing.principal == 1000
    assert faults() == []


def test_what_was_repaid_runs_again_when_the_money_goes_back(platform: Platform) -> None:
    desk = Desk(platform)
    desk.act("payment", line_id=desk.line("1000.00").pk)
    assert desk.balance()[0] == "repaid"
    desk.night(3)
    desk.act("reversal", reverses=1, line_id=desk.line("-1000.00").pk, reason="unpaid cheque")
    days = (desk.today - desk.financing.disbursed_on).days  # type: ignore[operator]
    interest = (D(1000) * D("0.12") * days / 360).quantize(D("0.01"))
    assert desk.balance() == ("active", "1000", f"{interest.normalize():f}", "0", "0")
    assert (desk.financing.contract.state, desk.financing.offer.state) == ("in_force", "paid_out")
    assert FundingPool.objects.get().drawn == 1000
    desk.night(2)
    assert faults() == []


def test_a_minimum_met_by_money_that_never_came_is_breached(platform: Platform) -> None:
    desk = Desk(platform, "sales-advance")
    desk.night(20)
    desk.act("payment", line_id=desk.line("200.00").pk)
    demand = Demand.objects.get()
    assert (demand.state, demand.amount, demand.paid) == ("met", D(156), D(156))
    desk.night(45)
    desk.act("reversal", reverses=1, line_id=desk.line("-200.00").pk, reason="returned unpaid")
    demand.refresh_from_db()
    assert (demand.state, demand.paid) == ("breached", D(0))
    assert desk.financing.past_due == 156
    desk.seller.refresh_from_db()
    assert desk.seller.worst_days_past_due == desk.financing.days_past_due > 0
    assert faults() == []


def test_a_waiver_and_a_charge_move_income_not_cash(platform: Platform) -> None:
    desk = Desk(platform, "sales-advance")
    cash = desk.booked(chart.COLLECTION_CASH)
    with pytest.raises(Refused, match="No more can be waived"):
        desk.act("waiver", parts={"fee": D("40.01")})
    with pytest.raises(Refused, match="Say how much"):
        desk.act("waiver", parts={"principal": D(10)})
    desk.act("waiver", parts={"fee": D(15)}, reason="late delivery of the money")
    assert desk.balance() == ("active", "1000", "0", "25", "0")
    assert desk.booked(chart.DEFERRED_FEES) == -25
    desk.act("charge", parts={"penalty": D("7.50")}, reason="bounced direct debit")
    assert Financing.objects.get().penalty == D("7.50")
    assert desk.booked(chart.PENALTY_INCOME) == D("-7.50")
    desk.act("reversal", reverses=2, reason="charged in error")
    assert Financing.objects.get().penalty == 0
    assert desk.booked(chart.COLLECTION_CASH) == cash
    assert faults() == []


def test_a_write_off_takes_two_people_and_money_may_still_come(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(3)
    proposed = desk.act("write_off", reason="the shop is closed", by="user:1")
    assert (proposed.state, desk.balance()[0]) == ("proposed", "active")
    now = {"asked_on": desk.today, "at": desk.story.at(desk.today)}
    with pytest.raises(Refused, match="another person"):
        approve(event_id=proposed.pk, by="user:1", **now)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="proposed already"):
        desk.act("write_off", reason="again", by="user:3")
    desk.night()
    now = {"asked_on": desk.today, "at": desk.story.at(desk.today)}
    approve(event_id=proposed.pk, by="user:2", **now)  # type: ignore[arg-type]
    desk.financing = Financing.objects.get()
    assert desk.balance() == ("written_off", "0", "0", "0", "0")
    assert desk.financing.contract.state == "terminated"
    assert desk.booked(chart.WRITE_OFFS) == 1000 + (D(1000) * D("0.12") * 4 / 360).quantize(D("0.01"))
    assert FundingPool.objects.get().drawn == 0
    line = desk.line("120.00")
    with pytest.raises(Refused, match="does not run"):
        desk.act("payment", line_id=line.pk)
    desk.act("recovery", line_id=line.pk, reason="from the estate")
    assert desk.booked(chart.RECOVERIES) == -120
    desk.night(2)
    assert faults() == []


def test_the_database_itself_takes_back_only_what_was_done_to_the_same_financing(platform: Platform) -> None:
    desk = Desk(platform)
    theirs = desk.act("charge", parts={"fee": D(5)}).pk
    other = make_financing(state="active", disbursed_on=FIRST, closed_through=desk.today - DAY)
    facts = {"number": 1, "key": "k", "effective_on": desk.today, "business_date": desk.today, "reason": "as agreed",
             "by": "user:1", "at": desk.story.at(desk.today), "state": "done"}  # fmt: skip
    with pytest.raises(Refused, match="Only a payment"):
        perform(financing_id=other.pk, act=Act("reversal", "not theirs", reverses=1), key="x", asked_on=desk.today,
                at=desk.story.at(desk.today), by="user:1")  # fmt: skip
    with pytest.raises(IntegrityError, match="event_reverses_its_own"), transaction.atomic():
        Event.objects.create(financing=other, kind="reversal", reverses_id=theirs, **facts)
    assert Event.objects.count() == 1


def test_the_database_itself_asks_for_two_people(platform: Platform) -> None:
    desk = Desk(platform)
    proposed = desk.act("write_off", reason="gone", by="user:1")
    with pytest.raises(IntegrityError, match="event_two_people"), transaction.atomic():
        Event.objects.filter(pk=proposed.pk).update(state="done", approved_by="user:1")
    assert refuse(
        event_id=proposed.pk, reason="he answers the phone", at=desk.story.at(desk.today), by="user:2"
    ).state == ("refused")
    assert desk.balance()[0] == "active"


def test_a_pause_sweeps_nothing_and_moves_the_minimum(platform: Platform) -> None:
    desk = Desk(platform, "sales-advance")
    desk.night(10)
    due = Demand.objects.get().due_on
    desk.act("pause", until=desk.today + 9 * DAY, reason="flood")
    for _day in range(10):
        desk.story.settle(desk.today, desk.seller, "500.00")
        desk.night()
    assert desk.balance() == ("active", "1000", "0", "40", "0")
    assert Demand.objects.get().due_on == due + 10 * DAY
    desk.story.settle(desk.today, desk.seller, "500.00")
    desk.night()
    assert Financing.objects.get().outstanding == 1040 - 60
    desk.act("pause", until=desk.today + 19 * DAY, reason="flood again")
    desk.night(4)
    desk.act("resume", reason="the water is gone")
    assert Demand.objects.get().due_on == due + 14 * DAY
    assert Financing.objects.get().paused_days == 14
    desk.story.settle(desk.today, desk.seller, "500.00")
    desk.night()
    assert Financing.objects.get().outstanding == 1040 - 120
    assert faults() == []


def test_a_new_rate_counts_from_its_date_even_one_that_lies_back(platform: Platform) -> None:
    desk = Desk(platform)
    desk.night(10)
    start = desk.financing.disbursed_on
    assert start is not None
    desk.act("rate", rate=D("0.06"), effective_on=start + 4 * DAY, reason="harvest programme")
    days = (desk.today - start).days
    expected = D(1000) * D("0.12") * 4 / 360 + D(1000) * D("0.06") * (days - 4) / 360
    assert desk.financing.interest == expected.quantize(D("0.01"))
    # A payment dated back over the change of rate: both counts hold from their dates.
    desk.act("payment", line_id=desk.line("500.00", start + 2 * DAY).pk, reason="late news")
    first = D(1000) * D("0.12") * 2 / 360
    left = 500 + first.quantize(D("0.01"))
    total = first + left * D("0.12") * 2 / 360 + left * D("0.06") * (days - 4) / 360
    assert desk.financing.principal == left
    assert desk.financing.accrued_posted == total.quantize(D("0.01"))
    desk.night(5)
    total += left * D("0.06") * 4 / 360  # of these five nights the first is the day of the events themselves
    assert abs(Financing.objects.get().accrued_posted - total) <= D("0.01")
    assert faults() == []


def test_the_same_act_twice_is_done_once_and_a_stale_page_does_nothing(platform: Platform) -> None:
    desk = Desk(platform)
    line = desk.line("100.00")
    shown = preview(
        financing_id=desk.financing.pk, act=Act("payment", "paid", line_id=line.pk), asked_on=desk.today,
        at=desk.story.at(desk.today), by="user:1",
    )  # fmt: skip
    first = desk.act("payment", line_id=line.pk, key="form-1", shown=shown.fingerprint)
    again = desk.act("payment", line_id=line.pk, key="form-1", shown=shown.fingerprint)
    assert (first.pk, Event.objects.count()) == (again.pk, 1)
    assert desk.financing.principal == 900
    with pytest.raises(Stale, match="look again"):
        desk.act("payment", line_id=desk.line("100.00").pk, key="form-2", shown=shown.fingerprint)
    assert desk.financing.principal == 900


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Act("payment", "", amount=D(1)), "Say why"),
        (Act("payment", "early", amount=D(10)), "No more can be paid from sales"),
        (Act("payment", "early", amount=D("0.001")), "payable in CNY"),
        (Act("payment", "early", amount=D(-5)), "payable in CNY"),
        (Act("payment", "early", line_id=999_999), "not there"),
        (Act("rate", "less", rate=D("1.5")), "share from 0"),
        (Act("rate", "less", rate=D("0.123456789")), "eight decimals"),
        (Act("rate", "less", rate=D("0.1"), effective_on=date(2019, 1, 1)), "not from 1 January 2019"),
        (Act("rate", "less", rate=D("0.1"), effective_on=date(2030, 1, 1)), "not from 1 January 2030"),
        (Act("pause", "flood", until=date(2030, 1, 1)), "Only an advance that sales repay"),
        (Act("resume", "dry"), "not paused"),
        (Act("due_date", "harvest", until=date(2020, 1, 1)), "later day than today"),
        (Act("recovery", "luck"), "written off"),
        (Act("charge", "late", parts={"interest": D(1)}), "Interest accrues by itself"),
        (Act("charge", "late", parts={"penalty": D("1e20")}), "payable in CNY"),
        (Act("reversal", "wrong", reverses=7), "Only a payment"),
    ],
)
def test_an_act_that_makes_no_sense_changes_nothing(platform: Platform, act: Act, says: str) -> None:
    desk = Desk(platform)
    before = desk.balance()
    with pytest.raises(Refused, match=says):
        perform(financing_id=desk.financing.pk, act=act, key="k", asked_on=desk.today, at=desk.story.at(desk.today),
                by="user:1")  # fmt: skip
    assert desk.balance() == before
    assert not Event.objects.exists()
    assert faults() == []


def test_a_later_due_date_moves_what_falls_due(platform: Platform) -> None:
    desk = Desk(platform)
    due = desk.financing.due_on
    assert due is not None
    desk.act("due_date", until=due + 10 * DAY, reason="the platform settles later")
    desk.night((due - desk.today).days + 3)
    assert not Demand.objects.exists()
    assert Financing.objects.get().past_due == 0
    desk.night(9)
    assert Demand.objects.get().due_on == due + 10 * DAY
    assert faults() == []


def test_somebody_at_work_on_the_seller_answers_busy(fresh_platform: Callable[..., Platform]) -> None:
    from apps.tenants.services import entered

    platform = fresh_platform()
    with entered(platform.schema_name):
        desk = Desk(platform)
        line = desk.line("100.00")
    answers: list[Any] = []

    def at_work() -> None:
        with entered(platform.schema_name), transaction.atomic():
            Seller.objects.select_for_update().get(pk=desk.seller.pk)
            answers.extend(at_once(platform.schema_name, [lambda: desk.act("payment", line_id=line.pk, key="k")]))

    at_work()
    assert isinstance(answers[0], SellerBusy)
    with entered(platform.schema_name):
        assert not Event.objects.exists()
        desk.act("payment", line_id=line.pk, key="k")
        assert Financing.objects.get().principal == 900


def test_a_night_under_way_closes_this_seller_first(platform: Platform) -> None:
    """The date is frozen, the seller's piece still waits: who acts gets the day closed, once, and comes after it."""
    from apps.reconciliation.night import Night, open_night, run_night, work_on

    desk = Desk(platform, "sales-advance")
    desk.night()
    desk.story.settle(desk.today, desk.seller, "500.00")

    def clock() -> Any:
        return desk.story.at(desk.today + DAY, 2)

    run = open_night(platform=platform, business_date=desk.today, clock=clock, by="night")
    work_on(Night(platform, run, clock, "night"))  # the orders; the close still waits
    event = desk.act("payment", line_id=desk.line("100.00", desk.today + DAY).pk)
    assert (event.business_date, event.effective_on) == (desk.today + DAY, desk.today + DAY)
    assert Financing.objects.get().outstanding == 1040 - 60 - 100
    assert run_night(platform=platform, business_date=desk.today, clock=clock, by="night").state == "balanced"
    assert Movement.objects.filter(kind="sweep").count() == 1
    assert Financing.objects.get().outstanding == 1040 - 60 - 100
    assert faults() == []


days = st.lists(
    st.tuples(st.sampled_from(["", "sale", "pay", "waive", "back"]), st.integers(1, 40_000)), min_size=3, max_size=8
)


@pytest.mark.parametrize("code", ["sales-advance", "early-payment"])
@given(days=days)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_life_told_again_is_the_life_that_was_lived(
    platform: Platform, code: str, days: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        desk = Desk(platform, code)
        for what, cents in days:
            amount = D(cents) / 100
            if desk.balance()[0] != "active":
                break
            if what == "sale":
                desk.story.settle(desk.today, desk.seller, str(amount))
            elif what in {"pay", "back"}:
                on = max(desk.today - timedelta(days=cents % 4 if what == "back" else 0), FIRST + DAY)
                desk.act("payment", line_id=desk.line(str(amount), on).pk)
            elif what == "waive" and desk.financing.interest:
                desk.act("waiver", parts={"interest": Financing.objects.get().interest})
            if desk.balance()[0] == "overpaid":
                desk.act("refund")
            desk.night()
        financing = Financing.objects.select_related("version__product__pool", "seller").get()
        event = Event(
            financing=financing, number=99, kind="rate", key="again", effective_on=desk.today,
            business_date=desk.today, reason="none", by="test", at=desk.story.at(desk.today),
            details={"rate": str(financing.version.terms.annual_rate)},
        )  # fmt: skip
        event.business_date = max(one for one in (financing.closed_through, financing.accrued_through) if one)
        told_again = plan(financing, event)
        assert (told_again.undone, told_again.told) == ((), ())
        assert told_again.before.owed == told_again.after.owed
        assert faults() == []
        transaction.set_rollback(True)
