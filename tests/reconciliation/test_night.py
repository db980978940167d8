"""The night as a story: what it does, in which order, once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from apps.evidence import proofs as evidence
from apps.evidence.models import Seal
from apps.ledger import chart, proofs
from apps.ledger.calendar import DateClosed
from apps.ledger.models import Books, DailyTotal
from apps.ledger.services import Line, post
from apps.orders.models import Order, Proceeds
from apps.products.models import FundingPool
from apps.reconciliation.fingerprint import books
from apps.reconciliation.models import Break, ControlTotal, NightlyChunk, NightlyRun, NightlyStep
from apps.reconciliation.night import Night, NightRefused, close_days, missing_dates, open_night, work_on
from apps.reconciliation.steps import steps_now
from apps.repayment import proofs as repayment_proofs
from apps.repayment.models import Demand, Movement, Sweep
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.factories import make_instruction, make_user
from tests.story import DAY, FIRST, Story
from tests.warehousing.goods import agreed, issued

D = Decimal


def balance(code: str, day: date) -> Decimal:
    return DailyTotal.objects.balance(code, "CNY", day)


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()]


def test_an_advance_from_offer_to_repaid_with_every_cent_in_the_books(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + DAY)
    assert (financing.state, financing.principal, financing.fee) == ("active", D("1000"), D("40"))
    rows = []
    for number, sales in enumerate(("0", "3000.00", "2500.00", "4000.00")):
        day = FIRST + (number + 1) * DAY
        if D(sales):
            story.settle(day, seller, sales)
        assert story.night(day).state == "balanced"
        financing.refresh_from_db()
        rows.append(
            (financing.principal, financing.fee, balance(chart.FEE_INCOME, day), balance(chart.DEFERRED_FEES, day),
             balance(chart.PRINCIPAL, day), balance(chart.PAYOUTS_IN_TRANSIT, day))
        )  # fmt: skip
    assert rows == [
        (D("1000"), D("40"), D("0"), D("-40"), D("1000"), D("0")),
        (D("680"), D("0"), D("-40"), D("0"), D("680"), D("-2640")),
        (D("380"), D("0"), D("-40"), D("0"), D("380"), D("-4840")),
        (D("0"), D("0"), D("-40"), D("0"), D("0"), D("-8460")),
    ]
    assert (financing.state, financing.repaid_on) == ("repaid", FIRST + 4 * DAY)
    assert (financing.offer.state, financing.contract.state) == ("completed", "fulfilled")
    assert FundingPool.objects.get().drawn == 0
    assert faults() == []


def test_a_receivable_is_repaid_by_its_own_order_with_interest_to_the_day(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    order = story.delivered(seller, "2000.00", FIRST)
    story.night(FIRST)
    financing = story.draw(story.offer(seller, "early-payment"), "1000", FIRST + DAY)
    for number in range(1, 14):
        story.night(FIRST + number * DAY)
    order.refresh_from_db()
    assert order.state == "completed"
    payday = FIRST + 14 * DAY
    assert story.settle(payday, seller, "2000.00", order=order).rejected == ()
    story.night(payday)
    financing.refresh_from_db()
    order.refresh_from_db()
    interest = D("1000") * D("0.12") * 13 / 360
    assert (financing.state, order.state) == ("repaid", "settled")
    assert -balance(chart.INTEREST_INCOME, payday) == interest.quantize(D("0.01")) == D("4.33")
    sweep = Sweep.objects.get(seller=seller, business_date=payday)
    assert (sweep.kept, sweep.paid_out) == (D("1004.33"), D("995.67"))
    assert financing.financed_orders.get().released_on == payday
    assert faults() == []


def test_the_night_again_writes_nothing(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    story.settle(FIRST + 2 * DAY, seller, "500.00")
    story.night(FIRST + 2 * DAY)
    before, seals = books(), Seal.objects.count()
    assert story.night(FIRST + 2 * DAY).state == "balanced"
    assert books() == before
    assert Seal.objects.count() == seals
    assert Movement.objects.filter(kind="sweep").count() == 1


def test_the_same_settlement_twice_and_reordered_is_nothing_new(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    for _twice in range(2):
        story.settle(FIRST, seller, "300.00", key="b")
        story.settle(FIRST, seller, "200.00", key="a")
    assert Proceeds.objects.count() == 2
    story.night(FIRST)
    assert Sweep.objects.get().captured == D("500")


def test_a_late_settlement_line_is_booked_on_the_open_date_and_swept_then(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    story.settle(FIRST, seller, "300.00")
    line = Proceeds.objects.get()
    assert (line.settled_on, line.booked_on) == (FIRST, FIRST + DAY)
    story.night(FIRST + DAY)
    assert Sweep.objects.get().business_date == FIRST + DAY


def test_a_closed_date_takes_no_entry(platform: Platform) -> None:
    story = Story(platform)
    story.night(FIRST)
    with pytest.raises(DateClosed):
        post(
            key="late", kind="test", business_date=FIRST, currency="CNY",
            lines=[Line(chart.SUSPENSE, chart.SELLER_PAYABLE, D("1"))], at=story.at(FIRST), by="test",
        )  # fmt: skip


def test_nights_run_in_order_only(platform: Platform) -> None:
    story = Story(platform)
    with pytest.raises(NightRefused, match="the next night is that of 2025-03-01"):
        story.night(FIRST + DAY)
    assert not NightlyRun.objects.exists()


def test_three_missed_nights_are_caught_up_oldest_first_with_the_same_cents(
    fresh_platform: Callable[..., Platform],
) -> None:
    prints = []
    for every_night in (True, False):
        platform = fresh_platform()
        with entered(platform.schema_name):
            story = Story(platform)
            seller = story.seller()
            order = story.delivered(seller, "2000.00", FIRST)
            story.night(FIRST)
            story.draw(story.offer(seller, "early-payment"), "1000", FIRST + DAY)
            for number in range(1, 5):
                day = FIRST + number * DAY
                if every_night:
                    story.settle(day, seller, "100.00")
                    story.night(day)
            if not every_night:
                for number in range(1, 5):
                    story.settle(FIRST + number * DAY, seller, "100.00")
                clock = partial(story.at, FIRST + 5 * DAY, 2)
                runs = list(close_days(platform=platform, through=FIRST + 4 * DAY, clock=clock, by="night"))
                assert [run.business_date for run in runs] == [FIRST + number * DAY for number in range(1, 5)]
            assert missing_dates(platform=platform, through=FIRST + 4 * DAY) == []
            assert order.state == "delivered"
            prints.append(books())
    assert prints[0] == prints[1]


def test_nights_over_a_leap_day_accrue_once_a_day(platform: Platform) -> None:
    first = date(2028, 2, 20)
    story = Story(platform, first=first)
    seller = story.seller()
    story.delivered(seller, "2000.00", first)
    story.night(first)
    financing = story.draw(story.offer(seller, "early-payment"), "1000", first + DAY)
    for number in range(1, 13):
        story.night(first + number * DAY)
    accruals = Movement.objects.filter(financing=financing, kind="accrual")
    assert accruals.filter(business_date=date(2028, 2, 29)).count() == 1
    assert accruals.count() == 11
    financing.refresh_from_db()
    assert financing.interest == (D("1000") * D("0.12") * 11 / 360).quantize(D("0.01"))


def test_steps_tell_what_was_done(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    story.settle(FIRST + 2 * DAY, seller, "500.00")
    run = story.night(FIRST + 2 * DAY)
    steps = {step.name: step for step in run.steps.all()}
    assert {name: step.reason for name, step in steps.items() if step.state != "done"} == {
        "expire_receipts": "No receipt ends today.",
        "value_receipts": "Nothing is pledged.",
        "messages": "No seller has signed up yet.",
    }
    assert {step.state for step in steps.values()} == {"done", "skipped"}
    assert (steps["sweep"].done, steps["sweep"].total) == (1, D("60"))
    assert (steps["payout_batch"].done, steps["payout_batch"].total) == (2, D("500"))  # the seller and the pool
    now = {step.name: step for step in steps_now(run)}
    assert {name: (one.state, one.done, one.total) for name, one in now.items()} == {
        name: (step.state, step.done, step.total) for name, step in steps.items()
    }
    assert all(one.heartbeat for one in now.values() if one.state == "done")
    assert NightlyStep.objects.filter(run=run, failed__gt=0).count() == 0


def test_only_sellers_with_goods_in_pledge_or_a_login_have_pieces_of_their_own(platform: Platform) -> None:
    story = Story(platform)
    quiet, pledgor, signed_up, released = (story.seller(name) for name in ("One", "Two", "Three", "Four"))
    agreed(seller=pledgor, state="pledged")
    agreed(seller=released, state="released")
    Seller.objects.filter(pk=signed_up.pk).update(user=make_user())
    issued(depositor=quiet, issued_on=FIRST - DAY, valid_until=FIRST)
    clock = partial(story.at, FIRST + DAY, 2)
    run = open_night(platform=platform, business_date=FIRST, clock=clock, by="night", chunk_size=2)
    pieces = NightlyChunk.objects.filter(run=run)
    assert list(pieces.filter(work="close").values_list("first_seller", "last_seller").order_by("pk")) == [
        (quiet.pk, pledgor.pk), (signed_up.pk, released.pk),
    ]  # fmt: skip
    assert list(pieces.filter(work="receipts").values_list("first_seller", "last_seller")) == [(pledgor.pk, pledgor.pk)]
    assert [(one.first_seller, one.last_seller) for one in pieces.filter(work="messages")] == [(signed_up.pk,) * 2]
    assert pieces.filter(work="expiry").count() == 1
    assert not run.steps.exclude(reason="").exists()


def test_a_night_on_a_platform_without_sellers_says_so(platform: Platform) -> None:
    run = Story(platform).night(FIRST)
    assert run.state == "balanced"
    assert run.steps.get(name="sweep").state == "skipped"
    assert run.steps.get(name="sweep").reason == "Nobody sells here yet."
    assert run.steps.get(name="control_totals").state == "done"


def test_progress_is_seen_while_the_night_runs(platform: Platform) -> None:
    story = Story(platform)
    for name in ("One", "Two", "Three"):
        story.settle(FIRST, story.seller(name), "100.00")
    clock = partial(story.at, FIRST + DAY, 2)
    run = open_night(platform=platform, business_date=FIRST, clock=clock, by="night", chunk_size=1)
    night = Night(platform, run, clock, "night")
    seen = []
    while work_on(night):
        now = {step.name: step for step in steps_now(run)}
        seen.append((now["age_orders"].state, now["sweep"].state, now["sweep"].pieces_done, now["sweep"].done))
    # Three pieces aged orders; no receipt ended and nothing was pledged.
    assert seen[2] == ("done", "waiting", 0, 0)
    assert seen[3:6] == [("done", "running", 1, 1), ("done", "running", 2, 2), ("done", "done", 3, 3)]
    assert set(run.steps.values_list("state", flat=True)) == {"waiting"}  # written down when the night ends


def test_control_totals_open_move_and_close(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", FIRST + DAY)
    first = {one.name: one.closing for one in story.night(FIRST + DAY).control_totals.all()}
    assert (first["principal"], first["fee"], first["cash_funding"]) == (D("1000"), D("40"), D("999000"))
    story.settle(FIRST + 2 * DAY, seller, "500.00")
    run = story.night(FIRST + 2 * DAY)
    totals = {one.name: (one.opening, one.movements, one.closing, one.difference) for one in run.control_totals.all()}
    assert totals["principal"] == (D("1000"), D("-20"), D("980"), D("0"))
    assert totals["fee"] == (D("40"), D("-40"), D("0"), D("0"))
    assert totals["cash_funding"] == (D("999000"), D("0"), D("999000"), D("0"))
    assert ControlTotal.objects.filter(run=run).count() == 8


def test_what_people_do_between_midnight_and_the_night_belongs_to_the_next_date(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + 2 * DAY)  # signed before the night of the day before
    late = {one.name: one.closing for one in story.night(FIRST + DAY).control_totals.all()}
    assert (late["principal"], late["cash_funding"]) == (D("0"), D("1000000"))
    assert story.night(FIRST + 2 * DAY).state == "balanced"
    financing.refresh_from_db()
    assert (financing.principal, financing.closed_through) == (D("1000"), FIRST + 2 * DAY)
    assert not Break.objects.exists()


def test_a_balance_that_someone_altered_opens_a_break_the_same_night(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    type(financing).objects.filter(pk=financing.pk).update(principal=D("900"))
    run = story.night(FIRST + 2 * DAY)
    assert run.state == "with_breaks"
    found = Break.objects.get(kind="amount")
    assert (found.subject, found.amount) == ("control:principal", D("-100"))
    assert any("F-" in fault or str(financing.pk) in fault for fault in repayment_proofs.faults())


def test_a_seller_whose_data_break_a_rule_stands_alone(platform: Platform) -> None:
    story = Story(platform)
    good, bad = story.seller("Good"), story.seller("Bad")
    story.night(FIRST)
    for seller in (good, bad):
        story.draw(story.offer(seller), "1000", FIRST + DAY)
    story.night(FIRST + DAY)
    for seller in (good, bad):
        story.settle(FIRST + 2 * DAY, seller, "500.00")
    # Someone wrote this payout by hand: the database refuses a second one.
    poison = make_instruction(key=f"payout:{FIRST + 2 * DAY}:{bad.pk}", business_date=FIRST + 2 * DAY)
    run = story.night(FIRST + 2 * DAY)
    aside = run.set_aside.get()
    assert (aside.work, aside.seller_id) == ("close", bad.pk)
    assert f"payout:{FIRST + 2 * DAY}:{bad.pk}" in aside.error
    assert run.state == "with_breaks"
    assert run.steps.get(name="sweep").failed == 1
    assert good.financings.get().principal == D("980")
    assert bad.financings.get().principal == D("1000")
    poison.delete()
    assert story.night(FIRST + 3 * DAY).set_aside.count() == 0
    assert bad.financings.get().principal == D("980")  # the missed sales day was taken in with the next night
    aside.refresh_from_db()
    assert aside.resolved_at is not None
    assert repayment_proofs.faults() == []


def test_a_step_that_fails_as_a_whole_fails_the_night_and_can_be_run_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(platform)
    story.seller()
    with monkeypatch.context() as patch:
        patch.setattr("apps.reconciliation.control.CONTROLS", None)
        assert story.night(FIRST).state == "failed"
        assert Books.objects.get().closed_through == FIRST - DAY
        assert "TypeError" in NightlyChunk.objects.get(work="prove").error
        steps = dict(NightlyStep.objects.values_list("name", "state"))
        assert (steps["sweep"], steps["match"], steps["control_totals"]) == ("done", "done", "failed")
    assert story.night(FIRST).state == "balanced"
    assert set(NightlyStep.objects.values_list("state", flat=True)) == {"done", "skipped"}
    assert Books.objects.get().closed_through == FIRST


def test_a_minimum_missed_is_a_breach_and_the_days_are_counted(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    story.night(FIRST)
    financing = story.draw(story.offer(seller), "1000", FIRST + DAY)
    for number in range(1, 64):
        story.night(FIRST + number * DAY)
    demand = Demand.objects.get(financing=financing, number=1)
    assert (demand.state, demand.amount, demand.due_on) == ("breached", D("156"), FIRST + timedelta(days=61))
    financing.refresh_from_db()
    seller.refresh_from_db()
    assert (financing.days_past_due, financing.past_due, financing.bucket) == (2, D("156"), "1-30")
    assert seller.worst_days_past_due == 2
    assert not Order.objects.filter(state="charged_back").exists()


def test_money_back_after_the_payout_is_carried_and_never_paid_twice(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    order = story.delivered(seller, "500.00", FIRST)
    for number in range(8):
        story.night(FIRST + number * DAY)
    day = FIRST + 8 * DAY
    order.refresh_from_db()
    story.settle(day, seller, "500.00", order=order)
    story.night(day)
    refused = story.settle(day + DAY, seller, "600.00", kind="chargeback", order=order)
    assert "would be given back" in refused.rejected[0].reason
    story.settle(day + DAY, seller, "500.00", kind="chargeback", order=order)
    story.night(day + DAY)
    seller.refresh_from_db()
    order.refresh_from_db()
    assert (seller.balance, order.state) == (D("-500"), "charged_back")
    story.settle(day + 2 * DAY, seller, "700.00")
    story.night(day + 2 * DAY)
    assert Sweep.objects.get(seller=seller, business_date=day + 2 * DAY).paid_out == D("200")
    assert faults() == []


def test_intake_during_the_night_belongs_to_the_next_date(platform: Platform) -> None:
    story = Story(platform)
    seller = story.seller()
    after = story.at(FIRST + DAY, 2)
    open_night(platform=platform, business_date=FIRST, clock=lambda: after, by="night")
    story.settle(FIRST, seller, "300.00")
    story.night(FIRST)
    assert not Sweep.objects.exists()
    assert Proceeds.objects.get().booked_on == FIRST + DAY
