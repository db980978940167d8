"""Pages of agreements that change: planned anew, disputed, restructured, refilled; warned, and provisioned."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.financing.models import Contract, Financing
from apps.products.models import ProductVersion
from apps.repayment.models import Event
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_bank_line, make_near_breach, make_provision_class
from tests.portal.test_desk_financing import decides, shown
from tests.portal.test_pages import person
from tests.story import DAY, Story

D = Decimal
Browse = Any


@pytest.fixture
def today(platform: Platform) -> Any:
    return platform.business_date(datetime.now(UTC))


@pytest.fixture
def financing(platform: Platform, today: Any) -> Financing:
    """An advance of 1,000 that has run for five nights, of a seller who may draw more."""
    story = Story(platform, first=today - 6 * DAY)
    seller = story.seller(daily="200.00")
    seller.user = person(Role.SELLER, "mei@meadow.example")
    seller.save()
    story.night(today - 6 * DAY)
    drawn = story.draw(story.offer(seller), "1000", today - 5 * DAY)
    for number in range(5, 0, -1):
        story.night(today - number * DAY)
    return Financing.objects.get(pk=drawn.pk)


@pytest.fixture
def desk(platform: Platform, financing: Financing, client_of: Callable[..., Browse]) -> Browse:
    return client_of(platform, person(Role.STAFF, "staff@meadow.example"))


def do(desk: Browse, address: str, typed: dict[str, Any]) -> Any:
    """Look at what will change, then do it."""
    page = desk.post(address, {**typed, "key": "k1"})
    assert page.status_code == 200, page.content.decode()
    return desk.post(address, {**shown(page), **typed, "key": "k1"})


def test_periods_are_planned_anew_from_the_desk(desk: Browse, financing: Financing) -> None:
    address = f"/desk/financings/{financing.pk}/reschedule/"
    assert "Days in a period" in desk.get(address).content.decode()
    refused = desk.post(address, {"period_days": 0, "minimum": "50", "reason": "late spring", "key": "k1"})
    assert refused.status_code == 422
    assert do(desk, address, {"period_days": 30, "minimum": "50.00", "reason": "late spring"}).status_code == 302
    kept = Financing.objects.get(pk=financing.pk).minimums
    assert kept is not None
    assert kept["period_days"] == 30
    assert "late spring" in desk.get(f"/desk/financings/{financing.pk}/").content.decode()


def test_a_disputed_payment_from_the_desk(desk: Browse, financing: Financing, today: Any) -> None:
    line = make_bank_line(amount=D("200.00"), booked_on=today)
    paid = {"line": line.pk, "reason": "by transfer"}
    assert do(desk, f"/desk/financings/{financing.pk}/payment/", paid).status_code == 302
    back = make_bank_line(amount=D("-200.00"), booked_on=today)
    address = f"/desk/financings/{financing.pk}/chargeback/"
    page = desk.post(address, {"event": 1, "reason": "disputed", "key": "k2"})
    assert page.status_code == 422  # the bank's line is missing
    typed = {"event": 1, "line": back.pk, "reason": "disputed", "key": "k2"}
    page = desk.post(address, typed)
    assert desk.post(address, {**shown(page), **typed}).status_code == 302
    assert [one.kind for one in Event.objects.order_by("number")] == ["payment", "chargeback"]


def test_one_proposes_a_restructuring_and_another_approves_it(
    platform: Platform, desk: Browse, financing: Financing, client_of: Callable[..., Browse]
) -> None:
    version = ProductVersion.objects.get(product__code="sales-advance")
    address = f"/desk/financings/{financing.pk}/restructure/"
    typed = {"version": version.pk, "capitalise": "on", "agreement": "R-17", "reason": "the harvest failed"}
    assert do(desk, address, typed).status_code == 302
    event = Event.objects.get()
    page = desk.get(f"/desk/financings/{financing.pk}/").content.decode()
    assert "Restructured into a new contract, waiting for another person" in page
    own = desk.post(f"/desk/events/{event.pk}/approve/")
    assert own.status_code == 422
    second = client_of(platform, person(Role.STAFF, "second@meadow.example"))
    address = f"/desk/events/{event.pk}/approve/"
    assert second.post(address).status_code == 422  # nobody approves what they were not shown
    assert second.post(address, {"do": decides(second.get(f"/desk/events/{event.pk}/"))}).status_code == 302
    new = Financing.objects.get(follows=financing)
    assert new.principal == D(1040)
    assert f"/desk/financings/{new.pk}/" in second.get(f"/desk/financings/{financing.pk}/").content.decode()
    assert financing.number in second.get(f"/desk/financings/{new.pk}/").content.decode()


@pytest.mark.parametrize("kind", ["carried", "refill", "nonsense"])
def test_what_only_follows_from_something_cannot_be_asked_for(desk: Browse, financing: Financing, kind: str) -> None:
    assert desk.get(f"/desk/financings/{financing.pk}/{kind}/").status_code == 404


def test_a_seller_pays_off_the_old_one_with_a_new_one(
    platform: Platform, financing: Financing, client_of: Callable[..., Browse]
) -> None:
    seller = client_of(platform, Seller.objects.get(pk=financing.seller_id).user)
    page = seller.get(f"/money/{financing.pk}/").content.decode()
    found = re.search(r'href="([^"]*\?refill=\d+)"', page)
    assert found is not None, page
    offer = seller.get(found[1], {"refill": financing.pk, "amount": "1300"}).content.decode()
    assert f"at most pay off {financing.number}" in offer
    assert "260.00 reach your account" in offer
    path = found[1].partition("?")[0]
    chosen = seller.post(path, {"amount": "1300", "refill": financing.pk})
    assert chosen["Location"] == f"{path}repayment/?refill={financing.pk}"
    assert f"{path}review/?refill={financing.pk}" in seller.get(chosen["Location"]).content.decode()
    assert (
        f'name="refill" value="{financing.pk}"' in seller.get(f"{path}review/?refill={financing.pk}").content.decode()
    )
    assert seller.post(f"{path}review/", {"amount": "1000", "refill": financing.pk}).status_code == 422
    assert seller.post(f"{path}review/", {"amount": "1300", "refill": financing.pk}).status_code == 302
    assert '"refill"' in Contract.objects.order_by("-pk")[0].terms


def test_seller_and_desk_read_that_a_minimum_is_in_danger(
    platform: Platform, desk: Browse, financing: Financing, client_of: Callable[..., Browse], today: Any
) -> None:
    make_near_breach(financing=financing, checked_on=today - DAY)
    seller = client_of(platform, Seller.objects.get(pk=financing.seller_id).user)
    for page in (desk.get(f"/desk/financings/{financing.pk}/"), seller.get(f"/money/{financing.pk}/")):
        assert "62.40 of the running minimum should have been repaid" in page.content.decode()
    financing.demands.update(paid=D("62.40"))
    assert "of the running minimum" not in desk.get(f"/desk/financings/{financing.pk}/").content.decode()


def test_the_books_say_what_is_to_be_set_aside_by_the_worst_of_a_seller(desk: Browse, financing: Financing) -> None:
    page = desk.get("/desk/books/").content.decode()
    assert "Normal" in page
    assert "10.40" in page  # 1 % of 1,040
    Seller.objects.filter(pk=financing.seller_id).update(worst_days_past_due=100)
    page = desk.get("/desk/books/").content.decode()
    assert "Substandard" in page
    assert "260.00" in page
    assert "Class: Substandard" in desk.get(f"/desk/sellers/{financing.seller_id}/").content.decode()
    make_provision_class(code="healthy", first_day=0, rate=D("0.05"))
    assert "52.00" in desk.get("/desk/books/").content.decode()
