"""Loans in instalments that go wrong: late ones cost a penalty, payments are disputed, another financing pays them off.

1,000 drawn on 3 March 2025 at 12 % a year in six instalments, the first of 172.59 due on 3 April. From the fourth day
after it is due an instalment costs 24 % a year: 172.59 x 0.24 / 365 = 0.1135 a day.
"""

from datetime import date
from decimal import Decimal

import pytest

from apps.financing.services import render_contract
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.products.models import FundingPool
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.repayment.changes import payoff_of
from apps.repayment.events import Act, preview
from apps.repayment.history import restated
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, Movement
from apps.tenants.models import Platform
from tests.factories import make_financing, make_financing_product, make_product_version
from tests.scenarios.scene import Neighbour, Scene, balance_of_seller
from tests.story import DAY

D = Decimal
DUE = date(2025, 4, 3)


def begun(platform: Platform) -> Scene:
    scene = Scene(platform)
    scene.agree("stock-loan", penalty_rate=D("0.24"), dispute_fee=D(5))
    scene.draw("stock-loan", "1000")
    return scene


def states(scene: Scene) -> list[str]:
    return list(Demand.objects.filter(financing=scene.financing()).order_by("number").values_list("state", flat=True))


def test_a_late_instalment_costs_a_penalty_by_the_day_that_sales_pay_first(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """0.1135 = 0.11, 0.2270 = 0.23, 0.3404 = 0.34 by 9 April. Then 100 of sales keep 50: 0.34 of penalty, 10.19 of
    interest and 39.47 of principal. 122.93 stay late: 0.3404 + 0.0808 = 0.4213 = 0.42 by the 10th."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 1))
    quotes = {day: payoff_of(scene.financing(), day) for day in (DUE, date(2025, 4, 8))}
    scene.nights_until(date(2025, 4, 9))
    scene.sells("100.00")
    scene.nights_until(date(2025, 4, 12))
    scene.says("""
        day   | sweep | penalty | interest | principal | past due | days past due
        04-03 | 0     | 0       | 10.19    | 1000      | 172.59   | 0
        04-06 | 0     | 0       | 11.18    | 1000      | 172.59   | 0
        04-07 | 0     | 0.11    | 11.51    | 1000      | 172.7    | 4
        04-08 | 0     | 0.23    | 11.83    | 1000      | 172.82   | 5
        04-09 | 50    | 0       | 1.97     | 960.53    | 122.93   | 6
        04-10 | 0     | 0.08    | 2.29     | 960.53    | 123.01   | 7
    """)
    # What was quoted before anything was late is what the nights came to, as nobody had paid by then.
    for day, quote in quotes.items():
        seen = scene.seen[day]
        assert [f"{one.normalize():f}" for one in quote] == [
            seen["penalty"], seen["fee"], seen["interest"], seen["principal"],
        ]  # fmt: skip
    income = DailyTotal.objects.balance(chart.PENALTY_INCOME, "CNY", scene.today)
    assert income == -scene.financing().penalty_posted
    assert payoff_of(scene.financing(), scene.today).penalty == scene.financing().penalty + D("0.08")
    scene.holds(neighbour)


def test_a_payment_dated_back_takes_the_penalties_since_away_and_its_reversal_brings_them_back(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """The bank had 173.24 on 5 April, within the days of grace: 172.59 and the interest of two days. Nothing was late
    then, and the 0.57 of penalty in the books by the 11th is told again as none."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 12))
    before = scene.financing()
    assert (before.penalty, before.penalty_posted, before.days_past_due) == (D("0.57"), D("0.57"), 8)
    event = scene.act("payment", paid="173.24", on=date(2025, 4, 5), reason="found in the bank's list")
    financing = scene.financing()
    assert (financing.penalty, financing.penalty_accrued, financing.penalty_posted) == (D(0), D(0), D(0))
    assert (financing.past_due, financing.days_past_due) == (D(0), 0)
    undone = event.movements.exclude(reverses=None)
    assert sum(-one.penalty for one in undone) == D("0.57")
    assert {one.kind for one in restated(financing, date(2025, 4, 11))} >= {"penalty", "payment"}
    assert DailyTotal.objects.balance(chart.PENALTY_INCOME, "CNY", scene.today) == 0
    assert states(scene)[:2] == ["breached", "planned"]  # that it was missed on its date stays on record
    scene.night()
    scene.act("reversal", paid="-173.24", reverses=event.number, reason="the cheque came back")
    # 7 through 13 April are seven days of 0.1135 again.
    assert scene.financing().penalty == D("0.79")
    assert states(scene)[:2] == ["breached", "planned"]
    scene.holds(neighbour)


def test_a_disputed_payment_opens_its_instalment_and_its_fee_is_due_with_the_next(
    meadow: Platform, neighbour: Neighbour
) -> None:
    scene = begun(meadow)
    scene.nights_until(DUE)
    paid = scene.act("payment", paid="172.59")
    scene.nights_until(date(2025, 4, 10))
    assert states(scene)[:2] == ["met", "planned"]
    scene.act("chargeback", paid="-172.59", reverses=paid.number, reason="the payer disputes it")
    financing = scene.financing()
    assert states(scene)[:2] == ["breached", "planned"]
    # As if it had never been paid: four days of penalty since the 7th, and the fee of the terms.
    assert (financing.principal, financing.fee, financing.penalty) == (D(1000), D(5), D("0.45"))
    assert (financing.past_due, financing.days_past_due) == (D("173.04"), 6)
    assert list(Demand.objects.order_by("number").values_list("fee", flat=True))[:3] == [0, 5, 0]
    scene.nights_until(date(2025, 5, 4))
    second = Demand.objects.get(number=2)
    assert (second.state, second.amount - second.interest) == ("breached", D("169.33"))  # 164.33 as planned, and 5
    scene.holds(neighbour)


def test_a_new_financing_pays_off_a_late_loan_and_ends_its_instalments(meadow: Platform, neighbour: Neighbour) -> None:
    """On 5 April, within the days of grace, the loan costs 1,010.85 to repay: 33 days of interest. The contract may be
    signed for a week, in which six days of penalty would come on top: so much is held back, and given back."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 5))
    old = scene.financing()
    owed = payoff_of(old, scene.today)
    dear = payoff_of(old, scene.today + 7 * DAY)
    assert (owed.total, owed.penalty, dear.penalty) == (D("1010.85"), D(0), D("0.68"))
    held = dear.total
    contract = scene.take(scene.story.offer(scene.seller), old, "1200")
    render_contract(contract_id=contract.pk, as_pdf=False, at=scene.story.at(scene.today), by="test")
    new = scene.story.sign(contract, scene.today)
    scene.financings["new"] = new.pk
    with pytest.raises(Refused, match="about to pay this one off"):
        scene.act("write_off")
    book_payments(on=scene.today)
    for _twice in range(2):
        match_bank_lines(business_date=scene.today, at=scene.story.at(scene.today), by="test")
    old = scene.financing()
    assert (old.state, old.outstanding, old.overpaid) == ("repaid", D(0), D(0))
    assert [(one.kind, one.amount) for one in Event.objects.order_by("number")] == [
        ("refill", held), ("refund", held - owed.total),
    ]  # fmt: skip
    assert states(scene) == ["breached", *["met"] * 5]
    assert sum(one.interest for one in Demand.objects.filter(financing=old)) == owed.interest  # none for days to come
    assert not Demand.objects.filter(financing=old, paid__lt=D(1)).exists()
    assert balance_of_seller(scene.seller) == held - owed.total
    assert DailyTotal.objects.balance(chart.CARRIED, "CNY", scene.today) == 0
    scene.night()
    assert not Movement.objects.filter(
        financing=old, kind__in=["accrual", "penalty"], business_date__gt=scene.today - DAY
    )
    scene.holds(neighbour)


def test_what_is_made_for_periods_and_contracts_of_sales_is_refused(meadow: Platform, neighbour: Neighbour) -> None:
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 8))
    before = list(Demand.objects.order_by("pk").values())
    version = scene.financing().version
    with pytest.raises(Refused, match="has periods; another one can get a later due date"):
        scene.act("reschedule", period_days=30, minimum=D(50))
    with pytest.raises(Refused, match="move the next due date or add instalments"):
        scene.act("restructure", version_id=version.pk, agreement="R-17", until=scene.today + 90 * DAY)
    with pytest.raises(Refused, match="Only an advance that sales repay can be paused"):
        scene.act("pause", until=scene.today + 7 * DAY)
    assert list(Demand.objects.order_by("pk").values()) == before
    assert not Event.objects.exists()
    scene.holds(neighbour)


def test_a_loan_in_instalments_does_not_take_the_place_of_one_that_is_due_at_once(platform: Platform) -> None:
    scene = Scene(platform)
    product = make_financing_product(technique="receipt", pool=FundingPool.objects.get())
    version = make_product_version(product=product, state="retired", annual_rate=D("0.12"))
    financing = make_financing(
        version=version, technique="receipt", pool=product.pool, state="active", disbursed_on=scene.today,
        due_on=scene.today + 30 * DAY, principal=D(9000), fee=D(360),
    )  # fmt: skip
    new = make_product_version(
        product=product, number=2, annual_rate=D("0.12"), instalments=6, repayment_method="equal_instalments"
    )
    act = Act("restructure", "agreed", version_id=new.pk, agreement="R-17", until=scene.today + 90 * DAY)
    with pytest.raises(Refused, match="of the same kind"):
        preview(
            financing_id=financing.pk, act=act, asked_on=scene.today, at=scene.story.at(scene.today), by="user:1"
        )  # fmt: skip
    assert not Event.objects.exists()
