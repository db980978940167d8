"""What the goods of receipts and pledges are worth on a day: rows in, a valuation out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from apps.core.money import ZERO, round_money
from apps.sellers.models import Seller
from apps.warehousing.lending_terms import graded
from apps.warehousing.models import Pledge, PledgedReceipt, PriceBasis, WarehouseReceipt
from apps.warehousing.models.receipt import WarehouseReceiptQuerySet
from apps.warehousing.prices.quotes import Priced, quotes_for
from apps.warehousing.refusals import Unpriced
from apps.warehousing.valuation import LendingTerms, StoredGoods, Valuation, margin, value_goods

# Goods whose paper has expired, is frozen or is insured no more are there and count; nothing is lent on them. One rule
# for a click and for the night.
LENDS = """receipt.state IN ('issued', 'pledged', 'invoked')
       AND least(receipt.valid_until, receipt.insured_until) >= %(on)s"""
LENDING = f"""
SELECT receipt.id FROM warehousing_warehousereceipt AS receipt WHERE receipt.id = ANY(%(receipts)s) AND {LENDS}
"""  # noqa: S608  nothing of anybody's stands in it


class Parcel(NamedTuple):
    """A receipt, how much of its goods counts, in its unit, and whether they lend."""

    receipt: WarehouseReceipt
    quantity: Decimal
    lends: bool = True


def priced_as(goods: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The code of the price series for each (commodity, grade): the grade's line, the commodity's, its own code."""
    wanted = set(goods)
    bases = {
        (commodity, grade): code
        for commodity, grade, code in PriceBasis.objects.filter(
            commodity__in={commodity for commodity, _grade in wanted}
        ).values_list("commodity", "grade", "priced_as__code")
    }
    return {
        (commodity, grade): bases.get((commodity, grade)) or bases.get((commodity, "")) or commodity
        for commodity, grade in wanted
    }


def priced_goods(parcels: Sequence[Parcel], *, currency: str, on: date) -> list[StoredGoods | None]:
    """The goods of `parcels`, in their order, with their quotes of `on` in `currency`; None where there is no price at
    all. Four queries, however many."""
    codes = priced_as((one.receipt.commodity, one.receipt.grade) for one in parcels)
    asked = [Priced(codes[one.receipt.commodity, one.receipt.grade], one.receipt.unit, currency) for one in parcels]
    quotes = quotes_for(asked, on=on)
    return [
        StoredGoods(
            receipt=one.receipt.number,
            lot=f"{one.receipt.warehouse_id}/{one.receipt.lot}",
            grade=graded(one.receipt.commodity, one.receipt.grade),
            quantity=one.quantity,
            confirmed=one.quantity if one.lends else ZERO,
            days_stored=(on - one.receipt.issued_on).days if one.receipt.issued_on else 0,
            quote=quotes[priced],
        )
        if priced in quotes
        else None
        for one, priced in zip(parcels, asked, strict=True)
    ]


def stock_of(holder: Seller) -> list[Parcel]:
    """What `holder` has in store, pledged or not: of pledged goods the lesser of paper and count."""
    held = {row.receipt_id: row for row in PledgedReceipt.objects.live().filter(receipt__holder=holder)}
    receipts = WarehouseReceipt.objects.in_store().held_by(holder).order_by("pk")
    return [Parcel(one, held[one.pk].counted if one.pk in held else one.weight or ZERO) for one in receipts]


class MarketValue(NamedTuple):
    """What goods would fetch, before any haircut, and whether the price behind it is too old."""

    value: Decimal
    is_stale: bool


def market_values(parcels: Sequence[Parcel], *, currency: str, on: date) -> dict[int, MarketValue]:
    """What each of `parcels` is worth on `on` in `currency`, by its receipt's key: quantity x lower of price and 30-day
    average, rounded down. What has no price is left out."""
    priced = zip(parcels, priced_goods(parcels, currency=currency, on=on), strict=True)
    return {
        one.receipt.pk: MarketValue(
            round_money(goods.quantity * goods.quote.counted, currency, ROUND_FLOOR), goods.quote.is_stale
        )
        for one, goods in priced
        if goods is not None
    }


