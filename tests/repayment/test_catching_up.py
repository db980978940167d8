"""A seller whom nights set aside is caught up as if they had not been: our failed night costs the seller nothing."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.banking.models import Instruction, PaymentBatch
from apps.evidence import proofs as evidence
from apps.financing.models import Financing
from apps.ledger import proofs
from apps.ledger.calendar import DateClosed
from apps.orders.models import Order
from apps.portal.doors import come_back_later
from apps.products.models import FundingPool
from apps.reconciliation.models import NightlyRun, SetAside
from apps.reconciliation.night import Night, open_night, work_on
from apps.reconciliation.rerunning import rerun
from apps.repayment import proofs as repayment_proofs
from apps.repayment.events import Act, perform
from apps.repayment.history import as_told
from apps.repayment.models import Demand, Event, Movement, NearBreach, Sweep
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_bank_line
from tests.portal.test_pages import person
from tests.story import DAY, FIRST, Story

D = Decimal
GUARD = """
CREATE FUNCTION refuse_the_unlucky() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seller_id = ANY(coalesce(nullif(current_setting('test.unlucky', true), ''), '{}')::bigint[])
       AND NEW.closed_through IS DISTINCT FROM OLD.closed_through THEN
        RAISE EXCEPTION 'this row is broken' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_the_unlucky BEFORE UPDATE ON financing_financing
