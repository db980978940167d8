"""The two demo platforms: who runs them, who sells on them, who works there."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.core.dates import DAY
from apps.portal.demo.orders import Rhythm
from apps.portal.demo.sellers import FARMS, STUDIOS, DemoSeller, Trade, make_sellers
from apps.products.terms import ORDER, PAYABLE

# From then on one seller sells nothing, so that a repayment is late by the end.
QUIET_AFTER = timedelta(days=12)
# Of demo platforms only, printed for every visitor.
PASSWORD = "granary-demo"  # noqa: S105  # nosec B105


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in. `sells_as` is the place of the seller they act for, among the platform's sellers;
    `works_in` is the code of an operator's warehouse."""

    name: str
    email: str
    role: str
    language: str = "en"
    sells_as: int | None = None
    works_in: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A product that a financier has begun and nobody has approved."""

    code: str
    name: str
    name_zh: str
    technique: str
    advance_rate: Decimal
    annual_rate: Decimal
    expected_days: int
    instalments: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """One demo platform. Amounts in yuan.

    days_before     days of orders before the books opened
    days_lived      days since, each with its sellers, its bank and its night
    returned_share  share of the orders delivered since then that come back
    """

    schema_name: str
    name: str
    name_zh: str
    prefix: str
    trade: Trade
    rhythm: Rhythm
    number_of_sellers: int
    orders_a_day: float
    returned_share: float
    financier: str
    funding: Decimal
    people: tuple[Person, ...]
    draft: Draft
    accept_share: float = 0.012
    days_before: int = 295
    days_lived: int = 100
    has_warehouses: bool = False
    seed: int = 1
    least: Decimal = Decimal(500)
    most: Decimal = Decimal(80_000)

    @property
    def domain(self) -> str:
        return f"{self.schema_name}.localhost"

    def opens_on(self, last: date) -> date:
        """The first business date of the books when `last` is the last one lived through."""
        return last - timedelta(days=self.days_lived) + DAY

    def first_day(self, opened_on: date) -> date:
        """The day of the first orders."""
        return opened_on - timedelta(days=self.days_before)

    def seller_number(self, place: int) -> str:
        """The platform's own key of its seller in that place."""
        return f"{self.prefix}-{place + 1001}"

    def sellers(self, opened_on: date) -> list[DemoSeller]:
        """Who sells here, when the books opened on `opened_on`."""
        return make_sellers(
            numbers=[self.seller_number(place) for place in range(self.number_of_sellers)],
            trade=self.trade,
            orders_a_day=self.orders_a_day,
            first_day=self.first_day(opened_on),
            quiet_on=opened_on + QUIET_AFTER,
            seed=self.seed,
        )


HARVEST = Market(
    schema_name="harvest",
    name="Harvest Lane",
    name_zh="丰收里",
    prefix="HL",
    trade=FARMS,
    rhythm=Rhythm(evenings=False, festivals=((1, 15), (9, 20), (11, 11)), rush=1.8),
    number_of_sellers=60,
    orders_a_day=46,
    returned_share=0.025,
    financier="Terrace Rural Bank",
    funding=Decimal(500_000),
    people=(
        Person("Lena Hart", "lena.hart@harvest.example", "seller", sells_as=0),
        Person("王秀兰", "wang.xiulan@harvest.example", "seller", "zh-hans", sells_as=1),
        Person("David Okoye", "david.okoye@harvest.example", "financier"),
        Person("Rosa Mendez", "rosa.mendez@harvest.example", "analyst"),
        Person("Kwame Asante", "kwame.asante@harvest.example", "approver"),
        Person("Mei Zhao", "mei.zhao@harvest.example", "staff"),
        Person("陈立", "chen.li@harvest.example", "staff", "zh-hans"),
        Person("Ines Duarte", "ines.duarte@harvest.example", "auditor"),
        Person("Tomas Weir", "tomas.weir@harvest.example", "warehouse", works_in="dry-store-1"),
        Person("孙丽", "sun.li@harvest.example", "warehouse", "zh-hans", works_in="cold-store-2"),
    ),
    draft=Draft(
        "input-purchase", "Seed and fertiliser purchase", "农资采购融资", PAYABLE, Decimal("0.6"), Decimal("0.075"), 180
    ),
    has_warehouses=True,
)
LIVESTREAM = Market(
    schema_name="livestream",
    name="Sparrow Live",
    name_zh="雀跃直播",
    prefix="SP",
    trade=STUDIOS,
    rhythm=Rhythm(evenings=True, festivals=((11, 11), (6, 18), (12, 12)), rush=5.0),
    number_of_sellers=80,
    orders_a_day=50,
    returned_share=0.15,
    financier="Quayside Factoring",
    funding=Decimal(300_000),
    people=(
        Person("Mia Lin", "mia.lin@sparrow.example", "seller", sells_as=0),
        Person("林小满", "lin.xiaoman@sparrow.example", "seller", "zh-hans", sells_as=1),
        Person("Amara Singh", "amara.singh@sparrow.example", "financier"),
        Person("Joon Park", "joon.park@sparrow.example", "staff"),
        Person("周敏", "zhou.min@sparrow.example", "staff", "zh-hans"),
        Person("Noah Weber", "noah.weber@sparrow.example", "auditor"),
    ),
    draft=Draft(
        "order-advance", "Order advance", "订单融资", ORDER, Decimal("0.5"), Decimal("0.11"), 30, instalments=3
    ),
    seed=2,
)
MARKETS = (HARVEST, LIVESTREAM)


def market_of(schema_name: str) -> Market:
    """What the demo platform of that name is made from. Raises KeyError when there is no such market."""
    return {market.schema_name: market for market in MARKETS}[schema_name]