def stored_goods(parcels: Sequence[Parcel], *, currency: str, on: date) -> list[StoredGoods]:
    """`priced_goods` where all must have a price. Raises Unpriced, naming the receipts without one."""
    goods = priced_goods(parcels, currency=currency, on=on)
    without = sorted(one.receipt.number for one, priced in zip(parcels, goods, strict=True) if priced is None)
    if without:
        raise Unpriced(
            _("No price is known for the goods of %(receipts)s, so nothing can be lent on them. Nothing was changed.")
            % {"receipts": ", ".join(without)}
        )
    return [priced for priced in goods if priced is not None]


def free_receipts(on: date) -> WarehouseReceiptQuerySet:
    """Receipts that can be pledged on `on` and that no pledge holds or asks for."""
    held = PledgedReceipt.objects.live().filter(receipt=OuterRef("pk"))
    return WarehouseReceipt.objects.pledgeable(on).filter(~Exists(held))


def lendable_on_free_goods(first_holder: int, last_holder: int, *, terms: LendingTerms, on: date) -> dict[int, Decimal]:
    """What each holder of a range could be lent on all free receipts with a fresh price, in the terms' currency."""
    receipts = list(free_receipts(on).filter(holder_id__gte=first_holder, holder_id__lte=last_holder))
    if not receipts:
        return {}
    goods = priced_goods([Parcel(one, one.weight or ZERO) for one in receipts], currency=terms.currency, on=on)
    by_holder: defaultdict[int, list[StoredGoods]] = defaultdict(list)
    for receipt, parcel in zip(receipts, goods, strict=True):
        if parcel is not None and not parcel.quote.is_stale:
            by_holder[receipt.holder_id].append(parcel)
    return {holder: largest_loan(value_goods(parcels, terms), terms) for holder, parcels in by_holder.items()}


def largest_loan(goods: Valuation, terms: LendingTerms) -> Decimal:
    """The most that may be drawn on `goods` while nothing is owed: within the limit and after haircuts."""
    return margin(ZERO, goods, terms).drawable


def worth_of(receipts: Iterable[WarehouseReceipt], *, terms: LendingTerms, on: date) -> Valuation:
    """What receipts would be worth and lend on `on` if a count found what they say. Raises Unpriced."""
    return value_parcels([Parcel(receipt, receipt.weight or ZERO) for receipt in receipts], terms=terms, on=on)


def worth_in_pledge(rows: Iterable[PledgedReceipt], *, terms: LendingTerms, on: date) -> Valuation:
    """What the goods of `rows` (with their receipts selected) are worth on `on`: the lesser of paper and count, at
    the lower of price and average; what has expired, is frozen or uninsured lends nothing. Raises Unpriced."""
    rows = list(rows)
    lending = _lending([row.receipt_id for row in rows], on)
    parcels = [Parcel(row.receipt, row.counted, row.receipt_id in lending) for row in rows]
    return value_parcels(parcels, terms=terms, on=on)


def _lending(receipts: Sequence[int], on: date) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(LENDING, {"receipts": list(receipts), "on": on})
        return {key for (key,) in cursor.fetchall()}


def value_parcels(parcels: Sequence[Parcel], *, terms: LendingTerms, on: date) -> Valuation:
    """`value_goods` of what lies in store, in the currency of `terms`. Raises Unpriced."""
    return value_goods(stored_goods(parcels, currency=terms.currency, on=on), terms)


def keep_valuation(pledge: Pledge, worth: Valuation, *, on: date) -> None:
    """Set the figures of a valuation on the pledge; whoever moves it saves them.

    Without worth (goods of which a count found nothing) the last figures stay: goods are never valued at zero.
    """
    if worth.value > 0:
        pledge.valued_on, pledge.value, pledge.lendable = on, worth.value, worth.lendable
    pledge.price_is_stale = bool(worth.stale)
