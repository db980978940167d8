"""Stories of interest and of money that people post: month end, leap day, late news, default, too much, other coins.

The receivable of these stories: 1,000 drawn on the second day, 12 % a year, ACT/360, so 1,000 x 0.12 / 360 = 0.33333 a
day, from the day after the money was paid through each night's date, both inclusive. A night posts round(all that has
accrued) - what is posted already. The order it rests on arrived on the first day and is due 14 days later; grace is
3 days.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from apps.banking.models import BankLine, Instruction
from apps.financing.models import Offer
from apps.ledger import chart
from apps.ledger.models import DailyTotal, Entry
from apps.products.models import FundingPool
from apps.repayment.events import approve
from apps.repayment.history import as_known, as_told, owed_after, restated
from apps.repayment.life import Refused
from apps.repayment.models import Event, Movement
from apps.repayment.pool_statement import pool_statement
from apps.repayment.recoveries import recovered_by
from apps.repayment.statement import statement_of
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.scenarios.scene import Neighbour, Scene, balance_of_seller, compare

D = Decimal


def test_interest_runs_over_month_end_and_year_end_once_a_day(meadow: Platform, neighbour: Neighbour) -> None:
    """Drawn on 30 December, due on 12 January. All interest after n days = round(n x 0.33333): 0.33, 0.67, 1.00 ...

    31 January is the 32nd day: 10.67. Past due = principal + interest; late from the 4th day after the due date."""
    scene = Scene(meadow, first=date(2025, 12, 29))
    scene.draw("early-payment", "1000")
    scene.nights_until(date(2026, 2, 2))
    scene.says("""
        day   | accrual | interest | interest income | principal | past due | days past due
        12-30 | 0       | 0        | 0               | 1000      | 0        | 0
        12-31 | 0.33    | 0.33     | 0.33            | 1000      | 0        | 0
        01-01 | 0.34    | 0.67     | 0.67            | 1000      | 0        | 0
        01-02 | 0.33    | 1        | 1               | 1000      | 0        | 0
        01-11 | 0.33    | 4        | 4               | 1000      | 0        | 0
        01-12 | 0.33    | 4.33     | 4.33            | 1000      | 1004.33  | 0
        01-15 | 0.33    | 5.33     | 5.33            | 1000      | 1005.33  | 0
        01-16 | 0.34    | 5.67     | 5.67            | 1000      | 1005.67  | 4
        01-31 | 0.34    | 10.67    | 10.67           | 1000      | 1010.67  | 19
        02-01 | 0.33    | 11       | 11              | 1000      | 1011     | 20
    """)
    nights = Movement.objects.filter(kind="accrual").values_list("business_date", flat=True)
    assert len(nights) == len(set(nights)) == 33  # once a night, none left out, none twice
    old = statement_of(scene.financing(), date(2025, 12, 1), date(2025, 12, 31))
    new = statement_of(scene.financing(), date(2026, 1, 1), date(2026, 1, 31))
    assert (old.closing, old.closing.total) == (new.opening, D("1000.33"))
    assert new.closing.total == D("1010.67")
    scene.holds(neighbour)


@pytest.mark.parametrize(
    ("year", "table"),
    [
        (2028, """
            day   | accrual | interest
            02-28 | 0.33    | 0.33
            02-29 | 0.34    | 0.67
            03-01 | 0.33    | 1
            03-02 | 0.33    | 1.33
         """),
        (2027, """
            day   | accrual | interest
            02-28 | 0.33    | 0.33
            03-01 | 0.34    | 0.67
            03-02 | 0.33    | 1
         """),
    ],
)  # fmt: skip
def test_a_leap_day_is_a_day_of_its_own(meadow: Platform, neighbour: Neighbour, year: int, table: str) -> None:
    """Drawn on 27 February: by 2 March four days have passed in a leap year, three in another."""
    scene = Scene(meadow, first=date(year, 2, 26))
    scene.draw("early-payment", "1000")
    scene.nights_until(date(year, 3, 3))
    scene.says(table)
    assert Movement.objects.filter(kind="accrual").count() == (4 if year == 2028 else 3)
    scene.holds(neighbour)


def test_a_payment_dated_back_over_a_change_of_rate_is_told_again_from_its_date(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """12 % through 10 March, 6 % after it. On 14 March we hear of 500 that the bank had on 6 March.

    As known: 8 days x 0.33333 = 2.66667, then 0.16667 a day. As told: 4 days x 0.33333 = 1.33, which 500 pay first, so
    501.33 of principal are left; 4 days x 501.33 x 0.12 / 360 = 0.16711, then 501.33 x 0.06 / 360 = 0.08356 a day:
    1.33333 + 4 x 0.16711 + 3 x 0.08356 = 2.25244 by 13 March, of which 1.33 is paid."""
    scene = Scene(meadow)
    scene.draw("early-payment", "1000")
    scene.nights_until(date(2025, 3, 10))
    scene.act("rate", rate=D("0.06"), reason="harvest programme")
    scene.nights_until(date(2025, 3, 14))
    before = {one.pk: one.total for one in Movement.objects.all()}
    event = scene.act("payment", paid="500.00", on=date(2025, 3, 6), reason="found in the bank's list")
    financing = scene.financing()

    def owed(day: str, column: str) -> str:
        when, part = column.split()
        movements = (as_known if when == "known" else as_told)(financing, date(2025, 3, int(day)))
        return f"{getattr(owed_after(movements), part).normalize():f}"

    table = """
        day | known principal | known interest | told principal | told interest
        05  | 1000            | 1              | 1000           | 1
        06  | 1000            | 1.33           | 501.33         | 0
        07  | 1000            | 1.67           | 501.33         | 0.17
        10  | 1000            | 2.67           | 501.33         | 0.67
        11  | 1000            | 2.83           | 501.33         | 0.76
        12  | 1000            | 3              | 501.33         | 0.84
        13  | 1000            | 3.17           | 501.33         | 0.92
        14  | 501.33          | 1.01           | 501.33         | 1.01
    """
    compare(table, owed)
    scene.nights_until(date(2025, 3, 18))
    compare(table, owed)  # nights that pass do not change what was known, nor what is told
    assert {step.cause for one in restated(financing, date(2025, 3, 13)) for step in one.steps} == {event}
    assert restated(financing, date(2025, 3, 5)) == []  # days before the payment are as they were
    assert {one.pk: one.total for one in Movement.objects.filter(pk__in=before)} == before
    assert not Movement.objects.filter(event=event).exclude(business_date=date(2025, 3, 14)).exists()
    scene.holds(neighbour)


def test_default_a_write_off_by_two_people_and_money_that_comes_after_all(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """Due on 15 March. Written off on 21 March: 1,000 and 19 days of interest = 6.33. On 25 March 250 come in."""
    scene = Scene(meadow)
    scene.draw("early-payment", "1000")
    scene.nights_until(date(2025, 3, 20))
    proposed = scene.act("write_off", reason="the shop is closed", by="user:1")
    with pytest.raises(Refused, match="another person"):
        approve(event_id=proposed.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:1")
    scene.night()
    assert not Offer.objects.open().filter(seller=scene.seller).exists()
    approve(event_id=proposed.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")
    scene.nights_until(date(2025, 3, 25))
    scene.act("recovery", paid="250.00", reason="from the estate")
    scene.night()
    scene.says("""
        day   | state       | principal | interest | past due | days past due | write-offs | recoveries | pool drawn
        03-14 | active      | 1000      | 4        | 0        | 0             | 0          | 0          | 1000
        03-15 | active      | 1000      | 4.33     | 1004.33  | 0             | 0          | 0          | 1000
        03-18 | active      | 1000      | 5.33     | 1005.33  | 0             | 0          | 0          | 1000
        03-19 | active      | 1000      | 5.67     | 1005.67  | 4             | 0          | 0          | 1000
        03-20 | active      | 1000      | 6        | 1006     | 5             | 0          | 0          | 1000
        03-21 | written_off | 0         | 0        | 0        | 0             | 1006.33    | 0          | 0
        03-24 | written_off | 0         | 0        | 0        | 0             | 1006.33    | 0          | 0
        03-25 | written_off | 0         | 0        | 0        | 0             | 1006.33    | 250        | 0
    """)
    event = Event.objects.get(pk=proposed.pk)
    assert (event.by, event.approved_by, event.reason) == ("user:1", "user:2", "the shop is closed")
    assert scene.financing().contract.state == "terminated"
    assert not Movement.objects.filter(business_date__gt=date(2025, 3, 21)).exists()  # no interest on what is gone
    assert Instruction.objects.get(kind="transfer").amount == 250  # the night hands it on to the pool
    scene.sells("1000.00")
    scene.night()
    assert balance_of_seller(scene.seller) == 0  # sales of later days are the seller's own
    assert scene.seen[date(2025, 3, 26)]["kept"] == "0"
    assert scene.seen[date(2025, 3, 26)]["paid out"] == "1000"
    scene.holds(neighbour)


def test_a_recovery_that_bounces_is_income_no_more(meadow: Platform, neighbour: Neighbour) -> None:
    """Written off on 4 March: 1,000 and two days of interest = 0.67. On the 5th 250 come in by cheque and 100 by a
    transfer; on the 7th the bank takes the cheque back; on the 8th the transfer, which was entered for another reason,
    is taken back without a line and entered again; on the 9th the cheque is paid after all. Nothing is owed again."""
    scene = Scene(meadow)
    scene.draw("early-payment", "1000")
    scene.nights_until(date(2025, 3, 4))
    proposed = scene.act("write_off", reason="the shop is closed")
    approve(event_id=proposed.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")
    refused(scene, "only money that came in for it since", "reversal", reverses=proposed.number)
    scene.nights_until(date(2025, 3, 5))
    cheque = scene.act("recovery", paid="250.00", reason="cheque of the estate")
    transfer = scene.act("recovery", paid="100.00", reason="from the estate")
    scene.nights_until(date(2025, 3, 7))
    refused(scene, "does not take back the amount", "reversal", paid="-249.99", reverses=cheque.number)
    refused(scene, "Only a payment can be disputed", "chargeback", paid="-250.00", reverses=cheque.number)
    refused(scene, "not there", "reversal", line_id=0, reverses=cheque.number)
    back = scene.act("reversal", paid="-250.00", reverses=cheque.number, reason="the cheque came back")
    assert (back.state, back.amount, back.reverses_id, back.by) == ("done", 250, cheque.pk, "user:1")
    taken, entry = BankLine.objects.get(pk=back.details["line"]), Entry.objects.latest("pk")
    assert (taken.matched_to, taken.carried_by) == (entry.key, entry)
    postings = [(one.debit.code, one.credit.code, one.amount) for one in entry.postings.all()]
    assert (entry.kind, postings) == ("reversal", [(chart.RECOVERIES, chart.COLLECTION_CASH, 250)])
    refused(scene, "taken back before", "reversal", reverses=cheque.number)
    refused(scene, "only money that came in for it since", "reversal", reverses=back.number)
    scene.nights_until(date(2025, 3, 8))
    line = BankLine.objects.get(pk=transfer.details["line"])
    assert line.matched_to == f"event:{transfer.financing_id}:{transfer.number}"
    scene.act("reversal", reverses=transfer.number, reason="it came from the guarantor")
    line.refresh_from_db()
    assert (line.matched_to, line.carried_by) == ("", None)
    scene.act("recovery", line_id=line.pk, reason="from the guarantor")
    scene.nights_until(date(2025, 3, 9))
    scene.act("recovery", paid="250.00", reason="the cheque is paid after all")
    scene.nights_until(date(2025, 3, 11))
    scene.says("""
        day   | state       | principal | interest | write-offs | recoveries | pool drawn
        03-03 | active      | 1000      | 0.33     | 0          | 0          | 1000
        03-04 | written_off | 0         | 0        | 1000.67    | 0          | 0
        03-05 | written_off | 0         | 0        | 1000.67    | 350        | 0
        03-07 | written_off | 0         | 0        | 1000.67    | 100        | 0
        03-08 | written_off | 0         | 0        | 1000.67    | 100        | 0
        03-09 | written_off | 0         | 0        | 1000.67    | 350        | 0
        03-10 | written_off | 0         | 0        | 1000.67    | 350        | 0
    """)
    # The pool was sent 350 on the 5th. The 250 that came back come off what it is sent next: the 250 of the 9th.
    assert list(Instruction.objects.filter(kind="transfer").values_list("amount", flat=True)) == [350]
    pool = FundingPool.objects.get()
    assert pool.collected == 0
    assert not Movement.objects.filter(business_date__gt=date(2025, 3, 4)).exists()
    whole = pool_statement(pool=pool, first=date(2025, 3, 1), last=date(2025, 3, 10))
    assert (whole.lost, whole.income, whole.recovered) == (1000, 0, 350)
    assert pool_statement(pool=pool, first=date(2025, 3, 7), last=date(2025, 3, 8)).recovered == -250
    told = statement_of(scene.financing(), date(2025, 3, 5), date(2025, 3, 10))
    assert [recovered_by(one) for one in told.recoveries] == [250, 100, -250, -100, 100, 250]
    assert (told.recovered, told.rows, told.closing.total) == (350, (), 0)
    scene.holds(neighbour)


def refused(scene: Scene, says: str, kind: str, **facts: Any) -> None:
    """The act is refused with these words, and nothing is written; the bank's line made for it goes again."""
    before = Event.objects.count(), Entry.objects.count()
    with transaction.atomic():
        with pytest.raises(Refused, match=says):
            scene.act(kind, **facts)
        assert (Event.objects.count(), Entry.objects.count()) == before
        transaction.set_rollback(True)


