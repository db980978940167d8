"""Units that goods are weighed and priced in, and how one becomes another.

Weights convert exactly, by the definitions of the international pound (0.45359237 kg) and its ounces and tons. What a
bag, bale or bushel weighs is said in its name (`bag-60kg`, `bale-480lb`) or by its commodity. Units that measure
something else (a barrel, a cubic metre, an MMBtu) convert to nothing but themselves.
"""

import re
from decimal import Decimal
from typing import NamedTuple

ONE = Decimal(1)
POUND = Decimal("0.45359237")
KILOGRAMS = {
    "kg": ONE,
    "g": Decimal("0.001"),
    "t": Decimal(1000),
    "quintal": Decimal(100),
    "jin": Decimal("0.5"),
    "lb": POUND,
    "oz": POUND / 16,
    "ozt": Decimal("0.0311034768"),
    "cwt": POUND * 100,
    "short-ton": POUND * 2000,
    "long-ton": POUND * 2240,
}
OTHER_MEASURES = frozenset({"bbl", "m3", "mmbtu", "dmtu", "sheet"})
BY_COMMODITY = frozenset({"bag", "bushel"})
ALSO_WRITTEN = {
    "mt": "t", "tonne": "t", "tonnes": "t", "metric ton": "t", "kgs": "kg", "lbs": "lb", "pound": "lb",
    "troy oz": "ozt", "toz": "ozt", "cubic meter": "m3", "cubic metre": "m3", "cum": "m3", "bu": "bushel",
    "bushels": "bushel", "bags": "bag", "barrel": "bbl", "公斤": "kg", "千克": "kg", "吨": "t", "斤": "jin", "磅": "lb",
}  # fmt: skip
PACKED = re.compile(r"(?:bag|bale|bushel|sack|box|drum)-(\d{1,4}(?:\.\d{1,4})?)(kg|lb)")
LONGEST = 12
# Pounds a bushel, as the trade in the United States has them. The beginning of a commodity's code tells.
BUSHEL_POUNDS = {
    "wheat": 60, "soybean": 60, "maize": 56, "corn": 56, "sorghum": 56, "rye": 56, "flaxseed": 56, "barley": 48,
    "oats": 32,
}  # fmt: skip


class UnknownUnit(ValueError):
    """Nobody knows what this measures."""


class UnitsDiffer(ValueError):
    """One unit cannot be told in the other; the message says what is missing."""


class PackWeights(NamedTuple):
    """What a bushel and a bag of one commodity weigh, in kilograms, where that is known."""

    bushel: Decimal | None = None
    bag: Decimal | None = None


def unit_named(text: str) -> str:
    """The unit that `text` means, as it is stored. Raises UnknownUnit."""
    name = " ".join(text.lower().split())
    name = ALSO_WRITTEN.get(name, name)
    packed = PACKED.fullmatch(name)
    if name in KILOGRAMS or name in OTHER_MEASURES | BY_COMMODITY:
        return name
    if packed and Decimal(packed[1]) > 0 and len(name) <= LONGEST:
        return name
    raise UnknownUnit(f"{text[:20]!r} is no unit that is known")


def bushel_of(commodity: str) -> Decimal | None:
    """What a bushel of the commodity with this code weighs by the trade's habit, in kilograms; None if nobody says."""
    return next((pounds * POUND for name, pounds in BUSHEL_POUNDS.items() if commodity.startswith(name)), None)


def units_in(one: str, other: str, weights: PackWeights) -> Decimal:
    """How many of the unit `other` make up one of the unit `one`: 1000 for a tonne in kilograms.

    A price for `one` divided by this is the price for `other`. Raises UnitsDiffer.
    """
    if one == other:
        return ONE
    return _kilograms(one, other, weights) / _kilograms(other, one, weights)


def _kilograms(unit: str, other: str, weights: PackWeights) -> Decimal:
    if packed := PACKED.fullmatch(unit):
        return Decimal(packed[1]) * KILOGRAMS[packed[2]]
    known = {**KILOGRAMS, "bushel": weights.bushel, "bag": weights.bag}
    weight = known.get(unit)
    if weight is None:
        raise UnitsDiffer(f"What a {unit} is in {other} is not known.")
    return weight
