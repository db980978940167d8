"""A cotton farmer with receipts, a price for the cotton, and everybody's part in a pledge, for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.sellers.models import Seller
from apps.warehousing.models import Commodity, Pledge, WarehouseReceipt
from apps.warehousing.services import confirm_pledge, count_goods, request_pledge
from apps.warehousing.valuation import LendingTerms
from tests.factories import (
    make_commodity,
    make_commodity_price,
    make_particulars,
    make_price_basis,
    make_warehouse,
    unique,
)  # fmt: skip
from tests.warehousing.goods import COTTON, issued

D = Decimal
DAY = date(2025, 3, 14)
AT = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
FARMER, CLERK, OFFICER = "user:1", "user:2", "user:3"
TERMS = LendingTerms(currency="CNY", limit=D("0.6"), haircuts={"cotton/3128": D("0.3")}, other_grades=D("0.5"))


def cotton_costs(price: str, on: date = DAY) -> None:
    """The index that cotton is priced by costs so much a kilogram on `on`."""
    if not Commodity.objects.filter(code="cotton-a-index").exists():
        make_price_basis(
            commodity="cotton", priced_as=make_commodity(code="cotton-a-index", name="Cotton", max_price_age=45)
        )
    make_commodity_price(commodity="cotton-a-index", on=on, price=D(price))


def bales(number: int, *, weight: str = "1000", tax_number: str = "", **differing: Any) -> list[WarehouseReceipt]:
    """`number` receipts of one farmer for a tonne of cotton each, in lots of their own."""
    farmer = differing.pop("farmer", None) or make_particulars(number=tax_number or unique("T")).seller
    warehouse = differing.pop("warehouse", None) or make_warehouse()
    return [
        issued(
            number=f"{warehouse.code}-{lot}",
            depositor=farmer,
            warehouse=warehouse,
            goods=replace(COTTON, weight=D(weight), lot=f"L-{lot}", **differing),
        )
        for lot in range(WarehouseReceipt.objects.count() + 1, WarehouseReceipt.objects.count() + 1 + number)
    ]


def asked(receipts: Sequence[WarehouseReceipt], *, number: str = "P-1", **differing: Any) -> Pledge:
    """The farmer asks for a pledge of the receipts."""
    facts: dict[str, Any] = {
        "number": number,
        "seller": Seller.objects.get(pk=receipts[0].holder_id),
        "receipt_ids": [receipt.pk for receipt in receipts],
        "pledgee": "Riverbank Credit",
        "subject": "financing:1",
        "terms": TERMS,
        "on": DAY,
        "at": AT,
        "by": FARMER,
        **differing,
    }
    return request_pledge(**facts)


def counted(pledge: Pledge, receipts: Sequence[WarehouseReceipt], *, found: str = "", by: str = CLERK) -> Pledge:
    """The warehouse finds what the papers say, or `found` of each."""
    weights = {receipt.pk: D(found) if found else receipt.weight or D(0) for receipt in receipts}
    return count_goods(
        pledge_id=pledge.pk, warehouse_id=receipts[0].warehouse_id, counted=weights, on=DAY, at=AT, by=by
    )


def pledged(receipts: Sequence[WarehouseReceipt], **differing: Any) -> Pledge:
    """Asked for, counted in full, taken in."""
    pledge = asked(receipts, **differing)
    counted(pledge, receipts)
    return confirm_pledge(pledge_id=pledge.pk, on=DAY, at=AT, by=OFFICER)


def states(receipts: Sequence[WarehouseReceipt]) -> list[str]:
    """The receipts' states as they are stored now."""
    by_key = WarehouseReceipt.objects.in_bulk([receipt.pk for receipt in receipts])
    return [by_key[receipt.pk].state for receipt in receipts]
