"""MT940 and MT942, line by line: several statements a file, banks' own habits read as far as they are unmistakable.

SWIFT User Handbook, Category 9. A statement begins with :20: and ends where the next one begins. Text that a bank
leaves behind the end mark `-` still belongs to the statement before it, and is said.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from apps.banking.statements import values
from apps.banking.statements.parts import Balance, Heading, Kind, Part, Problem, Refused, Remark
from apps.banking.statements.swift_entries import entry_of
from apps.core.money import ZERO

TAGS = ("20", "21", "25P", "25", "28C", "28", "60F", "60M", "61", "62F", "62M", "64", "65", "86", "90D", "90C",
        "34F", "13D", "13", "NS")  # fmt: skip
TAG = re.compile(rf":({'|'.join(TAGS)}):")
BEGINS = re.compile(r"^(\{1:F|:(20|25P?|28C?|60[FM]|61|62[FM]|64|65|86|NS):)", re.MULTILINE)
INTERIM = ("34F", "13D", "90D", "90C")
BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})([\d,]+)", re.ASCII)
# M is intermediate: the opening or closing of a page, which is proved like a whole statement
KINDS = {"60F": "OPBD", "60M": "OPBD", "62F": "CLBD", "62M": "CLBD", "64": "CLAV", "65": "FWAV"}
TOTAL = re.compile(r"(\d{1,5})([A-Z]{3})([\d,]+)", re.ASCII)
FLOOR = re.compile(r"([A-Z]{3})[CD]?[\d,]+", re.ASCII)
END = re.compile(r"-\}?(\{.*)?")
MOST_UNNAMED = 1_000  # parts before an account is named
MOST_LINES = 200  # of one field; SWIFT allows six


@dataclass
class Field:
    """A tag and its lines."""

    tag: str
    line: int
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.texts[0].strip()

    @property
    def where(self) -> str:
        return f"line {self.line}"


def fields(lines: Iterable[tuple[int, str]]) -> Iterator[Field | Problem]:
    """The fields of a file, each with the lines that continue it. A Field without a tag is the end of a statement."""
    current: Field | None = None
    for number, raw in lines:
        line = raw.strip("\r\n\x01\x03\x1a")
        found = TAG.match(line)
        if found or _is_frame(line):
            if current is not None:
                yield current
            current = Field(found[1], number, [line[found.end() :]]) if found else None
            if not found:
                yield Field("", number)
        elif current is not None and len(current.texts) < MOST_LINES:
            current.texts.append(line)
        elif line.strip():
            yield Problem(f"line {number}", f"{values.quoted(line)} belongs to no field.")
    if current is not None:
        yield current


def _is_frame(line: str) -> bool:
    """Whether a line is SWIFT's envelope around a message: `{1:...}{4:`, `-}`, `-`."""
    return (line.startswith("{") and (line.endswith("{4:") or "{1:" in line)) or bool(END.fullmatch(line.rstrip()))


def read(lines: Iterable[tuple[int, str]]) -> Iterator[Part]:
    """The parts of an MT940 or MT942 file. Raises Refused when no account is named in it."""
    held: list[Part] = []  # until an account is named, nothing is told
    is_named = False
    for statement, part in _parts(lines):
        held.append(part)
        is_named = is_named or bool(statement and statement.account)
        if is_named:
            yield from held
            held = []
        elif len(held) > MOST_UNNAMED:
            break
    if not is_named:
        raise Refused("This is a piece of an MT940 message: no account (:25:) is named in it.")


def _parts(lines: Iterable[tuple[int, str]]) -> "Iterator[tuple[_Statement | None, Part]]":
    statement: _Statement | None = None
    position = 0
    for one in fields(lines):
        if isinstance(one, Problem):
            yield statement, one
            continue
        if one.tag == "20" or (statement is None and one.tag not in ("", "NS")):
            if statement is not None:
                yield from ((statement, part) for part in statement.end())
            position += 1
            statement = _Statement(position, one)
        if statement is not None:
            yield from ((statement, part) for part in statement.take(one))
    if statement is not None:
        yield from ((statement, part) for part in statement.end())


