"""Stories of a loan in instalments: as agreed, late, early, too much, told again, moved.

The stock loan of these stories: six equal instalments a month apart, 12 % a year, ACT/365F, half of a day's sales while
an instalment is due, 3 days of grace. 1,000 drawn on 2 March 2025:

    due        | principal | interest | instalment | principal left
    2 April    |    162.40 |    10.19 |     172.59 |  837.60     1,000.00 x 0.12 x 31 / 365 = 10.1918
    2 May      |    164.33 |     8.26 |     172.59 |  673.27       837.60 x 0.12 x 30 / 365 =  8.2612
    2 June     |    165.73 |     6.86 |     172.59 |  507.54
    2 July     |    167.58 |     5.01 |     172.59 |  339.96
    2 August   |    169.13 |     3.46 |     172.59 |  170.83
    2 September|    170.83 |     1.74 |     172.57 |       0     the last one takes what rounding left
"""

from datetime import date
from decimal import Decimal

import pytest

from apps.repayment.changes import balance_of
from apps.repayment.events import Act, approve, preview
from apps.repayment.history import as_known, as_told, owed_after, restated
from apps.repayment.life import Refused, payoff
from apps.repayment.models import Demand, Event
from apps.repayment.statement import statement_of
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.scenarios.scene import Neighbour, Scene, compare
from tests.story import DAY

D = Decimal
APRIL, MAY, JUNE = date(2025, 4, 2), date(2025, 5, 2), date(2025, 6, 2)
JULY, AUGUST, SEPTEMBER = date(2025, 7, 2), date(2025, 8, 2), date(2025, 9, 2)


def begun(platform: Platform, amount: str = "1000") -> Scene:
    scene = Scene(platform)
    scene.draw("stock-loan", amount)
    return scene


def instalments_say(table: str) -> None:
    """The stored instalments, by number, say what the table says."""
    rows = {str(one.number): one for one in Demand.objects.filter(financing__technique="order")}

    def read(number: str, column: str) -> str:
        one = rows[number]
        if column == "due":
            return f"{one.due_on:%m-%d}"
        value = one.amount - one.fee - one.interest if column == "principal" else getattr(one, column)
        return value if column == "state" else f"{value.normalize():f}"

    compare(table, read)


def test_paid_as_agreed_each_instalment_asks_for_what_the_contract_says(meadow: Platform, neighbour: Neighbour) -> None:
    """By each due date the interest posted is the interest agreed; the sixth payment leaves nothing."""
    scene = begun(meadow)
    agreed = """
        1 | 04-02 | 172.59 | 162.4  | 10.19
        2 | 05-02 | 172.59 | 164.33 | 8.26
        3 | 06-02 | 172.59 | 165.73 | 6.86
        4 | 07-02 | 172.59 | 167.58 | 5.01
        5 | 08-02 | 172.59 | 169.13 | 3.46
        6 | 09-02 | 172.57 | 170.83 | 1.74"""
    instalments_say("number | due | amount | principal | interest" + agreed)
    assert set(Demand.objects.values_list("state", flat=True)) == {"planned"}
    for due, amount in zip((APRIL, MAY, JUNE, JULY, AUGUST, SEPTEMBER), ["172.59"] * 5 + ["172.57"], strict=True):
        scene.nights_until(due)
        scene.act("payment", paid=amount)
        scene.night()
    scene.says("""
        day   | state  | principal | interest | interest income | past due | days past due | pool drawn
        04-01 | active | 1000      | 9.86     | 9.86            | 0        | 0             | 1000
        04-02 | active | 837.6     | 0        | 10.19           | 0        | 0             | 837.6
        05-02 | active | 673.27    | 0        | 18.45           | 0        | 0             | 673.27
        06-02 | active | 507.54    | 0        | 25.31           | 0        | 0             | 507.54
        07-02 | active | 339.96    | 0        | 30.32           | 0        | 0             | 339.96
        08-02 | active | 170.83    | 0        | 33.78           | 0        | 0             | 170.83
        09-02 | repaid | 0         | 0        | 35.52           | 0        | 0             | 0
    """)
    instalments_say("number | due | amount | principal | interest" + agreed)
    assert set(Demand.objects.filter(financing=scene.financing()).values_list("state", flat=True)) == {"met"}
    told = statement_of(scene.financing(), date(2025, 3, 2), date(2025, 9, 30))
    assert told.closing.total == 0
    assert scene.financing().contract.state == "fulfilled"
    scene.holds(neighbour)


