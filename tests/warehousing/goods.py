"""Five tonnes of cotton in a warehouse, for tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.warehousing.models import Pledge, PledgedReceipt, WarehouseReceipt
from apps.warehousing.services import Goods, issue_receipt
from tests.factories import make_pledge, make_pledged_receipt, make_seller, make_warehouse

ISSUED_ON, VALID_UNTIL = date(2025, 3, 1), date(2026, 3, 1)
COTTON = Goods(
    commodity="cotton",
    weight=Decimal(5000),
    unit="kg",
    grade="3128",
    lot="L-1",
    bin="B-07",
    insurance="PICC 2025-0042",
    insured_until=VALID_UNTIL,
)


def issued(**differing: Any) -> WarehouseReceipt:
    """A receipt for the cotton, issued by the service; another warehouse and depositor each time unless named."""
    facts: dict[str, Any] = {
        "number": "WR-1",
        "goods": COTTON,
        "issued_on": ISSUED_ON,
        "valid_until": VALID_UNTIL,
        "at": datetime(2025, 3, 1, 2, tzinfo=UTC),
        "by": "user:7",
        **differing,
    }
    facts["warehouse"] = facts.get("warehouse") or make_warehouse()
    facts["depositor"] = facts.get("depositor") or make_seller()
    return issue_receipt(**facts)


def agreed(**differing: Any) -> Pledge:
    """A pledge that warehouse and financier have both confirmed, not moved yet."""
    return make_pledge(**{"warehouse_confirmed_by": "user:1", "financier_confirmed_by": "user:2", **differing})


def put_in_pledge(pledge: Pledge, receipt: WarehouseReceipt, **differing: Any) -> PledgedReceipt:
    return make_pledged_receipt(**{"pledge": pledge, "receipt": receipt, "weight": receipt.weight, **differing})
