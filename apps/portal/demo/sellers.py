"""Who sells on a demo platform: invented shops of very different sizes, some old, some new, some fading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from apps.portal.demo.goods import Goods

ENGLISH, CHINESE = "en", "zh-hans"


@dataclass(frozen=True, slots=True)
class DemoSeller:
    """One invented seller. `daily` is the orders of an average day, `drift` their growth (or fall) a year as a share,
    `trade` how many times as often the large lots sell as their articles say."""

    external_id: str
    name: str
    goods: Goods
    region: str
    language: str
    joined_on: date
    daily: float
    drift: float
    trade: float


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


def make_sellers(
    *,
    prefix: str,
    goods: Sequence[Goods],
    names: Sequence[str],
    names_zh: Sequence[str],
    number: int,
    orders_a_day: float,
    first_day: date,
    seed: int,
) -> list[DemoSeller]:
    """`number` sellers who together have about `orders_a_day` orders on an average day once all have joined.

    The first two have goods without a season, sell steadily from the first day on and are large: they are who visitors
    sign in as, one in English, one in Chinese. The same arguments make the same sellers.
    """
    weights = [(place + 2) ** -0.7 for place in range(number)]
    scale = orders_a_day / sum(weights)
    taken: set[str] = set()
    return [
        _seller(prefix, place, goods, names, names_zh, weights[place] * scale, first_day, taken, seed)
        for place in range(number)
    ]


def _seller(
    prefix: str,
    place: int,
    goods: Sequence[Goods],
    names: Sequence[str],
    names_zh: Sequence[str],
    daily: float,
    first_day: date,
    taken: set[str],
    seed: int,
) -> DemoSeller:
    luck = Random(f"{seed}:seller:{prefix}:{place}")  # noqa: S311  the same demo every time
    steady = place < 2
    kind = goods[place % len(goods)]
    language = (ENGLISH, CHINESE)[place] if steady else luck.choice((ENGLISH, CHINESE, CHINESE))
    name = _name(kind, language, names, names_zh, luck, taken)
    region, region_zh = luck.choice(kind.regions)
    late = luck.random() < 0.2 and not steady
    return DemoSeller(
        external_id=f"{prefix}-{place + 1001}",
        name=name,
        goods=kind,
        region=region if language == ENGLISH else region_zh,
        language=language,
        joined_on=first_day + timedelta(days=luck.randint(40, 370) if late else 0),
        daily=max(daily, 0.12),
        drift=0.1 if steady else luck.choice((-0.6, -0.2, 0.0, 0.1, 0.2, 0.4, 0.8)),
        trade=luck.choice((0.4, 0.8, 1.0, 1.5)) if not steady else 1.0,
    )


def _name(
    kind: Goods, language: str, names: Sequence[str], names_zh: Sequence[str], luck: Random, taken: set[str]
) -> str:
    """A name that nobody has yet; when all are taken, a number makes it so."""
    endings = kind.endings if language == ENGLISH else kind.endings_zh
    for attempt in range(1, 1000):
        first, ending = luck.choice(names if language == ENGLISH else names_zh), luck.choice(endings)
        name = f"{first} {ending}" if language == ENGLISH else f"{first}{ending}"
        if attempt > 20:
            name = f"{name} {attempt // 20 + 1}"
        if name not in taken:
            taken.add(name)
            return name
    raise ValueError(f"There are no names left for sellers of {kind.code}.")
