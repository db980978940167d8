"""Settlement files: what a payment provider pays for, line by line. The columns are described in docs/settlements.md.

Pure: bytes in, payouts out. A file with one bad line is refused whole, with every bad line named: the payout of which
it was a part would not come to what the bank books.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from apps.core.files import NOT_CSV
from apps.core.money import ZERO, is_payable
from apps.orders.refusals import RejectedLine, SettlementRefused

COLUMNS = ("payout", "settled_on", "currency", "line", "kind", "seller", "order", "amount")
CAPTURE, REFUND, CHARGEBACK, FEE, TOTAL = "capture", "refund", "chargeback", "fee", "payout"
SALES = (CAPTURE, REFUND, CHARGEBACK)
LARGEST = 64 * 1024 * 1024  # bytes
LONGEST = {"payout": 60, "line": 58, "seller": 64, "order": 64, "amount": 24}
MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class SoldLine:
    """Money for, or back from, a sale: a positive amount, and the platform's own keys of seller and order."""

    number: int  # of the line in the file
    name: str
    kind: str
    seller: str
    order: str
    amount: Decimal


@dataclass(slots=True)
class PayoutRead:
    """One payout as its lines tell it. `total` is what the bank gets as the file says; negative when it pays."""

    name: str
    settled_on: date
    currency: str
    number: int  # of its first line in the file
    sold: list[SoldLine] = field(default_factory=list)
    fees: Decimal = ZERO
    total: Decimal | None = None
    lines: set[str] = field(default_factory=set)

    def sum_of(self, kind: str) -> Decimal:
        """The amounts of all lines of `kind`."""
        return sum((line.amount for line in self.sold if line.kind == kind), ZERO)

    @property
    def comes_to(self) -> Decimal:
        """Captures less refunds, chargebacks and fees."""
        return self.sum_of(CAPTURE) - self.sum_of(REFUND) - self.sum_of(CHARGEBACK) - self.fees


def read_settlements(content: bytes, currency: str) -> list[PayoutRead]:
    """The payouts in `content`, in the order of the file; each comes to its total, to the cent.

    Raises SettlementRefused when the file is something else, when a line is bad (`rejected` names each by its number),
    and when the lines of a payout do not come to its total.
    """
    reading = _Reading(currency)
    for number, row in _rows(content):
        try:
            reading.take(number, row)
        except ValueError as error:
            reading.bad.append(RejectedLine(str(number), str(error)))
    reading.check_totals()
    if reading.bad:
        raise SettlementRefused(
            f"{len(reading.bad)} lines are wrong, so nothing was taken in: a payout lands whole or not at all.",
            tuple(reading.bad[:MOST_NAMED]),
        )
    if not reading.payouts:
        raise SettlementRefused("There is no payout in the file. Nothing was taken in.")
    return list(reading.payouts.values())


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise SettlementRefused(f"The file is larger than {LARGEST // 1024 // 1024} MB. Nothing was taken in.")
    for mark, what in NOT_CSV.items():
        if content.startswith(mark):
            raise SettlementRefused(f"The file {what}. Nothing was taken in.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettlementRefused("The file is not UTF-8. Save it as UTF-8; nothing was taken in.") from error


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows in the order of COLUMNS with the number of the line on which each ends; cells without blanks around them."""
    rows = csv.reader(io.StringIO(_text(content), newline=""))
    try:
        headings = [heading.strip() for heading in next(rows, [])]
        if sorted(headings) != sorted(COLUMNS):
            raise SettlementRefused(f"Its first line has to name {', '.join(COLUMNS)}. Nothing was taken in.")
        places = [headings.index(name) for name in COLUMNS]
        for row in rows:
            if any(cell.strip() for cell in row):
                whole = len(row) == len(COLUMNS)
                yield rows.line_num, [row[place].strip() for place in places] if whole else []
    except csv.Error as error:
        raise SettlementRefused(f"Line {rows.line_num} is no CSV: {error}. Nothing was taken in.") from error


class _Reading:
    """The payouts as they grow, and what was wrong on the way."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.payouts: dict[str, PayoutRead] = {}
        self.bad: list[RejectedLine] = []

    def take(self, number: int, cells: Sequence[str]) -> None:
        """Add one line. Raises ValueError with what is wrong about it."""
        if not cells:
            raise ValueError(f"The line has not the {len(COLUMNS)} cells of the first.")
        row = dict(zip(COLUMNS, cells, strict=True))
        _check_cells(row)
        payout = self._payout(number, row)
        kind, amount = row["kind"], _amount(row["amount"], self.currency)
        if kind == TOTAL:
            if payout.total is not None:
                raise ValueError(f"Payout {payout.name} has a total already.")
            payout.total = amount
            return
        if kind not in (*SALES, FEE):
            raise ValueError(f"{kind!r} is none of: {', '.join((*SALES, FEE, TOTAL))}.")
        if amount <= 0:
            raise ValueError(f"{amount} is not positive: the kind says in which direction money went.")
        if not row["line"] or row["line"] in payout.lines:
            raise ValueError(f"Line {row['line']!r} of payout {payout.name} is empty or came before.")
        payout.lines.add(row["line"])
        if kind == FEE:
            payout.fees += amount
            return
        payout.sold.append(SoldLine(number, row["line"], kind, row["seller"], row["order"], amount))

    def _payout(self, number: int, row: Mapping[str, str]) -> PayoutRead:
        if row["currency"] != self.currency:
            raise ValueError(
                f"{row['currency'] or 'No currency'} is not {self.currency}, in which this platform settles."
            )
        try:
            day = date.fromisoformat(row["settled_on"])
        except ValueError as error:
            raise ValueError(f"{row['settled_on']!r} is no date such as 2026-01-31.") from error
        if not row["payout"]:
            raise ValueError("The line names no payout.")
        payout = self.payouts.setdefault(row["payout"], PayoutRead(row["payout"], day, self.currency, number))
        if payout.settled_on != day:
            raise ValueError(f"Payout {payout.name} was of {payout.settled_on} before.")
        return payout

    def check_totals(self) -> None:
        """Each payout has a total, and its lines come to it. Not asked where lines are bad already."""
        for payout in self.payouts.values() if not self.bad else ():
            if payout.total is None:
                reason = f"Payout {payout.name} has no total."
            elif payout.total != payout.comes_to:
                reason = f"The lines of payout {payout.name} come to {payout.comes_to}, its total is {payout.total}."
            else:
                continue
            self.bad.append(RejectedLine(str(payout.number), reason))


def _check_cells(row: Mapping[str, str]) -> None:
    for name, cell in row.items():
        if len(cell) > LONGEST.get(name, 64) or not cell.isprintable():
            raise ValueError(f"The {name} is too long or cannot be printed.")


def _amount(text: str, currency: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount.") from error
    if not text.isascii() or "e" in text.lower() or not amount.is_finite() or not is_payable(amount, currency):
        raise ValueError(f"{text!r} is no amount in {currency}.")
    return amount
