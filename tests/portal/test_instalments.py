"""A loan in instalments on its pages: what is agreed stands before the button, what is due when stands afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.financing.models import Financing
from apps.repayment.models import Demand, Event
from apps.tenants.models import Platform
from apps.users.models import Role
from tests.factories import make_bank_line
from tests.portal.test_desk_financing import shown
from tests.portal.test_pages import person
from tests.story import DAY, Story

Browse = Any


@pytest.fixture
def today(platform: Platform) -> Any:
    return platform.business_date(datetime.now(UTC))


def begun(platform: Platform, first: Any) -> tuple[Story, Any]:
    """A seller with a page, and the offers of the night of `first`."""
    story = Story(platform, first=first)
    seller = story.seller()
    seller.user = person(Role.SELLER, "mei@meadow.example")
    seller.save()
    story.night(first)
    return story, seller


@pytest.fixture
def financing(platform: Platform, today: Any) -> Financing:
    """A stock loan of 1,000 that has run for forty nights; its first instalment is late."""
    story, seller = begun(platform, today - 41 * DAY)
    drawn = story.draw(story.offer(seller, "stock-loan"), "1000", today - 40 * DAY)
    for number in range(40, 0, -1):
        story.night(today - number * DAY)
    return Financing.objects.get(pk=drawn.pk)


def test_the_offer_shows_money_first_the_rate_and_every_instalment(
    platform: Platform, client_of: Callable[..., Browse], today: Any
) -> None:
    story, seller = begun(platform, today - DAY)
    offer = story.offer(seller, "stock-loan")
    browse = client_of(platform, seller.user)
    browse.post(f"/offers/{offer.pk}/", {"amount": "1000"})
    amount, repayment, review = (
        browse.get(f"/offers/{offer.pk}/{name}").content.decode() for name in ("", "repayment/", "review/")
    )
    assert repayment.count("Of it principal") >= 6  # each row names its columns on a phone
    assert "never more than is due" in repayment
    assert "There is no last date" not in repayment
    for page in (amount, review):
        assert page.index("You repay in all") < page.index("Annualised rate")
        assert "in 6 instalments" in page
        assert "Interest until the due date" not in page
    contract = story.accept(offer, "1000", today)
    signing = client_of(platform, seller.user).get(f"/contracts/{contract.pk}/").content.decode()
    assert "in 6 instalments" in signing
    assert "The instalments" in signing
    assert "Repaid by the money of" not in signing


def test_the_seller_and_the_desk_see_what_is_due_when(
    platform: Platform, client_of: Callable[..., Browse], financing: Financing
) -> None:
    owner = financing.seller.user
    first = Demand.objects.get(number=1)
    for user, address in (
        (owner, f"/money/{financing.pk}/"),
        (person(Role.STAFF, "staff@meadow.example"), f"/desk/financings/{financing.pk}/"),
    ):
        page = client_of(platform, user).get(address).content.decode()
        assert "The instalments" in page
        assert page.count("To come") == 5
        assert page.count("Missed") == 1
        assert f"{first.amount:.2f}" in page
    paper = client_of(platform, owner).get(f"/money/{financing.pk}/statement.pdf")
    assert (paper.status_code, paper["Content-Type"]) == (200, "application/pdf")


def test_a_payment_and_other_due_dates_are_shown_before_they_are_done(
    platform: Platform, client_of: Callable[..., Browse], financing: Financing, today: Any
) -> None:
    desk = client_of(platform, person(Role.STAFF, "staff@meadow.example"))
    amount = Demand.objects.get(number=1).amount
    line = make_bank_line(amount=amount, booked_on=today)
    payment = {"line": line.pk, "reason": "by transfer", "key": "k1"}
    page = desk.post(f"/desk/financings/{financing.pk}/payment/", payment)
    assert "The instalments" in page.content.decode()
    assert Demand.objects.get(number=1).paid == 0
    assert desk.post(f"/desk/financings/{financing.pk}/payment/", {**shown(page), **payment}).status_code == 302
    assert Demand.objects.get(number=1).paid == amount

    dates = {"until": str(today + 40 * DAY), "more": "2", "reason": "a late harvest", "key": "k2"}
    page = desk.post(f"/desk/financings/{financing.pk}/due_date/", dates)
    assert page.content.decode().count("To come") == 7
    assert Demand.objects.count() == 6
    assert desk.post(f"/desk/financings/{financing.pk}/due_date/", {**shown(page), **dates}).status_code == 302
    assert Demand.objects.filter(state="planned").count() == 7
    assert Demand.objects.get(number=2).due_on == today + 40 * DAY
    refused = desk.post(f"/desk/financings/{financing.pk}/due_date/", {"reason": "none", "key": "k3"})
    assert refused.status_code == 422
    assert "how many more" in refused.content.decode()
    assert Event.objects.count() == 2
