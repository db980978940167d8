"""Stories of terms that not every product has, and of contracts that change while they run: penalties after grace,
minimums in season, a maximum, a rebate, a refill, a restructuring, a dispute.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from lxml import html

from apps.banking.models import PaymentBatch
from apps.financing.models import Application, Financing
from apps.financing.papers import contract_html
from apps.financing.refusals import OfferRefused
from apps.financing.services import render_contract
from apps.ledger import chart
from apps.ledger.models import DailyTotal
from apps.products.models import FinancingProduct, FundingPool, ProductVersion
from apps.reconciliation.bank import book_payments
from apps.reconciliation.matching import match_bank_lines
from apps.repayment.booking import Booking
from apps.repayment.changes import payoff_of
from apps.repayment.closing import close_sellers
from apps.repayment.events import Act, approve, perform, preview
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Event, Movement, NearBreach
from apps.tenants.models import Platform
from tests.factories import make_funding_pool
from tests.scenarios.scene import Neighbour, Scene, balance_of_seller
from tests.story import DAY

D = Decimal


def test_after_days_of_grace_a_late_minimum_costs_a_penalty_by_the_day(meadow: Platform, neighbour: Neighbour) -> None:
    """1,000 and a fee of 40, at least 15 % = 156 by 2 May; 3 days of grace, then half a thousandth a day.

    156 x 0.0005 = 0.078 a day from 6 May: 0.08, 0.156 = 0.16, 0.234 = 0.23. On 9 May 100 of sales keep 12: 0.31 of
    penalty first, then 11.69 of the fee, and 144.31 stay past due: 0.312 + 0.072155 = 0.384155 = 0.38 on 10 May."""
    scene = Scene(meadow)
    scene.agree("sales-advance", penalty_per_thousand=D("0.5"), grace_days=3)
    scene.draw("sales-advance", "1000")
    scene.nights_until(date(2025, 5, 9))
    scene.sells("100.00")
    scene.nights_until(date(2025, 5, 12))
    scene.says("""
        day   | sweep | penalty | fee   | principal | past due | days past due
        05-01 | 0     | 0       | 40    | 1000      | 0        | 0
        05-02 | 0     | 0       | 40    | 1000      | 156      | 0
        05-05 | 0     | 0       | 40    | 1000      | 156      | 0
        05-06 | 0     | 0.08    | 40    | 1000      | 156      | 4
        05-07 | 0     | 0.16    | 40    | 1000      | 156      | 5
        05-08 | 0     | 0.23    | 40    | 1000      | 156      | 6
        05-09 | 12    | 0       | 28.31 | 1000      | 144.31   | 7
        05-10 | 0     | 0.07    | 28.31 | 1000      | 144.31   | 8
    """)
    balance = DailyTotal.objects.balance(chart.PENALTY_INCOME, "CNY", scene.today)
    assert balance == -scene.financing().penalty_posted
    shown = payoff_of(scene.financing(), scene.today)
    assert shown.penalty == scene.financing().penalty + D("0.07")  # one more day, to the cent, before it has come
    event = scene.act("payment", paid="156.08", on=date(2025, 5, 6), reason="found in the bank's list")
    assert event.movements.exclude(reverses=None).exists()  # the penalties since 6 May are told again
    assert scene.financing().penalty_posted == D("0.08")
    scene.holds(neighbour)


def test_a_seller_repays_in_the_season_and_is_warned_on_the_way(meadow: Platform, neighbour: Neighbour) -> None:
    """Minimums follow the last year. Even sales keep them level; a warning comes below 80 % of even progress."""
    scene = Scene(meadow)
    scene.agree("sales-advance", season_shaped=True, near_breach_share=D("0.8"), near_breach_checks=3)
    drawn = scene.draw("sales-advance", "1000")
    kept = drawn.minimums
    assert kept is not None
    assert kept["period_days"] == 60
    minimums = [D(one) for one in kept["minimums"]]
    assert sum(minimums) == D(1040)
    first = drawn.disbursed_on
    assert first is not None
    scene.nights_until(first + 16 * DAY)
    found = NearBreach.current(drawn)
    assert found is not None
    assert found[0].expected == (minimums[0] * D("0.2")).quantize(D("0.01"))
    assert found[0].checked_on == first + 15 * DAY
    scene.sells("500.00")  # 60 repay: more than a fifth of the minimum
    scene.night()
    assert NearBreach.current(scene.financing()) is None  # behind no more, and the check stays on record
    scene.nights_until(first + 62 * DAY)
    assert NearBreach.objects.count() == 3
    missed = Demand.objects.get(number=1)
    assert (missed.amount, missed.paid, missed.state) == (minimums[0], D(60), "breached")
    assert Demand.objects.get(number=2).amount == minimums[1]
    scene.holds(neighbour)


def test_sweeps_of_a_period_stop_at_its_maximum(meadow: Platform, neighbour: Neighbour) -> None:
    """At most 20 % of 1,040 = 208 in 60 days: of 12 % of 1,000 a day, 120, then 88, then nothing more."""
    scene = Scene(meadow)
    scene.agree("sales-advance", maximum_share=D("0.2"))
    drawn = scene.draw("sales-advance", "1000")
    first = drawn.disbursed_on
    assert first is not None
    scene.night()
    for _day in range(3):
        scene.sells("1000.00")
        scene.night()
    swept = Movement.objects.filter(kind="sweep").order_by("pk")
    assert [-one.total for one in swept] == [D(120), D(88)]
    scene.act("payment", paid="50.00")  # what the seller pays of their own will is not limited
    scene.nights_until(first + 61 * DAY)
    scene.sells("1000.00")
    scene.night()
    assert -swept.last().total == D(120)  # type: ignore[union-attr]  # a new period
    scene.holds(neighbour)


def test_who_repays_early_gets_back_the_fee_of_the_days_not_used(meadow: Platform, neighbour: Neighbour) -> None:
    """A fee of 40 over 120 expected days. After 30 days 30.00 of it are unearned: 1,010 repay everything."""
    scene = Scene(meadow)
    scene.agree("sales-advance", fee_rebate=D(1))
    drawn = scene.draw("sales-advance", "1000")
    assert drawn.disbursed_on is not None
    scene.nights_until(drawn.disbursed_on + 30 * DAY)
    assert payoff_of(scene.financing(), scene.today).total == D(1010)
    act = Act("payment", "early", line_id=None)
    with pytest.raises(Refused):
        scene.act("payment", reason=act.reason, amount=D(1010))
    scene.act("payment", paid="1010.00")
    done = scene.financing()
    assert (done.state, done.outstanding, done.overpaid) == ("repaid", D(0), D(0))
    rebate = Movement.objects.get(kind="rebate")
    assert (rebate.fee, rebate.principal) == (D(-30), 0)
    assert DailyTotal.objects.balance(chart.FEE_INCOME, "CNY", scene.today) == -10
    assert DailyTotal.objects.balance(chart.DEFERRED_FEES, "CNY", scene.today) == 0
    scene.act("reversal", reverses=1, paid="-1010.00", reason="the bank took it back")
    assert scene.financing().outstanding == D(1040)  # and with it the rebate
    scene.act("payment", paid="1009.99")
    assert scene.financing().outstanding == D("30.01")  # a cent short repays not everything, and earns nothing
    scene.holds(neighbour)


def test_a_new_financing_pays_off_the_old_one_and_the_rest_is_the_sellers(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """480 of 1,040 are repaid; a new advance of 900 pays the other 560, and 340 reach the seller's bank."""
    scene = Scene(meadow)
    old = scene.draw("sales-advance", "1000", "old")
    scene.night()
    scene.sells("4000.00")
    scene.night()
    offer = scene.story.offer(scene.seller)
    product = FinancingProduct.objects.filter(code=offer.product_code)
    other = make_funding_pool()
    product.update(pool=other)
    with pytest.raises(OfferRefused, match="One fund cannot pay off"):
        scene.take(offer, old, "900")
    product.update(pool=old.pool)
    other.delete()
    with pytest.raises(OfferRefused, match="more than what paying off"):
        scene.take(offer, old, "560")
    contract = scene.take(offer, old, "900")
    assert '"refill"' in contract.terms
    render_contract(contract_id=contract.pk, as_pdf=False, at=scene.story.at(scene.today), by="test")
    new = scene.story.sign(contract, scene.today)
    scene.financings["new"] = new.pk
    with pytest.raises(Refused, match="about to pay this one off"):
        scene.act("write_off", name="old")
    book_payments(on=scene.today)
    for _twice in range(2):
        match_bank_lines(business_date=scene.today, at=scene.story.at(scene.today), by="test")
    old, new = scene.financing("old"), scene.financing("new")
    assert (old.state, old.outstanding, new.state, new.principal) == ("repaid", D(0), "active", D(900))
    assert new.refills_id == old.pk
    assert Event.objects.get(financing=old).amount == D(560)
    assert FundingPool.objects.get().drawn == D(900)
    assert DailyTotal.objects.balance(chart.CARRIED, "CNY", scene.today) == 0
    scene.night()
    scene.holds(neighbour)


