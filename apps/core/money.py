"""Money is a Decimal in the currency's own minor unit. One rounding function, one splitting function.

Minor units follow ISO 4217 as kept by CLDR: JPY 0, CNY 2, KWD 3.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision

ZERO = Decimal(0)
LIMIT = Decimal(10) ** 15  # no amount reaches it: columns hold fifteen digits before the point


@cache
def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency code that CLDR knows."""
    return code in get_global("all_currencies")


@cache
def quantum(currency: str) -> Decimal:
    """The smallest amount of `currency` that can be paid, for example Decimal("0.01") for CNY.

    Raises ValueError for an unknown currency code.
    """
    if not is_currency(currency):
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code.")
    return Decimal(1).scaleb(-get_currency_precision(currency))


def round_money(amount: Decimal, currency: str, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """`amount` rounded to the minor unit of `currency`, HALF_EVEN unless the product's terms say otherwise."""
    return amount.quantize(quantum(currency), rounding=rounding)


def amount_text(amount: Decimal, currency: str) -> str:
    """1200.50 CNY: `amount` rounded to the currency's own decimals, for messages of a few words."""
    return f"{round_money(amount, currency):,f}\N{NO-BREAK SPACE}{currency}"


def is_payable(amount: Decimal, currency: str) -> bool:
    """Whether `amount` is finite, below LIMIT, and has no more decimals than `currency` knows."""
    return amount.is_finite() and abs(amount) < LIMIT and amount == round_money(amount, currency)


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` (a payable amount) shared in proportion to `weights`, each share payable, the sum exactly `total`.

    Largest remainder method: every share is rounded toward zero, then the minor units left over go one by one to the
    largest remainders, the earlier place first. A share with weight zero gets nothing.

    Raises ValueError when no weight is positive, one is negative, or `total` is not payable in `currency`.
    """
    if not is_payable(total, currency):
        raise ValueError(f"{total} is not a whole number of minor units of {currency}.")
    whole = sum(weights, ZERO)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("Weights must not be negative, and at least one must be positive.")
    unit = quantum(currency).copy_sign(total)
    units, weight_units = int(total / unit), [_as_ratio(weight, whole) for weight in weights]
    shares = [units * top // bottom for top, bottom in weight_units]
    remainders = [units * top % bottom for top, bottom in weight_units]
    order = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in order[: units - sum(shares)]:
        shares[place] += 1
    return [share * unit for share in shares]


def _as_ratio(weight: Decimal, whole: Decimal) -> tuple[int, int]:
    """weight / whole as integers over one common denominator, so that remainders compare exactly."""
    scale = -min(_exponent(weight), _exponent(whole), 0)
    return int(weight.scaleb(scale)), int(whole.scaleb(scale))


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{number} is not a finite number.")
    return exponent
