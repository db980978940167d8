"""A story of goods in store: deposited, asked for, counted, pledged, lent on, partly released, repaid, free again.

Two lots of a tonne of cotton each at 10.00 a kilogram, 20,000.00 in all. The product takes a haircut of 40 % and has a
limit of 70 %, so the goods lend 12,000.00; 9 % a year by actual days / 365: 5,000 x 0.09 / 365 = 1.23288 a day.
"""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.core.states import TransitionNotAllowed
from apps.evidence.models import Record
from apps.financing.models import Application, ApprovalLimit, Contract, Financing, Offer
from apps.financing.refusals import ContractRefused, OfferRefused
from apps.financing.services import (
    accept_offer,
    approve_receipt_loan,
    decline_contract,
    refuse_receipt_loan,
    render_contract,
    request_receipt_loan,
    sign_contract,
    withdraw_receipt_loan,
)
from apps.financing.services.receipt_loans import pledge_of
from apps.products.models import FundingPool
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.tenants.models import Encumbrance, Platform
from apps.users.models import Role
from apps.warehousing.models import Pledge, WarehouseReceipt
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import count_goods, release_goods, request_release
from tests.factories import make_commodity_price, make_particulars, make_user, make_warehouse
from tests.financing.asking import Desk
from tests.scenarios.scene import Neighbour, Scene
from tests.warehousing.goods import COTTON, issued
from tests.warehousing.pledging import cotton_costs, states

D = Decimal
FIRST = date(2025, 3, 1)


class Store:
    """A scene whose seller has two tonnes of cotton in store; who does what next, each in a method."""

    def __init__(self, platform: Platform, price: str = "10.00") -> None:
        cotton_costs(price, FIRST)
        self.scene = Scene(platform, first=FIRST, daily="400.00", order="1.00")
        make_particulars(seller=self.scene.seller, number="91-3300")
        warehouse = make_warehouse()
        self.receipts = [
            issued(number=f"WR-{lot}", depositor=self.scene.seller, warehouse=warehouse,
                   goods=replace(COTTON, weight=D(1000), lot=f"L-{lot}"))
            for lot in (1, 2)
        ]  # fmt: skip
        self.scene.night()
        desk = Desk(self.scene.story, self.scene.today)
        desk.rules(second_above="20000")
        self.approver = desk.approver("20000")

    counter = "user:9002"

    def offer(self) -> Offer:
        return self.scene.story.offer(self.scene.seller, "receipt-loan")

    def ask(self, amount: str, receipts: list[WarehouseReceipt] | None = None) -> Application:
        return request_receipt_loan(
            offer_id=self.offer().pk if not Application.objects.exists() else Application.objects.get().offer_id,
            seller_id=self.scene.seller.pk,
            receipt_ids=[one.pk for one in (self.receipts if receipts is None else receipts)],
            amount=D(amount),
            business_date=self.scene.today,
            at=self.scene.story.at(self.scene.today),
            by="user:1",
        )

    def count(self, application: Application, found: str = "1000") -> Pledge:
        return count_goods(
            pledge_id=pledge_of(application).pk,
            warehouse_id=self.receipts[0].warehouse_id,
            counted={one.pk: D(found) for one in self.receipts},
            on=self.scene.today,
            at=self.scene.story.at(self.scene.today),
            by=self.counter,
        )

    def approve(self, application: Application, by: str = "") -> Contract:
        """One person's approval, which takes effect."""
        contract = self.approves(application, by or self.approver.actor)
        assert contract is not None
        return contract

    def approves(self, application: Application, by: str) -> Contract | None:
        today = self.scene.today
        return approve_receipt_loan(
            application_id=application.pk, business_date=today, at=self.scene.story.at(today), by=by
        )

    def sign(self, contract: Contract) -> None:
        today, at = self.scene.today, self.scene.story.at(self.scene.today)
        render_contract(contract_id=contract.pk, as_pdf=False, at=at, by="test")
        financing = sign_contract(
            contract_id=contract.pk, seller_id=contract.seller_id, business_date=today, at=at, by="user:1"
        )
        book_payments(on=today)
        match_bank_lines(business_date=today, at=at, by="test")
        self.scene.financings[""] = financing.pk