FOR EACH ROW EXECUTE FUNCTION refuse_the_unlucky();
"""


def faults() -> list[str]:
    return [*proofs.faults(), *repayment_proofs.faults(), *evidence.faults()]


def breakable() -> None:
    """From now on the database can be told to close no day of certain sellers."""
    with connection.cursor() as cursor:
        cursor.execute(GUARD)


@contextmanager
def broken(sellers: Sequence[Seller]) -> Iterator[None]:
    """The database refuses to close a day of these sellers, as it does where a row of theirs breaks a rule."""
    _break([seller.pk for seller in sellers])
    yield
    _break([])


def _break(keys: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('test.unlucky', %s, false)", ["{" + ",".join(map(str, keys)) + "}"])


def facts_of(seller: Seller) -> dict[str, Any]:
    """All that the nights left of a seller, by the dates from which it counts, to the cent."""
    mine: dict[str, Any] = {}
    for one in Financing.objects.filter(seller=seller):
        mine[one.version.product.code] = {
            "balances": Financing.objects.values_list(
                "state", "principal", "fee", "interest", "penalty", "overpaid", "accrued", "accrued_posted",
                "penalty_accrued", "penalty_posted", "past_due", "days_past_due", "closed_through", "demands_raised",
                "quiet_through",
            ).get(pk=one.pk),
            "demands": list(Demand.objects.filter(financing=one).order_by("number").values_list(
                "number", "kind", "starts_on", "due_on", "amount", "paid", "fee", "interest", "paid_fee",
                "paid_interest", "state",
            )),
            "movements": [(row.counts_from, row.identity, row.parts, row.outstanding)
                          for row in as_told(one, date.max)],
            "near": list(NearBreach.objects.filter(financing=one).order_by("pk").values_list(
                "number", "checked_on", "expected", "paid",
            )),
        }  # fmt: skip
    mine["days"] = list(
        Sweep.objects.filter(seller=seller).order_by("business_date").values_list(
            "business_date", "captured", "refunded", "charged_back", "brought_forward", "kept", "paid_out",
            "carried_forward", "state",
        )
    )  # fmt: skip
    mine["paid out"] = list(
        Instruction.objects.filter(subject=f"seller:{seller.pk}").order_by("reference").values_list("amount", flat=True)
    )
    mine["seller"] = Seller.objects.values_list("balance", "worst_days_past_due").get(pk=seller.pk)
    return mine


def reached_the_pools() -> Decimal:
    """What was instructed to the pools, and what waits at them for the next night."""
    sent = Instruction.objects.filter(kind="transfer").aggregate(total=Sum("amount"))["total"] or D(0)
    return sent + (FundingPool.objects.aggregate(total=Sum("collected"))["total"] or D(0))


def swept() -> Decimal:
    return Sweep.objects.aggregate(total=Sum("kept"))["total"] or D(0)


PRODUCTS = (("sales-advance",), ("early-payment",), ("stock-loan",), ("sales-advance", "early-payment"))


class Twins:
    """Pairs of sellers who live alike: one is closed every night, the other is set aside now and then."""

    def __init__(self, platform: Platform) -> None:
        self.story = Story(platform)
        self.today = FIRST
        self.story.agree(
            "sales-advance", FIRST, period_days=4, penalty_per_thousand=D("0.5"), grace_days=1, day_cap=D(150),
            livelihood_floor=D(20), maximum_share=D("0.3"),
        )  # fmt: skip
        self.story.agree("early-payment", FIRST, settlement_days=8, penalty_rate=D("0.18"), grace_days=0)
        self.story.agree("stock-loan", FIRST, instalment_unit="weeks", instalments=3, penalty_per_thousand=D(1))
        self.pairs = [(self._seller(f"On time {n}"), self._seller(f"Set aside {n}")) for n in range(len(PRODUCTS))]
        self.orders = {
            seller.pk: [self.story.delivered(seller, paid, FIRST) for paid in ("1500.00", "400.00")]
            for seller in self.sellers
        }
        for place in range(2):
            self.night()
            for pair, codes in zip(self.pairs, PRODUCTS, strict=True):
                for seller in pair if place < len(codes) else ():
                    self.story.draw(self.story.offer(seller, codes[place]), "600", self.today)
        for _day in range(5):
            self.night()
        breakable()

    @property
    def sellers(self) -> list[Seller]:
        return [seller for pair in self.pairs for seller in pair]

    @property
    def unlucky(self) -> list[Seller]:
        return [seller for _on_time, seller in self.pairs]

    def _seller(self, name: str) -> Seller:
        return self.story.seller(name)

    def night(self) -> NightlyRun:
        run = self.story.night(self.today, chunk_size=3)
        self.today += DAY
        return run

    def sell(self, amount: str, kind: str = "capture", order: int | None = None) -> None:
        """All of them live through the same."""
        for seller in self.sellers:
            bought = None if order is None else Order.objects.get(pk=self.orders[seller.pk][order].pk)
            told = self.story.settle(self.today, seller, amount, kind=kind, order=bought)
            assert told.rejected == ()


DAYS = st.lists(st.integers(0, 200_000), min_size=5, max_size=5)


def test_set_aside_for_some_nights_and_caught_up_is_as_never_set_aside(platform: Platform) -> None:
    twins = Twins(platform)

    @settings(max_examples=3)
    @given(sales=DAYS, nights=st.integers(1, 3), order_on=st.integers(0, 4), back_on=st.integers(1, 4))
    def same(sales: list[int], nights: int, order_on: int, back_on: int) -> None:
        with transaction.atomic():
            first, twins.today = twins.today, twins.today
            twins.sell("400.00", order=1)
            for number, cents in enumerate(sales):
                if cents:
                    twins.sell(str(D(cents) / 100))
                if number == order_on:
                    twins.sell("1500.00", order=0)
                if number == back_on:
                    twins.sell("400.00", kind="chargeback", order=1)
                with broken(twins.unlucky if number < nights else []):
                    run = twins.night()
                assert run.set_aside.count() == (len(twins.unlucky) if number < nights else 0)
            for on_time, late in twins.pairs:
                assert facts_of(late) == facts_of(on_time)
                booked = Movement.objects.filter(financing__seller=late, business_date__gte=first)
                assert booked.exists()
                assert min(booked.values_list("business_date", flat=True)) == first + nights * DAY
            assert reached_the_pools() == swept() > 0
            assert not Instruction.objects.filter(kind__in=["payout", "transfer"], batch=None).exists()
            assert not SetAside.objects.filter(resolved_at=None).exists()
            assert faults() == []
            twins.today = first
            transaction.set_rollback(True)

    same()


class Pair:
    """Two sellers who live alike and draw an advance each; of the second the database refuses to close a day."""

    def __init__(self, platform: Platform, first: date) -> None:
        self.story = Story(platform, first=first)
        self.today = first
        self.on_time, self.late = self.story.seller("On time"), self.story.seller("Set aside")
        self.sellers = (self.on_time, self.late)
        self.night()
        for seller in self.sellers:
            self.story.draw(self.story.offer(seller), "1000", self.today)
        self.night()
        breakable()

    def night(self) -> NightlyRun:
        run = self.story.night(self.today)
        self.today += DAY
        return run

    def sell(self, amount: str) -> None:
        for seller in self.sellers:
            self.story.settle(self.today, seller, amount)

    def pay(self, seller: Seller, amount: str) -> Event:
        """The seller's bank brings money today."""
        return perform(
            financing_id=seller.financings.get().pk,
            act=Act("payment", "by bank", line_id=make_bank_line(amount=D(amount), booked_on=self.today).pk),
            key="paid", asked_on=self.today, at=self.story.at(self.today), by="user:1",
        )  # fmt: skip


