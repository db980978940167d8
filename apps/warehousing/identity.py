"""What makes goods the same goods, on whichever platform a receipt for them turns up. Pure (ADR 0015).

A lot is told by the tax number of who brought it, commodity, lot, warehouse, grade, and about how much it weighed. No
two scales agree to the gram, so the weight counts by its band, and a lot at the edge of a band is told in two ways: by
bands of a grid and by those of the same grid moved by half a band. Two weights less than half a band apart lie in one
band of at least one grid, wherever the edges are.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import NamedTuple

from apps.warehousing.units import PackWeights, UnitsDiffer, units_in

BAND = Decimal("1.5")
"""The upper edge of a band over its lower one. Weights up to sqrt(1.5) = 1.22 times apart always match."""
HALF = Decimal("0.5")


class Lot(NamedTuple):
    """A lot as its first receipt names it: the whole of it, before any split."""

    tax_id: str
    commodity: str
    lot: str
    warehouse: str
    grade: str
    weight: Decimal
    unit: str


def identities(lot: Lot, weights: PackWeights) -> Sequence[str]:
    """The two canonical texts of `lot`. What is written differently (spaces, hyphens, letters' case) is the same."""
    facts = [_plain(text) for text in (lot.tax_id, lot.commodity, lot.lot, lot.warehouse, lot.grade)]
    try:
        measure, weight = "kg", lot.weight * units_in(lot.unit, "kg", weights)
    except UnitsDiffer:
        measure, weight = lot.unit, lot.weight
    return ["|".join([*facts, measure, band]) for band in bands(weight)]


def bands(weight: Decimal) -> tuple[str, str]:
    """The bands of a positive weight in the two grids."""
    with localcontext(prec=28):
        place = weight.ln() / BAND.ln()
        whole, moved = (number.to_integral_value(ROUND_FLOOR) for number in (place, place + HALF))
    return f"a{whole}", f"b{moved}"


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
