"""A small demo platform: eight sellers, thirty days lived through."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pytest_django import DjangoDbBlocker

from apps.portal.demo.build import drop, make_platform
from apps.portal.demo.lived import Act
from apps.portal.demo.market import HARVEST, Market
from apps.tenants.models import Platform

# A quarter past ten in the morning in Shanghai.
NOW = datetime(2025, 6, 12, 2, 15, tzinfo=UTC)
SMALL = replace(
    HARVEST, schema_name="smallharvest", number_of_sellers=8, orders_a_day=14, days_before=200, days_lived=30
)
SHORT_SCRIPT = (
    Act(0, 28, "sales-advance", Decimal("0.1")),
    Act(0, 3, "early-payment", Decimal("0.5")),
    Act(0, 0, "early-payment", Decimal("0.5"), signs=False),
    Act(1, 3, "sales-advance", Decimal("0.5")),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A demo platform, what it was made from, and what its making said."""

    market: Market
    platform: Platform
    lines: tuple[str, ...]


@pytest.fixture(scope="module")
def small_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Made]:
    """A small demo platform as of NOW, made for real; what tests do there is committed. Dropped afterwards."""
    with django_db_blocker.unblock():
        lines = tuple(make_platform(SMALL, at=NOW, script=SHORT_SCRIPT))
        platform = Platform.objects.get(schema_name=SMALL.schema_name)
        yield Made(SMALL, platform, lines)
        drop(platform)
