"""Two sellers and all that they owe: where the machine of `test_machine.py` begins, and how a night passes there."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Protocol

from apps.banking.models import PaymentBatch
from apps.banking.services import approve_and_send
from apps.reconciliation.bank import book_payments, book_settlement
from apps.reconciliation.night import close_days
from apps.tenants.models import Platform
from tests.factories import make_particulars
from tests.story import DAY, FIRST, Story
from tests.warehousing.pledging import bales, cotton_costs

D = Decimal
# So that minimum periods of 60 days, maturities of 14 and the first instalment end while the machine runs.
DAYS_BEFORE, DAYS_BEFORE_LOAN = 50, 22


class HasNights(Protocol):
    """A story, and the business date that it has come to."""

    story: Story
    today: date


class Town:
    """Two sellers of one platform, each with an advance on sales that is 50 days old, a loan in instalments that is
    about a month old, and a receivable drawn today; the first has two bales of cotton in
    store."""

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
        cotton_costs("10", self.today)
        self.bales = bales(2, farmer=make_particulars(seller=self.sellers[0]).seller)


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


def night(town: "HasNights") -> None:
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