def test_sales_pay_what_is_due_and_never_more(meadow: Platform, neighbour: Neighbour) -> None:
    """Nothing is kept before the due date. On 2 April half of 100 is. On 3 April half of 300 would be 150, but only
    172.59 - 50 = 122.59 is due: the day's interest of 960.19 x 0.12 / 365 = 0.32 waits for the next instalment."""
    scene = begun(meadow)
    scene.sells("500.00")
    scene.night()
    scene.nights_until(APRIL)
    for amount in ("100.00", "300.00", "300.00"):
        scene.sells(amount)
        scene.night()
    scene.says("""
        day   | kept   | paid out | principal | interest | past due | days past due
        03-02 | 0      | 500      | 1000      | 0        | 0        | 0
        04-02 | 50     | 50       | 960.19    | 0        | 122.59   | 0
        04-03 | 122.59 | 177.41   | 837.6     | 0.32     | 0        | 0
        04-04 | 0      | 300      | 837.6     | 0.59     | 0        | 0
    """)
    scene.holds(neighbour)


def test_a_late_payment_costs_more_and_an_early_one_less(meadow: Platform, neighbour: Neighbour) -> None:
    """April is paid on the 7th: 5 days of 1,000 and 25 of 837.60 make 1.64 + 6.88 = 8.53 for May, not 8.26.

    On 17 May 300 come in, 16 days early: 3.32 of interest, the 165.73 of June, and 130.95 of July's principal. Of June
    nothing is left to pay: the interest of the last 16 days of it, on 376.59, waits for July."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 7))
    scene.act("payment", paid="172.59")
    scene.nights_until(MAY)
    scene.act("payment", paid="172.86")
    scene.nights_until(date(2025, 5, 17))
    scene.act("payment", paid="300.00")
    scene.nights_until(JUNE + DAY)
    scene.says("""
        day   | principal | interest | interest income | past due | days past due
        04-02 | 1000      | 10.19    | 10.19           | 172.59   | 0
        04-05 | 1000      | 11.18    | 11.18           | 172.59   | 0
        04-06 | 1000      | 11.51    | 11.51           | 172.59   | 4
        04-07 | 837.6     | 1.64     | 11.83           | 0        | 0
        05-02 | 673.27    | 0        | 18.72           | 0        | 0
        05-16 | 673.27    | 3.1      | 21.82           | 0        | 0
        05-17 | 376.59    | 0        | 22.04           | 0        | 0
        06-02 | 376.59    | 1.98     | 24.02           | 0        | 0
    """)
    instalments_say("""
        number | due   | amount | interest | paid   | state
        1      | 04-02 | 172.59 | 10.19    | 172.59 | breached
        2      | 05-02 | 172.86 | 8.53     | 172.86 | met
        3      | 06-02 | 169.05 | 3.32     | 169.05 | met
        4      | 07-02 | 172.59 | 5.01     | 130.95 | planned
        5      | 08-02 | 172.59 | 3.46     | 0      | planned
        6      | 09-02 | 172.57 | 1.74     | 0      | planned
    """)
    scene.holds(neighbour)


def test_a_payment_dated_back_is_told_again_and_its_breach_stays_on_record(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """On 12 April we hear of 172.59 that the bank had on 1 April: a day early, so 9.86 of interest and 162.73 of
    principal, 0.33 of them ahead. Nothing of the first instalment was open on its date; that it was thought missed, and
    by nine days, stays in the books of those days."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 4, 12))
    financing = scene.financing()
    assert (financing.past_due, financing.days_past_due) == (D("172.59"), 9)
    scene.act("payment", paid="172.59", on=date(2025, 4, 1), reason="found in the bank's list")
    financing = scene.financing()
    assert (financing.past_due, financing.days_past_due) == (0, 0)

    def owed(day: str, column: str) -> str:
        when, part = column.split()
        movements = (as_known if when == "known" else as_told)(financing, date(2025, 4, int(day)))
        return f"{getattr(owed_after(movements), part).normalize():f}"

    compare(
        """
        day | known principal | known interest | told principal | told interest
        01  | 1000            | 9.86           | 837.27         | 0
        02  | 1000            | 10.19          | 837.27         | 0.28
        11  | 1000            | 13.15          | 837.27         | 2.76
        12  | 837.27          | 3.03           | 837.27         | 3.03
        """,
        owed,
    )
    instalments_say("""
        number | due   | amount | interest | paid   | state
        1      | 04-02 | 172.26 | 9.86     | 172.26 | breached
        2      | 05-02 | 172.59 | 8.26     | 0.33   | planned
    """)
    assert restated(financing, date(2025, 4, 11))
    scene.nights_until(MAY + DAY)
    scene.act("reversal", paid="-172.59", reverses=1, reason="the cheque came back")
    instalments_say("""
        number | due   | amount | interest | paid   | state
        1      | 04-02 | 172.59 | 10.19    | 0      | breached
        2      | 05-02 | 174.19 | 9.86     | 0      | breached
    """)
    scene.holds(neighbour)