def test_who_acts_on_a_seller_that_was_set_aside_finds_the_missed_day_closed(platform: Platform) -> None:
    pair = Pair(platform, FIRST)
    pair.sell("2000.00")
    with broken([pair.late]):
        assert pair.night().set_aside.count() == 1
    for seller in pair.sellers:
        pair.pay(seller, "300.00")
    late = Sweep.objects.get(seller=pair.late)
    assert (late.business_date, late.kept, late.paid_out) == (pair.today - DAY, D(240), D(1760))
    payout = Instruction.objects.get(subject=f"seller:{pair.late.pk}")
    assert (payout.business_date, payout.batch) == (pair.today, None)  # it waits for tonight's batch
    pair.sell("500.00")
    pair.night()
    payout.refresh_from_db()
    assert payout.batch == PaymentBatch.objects.get(key=f"payouts:{pair.today - DAY}")
    assert facts_of(pair.late) == facts_of(pair.on_time)
    assert swept() == 2 * D(240) + 2 * D(60)
    assert reached_the_pools() == swept() + 2 * D(300)
    assert not SetAside.objects.filter(resolved_at=None).exists()
    assert faults() == []


def test_an_act_on_a_seller_whose_rows_are_still_broken_is_done_and_the_night_catches_up(
    platform: Platform, client_of: Callable[..., Any]
) -> None:
    today = platform.business_date(datetime.now(UTC))
    pair = Pair(platform, today - 3 * DAY)
    pair.sell("2000.00")
    financing = pair.late.financings.get()
    desk = client_of(platform, person(Role.STAFF, "staff@meadow.example"))
    typed = {"fee": "5.00", "reason": "a letter", "key": "k"}
    address = f"/desk/financings/{financing.pk}/charge/"
    with broken([pair.late]):
        pair.night()
        page = desk.post(address, typed).content.decode()
        button = re.search(r'name="do" value="(\w+)"', page)
        assert button is not None
        assert desk.post(address, {**typed, "do": button[1]}).status_code == 302
    assert Event.objects.get().kind == "charge"
    assert not Sweep.objects.filter(seller=pair.late).exists()
    pair.night()
    assert Sweep.objects.get(seller=pair.late).kept == D(240)
    assert not SetAside.objects.filter(resolved_at=None).exists()
    assert faults() == []


def test_who_is_closed_after_the_payouts_were_counted_is_paid_with_the_next_batch_and_so_are_the_pools(
    platform: Platform, client_of: Callable[..., Any]
) -> None:
    pair = Pair(platform, FIRST)
    pair.sell("2000.00")
    day, clock = pair.today, partial(pair.story.at, pair.today + DAY, 2)
    night = Night(platform, open_night(platform=platform, business_date=day, clock=clock, by="night"), clock, "night")
    with broken(pair.sellers):
        while not night.run.chunks.filter(work="payouts", done_at__isnull=False).exists():
            assert work_on(night)
    batch = PaymentBatch.objects.get(key=f"payouts:{day}")
    assert (batch.number_of_payments, batch.total) == (0, D(0))
    desk = client_of(platform, person(Role.STAFF, "staff@meadow.example"))
    assert "Last sign of life 02:00:00." in desk.get(f"/desk/nights/{day}/").content.decode()
    aside = SetAside.objects.get(seller_id=pair.on_time.pk)
    rerun(set_aside_id=aside.pk, platform=platform, at=clock(), by="user:1")
    pair.today += DAY
    pair.pay(pair.late, "300.00")  # closes the day for the other one, while the night is still under way
    assert Sweep.objects.filter(business_date=day, kept=D(240)).count() == 2
    assert FundingPool.objects.get().collected == D(780)  # 2 x 240, and what the bank brought
    while work_on(night):
        pass
    assert pair.story.night(day).state in {"balanced", "with_breaks"}
    assert not batch.instructions.exists()
    pair.night()
    batch = PaymentBatch.objects.get(key=f"payouts:{day + DAY}")
    assert sorted(batch.instructions.values_list("kind", "amount")) == [
        ("payout", D(1760)), ("payout", D(1760)), ("transfer", D(780)),
    ]  # fmt: skip
    assert (batch.number_of_payments, batch.total) == (3, D(4300))
    assert FundingPool.objects.get().collected == 0
    assert faults() == []


def test_a_day_that_closed_meanwhile_is_no_error_of_ours(rf: RequestFactory) -> None:
    @come_back_later
    def view(_request: HttpRequest) -> HttpResponse:
        raise DateClosed("2025-03-01 is closed.")

    request = rf.post("/")
    request.user = AnonymousUser()
    answer = view(request)
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 409
    assert b"just closed" in answer.content
    assert answer["Retry-After"] == "60"
