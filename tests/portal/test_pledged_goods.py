"""Pages of goods that secure an advance: offered, swapped, asked back by the seller, decided by the financier.

The pages read the clock, so the platform's books were opened today.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.financing.models import Financing
from apps.tenants.models import Platform
from apps.users.models import Role
from apps.warehousing.models import Pledge, WarehouseReceipt
from apps.warehousing.services import confirm_pledge
from tests.conftest import PlatformClient
from tests.factories import (
    make_books,
    make_commodity,
    make_commodity_price,
    make_financing,
    make_operator,
    make_particulars,
    make_seller,
    make_user,
)
from tests.warehousing.pledging import AT, OFFICER, asked, bales, cotton_costs, counted, states

D = Decimal
Clients = Callable[..., PlatformClient]
COUNTER = "user:0"  # nobody who has a page here


class Store:
    """Four lots of a tonne of cotton at 10.00 a kilogram; two secure an advance of which 6,000.00 is still owed."""

    def __init__(self, platform: Platform) -> None:
        self.today: date = platform.business_date(timezone.now())
        make_books(first_date=self.today)
        cotton_costs("10.00", self.today)
        self.seller = make_particulars(seller=make_seller(user=make_user(role=Role.SELLER))).seller
        self.receipts = bales(4, farmer=self.seller)
        WarehouseReceipt.objects.update(
            valid_until=self.today + timedelta(days=90), insured_until=self.today + timedelta(days=90)
        )
        yesterday = self.today - timedelta(days=1)
        self.financing = make_financing(
            seller=self.seller, state="active", principal=D("6000.00"), amount=D("6000.00"), signed_on=yesterday,
            disbursed_on=yesterday, closed_through=yesterday, accrued_through=yesterday,
        )  # fmt: skip
        secured = WarehouseReceipt.objects.filter(pk__in=[one.pk for one in self.receipts[:2]]).order_by("pk")
        pledge = asked(list(secured), subject=f"financing:{self.financing.pk}", on=self.today)
        counted(pledge, self.receipts[:2])
        confirm_pledge(pledge_id=pledge.pk, on=self.today, at=AT, by=OFFICER)

    @property
    def pledge(self) -> Pledge:
        return Pledge.objects.get()

    def path(self, act: str = "") -> str:
        return f"/receipts/pledged/{self.pledge.pk}/{act}"

    def keys(self, *places: int) -> list[int]:
        return [self.receipts[place].pk for place in places]

    def states(self) -> list[str]:
        return states(self.receipts)


@pytest.fixture
def store(platform: Platform) -> Store:
    return Store(platform)


@pytest.fixture
def farmer(store: Store, platform: Platform, client_of: Clients) -> PlatformClient:
    return client_of(platform, store.seller.user)


@pytest.fixture
def financier(platform: Platform, client_of: Clients) -> PlatformClient:
    return client_of(platform, make_user(role=Role.FINANCIER))


def press(client: PlatformClient, store: Store, verb: str, reason: str = "") -> str:
    path = f"/admin/warehousing/pledge/{store.pledge.pk}/step/{verb}/"
    answer = client.post(path, {"reason": reason}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_more_goods_are_offered_counted_and_taken_in(
    farmer: PlatformClient, financier: PlatformClient, store: Store
) -> None:
    shown = said(farmer.get(store.path()))
    assert all(one.number in shown for one in store.receipts)
    assert store.path() in farmer.get(f"/money/{store.financing.pk}/").content.decode()
    assert farmer.post(store.path("offer/"), {"receipts": store.keys(2)})["Location"] == store.path()
    assert "The warehouse counts them next" in said(farmer.get(store.path()))
    assert "not counted all of these goods yet" in press(financier, store, "take_in")
    counted(store.pledge, store.receipts[2:3], by=COUNTER)
    assert "The warehouse has counted them" in said(farmer.get(store.path()))
    assert press(financier, store, "take_in") == "Done."
    assert store.states() == ["pledged", "pledged", "pledged", "issued"]
    assert store.pledge.value == 30_000


def test_the_warehouse_sees_what_waits_to_be_counted_also_for_a_pledge_that_stands(
    farmer: PlatformClient, store: Store, platform: Platform, client_of: Clients
) -> None:
    operator = client_of(platform, make_operator(warehouse=store.receipts[0].warehouse).user)
    assert "pledge P-1" not in said(operator.get("/warehouse/"))
    farmer.post(store.path("offer/"), {"receipts": store.keys(2)})
    waiting = said(operator.get("/warehouse/"))
    assert (f"/warehouse/pledges/{store.pledge.pk}/" in waiting, store.receipts[2].number in waiting) == (True, True)
    assert store.receipts[0].number not in waiting
    neighbour, count = client_of(platform, make_operator().user), f"/warehouse/pledges/{store.pledge.pk}/"
    assert "pledge P-1" not in said(neighbour.get("/warehouse/"))
    assert neighbour.get(count).status_code == 404
    assert neighbour.post(count, {str(store.receipts[2].pk): "1"}).status_code == 404
    assert store.pledge.pledged_receipts.asked().get().confirmed_weight is None
    counted(store.pledge, store.receipts[2:3], by=COUNTER)
    assert "pledge P-1" not in said(operator.get("/warehouse/"))


def test_the_sellers_list_says_where_what_is_worth_and_how_much_of_it_is_borrowed_on(
    farmer: PlatformClient, store: Store
) -> None:
    """Four tonnes at 10.00; two are pledged. A price that is too old still counts, and is said to be old: a tonne of
    wool at 1.00, on a receipt that has run out, so that it is not free to pledge."""
    Pledge.objects.update(outstanding=D(6000))
    make_commodity(code="wool", max_price_age=0)
    make_commodity_price(commodity="wool", on=store.today - timedelta(days=1), price=D(1))
    bales(1, farmer=store.seller, commodity="wool")
    shown = said(farmer.get("/receipts/"))
    assert (shown.count("¥10,000.00"), shown.count("¥1,000.00"), "¥41,000.00" in shown) == (4, 1, True)
    assert "Of it free to pledge" in shown
    assert shown.count("¥20,000.00") == 2  # free, and what the pledge is worth
    assert "30% of what your goods are worth is owed; at most 60% may be" in shown
    assert shown.count("old price") == 1


def test_goods_are_called_by_their_name_in_the_readers_language(farmer: PlatformClient, store: Store) -> None:
    make_commodity(code="cotton", name="Raw cotton", name_zh="皮棉")
    for path in (store.path(), "/receipts/", f"/receipts/{store.receipts[0].pk}/"):
        farmer.cookies["django_language"] = "en"
        assert "Raw cotton" in said(farmer.get(path)), path
        farmer.cookies["django_language"] = "zh-hans"
        shown = said(farmer.get(path))
        assert ("皮棉" in shown, "cotton" in shown.casefold()) == (True, False), path


def test_the_admin_tells_a_pledge_in_words_and_in_money(financier: PlatformClient, store: Store) -> None:
    shown = said(financier.get(f"/admin/warehousing/pledge/{store.pledge.pk}/change/"))
    for words in ("cotton, 3128: 30%", "all other goods: 50%", "CNY 20,000.00", "60%", "54%",
                  "1,000 kg"):  # fmt: skip
        assert words in shown, words
    for raw in ("other_grades", "20000.0000", "0.60000000", "1000.0000", "user:0"):
        assert raw not in shown, raw


def test_an_offer_is_taken_back_by_the_seller_or_given_back(
    farmer: PlatformClient, financier: PlatformClient, store: Store
) -> None:
    farmer.post(store.path("offer/"), {"receipts": store.keys(2), "instead_of": store.keys(0)})
    assert farmer.post(store.path("take-back/"))["Location"] == store.path()
    assert not store.pledge.pledged_receipts.asked().exists()
    assert not store.pledge.pledged_receipts.filter(leaving=True).exists()
    farmer.post(store.path("offer/"), {"receipts": store.keys(3)})
    assert press(financier, store, "give_back") == "Done."
    assert store.states() == ["pledged", "pledged", "issued", "issued"]


def test_goods_take_the_place_of_others_of_no_more_worth(
    farmer: PlatformClient, financier: PlatformClient, store: Store
) -> None:
    farmer.post(store.path("offer/"), {"receipts": store.keys(2), "instead_of": store.keys(0)})
    assert "In the place of:" in said(farmer.get(store.path()))
    refused = farmer.post(store.path("back/"), {"back": store.keys(1)})
    assert refused.status_code == 422
    assert "Take that offer back first" in said(refused)
    counted(store.pledge, store.receipts[2:3], found="999", by=COUNTER)
    assert "worth 19990.00 CNY instead of 20000.00" in press(financier, store, "take_in")
    assert store.states() == ["pledged", "pledged", "issued", "issued"]
    counted(store.pledge, store.receipts[2:3], by=COUNTER)
    assert press(financier, store, "take_in") == "Done."
    assert store.states() == ["issued", "pledged", "pledged", "issued"]
    assert store.pledge.value == 20_000


def test_goods_are_asked_back_kept_and_let_go(farmer: PlatformClient, financier: PlatformClient, store: Store) -> None:
    assert farmer.post(store.path("back/"), {"back": store.keys(0)})["Location"] == store.path()
    assert "The financier decides next" in said(farmer.get(store.path()))
    assert press(financier, store, "decline_release", "the price is falling") == "Done."
    assert store.states()[:2] == ["pledged", "pledged"]
    farmer.post(store.path("back/"), {"back": store.keys(0)})
    assert press(financier, store, "release") == "Done."
    assert store.states()[:2] == ["issued", "pledged"]
    assert (store.pledge.state, store.pledge.value) == ("partially_released", 10_000)


def test_what_still_carries_the_debt_stays_said_with_the_figures(
    farmer: PlatformClient, financier: PlatformClient, store: Store
) -> None:
    """6,000.00 is owed and 60 % may be: both lots may not go, and one may only until a cent more is owed."""
    refused = farmer.post(store.path("back/"), {"back": store.keys(0, 1)})
    assert refused.status_code == 422
    assert "6000.00 CNY is owed; the goods that stay are worth 0" in said(refused)
    farmer.post(store.path("back/"), {"back": store.keys(0)})
    Financing.objects.update(fee=D("0.01"))
    assert "Pay 0.01 first, or ask for fewer goods." in press(financier, store, "release")
    assert store.states() == ["pledged", "pledged", "issued", "issued"]
    assert store.pledge.state == "release_requested"


def test_money_on_its_way_counts_as_owed(farmer: PlatformClient, store: Store) -> None:
    Financing.objects.update(state="pending", principal=0, disbursed_on=None, closed_through=None, accrued_through=None)
    assert "6000.00 CNY is owed" in said(farmer.post(store.path("back/"), {"back": store.keys(0, 1)}))
    assert store.pledge.state == "pledged"


@pytest.mark.parametrize("typed", [{}, {"receipts": "x"}, {"receipts": "999999"}, {"back": "999999"}])
def test_bad_input_changes_nothing(farmer: PlatformClient, store: Store, typed: dict[str, str]) -> None:
    for act in ("offer/", "back/"):
        assert farmer.post(store.path(act), typed).status_code == 422
    assert store.states() == ["pledged", "pledged", "issued", "issued"]
    assert not store.pledge.pledged_receipts.asked().exists()


def test_a_pledge_is_nobody_elses_and_only_a_financier_decides(
    farmer: PlatformClient, store: Store, platform: Platform, client_of: Clients
) -> None:
    other = make_seller(user=make_user(role=Role.SELLER))
    stranger = client_of(platform, other.user)
    assert stranger.get(store.path()).status_code == 404
    for act in ("offer/", "back/", "take-back/"):
        assert stranger.post(store.path(act), {"receipts": store.keys(2), "back": store.keys(0)}).status_code == 404
    farmer.post(store.path("back/"), {"back": store.keys(0)})
    for role in (Role.STAFF, Role.AUDITOR):
        client = client_of(platform, make_user(role=role))
        for verb in ("release", "decline_release", "take_in", "give_back"):
            assert client.post(f"/admin/warehousing/pledge/{store.pledge.pk}/step/{verb}/").status_code == 403
    assert store.pledge.state == "release_requested"
