"""What the demo platforms sell: articles with their prices, and how strong each calendar month is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """One thing on sale, in both languages. Prices in whole yuan, lowest to highest; `weight` is how often it sells."""

    name: str
    name_zh: str
    lowest: int
    highest: int
    weight: int = 10


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of goods: what sellers of it are called and where they are (in English and Chinese), its articles, its
    season (January to December, 1 is an average month), and the share of delivered orders that buyers send back."""

    code: str
    endings: tuple[str, ...]
    endings_zh: tuple[str, ...]
    regions: tuple[tuple[str, str], ...]
    articles: tuple[Article, ...]
    season: tuple[float, ...]
    returned: float


FARM_PRODUCE = (
    Goods(
        "vegetables",
        ("Vegetables", "Market Garden"),
        ("蔬菜合作社", "菜园"),
        (("Shandong", "山东"), ("Yunnan", "云南")),
        (
            Article("Vegetable box, 5 kg", "时令蔬菜箱 5公斤", 58, 88),
            Article("Vegetables for canteens, 60 kg", "食堂配菜 60公斤", 420, 620, 3),
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
            Article("Free-range eggs, 60", "散养土鸡蛋 60枚", 72, 96),
            Article("Free-range eggs, 720", "散养土鸡蛋 720枚", 780, 960, 3),
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
            Article("Red Fuji apples, 5 kg", "红富士苹果 5公斤", 62, 98),
            Article("Red Fuji apples, 80 kg", "红富士苹果 80公斤", 760, 1080, 4),
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
            Article("Spring green tea, 250 g", "明前绿茶 250克", 168, 368),
            Article("Black tea, 500 g", "工夫红茶 500克", 128, 228),
            Article("Green tea for shops, 5 kg", "门店绿茶 5公斤", 1280, 1880, 2),
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
            Article("Linden honey, 1 kg", "椴树蜜 1公斤", 78, 118),
            Article("Wildflower honey, 12 jars", "百花蜜 12瓶", 560, 720, 2),
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
            Article("New rice, 10 kg", "新米 10公斤", 78, 128),
            Article("New rice, 250 kg", "新米 250公斤", 1450, 1950, 3),
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
            Article("Seed cotton, 50 kg", "籽棉 50公斤", 360, 450),
            Article("Cotton wadding, 6 kg", "棉絮 6公斤", 160, 240),
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
            Article("Navel oranges, 5 kg", "脐橙 5公斤", 48, 78),
            Article("Navel oranges, 100 kg", "脐橙 100公斤", 620, 860, 4),
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
            Article("Dried shiitake, 500 g", "干香菇 500克", 66, 108),
            Article("Dried wood ear, 500 g", "秋木耳 500克", 58, 92),
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
        (Article("Stoneware bowls, 6", "粗陶碗 6只", 98, 168), Article("Cast-iron pan", "铸铁锅", 169, 259)),
        (0.9, 0.8, 0.9, 0.9, 1.0, 1.2, 0.9, 0.9, 1.0, 1.0, 1.4, 1.1),
        0.10,
    ),
    Goods(
        "beauty",
        ("Skincare", "Beauty Corner"),
        ("美妆", "护肤小铺"),
        STUDIO_REGIONS,
        (
            Article("Camellia face oil", "山茶花精华油", 129, 199),
            Article("Rice toner", "米发酵水", 79, 129),
            Article("Clay mask", "泥膜", 59, 99),
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
            Article("Wool cardigan", "羊毛开衫", 189, 329),
            Article("Linen dress", "亚麻连衣裙", 159, 269),
            Article("Cotton shirt", "纯棉衬衫", 89, 149),
        ),
        (0.8, 0.7, 1.1, 1.1, 1.0, 1.2, 0.9, 0.8, 1.0, 1.1, 1.4, 1.0),
        0.24,
    ),
    Goods(
        "snacks",
        ("Snack Bar", "Bakery"),
        ("零食", "糕点"),
        STUDIO_REGIONS,
        (Article("Nut mix, 30 bags", "每日坚果 30包", 89, 139), Article("Pineapple cakes, 12", "凤梨酥 12枚", 49, 79)),
        (1.6, 0.9, 0.8, 0.8, 0.9, 1.1, 0.8, 0.8, 1.2, 0.9, 1.2, 1.0),
        0.10,
    ),
    Goods(
        "shoes",
        ("Shoe Room", "Sneakers"),
        ("鞋铺", "女鞋"),
        STUDIO_REGIONS,
        (Article("Leather loafers", "真皮乐福鞋", 199, 329), Article("Canvas shoes", "帆布鞋", 79, 139)),
        (0.9, 0.7, 1.1, 1.1, 1.0, 1.1, 0.9, 0.9, 1.1, 1.0, 1.3, 1.0),
        0.21,
    ),
    Goods(
        "children",
        ("Little Ones", "Toy Shelf"),
        ("童装", "童趣"),
        STUDIO_REGIONS,
        (Article("Children's padded jacket", "儿童棉服", 139, 219), Article("Wooden blocks", "原木积木", 69, 129)),
        (1.0, 0.8, 0.9, 0.9, 1.2, 1.2, 0.9, 1.1, 1.0, 0.9, 1.2, 0.9),
        0.16,
    ),
)