def test_what_is_paid_too_much_is_given_back_and_was_never_income(meadow: Platform, neighbour: Neighbour) -> None:
    """On 7 March, after 5 days, 1,000 and 5 x 0.33333 = 1.67 are owed; 1,100 come in, so 98.33 too much. They are ours
    to give back: on 8 March they are owed to the seller, and that night pays them out."""
    scene = Scene(meadow)
    scene.draw("early-payment", "1000")
    scene.nights_until(date(2025, 3, 7))
    with pytest.raises(Refused, match="Nothing was paid beyond"):
        scene.act("refund")
    scene.act("payment", paid="1100.00", reason="paid by transfer")
    scene.night()
    scene.act("refund", reason="paid too much")
    assert balance_of_seller(scene.seller) == D("98.33")
    scene.night()
    scene.says("""
        day   | state    | principal | interest | overpaid | interest income | owed to seller | paid out | pool drawn
        03-06 | active   | 1000      | 1.33     | 0        | 1.33            | 0              | 0        | 1000
        03-07 | overpaid | 0         | 0        | 98.33    | 1.67            | 0              | 0        | 0
        03-08 | repaid   | 0         | 0        | 0        | 1.67            | 0              | 98.33    | 0
    """)
    assert DailyTotal.objects.balance(chart.OVERPAYMENTS, "CNY", scene.today) == 0
    with pytest.raises(Refused, match="Nothing was paid beyond"):
        scene.act("refund")
    assert scene.financing().contract.state == "fulfilled"
    scene.holds(neighbour)


