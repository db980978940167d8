"""What a statement file says, whatever its format: frozen, with the place it was read from.

Amounts are Decimal, signed as the account sees them: a credit is positive. None stands for what the file does not say
or says unreadably; a `Problem` then names the place. Nothing here is rounded.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


@lru_cache(maxsize=1024)
def _shown(day: date | None) -> str:
    """As repr: the same few days stand in every line of a statement."""
    return repr(day)


class Refused(Exception):
    """Nothing of the file is taken. The message is one sentence for a person; the only error that reading raises."""


class Kind(StrEnum):
    """How far a statement binds the bank: only a statement is booked truth."""

    STATEMENT = "statement"
    INTERIM = "interim report"
    NOTIFICATION = "notification"


class Status(StrEnum):
    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"
    FUTURE = "future"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FileHead:
    """The file itself. `digest` is the SHA-256 of its bytes: the same digest is the same file, whatever its name."""

    name: str
    format: str  # "camt.053", "MT940", "MT942", "OFX", "CSV"
    version: str  # "001.08", "102"; "" when the format has none or does not say
    digest: str
    size: int  # bytes
    encoding: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Whose statement it is, and which. `position` counts the statements of the file from 1."""

    position: int
    kind: Kind
    where: str
    account: str = ""  # as the file writes it: IBAN, or local number with bank
    holder: str = ""
    identifier: str = ""  # the bank's id: camt Id, MT940 :28C:
    sequence: str = ""  # electronic sequence number, where it is told apart from the id
    page: str = ""
    currency: str = ""
    reference: str = ""  # message id, MT940 :20:
    from_date: date | None = None
    to_date: date | None = None

    @property
    def is_provisional(self) -> bool:
        """Interim reports may still change; they never prove a balance."""
        return self.kind is Kind.INTERIM


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance in ISO 20022's codes: OPBD, PRCD, CLBD, ITBD, OPAV, CLAV, FWAV, ... whatever the format calls it."""

    kind: str
    amount: Decimal | None
    currency: str
    on: date | None
    where: str


class References(NamedTuple):
    """In this order they are part of what a line says."""

    bank: str = ""  # account servicer's reference
    entry: str = ""  # the entry's own reference, or what the account owner gave
    end_to_end: str = ""
    instruction: str = ""
    payment_information: str = ""
    message: str = ""
    mandate: str = ""
    transaction: str = ""


class Detail(NamedTuple):
    """One payment of an entry. `amount` is signed as the entry's."""

    amount: Decimal | None
    currency: str
    references: References
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""
    return_reason: str = ""  # why a payment comes back, in ISO 20022's codes; `text` tells it too

    def says(self) -> tuple[object, ...]:
        amount, currency, references, counterparty, account, text, _reason = self
        return amount, currency, tuple(references), counterparty, account, text


@dataclass(frozen=True, slots=True)
class Batch:
    """What an entry says of the payments grouped in it, whether or not it lists them."""

    references: References
    count: int | None
    total: Decimal | None
    currency: str

    def says(self) -> tuple[object, ...]:
        return tuple(self.references), self.count, self.total, self.currency


class Entry(NamedTuple):
    """One line of a statement. `occurrence` counts identical lines of one statement from 1: each is real money."""

    where: str
    amount: Decimal | None
    currency: str
    booking_date: date | None
    value_date: date | None
    status: Status
    references: References
    code: str = ""  # the bank's transaction code
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""
    is_reversal: bool = False
    details: tuple[Detail, ...] = ()
    batches: tuple[Batch, ...] = ()
    occurrence: int = 1

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the line says, not of where it stands: equal for identical lines, in whatever file."""
        return hashlib.sha256(self.says()).hexdigest()

    def says(self) -> bytes:
        """All that the line says, whatever its place: a tuple, written out at once for many are."""
        _, amount, currency, booked, value, status, references, *names, details, groups, _occurrence = self
        code, name, account, text, is_reversal = names
        payments = tuple([detail.says() for detail in details])
        batches = tuple([batch.says() for batch in groups])
        return (
            f"({amount!r}, {currency!r}, {_shown(booked)}, {_shown(value)}, {status._value_!r}, {is_reversal}, "
            f"{code!r}, {name!r}, {account!r}, {text!r}, {tuple(references)!r}, {payments!r}, {batches!r})"
        ).encode(errors="replace")


@dataclass(frozen=True, slots=True)
class Remark:
    """Text of the statement as a whole, kept as it stands."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot be trusted, and where. A statement, or a file, with a problem is left to a person."""

    where: str
    reason: str
    is_of_file: bool = False  # it concerns the file as such and not the statement that is being read


Part = Heading | Balance | Entry | Remark | Problem


def fingerprint(values: Iterable[object]) -> str:
    """SHA-256 over values in their order; stable between processes and machines."""
    return hashlib.sha256("\x1f".join(str(value) for value in values).encode(errors="replace")).hexdigest()
