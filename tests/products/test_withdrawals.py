"""Money that a financier takes out of a pool: two people, one payment, every cent in the books."""

import io
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import Error, transaction

from apps.banking.models import Instruction
from apps.banking.services import payment_file
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Posting
from apps.ledger.proofs import faults as ledger_faults
from apps.products.models import FundingPool, Withdrawal
from apps.products.withdrawals import (
    Payee,
    WithdrawalRefused,
    approve_withdrawal,
    ask_withdrawal,
    refuse_withdrawal,
    withdrawable,
)
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.repayment.payouts import take_in_answer
from apps.repayment.proofs import faults as repayment_faults
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.banking.payments.answers import answer
from tests.factories import make_bank_account
from tests.story import DAY, FIRST, Story
from tests.threads import at_once

D = Decimal
TODAY = FIRST + DAY
PAYEE = Payee("Riverbank Credit", "6222 0212 3456 7894", "Bank of Rivers")
MAKER, CHECKER = "user:1", "user:2"


@pytest.fixture
def story(platform: Platform) -> Story:
    return Story(platform, funding="10000")


def ask(story: Story, amount: str, reference: str = "R1", **facts: Any) -> Withdrawal:
    asked: dict[str, Any] = {
        "pool_id": FundingPool.objects.get().pk, "amount": D(amount), "reference": reference,
        "reason": "lent elsewhere", "payee": PAYEE, "business_date": TODAY, "at": story.at(TODAY), "by": MAKER,
    }  # fmt: skip
    return ask_withdrawal(**asked | facts)


def approve(story: Story, one: Withdrawal, by: str = CHECKER) -> Withdrawal:
    return approve_withdrawal(withdrawal_id=one.pk, business_date=TODAY, at=story.at(TODAY), by=by)


def balance(code: str) -> Decimal:
    return DailyTotal.objects.balance(code, "CNY", TODAY)


def books_are_whole() -> bool:
    return not [*ledger_faults(), *repayment_faults()]


