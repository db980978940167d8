"""What the goods of receipts and pledges are worth on a day: rows in, a valuation out."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.warehousing.lending_terms import graded
from apps.warehousing.models import Pledge, PledgedReceipt, PriceBasis, WarehouseReceipt
from apps.warehousing.prices.quotes import Priced, quotes_for
from apps.warehousing.refusals import Unpriced
from apps.warehousing.valuation import LendingTerms, StoredGoods, Valuation, value_goods


class Parcel(NamedTuple):
    """A receipt and how much of its goods counts, in its unit."""

    receipt: WarehouseReceipt
    quantity: Decimal


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


def stored_goods(parcels: Sequence[Parcel], *, currency: str, on: date) -> list[StoredGoods]:
    """The goods of `parcels` with their quotes of `on` in `currency`; four queries, however many.

    Raises Unpriced, naming the receipts, when there is no price at all for some of them.
    """
    codes = priced_as((one.receipt.commodity, one.receipt.grade) for one in parcels)
    asked = [Priced(codes[one.receipt.commodity, one.receipt.grade], one.receipt.unit, currency) for one in parcels]
    quotes = quotes_for(asked, on=on)
    without = sorted(one.receipt.number for one, priced in zip(parcels, asked, strict=True) if priced not in quotes)
    if without:
        raise Unpriced(
            _("No price is known for the goods of %(receipts)s, so nothing can be lent on them. Nothing was changed.")
            % {"receipts": ", ".join(without)}
        )
    return [
        StoredGoods(
            receipt=one.receipt.number,
            lot=f"{one.receipt.warehouse_id}/{one.receipt.lot}",
            grade=graded(one.receipt.commodity, one.receipt.grade),
            quantity=one.quantity,
            confirmed=one.quantity,
            days_stored=(on - one.receipt.issued_on).days if one.receipt.issued_on else 0,
            quote=quotes[priced],
        )
        for one, priced in zip(parcels, asked, strict=True)
    ]


def worth_of(receipts: Iterable[WarehouseReceipt], *, terms: LendingTerms, on: date) -> Valuation:
    """What receipts would be worth and lend on `on` if a count found what they say. Raises Unpriced."""
    return value_parcels([Parcel(receipt, receipt.weight or Decimal(0)) for receipt in receipts], terms=terms, on=on)


def worth_in_pledge(rows: Iterable[PledgedReceipt], *, terms: LendingTerms, on: date) -> Valuation:
    """What the goods of `rows` (with their receipts selected) are worth on `on`: the lesser of paper and count, at
    the lower of price and average. Raises Unpriced."""
    return value_parcels([Parcel(row.receipt, row.counted) for row in rows], terms=terms, on=on)


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
