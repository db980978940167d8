"""Anything, in any order: a machine acts on six financings of two sellers and holds the books to their promises.

Every step is a real service on a real PostgreSQL, inside one transaction that is rolled back when the example ends.
After every step: debits are credits, balances are what moved and what the ledger says, nothing is below zero, the
bank's cash is explained, and each life told again from its facts is the life that was lived.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from apps.evidence import proofs as evidence
from apps.financing.models import Financing, Offer
from apps.financing.refusals import OfferRefused, SellerBusy
from apps.financing.services import render_contract
from apps.products.models import ProductVersion
from apps.reconciliation.bank import book_payments
from apps.reconciliation.fingerprint import books
from apps.reconciliation.matching import match_bank_lines
from apps.repayment.events import REVERSIBLE, Act, approve, perform, refuse
from apps.repayment.life import Refused
from apps.repayment.models import Event
from apps.repayment.refilling import accept_refill
from apps.tenants.models import Platform
from apps.warehousing.models import PledgedReceipt
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import cancel_request
from tests.factories import make_bank_line
from tests.repayment.promises import Promises
from tests.repayment.town import Town, night
from tests.story import DAY
from tests.warehousing.pledging import asked

D = Decimal

which = st.integers(0, 5)
cents = st.integers(1, 60_000)
days_back = st.integers(0, 12)
share = st.sampled_from([D("0.1"), D("0.5"), D(1)])


class Done(NamedTuple):
    """An act as it was asked for, and the event that came of it."""

    financing_id: int
    act: Act
    key: str
    event_id: int


class Machine(Promises):
    """What people, sales and nights may do; `did` counts what was really done, over all examples."""

    did: Counter[str] = Counter()

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.story, self.sellers, self.orders, self.today = town.story, town.sellers, town.orders, town.today
        self.financings, self.bales = town.financings, town.bales
        self.lines = 0
        self.last: Done | None = None
        self.moved = set()
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
        kinds = REVERSIBLE.get(self.financing(place).state, frozenset())
        events = Event.objects.filter(
            financing=self.financings[place], kind__in=kinds, state="done", reversed_by=None
        ).order_by("number")
        if not events:
            return None
        event = events[choice % len(events)]
        from_bank = "line" in event.details
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

    # What comes a second time.

    @rule()
    def the_same_act_comes_again(self) -> None:
        """With its key, as from a double click or a redelivery: the same event, and nothing else."""
        if self.last is None:
            return self.sell(0, D(400))
        financing_id, act, key, event_id = self.last
        before = books()
        again = perform(
            financing_id=financing_id, act=act, key=key, asked_on=self.today, at=self.story.at(self.today), by="user:1"
        )
        assert again.pk == event_id
        assert books() == before
        self.did["the same act"] += 1
        return None

    @rule()
    def the_night_comes_again(self) -> None:
        before, was_closed = books(), self.today - DAY
        assert self.story.night(was_closed).is_over
        assert books() == before
        self.did["the same night"] += 1

    # What goods do.

    @rule(place=st.integers(0, 1), goes_back=st.booleans())
    def goods_are_pledged(self, place: int, goes_back: bool) -> None:
        """Asked for, or given back; a second pledge of the same goods is refused."""
        self.lines += 1
        at, bale = self.story.at(self.today), self.bales[place]
        holding = PledgedReceipt.objects.live().filter(receipt=bale).first()
        if holding is not None:
            with pytest.raises(PledgeRefused):
                asked([bale], number=f"P-{self.lines}", on=self.today, at=at)
        if holding is None:
            asked([bale], number=f"P-{self.lines}", on=self.today, at=at)
            self.did["pledge"] += 1
        elif goes_back:
            cancel_request(pledge_id=holding.pledge_id, reason="not needed", on=self.today, at=at, by="user:1")
            self.did["pledge given back"] += 1
        else:
            self.did["refused"] += 1

    # How it is done.

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
        key = f"machine:{self.lines}:{act.kind}"
        event = perform(
            financing_id=self.financings[place], act=act, key=key, asked_on=self.today,
            at=self.story.at(self.today), by="user:1",
        )  # fmt: skip
        self.last = Done(event.financing_id, act, key, event.pk)
        return event

    def attempt(self, name: str, do: Callable[[], object]) -> None:
        """Do it whole, or be refused and have changed nothing: what was done on the way does not count either."""
        counted, last, today = Counter(self.did), self.last, self.today
        with suppress(Refused), transaction.atomic():
            do()
            self.did[name] += 1
            return
        self.did.clear()
        self.did.update(counted)
        self.last, self.today = last, today
        self.did["refused"] += 1


def run_machine(town: Town, examples: int, steps: int, **more: Any) -> Counter[str]:
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


def acts_done(did: Counter[str]) -> int:
    """How many steps did something: what was refused is none of them."""
    return did.total() - did["refused"]


def test_whatever_happens_the_books_hold(platform: Platform) -> None:
    town = Town(platform)
    did = run_machine(town, examples=7, steps=45)
    assert acts_done(did) >= 200
    assert {"the same act", "the same night", "pledge", "night"} <= set(did)
    for promise, statement in BREACHES.items():
        assert is_noticed(town, promise, statement), f"{promise} did not notice: {statement}"


# What a superuser can do; each is noticed by the promise that it breaks.
BREACHES = {
    "what_was_written_stays_as_it_was": "UPDATE ledger_posting SET amount = amount + 1 WHERE id = 1 + "
    "(SELECT min(id) FROM ledger_posting)",
    "no_state_moved_without_its_transition": "UPDATE financing_offer SET state = 'replaced' WHERE state = 'expired'",
    "nothing_is_financed_or_pledged_twice": "UPDATE financing_financing SET state = 'cancelled'",
    "a_decision_keeps_what_it_rested_on": "UPDATE financing_application SET decision = decision - 'score'",
    "no_price_stands_without_its_annualised_rate": "UPDATE financing_contract "
    "SET terms = jsonb_set(terms::jsonb, '{annualised_rate}', to_jsonb('0'::text))::text",
}


def is_noticed(town: Town, promise: str, statement: str) -> bool:
    """Whether `promise` holds in the town, and no longer once `statement` has broken it; undone in the end."""
    machine = Machine(town)
    try:
        getattr(machine, promise)()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in ("ledger_posting", "financing_application"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement)
            assert cursor.rowcount > 0
        machine.quoted.clear()
        try:
            getattr(machine, promise)()
        except AssertionError:
            return True
        return False
    finally:
        machine.teardown()


@pytest.mark.soak
@pytest.mark.parametrize(("examples", "steps", "least"), [(60, 60, 2000), (200, 50, 5000)])
def test_thousands_of_steps_and_the_books_hold(platform: Platform, examples: int, steps: int, least: int) -> None:
    did = run_machine(Town(platform), examples=examples, steps=steps, derandomize=False)
    print(dict(did))
    assert acts_done(did) >= least
