"""What the demo platforms sell: the prices of small and large lots, and how strong each calendar month is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """A size in which goods are sold: from the lowest to the highest price, in whole yuan; `weight` is how often."""

    lowest: int
    highest: int
    weight: int = 10


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of goods: what sellers of it are called and where they are (in English and Chinese), its lots, its
    season (January to December, 1 is an average month), and the share of delivered orders that buyers send back."""

    code: str
    endings: tuple[str, ...]
    endings_zh: tuple[str, ...]
    regions: tuple[tuple[str, str], ...]
    lots: tuple[Lot, ...]
    season: tuple[float, ...]
    returned: float


FARM_PRODUCE = (
    Goods(
        "vegetables",
        ("Vegetables", "Market Garden"),
        ("蔬菜合作社", "菜园"),
        (("Shandong", "山东"), ("Yunnan", "云南")),
        (
            Lot(58, 88),
            Lot(420, 620, 3),
        ),
        (0.9, 0.9, 1.0, 1.0, 1.1, 1.1, 1.1, 1.0, 1.0, 1.0, 1.0, 0.9),
        0.02,
    ),
    Goods(
        "eggs",
        ("Free-Range Eggs", "Poultry Yard"),
        ("土鸡蛋合作社", "禽蛋场"),
        (("Sichuan", "四川"), ("Hubei", "湖北")),
        (
            Lot(72, 96),
            Lot(780, 960, 3),
        ),
        (1.2, 1.1, 1.0, 1.0, 1.0, 0.9, 0.9, 0.9, 1.1, 1.0, 1.0, 1.1),
        0.02,
    ),
    Goods(
        "apples",
        ("Orchard", "Apple Growers"),
        ("苹果合作社", "果园"),
        (("Shaanxi", "陕西"), ("Shandong", "山东"), ("Gansu", "甘肃")),
        (
            Lot(62, 98),
            Lot(760, 1080, 4),
        ),
        (1.2, 0.9, 0.6, 0.5, 0.3, 0.3, 0.4, 0.6, 1.4, 2.2, 2.0, 1.6),
        0.03,
    ),
    Goods(
        "tea",
        ("Tea Garden", "Tea Growers"),
        ("茶园", "茶叶合作社"),
        (("Fujian", "福建"), ("Zhejiang", "浙江"), ("Yunnan", "云南")),
        (
            Lot(168, 368),
            Lot(128, 228),
            Lot(1280, 1880, 2),
        ),
        (0.6, 0.6, 1.8, 2.6, 2.0, 1.0, 0.6, 0.5, 0.6, 0.6, 0.5, 0.6),
        0.03,
    ),
    Goods(
        "honey",
        ("Apiary", "Beekeepers"),
        ("养蜂场", "蜂蜜合作社"),
        (("Jilin", "吉林"), ("Sichuan", "四川")),
        (
            Lot(78, 118),
            Lot(560, 720, 2),
        ),
        (0.7, 0.6, 0.6, 0.7, 1.2, 1.8, 2.0, 1.5, 1.0, 0.7, 0.6, 0.6),
        0.02,
    ),
    Goods(
        "rice",
        ("Rice Growers", "Paddy Farm"),
        ("大米合作社", "稻田农场"),
        (("Heilongjiang", "黑龙江"), ("Jiangsu", "江苏")),
        (
            Lot(78, 128),
            Lot(1450, 1950, 3),
        ),
        (1.2, 0.9, 0.7, 0.6, 0.6, 0.6, 0.6, 0.7, 1.1, 1.9, 1.8, 1.3),
        0.01,
    ),
    Goods(
        "cotton",
        ("Cotton Farm", "Cotton Growers"),
        ("棉花合作社", "棉田农场"),
        (("Xinjiang", "新疆"),),
        (
            Lot(360, 450),
            Lot(160, 240),
        ),
        (1.0, 0.6, 0.4, 0.3, 0.3, 0.3, 0.3, 0.5, 1.4, 2.6, 2.5, 1.8),
        0.01,
    ),
    Goods(
        "citrus",
        ("Citrus Grove", "Orange Growers"),
        ("柑橘合作社", "橙园"),
        (("Jiangxi", "江西"), ("Hunan", "湖南")),
        (
            Lot(48, 78),
            Lot(620, 860, 4),
        ),
        (1.9, 1.5, 1.0, 0.6, 0.4, 0.3, 0.3, 0.3, 0.5, 1.0, 2.0, 2.2),
        0.04,
    ),
    Goods(
        "mushrooms",
        ("Mushroom House", "Forest Mushrooms"),
        ("菌菇合作社", "菌棚"),
        (("Heilongjiang", "黑龙江"), ("Fujian", "福建")),
        (
            Lot(66, 108),
            Lot(58, 92),
        ),
        (1.5, 1.1, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 1.0, 1.1, 1.2, 1.2),
        0.02,
    ),
)

STUDIO_REGIONS = (("Zhejiang", "浙江"), ("Guangdong", "广东"), ("Shanghai", "上海"), ("Fujian", "福建"))

# The first two of each platform sell all year: they are the goods of the sellers whom visitors sign in as.
LIVESTREAM_GOODS = (
    Goods(
        "home",
        ("Home", "Ceramics", "Kitchen"),
        ("家居", "陶瓷", "厨房"),
        STUDIO_REGIONS,
        (Lot(98, 168), Lot(169, 259)),
        (0.9, 0.8, 0.9, 0.9, 1.0, 1.2, 0.9, 0.9, 1.0, 1.0, 1.4, 1.1),
        0.10,
    ),
    Goods(
        "beauty",
        ("Skincare", "Beauty Corner"),
        ("美妆", "护肤小铺"),
        STUDIO_REGIONS,
        (
            Lot(129, 199),
            Lot(79, 129),
            Lot(59, 99),
        ),
        (0.9, 0.8, 1.1, 0.9, 1.0, 1.4, 0.8, 0.8, 0.9, 1.0, 1.6, 1.0),
        0.11,
    ),
    Goods(
        "womenswear",
        ("Wardrobe", "Knitwear", "Dresses"),
        ("女装", "衣橱", "针织"),
        STUDIO_REGIONS,
        (
            Lot(189, 329),
            Lot(159, 269),
            Lot(89, 149),
        ),
        (0.8, 0.7, 1.1, 1.1, 1.0, 1.2, 0.9, 0.8, 1.0, 1.1, 1.4, 1.0),
        0.24,
    ),
    Goods(
        "snacks",
        ("Snack Bar", "Bakery"),
        ("零食", "糕点"),
        STUDIO_REGIONS,
        (Lot(89, 139), Lot(49, 79)),
        (1.6, 0.9, 0.8, 0.8, 0.9, 1.1, 0.8, 0.8, 1.2, 0.9, 1.2, 1.0),
        0.10,
    ),
    Goods(
        "shoes",
        ("Shoe Room", "Sneakers"),
        ("鞋铺", "女鞋"),
        STUDIO_REGIONS,
        (Lot(199, 329), Lot(79, 139)),
        (0.9, 0.7, 1.1, 1.1, 1.0, 1.1, 0.9, 0.9, 1.1, 1.0, 1.3, 1.0),
        0.21,
    ),
    Goods(
        "children",
        ("Little Ones", "Toy Shelf"),
        ("童装", "童趣"),
        STUDIO_REGIONS,
        (Lot(139, 219), Lot(69, 129)),
        (1.0, 0.8, 0.9, 0.9, 1.2, 1.2, 0.9, 1.1, 1.0, 0.9, 1.2, 0.9),
        0.16,
    ),
)
