"""How a product is repaid in instalments, as a frozen value that pure rules read. No I/O."""

from dataclasses import dataclass
from decimal import Decimal

EQUAL_INSTALMENTS, EQUAL_PRINCIPAL = "equal_instalments", "equal_principal"
BULLET, INTEREST_ONLY = "bullet", "interest_only"
METHODS = (EQUAL_INSTALMENTS, EQUAL_PRINCIPAL, BULLET, INTEREST_ONLY)
PRINCIPAL_LAST = (BULLET, INTEREST_ONLY)

WEEKS, MONTHS = "weeks", "months"
UNITS = (WEEKS, MONTHS)

# To what the equal instalment is rounded: the currency's minor unit, one whole unit, or one whole unit always upwards.
TO_MINOR, TO_WHOLE, UP_TO_WHOLE = "minor", "whole", "up"
INSTALMENT_ROUNDINGS = (TO_MINOR, TO_WHOLE, UP_TO_WHOLE)

# Where money in advance goes, and how a payment walks through instalments: as repayment.waterfall names them.
NEXT, LAST, REAMORTISE = "next", "last", "reamortise"
ADVANCES = (NEXT, LAST, REAMORTISE)
HORIZONTAL, VERTICAL = "horizontal", "vertical"
MODES = (HORIZONTAL, VERTICAL)

MOST_INSTALMENTS = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """Repayment in `number` instalments, each `every` `unit`s after the one before.

    due_day          day of the month on which instalments fall due (the last one of a shorter month); 0 is the day of
                     the payout
    principal_grace  instalments that ask for no principal
    interest_grace   instalments that ask for no interest: it arises all the same, and the next one asks for it
    fee              asked with each instalment, in the currency of the terms
    """

    method: str
    number: int
    every: int = 1
    unit: str = MONTHS
    due_day: int = 0
    principal_grace: int = 0
    interest_grace: int = 0
    rounding: str = TO_MINOR
    in_advance: str = NEXT
    mode: str = HORIZONTAL
    fee: Decimal = Decimal(0)

    @property
    def rows(self) -> int:
        """How many instalments there are: a bullet has one, at the end of all periods."""
        return 1 if self.method == BULLET else self.number

    def asks_interest(self, number: int) -> bool:
        """Whether instalment `number` asks for the interest that has arisen by its date."""
        return self.method == BULLET or number > self.interest_grace
