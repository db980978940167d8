"""A loan in instalments in hard times: what is shown before it is asked for is what stands afterwards.

The stock loan of `test_instalments`: 1,000.00 at 12 % a year, six instalments of 172.59 from 2 April on, with
35.52 of interest.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.repayment.hardship import LONGER, PAUSE, Wish
from apps.repayment.models import Demand
from apps.repayment.prospects import choice_of
from apps.repayment.relief import ask_for_relief, kinds_for
from apps.tenants.models import Platform
from tests.scenarios.scene import Neighbour, Scene

D = Decimal


def test_instalments_become_smaller_and_interest_goes_on_for_longer(meadow: Platform, neighbour: Neighbour) -> None:
    """The stock loan of 1,000.00 at 12 % in six instalments of 172.59, drawn on 2 March.

    Two more make eight, and with 1,000 x 0.12 x 31 / 365 = 10.19, 879.46 x 0.12 x 30 / 365 = 8.67 and so on interest is
    45.82. 28 days later, 59 days of interest stand before the first: 19.40, and 44.97 in all. A lower share is not
    offered: instalments repay it."""
    scene = Scene(meadow)
    scene.draw("stock-loan", "1000")
    scene.nights_until(date(2025, 3, 5))
    loan = scene.financing()
    assert kinds_for(loan, scene.today) == [PAUSE, LONGER]
    asked: dict[str, Any] = {"asked_on": scene.today, "at": scene.story.at(scene.today), "by": "user:1"}
    longer = choice_of(loan, Wish(LONGER, more=2), daily_sales=D(100), **asked)
    later = choice_of(loan, Wish(PAUSE, days=28), daily_sales=D(100), **asked)
    assert (longer.now.due, longer.now.due_on, longer.now.last_on) == (D("172.59"), date(2025, 4, 2), date(2025, 9, 2))
    assert (longer.then.due, longer.then.last_on) == (D("130.73"), date(2025, 11, 2))
    assert (longer.now.cost, longer.then.cost, longer.dearer) == (D("35.52"), D("45.82"), D("10.30"))
    assert (later.then.due_on, later.then.last_on) == (date(2025, 4, 30), date(2025, 9, 30))
    assert (later.then.due, later.dearer) == (D("174.16"), D("9.45"))
    request = ask_for_relief(
        financing_id=loan.pk, seller_id=loan.seller_id, wish=longer.wish, reason="A late harvest.", key="one",
        country="CN", shown=longer.change.fingerprint, **asked,
    )  # fmt: skip
    assert request.state == "granted"
    assert Demand.objects.filter(financing=loan, state="planned").count() == 8
    assert Demand.objects.get(financing=loan, number=1).amount == longer.then.due
    assert scene.financing().due_on == longer.then.last_on
    scene.holds(neighbour)
