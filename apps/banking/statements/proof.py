"""Does a statement hold together? Opening + booked entries = closing; payments of an entry = the entry."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from apps.banking.statements.parts import (
    Balance,
    Batch,
    Entry,
    Heading,
    Kind,
    Part,
    Problem,
    Remark,
    Status,
    fingerprint,
)
from apps.core.money import LIMIT, ZERO, is_currency, quantum

OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
MOST = 1_000  # balances, problems and remarks that are kept of a statement
INTERMEDIATE = "ITBD"  # pages of one statement begin and end with it


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, its balances, and what its entries come to. `entries` is empty when they were told as a stream."""

    heading: Heading
    currency: str  # of the account: the heading's, else the opening or closing balance's, else the entries'
    balances: tuple[Balance, ...]
    opening: Balance | None
    closing: Balance | None
    count: int  # entries of every status
    pending: int  # entries that are not booked
    identical: int  # entries that say the very same as an earlier one of this statement
    payments: int  # details of grouped and single entries
    net: Decimal | None  # booked entries in sum; None when one is unreadable or currencies are mixed
    adds_up: bool | None  # None when it cannot be said
    difference: Decimal | None  # closing - (opening + net); None when it cannot be said
    digest: str  # of all that the statement says, not of where it stands or which message brought it
    problems: tuple[Problem, ...]
    remarks: tuple[Remark, ...]
    entries: tuple[Entry, ...] = ()

    @property
    def number_key(self) -> str:
        """Names the account's statement, whatever file it comes in; "" when the bank gives it no number.

        The same key with another `digest` is another file for the same statement number. MT940 numbers begin anew each
        year, so the year of its first dated balance is part of the key.
        """
        heading = self.heading
        if not heading.account or not heading.identifier.strip("0"):
            return ""
        years = [str(balance.on.year) for balance in self.balances if balance.on]
        return fingerprint((heading.kind, heading.account, heading.identifier, heading.page, *years[:1]))

    @property
    def needs_a_person(self) -> bool:
        """Whether something stands in the way of taking it as it is."""
        is_unproved = self.adds_up is None and self.heading.kind is Kind.STATEMENT
        return bool(self.problems) or self.adds_up is False or is_unproved


Told = Heading | Entry | Statement | Problem


def proved(parts: Iterable[Part]) -> Iterator[Told]:
    """Headings and entries as they come, each statement when it is over, problems of the file as a whole last."""
    current: _Tally | None = None
    of_file: list[Problem] = []
    for part in parts:
        if isinstance(part, Entry) and current is not None:
            yield current.counted(part)
        elif isinstance(part, Heading):
            if current is not None:
                yield current.statement()
            current = _Tally(part)
            yield part
        elif isinstance(part, Problem) and (current is None or part.is_of_file):
            of_file.append(part)
        elif current is not None:
            current.add(part)
    if current is not None:
        yield current.statement()
    yield from of_file


