"""What platforms settle: taken in once, on an open date, and never more than makes sense."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.models import Transition
from apps.orders.models import Order, Proceeds
from apps.orders.refusals import SettlementRefused
from apps.orders.services import (
    Refund,
    SettlementLine,
    SettlementResult,
    close_return_windows,
    record_refunds,
    record_settlement,
)
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.story import DAY, FIRST, Story

D = Decimal


@pytest.fixture
def story(platform: Platform) -> Story:
    return Story(platform)


@pytest.fixture
def seller(story: Story) -> Seller:
    return story.seller(days=3)


@pytest.fixture
def order(story: Story, seller: Seller) -> Order:
    """100.00 paid, arrived on the first date, its return window still open."""
    return story.delivered(seller, "100.00", FIRST)


def settle(story: Story, *lines: SettlementLine) -> SettlementResult:
    return record_settlement(lines=lines, settled_on=FIRST, at=story.at(FIRST), by="test")


def line(
    seller: Seller, amount: str, order: Order | None = None, kind: str = "capture", key: str = "k"
) -> SettlementLine:
    return SettlementLine(
        key=key, seller_id=seller.pk, order_id=order.pk if order else None, kind=kind, amount=D(amount)
    )


def test_a_capture_before_the_return_window_ends_settles_when_it_does(
    story: Story, seller: Seller, order: Order
) -> None:
    assert settle(story, line(seller, "100.00", order)).landed == 1
    order.refresh_from_db()
    assert (order.state, order.settled_on) == ("delivered", FIRST)
    done = close_return_windows(
        first_seller=seller.pk, last_seller=seller.pk, through=story.at(FIRST), at=story.at(FIRST), by="night"
    )
    order.refresh_from_db()
    assert (done, order.state) == (1, "settled")
    assert [row.verb for row in Transition.of(order)] == ["close_return_window", "settle"]


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity", "1000000000001", "1e40"])
def test_absurd_amounts_are_refused(story: Story, seller: Seller, amount: str) -> None:
    result = settle(story, line(seller, amount))
    assert (result.landed, len(result.rejected)) == (0, 1)
    assert not Proceeds.objects.exists()


def test_one_bad_line_does_not_hold_up_the_others(story: Story, seller: Seller, order: Order) -> None:
    unknown = SettlementLine(key="x", seller_id=987654, order_id=None, kind="capture", amount=D("1"))
    result = settle(story, unknown, line(seller, "100.00", order))
    assert (result.landed, [one.key for one in result.rejected]) == (1, ["x"])
    assert "unknown" in result.rejected[0].reason


def test_more_than_the_buyer_paid_is_refused_also_in_parts(story: Story, seller: Seller, order: Order) -> None:
    result = settle(story, line(seller, "60.00", order, key="a"), line(seller, "60.00", order, key="b"))
    assert (result.landed, len(result.rejected)) == (1, 1)
    assert "the buyer paid 100" in result.rejected[0].reason


def test_a_refund_larger_than_what_came_in_is_refused(story: Story, seller: Seller, order: Order) -> None:
    result = settle(story, line(seller, "100.00", order), line(seller, "100.01", order, kind="refund", key="back"))
    assert (result.landed, [one.key for one in result.rejected]) == (1, ["back"])


def test_another_sellers_order_is_refused(story: Story, seller: Seller, order: Order) -> None:
    stranger = story.seller("Wang Wu", days=3)
    result = settle(story, line(stranger, "100.00", order))
    assert "another seller" in result.rejected[0].reason
    assert not Proceeds.objects.exists()


def test_a_thousand_times_the_same_key_lands_once(story: Story, seller: Seller) -> None:
    told = [story.settle(FIRST, seller, "10.00", key="k") for _time in range(1_000)]
    assert (told[0].landed, {(one.landed, one.known, one.rejected) for one in told[1:]}) == (1, {(0, 1, ())})
    assert Proceeds.objects.get(key="k").amount == 10


def test_the_same_key_with_other_content_is_refused_and_the_first_stands(story: Story, seller: Seller) -> None:
    settle(story, line(seller, "10.00"))
    again = settle(story, line(seller, "10.00"))
    other = settle(story, line(seller, "11.00"))
    assert (again.known, again.landed, len(other.rejected)) == (1, 0, 1)
    assert Proceeds.objects.get().amount == D("10")


@pytest.mark.parametrize("days", [2, -4000])
def test_a_day_that_cannot_be_is_refused(story: Story, seller: Seller, days: int) -> None:
    with pytest.raises(SettlementRefused, match="Nothing was changed"):
        record_settlement(
            lines=[line(seller, "1.00")], settled_on=FIRST + timedelta(days=days), at=story.at(FIRST), by="test"
        )
    assert not Proceeds.objects.exists()


def test_a_settlement_at_one_platform_is_none_at_another(
    story: Story, seller: Seller, other_platform: Platform
) -> None:
    settle(story, line(seller, "10.00"))
    with entered(other_platform.schema_name):
        assert not Proceeds.objects.exists()


def test_refunds_in_full_in_part_and_once(story: Story, seller: Seller, order: Order) -> None:
    whole = story.delivered(seller, "80.00", FIRST, name="whole")
    wanted = [Refund(order_id=order.pk, amount=D("30.00")), Refund(order_id=whole.pk, amount=D("80.00"))]
    first = record_refunds(refunds=wanted, at=story.at(FIRST), by="test")
    second = record_refunds(refunds=wanted, at=story.at(FIRST), by="test")
    assert ((first.landed, first.known), (second.landed, second.known)) == ((2, 0), (0, 2))
    order.refresh_from_db()
    whole.refresh_from_db()
    assert ((order.state, order.refunded), (whole.state, whole.refunded)) == (
        ("partially_refunded", D("30")),
        ("refunded", D("80")),
    )


@pytest.mark.parametrize("amount", ["100.01", "0", "-5", "0.001"])
def test_a_refund_larger_than_the_order_or_of_nothing_is_refused(story: Story, order: Order, amount: str) -> None:
    result = record_refunds(refunds=[Refund(order_id=order.pk, amount=D(amount))], at=story.at(FIRST), by="test")
    assert (result.landed, len(result.rejected)) == (0, 1)
    order.refresh_from_db()
    assert (order.state, order.refunded) == ("delivered", D("0"))


def test_a_settled_order_cannot_be_refunded_any_more(story: Story, seller: Seller, order: Order) -> None:
    settle(story, line(seller, "100.00", order))
    close_return_windows(
        first_seller=seller.pk, last_seller=seller.pk, through=story.at(FIRST), at=story.at(FIRST), by="night"
    )
    result = record_refunds(refunds=[Refund(order_id=order.pk, amount=D("10"))], at=story.at(FIRST + DAY), by="test")
    assert "settled" in result.rejected[0].reason


def test_windows_of_other_sellers_stay_open(story: Story, seller: Seller, order: Order) -> None:
    done = close_return_windows(
        first_seller=seller.pk + 1, last_seller=seller.pk + 99, through=story.at(FIRST), at=story.at(FIRST), by="night"
    )
    order.refresh_from_db()
    assert (done, order.state) == (0, "delivered")
