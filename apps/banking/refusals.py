"""Why a file of a bank, or one for a bank, is not taken. Nothing was changed."""

from dataclasses import dataclass
from decimal import Decimal

from apps.banking.models import BankStatement


class StatementRefused(ValueError):
    """The file cannot be taken in. The message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a statement says of itself, to be held against another one; amounts in its account's currency."""

    file: str
    entries: int
    opening: Decimal | None
    closing: Decimal | None
    net: Decimal | None
    digest: str


class StatementNumberTaken(StatementRefused):
    """A statement with this number is there already and says something else. `known` and `came` show both."""

    def __init__(self, message: str, known: BankStatement, came: Said) -> None:
        super().__init__(message)
        self.known, self.came = known, came

    @property
    def was(self) -> Said:
        """The one that was taken in before."""
        one = self.known
        return Said(one.file.name, one.entry_count, one.opening, one.closing, one.net, one.digest)


class PaymentFileRefused(ValueError):
    """A batch cannot be written for a bank, or a bank's answer cannot be taken. The message is for a person."""