def standing() -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Committed by the pool; capital, money on its way and cash by the ledger."""
    return (
        FundingPool.objects.get().committed,
        -balance(chart.FUNDING_CAPITAL),
        -balance(chart.PAYOUTS_IN_TRANSIT),
        balance(chart.FUNDING_CASH),
    )


def test_from_the_request_to_the_banks_line(story: Story) -> None:
    """
                                     committed  capital  on its way     cash
    the pool has                        10,000   10,000           0   10,000
    asked for 4,000 by one               6,000    6,000       4,000   10,000
    approved by another, sent            6,000    6,000       4,000   10,000
    booked by the bank                   6,000    6,000           0    6,000
    """
    assert standing() == (10_000, 10_000, 0, 10_000)
    one = ask(story, "4000")
    assert standing() == (6_000, 6_000, 4_000, 10_000)
    assert ask(story, "4000").pk == one.pk  # the same reference again is the same
    assert standing() == (6_000, 6_000, 4_000, 10_000)
    assert one.state == "built"
    assert book_payments(on=TODAY) == 0  # the bank has nothing before a second person says so
    with pytest.raises(WithdrawalRefused, match="Ask a colleague"), transaction.atomic():
        approve(story, one, by=MAKER)
    approve(story, one)
    approve(story, one)
    make_bank_account(purpose="funding", holder="Riverbank")
    file = payment_file(batch_id=Withdrawal.objects.get().instruction.batch_id or 0, version="09")
    assert b"6222021234567894" in file.content
    assert b">4000.00<" in file.content
    assert book_payments(on=TODAY) == 1
    match_bank_lines(business_date=TODAY, at=story.at(TODAY), by="night")
    assert standing() == (6_000, 6_000, 0, 6_000)
    assert Withdrawal.objects.get().state == "settled"
    with pytest.raises(WithdrawalRefused, match="has this payment already"), transaction.atomic():
        refuse_withdrawal(withdrawal_id=one.pk, reason="late", business_date=TODAY, at=story.at(TODAY), by=CHECKER)
    assert books_are_whole()


def test_refused_by_the_second_person_it_is_committed_again_once(story: Story) -> None:
    one = ask(story, "4000")
    for _again in range(2):
        refuse_withdrawal(withdrawal_id=one.pk, reason="not now", business_date=TODAY, at=story.at(TODAY), by=CHECKER)
        assert standing() == (10_000, 10_000, 0, 10_000)
    with pytest.raises(WithdrawalRefused, match="refused before"), transaction.atomic():
        approve(story, one)
    assert book_payments(on=TODAY) == 0
    assert Withdrawal.objects.get().state == "refused"
    assert Instruction.objects.get().failure_reason == "not now"
    assert books_are_whole()


def test_rejected_by_the_bank_it_is_committed_again(story: Story) -> None:
    one = approve(story, ask(story, "4000"))
    batch = one.instruction.batch
    assert batch is not None
    batch.refresh_from_db()
    take_in_answer(
        source=io.BytesIO(answer(batch.message_id, "RJCT", reason="AC04").encode()),
        name="answer.xml", asked_on=TODAY, at=story.at(TODAY), by=CHECKER,
    )  # fmt: skip
    assert standing() == (10_000, 10_000, 0, 10_000)
    assert Withdrawal.objects.get().state == "rejected"
    assert books_are_whole()


@pytest.mark.parametrize(
    ("amount", "facts", "why"),
    [
        ("10000.01", {}, "neither lent nor promised"),
        ("0", {}, "above 0"),
        ("-5", {}, "above 0"),
        ("0.001", {}, "above 0"),
        ("100", {"reason": " "}, "a reason"),
        ("100", {"reference": ""}, "a reference"),
        ("100", {"payee": Payee("", "6222021234567894")}, "whose account"),
        ("100", {"payee": Payee("Riverbank", "DE00 3704 0044 0532 0130 00")}, "check digit"),
        ("100", {"payee": Payee("Riverbank", "12")}, "6 to 34"),
    ],
)
def test_what_is_refused_changes_nothing(story: Story, amount: str, facts: dict[str, Any], why: str) -> None:
    before, postings = standing(), Posting.objects.count()
    with pytest.raises(WithdrawalRefused, match=why), transaction.atomic():
        ask(story, amount, **facts)
    assert standing() == before
    assert (Withdrawal.objects.count(), Instruction.objects.count(), Posting.objects.count()) == (0, 0, postings)


def test_a_reference_does_not_mean_two_things(story: Story) -> None:
    ask(story, "100")
    with pytest.raises(WithdrawalRefused, match="another amount"), transaction.atomic():
        ask(story, "200")
    assert FundingPool.objects.get().committed == 9_900


def test_what_is_lent_promised_or_not_there_stays(story: Story) -> None:
    seller = story.seller()
    story.night(FIRST)
    story.draw(story.offer(seller), "1000", TODAY)
    pool = FundingPool.objects.get()
    assert (pool.drawn, withdrawable(pool)) == (1000, 9000)
    # The principal is written off: the pool says that it may lend 10,000 again, but the bank has 9,000 only.
    FundingPool.objects.update(drawn=0)
    pool.refresh_from_db()
    assert (pool.headroom, withdrawable(pool)) == (10_000, 9_000)
    with pytest.raises(WithdrawalRefused, match=r"booked only 9,000\.00"), transaction.atomic():
        ask(story, "9500")


def test_what_was_asked_for_stays_as_it_was(story: Story) -> None:
    one = ask(story, "100")
    for change in ({"amount": 1}, {"reference": "other"}):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            Withdrawal.objects.filter(pk=one.pk).update(**change)


def test_of_twenty_at_once_a_pool_for_ten_pays_ten_and_signers_get_the_rest_never_twice(
    fresh_platform: Callable[..., Platform],
) -> None:
    platform = fresh_platform()
    with entered(platform.schema_name):
        story = Story(platform, funding="1000")
        works = [partial(ask, story, "100", f"R{number}") for number in range(20)]
        outcomes = at_once(platform.schema_name, works)
        assert sum(isinstance(one, Withdrawal) for one in outcomes) == 10
        assert sum(isinstance(one, WithdrawalRefused) for one in outcomes) == 10
        assert standing() == (0, 0, 1_000, 1_000)
        same = at_once(platform.schema_name, [partial(ask, story, "100", "R0") for _number in range(4)])
        assert len({one.pk for one in same if isinstance(one, Withdrawal)}) <= 1
        decided = Withdrawal.objects.order_by("pk")[0]
        deciding = [
            partial(approve, story, decided),
            partial(refuse_withdrawal, withdrawal_id=decided.pk, reason="no", business_date=TODAY,
                    at=story.at(TODAY), by=CHECKER),
        ]  # fmt: skip
        outcomes = at_once(platform.schema_name, deciding)
        assert sum(isinstance(one, WithdrawalRefused) for one in outcomes) == 1
        was_refused = Withdrawal.objects.get(pk=decided.pk).state == "refused"
        assert FundingPool.objects.get().committed == (100 if was_refused else 0)
        assert books_are_whole()


def test_a_withdrawal_is_one_platforms_alone(two_platforms: tuple[Platform, Platform]) -> None:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        Story(harbor, funding="5000")
    with entered(meadow.schema_name):
        ask(Story(meadow, funding="10000"), "4000")
    with entered(harbor.schema_name):
        assert FundingPool.objects.get().committed == 5000
        assert not Withdrawal.objects.exists()