def test_a_yen_has_no_cents_and_a_dinar_has_a_thousand_fils(two_platforms: tuple[Platform, Platform]) -> None:
    """Two platforms, two currencies. Each night posts round(n x principal x 0.12 / 360) - what is posted.

    JPY: 10,001 x 0.12 / 360 = 3.33367 a day; the fee of an advance of 10,001 is 4 % = 400.04 = 400; 12 % of 3,333 of
    sales are 399.96 = 400. KWD: 1,000 x 0.12 / 360 = 0.33333 a day; the fee of 1,000.005 is 40.0002 = 40; 12 % of
    33.335 are 4.0002 = 4."""
    tables = {
        "JPY": ("10001", "3333", "10001", """
            day   | accrual C | interest C | fee A | sweep A | principal A | paid out
            03-03 | 3         | 3          | 400   | 0       | 10001       | 0
            03-04 | 4         | 7          | 0     | 400     | 10001       | 2933
            03-05 | 3         | 10         | 0     | 0       | 10001       | 0
            03-06 | 3         | 13         | 0     | 0       | 10001       | 0
        """),
        "KWD": ("1000", "33.335", "1000.005", """
            day   | accrual C | interest C | fee A | sweep A | principal A | paid out
            03-03 | 0.333     | 0.333      | 40    | 0       | 1000.005    | 0
            03-04 | 0.334     | 0.667      | 36    | 4       | 1000.005    | 29.335
            03-05 | 0.333     | 1          | 36    | 0       | 1000.005    | 0
            03-06 | 0.333     | 1.333      | 36    | 0       | 1000.005    | 0
        """),
    }  # fmt: skip
    for platform, (currency, (drawn, sold, advanced, table)) in zip(two_platforms, tables.items(), strict=True):
        Platform.objects.filter(pk=platform.pk).update(currency=currency)
        with entered(platform.schema_name) as entered_platform:
            scene = Scene(entered_platform, daily="2000", order="20000")
            scene.draw("early-payment", drawn, "C")
            scene.night()
            scene.draw("sales-advance", advanced, "A")
            scene.nights_until(date(2025, 3, 4))
            scene.sells(sold)
            scene.nights_until(date(2025, 3, 7))
            scene.says(table)
            too_fine = D("0.5") if currency == "JPY" else D("0.0005")
            with pytest.raises(Refused, match=f"payable in {currency}"):
                scene.act("charge", name="A", parts={"penalty": too_fine})
            assert not Event.objects.exists()
            scene.holds(neighbour=None)
