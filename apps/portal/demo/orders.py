"""Orders of a demo platform, day by day and seller by seller: the same seed gives a day the same orders, always."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import exp
from random import Random
from zoneinfo import ZoneInfo

from apps.core.dates import days_between
from apps.portal.demo.sellers import DemoSeller

FREE_FREIGHT_FROM = Decimal(99)
FREIGHT = (Decimal("6.00"), Decimal("8.00"), Decimal("12.00"))
DOWN_TO_THE_TENTH = (Decimal("0.10"), Decimal("0.00"), Decimal("0.00"))
PROMISED = timedelta(days=5)
EVENTS = ("paid_at", "shipped_at", "delivered_at", "cancelled_at", "refunded_at")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How orders fall on days and hours. `evenings` sells in live sessions on some evenings of the week and little
    else; otherwise sales are spread over the day. `festivals` are the (month, day) on which sales are `rush` times as
    many."""

    evenings: bool
    festivals: tuple[tuple[int, int], ...]
    rush: float


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """One order with its whole life, however far in the future. Prices in yuan; `None` is what never happens."""

    seller: DemoSeller
    external_id: str
    goods: Decimal
    freight: Decimal
    placed_at: datetime
    expected_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    refunded_at: datetime | None

    @property
    def total(self) -> Decimal:
        """What the buyer pays: goods and freight."""
        return self.goods + self.freight


def orders_between(
    *, sellers: Sequence[DemoSeller], rhythm: Rhythm, first: date, last: date, zone: ZoneInfo, seed: int
) -> Iterator[DemoOrder]:
    """The orders placed from `first` to `last`, both inclusive, in `zone`; oldest day first, then by seller."""
    for day in days_between(first, last):
        for seller in sellers:
            if seller.joined_on <= day and not (seller.stops_on and seller.stops_on <= day):
                yield from _orders_of(seller, rhythm, day, zone, seed)


def _orders_of(seller: DemoSeller, rhythm: Rhythm, day: date, zone: ZoneInfo, seed: int) -> Iterator[DemoOrder]:
    luck = Random(f"{seed}:orders:{seller.external_id}:{day}")  # noqa: S311  the same demo every time
    for number in range(1, _count(luck, _expected(seller, rhythm, day)) + 1):
        yield _order(seller, rhythm, day, number, zone, luck)


def _expected(seller: DemoSeller, rhythm: Rhythm, day: date) -> float:
    """The mean number of orders of this seller on this day."""
    years = (day - seller.joined_on).days / 365
    mean = seller.daily * seller.goods.season[day.month - 1] * max(1 + seller.drift * (years - 0.5), 0.1)
    if (day.month, day.day) in rhythm.festivals:
        return mean * rhythm.rush
    if rhythm.evenings:
        first_evening = sum(map(ord, seller.external_id)) % 7
        on_air = (day.weekday() - first_evening) % 7 in {0, 2, 5}
        return mean * (2.1 if on_air else 0.18)
    return mean * (1.15 if day.weekday() >= 5 else 0.94)


def _count(luck: Random, mean: float) -> int:
    """A number drawn from the Poisson distribution of that mean."""
    count, chance, product = 0, exp(-mean), luck.random()
    while product > chance:
        count += 1
        product *= luck.random()
    return count


def _order(seller: DemoSeller, rhythm: Rhythm, day: date, number: int, zone: ZoneInfo, luck: Random) -> DemoOrder:
    placed_at = datetime.combine(day, time.min, tzinfo=zone) + _hour(rhythm, luck)
    goods = sum((_price(seller, luck) for _lot in range(luck.choice((1, 1, 1, 2)))), Decimal("0.00"))
    life = _life(seller, placed_at, luck)
    return DemoOrder(
        seller=seller,
        external_id=f"{day:%y%m%d}{seller.external_id}-{number:02}",
        goods=goods,
        freight=Decimal("0.00") if goods >= FREE_FREIGHT_FROM else luck.choice(FREIGHT),
        placed_at=placed_at,
        expected_at=placed_at + PROMISED,
        **life,
    )


def _hour(rhythm: Rhythm, luck: Random) -> timedelta:
    """The time of day: a live session in the evening, or any hour that people are awake."""
    if rhythm.evenings and luck.random() < 0.85:
        return timedelta(seconds=luck.triangular(19.5, 23.4, 21) * 3600 // 1)
    return timedelta(seconds=luck.triangular(6.5, 23.0, 14) * 3600 // 1)


def _price(seller: DemoSeller, luck: Random) -> Decimal:
    lots = seller.goods.lots
    usual = max(lot.weight for lot in lots)
    weights = [lot.weight if lot.weight == usual else lot.weight * seller.trade for lot in lots]
    lot = luck.choices(lots, weights)[0]
    return luck.randint(lot.lowest, lot.highest) - luck.choice(DOWN_TO_THE_TENTH)


def _life(seller: DemoSeller, placed_at: datetime, luck: Random) -> dict[str, datetime | None]:
    """When the order was paid, cancelled, shipped, delivered and refunded."""
    fate, hours = luck.random(), luck.uniform
    paid_at = placed_at + timedelta(seconds=luck.randint(20, 900))
    life: dict[str, datetime | None] = dict.fromkeys(EVENTS)
    if fate < 0.006 * seller.care:
        return {**life, "cancelled_at": placed_at + timedelta(minutes=30)}
    if fate < 0.018 * seller.care:
        return {**life, "paid_at": paid_at, "cancelled_at": paid_at + _whole(hours(1, 9))}
    shipped_at = paid_at + _whole(hours(5, 40))
    delivered_at = shipped_at + _whole(hours(20, 140) if luck.random() < 0.06 * seller.care else hours(20, 70))
    life |= {"paid_at": paid_at, "shipped_at": shipped_at, "delivered_at": delivered_at}
    if luck.random() < seller.goods.returned:
        life["refunded_at"] = delivered_at + _whole(hours(20, 120))
    return life


def _whole(hours: float) -> timedelta:
    return timedelta(seconds=int(hours * 3600))
