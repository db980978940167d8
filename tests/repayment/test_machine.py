"""Anything, in any order: a machine acts on six financings of two sellers and holds the books to their promises.

Every step is a real service on a real PostgreSQL, inside one transaction that is rolled back when the example ends.
After every step: debits are credits, balances are what moved and what the ledger says, nothing is below zero, the
bank's cash is explained, and each life told again from its facts is the life that was lived.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F, Max, Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.banking.models import BankLine, PaymentBatch
from apps.banking.services import approve_and_send
from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.financing.models import Financing, Offer
from apps.financing.refusals import OfferRefused, SellerBusy
from apps.financing.services import render_contract
from apps.ledger import chart, proofs
from apps.ledger.models import DailyTotal, Entry
from apps.products.models import FundingPool, ProductVersion
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.matching import match_bank_lines
from apps.reconciliation.night import close_days
from apps.repayment import proofs as repayment_proofs
from apps.repayment.changes import plan
from apps.repayment.events import Act, approve, perform, refuse
from apps.repayment.instalment_rows import stored_rows
from apps.repayment.instalments import settled
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, Movement, Sweep
from apps.repayment.refilling import accept_refill
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.factories import make_bank_line
from tests.story import DAY, FIRST, Story

D = Decimal
# So that minimum periods of 60 days, maturities of 14 and the first instalment end while the machine runs.
DAYS_BEFORE, DAYS_BEFORE_LOAN = 50, 22
REVERSIBLE = ("payment", "waiver", "charge", "rate")

which = st.integers(0, 5)
cents = st.integers(1, 60_000)
days_back = st.integers(0, 12)
share = st.sampled_from([D("0.1"), D("0.5"), D(1)])


class Town:
    """Two sellers of one platform, each with an advance on sales that is 50 days old, a loan in instalments that is
    about a month old, and a receivable drawn today."""

    def __init__(self, platform: Platform) -> None:
        self.story = story = Story(platform)
        self.sellers = [story.seller(name, daily="200.00", days=300) for name in ("Li Mei", "Wang Fang")]
        self.today = FIRST
        ask_for_all(FIRST, story)
        night(self)
        advances = [story.draw(story.offer(one), "1000", self.today) for one in self.sellers]
        for _day in range(DAYS_BEFORE_LOAN):
            night(self)
        loans = [story.draw(story.offer(one, "stock-loan"), "900", self.today) for one in self.sellers]
        for _day in range(DAYS_BEFORE - DAYS_BEFORE_LOAN):
            night(self)
        self.orders = [story.delivered(one, "2000.00", self.today) for one in self.sellers]
        night(self)
        receivables = [story.draw(story.offer(one, "early-payment"), "800", self.today) for one in self.sellers]
        self.financings = [one.pk for one in (*advances, *receivables, *loans)]


def ask_for_all(today: date, story: Story) -> None:
    """Each product gets terms that have everything in them: penalties, a rebate, a maximum, seasons, checks, fees."""
    story.agree(
        "sales-advance", today, penalty_rate=D("0.18"), fee_rebate=D(1), maximum_share=D("0.5"), grace_days=2,
        season_shaped=True, near_breach_share=D("0.8"), near_breach_checks=3, dispute_fee=D("7.50"),
    )  # fmt: skip
    story.agree("early-payment", today, penalty_per_thousand=D("0.7"), fee_rate=D("0.01"), fee_rebate=D("0.5"))
    story.agree(
        "stock-loan", today, penalty_rate=D("0.24"), grace_days=1, fee_rate=D("0.02"), instalment_fee=D(1),
        dispute_fee=D(3),
    )  # fmt: skip


def night(town: "Town | Machine") -> None:
    """Close today; on the next date the bank pays and is paid."""
    clock = partial(town.story.at, town.today + DAY, 2)
    for run in close_days(platform=town.story.platform, through=town.today, clock=clock, by="night"):
        # An order that is settled in part only is a difference that people are to see; nothing else is one.
        others = run.breaks.exclude(kind="amount", subject__startswith="order:")
        assert run.is_over
        assert not others.exists(), list(others.values_list("kind", "subject", "text"))
    closed_before, town.today = town.today, town.today + DAY
    for batch in PaymentBatch.objects.filter(state="built", number_of_payments__gt=0):
        approve_and_send(batch_id=batch.pk, at=town.story.at(town.today), by="user:9")
    book_payments(on=town.today)
    for back in range(3):
        book_settlement(of=closed_before - back * DAY, on=town.today, currency="CNY")


class Machine(RuleBasedStateMachine):
    """What people, sales and nights may do; `did` counts what was really done, over all examples."""

    did: Counter[str] = Counter()

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.story, self.sellers, self.orders, self.today = town.story, town.sellers, town.orders, town.today
        self.financings = town.financings
        self.lines = 0
        self.known: dict[int, tuple[Any, ...]] = {}
        self.moved: set[int] = set()  # whose life has changed since it was last told
        self.rolled_back = transaction.atomic()
        self.rolled_back.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rolled_back.__exit__(None, None, None)

    # What sales do.

    @rule(place=which, amount=cents, kind=st.sampled_from(["capture", "capture", "capture", "refund", "chargeback"]))
    def sales_settle(self, place: int, amount: int, kind: str) -> None:
        self.sell(place, D(amount) / 100, kind)

    def sell(self, place: int, amount: Decimal, kind: str = "capture") -> None:
        self.lines += 1
        self.story.settle(self.today, self.sellers[place % 2], str(amount), kind, key=f"machine:{self.lines}")
        self.did[kind] += 1

    @rule(place=which, part=share)
    def the_financed_order_settles(self, place: int, part: Decimal) -> None:
        self.lines += 1
        seller, order = self.sellers[place % 2], self.orders[place % 2]
        self.story.settle(self.today, seller, str(D(2000) * part), order=order, key=f"machine:{self.lines}")
        self.did["own proceeds"] += 1

    # What people do.

    @rule(place=which, amount=cents, back=days_back)
    def a_payment_comes(self, place: int, amount: int, back: int) -> None:
        self.act(place, "payment", line=D(amount) / 100, back=back)

    @rule(place=which, more=st.sampled_from([D(0), D("0.01"), D(25)]), back=days_back)
    def everything_is_paid(self, place: int, more: Decimal, back: int) -> None:
        owed = self.financing(place).outstanding + more
        if owed:
            self.act(place, "payment", line=owed, back=back)

    @rule(place=which)
    def what_is_owed_to_the_seller_pays(self, place: int) -> None:
        financing = self.financing(place)
        amount = min(financing.seller.balance, financing.outstanding)
        if amount <= 0:
            return self.sell(place, D(300))  # what would only be refused makes way for a sale
        return self.act(place, "payment", amount=amount)

    @rule(place=which, choice=st.integers(0, 20), by_the_bank=st.booleans())
    def an_event_is_taken_back(self, place: int, choice: int, by_the_bank: bool) -> None:
        events = Event.objects.filter(
            financing=self.financings[place], kind__in=REVERSIBLE, state="done", reversed_by=None
        ).order_by("number")
        if not events:
            return None
        event = events[choice % len(events)]
        from_bank = event.details.get("source") == "bank"
        if from_bank and not by_the_bank:
            return self.the_money_was_anothers(place, event)
        back = -event.amount if from_bank and event.amount else None
        return self.act(place, "reversal", line=back, reverses=event.number)

    def the_money_was_anothers(self, place: int, event: Event) -> None:
        """The line of a reversed payment is open again, and pays the next financing instead."""

        def move() -> None:
            self.perform(place, Act("reversal", "posted to the wrong financing", reverses=event.number))
            self.perform((place + 1) % 6, Act("payment", "posted here instead", line_id=event.details["line"]))

        self.attempt("moved to another", move)

    @rule(place=which)
    def what_was_paid_too_much_goes_back(self, place: int) -> None:
        self.act(place, "refund")

    @rule(place=which, part=st.sampled_from(["fee", "interest", "penalty"]), of_it=share)
    def something_is_waived(self, place: int, part: str, of_it: Decimal) -> None:
        amount = (getattr(self.financing(place), part) * of_it).quantize(D("0.01"))
        self.act(place, "waiver", parts={part: amount})

    @rule(place=which, part=st.sampled_from(["fee", "penalty"]), amount=st.integers(1, 3000), back=days_back)
    def something_is_charged(self, place: int, part: str, amount: int, back: int) -> None:
        self.act(place, "charge", parts={part: D(amount) / 100}, effective_on=self.today - back * DAY)

    @rule(place=which, rate=st.sampled_from([D(0), D("0.06"), D("0.12"), D("0.24")]), back=days_back)
    def the_rate_changes(self, place: int, rate: Decimal, back: int) -> None:
        self.act(place, "rate", rate=rate, effective_on=self.today - back * DAY)

    @rule(place=which, days=st.integers(0, 20), part=st.sampled_from([None, D("0.5")]))
    def a_pause_begins(self, place: int, days: int, part: Decimal | None) -> None:
        until = self.today + days * DAY
        if part is None:
            return self.act(place, "pause", until=until)
        return self.act(place, "lower_share", until=until, share=part * self.financing(place).sweep_rate)

    @rule(place=which)
    def a_pause_ends(self, place: int) -> None:
        if self.financing(place).paused_until is None:
            return self.sell(place, D(500))
        return self.act(place, "resume")

    @rule(place=which, days=st.integers(1, 10))
    def the_due_date_moves(self, place: int, days: int) -> None:
        due_on = self.financing(place).due_on
        self.act(place, "due_date", until=(due_on or self.today) + days * DAY)

    @rule(place=which, choice=st.integers(0, 5))
    def a_payment_is_disputed(self, place: int, choice: int) -> None:
        paid = Event.objects.filter(
            financing=self.financings[place], kind="payment", state="done", reversed_by=None, details__source="bank"
        )
        if not paid:
            return self.sell(place, D(200))
        event = paid.order_by("number")[choice % len(paid)]
        return self.act(place, "chargeback", line=-(event.amount or D(0)), reverses=event.number)

    @rule(place=which, days=st.integers(5, 90), minimum=st.integers(1, 300))
    def the_periods_are_planned_anew(self, place: int, days: int, minimum: int) -> None:
        self.act(place, "reschedule", period_days=days, minimum=D(minimum))

    @rule(place=which, capitalise=st.booleans(), agrees=st.sampled_from([True, False]))
    def it_is_restructured(self, place: int, capitalise: bool, agrees: bool) -> None:
        """Proposed by one and approved by another, or left to lie; the machine goes on with the successor."""
        financing = self.financing(place)
        version = ProductVersion.objects.get(product=financing.version.product_id, state="active")
        due_on = self.today + 14 * DAY if financing.due_on else None
        self.act(
            place, "restructure", version_id=version.pk, capitalise=capitalise, agreement="R-1", until=due_on
        )  # fmt: skip
        proposed = Event.objects.filter(financing=financing, kind="restructure", state="proposed").first()
        if proposed is None or not agrees:
            return
        at = self.story.at(self.today)
        self.attempt(
            "restructured", lambda: approve(event_id=proposed.pk, asked_on=self.today, at=at, by="user:2")
        )  # fmt: skip
        self.follow(place)

    def follow(self, place: int) -> None:
        """What carries on a restructured financing takes its place among the four."""
        successor = Financing.objects.filter(follows=self.financings[place]).first()
        if successor is not None:
            self.financings = [*self.financings[:place], successor.pk, *self.financings[place + 1 :]]
            self.moved.add(place)

    @rule(place=which, more=st.integers(1, 400), sales=st.integers(0, 300))
    def a_new_financing_pays_it_off(self, place: int, more: int, sales: int) -> None:
        """Signed today, paid by the bank tonight or tomorrow: sales may repay some of it first."""
        financing = self.financing(place)
        offer = Offer.objects.open().filter(seller=financing.seller, product_code="sales-advance").first()
        if offer is None or financing.state != "active":
            return self.sell(place, D(sales or 1))
        amount = (financing.outstanding + more).quantize(D("1.00"))
        return self.attempt("refill", lambda: self._refill(place, offer, amount, sales))

    def _refill(self, place: int, offer: Offer, amount: Decimal, sales: int) -> None:
        old, at = self.financings[place], self.story.at(self.today)
        try:
            contract = accept_refill(
                offer_id=offer.pk, seller_id=offer.seller_id, financing_id=old, amount=amount,
                business_date=self.today, zone=self.story.platform.zone, language="en", at=at, by="user:1",
            )  # fmt: skip
        except OfferRefused as refusal:
            raise Refused(str(refusal)) from refusal
        render_contract(contract_id=contract.pk, as_pdf=False, at=at, by="test")
        new = self.story.sign(contract, self.today)
        if sales % 2:
            self.sell(place, D(sales))
            night(self)
        else:
            book_payments(on=self.today)
        match_bank_lines(business_date=self.today, at=self.story.at(self.today), by="test")
        assert Financing.objects.get(pk=old).state == "repaid"
        self.financings = [*self.financings[:place], new.pk, *self.financings[place + 1 :]]
        self.moved = set(range(len(self.financings)))

    @rule(place=which, days=st.integers(0, 3), more=st.integers(0, 2))
    def the_next_instalment_moves(self, place: int, days: int, more: int) -> None:
        """To one of the next days, or only more of them are added."""
        until = self.today + days * DAY if days else None
        self.act(4 + place % 2, "due_date", until=until, more=more)

    @rule(place=which)
    def a_write_off_is_proposed(self, place: int) -> None:
        self.act(place, "write_off")

    @rule(choice=st.integers(0, 3), agrees=st.sampled_from([True, False, False]))
    def a_second_person_decides(self, choice: int, agrees: bool) -> None:
        proposed = Event.objects.filter(state="proposed", financing__in=self.financings).order_by("pk")
        if not proposed:
            return
        event, at = proposed[choice % len(proposed)], self.story.at(self.today)
        place = self.financings.index(event.financing_id)
        self.moved.add(place)
        with pytest.raises(Refused):
            approve(event_id=event.pk, asked_on=self.today, at=at, by=event.by)
        if agrees:
            self.attempt("approve", lambda: approve(event_id=event.pk, asked_on=self.today, at=at, by="user:2"))
            self.follow(place)
        else:
            self.attempt("refuse", lambda: refuse(event_id=event.pk, reason="no", at=at, by="user:2"))

    @rule(place=which, amount=cents)
    def money_comes_for_what_was_written_off(self, place: int, amount: int) -> None:
        if self.financing(place).state != "written_off":
            return self.sell(place, D(500))
        return self.act(place, "recovery", line=D(amount) / 100)

    # What time does.

    @rule()
    def a_night_passes(self) -> None:
        night(self)
        self.did["night"] += 1
        assert evidence.faults() == []
        self.every_event_has_its_entry()
        self.moved = set(range(len(self.financings)))

    @rule(place=which)
    def a_night_is_missed_and_caught_up(self, place: int) -> None:
        self.today += DAY
        seller = self.sellers[place % 2]
        if seller.financings.active().filter(closed_through__lt=self.today - DAY).exists():
            with pytest.raises(SellerBusy):
                self.perform(place, Act("resume", "before the night has run"))
        night(self)
        self.did["two nights"] += 1
        self.moved = set(range(len(self.financings)))

    # How it is done.

    def financing(self, place: int) -> Financing:
        return Financing.objects.select_related("version__product__pool", "seller").get(pk=self.financings[place])

    def act(self, place: int, kind: str, line: Decimal | None = None, back: int = 0, **facts: Any) -> None:
        def do() -> None:
            if line is not None:
                row = make_bank_line(amount=line, booked_on=self.today - back * DAY, key=f"machine:{self.lines}")
                facts["line_id"] = row.pk
            self.perform(place, Act(kind, "the machine asked", **facts))

        self.lines += 1
        self.attempt(kind, do)

    def perform(self, place: int, act: Act) -> Event:
        self.moved.add(place)
        return perform(
            financing_id=self.financings[place], act=act, key=f"machine:{self.lines}:{act.kind}", asked_on=self.today,
            at=self.story.at(self.today), by="user:1",
        )  # fmt: skip

    def attempt(self, name: str, do: Callable[[], object]) -> None:
        """Do it whole, or be refused and have changed nothing."""
        with suppress(Refused), transaction.atomic():
            do()
            self.did[name] += 1
            return
        self.did["refused"] += 1

    # What holds after every step.

    @invariant()
    def the_books_hold(self) -> None:
        assert proofs.faults() == []
        assert repayment_proofs.faults() == []

    @invariant()
    def nothing_is_below_zero(self) -> None:
        below = Q(principal__lt=0) | Q(fee__lt=0) | Q(interest__lt=0) | Q(penalty__lt=0) | Q(overpaid__lt=0)
        owing = ~Q(principal=0) | ~Q(fee=0) | ~Q(interest=0) | ~Q(penalty=0)
        assert not Financing.objects.filter(below).exists()
        assert not Financing.objects.filter(owing).exclude(state="active").exists()
        assert not Financing.objects.filter(~Q(overpaid=0)).exclude(state="overpaid").exists()
        assert not Financing.objects.filter(state="overpaid", overpaid=0).exists()
        assert not Financing.objects.filter(state="active", principal=0, fee=0, interest=0, penalty=0).exists()
        assert not Demand.objects.filter(paid__gt=F("amount")).exists()
        assert not FundingPool.objects.filter(Q(drawn__lt=0) | Q(reserved__lt=0)).exists()
        assert not FundingPool.objects.filter(drawn__gt=F("committed") - F("reserved")).exists()
        for one in Sweep.objects.all():
            assert one.kept <= max(one.net + min(one.brought_forward, D(0)), D(0))

    @invariant()
    def the_banks_cash_is_explained(self) -> None:
        for purpose, code in (("collection", chart.COLLECTION_CASH), ("funding", chart.FUNDING_CASH)):
            explained = BankLine.objects.filter(purpose=purpose).exclude(matched_to="")
            total = explained.aggregate(total=Sum("amount"))["total"] or D(0)
            assert DailyTotal.objects.balance(code, "CNY", self.today + DAY) == total

    @invariant()
    def what_was_known_stays_known(self) -> None:
        rows = Movement.objects.values_list(
            "pk", "financing", "business_date", "kind", "reason", "key", "principal", "fee", "interest", "penalty",
            "surplus", "outstanding", "entry_key", "effective_on", "event", "reverses",
        )  # fmt: skip
        now = {row[0]: row[1:] for row in rows}
        assert {key: now.get(key) for key in self.known} == self.known
        self.known = now

    @invariant()
    def a_life_told_again_is_the_life_that_was_lived(self) -> None:
        while self.moved:
            financing = self.financing(self.moved.pop())
            if financing.state in {"written_off", "restructured"}:
                continue
            told = plan(financing, _no_event(financing, self.today))
            assert (told.undone, told.told) == ((), ()), financing.number
            assert told.after == told.before, financing.number
            stored = stored_rows(financing)
            if stored:
                through = financing.closed_through or self.today
                assert settled(told.life.rows, {one.number: one for one in stored}, through) == stored
                continue
            paid = dict(Demand.objects.filter(financing=financing).values_list("pk", "paid"))
            assert {one.id: one.paid for one in told.life.demands} == paid, financing.number

    @invariant()
    def a_seller_is_as_late_as_the_latest_financing(self) -> None:
        for seller in Seller.objects.all():
            worst = seller.financings.active().aggregate(worst=Max("days_past_due"))["worst"] or 0
            assert seller.worst_days_past_due == worst

    def every_event_has_its_entry(self) -> None:
        for event in Event.objects.exclude(reason="").exclude(state="proposed"):
            moved = event.movements.exclude(entry_key__in=Entry.objects.values("key"))
            assert not moved.exists()
        done = Event.objects.filter(state="done")
        assert not Event.objects.filter(reason="").exists()
        recorded = Counter(Record.objects.filter(kind__in=Event.Kind.values).values_list("kind", flat=True))
        assert recorded == Counter(done.values_list("kind", flat=True))


def _no_event(financing: Financing, today: date) -> Event:
    """An event that changes nothing, on the last date of interest of `financing`."""
    dates = (financing.closed_through, financing.accrued_through)
    return Event(
        financing=financing, number=999, kind="resume", key="again", reason="none", by="test",
        effective_on=today, business_date=max(one for one in dates if one), details={},
    )  # fmt: skip


def run_machine(platform: Platform, examples: int, steps: int, **more: Any) -> Counter[str]:
    town = Town(platform)
    Machine.did.clear()
    run_state_machine_as_test(
        lambda: Machine(town),  # type: ignore[arg-type]  # any factory will do, its types say a class
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )
    return Counter(Machine.did)


def test_whatever_happens_the_books_hold(platform: Platform) -> None:
    did = run_machine(platform, examples=7, steps=45)
    assert sum(did.values()) >= 200


@pytest.mark.soak
def test_two_thousand_steps_and_the_books_hold(platform: Platform) -> None:
    did = run_machine(platform, examples=40, steps=60, derandomize=False)
    assert sum(did.values()) >= 2000
    print(dict(did))
