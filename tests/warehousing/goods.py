"""Five tonnes of cotton in a warehouse, for tests."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.sellers.models import Seller
from apps.warehousing.models import CommodityPrice, Pledge, PledgedReceipt, Warehouse, WarehouseReceipt
from apps.warehousing.services import Goods, issue_receipt

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


def make_warehouse(code: str = "north") -> Warehouse:
    return Warehouse.objects.get_or_create(code=code, name=f"Silo {code}", operator="Grain & Fibre Storage")[0]


def make_seller(external_id: str = "farmer") -> Seller:
    found = Seller.objects.filter(external_id=external_id).first()
    return found or Seller.objects.create(
        external_id=external_id, name="Li Na", joined_on=date(2024, 1, 1), currency="CNY", state="verified"
    )


def make_receipt(**differing: Any) -> WarehouseReceipt:
    facts: dict[str, Any] = {
        "number": "WR-1",
        "goods": COTTON,
        "issued_on": ISSUED_ON,
        "valid_until": VALID_UNTIL,
        "at": datetime(2025, 3, 1, 2, tzinfo=UTC),
        "by": "user:7",
        **differing,
    }
    facts.setdefault("warehouse", make_warehouse())
    facts.setdefault("depositor", make_seller())
    return issue_receipt(**facts)


def make_pledge(number: str = "P-1", **differing: Any) -> Pledge:
    facts: dict[str, Any] = {
        "pledgee": "Cotton Bank",
        "subject": "financing:42",
        "currency": "CNY",
        "limit": Decimal("0.6"),
        "warehouse_confirmed_by": "user:1",
        "financier_confirmed_by": "user:2",
        **differing,
    }
    return Pledge.objects.create(number=number, seller=facts.pop("seller", None) or make_seller(), **facts)


def put_in_pledge(pledge: Pledge, receipt: WarehouseReceipt, **differing: Any) -> PledgedReceipt:
    facts = {"weight": receipt.weight, "pledged_on": date(2025, 3, 14), **differing}
    return PledgedReceipt.objects.create(pledge=pledge, receipt=receipt, **facts)


def make_price(**differing: Any) -> CommodityPrice:
    facts = {"commodity": "cotton", "unit": "kg", "currency": "CNY", "on": ISSUED_ON, "source": "exchange"}
    return CommodityPrice.objects.create(**{**facts, "price": Decimal("14.20"), **differing})
