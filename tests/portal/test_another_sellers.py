"""Every address of a seller's pages with a row of another seller of the same platform: it answers as if there were no
such row, to looking and to sending alike, and nothing changes."""

from collections.abc import Callable

import pytest

from apps.core.models import Transition
from apps.evidence.models import Record
from apps.tenants.models import Platform
from apps.users.models import Role, User
from tests.conftest import PlatformClient
from tests.factories import DAY, make_seller, make_user
from tests.tenants.addresses import Address, addresses
from tests.tenants.test_pages import THEIRS, fill_platform

Clients = Callable[..., PlatformClient]
ADDRESSES = [one for one in addresses() if one.name.startswith("portal:") and one.names_a_row]


@pytest.fixture
def neighbours(platform: Platform) -> tuple[User, User]:
    """Somebody whose rows have the key THEIRS, and somebody who sells beside them and has none."""
    theirs = fill_platform("River Orchard")["seller"]
    mine = make_user(role=Role.SELLER, email="wang@meadow.example")
    make_seller(user=mine)
    return theirs, mine


def told(client: PlatformClient, address: Address) -> tuple[int, int]:
    """The status of looking at the row and of sending something to it."""
    path = address.path(row=THEIRS, day=DAY)
    return client.get(path).status_code, client.post(path).status_code


def test_a_row_of_another_seller_is_not_there(
    platform: Platform, neighbours: tuple[User, User], client_of: Clients
) -> None:
    theirs, mine = (client_of(platform, user) for user in neighbours)
    before = Transition.objects.count(), Record.objects.count()
    answers = {address.name: told(mine, address) for address in ADDRESSES}
    assert {name: answer for name, answer in answers.items() if not set(answer) <= {404, 405}} == {}
    assert (Transition.objects.count(), Record.objects.count()) == before
    at_home = {address.name for address in ADDRESSES if not set(told(theirs, address)) <= {404, 405}}
    assert len(at_home) > len(ADDRESSES) * 2 // 3, "the failing control: whose row it is, finds it"
