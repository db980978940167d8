"""Who sells on a demo platform: invented shops of very different sizes, some old, some new, some fading."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from apps.portal.demo.goods import FARM_PRODUCE, LIVESTREAM_GOODS, Goods

ENGLISH, CHINESE = "en", "zh-hans"
QUIET = 5


@dataclass(frozen=True, slots=True)
class DemoSeller:
    """One invented seller.

    daily       orders of an average day
    drift       their growth (or fall) a year, as a share
    trade       how many times as often the large lots sell as their goods say
    care        how many times as often as usual an order is cancelled or comes late
    stops_on    from this day on nothing is sold any more
    """

    external_id: str
    name: str
    goods: Goods
    region: str
    language: str
    joined_on: date
    daily: float
    drift: float
    trade: float
    care: float
    stops_on: date | None = None


PLACES = (
    "Stone Creek", "Larch Hill", "Two Rivers", "White Deer", "Old Mill", "Heron Lake", "Cedar Gate", "Sunny Slope",
    "Long Meadow", "Swallow Bank", "North Ridge", "Clear Spring", "Red Earth", "Pine Valley", "Blue Cart",
    "Quiet Bridge", "High Terrace", "Wild Plum",
)  # fmt: skip
PLACES_ZH = (
    "青石", "白鹿", "柳溪", "云岭", "双河", "石桥", "桃源", "清泉", "梅坞", "松林", "燕子坡", "向阳", "龙潭", "枫桥",
    "凤凰山", "红土", "长塘", "望月", "东湖", "竹溪",
)  # fmt: skip
HOSTS = (
    "Mia", "Nora", "June", "Lina", "Coco", "Ada", "Ruby", "Hazel", "Ivy", "Vera", "Tess", "Yuki", "Elle", "Bo",
)  # fmt: skip
HOSTS_ZH = (
    "小满", "阿宁", "七七", "林小妹", "可可", "南风", "橙子", "阿紫", "青青", "大圆", "麦麦", "苏苏", "雨田", "丁香",
    "果果", "云朵",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trade:
    """What is sold on a platform, and what its sellers' names begin with, in English and in Chinese."""

    goods: tuple[Goods, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]


FARMS = Trade(FARM_PRODUCE, PLACES, PLACES_ZH)
STUDIOS = Trade(LIVESTREAM_GOODS, HOSTS, HOSTS_ZH)


def make_sellers(
    *, numbers: Sequence[str], trade: Trade, orders_a_day: float, first_day: date, quiet_on: date, seed: int
) -> list[DemoSeller]:
    """One seller for each of `numbers` (the platform's own keys); together they have about `orders_a_day` orders on an
    average day once all have joined.

    The first two have goods without a season, sell steadily from the first day on and are large: they are who visitors
    sign in as, one in English, one in Chinese. The one in place QUIET stops selling on `quiet_on`. The same arguments
    make the same sellers.
    """
    weights = [(place + 2) ** -0.7 for place in range(len(numbers))]
    scale = orders_a_day / sum(weights)
    taken: set[str] = set()
    sellers = [
        _seller(number, place, trade, weights[place] * scale, first_day, taken, seed)
        for place, number in enumerate(numbers)
    ]
    return [replace(one, stops_on=quiet_on) if place == QUIET else one for place, one in enumerate(sellers)]


def _seller(
    number: str, place: int, trade: Trade, daily: float, first_day: date, taken: set[str], seed: int
) -> DemoSeller:
    luck = Random(f"{seed}:seller:{number}")  # noqa: S311  the same demo every time
    steady = place < 2 or place == QUIET
    goods = trade.goods[place % len(trade.goods)]
    language = (ENGLISH, CHINESE)[place] if place < 2 else luck.choice((ENGLISH, CHINESE, CHINESE))
    region, region_zh = luck.choice(goods.regions)
    late = luck.random() < 0.2 and not steady
    return DemoSeller(
        external_id=number,
        name=_name(goods, language, trade, luck, taken),
        goods=goods,
        region=region if language == ENGLISH else region_zh,
        language=language,
        joined_on=first_day + timedelta(days=luck.randint(40, 370) if late else 0),
        daily=max(daily, 0.12),
        drift=0.1 if steady else luck.choice((-0.6, -0.2, 0.0, 0.1, 0.2, 0.4, 0.8)),
        trade=1.0 if steady else luck.choice((0.4, 0.8, 1.0, 1.5)),
        care=0.6 if steady else luck.choice((0.5, 1.0, 1.0, 2.5, 6.0)),
    )


def _name(goods: Goods, language: str, trade: Trade, luck: Random, taken: set[str]) -> str:
    """A name that nobody has yet; when good ones run out, a number makes it so."""
    for attempt in range(1, 1000):
        if language == ENGLISH:
            name = f"{luck.choice(trade.names)} {luck.choice(goods.endings)}"
        else:
            name = f"{luck.choice(trade.names_zh)}{luck.choice(goods.endings_zh)}"
        if attempt > 20:
            name = f"{name} {attempt // 20 + 1}"
        if name not in taken:
            taken.add(name)
            return name
    raise ValueError(f"There are no names left for sellers of {goods.code}.")
