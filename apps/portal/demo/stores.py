"""Warehouses of a demo platform, the receipts that they issued, and what the goods cost week by week. Invented."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from apps.core.dates import days_between
from apps.core.money import round_money
from apps.sellers.models import Seller
from apps.tenants.models import Platform
from apps.warehousing.models import Commodity, CommodityPrice, Warehouse
from apps.warehousing.prices.names import IN_CHINESE
from apps.warehousing.services import Goods, announce_goods, issue_receipt

# What can be stored, in which grade, and about what a kilogram costs in yuan.
STORED = {
    "rice": ("Grade 1", Decimal("4.20")),
    "cotton": ("3128B", Decimal("7.60")),
    "apples": ("80 mm", Decimal("6.80")),
    "tea": ("Grade 2", Decimal("92.00")),
    "mushrooms": ("Grade 1", Decimal("118.00")),
}
WAREHOUSES = (
    ("dry-store-1", "Old Canal Dry Store", "古运河干货仓", "Canal Storage", "Jiangsu"),
    ("cold-store-2", "Red Earth Cold Store", "红土冷库", "North Ridge Cold Chain", "Shaanxi"),
)
KEPT = timedelta(days=180)
SOURCE = "harvest-price-desk"
WEEKS_OF_PRICES = 60


def fill_warehouses(*, platform: Platform, seed: int, last: date, by: str) -> int:
    """Make the warehouses, prices through `last`, and a few receipts for every third seller of goods that keep;
    returns how many receipts were issued."""
    _publish_prices(platform, seed, last)
    warehouses = [
        Warehouse.objects.create(code=code, name=name, name_zh=name_zh, operator=operator, region=region)
        for code, name, name_zh, operator, region in WAREHOUSES
    ]
    sellers = Seller.objects.filter(category__in=STORED).order_by("external_id")
    return sum(_deposit(seller, warehouses, platform, seed, last, by) for seller in sellers[::3])


def _publish_prices(platform: Platform, seed: int, last: date) -> None:
    """One price a week for each commodity: a walk of at most four percent a step."""
    prices = []
    for commodity, (_grade, price) in STORED.items():
        luck = Random(f"{seed}:price:{commodity}")  # noqa: S311  the same demo every time
        for day in days_between(last - timedelta(weeks=WEEKS_OF_PRICES), last):
            if day.weekday() == 0:
                price += round_money(price * luck.randint(-40, 41) / 1000, platform.currency)
                prices.append(
                    CommodityPrice(
                        commodity=commodity,
                        unit="kg",
                        currency=platform.currency,
                        on=day,
                        price=price,
                        source=SOURCE,
                        recorded_at=datetime.combine(day, time(18), tzinfo=platform.zone),
                    )
                )
    CommodityPrice.objects.bulk_create(prices)
    Commodity.objects.bulk_create(
        Commodity(code=commodity, name=commodity.capitalize(), name_zh=IN_CHINESE[commodity], max_price_age=14)
        for commodity in STORED
    )


def _deposit(
    seller: Seller, warehouses: Sequence[Warehouse], platform: Platform, seed: int, last: date, by: str
) -> int:
    luck = Random(f"{seed}:receipts:{seller.external_id}")  # noqa: S311  the same demo every time
    grade, price = STORED[seller.category]
    number = luck.randint(1, 3)
    for place in range(1, number + 1):
        issued_on = last - timedelta(days=luck.randint(5, 100))
        kilograms = (Decimal(luck.randint(8, 60)) * 1000 / price).quantize(Decimal(10)) + 100
        issue_receipt(
            number=f"WR-{seller.external_id}-{place}",
            warehouse=luck.choice(warehouses),
            depositor=seller,
            goods=Goods(
                commodity=seller.category,
                weight=kilograms,
                unit="kg",
                grade=grade,
                lot=f"{issued_on:%y%m%d}-{seller.external_id}-{place}",
                bin=f"{luck.choice('ABCDEF')}{luck.randint(1, 24):02}",
                insurance=f"Granary Demo Mutual {luck.randint(100_000, 999_999)}",
                insured_until=issued_on + KEPT,
                origin=seller.region,
            ),
            issued_on=issued_on,
            valid_until=issued_on + KEPT,
            at=datetime.combine(issued_on, time(15), tzinfo=platform.zone),
            by=by,
        )
    _announce(seller, warehouses[0], last, platform, by)
    return number


def _announce(seller: Seller, warehouse: Warehouse, last: date, platform: Platform, by: str) -> None:
    """The seller has told the warehouse that more will come."""
    announce_goods(
        number=f"WR-{seller.external_id}-NEXT",
        warehouse=warehouse,
        seller=seller,
        commodity=seller.category,
        unit="kg",
        weight=Decimal(900),
        origin=seller.region,
        at=datetime.combine(last, time(16), tzinfo=platform.zone),
        by=by,
    )
