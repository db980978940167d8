"""Eight days without a bank: China's National Day of 2025 ran from Wednesday, 1 October, over a weekend, through
Wednesday the 8th; Saturday the 11th was worked in exchange. Dates by day, each from the State Council's notice."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from apps.banking.models import Instruction, PaymentBatch
from apps.banking.services import approve_and_send, open_account, payment_file
from apps.core.dates import add_business_days, is_business_day
from apps.financing.models import Financing
from apps.ledger.proofs import faults as ledger_faults
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.models import Break, NightlyRun
from apps.reconciliation.suggesting import forecast
from apps.repayment.models import Demand, Movement
from apps.repayment.proofs import faults as repayment_faults
from apps.repayment.relief import answer_day
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.story import DAY, Story

D = Decimal
SOLD = date(2025, 9, 30)
OPEN_AGAIN, THIRD_BANK_DAY, FOUND = date(2025, 10, 9), date(2025, 10, 11), date(2025, 10, 12)


@pytest.fixture
def story(platform: Platform) -> Story:
    """Li Mei sells for 500.00 on the last day before the holidays, and draws 1,000.00 at daily interest. Her payout is
    approved the same night; no bank is at work to book it, nor what the provider pays."""
    story = Story(platform, first=SOLD - 2 * DAY)
    for purpose in ("collection", "funding"):
        open_account(
            purpose=purpose, holder="Meadow", number=f"62220000{purpose[0]}", currency="CNY",
            at=story.at(story.first), by="user:1",
        )  # fmt: skip
    seller = story.seller()
    story.delivered(seller, "3000.00", story.first)
    story.night(story.first)
    story.draw(story.offer(seller, "early-payment"), "1000.00", SOLD - DAY)
    story.night(SOLD - DAY)
    other = story.seller("Wang Fang", consents=False)
    story.settle(SOLD, other, "500.00")
    story.night(SOLD)
    approve_and_send(batch_id=PaymentBatch.objects.get(business_date=SOLD).pk, at=story.at(SOLD + DAY), by="user:2")
    return story


def payout() -> Instruction:
    return Instruction.objects.get(kind="payout", business_date=SOLD)


def new_breaks(day: date) -> list[str]:
    """The kinds of breaks that the forecast of 17:00 sees for the night of `day`."""
    return sorted(one.kind for one in forecast(business_date=day, country="CN", currency="CNY").new)


def test_a_holiday_chain_moves_what_banks_do_and_nothing_else(story: Story) -> None:
    closed = [date(2025, 10, number) for number in range(1, 9)]
    assert not any(is_business_day(day, "CN") for day in closed)
    assert is_business_day(THIRD_BANK_DAY, "CN"), "a Saturday that is worked"

    file = payment_file(batch_id=PaymentBatch.objects.get(business_date=SOLD).pk, version="09")
    asked_for = etree.fromstring(file.content).findtext(".//{*}ReqdExctnDt/{*}Dt")
    assert asked_for == OPEN_AGAIN.isoformat(), "value date: the first day on which a bank is at work"

    financing = Financing.objects.get()
    due_on = financing.due_on
    for number in range(1, (FOUND - SOLD).days):
        day = SOLD + number * DAY
        assert new_breaks(day) == [], "a payment is not late while no bank could book it"
        assert story.night(day).state == "balanced"
    assert story.at(THIRD_BANK_DAY).date() == NightlyRun.objects.latest("business_date").business_date
    accrued = Movement.objects.filter(financing=financing, kind="accrual", business_date__in=closed)
    assert accrued.count() == len(closed), "interest counts calendar days"
    financing.refresh_from_db()
    assert (financing.due_on, financing.past_due) == (due_on, 0)
    assert not Demand.objects.filter(financing=financing, state="breached").exists()
    assert answer_day(SOLD, story.platform.country) == add_business_days(SOLD, 2, "CN") == date(2025, 10, 10)

    assert new_breaks(FOUND) == ["missing_external", "missing_external"]
    assert story.night(FOUND).state == "with_breaks"
    found = list(Break.objects.order_by("subject"))
    assert [one.subject for one in found] == [f"instruction:{payout().pk}", f"sales:{SOLD}"]
    assert {one.due_on for one in found} == {date(2025, 10, 14)}, "two bank days after a Sunday"

    later = FOUND + DAY
    book_settlement(of=SOLD, on=later, currency="CNY")
    book_payments(on=later)
    assert new_breaks(later) == []
    assert story.night(later).state == "balanced"
    assert {one.state for one in Break.objects.all()} == {"timing"}, "they arrived late, and that is all"
    assert payout().confirmed_on == later
    assert Seller.objects.get(name="Wang Fang").balance == 0
    assert [*ledger_faults(), *repayment_faults()] == []
