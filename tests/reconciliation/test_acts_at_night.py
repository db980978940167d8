"""What comes in while a night runs: nobody is turned away, no cent is lost, and it belongs to the next date."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial

from django.db import connection, transaction
from django.db.models import F, Sum

from apps.orders.models import Proceeds
from apps.orders.services import SettlementLine, SettlementResult, record_settlement
from apps.reconciliation.faults import plan, until
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.rehearsal import FIRST, NIGHT, clock_of, close, prepare
from apps.reconciliation.steps import StepNow, steps_now
from apps.repayment import proofs as repayment_proofs
from apps.repayment.models import Movement, Sweep
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.conftest import PlatformClient
from tests.factories import make_user
from tests.story import DAY
from tests.threads import at_once

SELLERS, PEOPLE, EACH = 20, 10, 20


def lines_of(person: int, sellers: list[int]) -> list[SettlementLine]:
    return [
        SettlementLine(
            key=f"late:{person}:{number}",
            seller_id=sellers[(person + number) % len(sellers)],
            order_id=None,
            kind="capture",
            amount=Decimal(10 + person) + Decimal(number) / 100,
        )
        for number in range(EACH)
    ]


def test_two_hundred_settlements_during_the_night_are_all_taken_in_to_the_cent(
    fresh_platform: Callable[..., Platform],
) -> None:
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=SELLERS)
    plan(platform)
    with entered(platform.schema_name):
        sellers = list(Seller.objects.order_by("pk").values_list("pk", flat=True))
        before = Proceeds.objects.filter(kind="capture").aggregate(sum=Sum("amount"))["sum"]
    night_is_over = threading.Event()
    under_way: list[bool] = []

    def night() -> NightlyRun:
        run = close(platform)
        night_is_over.set()
        return run

    def pay(person: int) -> list[SettlementResult]:
        results = []
        for line in lines_of(person, sellers):
            under_way.append(not night_is_over.is_set())
            results.append(
                record_settlement(lines=[line], settled_on=NIGHT, at=clock_of(platform)(), by=f"user:{person}")
            )
        return results

    run, *answers = at_once(platform.schema_name, [night, *(partial(pay, person) for person in range(PEOPLE))])
    assert run.state == "balanced"
    results = [result for answer in answers for result in answer]
    assert [(result.landed, result.booked_on, result.rejected) for result in results] == [
        (1, NIGHT + DAY, ())
    ] * PEOPLE * EACH
    assert sum(under_way) > PEOPLE, "the night was over before anybody came"
    came = sum(line.amount for person in range(PEOPLE) for line in lines_of(person, sellers))
    with entered(platform.schema_name):
        assert _swept(NIGHT)["captured"] == before
        close(platform, NIGHT + DAY)
        swept = _swept(NIGHT + DAY)
        assert swept["captured"] == came == Decimal("2919.00")
        assert swept["captured"] + swept["brought"] == swept["kept"] + swept["paid"] + swept["carried"]
        repaid = Movement.objects.filter(kind="sweep", business_date=NIGHT + DAY).aggregate(
            sum=Sum(F("principal") + F("fee") + F("interest") + F("penalty"))
        )["sum"]
        assert -repaid == swept["kept"] > 0
        assert repayment_proofs.faults() == []
    _ten_hand_in_the_same_line_at_the_same_moment(platform, sellers[0])


def test_each_step_says_how_many_sellers_are_locked_at_this_moment(
    fresh_platform: Callable[..., Platform], client_of: Callable[..., PlatformClient]
) -> None:
    """A piece of four sellers waits for a person who holds one of them: until it is done four are locked."""
    platform = fresh_platform(opened_on=FIRST)
    prepare(platform, sellers=SELLERS)
    plan(platform, chunk_size=4)
    with entered(platform.schema_name), ThreadPoolExecutor(1) as night:
        desk = client_of(platform, make_user())
        with transaction.atomic():
            Seller.objects.select_for_update().earliest("pk")
            closing = night.submit(_closed_by_itself, platform)
            until(lambda: bool(steps()["sweep"].locked), "a piece to be taken")
            now = steps()
            assert (now["sweep"].state, now["sweep"].done, now["sweep"].locked) == ("running", 0, 4)
            assert {name for name, one in now.items() if one.locked} == {
                "raise_demands", "accrue", "sweep", "age_financings",
            }  # fmt: skip
            page = desk.get(f"/desk/nights/{NIGHT}/").content.decode()
            assert "Locked now" in page
        assert closing.result().state == "balanced"
        assert {one.locked for one in steps().values()} == {0}
        assert "Locked now" not in desk.get(f"/desk/nights/{NIGHT}/").content.decode()


def steps() -> dict[str, StepNow]:
    return {one.name: one for one in steps_now(NightlyRun.objects.get(business_date=NIGHT))}


def _closed_by_itself(platform: Platform) -> NightlyRun:
    try:
        with entered(platform.schema_name):
            return close(platform)
    finally:
        connection.close()


def _ten_hand_in_the_same_line_at_the_same_moment(platform: Platform, seller: int) -> None:
    """It lands once and is known to the nine others; with another amount it is refused."""
    line = SettlementLine(key="same", seller_id=seller, order_id=None, kind="capture", amount=Decimal("10.25"))
    hand_in = partial(
        record_settlement, settled_on=NIGHT + 2 * DAY, at=clock_of(platform, NIGHT + 2 * DAY)(), by="user:1"
    )
    answers = at_once(platform.schema_name, [partial(hand_in, lines=[line])] * PEOPLE)
    assert sorted((one.landed, one.known) for one in answers) == [(0, 1)] * (PEOPLE - 1) + [(1, 0)]
    with entered(platform.schema_name):
        other = hand_in(lines=[replace(line, amount=Decimal("10.26"))])
        assert [one.reason for one in other.rejected] == ["This key was used before for another line."]
        assert Proceeds.objects.get(key="same").amount == Decimal("10.25")


def _swept(day: object) -> dict[str, Decimal]:
    return Sweep.objects.filter(business_date=day).aggregate(
        captured=Sum("captured"),
        brought=Sum("brought_forward"),
        kept=Sum("kept"),
        paid=Sum("paid_out"),
        carried=Sum("carried_forward"),
    )