@pytest.mark.parametrize(("sold", "left"), [("500.00", "60"), ("20000.00", "1040")])
def test_what_was_held_back_too_much_is_the_sellers(
    meadow: Platform, neighbour: Neighbour, sold: str, left: str
) -> None:
    """Sales repay 60, or all, between signing and payment: so much of the 1,040 held back is paid out."""
    scene = Scene(meadow)
    old = scene.draw("sales-advance", "1000", "old")
    scene.night()
    contract = scene.take(scene.story.offer(scene.seller), old, "1200")
    render_contract(contract_id=contract.pk, as_pdf=False, at=scene.story.at(scene.today), by="test")
    new = scene.story.sign(contract, scene.today)
    scene.financings["new"] = new.pk
    scene.sells(sold)
    scene.night()  # the bank pays after the sweep, and what it books is matched on the next day
    match_bank_lines(business_date=scene.today, at=scene.story.at(scene.today), by="test")
    assert scene.financing("old").state == "repaid"
    assert [one.kind for one in Event.objects.order_by("number")] == ["refill", "refund"]
    assert balance_of_seller(scene.seller) == D(left)
    assert [one.amount for one in Event.objects.order_by("number")] == [D(1040), D(left)]
    scene.night()
    assert balance_of_seller(scene.seller) == 0
    scene.holds(neighbour)


