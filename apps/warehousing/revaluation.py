"""Valuing what many pledges hold on a date: a handful of statements however many, and the arithmetic of a click."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from apps.core.money import ZERO
from apps.warehousing.lending_terms import graded
from apps.warehousing.models import Pledge
from apps.warehousing.prices.quotes import Priced, quotes_for
from apps.warehousing.valuation import Quote, StoredGoods, Valuation, value_goods
from apps.warehousing.worth import priced_as

# Goods whose paper has expired, is frozen or is insured no more are there and count; nothing new is lent on them.
LENDS = "receipt.state IN ('pledged', 'invoked') AND least(receipt.valid_until, receipt.insured_until) >= %(on)s"
HELD = f"""
SELECT held.pledge_id, receipt.number, receipt.warehouse_id || '/' || receipt.lot, receipt.commodity, receipt.grade,
       receipt.unit, least(held.weight, held.confirmed_weight), {LENDS},
       %(on)s - receipt.issued_on, held.secured_on
FROM warehousing_pledgedreceipt AS held JOIN warehousing_warehousereceipt AS receipt ON receipt.id = held.receipt_id
WHERE held.pledge_id = ANY(%(pledges)s) AND held.released_on IS NULL AND held.secured_on IS NOT NULL
"""  # noqa: S608  nothing of anybody's stands in it


# Goods in pledge whose paper or insurance is over: the night's breaks.
LAPSED = """
SELECT receipt.id, receipt.number, pledge.number, least(receipt.valid_until, receipt.insured_until)
FROM warehousing_pledgedreceipt AS held JOIN warehousing_warehousereceipt AS receipt ON receipt.id = held.receipt_id
JOIN warehousing_pledge AS pledge ON pledge.id = held.pledge_id
WHERE held.released_on IS NULL AND held.secured_on IS NOT NULL
  AND least(receipt.valid_until, receipt.insured_until) < %(on)s
ORDER BY receipt.id
"""


class Lapsed(NamedTuple):
    """A receipt in pledge whose paper or insurance ended on `ended_on`."""

    key: int
    receipt: str
    pledge: str
    ended_on: date


class Held(NamedTuple):
    """The goods of one receipt in a pledge, `quantity` being the lesser of paper and count, in `unit`."""

    pledge: int
    receipt: str
    lot: str
    commodity: str
    grade: str
    unit: str
    quantity: Decimal
    lends: bool
    days_stored: int
    secured_on: date


class Unquoted(NamedTuple):
    """A price that goods in pledge hang on and that is too old (`since` is its date), or that nobody ever published."""

    commodity: str
    since: date | None
    value: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """What one pledge holds. `valuation` is None where some of the goods have no price at all, or are worth nothing:
    then the last known figures stand. `stale` names what is wrong with prices."""

    goods: Sequence[Held]
    valuation: Valuation | None
    stale: tuple[Unquoted, ...]

    def added_since(self, day: date) -> Decimal:
        """What the goods that were taken in after `day` are worth."""
        late = {one.receipt for one in self.goods if one.secured_on > day}
        worths = self.valuation.receipts if late and self.valuation else ()
        return sum((worth.value for worth in worths if worth.receipt in late), ZERO)


def holdings(pledges: Collection[Pledge], *, on: date) -> dict[int, Holding]:
    """What each of `pledges` holds and what that is worth on `on`, by key; a pledge that holds nothing is left out."""
    by_pledge = _held([pledge.pk for pledge in pledges], on)
    codes = priced_as({(one.commodity, one.grade) for goods in by_pledge.values() for one in goods})
    asked = {
        (one.commodity, one.grade, one.unit, pledge.currency): Priced(
            codes[one.commodity, one.grade], one.unit, pledge.currency
        )
        for pledge in pledges
        for one in by_pledge.get(pledge.pk, ())
    }
    quotes = quotes_for(asked.values(), on=on)
    return {
        pledge.pk: _holding(pledge, by_pledge[pledge.pk], asked, quotes) for pledge in pledges if pledge.pk in by_pledge
    }


def _held(pledges: Sequence[int], on: date) -> dict[int, list[Held]]:
    by_pledge: defaultdict[int, list[Held]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"pledges": pledges, "on": on})
        for held in map(Held._make, cursor.fetchall()):
            by_pledge[held.pledge].append(held)
    return by_pledge


def _holding(
    pledge: Pledge,
    goods: Sequence[Held],
    asked: dict[tuple[str, str, str, str], Priced],
    quotes: dict[Priced, Quote],
) -> Holding:
    currency = pledge.currency
    quoted = [(one, asked[one.commodity, one.grade, one.unit, currency]) for one in goods]
    missing = {Unquoted(priced.commodity, None, ZERO) for _one, priced in quoted if priced not in quotes}
    if missing:
        return Holding(goods, None, tuple(sorted(missing, key=lambda one: one.commodity)))
    valuation = value_goods(list(_stored(quoted, quotes)), pledge.lending)
    stale = tuple(_stale(quoted, quotes)) if valuation.stale else ()
    return Holding(goods, valuation if valuation.value > 0 else None, stale)


def _stored(quoted: Iterable[tuple[Held, Priced]], quotes: dict[Priced, Quote]) -> Iterator[StoredGoods]:
    for one, priced in quoted:
        yield StoredGoods(
            one.receipt,
            one.lot,
            graded(one.commodity, one.grade),
            one.quantity,
            one.quantity if one.lends else ZERO,
            one.days_stored,
            quotes[priced],
        )


def _stale(quoted: Sequence[tuple[Held, Priced]], quotes: dict[Priced, Quote]) -> Iterator[Unquoted]:
    for priced in sorted({priced for _one, priced in quoted if quotes[priced].is_stale}):
        value = sum((one.quantity * quotes[priced].counted for one, its in quoted if its == priced), ZERO)
        yield Unquoted(priced.commodity, quotes[priced].on, value)


def lapsed(on: date) -> list[Lapsed]:
    """The receipts in pledge that are not valid and insured through `on`."""
    with connection.cursor() as cursor:
        cursor.execute(LAPSED, {"on": on})
        return list(map(Lapsed._make, cursor.fetchall()))


def stale_prices(on: date) -> dict[Unquoted, int]:
    """Every price of `on` that goods in pledge hang on and that is too old or missing, its value being that of all
    these goods, with the number of pledges."""
    pledges = Pledge.objects.live().filter(price_is_stale=True)
    values: defaultdict[tuple[str, date | None], Decimal] = defaultdict(lambda: ZERO)
    numbers: defaultdict[tuple[str, date | None], int] = defaultdict(int)
    for holding in holdings(list(pledges), on=on).values():
        for one in holding.stale:
            values[one.commodity, one.since] += one.value
            numbers[one.commodity, one.since] += 1
    return {Unquoted(*key, value): numbers[key] for key, value in sorted(values.items(), key=lambda pair: str(pair[0]))}