def test_a_new_rate_and_a_longer_term_draw_up_the_rest_anew(meadow: Platform, neighbour: Neighbour) -> None:
    """From 13 April 6 %: 10 days at 12 % and 20 at 6 % on 837.60 make 2.75 + 2.75 = 5.51, and the five instalments left
    are level again. Then the next one moves to 20 May and there are two more. The first stays as it was."""
    scene = begun(meadow)
    scene.nights_until(APRIL)
    scene.act("payment", paid="172.59")
    scene.nights_until(date(2025, 4, 12))
    before = list(Demand.objects.order_by("pk").values())
    shown = preview(
        financing_id=scene.financings[""], act=Act("rate", "harvest programme", rate=D("0.06")), asked_on=scene.today,
        at=scene.story.at(scene.today), by="user:1",
    )  # fmt: skip
    assert [row.owed.interest for row in shown.life.rows][:2] == [D("10.19"), D("5.51")]
    assert list(Demand.objects.order_by("pk").values()) == before  # a preview writes nothing
    scene.act("rate", rate=D("0.06"), reason="harvest programme")
    instalments_say("""
        number | due   | amount | principal | interest | state
        1      | 04-02 | 172.59 | 162.4     | 10.19    | met
        2      | 05-02 | 170.32 | 164.81    | 5.51     | planned
        6      | 09-02 | 170.33 | 169.47    | 0.86     | planned
    """)
    with pytest.raises(Refused, match="a later day than today"):
        scene.act("due_date", until=scene.today)
    with pytest.raises(Refused, match="how many more"):
        scene.act("due_date")
    scene.act("due_date", until=date(2025, 5, 20), more=2, reason="a late harvest")
    instalments_say("""
        number | due   | amount | principal | interest | state
        1      | 04-02 | 172.59 | 162.4     | 10.19    | met
        2      | 05-20 | 122.63 | 114.64    | 7.99     | planned
        8      | 11-20 | 122.62 | 122       | 0.62     | planned
    """)
    assert scene.financing().due_on == date(2025, 11, 20)
    planned = Demand.objects.filter(financing=scene.financing(), state="planned")
    assert sum(one.amount - one.interest for one in planned) == D("837.60")
    scene.nights_until(date(2025, 5, 21))
    scene.says("""
        day   | principal | interest | past due | days past due
        05-02 | 837.6     | 5.51     | 0        | 0
        05-19 | 837.6     | 7.85     | 0        | 0
        05-20 | 837.6     | 7.99     | 122.63   | 0
    """)
    scene.holds(neighbour)


