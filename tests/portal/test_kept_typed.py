"""A session that ended mid-form: what was typed is there again after the sign-in, for its owner and nobody else."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.financing.models import Offer
from apps.repayment.models import ReliefRequest
from apps.sellers.models import Consent, MessageSettings, Seller
from apps.tenants.models import Platform
from apps.users.models import Role, User
from apps.warehousing.models import Inspection, WarehouseReceipt
from tests.conftest import PlatformClient
from tests.factories import make_inspection, make_seller, make_user, make_warehouse
from tests.story import DAY, Story
from tests.warehousing.pledging import asked, bales, cotton_costs

Clients = Callable[..., PlatformClient]
PASSWORD = "a long pass phrase"
HOST = "http://meadow.test"


@pytest.fixture
def shop(platform: Platform) -> dict[str, str]:
    """A seller with an offer, a running advance and goods: the address of each page."""
    today = platform.business_date(datetime.now(UTC))
    story = Story(platform, first=today - 2 * DAY)
    seller = story.seller()
    seller.user = make_user(role=Role.SELLER, email="mei@meadow.example", password=PASSWORD)
    seller.save()
    story.night(today - 2 * DAY)
    drawn = story.draw(story.offer(seller), "500", today - DAY)
    story.night(today - DAY)
    (receipt,) = bales(1, farmer=seller)
    return {
        "offer": f"/offers/{Offer.objects.open().first().pk}/",
        "pause": f"/money/{drawn.pk}/hardship/pause/",
        "give": "/people/consents/give/",
        "account": "/people/account/",
        "contact": "/people/contact/",
        "wishes": "/messages/settings/",
        "bring": "/receipts/bring/",
        "receipt": f"/receipts/{receipt.pk}/",
    }


TYPED: list[tuple[str, str, dict[str, str], str]] = [
    ("offer", "", {"amount": "345.67"}, 'value="345.67"'),
    ("pause", "", {"days": "17", "reason": "A hailstorm in May"}, "A hailstorm in May"),
    ("give", "", {"years": "10"}, 'value="10" .*checked'),
    ("account", "", {"holder": "Li Mei", "bank": "Hill Bank", "number": "1"}, "Hill Bank"),
    ("contact", "", {"login": "mei@orchard"}, "mei@orchard"),
    ("wishes", "", {"quiet_from": "19:45"}, "19:45"),
    ("bring", "", {"origin": "The upper terraces"}, "The upper terraces"),
    ("receipt", "pass-on/", {"taker": "S-4711"}, "S-4711"),
]


def before(shop: dict[str, str]) -> tuple[Any, ...]:
    """What none of these may change."""
    return (
        list(Offer.objects.order_by("pk").values_list("state", "wanted_amount")),
        ReliefRequest.objects.count(),
        Consent.objects.count(),
        MessageSettings.objects.count(),
        WarehouseReceipt.objects.count(),
        Seller.objects.get(name="Li Mei").payout_frozen,
    )


def sign_in(client: PlatformClient, path: str, email: str = "mei@meadow.example") -> str:
    return str(client.post(path, {"login": email, "password": PASSWORD})["Location"])


@pytest.mark.parametrize(("page", "act", "typed", "shown"), TYPED, ids=[one[0] for one in TYPED])
def test_what_was_typed_is_there_again_after_the_sign_in(
    platform: Platform, shop: dict[str, str], client_of: Clients, page: str, act: str, typed: dict[str, str], shown: str
) -> None:
    path = shop[page]
    mei = User.objects.get(email="mei@meadow.example")
    form = client_of(platform, mei).get(path).content.decode()
    owner = re.search(r'name="typed_by" value="([^"]+)"', form)
    assert owner
    known = before(shop)
    gone = client_of(platform)
    sent = gone.post(f"{path}{act}", {**typed, "typed_by": owner[1]}, headers={"referer": f"{HOST}{path}"})
    assert sent["Location"] == f"/account/login/?next={path}"
    assert sign_in(gone, sent["Location"]) == path
    again = gone.get(path).content.decode()
    assert "What you typed is still here" in again
    assert re.search(shown, again), page
    assert before(shop) == known, "looking at it does nothing"
    assert "What you typed is still here" not in gone.get(path).content.decode()


def test_whoever_signs_in_instead_does_not_see_it(platform: Platform, shop: dict[str, str], client_of: Clients) -> None:
    make_seller(user=make_user(role=Role.SELLER, email="wang@meadow.example", password=PASSWORD))
    form = client_of(platform, User.objects.get(email="mei@meadow.example")).get("/people/account/").content.decode()
    owner = re.search(r'name="typed_by" value="([^"]+)"', form)
    assert owner
    gone = client_of(platform)
    sent = gone.post("/people/account/", {"bank": "Hill Bank", "typed_by": owner[1]})
    sign_in(gone, sent["Location"], "wang@meadow.example")
    assert "Hill Bank" not in gone.get("/people/account/").content.decode()


@pytest.mark.parametrize("came_from", ["https://evil.example/offers/1/", "//evil.example", "javascript:alert(1)", ""])
def test_a_forged_page_to_come_back_to_leads_nowhere(
    platform: Platform, shop: dict[str, str], client_of: Clients, came_from: str
) -> None:
    sent = client_of(platform).post("/people/account/", {"bank": "x"}, headers={"referer": came_from})
    assert sent["Location"] == "/account/login/?next=/people/account/"


def test_what_a_warehouse_typed_is_there_again_too(platform: Platform, client_of: Clients) -> None:
    """Ten fields of a receipt, weights of a pledge, a count: whoever typed them at the scale types them once."""
    warehouse = make_warehouse()
    operator = make_user(role=Role.WAREHOUSE, email="tomas@meadow.example", password=PASSWORD, warehouse=warehouse)
    cotton_costs("10.00")
    receipts = bales(1, warehouse=warehouse)
    pledge, count = asked(receipts), make_inspection(warehouse=warehouse, inspector=operator)
    typed_at = {
        "/warehouse/issue/": ({"weight": "4980.5", "lot": "L-2025-7"}, 'value="L-2025-7"'),
        f"/warehouse/receipts/{receipts[0].pk}/freeze/": ({"reason": "Wet bales"}, "Wet bales"),
        f"/warehouse/pledges/{pledge.pk}/": ({str(receipts[0].pk): "987.5"}, 'value="987.5"'),
        f"/warehouse/inspections/{count.pk}/": ({"counted": "901", "note": "Two bales short"}, "Two bales short"),
    }
    known = list(WarehouseReceipt.objects.values()), list(Inspection.objects.values())
    for path, (typed, shown) in typed_at.items():
        form = client_of(platform, operator).get(path).content.decode()
        owner = re.search(r'name="typed_by" value="([^"]+)"', form)
        assert owner, path
        gone = client_of(platform)
        sent = gone.post(path, {**typed, "typed_by": owner[1]}, headers={"referer": f"{HOST}{path}"})
        assert sign_in(gone, sent["Location"], "tomas@meadow.example") == path
        assert shown in gone.get(path).content.decode(), path
    assert (list(WarehouseReceipt.objects.values()), list(Inspection.objects.values())) == known