@dataclass(slots=True)
class _Tally:
    """Counts one statement while it is read; holds no entries, only a number for each to know it again."""

    heading: Heading
    balances: list[Balance] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    sums: dict[str, Decimal] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    count: int = 0
    pending: int = 0
    identical: int = 0
    payments: int = 0
    unreadable: int = 0
    unlisted: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, part: Part) -> None:
        if len(self.balances) + len(self.problems) + len(self.remarks) >= MOST:
            self.unlisted += 1
            return
        match part:
            case Balance():
                self.balances.append(part)
                self._check_currency(part.currency, part.where)
            case Problem():
                self.problems.append(part)
            case Remark():
                self.remarks.append(part)

    def counted(self, entry: Entry) -> Entry:
        said = entry.says()
        known = hash(said)
        earlier = self.seen.get(known, 0)
        self.seen[known] = earlier + 1
        self.digest.update(said)
        self.count += 1
        self.payments += len(entry.details)
        if entry.status is not Status.BOOKED:
            self.pending += 1
        elif entry.amount is None:
            self.unreadable += 1
        else:
            self.sums[entry.currency] = self.sums.get(entry.currency, ZERO) + entry.amount
        self._check_entry(entry)
        if not earlier:
            return entry
        self.identical += 1
        return entry._replace(occurrence=earlier + 1)

    def statement(self) -> Statement:
        opening, closing = self._opening(), self._closing()
        currency = self._currency(opening, closing)
        net = self._net(currency)
        adds_up, difference = self._proof(opening, closing, net)
        if self.unlisted:
            self.problems.append(
                Problem(self.heading.where, f"{self.unlisted} more balances and problems are not listed.")
            )
            adds_up = None
        heading = replace(self.heading, where="", position=0, reference="")
        balances = (replace(balance, where="") for balance in self.balances)
        says = (heading, *balances, *(remark.text for remark in self.remarks), self.digest.hexdigest())
        return Statement(
            heading=self.heading,
            currency=currency,
            balances=tuple(self.balances),
            opening=opening,
            closing=closing,
            count=self.count,
            pending=self.pending,
            identical=self.identical,
            payments=self.payments,
            net=net,
            adds_up=adds_up,
            difference=difference,
            digest=fingerprint(says),
            problems=tuple(self.problems),
            remarks=tuple(self.remarks),
        )

    def _check_entry(self, entry: Entry) -> None:
        if not is_currency(entry.currency):
            self._check_currency(entry.currency, entry.where)
        elif entry.amount is not None:
            if entry.amount % quantum(entry.currency):
                self._problem(entry, f"{entry.amount} has more decimals than {entry.currency} knows.")
            if abs(entry.amount) >= LIMIT:
                self._problem(entry, f"{entry.amount} is beyond any amount that is kept here.")
        if entry.booking_date is None and entry.value_date is None:
            self._problem(entry, "The entry has no date that can be read.")
        for reason in details_disagree(entry):
            self._problem(entry, reason)

    def _check_currency(self, currency: str, where: str) -> None:
        if currency and not is_currency(currency):
            self.problems.append(Problem(where, f"{currency} is no currency of ISO 4217."))

    def _problem(self, entry: Entry, reason: str) -> None:
        self.add(Problem(entry.where, reason))

    def _opening(self) -> Balance | None:
        if found := self._first(OPENING):
            return found
        intermediate = self._of(INTERMEDIATE)
        is_page = len(intermediate) > 1 or (intermediate and self._first(CLOSING))
        return intermediate[0] if is_page else None

    def _closing(self) -> Balance | None:
        if found := self._first(CLOSING):
            return found
        intermediate = self._of(INTERMEDIATE)
        is_page = len(intermediate) > 1 or (intermediate and self._first(OPENING))
        return intermediate[-1] if is_page else None

    def _of(self, kind: str) -> list[Balance]:
        return [balance for balance in self.balances if balance.kind == kind]

    def _first(self, kinds: tuple[str, ...]) -> Balance | None:
        """The one balance of the first of `kinds` that is there; several that differ are a problem."""
        for kind in kinds:
            found = self._of(kind)
            if len({(balance.amount, balance.currency) for balance in found}) > 1:
                self.problems.append(Problem(found[1].where, f"There are {len(found)} balances {kind} that differ."))
            if found:
                return found[0]
        return None

    def _currency(self, opening: Balance | None, closing: Balance | None) -> str:
        proving = [balance.currency for balance in (opening, closing) if balance is not None]
        others = [balance.currency for balance in self.balances]
        return next((code for code in (self.heading.currency, *proving, *self.sums, *others) if code), "")

    def _net(self, currency: str) -> Decimal | None:
        if self.unreadable:
            return None
        if set(self.sums) - {currency}:
            named = " and ".join(f"{total} {code or 'of no currency'}" for code, total in self.sums.items())
            self.problems.append(
                Problem(self.heading.where, f"The account is in {currency}, but its booked entries come to {named}.")
            )
        return next(iter(self.sums.values()), ZERO) if len(self.sums) < 2 else None

    def _proof(
        self, opening: Balance | None, closing: Balance | None, net: Decimal | None
    ) -> tuple[bool | None, Decimal | None]:
        """Whether it adds up, and by how much it does not. Interim reports may, but are never held to it."""
        if opening is None or closing is None or opening.amount is None or closing.amount is None or net is None:
            return None, None
        if len({opening.currency, closing.currency, *self.sums}) > 1:
            self.problems.append(Problem(self.heading.where, "Balances and entries are in different currencies."))
            return False, None
        difference = closing.amount - (opening.amount + net)
        return difference == 0, difference


def details_disagree(entry: Entry) -> Iterator[str]:
    """Why the payments listed in an entry do not explain its amount; nothing when they do or none is listed."""
    if len(entry.batches) == 1:
        yield from _batch_disagrees(entry, entry.batches[0])
    if entry.amount is not None and entry.details and not is_single_payment(entry):
        yield from _payments_disagree(entry, entry.amount)


def is_single_payment(entry: Entry) -> bool:
    """Whether the one payment listed is the whole entry, in amount and currency."""
    return len(entry.details) == 1 and entry.details[0][:2] == entry[1:3]


def _batch_disagrees(entry: Entry, batch: Batch) -> Iterator[str]:
    if batch.count is not None and entry.details and batch.count != len(entry.details):
        yield f"The entry says it groups {batch.count} payments, but lists {len(entry.details)}."
    if batch.total is None or entry.amount is None:
        return
    if (abs(batch.total), batch.currency) != (abs(entry.amount), entry.currency):
        yield f"Its batch comes to {batch.total} {batch.currency}, the entry to {entry.amount} {entry.currency}."


def _payments_disagree(entry: Entry, amount: Decimal) -> Iterator[str]:
    """One payment without an amount has the entry's; one in another currency is booked at the bank's rate."""
    stated = [detail.amount for detail in entry.details if detail.amount is not None]
    currencies = {detail.currency for detail in entry.details if detail.amount is not None}
    total = sum(stated, ZERO)
    if len(stated) < len(entry.details):
        if len(entry.details) > 1:
            lacking = len(entry.details) - len(stated)
            yield f"{lacking} of its {len(entry.details)} payments have no amount of their own."
    elif currencies != {entry.currency}:
        if len(stated) > 1:
            yield f"Its payments are in {' and '.join(sorted(currencies))}, the entry is in {entry.currency}."
    elif total != amount:
        yield f"Its payments come to {total}, the entry to {amount} {entry.currency}."
