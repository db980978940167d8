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

from apps.financing.models import Financing
from apps.portal.instalments import due_table
from apps.repayment.changes import balance_of
from apps.repayment.events import Act, preview
from apps.repayment.history import as_known, as_told, owed_after, restated
from apps.repayment.life import Refused, payoff
from apps.repayment.models import Demand, Event, Movement
from apps.repayment.statement import statement_of
from apps.tenants.models import Platform
from tests.scenarios.scene import DAY, Neighbour, Scene, compare

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
    """Nothing is kept before the due date. On 2 April half of 100 is; on 3 April the rest of 172.59 - 50 = 122.59 and
    the day's interest not yet asked for stays: half of 300 would be 150."""
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
        04-03 | 122.59 | 177.41   | 837.92    | 0        | 0        | 0
        04-04 | 0      | 300      | 837.6     | 0.28     | 0        | 0
    """)
    scene.holds(neighbour)
