"""The wind tunnel is the night: what it says of a past is, to the cent, what real nights of that past post."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import bulk
from apps.financing.models import Financing, Offer
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.orders.history import sales_history
from apps.orders.models import Order
from apps.orders.running import RunningHistory
from apps.products.models import ProductVersion
from apps.products.services import retire_version
from apps.reconciliation.policy import Policy
from apps.reconciliation.replay import Replay
from apps.reconciliation.tunnel.lived import Lived
from apps.reconciliation.tunnel.outcome import Losses, Outcome
from apps.reconciliation.tunnel.past import Course
from apps.reconciliation.tunnel.reading import pasts, readable_sellers
from apps.reconciliation.tunnel.trial import Trial, live_through
from apps.repayment.models import Demand, Movement
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from tests.story import DAY, FIRST, Story

D = Decimal
DAYS = 26
LAST = FIRST + DAYS * DAY
EAGER = Policy(accept_share=0.3, returned_share=0.15, charged_back_share=0.1, settlement_days=5)
VERSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "sales": (
        "sales-advance",
        {
            "minimum_share": D(0), "minimum_pace": D("1.5"), "period_days": 8, "season_shaped": True,
            "expected_days": 15, "penalty_rate": D("0.18"), "maximum_share": D("0.5"), "offer_valid_days": 6,
            "grace_days": 2,
        },
    ),
    "receivable": ("early-payment", {"settlement_days": 5, "expected_days": 5, "advance_rate": D("0.7")}),
    "instalments": ("stock-loan", {"instalments": 4, "instalment_every": 1, "instalment_unit": "weeks"}),
}  # fmt: skip


def uneven_past(story: Story, sellers: int = 3, days: int = 400) -> None:
    """Sellers whose orders come and go as luck has it: late, cancelled, returned, flagged, never paid."""
    luck = Random(20_250_301)
    for number in range(sellers):
        seller = story.seller(f"Seller {number}", days=0)
        orders = [
            _order(story, seller, luck, number, place)
            for place in range(days + DAYS)
            if luck.random() < 0.9 - 0.15 * number
        ]
        bulk.copy_instances(orders)


def _order(story: Story, seller: Seller, luck: Random, number: int, place: int) -> Order:
    placed = story.at(FIRST - timedelta(days=400 - place), hour=luck.randint(0, 23))
    paid = D(luck.randint(2_000, 30_000 + 20_000 * number)) / 100
    shipped = placed + timedelta(hours=luck.randint(2, 60))
    arrived = shipped + timedelta(hours=luck.randint(10, 200))
    facts: dict[str, Any] = {
        "seller": seller, "external_id": f"o-{place}", "currency": seller.currency, "goods": paid, "paid": paid,
        "placed_at": placed, "paid_at": placed + timedelta(hours=luck.randint(0, 40)), "shipped_at": shipped,
        "expected_at": placed + timedelta(days=7), "delivered_at": arrived, "state": "delivered",
    }  # fmt: skip
    fate = luck.random()
    if fate < 0.03:
        facts |= {
            "state": "cancelled",
            "delivered_at": None,
            "shipped_at": None,
            "ended_at": placed + timedelta(days=2),
        }
    elif fate < 0.06:
        facts |= {"state": "completed", "refunded": paid / 2, "ended_at": arrived + DAY}
    elif fate < 0.08:
        facts |= {"state": "shipped", "delivered_at": None}
    elif fate < 0.10:
        facts |= {"flagged": True}
    elif fate < 0.12:
        facts |= {"paid_at": None}
    return Order(**facts)


def only(code: str) -> None:
    """Every product but one goes off offer."""
    for version in ProductVersion.objects.active().exclude(product__code=code):
        retire_version(version_id=version.pk, reason="not tried", at=datetime(2025, 3, 1, 3, tzinfo=UTC), by="user:1")


def tried(platform: Platform, version: ProductVersion, seed: int = 11) -> list[Trial]:
    course = Course(FIRST.toordinal(), LAST.toordinal(), seed, EAGER)
    past = pasts(readable_sellers(FIRST), course, platform.zone)
    return [live_through(one, [version.terms], course)[0] for one in past]


@pytest.mark.parametrize("case", VERSIONS)
def test_the_tunnel_says_to_the_cent_what_the_nights_post(platform: Platform, case: str) -> None:
    story = Story(platform, funding="10000000")
    uneven_past(story)
    code, terms = VERSIONS[case]
    version = story.agree(code, FIRST, **terms)
    only(code)
    with CaptureQueriesContext(connection) as asked:
        trials = tried(platform, version)
    assert [one["sql"].split()[0] for one in asked] == ["SELECT"] * len(asked)  # it reads, and reads little
    assert len(asked) < 10
    list(Replay(platform=platform, first=FIRST, last=LAST, seed=11, pdfs=0, policy=EAGER).run())
    assert sum(len(one.financings) for one in trials) == Financing.objects.count() > 3
    for trial in trials:
        real = Financing.objects.filter(seller_id=trial.past.id).order_by("signed_on", "pk")
        for lived, financing in zip(trial.financings, real, strict=True):
            assert as_lived(lived) == as_posted(financing)
        seller = Seller.objects.get(pk=trial.past.id)
        assert (trial.balance, trial.worst_days) == (seller.balance, seller.worst_days_past_due)
        offers = Offer.objects.filter(seller=seller)
        assert trial.qualified_on == offers.order_by("made_on").values_list("made_on", flat=True).first()
        still = offers.filter(state="delivered").first()
        assert (trial.offer and trial.offer.most) == (still and still.maximum_amount)
    check_sums(platform, trials)


def as_lived(one: Lived) -> dict[str, Any]:
    balance = one.balance
    return {
        "drawn": (one.drawn_on, one.amount, one.fee, balance.due_on),
        "owed": balance.owed,
        "accrued": (balance.accrued, balance.accrued_posted, balance.extras.penalty_posted),
        "late": (balance.past_due, one.days_past_due),
        "repaid_on": one.repaid_on,
        "paid": [(day, *paid) for day, paid in one.payments],
        "posted": one.accruals,
        "missed": one.missed,
    }


def as_posted(one: Financing) -> dict[str, Any]:
    movements = Movement.objects.filter(financing=one).order_by("business_date", "id")
    posted: dict[date, list[Decimal]] = {}
    for row in movements.filter(kind__in=["accrual", "penalty"]):
        sums = posted.setdefault(row.business_date, [D(0), D(0)])
        sums[0] += row.interest
        sums[1] += row.penalty
    return {
        "drawn": (one.disbursed_on, one.amount, one.flat_fee, one.due_on),
        "owed": (one.penalty, one.fee, one.interest, one.principal),
        "accrued": (one.accrued, one.accrued_posted, one.penalty_posted),
        "late": (one.past_due, one.days_past_due),
        "repaid_on": one.repaid_on,
        "paid": [
            (row.business_date, -row.penalty, -row.fee, -row.interest, -row.principal)
            for row in movements.filter(kind="sweep")
        ],
        "posted": [(day, *sums) for day, sums in posted.items()],
        "missed": Demand.objects.filter(financing=one, state="breached").count(),
    }


def check_sums(platform: Platform, trials: list[Trial]) -> None:
    """The sums of the result are those of the ledger."""
    outcome = Outcome(platform.currency, LAST, Losses(90, D("0.6")))
    lines = [outcome.add(trial) for trial in trials]
    told = outcome.told()
    earned = {
        code: sum((row.credits - row.debits for row in DailyTotal.objects.filter(account__code=code)), D(0))
        for code in (chart.FEE_INCOME, chart.INTEREST_INCOME, chart.PENALTY_INCOME)
    }
    assert {
        chart.FEE_INCOME: D(told["fees"]),
        chart.INTEREST_INCOME: D(told["interest"]),
        chart.PENALTY_INCOME: D(told["penalties"]),
    } == earned
    assert D(told["income"]) == sum(earned.values()) == sum(line.income for line in lines)
    principal = DailyTotal.objects.filter(account__code=chart.PRINCIPAL)
    assert D(told["outstanding"]) == sum((row.debits - row.credits for row in principal), D(0))
    assert D(told["months"][-1]["outstanding"]) == D(told["outstanding"])
    assert D(told["lost"]) == 0
    assert told["annualised"] is not None


def test_a_running_history_is_the_nights_own_on_every_day(platform: Platform) -> None:
    uneven_past(Story(platform))
    course = Course(
        FIRST.toordinal(), LAST.toordinal(), 1, Policy(returned_share=0, charged_back_share=0, settlement_days=10_000)
    )
    running = {one.id: RunningHistory(one.orders) for one in pasts(readable_sellers(FIRST), course, platform.zone)}
    keys = sorted(running)
    seen = 0
    for place in range(-430, DAYS + 380, 9):
        day = FIRST + place * DAY
        real = sales_history(first_seller=keys[0], last_seller=keys[-1], as_of=day, zone=platform.zone)
        for key, one in running.items():
            one.through(day.toordinal())
            assert one.history(day.toordinal()) == real.get(key), (key, day)
            seen += key in real
    assert seen > 200