@pytest.mark.parametrize("capitalise", [True, False])
def test_two_people_restructure_a_financing_into_a_successor(
    meadow: Platform, neighbour: Neighbour, capitalise: bool
) -> None:
    """Principal 1,000, fee 28, a penalty of 5: 1,033 of principal, or each as what it is, under new terms."""
    scene = Scene(meadow)
    old = scene.draw("sales-advance", "1000", "old")
    scene.night()
    scene.sells("100.00")
    scene.night()
    scene.act("charge", parts={"penalty": D(5)}, name="old")
    version = scene.agree("sales-advance", sweep_rate=D("0.05"), minimum_share=D("0.05"))
    facts: dict[str, Any] = {"version_id": version.pk, "capitalise": capitalise, "agreement": "R-17 of 6 March"}
    with pytest.raises(Refused, match="Name the agreement"):
        scene.act("restructure", name="old", **{**facts, "agreement": " "})
    with pytest.raises(Refused, match="on offer"):
        scene.act("restructure", name="old", **{**facts, "version_id": old.version_id})
    event = scene.act("restructure", name="old", reason="the harvest failed", **facts)
    assert scene.financing("old").state == "active"  # proposed, no more
    at = scene.story.at(scene.today)
    with pytest.raises(Refused, match="another person"):
        approve(event_id=event.pk, asked_on=scene.today, at=at, by="user:1")
    for _twice in range(2):
        approve(event_id=event.pk, asked_on=scene.today, at=at, by="user:2")
    old, new = scene.financing("old"), Financing.objects.get(follows=old)
    scene.financings["new"] = new.pk
    assert (old.state, old.outstanding, old.contract.state) == ("restructured", D(0), "terminated")
    owed = (new.principal, new.fee, new.penalty)
    assert owed == ((D(1033), 0, 0) if capitalise else (D(1000), D(28), D(5)))
    assert (new.state, new.sweep_rate, new.contract.state) == ("active", D("0.05"), "in_force")
    assert Application.objects.get(contract__financing=new).decision["agreement"] == "R-17 of 6 March"
    terms = json.loads(new.contract.terms)
    assert (D(terms["total"]), D(terms["charge"])) == (D(1033), D(0) if capitalise else D(33))
    assert {name: D(part) for name, part in terms["carried"].items()} == ({} if capitalise else {"penalty": D(5)})
    assert FundingPool.objects.get().drawn == new.principal
    assert DailyTotal.objects.balance(chart.CARRIED, "CNY", scene.today) == 0
    earned = -DailyTotal.objects.balance(chart.FEE_INCOME, "CNY", scene.today)
    assert earned == (D(40) if capitalise else D(12))
    for kind in ("payment", "waiver", "restructure"):
        with pytest.raises(Refused):
            scene.act(kind, name="old", **facts)
    scene.night()
    scene.sells("1000.00")
    scene.night()
    assert -Movement.objects.get(financing=new, kind="sweep").total == D(50)
    assert not Movement.objects.filter(financing=old, kind="sweep", business_date__gte=event.business_date).exists()
    scene.act("payment", name="new", paid="20.00", on=scene.today - DAY)  # the successor's life can be told again
    scene.holds(neighbour)


