"""Pledges and margin calls: one live pledge a lot, two confirmations, goods never valued at zero."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.core.states import TransitionNotAllowed
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.warehousing.models import MarginCall, Pledge, PledgedReceipt, WarehouseReceipt
from tests.factories import make_margin_call
from tests.threads import at_once
from tests.warehousing.goods import agreed, issued, put_in_pledge

DAY = date(2025, 3, 14)


def test_one_lot_has_one_live_pledge(platform: Platform) -> None:
    receipt = issued()
    first, second = agreed(number="P-1"), agreed(number="P-2")
    held = put_in_pledge(first, receipt)
    with pytest.raises(IntegrityError, match="one_live_pledge_a_lot"), transaction.atomic():
        put_in_pledge(second, receipt)
    assert list(PledgedReceipt.objects.live()) == [held]
    held.released_on = DAY
    held.save()
    put_in_pledge(second, receipt)
    assert PledgedReceipt.objects.live().get().pledge == second


def test_of_two_who_pledge_the_same_lot_at_once_one_wins(fresh_platform: Callable[..., Platform]) -> None:
    schema = fresh_platform().schema_name
    with entered(schema):
        receipt = issued()
        pledges = [agreed(number=f"P-{number}") for number in range(4)]

    def take(pledge: Pledge) -> Callable[[], str]:
        return lambda: put_in_pledge(pledge, WarehouseReceipt.objects.get(pk=receipt.pk)).pledge.number

    outcomes = at_once(schema, [take(pledge) for pledge in pledges])
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 3
    with entered(schema):
        assert PledgedReceipt.objects.live().count() == 1


def test_a_pledge_needs_two_people(platform: Platform, at: datetime) -> None:
    pledge = agreed(warehouse_confirmed_by="user:1", financier_confirmed_by="user:1")
    with pytest.raises(TransitionNotAllowed):
        pledge.move("confirm", at=at, by="user:1")
    with pytest.raises(IntegrityError, match="pledge_confirmed_by_both"), transaction.atomic():
        Pledge.objects.filter(pk=pledge.pk).update(state="pledged")
    assert not Pledge.objects.live().exists()
    pledge.financier_confirmed_by = "user:2"
    pledge.move("confirm", at=at, by="user:2")
    assert list(Pledge.objects.live().securing(pledge.subject)) == [pledge]


def test_what_stays_after_a_partial_release_is_still_enforceable(platform: Platform, at: datetime) -> None:
    pledge = agreed()
    for verb in ("confirm", "request_release", "release_in_part", "enforce", "sell"):
        pledge.move(verb, at=at, by="user:2")
    assert not Pledge.objects.live().exists()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"limit": 0}, "pledge_limit_is_share"),
        ({"limit": Decimal("1.1")}, "pledge_limit_is_share"),
        ({"valued_on": DAY}, "pledge_valuation_paired"),
        ({"valued_on": DAY, "value": 0, "lendable": 0}, "pledge_valuation_paired"),
        ({"valued_on": DAY, "value": 100, "lendable": 101}, "pledge_valuation_paired"),
    ],
)
def test_the_database_keeps_pledges_sensible(platform: Platform, change: dict[str, Any], constraint: str) -> None:
    pledge = agreed()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Pledge.objects.filter(pk=pledge.pk).update(**change)
    pledge.refresh_from_db()
    assert (pledge.limit, pledge.valued_on) == (Decimal("0.6"), None)


@pytest.mark.parametrize(
    ("differing", "constraint"),
    [
        ({"weight": 0}, "pledged_weight_positive"),
        ({"confirmed_weight": -1}, "pledged_weight_positive"),
        ({"released_on": date(2025, 3, 13)}, "pledge_released_after_pledged"),
    ],
)
def test_the_database_keeps_pledged_receipts_sensible(
    platform: Platform, differing: dict[str, Any], constraint: str
) -> None:
    pledge, receipt = agreed(), issued()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        put_in_pledge(pledge, receipt, **differing)
    assert not PledgedReceipt.objects.exists()


def test_a_call_names_its_cures_and_its_last_day(platform: Platform, at: datetime) -> None:
    call = make_margin_call()
    with pytest.raises(IntegrityError, match="margin_call_names_its_cures"), transaction.atomic():
        MarginCall.objects.filter(pk=call.pk).update(state="called")
    call.cash_cure, call.goods_cure = Decimal(400), Decimal("666.67")
    call.move("call", at=at, by="night", due_on=date(2025, 3, 19))
    assert not MarginCall.objects.due(date(2025, 3, 19)).exists()  # the last day still counts
    assert list(MarginCall.objects.due(date(2025, 3, 20))) == [call]
    call.move("cure_by_cash", at=at, by="user:7", on=date(2025, 3, 18))
    assert not MarginCall.objects.open().exists()


def test_a_stale_price_hides_no_call(platform: Platform, at: datetime) -> None:
    call = make_margin_call()
    call.move("lose_price", at=at, by="night", reason="cotton: last price of 1 February")
    assert list(MarginCall.objects.open()) == [call]
    with pytest.raises(TransitionNotAllowed):
        call.move("cure_by_price", at=at, by="night", on=DAY)
    call.cash_cure, call.goods_cure = Decimal(400), Decimal("666.67")
    call.move("call", at=at, by="night", due_on=date(2025, 3, 19))
    with pytest.raises(TransitionNotAllowed):
        call.move("lose_price", at=at, by="night")
    assert call.state == "called"


def test_goods_are_never_valued_at_zero_and_a_pledge_has_one_open_call(platform: Platform) -> None:
    pledge = agreed()
    with pytest.raises(IntegrityError, match="never_values_goods_at_zero"), transaction.atomic():
        make_margin_call(pledge=pledge, value=0)
    make_margin_call(pledge=pledge)
    with pytest.raises(IntegrityError, match="one_open_call_a_pledge"), transaction.atomic():
        make_margin_call(pledge=pledge)
    assert MarginCall.objects.count() == 1
