"""From an offer to money on its way: once, and only as offered."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.banking.models import Instruction
from apps.core.models import Transition
from apps.evidence.models import Record
from apps.financing.models import Application, Contract, FinancedOrder, Financing, Offer, Promise
from apps.financing.refusals import ContractRefused, OfferRefused, SellerBusy
from apps.financing.services import decline_contract, lapse_unsigned, render_contract
from apps.financing.services.acceptance import can_accept
from apps.financing.services.drawing import room_of
from apps.products.models import FundingPool
from apps.repayment import proofs as repayment_proofs
from apps.sellers.models import Message
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.factories import make_user
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
TODAY = FIRST + DAY


@pytest.fixture
def story(platform: Platform) -> Story:
    return Story(platform)


@pytest.fixture
def offer(story: Story) -> Offer:
    seller = story.seller()
    story.night(FIRST)
    return story.offer(seller)


def render(story: Story, contract: Contract) -> Contract:
    return render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(TODAY), by="test")


def test_accept_render_sign_and_the_money_is_instructed(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    financing = story.sign(contract, TODAY)
    offer.refresh_from_db()
    contract.refresh_from_db()
    assert (offer.state, offer.accepted_amount, offer.accepted_fee) == ("accepted", D("1000"), D("40"))
    assert (contract.state, contract.application.state, financing.state) == ("in_force", "contracted", "pending")
    assert (financing.amount, financing.flat_fee, financing.principal) == (D("1000"), D("40"), D("0"))
    instruction = Instruction.objects.get(kind="disbursement")
    assert (instruction.amount, instruction.to_account) == (D("1000"), offer.seller.payout_account)
    pool = FundingPool.objects.get()
    assert (pool.reserved, pool.drawn) == (D("1000"), D("0"))
    assert Record.objects.filter(kind="contract_signed", subject=f"contract:{contract.pk}").exists()


def test_the_decision_is_frozen_with_its_inputs(story: Story, offer: Offer) -> None:
    application = story.accept(offer, "1000", TODAY).application
    assert application.decision is not None
    assert application.decision["limit"] == "6000.0000"
    assert application.decision["features"]["active_months"] == 12
    assert application.decision["version"] == 1
    assert [row.verb for row in Transition.of(application)] == ["create", "submit", "assess", "approve"]
    assert application.valid_until == TODAY + timedelta(days=7)


def test_the_contract_states_what_was_offered(story: Story, offer: Offer) -> None:
    terms = json.loads(story.accept(offer, "1000", TODAY).terms)
    assert (terms["amount"], terms["fee"], terms["total"]) == ("1000", "40.00", "1040.00")
    assert [one["case"] for one in terms["projections"]] == ["slow", "expected", "fast"]
    assert Decimal(terms["annualised_rate"]) > Decimal("0.3")


def test_a_double_click_accepts_once(story: Story, offer: Offer) -> None:
    assert story.accept(offer, "1000", TODAY) == story.accept(offer, "1000", TODAY)
    assert Application.objects.count() == Contract.objects.count() == 1


def test_a_double_click_signs_once(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    assert story.sign(contract, TODAY) == story.sign(contract, TODAY)
    assert Financing.objects.count() == Instruction.objects.filter(kind="disbursement").count() == 1


def test_an_accepted_offer_is_not_accepted_for_another_amount(story: Story, offer: Offer) -> None:
    story.accept(offer, "1000", TODAY)
    with pytest.raises(OfferRefused, match="no longer open"):
        story.accept(offer, "500", TODAY)
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("amount", ["99.99", "1300.01", "1e9", "0", "-5"])
def test_an_amount_outside_the_offer_is_refused(story: Story, offer: Offer, amount: str) -> None:
    with pytest.raises(OfferRefused, match="between the least and the most"):
        story.accept(offer, amount, TODAY)
    assert not Application.objects.exists()
    offer.refresh_from_db()
    assert offer.state == "delivered"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "500.001"])
def test_an_amount_that_cannot_be_paid_is_refused(story: Story, offer: Offer, amount: str) -> None:
    with pytest.raises(OfferRefused):
        story.accept(offer, amount, TODAY)
    assert not Application.objects.exists()


def test_an_expired_offer_is_refused(story: Story, offer: Offer) -> None:
    with pytest.raises(OfferRefused, match="expired"):
        story.accept(offer, "1000", offer.expires_on + DAY)
    assert not can_accept(offer=offer, seller=offer.seller, amount=D("1000"), business_date=offer.expires_on + DAY)
    assert can_accept(offer=offer, seller=offer.seller, amount=D("1000"), business_date=offer.expires_on)


def test_a_suspended_seller_cannot_draw(story: Story, offer: Offer) -> None:
    offer.seller.move("suspend", at=story.at(TODAY), by="user:9", reason="documents")
    with pytest.raises(OfferRefused, match="contact the platform"):
        story.accept(offer, "1000", TODAY)


def test_another_sellers_offer_does_not_exist(story: Story, offer: Offer) -> None:
    stranger = story.seller("Wang Wu")
    offer.seller_id = stranger.pk  # as a forged address would say it
    with pytest.raises(Offer.DoesNotExist):
        story.accept(offer, "1000", TODAY)
    assert not Application.objects.exists()


def test_accepting_passes_the_siblings_over(story: Story) -> None:
    seller = story.seller()
    for number in range(4):
        story.delivered(seller, "500.00", FIRST, name=f"parcel-{number}")
    story.night(FIRST)
    advance, early = story.offer(seller), story.offer(seller, "early-payment")
    story.accept(early, "1000", TODAY)
    advance.refresh_from_db()
    assert advance.state == "passed_over"


def test_a_second_advance_waits_until_the_first_contract_is_signed_or_given_up(story: Story, offer: Offer) -> None:
    first = story.accept(offer, "500", TODAY)
    story.night(TODAY)
    second = story.offer(offer.seller)
    with pytest.raises(OfferRefused, match="already waits"):
        story.accept(second, "500", TODAY + DAY)
    assert Application.objects.count() == 1
    story.sign(render(story, first), TODAY + DAY)
    assert story.accept(second, "500", TODAY + DAY).state == "drafted"


def test_an_unrendered_contract_cannot_be_signed(story: Story, offer: Offer) -> None:
    contract = story.accept(offer, "1000", TODAY)
    with pytest.raises(ContractRefused, match="being prepared"):
        story.sign(contract, TODAY)
    assert not Financing.objects.exists()


def test_a_contract_is_rendered_once(story: Story, offer: Offer) -> None:
    contract = story.accept(offer, "1000", TODAY)
    first = render(story, contract)
    second = render_contract(contract_id=contract.pk, as_pdf=True, at=story.at(TODAY), by="test")
    assert (first.document.name, first.document_sha256) == (second.document.name, second.document_sha256)
    assert second.media_type == "application/json"


def test_an_altered_paper_is_not_signed(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    with contract.document.storage.open(str(contract.document.name), "wb") as paper:
        paper.write(b"something else")
    with pytest.raises(ContractRefused, match="seal"):
        story.sign(contract, TODAY)
    assert not Financing.objects.exists()


def test_a_contract_lapses_when_it_is_not_signed_in_time(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    with pytest.raises(ContractRefused, match="time to sign"):
        story.sign(contract, TODAY + 8 * DAY)
    assert lapse_unsigned(through=TODAY + 6 * DAY, at=story.at(TODAY + 7 * DAY), by="night") == 0
    assert lapse_unsigned(through=TODAY + 7 * DAY, at=story.at(TODAY + 8 * DAY), by="night") == 1
    contract.refresh_from_db()
    assert (contract.state, contract.application.state, contract.application.offer.state) == (
        "void",
        "lapsed",
        "cancelled",
    )


def test_a_contract_can_be_declined_and_the_limit_is_free_again(story: Story, offer: Offer) -> None:
    contract = story.accept(offer, "1000", TODAY)
    for _twice in range(2):
        decline_contract(
            contract_id=contract.pk,
            seller_id=contract.seller_id,
            at=story.at(TODAY),
            by="user:1",
            reason="changed my mind",
        )
    contract.refresh_from_db()
    assert (contract.state, contract.application.state) == ("void", "withdrawn")
    story.night(TODAY)
    assert story.offer(offer.seller).maximum_amount == D("1300")


def test_what_is_accepted_is_promised_until_it_is_signed_or_given_up(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    pool = FundingPool.objects.get()
    assert (pool.reserved, pool.headroom) == (1000, 999_000)
    assert story.accept(offer, "1000", TODAY).pk == contract.pk  # once more, promised once
    FundingPool.objects.update(committed=1000)  # nothing is left for anybody else
    story.sign(contract, TODAY)
    pool.refresh_from_db()
    assert (pool.reserved, pool.drawn, Financing.objects.get().pool_id) == (1000, 0, pool.pk)
    assert repayment_proofs.faults() == []


def test_a_contract_given_up_or_not_signed_in_time_gives_its_promise_back(story: Story) -> None:
    sellers = [story.seller(name) for name in ("Wang", "Zhao")]
    story.night(FIRST)
    given_up, forgotten = (story.accept(story.offer(one), "1000", TODAY) for one in sellers)
    assert FundingPool.objects.get().reserved == 2000
    decline_contract(
        contract_id=given_up.pk, seller_id=given_up.seller_id, at=story.at(TODAY), by="user:1", reason="no"
    )
    assert FundingPool.objects.get().reserved == 1000
    for _twice in range(2):
        lapse_unsigned(through=TODAY + timedelta(days=8), at=story.at(TODAY), by="night")
    assert FundingPool.objects.get().reserved == 0
    assert repayment_proofs.faults() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Promise.objects.filter(application=forgotten.application).update(amount=1)


def test_a_contract_that_no_fund_holds_money_for_is_not_signed(story: Story, offer: Offer) -> None:
    contract = render(story, story.accept(offer, "1000", TODAY))
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE financing_promise DISABLE TRIGGER USER; "
            "DELETE FROM financing_promise"
        )
    with pytest.raises(ContractRefused, match="No fund holds the money"):
        story.sign(contract, TODAY)
    assert not Financing.objects.exists()


def test_a_full_fund_invites_nobody_and_the_night_after_money_came_it_does(story: Story) -> None:
    """The fund has 1,000,000.00; when all but 99.99 of it is out, less than the least amount of 100.00 is left."""
    seller, other = story.seller(), story.seller("Rich")
    seller.user = make_user(role=Role.SELLER)
    seller.save()
    story.night(FIRST)
    first = story.offer(seller)
    told = Message.objects.filter(seller=seller, kind="offer")
    before = told.count()
    FundingPool.objects.update(drawn=D("999900.01"))
    with pytest.raises(OfferRefused, match="The fund for this is full now"):
        story.accept(first, "100", TODAY)
    assert not Contract.objects.exists()
    room = room_of(seller=seller, on=TODAY)
    assert (room.drawable, room.is_fund_full) == ((), True)
    story.night(TODAY)
    first.refresh_from_db()
    assert first.state == "cancelled"
    assert Transition.objects.filter(model="financing.offer", object_id=first.pk).latest("pk").reason == (
        "the fund is full"
    )
    assert not Offer.objects.open().filter(seller__in=[seller, other]).exists()
    assert room_of(seller=seller, on=TODAY + DAY).is_fund_full
    assert told.count() == before
    FundingPool.objects.update(drawn=0)
    story.night(TODAY + DAY)
    assert told.count() > before
    assert story.offer(seller).maximum_amount == first.maximum_amount
    assert not room_of(seller=seller, on=TODAY + 2 * DAY).is_fund_full


def test_a_receivable_rests_on_named_orders_that_nobody_else_can_use(story: Story) -> None:
    seller = story.seller()
    for number in range(4):
        story.delivered(seller, "500.00", FIRST, name=f"parcel-{number}")
    story.night(FIRST)
    financing = story.draw(story.offer(seller, "early-payment"), "700", TODAY)
    pledged = FinancedOrder.objects.filter(financing=financing)
    assert [row.eligible_value for row in pledged] == [D("450.00"), D("450.00")]  # 700 / 0.8 = 875 needs two of 450
    assert financing.due_on == FIRST + timedelta(days=14)
    taken = pledged[0].order
    with pytest.raises(IntegrityError), transaction.atomic():
        FinancedOrder.objects.create(financing=financing, order=taken, eligible_value=D("1"))


def test_fifty_acceptances_at_once_against_a_pool_for_ten(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform, funding="10000")
        sellers = [story.seller(f"Seller {number:02}") for number in range(50)]
        story.night(FIRST)
        offers = [story.offer(seller) for seller in sellers]
    answers = at_once(platform.schema_name, [partial(story.accept, one, "1000", TODAY) for one in offers])
    assert sum(isinstance(answer, Contract) for answer in answers) == 10
    assert sum(isinstance(answer, OfferRefused) for answer in answers) == 40
    with entered(platform.schema_name):
        pool = FundingPool.objects.get()
        assert (pool.reserved, pool.headroom, Contract.objects.count()) == (D("10000"), D("0"), 10)
        for contract in Contract.objects.all():
            story.sign(render(story, contract), TODAY)
        pool.refresh_from_db()
        assert (pool.reserved, pool.headroom, Financing.objects.count()) == (D("10000"), D("0"), 10)
        assert repayment_proofs.faults() == []


def test_two_devices_sign_at_once_and_one_waits_or_is_told_to(fresh_platform: Callable[..., Platform]) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform)
        seller = story.seller()
        story.night(FIRST)
        contract = render(story, story.accept(story.offer(seller), "1000", TODAY))
    answers = at_once(platform.schema_name, [lambda: story.sign(contract, TODAY)] * 8)
    assert all(isinstance(answer, Financing | SellerBusy) for answer in answers)
    with entered(platform.schema_name):
        assert Financing.objects.count() == 1
        assert FundingPool.objects.get().reserved == D("1000")