def test_everything_is_repaid_early_to_the_cent_and_comes_back_when_the_money_does(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """On 20 April, 18 days after the first instalment, 837.60 and 18 x 0.27537 = 4.96 repay it; 57.44 were too much."""
    scene = begun(meadow)
    scene.nights_until(APRIL)
    scene.act("payment", paid="172.59")
    scene.nights_until(date(2025, 4, 20))
    quote = {day: payoff(balance_of(scene.financing()), day, "CNY").total for day in (scene.today, MAY, JUNE)}
    # On 2 May 8.26 are due and what is unposted is dropped; 31 more days of 837.60 bring 8.54.
    assert quote == {scene.today: D("842.56"), MAY: D("845.86"), JUNE: D("854.40")}
    scene.act("payment", paid="900.00", reason="paid by transfer")
    scene.night()
    scene.says("""
        day   | state    | principal | interest | overpaid | interest income | pool drawn
        04-19 | active   | 837.6     | 4.68     | 0        | 14.87           | 837.6
        04-20 | overpaid | 0         | 0        | 57.44    | 15.15           | 0
    """)
    assert set(Demand.objects.filter(financing=scene.financing()).values_list("state", flat=True)) == {"met"}
    scene.act("reversal", paid="-900.00", reverses=2, reason="the transfer was recalled")
    instalments_say("""
        number | due   | amount | interest | paid   | state
        1      | 04-02 | 172.59 | 10.19    | 172.59 | met
        2      | 05-02 | 172.59 | 8.26     | 0      | planned
        6      | 09-02 | 172.57 | 1.74     | 0      | planned
    """)
    assert scene.financing().state == "active"
    scene.nights_until(MAY + DAY)
    assert scene.seen[MAY]["past due"] == "172.59"  # asked for as agreed, as if the 900 had never come
    scene.holds(neighbour)


def test_a_charge_a_waiver_and_a_write_off(meadow: Platform, neighbour: Neighbour) -> None:
    """A fee of 5 charged in March is due with April's instalment, a penalty of 2 at once. 4 of interest and the fee are
    waived on 5 April; what is left of April, 162.40 + 6.19, and the penalty are past due until it is written off."""
    scene = begun(meadow)
    scene.nights_until(date(2025, 3, 20))
    scene.act("charge", parts={"fee": D(5), "penalty": D(2)})
    instalments_say("""
        number | amount | fee
        1      | 177.59 | 5
        2      | 172.59 | 0
    """)
    scene.nights_until(date(2025, 4, 5))
    scene.act("waiver", parts={"interest": D(4), "fee": D(5)})
    scene.night()
    proposed = scene.act("write_off", reason="the shop is closed")
    approve(event_id=proposed.pk, asked_on=scene.today, at=scene.story.at(scene.today), by="user:2")
    scene.night()
    scene.says("""
        day   | state       | principal | interest | fee | penalty | past due | write-offs | pool drawn
        04-01 | active      | 1000      | 9.86     | 5   | 2       | 0        | 0          | 1000
        04-04 | active      | 1000      | 10.85    | 5   | 2       | 179.59   | 0          | 1000
        04-05 | active      | 1000      | 7.18     | 0   | 2       | 170.59   | 0          | 1000
        04-06 | written_off | 0         | 0        | 0   | 0       | 0        | 1009.51    | 0
    """)
    assert not Demand.objects.filter(financing=scene.financing(), state="met").exists()  # nobody paid any of them
    scene.holds(neighbour)


def test_a_yen_has_no_cents_and_a_dinar_has_a_thousand_fils(two_platforms: tuple[Platform, Platform]) -> None:
    """JPY: 40,000 x 0.12 x 31 / 365 = 407.67 = 408, level at 6,904; the last takes 3 less. KWD: 1,000.005 x 0.12 x 31 /
    365 = 10.19183 = 10.192. Paid on its day, the next interest is as agreed."""
    tables = {
        "JPY": ("40000", "6904", """
            number | due   | amount | principal | interest | paid | state
            1      | 04-02 | 6904   | 6496      | 408      | 6904 | met
            2      | 05-02 | 6904   | 6574      | 330      | 0    | breached
            6      | 09-02 | 6901   | 6831      | 70       | 0    | planned
        """),
        "KWD": ("1000.005", "172.589", """
            number | due   | amount  | principal | interest | paid    | state
            1      | 04-02 | 172.589 | 162.397   | 10.192   | 172.589 | met
            2      | 05-02 | 172.589 | 164.328   | 8.261    | 0       | breached
            6      | 09-02 | 172.587 | 170.846   | 1.741    | 0       | planned
        """),
    }  # fmt: skip
    for platform, (currency, (drawn, paid, table)) in zip(two_platforms, tables.items(), strict=True):
        Platform.objects.filter(pk=platform.pk).update(currency=currency)
        with entered(platform.schema_name) as entered_platform:
            scene = Scene(entered_platform, daily="2000", order="20000")
            scene.draw("stock-loan", drawn)
            scene.nights_until(APRIL)
            scene.act("payment", paid=paid)
            scene.nights_until(MAY + DAY)
            instalments_say(table)
            too_fine = D("0.5") if currency == "JPY" else D("0.0005")
            with pytest.raises(Refused, match=f"payable in {currency}"):
                scene.act("charge", parts={"penalty": too_fine})
            assert Event.objects.count() == 1
            scene.holds(neighbour=None)