def test_from_the_deposit_to_the_release(meadow: Platform, neighbour: Neighbour) -> None:
    """Drawn on 3 March, interest from the 4th: 1.23, 2.47, 3.70 ... On the 6th the pledge lets one lot go, since
    10,000 x 70 % carries what is owed; on the 8th all is paid by bank, and that night the other lot goes by itself."""
    store = Store(meadow)
    scene = store.scene
    scene.nights_until(date(2025, 3, 3))
    assert store.offer().maximum_amount == D(12_000)
    application = store.ask("5000")
    store.count(application)
    contract = store.approve(application)
    store.sign(contract)
    pledge = Pledge.objects.get()
    assert (pledge.subject, pledge.state) == (f"financing:{scene.financings['']}", "pledged")
    scene.nights_until(date(2025, 3, 6))
    owed = scene.financing().outstanding
    ask_back = {"pledge_id": pledge.pk, "outstanding": owed, "on": scene.today, "at": scene.story.at(scene.today)}
    request_release(**ask_back, receipt_ids=[store.receipts[0].pk], by="user:1")
    release_goods(**ask_back, by="user:3")
    assert states(store.receipts) == ["issued", "pledged"]
    with pytest.raises(PledgeRefused, match="is owed"):
        request_release(**ask_back, receipt_ids=[store.receipts[1].pk], by="user:1")
    with pytest.raises(TransitionNotAllowed):
        WarehouseReceipt.objects.get(pk=store.receipts[1].pk).move(
            "withdraw", at=scene.story.at(scene.today), by="user:1"
        )
    scene.nights_until(date(2025, 3, 8))
    scene.act("payment", paid="5006.16")
    assert states(store.receipts) == ["issued", "pledged"]  # the night lets it go
    scene.nights_until(date(2025, 3, 10))
    scene.says("""
        day   | accrual | interest | principal | past due | state
        03-03 | 0       | 0        | 5000      | 0        | active
        03-04 | 1.23    | 1.23     | 5000      | 0        | active
        03-05 | 1.24    | 2.47     | 5000      | 0        | active
        03-06 | 1.23    | 3.7      | 5000      | 0        | active
        03-07 | 1.23    | 4.93     | 5000      | 0        | active
        03-08 | 1.23    | 0        | 0         | 0        | repaid
    """)
    assert states(store.receipts) == ["issued", "issued"]
    assert Pledge.objects.get().state == "released"
    assert not Encumbrance.objects.exists()
    scene.holds(neighbour)


def test_what_is_not_repaid_when_due_is_past_due_and_stays_in_pledge(meadow: Platform, neighbour: Neighbour) -> None:
    store = Store(meadow)
    application = store.ask("5000")
    store.count(application)
    store.sign(store.approve(application))
    financing = store.scene.financing()
    assert financing.due_on == store.scene.today + timedelta(days=120)
    Financing.objects.filter(pk=financing.pk).update(due_on=date(2025, 3, 4))
    store.scene.nights_until(date(2025, 3, 10))
    store.scene.says("""
        day   | interest | principal | past due | days past due
        03-03 | 0        | 5000      | 0        | 0
        03-04 | 1.23     | 5000      | 5001.23  | 0
        03-07 | 4.93     | 5000      | 5004.93  | 0
        03-08 | 6.16     | 5000      | 5006.16  | 4
    """)
    assert states(store.receipts) == ["pledged", "pledged"]
    store.scene.holds(neighbour)


def test_less_counted_is_less_lent(meadow: Platform) -> None:
    """800 kg of each tonne: 16,000.00 x 60 % = 9,600.00."""
    store = Store(meadow)
    application = store.ask("12000")
    store.count(application, found="800")
    contract = store.approve(application)
    assert contract.application.approved_amount == D(9600)
    assert Application.objects.get().offer.accepted_amount == D(9600)
    assert store.approve(application) == contract  # once


def test_the_one_who_counted_approves_nothing(meadow: Platform) -> None:
    store = Store(meadow)
    application = store.ask("5000")
    with pytest.raises(PledgeRefused, match="not counted"):
        store.approve(application)
    store.count(application)
    with pytest.raises(PledgeRefused, match="colleague"):
        store.approve(application, by=store.counter)
    assert (Application.objects.get().state, states(store.receipts)) == ("under_review", ["issued", "issued"])


def test_people_approve_goods_loans_within_their_limits_and_a_large_one_takes_two(meadow: Platform) -> None:
    """12,000 on two tonnes. Above 10,000 it takes two people; one may approve 5,000 alone, another 15,000. In between
    the price falls to 9.50: the goods carry 19,000.00 x 60 % = 11,400."""
    store = Store(meadow)
    desk = Desk(store.scene.story, store.scene.today)
    desk.rules(second_above="10000")
    small, other, large = desk.approver("5000"), desk.approver("5000"), desk.approver("15000")
    analyst = make_user(role=Role.ANALYST)
    application = store.ask("12000")
    store.count(application)
    with pytest.raises(OfferRefused, match="Only people who decide"):
        store.approves(application, analyst.actor)
    assert store.approves(application, small.actor) is None
    application.refresh_from_db()
    assert (application.state, application.proposed_amount, application.proposed_by) == (
        "under_review", 12_000, small.actor,
    )  # fmt: skip
    assert states(store.receipts) == ["issued", "issued"]  # the goods are not taken in by one
    assert Pledge.objects.get().state == "requested"
    assert FundingPool.objects.get().reserved == 0
    with pytest.raises(OfferRefused, match="Another person must"):
        store.approves(application, small.actor)
    with pytest.raises(OfferRefused, match="Neither of you"):
        store.approves(application, other.actor)
    make_commodity_price(commodity="cotton-a-index", on=store.scene.today, price=D("9.50"))
    assert store.approves(application, large.actor) is None  # another amount: the first again
    application.refresh_from_db()
    assert (application.proposed_amount, application.proposed_by) == (11_400, large.actor)
    contract = store.approve(application, by=small.actor)
    application.refresh_from_db()
    assert (application.approved_amount, application.proposed_by, application.approved_by) == (
        11_400, large.actor, small.actor,
    )  # fmt: skip
    assert states(store.receipts) == ["pledged", "pledged"]
    assert FundingPool.objects.get().reserved == 11_400
    approved = json.loads(Record.objects.get(kind="application_approved").payload)
    assert approved["approved_by"] == [large.actor, small.actor]
    assert store.approves(application, other.actor) == contract  # approved already: nothing happens
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=application.pk).update(approved_by=large.actor)