@pytest.mark.parametrize(
    ("capitalise", "amount", "charge", "carried"),
    [(False, "1000.00", "7.67", {"interest": D("1.00")}), (True, "1001.00", "6.67", {})],
)
def test_a_successor_with_interest_says_all_that_it_costs(
    meadow: Platform, neighbour: Neighbour, capitalise: bool, amount: str, charge: str, carried: dict[str, Decimal]
) -> None:
    """1,000 at 12 % owe 1.00 after three days. On 5 March they are restructured at 8 %, due on 4 April, 30 days later:
    1,000 x 8 % x 30 / 360 = 6.67 of interest, and 1.00 that is carried; or 1,001 x 8 % x 30 / 360 = 6.67. The rate for
    a year is that of paying all of it on the due date: (1,007.67 / 1,000) ^ (365 / 30) - 1."""
    scene = Scene(meadow)
    old = scene.draw("early-payment", "1000", "old")
    scene.nights_until(date(2025, 3, 5))
    version = scene.story.agree("early-payment", scene.today, annual_rate=D("0.08"))
    due_on = date(2025, 4, 4)
    facts: dict[str, Any] = {"version_id": version.pk, "capitalise": capitalise, "agreement": "R-17", "until": due_on}
    event = scene.act("restructure", name="old", reason="the buyer pays later", **facts)
    approve(event_id=event.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")
    new = Financing.objects.select_related("contract", "version__product").get(follows=old)
    terms = json.loads(new.contract.terms)
    total = D(amount) + D(charge)
    assert (D(terms["amount"]), D(terms["charge"]), D(terms["total"])) == (D(amount), D(charge), total)
    assert (D(terms["fee"]), terms["due_on"]) == (D(0), "2025-04-04")
    assert {name: D(part) for name, part in terms["carried"].items()} == carried
    assert terms["rebate_days"] == 30
    assert D(terms["annualised_rate"]) == ((total / D(amount)) ** (D(365) / 30) - 1).quantize(D("0.000001"))
    assert payoff_of(new, due_on).total == total, "what the contract says is what it will take"
    paper = html.fromstring(contract_html(terms, "en")).text_content()
    paper = " ".join(paper.replace("\N{NO-BREAK SPACE}", " ").split())
    assert f"CNY {charge} if repaid on 4 April 2025" in paper
    assert f"the Seller repays CNY {total:,} in all" in paper
    assert ("also owes what that financing left owed: CNY 1.00 of interest." in paper) is not capitalise
    assert ("另欠该笔融资未结清的利息人民币1.00元" in contract_html(terms, "zh-hans")) is not capitalise
    scene.holds(neighbour)


def test_a_disputed_payment_is_taken_out_and_costs_its_fee(meadow: Platform, neighbour: Neighbour) -> None:
    scene = Scene(meadow)
    scene.agree("sales-advance", dispute_fee=D("7.50"))
    scene.draw("sales-advance", "1000")
    scene.night()
    scene.act("payment", paid="300.00")
    scene.night()
    with pytest.raises(Refused, match="Choose the line"):
        scene.act("chargeback", reverses=1)
    event = scene.act("chargeback", reverses=1, paid="-300.00", reason="the buyer's bank disputed it")
    done = scene.financing()
    assert (done.principal, done.fee) == (D(1000), D("47.50"))
    assert event.reverses.number == 1  # type: ignore[union-attr]
    with pytest.raises(Refused, match="taken back before"):
        scene.act("chargeback", reverses=1, line_id=0)
    scene.holds(neighbour)


def test_new_periods_begin_when_the_running_one_ends(meadow: Platform, neighbour: Neighbour) -> None:
    """156 by 1 May stay as they are. From 2 May on 50 every 30 days: the first of them by 31 May."""
    scene = Scene(meadow)
    scene.draw("sales-advance", "1000")
    scene.nights_until(date(2025, 4, 10))
    with pytest.raises(Refused, match="lasts from 1"):
        scene.act("reschedule", period_days=0, minimum=D(50))
    with pytest.raises(Refused, match="more than 520 periods"):
        scene.act("reschedule", period_days=30, minimum=D("0.01"))
    assert not Event.objects.exists()
    act = Act("reschedule", "a late spring", period_days=30, minimum=D(50))
    shown = preview(
        financing_id=scene.financing().pk, act=act, asked_on=scene.today, at=scene.story.at(scene.today), by="user:1"
    )
    scene.act("reschedule", period_days=30, minimum=D(50), reason="a late spring")
    assert shown.event.details == Event.objects.get().details
    kept = scene.financing().minimums
    assert kept is not None
    assert sum(map(D, kept["minimums"])) + D(kept["asked_before"]) == D(1040)
    scene.nights_until(date(2025, 7, 5))
    rows = Demand.objects.order_by("number").values_list("starts_on", "due_on", "amount")
    assert list(rows)[:3] == [
        (date(2025, 3, 3), date(2025, 5, 1), D(156)),
        (date(2025, 5, 2), date(2025, 5, 31), D(50)),
        (date(2025, 6, 1), date(2025, 6, 30), D(50)),
    ]
    scene.holds(neighbour)


def test_the_same_key_does_each_of_them_once(meadow: Platform) -> None:
    scene = Scene(meadow)
    drawn = scene.draw("sales-advance", "1000")
    scene.night()

    def once(act: Act) -> Callable[[], Event]:
        return lambda: perform(
            financing_id=drawn.pk, act=act, key=act.kind, asked_on=scene.today, at=scene.story.at(scene.today),
            by="user:1",
        )  # fmt: skip

    version = ProductVersion.objects.get(product__code="sales-advance", state="active")
    for act in (
        Act("reschedule", "agreed", period_days=30, minimum=D(100)),
        Act("restructure", "agreed", version_id=version.pk, agreement="R-1"),
    ):
        assert once(act)().pk == once(act)().pk
    assert Event.objects.count() == 2


def test_a_quote_beyond_the_due_date_knows_what_being_late_will_cost(meadow: Platform, neighbour: Neighbour) -> None:
    """Quoted before anything is due, and what the nights come to when nothing was paid by then."""
    scene = Scene(meadow)
    scene.agree("early-payment", penalty_rate=D("0.18"))
    drawn = scene.draw("early-payment", "500")
    assert drawn.due_on is not None
    late = drawn.due_on + 8 * DAY
    quote = payoff_of(drawn, late)
    assert quote.penalty > 0
    scene.nights_until(late + DAY)
    lived = scene.financing()
    assert quote == (lived.penalty, lived.fee, lived.interest, lived.principal)
    scene.holds(neighbour)


def test_terms_without_any_of_it_cost_the_night_no_statement(meadow: Platform) -> None:
    scene = Scene(meadow)
    scene.draw("sales-advance", "1000")
    scene.night()  # the minimum is raised
    scene.sells("100.00")
    scene.night()
    scene.sells("100.00")  # on a day without sales the night would not look at it at all
    plain = _asked_of_the_database(scene)
    assert not [one for one in plain if "asked (id, since)" in one or "nearbreach" in one]
    scene.agree("early-payment", penalty_rate=D("0.18"))
    scene.sells("100.00")
    assert len(_asked_of_the_database(scene)) == len(plain)  # nobody has drawn it yet
    scene.order = scene.story.delivered(scene.seller, "3000.00", scene.today)
    scene.night()
    scene.draw("early-payment", "500", "late")
    scene.night()
    assert len([one for one in _asked_of_the_database(scene) if "asked (id, since)" in one]) == 1


def _asked_of_the_database(scene: Scene) -> list[str]:
    """The statements of closing the open day for everybody, which is then undone."""
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        close_sellers(
            first_seller=0, last_seller=2**31, business_date=scene.today,
            booking=Booking(scene.today, PaymentBatch.objects.first().pk), at=scene.story.at(scene.today), by="test",
        )  # fmt: skip
        transaction.set_rollback(True)
    return [one["sql"] for one in asked.captured_queries]
