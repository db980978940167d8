"""A financing stands in the buckets that its product set: at the desk, in the admin and outside. Others do not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.financing.models import Financing
from apps.products.models import ProductVersion
from apps.risk.models import Assessment
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.tenants.services import entered
from apps.users.models import Role
from tests.conftest import PlatformClient
from tests.factories import (
    DAY,
    make_application,
    make_assessment,
    make_contract,
    make_financing,
    make_offer,
    make_product_version,
    make_seller,
    make_user,
)

Clients = Callable[..., PlatformClient]


def late(seller: Seller, days: int, version: ProductVersion | None = None) -> Financing:
    """An active financing of `seller` whose oldest unpaid due date is `days` ago; the seller bears the worst."""
    known = Assessment.objects.filter(seller=seller).first() or make_assessment(seller=seller)
    offer = make_offer(seller=seller, version=version or make_product_version(), assessment=known)
    drawn = make_financing(
        contract=make_contract(application=make_application(offer=offer)), state="active", disbursed_on=DAY,
        closed_through=DAY, days_past_due=days, past_due="150.00" if days else 0, principal="9000.00",
    )  # fmt: skip
    seller.worst_days_past_due = max(seller.worst_days_past_due, days)
    seller.save()
    return drawn


@dataclass
class Town:
    """Mei owes on three products: 8 days late where buckets end on days 7 and 15, 5 days late where on 30, 60 and 90,
    and in time."""

    platform: Platform
    mei: Seller
    own: Financing
    usual: Financing


@pytest.fixture
def town(two_platforms: tuple[Platform, Platform]) -> Iterator[Town]:
    meadow, harbor = two_platforms
    with entered(harbor.schema_name):
        late(make_seller(name="Ana Lima"), 8)
    with entered(meadow.schema_name):
        mei = make_seller(name="Mei Chen")
        own = late(mei, 8, make_product_version(bucket_ends=[7, 15]))
        usual = late(mei, 5)
        late(mei, 0)
        yield Town(meadow, mei, own, usual)


def test_the_desk_shows_the_bucket_beside_the_days(town: Town, client_of: Clients) -> None:
    desk = client_of(town.platform, make_user(role=Role.STAFF))
    assert "8 days late, bucket 8-15" in desk.get(f"/desk/financings/{town.own.pk}/").content.decode()
    assert "5 days late, bucket 1-30" in desk.get(f"/desk/financings/{town.usual.pk}/").content.decode()
    page = desk.get(f"/desk/sellers/{town.mei.pk}/")
    cells = [row[-1] for row in page.context["financings"].rows]
    assert [(cell.count, cell.note) for cell in cells] == [(None, ""), (5, "Bucket 1-30"), (8, "Bucket 8-15")]
    assert page.context["late"] == "8 days late, bucket 8-15"  # the worst of them counts for all
    assert "8 days late, bucket 8-15" in page.content.decode()


def test_who_is_in_time_stands_in_no_bucket(town: Town, client_of: Clients) -> None:
    Financing.objects.filter(seller=town.mei).update(days_past_due=0, past_due=0)
    desk = client_of(town.platform, make_user(role=Role.STAFF))
    for page in (f"financings/{town.own.pk}", f"sellers/{town.mei.pk}"):
        assert "ucket" not in desk.get(f"/desk/{page}/").content.decode()
    assert town.mei.financings.latest_to_pay() is None


def test_the_worst_is_the_one_longest_late_that_still_runs(town: Town) -> None:
    assert town.mei.financings.latest_to_pay() == town.own
    ended = late(town.mei, 40)
    Financing.objects.filter(pk=ended.pk).update(state="written_off")
    assert town.mei.financings.latest_to_pay() == town.own
    tied = late(town.mei, 8)
    assert (tied.bucket, town.mei.financings.latest_to_pay()) == ("1-30", town.own)  # of two alike the first drawn


def test_a_later_version_moves_no_financing_that_was_signed_before(town: Town) -> None:
    ProductVersion.objects.filter(pk=town.own.version_id).update(state="retired")
    make_product_version(product=town.own.version.product, number=2, bucket_ends=[3])
    assert Financing.objects.get(pk=town.own.pk).bucket == "8-15"


def test_another_platform_keeps_its_own(
    town: Town, two_platforms: tuple[Platform, Platform], client_of: Clients
) -> None:
    harbor = two_platforms[1]
    with entered(harbor.schema_name):
        theirs, staff = Financing.objects.get(), make_user(role=Role.STAFF)
        assert (theirs.days_past_due, theirs.bucket) == (8, "1-30")
        assert set(ProductVersion.objects.values_list("bucket_ends__len", flat=True)) == {3}
    page = client_of(harbor, staff).get(f"/desk/financings/{theirs.pk}/").content.decode()
    assert "8 days late, bucket 1-30" in page


@pytest.mark.parametrize("role", [Role.FINANCIER, Role.AUDITOR, Role.STAFF])
def test_whoever_sees_financings_in_the_admin_sees_their_buckets(town: Town, client_of: Clients, role: Role) -> None:
    client = client_of(town.platform, make_user(role=role))
    rows = client.get("/admin/financing/financing/").content.decode()
    assert "8-15" in rows
    assert "1-30" in rows
    assert "8-15" in client.get(f"/admin/financing/financing/{town.own.pk}/change/").content.decode()


def test_a_longer_list_asks_the_database_no_more(town: Town, client_of: Clients) -> None:
    staff = make_user(role=Role.STAFF)
    addresses = ("/admin/financing/financing/", f"/desk/sellers/{town.mei.pk}/", "/api/financings/")

    def asked() -> dict[str, int]:
        counts = {}
        for address in addresses:
            client = client_of(town.platform, staff)
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts[address] = len(queries)
        return counts

    before = asked()
    for days in range(10, 15):
        late(town.mei, days, make_product_version(bucket_ends=[days]))
    assert asked() == before


def test_the_api_tells_the_bucket(town: Town, client_of: Clients) -> None:
    answer: dict[str, Any] = client_of(town.platform, make_user(role=Role.STAFF)).get("/api/financings/").json()
    told = [(one["days_past_due"], one["bucket"]) for one in answer["results"]]
    assert told == [(0, ""), (5, "1-30"), (8, "8-15")]
