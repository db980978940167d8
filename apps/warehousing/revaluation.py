"""Valuing what many pledges hold on a date: a handful of statements however many, and the arithmetic of a click."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from apps.core.money import ZERO
from apps.warehousing.lending_terms import graded
from apps.warehousing.models import Pledge
from apps.warehousing.prices.quotes import Priced, quotes_for
from apps.warehousing.valuation import LendingTerms, Quote, StoredGoods, Valuation, value_goods
from apps.warehousing.worth import LENDS, priced_as

HELD = f"""
SELECT held.pledge_id, receipt.number, receipt.warehouse_id || '/' || receipt.lot, receipt.commodity, receipt.grade,
       receipt.unit, least(held.weight, held.confirmed_weight), {LENDS},
       %(on)s - receipt.issued_on, %(on)s - held.secured_on
FROM unnest(%(pledges)s::bigint[]) AS wanted (id)
JOIN warehousing_pledgedreceipt AS held ON held.pledge_id = wanted.id
JOIN warehousing_warehousereceipt AS receipt ON receipt.id = held.receipt_id
WHERE held.released_on IS NULL AND held.secured_on IS NOT NULL
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
    days_pledged: int


KIND = slice(3, 6)
"""Where a row of `Held` has its commodity, grade and unit."""


class Unquoted(NamedTuple):
    """A price that goods in pledge hang on and that is too old (`since` is its date), or that nobody ever published."""

    commodity: str
    since: date | None
    value: Decimal


Kind = tuple[str, str, str]
"""Commodity, grade and unit: what a price is for."""


class Priceable(NamedTuple):
    """What goods of one kind are priced by, and how haircuts name their grade; no quote where there is no price."""

    priced: Priced
    grade: str
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What one pledge holds. `valuation` is None where some of the goods have no price at all, or are worth nothing:
    then the last known figures stand. `stale` names what is wrong with prices."""

    rows: Sequence[tuple[Any, ...]]
    valuation: Valuation | None
    stale: tuple[Unquoted, ...]

    @property
    def goods(self) -> list[Held]:
        """The goods, receipt by receipt."""
        return list(map(Held._make, self.rows))

    def added_within(self, days: int) -> Decimal:
        """What the goods that were taken in during the last `days` days are worth."""
        late = {one.receipt for one in self.goods if one.days_pledged < days}
        worths = self.valuation.receipts if late and self.valuation else ()
        return sum((worth.value for worth in worths if worth.receipt in late), ZERO)


def holdings(pledges: Collection[Pledge], *, on: date) -> dict[int, Holding]:
    """What each of `pledges` holds and what that is worth on `on`, by key; a pledge that holds nothing is left out."""
    by_pledge = _held([pledge.pk for pledge in pledges], on)
    kinds = {row[KIND] for rows in by_pledge.values() for row in rows}
    priced = _priced(kinds, {pledge.currency for pledge in pledges}, on)
    return {
        pledge.pk: _holding(pledge.lending, by_pledge[pledge.pk], priced[pledge.currency])
        for pledge in pledges
        if pledge.pk in by_pledge
    }


def _held(pledges: Sequence[int], on: date) -> dict[int, list[tuple[Any, ...]]]:
    """The fields of `Held`, in their order, by pledge; as plain tuples, for there may be a hundred thousand."""
    by_pledge: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"pledges": list(pledges), "on": on})
        for row in cursor.fetchall():
            by_pledge[row[0]].append(row)
    return by_pledge


def _priced(kinds: Collection[Kind], currencies: Collection[str], on: date) -> dict[str, dict[Kind, Priceable]]:
    codes = priced_as({(commodity, grade) for commodity, grade, _unit in kinds})
    asked = {(currency, kind): Priced(codes[kind[:2]], kind[2], currency) for currency in currencies for kind in kinds}
    quotes = quotes_for(asked.values(), on=on)
    found: dict[str, dict[Kind, Priceable]] = {currency: {} for currency in currencies}
    for (currency, kind), priced in asked.items():
        found[currency][kind] = Priceable(priced, graded(kind[0], kind[1]), quotes.get(priced))
    return found


def _holding(terms: LendingTerms, rows: Sequence[tuple[Any, ...]], priced: Mapping[Kind, Priceable]) -> Holding:
    goods = []
    for _pledge, receipt, lot, commodity, grade, unit, quantity, lends, days_stored, _pledged in rows:
        _priced, graded_as, quote = priced[commodity, grade, unit]
        if quote is None:
            return Holding(rows, None, tuple(_wrong(rows, priced)))
        goods.append(StoredGoods(receipt, lot, graded_as, quantity, quantity if lends else ZERO, days_stored, quote))
    valuation = value_goods(goods, terms)
    stale = tuple(_wrong(rows, priced)) if valuation.stale else ()
    return Holding(rows, valuation if valuation.value > 0 else None, stale)


def _wrong(rows: Sequence[tuple[Any, ...]], priced: Mapping[Kind, Priceable]) -> Iterator[Unquoted]:
    """The prices behind `rows` that are too old or missing."""
    quantities: defaultdict[Priceable, Decimal] = defaultdict(lambda: ZERO)
    for one in map(Held._make, rows):
        quantities[priced[one.commodity, one.grade, one.unit]] += one.quantity
    for (by, _grade, quote), quantity in quantities.items():
        if quote is None:
            yield Unquoted(by.commodity, None, ZERO)
        elif quote.is_stale:
            yield Unquoted(by.commodity, quote.on, quantity * quote.counted)


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