class _Statement:
    """One statement that is being read. What comes before its first entry waits, since its heading is not whole."""

    def __init__(self, position: int, first: Field) -> None:
        self.position = position
        self.where = f"statement {position}, {first.where}"
        self.account = self.number = self.reference = self.currency = ""
        self.is_interim = self.is_over = self.is_told = False
        self.waiting: list[Part] = []
        self.entry: Field | None = None
        self.entries = 0
        self.totals = {True: (0, ZERO), False: (0, ZERO)}  # debits, credits: how many, and their sum
        if first.tag != "20":
            self._problem(first, f"The statement begins with :{first.tag}: and not with :20:.")

    def take(self, one: Field) -> Iterator[Part]:
        """What `one` tells. An entry is told when its text has come, so one field later."""
        if one.tag == "":
            self.is_over = True
            return
        if self.is_over:
            self._problem(one, f":{one.tag}: stands behind the end of the statement and is counted to it.")
            self.is_over = False
        if one.tag in ("86", "NS") and self.entry is not None:
            yield from self._whole_entry(one)
        else:
            yield from self._whole_entry(None)
            self._other(one)
        if self.is_told:
            yield from self._drained()

    def end(self) -> Iterator[Part]:
        yield from self._whole_entry(None)
        if not self.account:
            self._told_problem("The statement names no account (:25:).")
        if not self.is_told:
            yield self._heading()
        yield from self._drained()

    def _drained(self) -> Iterator[Part]:
        yield from self.waiting
        self.waiting = []

    def _other(self, one: Field) -> None:
        match one.tag:
            case "20":
                self.reference = one.text
            case "25" | "25P":
                self._account(one)
            case "28" | "28C":
                self.number = one.text
            case "61":
                self.entry = one
            case "86" | "NS":
                self.waiting.append(Remark(self._place(one), "\n".join(one.texts).strip()))
            case tag if tag in KINDS:
                self._balance(one)
            case tag if tag in INTERIM:
                self._interim(one)
            case _:
                self.waiting.append(Remark(self._place(one), f":{one.tag}:" + "\n".join(one.texts).strip()))

    def _account(self, one: Field) -> None:
        if self.account:
            self._problem(one, f":25: comes again, with {values.quoted(one.text)}: the account stays {self.account}.")
        else:
            self.account = " ".join(one.text.split())

    def _balance(self, one: Field) -> None:
        kind, where = KINDS[one.tag], f"{self._place(one)}, :{one.tag}:"
        found = BALANCE.fullmatch(one.text)
        try:
            if not found:
                raise values.Unreadable(f"{values.quoted(one.text)} is no balance")
            amount = values.swift_amount(found[4]) * (1 if found[1] == "C" else -1)
            balance = Balance(kind, amount, found[3], None, where)
            self.currency = self.currency or found[3]
            self.waiting.append(balance)
            self.waiting[-1] = Balance(kind, amount, found[3], values.short_date(found[2]), where)
        except values.Unreadable as error:
            self.waiting.append(Problem(where, f"{error}."))

    def _interim(self, one: Field) -> None:
        self.is_interim = True
        if one.tag == "34F" and (floor := FLOOR.match(one.text)):
            self.currency = self.currency or floor[1]
        self.waiting.append(Remark(self._place(one), f":{one.tag}:{one.text}"))
        if one.tag in ("90D", "90C"):
            self._check_total(one, is_debit=one.tag == "90D")

    def _check_total(self, one: Field, *, is_debit: bool) -> None:
        """Number and sum of the debits or credits of an interim report, as the bank counted them."""
        total = TOTAL.fullmatch(one.text)
        if total is None:
            self._problem(one, f"{values.quoted(one.text)} is no total.")
            return
        count, come_to = self.totals[is_debit]
        try:
            stated = values.swift_amount(total[3])
        except values.Unreadable as error:
            self._problem(one, f"{error}.")
            return
        if (int(total[1]), stated) != (count, come_to):
            side = "debits" if is_debit else "credits"
            self._problem(one, f"The bank counts {int(total[1])} {side} of {stated}; {count} of {come_to} stand here.")

    def _whole_entry(self, text: Field | None) -> Iterator[Part]:
        """Tell the entry that waits, with its text. Its statement's heading goes before it."""
        if self.entry is None:
            return
        if not self.is_told:
            self.is_told = True
            yield self._heading()
            yield from self._drained()
        one, self.entry = self.entry, None
        self.entries += 1
        place = f"statement {self.position}, entry {self.entries}, {one.where}"
        entry, problems = entry_of(
            one.texts,
            text.texts if text else [],
            is_own=bool(text and text.tag == "NS"),
            currency=self.currency,
            where=place,
        )
        if entry.amount is not None:
            count, come_to = self.totals[entry.amount < 0]
            self.totals[entry.amount < 0] = count + 1, come_to + abs(entry.amount)
        yield entry
        yield from problems

    def _heading(self) -> Heading:
        self.is_told = True
        number, _, page = self.number.partition("/")
        return Heading(
            position=self.position,
            kind=Kind.INTERIM if self.is_interim else Kind.STATEMENT,
            where=self.where,
            account=self.account,
            identifier=number,
            page=page,
            currency=self.currency,
            reference=self.reference,
        )

    def _place(self, one: Field) -> str:
        return f"statement {self.position}, {one.where}"

    def _problem(self, one: Field, reason: str) -> None:
        self.waiting.append(Problem(self._place(one), reason))

    def _told_problem(self, reason: str) -> None:
        self.waiting.append(Problem(self.where, reason))
