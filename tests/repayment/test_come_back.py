"""A disbursement that the bank gives back, day by day: suggested, accepted by a person, and as if it had never been."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from apps.banking.models import BankLine, Instruction
from apps.evidence.models import Record
from apps.financing.models import Financing
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.ledger.proofs import faults as ledger_faults
from apps.portal.formats import format_money
from apps.portal.messaging.words import speak
from apps.products.models import FundingPool
from apps.reconciliation import working
from apps.reconciliation.bank import book_payments
from apps.reconciliation.models import Break, ControlTotal, Suggestion
from apps.repayment.come_back import take_back
from apps.repayment.events import Act, perform
from apps.repayment.life import Refused
from apps.repayment.models import Event, Movement
from apps.repayment.proofs import faults as repayment_faults
from apps.sellers.models import Message, PayoutChange, Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

D = Decimal
PAID, SOLD, BACK, ACCEPTED, LAST = (FIRST + number * DAY for number in range(1, 6))
GIVEN_BACK = "The bank gave back what it had paid out"


def begun(platform: Platform, code: str) -> Story:
    """Li Mei draws 1,000.00 and Wang Fang 500.00; on the next day Li Mei sells for 200.00. Two nights have run."""
    story = Story(platform)
    for name in ("Li Mei", "Wang Fang"):
        seller = story.seller(name)
        seller.user = make_user(role=Role.SELLER)
        seller.save()
        story.delivered(seller, "3000.00", FIRST)
    story.night(FIRST)
    for name, amount in (("Li Mei", "1000.00"), ("Wang Fang", "500.00")):
        story.draw(story.offer(Seller.objects.get(name=name), code), amount, PAID)
    story.night(PAID)
    story.settle(SOLD, Seller.objects.get(name="Li Mei"), "200.00")
    story.night(SOLD)
    return story


def financing_of(name: str) -> Financing:
    return Financing.objects.select_related("contract", "offer", "seller").get(seller__name=name)


def paid_to(name: str) -> Instruction:
    return Instruction.objects.get(subject=f"financing:{financing_of(name).pk}")


def come_back(name: str, amount: str = "", currency: str = "CNY") -> BankLine:
    one = paid_to(name)
    return BankLine.objects.create(
        purpose="funding", booked_on=BACK, amount=D(amount) if amount else one.amount, currency=currency,
        reference=one.reference, key=f"back:{one.reference}:{amount}",
    )  # fmt: skip


def accept(story: Story, one: Suggestion) -> Break:
    return working.accept(
        suggestion_id=one.pk, version=one.unexplained.version, asked_on=ACCEPTED, at=story.at(ACCEPTED), by="user:7"
    )


def balance(code: str) -> Decimal:
    return DailyTotal.objects.balance(code, "CNY", LAST + 30 * DAY)


def is_whole() -> bool:
    return not [*ledger_faults(), *repayment_faults()]


@contextmanager
def nothing_changes(financing: Financing) -> Iterator[None]:
    def seen() -> tuple[Any, ...]:
        now = Financing.objects.values().get(pk=financing.pk)
        return now, Movement.objects.count(), Event.objects.count(), Instruction.objects.filter(failed_on=None).count()

    before = seen()
    yield
    assert seen() == before


def test_it_is_suggested_with_its_reason_and_ends_the_financing_once_a_person_accepts(
    platform: Platform, client_of: Any
) -> None:
    story = begun(platform, "sales-advance")
    swept = D("200.00") - Seller.objects.get(name="Li Mei").sweeps.latest("pk").paid_out
    line = come_back("Li Mei")
    assert story.night(BACK).state == "with_breaks"
    assert financing_of("Li Mei").state == "active", "the night itself ends nothing"
    found, offer = Break.objects.get(), Suggestion.objects.get()
    assert (found.kind, found.state, found.amount) == ("status", "suggested", D("-1000.00"))
    assert (offer.kind, offer.lines, offer.difference) == ("returned", [f"bank_line:{line.pk}"], 0)
    desk: PlatformClient = client_of(platform, make_user(role="staff"))
    page = desk.get(f"/desk/breaks/{found.pk}/").content.decode()
    assert (GIVEN_BACK in page, paid_to("Li Mei").reference in page) == (True, True)
    assert GIVEN_BACK in desk.get("/desk/breaks/").content.decode()

    assert accept(story, offer).state == "matched"
    ended = financing_of("Li Mei")
    assert (ended.state, ended.contract.state, ended.offer.state) == ("cancelled", "terminated", "cancelled")
    assert (ended.outstanding, ended.overpaid, ended.past_due) == (0, 0, 0)
    assert not ended.financed_orders.filter(released_on=None).exists()
    one = paid_to("Li Mei")
    assert (one.confirmed_on, one.failed_on, one.failure_reason) == (PAID, ACCEPTED, "no reason given")
    line.refresh_from_db()
    assert line.carried_by is not None
    assert (line.carried_by.kind, line.carried_by.business_date) == ("returned", ACCEPTED)
    assert swept > 0
    assert ended.seller.balance == swept, "what sales had repaid is the seller's again"
    assert Record.objects.filter(kind="returned", subject=f"financing:{ended.pk}").count() == 1
    told = speak(Message.objects.get(seller=ended.seller, facts__words="came_back"))
    assert ("¥1,000.00" in told.title, format_money(swept, "CNY") in told.body) == (True, True)
    assert is_whole()

    other = financing_of("Wang Fang")
    assert (other.state, other.outstanding) == ("active", D("520.00"))
    pool = FundingPool.objects.get(pk=other.pool_id)
    assert (pool.drawn, pool.reserved) == (D("500.00"), 0)
    for day in (ACCEPTED, LAST):
        assert story.night(day).state == "balanced"
        assert not ControlTotal.objects.filter(run__business_date=day).exclude(difference=0).exists()
        book_payments(on=day + DAY)
    assert Seller.objects.get(name="Li Mei").balance == 0, "and was paid out"
    assert (balance(chart.PRINCIPAL), balance(chart.FEE), balance(chart.FEE_INCOME)) == (D("500.00"), D("20.00"), 0)
    assert is_whole()


def test_interest_of_the_days_between_never_arose(platform: Platform) -> None:
    story = begun(platform, "early-payment")
    assert all(Movement.objects.filter(kind="accrual", financing=financing_of(name)).exists()
               for name in ("Li Mei", "Wang Fang"))  # fmt: skip
    come_back("Li Mei")
    story.night(BACK)
    earned = balance(chart.INTEREST_INCOME)
    accept(story, Suggestion.objects.get())
    of_the_other = financing_of("Wang Fang").accrued_posted
    assert 0 < -balance(chart.INTEREST_INCOME) == of_the_other < -earned
    assert financing_of("Li Mei").accrued_posted == 0
    assert is_whole()
    assert story.night(ACCEPTED).state == "balanced"


def test_the_same_payment_of_another_platform_is_left_alone(two_platforms: tuple[Platform, Platform]) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        begun(harbor, "sales-advance")
        theirs = financing_of("Li Mei")
        Instruction.objects.filter(pk=paid_to("Li Mei").pk).update(reference="D-SAME")
    with entered(meadow.schema_name):
        story = begun(meadow, "sales-advance")
        Instruction.objects.filter(pk=paid_to("Li Mei").pk).update(reference="D-SAME")
        come_back("Li Mei")
        story.night(BACK)
        accept(story, Suggestion.objects.get())
        assert financing_of("Li Mei").state == "cancelled"
    with entered(harbor.schema_name), nothing_changes(theirs):
        assert financing_of("Li Mei").state == "active"
        assert not Message.objects.filter(facts__words="came_back").exists()
        assert not Suggestion.objects.exists()
        assert is_whole()


@pytest.mark.parametrize(("amount", "currency"), [("999.00", "CNY"), ("1000.00", "USD")])
def test_part_of_it_or_other_money_is_a_break_that_nothing_explains(
    platform: Platform, amount: str, currency: str
) -> None:
    story = begun(platform, "sales-advance")
    come_back("Li Mei", amount, currency)
    assert story.night(BACK).state == "with_breaks"
    assert Break.objects.count() == 1
    assert not Suggestion.objects.filter(kind="returned").exists()


def test_it_ends_once_and_for_all(platform: Platform) -> None:
    story = begun(platform, "sales-advance")
    come_back("Li Mei")
    story.night(BACK)
    offer = Suggestion.objects.get()
    closed = accept(story, offer)
    ended = financing_of("Li Mei")
    with nothing_changes(ended):
        with pytest.raises(working.Refused):
            accept(story, offer)
        with pytest.raises(working.Refused, match="ended when its money came back"):
            working.reopen(
                break_id=closed.pk, version=closed.version, reason="why", asked_on=ACCEPTED, at=story.at(ACCEPTED),
                by="user:7",
            )  # fmt: skip
        with pytest.raises(Refused, match="does not run"):
            take_back(instruction=paid_to("Li Mei"), reason="", asked_on=ACCEPTED, at=story.at(ACCEPTED), by="user:7")
    come_back("Li Mei", "1000.0")
    story.night(ACCEPTED)
    assert Suggestion.objects.filter(kind="returned").count() == 1, "what came back twice is a break"


def test_what_was_charged_since_has_to_be_waived_first(platform: Platform) -> None:
    story = begun(platform, "sales-advance")
    come_back("Li Mei")
    story.night(BACK)
    financing = financing_of("Li Mei")

    def act(kind: str) -> None:
        perform(
            financing_id=financing.pk, act=Act(kind, "a letter", parts={"fee": D("5.00")}), key=kind,
            asked_on=ACCEPTED, at=story.at(ACCEPTED), by="user:1",
        )  # fmt: skip

    act("charge")
    with nothing_changes(financing), pytest.raises(working.Refused):
        accept(story, Suggestion.objects.get())
    assert Break.objects.get().state == "suggested"
    assert is_whole()


def test_an_account_that_the_bank_faults_is_checked_again(platform: Platform) -> None:
    story = begun(platform, "sales-advance")
    take_back(
        instruction=paid_to("Li Mei"), reason="AC04 Account closed", asked_on=BACK, at=story.at(BACK), by="user:7"
    )
    seller = Seller.objects.get(name="Li Mei")
    assert (seller.payout_frozen, PayoutChange.objects.open().get().seller_id) == (True, seller.pk)
    assert not Seller.objects.get(name="Wang Fang").payout_frozen
    assert paid_to("Li Mei").failure_reason == "AC04 Account closed"
