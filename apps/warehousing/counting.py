"""Whether a count bears the receipts out. Pure."""

from decimal import Decimal


def agrees(expected: Decimal, counted: Decimal, tolerance: Decimal) -> bool:
    """Whether `counted` lies within `tolerance` (a share of `expected`, inclusive) of what the receipts say.

    Too much is as wrong as too little: it means that goods lie there which no receipt knows.
    """
    return abs(counted - expected) <= expected * tolerance
