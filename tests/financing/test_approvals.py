"""What lies outside policy goes to people: asked, questioned, approved alone or by two, refused, taken back, lapsed."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction

from apps.core.models import Transition
from apps.evidence import proofs as evidence
from apps.evidence.models import Record
from apps.financing.models import Application, ApprovalLimit, Contract, Offer, Remark
from apps.financing.refusals import OfferRefused, RequestRefused
from apps.financing.services import (
    answer_question,
    ask_seller,
    lapse_unsigned,
    render_contract,
    set_approval_limit,
    take_up,
    withdraw_request,
)
from apps.financing.services.requests import Said
from apps.products.models import FundingPool
from apps.products.services import retire_version
from apps.sellers.models import Message, Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import AT, make_user
from tests.financing.asking import NOTE, TODAY, Desk, asks, seen
from tests.story import DAY, FIRST, Story

D = Decimal


@pytest.fixture
def story(platform: Platform) -> Story:
    return Story(platform)


@pytest.fixture
def seller(story: Story) -> Seller:
    """Sells 200.00 a day: a limit of 12,000, an offer of 2,600."""
    seller = story.seller(daily="200.00")
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example")
    seller.save()
    story.night(FIRST)
    return seller


@pytest.fixture
def desk(story: Story) -> Desk:
    desk = Desk(story)
    desk.rules(second_above="10000")
    return desk


@pytest.fixture
def asked(story: Story, seller: Seller) -> Application:
    return asks(story, seller)


def told(seller: Seller) -> list[str]:
    return [str(one.facts.get("words", one.kind)) for one in Message.objects.filter(seller=seller).order_by("pk")]


def kinds(application: Application) -> list[str]:
    rows = Record.objects.filter(subject=f"application:{application.pk}").order_by("position")
    return list(rows.values_list("kind", flat=True))


def answers(story: Story, asked: Application, text: str = "He pays on delivery.") -> Application:
    return answer_question(
        application_id=asked.pk, seller_id=asked.seller_id, said=Said(text), business_date=TODAY, at=story.at(TODAY),
        by="user:1",
    )  # fmt: skip


def test_asking_freezes_the_decision_and_leaves_the_offer_as_it_is(story: Story, seller: Seller) -> None:
    offer = story.offer(seller)
    asked = asks(story, seller)
    assert (asked.state, asked.cautions, asked.requested_amount) == ("under_review", ["limit", "sales"], D(20000))
    assert asked.answer_by == TODAY + 2 * DAY  # Sunday; two business days later is Tuesday
    assert asked.decision is not None
    assert asked.decision["decided_by"] == "left to people"
    assert asked.decision["figures"]["limit"] == "12000"
    assert [row.verb for row in Transition.of(asked)] == ["create", "submit", "assess"]
    assert [(one.kind, one.text) for one in asked.remarks.all()] == [("note", NOTE)]
    offer.refresh_from_db()
    assert (offer.state, asked.offer.state) == ("delivered", "draft")
    assert told(seller)[-1] == "request_received"
    assert kinds(asked) == ["application_asked"]
    assert NOTE not in Record.objects.get(kind="application_asked").payload  # a digest, no words of a person
    assert asks(story, seller) == asked  # a double click asks once
    assert Application.objects.count() == Offer.objects.filter(state="draft").count() == 1


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("2000", "without asking anybody"),
        ("50000.01", "the most that the product lends"),
        ("99.99", "the most that the product lends"),
        ("0", "the most that the product lends"),
        ("-20000", "the most that the product lends"),
        ("20000.001", "smaller parts"),
        ("NaN", "smaller parts"),
    ],
)
def test_what_nobody_may_be_asked_for(story: Story, seller: Seller, amount: str, words: str) -> None:
    with pytest.raises(RequestRefused, match=words):
        asks(story, seller, amount)
    assert not Application.objects.exists()


def test_a_second_request_waits_for_the_first(story: Story, asked: Application) -> None:
    with pytest.raises(RequestRefused, match="asked for this already"):
        asks(story, asked.seller, "15000")
    with pytest.raises(OfferRefused, match="A person looks at your request"):
        story.accept(story.offer(asked.seller), "2000", TODAY)
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"worst_days_past_due": 1}, "A repayment is late"),
        ({"state": "suspended"}, "not open for new financing"),
    ],
)
def test_who_may_not_ask(story: Story, seller: Seller, facts: dict[str, Any], words: str) -> None:
    Seller.objects.filter(pk=seller.pk).update(**facts)
    with pytest.raises(RequestRefused, match=words):
        asks(story, seller)
    newcomer = story.seller("New Shop", days=0)
    with pytest.raises(RequestRefused, match="do not carry a limit yet"):
        asks(story, newcomer)
    assert not Application.objects.exists()


def test_one_person_approves_what_their_limit_and_the_sum_allow(desk: Desk, asked: Application) -> None:
    person = desk.approver("10000")
    done = desk.approves(person, asked, "10000", "Half now.")  # exactly the limit, exactly the sum
    assert (done.state, done.approved_amount, done.approved_by) == ("approved", D(10000), person.actor)
    assert (done.proposed_amount, done.because) == (None, "Half now.")
    assert done.valid_until == TODAY + 7 * DAY
    contract = Contract.objects.get(application=done)
    assert json.loads(contract.terms)["amount"] == "10000"
    assert done.offer.state == "accepted"
    offers = Offer.objects.filter(seller=asked.seller, product_code="sales-advance").exclude(pk=done.offer_id)
    assert list(offers.values_list("state", flat=True)) == ["passed_over"]
    assert kinds(asked) == ["application_asked", "application_approved"]
    assert desk.approves(person, asked, "10000", "Half now.") == done  # a double click
    assert Contract.objects.count() == 1
    assert evidence.faults() == []


@pytest.mark.parametrize(
    ("limit", "amount"),
    [("10000", "10000.01"), ("20000", "10000.01"), ("9999.99", "10000"), ("0", "100")],
)
def test_one_cent_above_it_takes_another(desk: Desk, asked: Application, limit: str, amount: str) -> None:
    first = desk.approver(limit)
    waiting = desk.approves(first, asked, amount, "Less.")
    assert (waiting.state, waiting.proposed_amount, waiting.proposed_by) == ("under_review", D(amount), first.actor)
    assert not Contract.objects.exists()
    with pytest.raises(RequestRefused, match="Another person must approve it too"):
        desk.approves(first, asked, amount, "Less.")
    second = desk.approver("20000")
    done = desk.approves(second, asked, amount, "Less.")
    assert (done.state, done.proposed_by, done.approved_by) == ("approved", first.actor, second.actor)
    assert kinds(asked)[1:] == ["application_first_approval", "application_approved"]
    assert json.loads(Record.objects.get(kind="application_approved").payload)["approved_by"] == [
        first.actor, second.actor,
    ]  # fmt: skip


def test_two_whose_limits_do_not_reach_it_are_not_enough(desk: Desk, asked: Application) -> None:
    first, second, third = desk.approver("5000"), desk.approver("5000"), desk.approver("15000")
    desk.approves(first, asked, "15000", "Less.")
    with pytest.raises(RequestRefused, match="Neither of you"):
        desk.approves(second, asked, "15000", "Less.")
    asked.refresh_from_db()
    assert (asked.state, asked.proposed_by) == ("under_review", first.actor)
    assert desk.approves(third, asked, "15000", "Less.").state == "approved"


def test_who_changes_the_amount_is_the_first_again(desk: Desk, asked: Application) -> None:
    first, second = desk.approver("50000"), desk.approver("50000")
    desk.approves(first, asked, "15000", "Less.")
    changed = desk.approves(second, asked, "14000", "Less still.")
    assert (changed.state, changed.proposed_amount, changed.proposed_by) == ("under_review", D(14000), second.actor)
    with pytest.raises(RequestRefused, match="Another person"):
        desk.approves(second, asked, "14000", "Less still.")
    done = desk.approves(first, asked, "14000", "Less still.")
    assert (done.approved_amount, done.proposed_by, done.approved_by) == (D(14000), second.actor, first.actor)


def test_a_persons_own_limit_goes_before_their_roles(desk: Desk, asked: Application) -> None:
    role = ApprovalLimit(role=Role.APPROVER, most=D(10000), because="the board")
    set_approval_limit(limit=role, at=desk.story.at(TODAY), by="user:1")
    held_back = desk.approver("100")
    assert desk.approves(held_back, asked, "9000", "Less.").state == "under_review"
    anybody = make_user(role=Role.APPROVER)
    assert desk.approves(anybody, asked, "8000", "Less.").state == "approved"
    log = Record.objects.filter(kind="approval_limit_set").count()
    set_approval_limit(limit=role, at=desk.story.at(TODAY), by="user:1")  # alike: no second record
    assert Record.objects.filter(kind="approval_limit_set").count() == log


def test_others_limits_count_for_nothing(desk: Desk, asked: Application) -> None:
    """An analyst has none, whatever a row says; nor has somebody who no longer works here."""
    analyst = desk.approver("50000")
    analyst.role = Role.ANALYST
    analyst.save()
    gone = desk.approver("50000")
    gone.is_active = False
    gone.save()
    for person in (analyst, gone):
        with pytest.raises(RequestRefused, match="Only people who decide"):
            desk.approves(person, asked, "5000", "Less.")
    first = desk.approver("50000")
    desk.approves(first, asked, "15000", "Less.")
    first.role = Role.ANALYST  # and who was the first then does not count now
    first.save()
    other = desk.approver("50000")
    assert desk.approves(other, asked, "15000", "Less.").proposed_by == other.actor
    limit = ApprovalLimit(person=make_user(role=Role.ANALYST), most=D(1), because="x")
    with pytest.raises(RequestRefused, match="does not decide"):
        set_approval_limit(limit=limit, at=desk.story.at(TODAY), by="user:1")


@pytest.mark.parametrize("amount", ["20000.01", "99.99", "0", "-1", "1e30", "NaN", "500.001"])
def test_an_amount_that_nobody_may_approve(desk: Desk, asked: Application, amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"Approve from 100 to 20000 CNY"):
        desk.approves(desk.approver("50000"), asked, amount, "Less.")
    asked.refresh_from_db()
    assert (asked.state, asked.proposed_amount) == ("under_review", None)


def test_less_takes_a_reason(desk: Desk, asked: Application) -> None:
    with pytest.raises(RequestRefused, match="Say why it is less"):
        desk.approves(desk.approver("50000"), asked, "5000", "   ")


def test_a_page_that_is_out_of_date_decides_nothing(story: Story, desk: Desk, asked: Application) -> None:
    page, person = seen(asked), desk.approver("50000")
    FundingPool.objects.update(committed=D(19000))  # less than was asked for; more than is given
    with pytest.raises(RequestRefused, match="Something has changed since"):
        desk.approves(person, asked, "5000", "Less.", seen=page)
    with pytest.raises(RequestRefused, match="Something has changed since"):
        desk.refuses(person, asked, "fund", seen=page)
    asked.refresh_from_db()
    assert (asked.state, asked.reasons) == ("under_review", [])
    frozen = asked.decision
    done = desk.approves(person, asked, "5000", "Less.")
    assert done.decision == frozen
    assert json.loads(Record.objects.get(kind="application_approved").payload)["figures"]["pool_headroom"] == "19000"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda asked: Seller.objects.filter(pk=asked.seller_id).update(state="suspended"), "not verified"),
        (lambda asked: Seller.objects.filter(pk=asked.seller_id).update(worst_days_past_due=3), "late"),
        (lambda asked: asked.seller.consents.update(withdrawn_at=AT, withdrawn_by="user:1"), "orders be read"),
        (lambda _asked: FundingPool.objects.update(committed=D(4999)), "less left"),
    ],
)
def test_what_has_become_impossible_meanwhile(desk: Desk, asked: Application, change: Any, words: str) -> None:
    change(asked)
    with pytest.raises(RequestRefused, match=words):
        desk.approves(desk.approver("50000"), asked, "5000", "Less.")
    asked.refresh_from_db()
    assert asked.state == "under_review"


def test_a_version_that_was_retired_is_refused_not_approved(story: Story, desk: Desk, asked: Application) -> None:
    retire_version(version_id=asked.version_id, reason="too dear", at=story.at(TODAY), by="user:2")
    person = desk.approver("50000")
    with pytest.raises(RequestRefused, match="no longer active"):
        desk.approves(person, asked, "5000", "Less.")
    assert desk.refuses(person, asked, "product_ended").state == "rejected"


def test_a_refusal_names_one_to_four_reasons_and_leaves_the_offer(story: Story, desk: Desk, asked: Application) -> None:
    person, scored = desk.approver("0"), (asked.decision or {})["reasons"]
    for named in ((), ("nonsense",), ("fund", "purpose", "owed_already", "repaid_late", "papers_missing")):
        with pytest.raises(RequestRefused, match="from one to four"):
            desk.refuses(person, asked, *named)
    done = desk.refuses(person, asked, "amount_for_sales", *scored[:1], "amount_for_sales")
    assert (done.state, done.reasons) == ("rejected", ["amount_for_sales", *scored[:1]])
    assert done.offer.state == "cancelled"
    assert story.offer(asked.seller).state == "delivered"
    assert told(asked.seller)[-1] == "request_refused"
    assert desk.refuses(person, asked, "fund").reasons == done.reasons  # decided once
    assert kinds(asked) == ["application_asked", "application_refused"]
    assert story.accept(story.offer(asked.seller), "2000", TODAY).state == "drafted"


def test_a_question_and_its_answer_begin_the_approvals_anew(story: Story, desk: Desk, asked: Application) -> None:
    first, second = desk.approver("50000"), desk.approver("50000")
    desk.approves(first, asked, "15000", "Less.")
    for _click in range(2):
        ask_seller(application_id=asked.pk, question="Who is the buyer?", at=story.at(TODAY), by=second.actor)
    asked.refresh_from_db()
    assert (asked.state, asked.proposed_amount, asked.held_by) == ("info_requested", None, second.actor)
    assert told(asked.seller)[-1] == "request_question"
    with pytest.raises(RequestRefused, match="does not wait for a decision"):
        desk.approves(second, asked, "15000", "Less.")
    with pytest.raises(RequestRefused, match="Write an answer"):
        answers(story, asked, "  ")
    for _click in range(2):
        answers(story, asked)
    asked.refresh_from_db()
    assert asked.state == "under_review"
    assert list(Remark.objects.order_by("pk").values_list("kind", flat=True)) == ["note", "question", "answer"]
    assert desk.approves(second, asked, "15000", "Less.").state == "under_review"  # the first again
    with pytest.raises(RequestRefused, match="Write what you want to know"):
        ask_seller(application_id=asked.pk, question=" ", at=story.at(TODAY), by=first.actor)


def test_taking_it_back_leaves_everything_as_it_was(story: Story, desk: Desk, asked: Application) -> None:
    facts: dict[str, Any] = {"application_id": asked.pk, "business_date": TODAY, "at": story.at(TODAY), "by": "user:1"}
    stranger = story.seller("Wang Wu")
    with pytest.raises(Application.DoesNotExist):
        withdraw_request(seller_id=stranger.pk, **facts)
    for _click in range(2):
        withdraw_request(seller_id=asked.seller_id, **facts)
    asked.refresh_from_db()
    assert (asked.state, asked.offer.state) == ("withdrawn", "cancelled")
    assert story.accept(story.offer(asked.seller), "2000", TODAY).state == "drafted"
    with pytest.raises(RequestRefused, match="does not wait"):
        desk.approves(desk.approver("50000"), asked, "5000", "Less.")


def test_what_is_approved_is_no_longer_taken_back(story: Story, desk: Desk, asked: Application) -> None:
    person = desk.approver("50000")
    for _click in range(2):
        take_up(application_id=asked.pk, at=story.at(TODAY), by=person.actor)
    desk.approves(person, asked, "10000", "Less.")
    assert [row.verb for row in Transition.of(asked)].count("take_up") == 1
    with pytest.raises(RequestRefused, match="decided already"):
        withdraw_request(
            application_id=asked.pk, seller_id=asked.seller_id, business_date=TODAY, at=story.at(TODAY), by="user:1"
        )


def test_what_is_not_signed_in_time_lapses_and_the_seller_hears_of_it(
    story: Story, desk: Desk, asked: Application
) -> None:
    desk.approves(desk.approver("50000"), asked, "10000", "Less.")
    contract = Contract.objects.get()
    render_contract(contract_id=contract.pk, as_pdf=False, at=story.at(TODAY), by="test")
    message = Message.objects.get(kind="contract")
    assert message.facts["words"] == "contract_less"
    assert (message.facts["asked"], message.facts["reason"]) == ("20000.0000", "Less.")
    last = TODAY + timedelta(days=7)
    assert lapse_unsigned(through=last - DAY, at=story.at(last), by="night") == 0
    assert lapse_unsigned(through=last, at=story.at(last + DAY), by="night") == 1
    asked.refresh_from_db()
    assert (asked.state, asked.offer.state) == ("lapsed", "cancelled")
    assert told(asked.seller)[-1] == "contract_lapsed"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE financing_application SET decision = '{}'",
        "UPDATE financing_application SET decision = NULL",
        "UPDATE financing_remark SET text = 'other'",
        "DELETE FROM financing_remark",
    ],
)
def test_the_database_keeps_what_was_frozen(asked: Application, sql: str) -> None:
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_database_holds_the_rules_of_two(desk: Desk, asked: Application) -> None:
    desk.approves(desk.approver("50000"), asked, "15000", "Less.")
    rows = Application.objects.filter(pk=asked.pk)
    same = rows.values_list("proposed_by", flat=True).get()
    approved = {"state": "approved", "approved_amount": D(15000), "valid_until": TODAY}
    for facts in (
        {**approved, "approved_by": same},  # the same person twice
        {**approved, "approved_by": ""},  # nobody
        {**approved, "approved_by": "user:99", "approved_amount": D(14000)},  # not what the first approved
        {"state": "rejected", "reasons": []},
        {"state": "rejected", "reasons": ["a", "b", "c", "d", "e"]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**facts)
