"""Signing in to the admin."""

from collections.abc import Callable

import pytest

from apps.tenants.models import Platform
from tests.conftest import PlatformClient
from tests.factories import make_user


@pytest.fixture
def signed_in(platform: Platform, client_of: Callable[..., PlatformClient]) -> Callable[..., PlatformClient]:
    """`signed_in(role)`: a client of meadow with a new user of that role; `signed_in(user=user)`: with that one."""

    def sign_in(role: str = "", **facts: object) -> PlatformClient:
        return client_of(platform, facts.get("user") or make_user(role=role))

    return sign_in
