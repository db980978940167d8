"""Stories of sales that repay: a poor season, a refund too late, several financings on one sales day, a pause.

The advance of these stories: 1,000 drawn on 2 March, a fee of 4 % = 40, 12 % of each day's net sales, and of every
60 days at least 15 % of 1,040 = 156, the first of them from 3 March through 1 May.
"""

from datetime import date
from decimal import Decimal

import pytest

from apps.financing.models import Offer
from apps.repayment.life import Refused
from apps.repayment.models import Demand, Movement, Sweep
from apps.tenants.models import Platform
from tests.scenarios.scene import Neighbour, Scene, balance_of_seller

D = Decimal


def test_a_poor_season_misses_its_minimum_and_a_good_day_makes_up_for_it(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """sweep = 12 % of net sales, the fee first. Missing of the minimum on 1 May: 156 - 36 = 120. The 240 of 10 May
    fill the 120 of the first period, then 120 of the second."""
    scene = Scene(meadow)
    scene.draw("sales-advance", "1000")
    scene.nights_until(date(2025, 3, 10))
    scene.sells("300.00")
    scene.nights_until(date(2025, 5, 10))
    assert not Offer.objects.open().filter(seller=scene.seller).exists()  # nobody who is late is offered more
    scene.sells("2000.00")
    scene.nights_until(date(2025, 5, 11))
    scene.says("""
        day   | net  | sweep | fee | principal | past due | days past due | paid out
        03-09 | 0    | 0     | 40  | 1000      | 0        | 0             | 0
        03-10 | 300  | 36    | 4   | 1000      | 0        | 0             | 264
        04-30 | 0    | 0     | 4   | 1000      | 0        | 0             | 0
        05-01 | 0    | 0     | 4   | 1000      | 120      | 0             | 0
        05-02 | 0    | 0     | 4   | 1000      | 120      | 1             | 0
        05-09 | 0    | 0     | 4   | 1000      | 120      | 8             | 0
        05-10 | 2000 | 240   | 0   | 764       | 0        | 0             | 1760
    """)
    demands = Demand.objects.order_by("number").values_list("due_on", "amount", "paid", "state")
    assert list(demands) == [
        (date(2025, 5, 1), D(156), D(156), "breached"),  # made up, and still a breach: what was decided stays
        (date(2025, 6, 30), D(156), D(120), "open"),
    ]
    assert scene.financing().penalty == 0
    scene.holds(neighbour)


def test_a_big_refund_after_the_sweep_is_carried_and_nothing_is_swept_from_it(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """net = captured - refunded + what is carried below zero; sweep = 12 % of it, nothing of a net of 0 or less.

    4 March: -1,000 is carried. 5 March: 600 - 1,000 = -400. 6 March: 1,400 - 400 = 1,000, of which 120 repay and 880
    are paid out. In all 4,000 of sales = 480 swept + 3,520 paid out."""
    scene = Scene(meadow)
    scene.draw("sales-advance", "1000")
    scene.night()
    for amount, kind in (("3000.00", "capture"), ("1000.00", "refund"), ("600.00", "capture"), ("1400.00", "capture")):
        scene.sells(amount, kind)
        scene.night()
    scene.says("""
        day   | captured | net   | sweep | fee | principal | paid out | carried forward
        03-02 | 0        | 0     | 0     | 40  | 1000      | 0        | 0
        03-03 | 3000     | 3000  | 360   | 0   | 680       | 2640     | 0
        03-04 | 0        | -1000 | 0     | 0   | 680       | 0        | -1000
        03-05 | 600      | 600   | 0     | 0   | 680       | 0        | -400
        03-06 | 1400     | 1400  | 120   | 0   | 560       | 880      | 0
    """)
    assert Movement.objects.filter(kind="sweep").count() == 2  # no repayment was taken back for the refund
    assert not Sweep.objects.filter(paid_out__gt=0, carried_forward__lt=0).exists()
    assert balance_of_seller(scene.seller) == 0
    scene.holds(neighbour)


def test_three_financings_share_one_sales_day_by_priority_pro_rata_and_within_the_cap(
    meadow: Platform, neighbour: Neighbour
) -> None:
    """Two advances A and B (12 % each, priority 20), and a receivable C (priority 10) that was due on 15 March and
    takes 30 % of other sales once it is past due. The seller's cap is 50 %.

    20 March: C takes 30 % first; 20 % are left for the 24 % of A and B, so each takes 12 % x 20/24 = 10 %.
    C owes interest on 800 at 12 % (ACT/360) for 16 days = 4.27, so 300 pay 4.27 and 295.73 of principal; one more day
    on 504.27 brings the total to 4.43.
    21 March: 30 % and twice 10 % of 10,000 are more than is owed: each takes what is left of its own, no more."""
    scene = Scene(meadow, daily="200.00")
    scene.draw("sales-advance", "1000", "A")
    scene.night()
    scene.draw("sales-advance", "500", "B")
    scene.night()
    scene.draw("early-payment", "800", "C")
    scene.nights_until(date(2025, 3, 10))
    scene.sells("1000.00")
    scene.nights_until(date(2025, 3, 20))
    scene.sells("1000.00")
    scene.night()
    scene.sells("10000.00")
    scene.night()
    scene.says("""
        day   | net   | sweep A | sweep B | sweep C | kept    | paid out | principal A | principal B | principal C
        03-10 | 1000  | 120     | 120     | 0       | 240     | 760      | 920         | 400         | 800
        03-19 | 0     | 0       | 0       | 0       | 0       | 0        | 920         | 400         | 800
        03-20 | 1000  | 100     | 100     | 300     | 500     | 500      | 820         | 300         | 504.27
        03-21 | 10000 | 820     | 300     | 504.43  | 1624.43 | 8375.57  | 0           | 0           | 0
    """)
    assert {scene.financing(name).state for name in "ABC"} == {"repaid"}
    for one in Sweep.objects.filter(seller=scene.seller):
        assert one.kept <= one.net * scene.seller.sweep_cap
    scene.sells("1000.00")
    scene.night()
    assert Sweep.objects.get(seller=scene.seller, business_date=date(2025, 3, 22)).kept == 0  # nothing after the end
    scene.holds(neighbour)


def test_a_pause_takes_nothing_and_moves_the_minimum_by_its_days(meadow: Platform, neighbour: Neighbour) -> None:
    """Paused from 20 through 29 March, 10 days: no sweep, and the minimum of 156 is due on 11 May in place of 1 May.

    12 % of 500 = 60 on 19 March and on 30 March; 156 - 120 = 36 are missing on 11 May."""
    scene = Scene(meadow)
    scene.draw("sales-advance", "1000")
    scene.nights_until(date(2025, 3, 19))
    scene.sells("500.00")
    scene.night()
    scene.act("pause", until=date(2025, 3, 29), reason="flood")
    with pytest.raises(Refused, match="cannot overlap"):
        scene.act("pause", until=date(2025, 4, 20), reason="flood")
    scene.sells("500.00")
    scene.nights_until(date(2025, 3, 29))
    scene.sells("500.00")
    scene.night()
    scene.sells("500.00")
    scene.nights_until(date(2025, 5, 13))
    scene.says("""
        day   | net | sweep | paid out | fee | principal | minimum due | past due | days past due
        03-19 | 500 | 60    | 440      | 0   | 980       | 05-01       | 0        | 0
        03-20 | 500 | 0     | 500      | 0   | 980       | 05-11       | 0        | 0
        03-29 | 500 | 0     | 500      | 0   | 980       | 05-11       | 0        | 0
        03-30 | 500 | 60    | 440      | 0   | 920       | 05-11       | 0        | 0
        05-01 | 0   | 0     | 0        | 0   | 920       | 05-11       | 0        | 0
        05-10 | 0   | 0     | 0        | 0   | 920       | 05-11       | 0        | 0
        05-11 | 0   | 0     | 0        | 0   | 920       | 05-11       | 36       | 0
        05-12 | 0   | 0     | 0        | 0   | 920       | 07-10       | 36       | 1
    """)
    assert scene.financing().paused_days == 10
    assert Demand.objects.get(number=1).state == "breached"
    scene.holds(neighbour)