def test_nobody_approves_goods_loans_on_a_platform_without_limits(meadow: Platform) -> None:
    store = Store(meadow)
    ApprovalLimit.objects.all().delete()
    application = store.ask("5000")
    store.count(application)
    assert store.approves(application, store.approver.actor) is None
    with pytest.raises(OfferRefused, match="Neither of you"):
        store.approves(application, make_user(role=Role.APPROVER).actor)
    assert not Contract.objects.exists()


def test_an_amount_that_the_goods_do_not_carry_is_refused_and_nothing_is_held(meadow: Platform) -> None:
    store = Store(meadow)
    with pytest.raises(OfferRefused, match=r"carry 6000\.00 CNY"):
        store.ask("6001", store.receipts[:1])
    with pytest.raises(PledgeRefused, match="at least one"):
        store.ask("6000", [])
    with pytest.raises(OfferRefused, match="Choose the receipts"):
        accept_offer(
            offer_id=store.offer().pk,
            seller_id=store.scene.seller.pk,
            amount=D(5000),
            business_date=store.scene.today,
            zone=meadow.zone,
            language="en",
            at=store.scene.story.at(store.scene.today),
            by="user:1",
        )
    assert not Application.objects.exists()
    assert not Encumbrance.objects.exists()


def test_asking_twice_is_asking_once_and_leaves_other_offers_open(meadow: Platform) -> None:
    store = Store(meadow)
    assert store.ask("5000") == store.ask("5000")
    assert Pledge.objects.count() == 1
    assert store.scene.story.offer(store.scene.seller, "sales-advance").state == "delivered"
    store.scene.night()
    assert Application.objects.get().offer.state == "accepted"  # no night takes it away while the goods are held


@pytest.mark.parametrize("end", ["refuse", "withdraw", "decline"])
def test_given_up_or_refused_the_goods_are_free_again(meadow: Platform, end: str) -> None:
    store = Store(meadow)
    application = store.ask("5000")
    facts = {"at": store.scene.story.at(store.scene.today)}
    on = store.scene.today
    if end == "refuse":
        with pytest.raises(OfferRefused, match="Say why"):
            refuse_receipt_loan(application_id=application.pk, reason=" ", business_date=on, by="user:3", **facts)
        for _twice in range(2):
            refuse_receipt_loan(application_id=application.pk, reason="damp", business_date=on, by="user:3", **facts)
    elif end == "withdraw":
        seller = store.scene.seller.pk
        for _twice in range(2):
            withdraw_receipt_loan(
                application_id=application.pk, seller_id=seller, business_date=on, by="user:1", **facts
            )
    else:
        store.count(application)
        contract = store.approve(application)
        with pytest.raises(OfferRefused, match="decided already"):
            refuse_receipt_loan(application_id=application.pk, reason="late", business_date=on, by="user:3", **facts)
        decline_contract(contract_id=contract.pk, seller_id=contract.seller_id, reason="no", by="user:1", **facts)
    assert states(store.receipts) == ["issued", "issued"]
    assert not Encumbrance.objects.exists()
    assert Application.objects.get().offer.state == "cancelled"


def test_a_contract_is_not_signed_when_the_goods_no_longer_carry_it(meadow: Platform) -> None:
    """12,000 on goods at 10.00; at 8.00 they are worth 16,000.00 and carry 11,200.00."""
    store = Store(meadow)
    application = store.ask("12000")
    store.count(application)
    contract = store.approve(application)
    make_commodity_price(commodity="cotton-a-index", on=store.scene.today, price=D("8.00"))
    with pytest.raises(ContractRefused, match="At today's prices"):
        store.sign(contract)
    assert Contract.objects.get().state == "drafted" or Contract.objects.get().state == "rendered"
    assert states(store.receipts) == ["pledged", "pledged"]


def test_goods_in_a_pledge_are_in_no_second_offer(meadow: Platform) -> None:
    store = Store(meadow)
    application = store.ask("5000", store.receipts[:1])
    store.scene.night()
    assert store.offer().maximum_amount == D(6000)  # the free lot alone
    withdraw_receipt_loan(
        application_id=application.pk,
        seller_id=store.scene.seller.pk,
        business_date=store.scene.today,
        at=store.scene.story.at(store.scene.today),
        by="user:1",
    )
    store.scene.night()
    assert store.offer().maximum_amount == D(12_000)
