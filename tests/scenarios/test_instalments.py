"""Stories of a loan in instalments: day by day, paid as agreed, late, early, over, told again.

The stock loan of these stories: six equal instalments a month apart, 12 % a year, ACT/365F, half of a day's sales while
an instalment is due, 3 days of grace.
"""

from datetime import date
from decimal import Decimal

from apps.repayment.models import Demand
from apps.tenants.models import Platform
from tests.scenarios.scene import Neighbour, Scene

D = Decimal


def test_x(meadow: Platform, neighbour: Neighbour) -> None:
    scene = Scene(meadow)
    scene.draw("stock-loan", "1000")
    for one in Demand.objects.order_by("number"):
        print(one.number, one.starts_on, one.due_on, one.amount, one.fee, one.interest, one.state)
    scene.nights_until(date(2025, 4, 1))
    scene.night()
    scene.night()
    print(scene.seen[date(2025, 4, 1)])
    print(scene.seen[date(2025, 4, 2)])
    scene.sells("100")
    scene.night()
    print(scene.seen[date(2025, 4, 4)])
    scene.act("payment", paid="150.00")
    scene.night()
    print(scene.seen[date(2025, 4, 5)])
    for one in Demand.objects.order_by("number"):
        print(one.number, one.starts_on, one.due_on, one.amount, one.fee, one.interest, one.paid, one.paid_interest, one.state)
    scene.holds(neighbour)
    assert 0
