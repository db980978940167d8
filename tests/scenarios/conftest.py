"""Two platforms stand beside each other in every story: Meadow, where it happens, and Harbor, where it must not."""

from collections.abc import Iterator

import pytest

from apps.tenants.models import Platform
from apps.tenants.services import entered
from tests.scenarios.scene import Neighbour


@pytest.fixture
def neighbour(two_platforms: tuple[Platform, Platform]) -> Neighbour:
    """Harbor, with a financing of its own."""
    return Neighbour(two_platforms[1])


@pytest.fixture
def meadow(two_platforms: tuple[Platform, Platform]) -> Iterator[Platform]:
    """Meadow, entered."""
    with entered(two_platforms[0].schema_name) as platform:
        yield platform
