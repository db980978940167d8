"""OFX 1 (SGML, where elements need no end) and OFX 2 (XML), as banks write them: one reader for both.

OFX Banking Specification 2.3, chapter 11. Comments and what is in them are no data. A statement of OFX has a closing
balance (LEDGERBAL) and no opening one, so it cannot be proved from itself. The cash lines of investment accounts are
read; purchases of securities are counted and left to a person.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html import unescape

from apps.banking.statements import values
from apps.banking.statements.parts import Balance, Entry, Heading, Kind, Part, Problem, References, Refused, Status

STATEMENTS = {"STMTRS": "BANKACCTFROM", "CCSTMTRS": "CCACCTFROM", "INVSTMTRS": "INVACCTFROM"}
AGGREGATES = {
    "STMTTRN", "LEDGERBAL", "AVAILBAL", "BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "BANKTRANLIST", "INVTRANLIST",
    "STATUS", "BANKACCTTO", "CCACCTTO", "CURRENCY", "ORIGCURRENCY", "PAYEE", "STMTTRNP", *STATEMENTS,
}  # fmt: skip
MOVES_SECURITIES = re.compile(
    r"(BUY|SELL|REINVEST|INCOME|TRANSFER|CLOSUREOPT|JRNLSEC|JRNLFUND|INVEXPENSE|MARGININTEREST|RETOFCAP|SPLIT)[A-Z]*"
)
TOKEN = re.compile(r"<(/?)([A-Za-z0-9._]+)\s*/?>([^<]*)", re.ASCII)
CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
VERSION = re.compile(r"VERSION\s*[:=]\s*[\"']?(\d{3})")
BALANCES = {"LEDGERBAL": "CLBD", "AVAILBAL": "CLAV"}
KINDS = {"STMTTRN": Status.BOOKED, "STMTTRNP": Status.PENDING}
LONGEST = 1024 * 1024  # characters between two tags


@dataclass(frozen=True, slots=True)
class Token:
    line: int
    is_end: bool
    name: str
    text: str


def version(head: str) -> str:
    """102 and below 200 is SGML, 200 and above XML; "" when the file has no header."""
    found = VERSION.search(head.partition("<OFX>")[0])
    return found[1] if found else ""


def tokens(chunks: Iterable[str]) -> Iterator[Token]:
    """Tags with the text behind them, from a text that comes in chunks and is never held as a whole."""
    waiting, line = "", 1
    for chunk in chunks:
        waiting += chunk
        whole = _last_whole(waiting)
        yield from _tokens(waiting[:whole], line)
        line += waiting.count("\n", 0, whole)
        waiting = waiting[whole:]
        if len(waiting) > LONGEST:
            raise Refused(f"There is no tag in more than {LONGEST} characters behind line {line}.")
    yield from _tokens(waiting, line)


def _last_whole(text: str) -> int:
    """Up to where `text` can be taken apart: the last tag, comment or CDATA may still go on."""
    for begin, end in (("<!--", "-->"), ("<![CDATA[", "]]>")):
        start = text.rfind(begin)
        if start >= 0 and text.find(end, start) < 0:
            return text.rfind("<", 0, start) if text.rfind("<", 0, start) >= 0 else start
    last = text.rfind("<")
    while last > 0 and text.startswith(("<!", "<?"), last):
        last = text.rfind("<", 0, last)
    return max(last, 0)


def _tokens(text: str, line: int) -> Iterator[Token]:
    blank = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    blank = CDATA.sub(lambda found: found[1].replace("&", "&amp;").replace("<", "&lt;"), blank)
    place = 0
    for found in TOKEN.finditer(blank):
        line += blank.count("\n", place, found.start())
        place = found.start()
        yield Token(line, bool(found[1]), found[2].upper(), unescape(found[3]).strip())


def read(chunks: Iterable[str]) -> Iterator[Part]:
    """The parts of an OFX file. Raises Refused when it holds no statement, with what the bank says instead."""
    statement: _Statement | None = None
    position, told, is_whole = 0, "This OFX file holds no statement.", False
    for token in tokens(chunks):
        if token.name in STATEMENTS:
            yield from statement.end(None if token.is_end else token) if statement else ()
            position += not token.is_end
            statement = None if token.is_end else _Statement(position, token)
        elif statement is not None:
            yield from statement.take(token)
        elif token.name == "MESSAGE":
            told = f"This OFX file holds no statement; the bank says {values.quoted(token.text)}."
        is_whole = token.name == "OFX" and token.is_end
    yield from statement.end(None) if statement else ()
    if not position:
        raise Refused(told)
    if not is_whole:
        yield Problem("file, end", "The file breaks off: </OFX> is missing.", is_of_file=True)


@dataclass
class _Aggregate:
    """An element with children that is being read, and the texts of its leaves by name."""

    name: str
    line: int
    texts: dict[str, str] = field(default_factory=dict)


class _Statement:
    def __init__(self, position: int, first: Token) -> None:
        self.position, self.name = position, first.name
        self.where = f"statement {position}, line {first.line}"
        self.open: list[_Aggregate] = [_Aggregate(first.name, first.line)]
        self.own = self.open[0]
        self.account: dict[str, str] = {}
        self.period: dict[str, str] = {}
        self.entries = self.securities = 0
        self.is_told = False

    def take(self, token: Token) -> Iterator[Part]:
        if token.is_end:
            yield from self._closed(token)
        elif token.name in AGGREGATES:
            self.open.append(_Aggregate(token.name, token.line))
        elif token.text:
            self._leaf(token)
        elif self.name == "INVSTMTRS" and self._is_inside("INVTRANLIST") and MOVES_SECURITIES.fullmatch(token.name):
            self.securities += token.name not in ("INVBUY", "INVSELL")

    def end(self, cut_by: Token | None) -> Iterator[Part]:
        """What is still open is told; a statement that the next one cuts off is said to be cut."""
        while len(self.open) > 1:
            cut = self.open[-1]
            yield from self._closed(Token(cut.line, True, cut.name, ""))
            yield Problem(f"statement {self.position}, line {cut.line}", f"<{cut.name}> has no end.")
        if cut_by is not None:
            yield Problem(self.where, f"The statement has no end before line {cut_by.line}.")
        yield from self._told()
        if self.securities:
            yield Problem(
                self.where, f"{self.securities} movements of securities in it are not read: they are no bank lines."
            )

    def _is_inside(self, name: str) -> bool:
        return any(aggregate.name == name for aggregate in self.open)

    def _leaf(self, token: Token) -> None:
        inner = self.open[-1]
        inner.texts.setdefault(token.name, token.text)
        if inner.name in ("BANKTRANLIST", "INVTRANLIST"):
            self.period.setdefault(token.name, token.text)

    def _closed(self, token: Token) -> Iterator[Part]:
        if token.name not in AGGREGATES or not self._is_inside(token.name):
            return
        while self.open[-1].name != token.name:  # an end that was left out
            self.open.pop()
        done = self.open.pop() if len(self.open) > 1 else self.open[0]
        if done.name == STATEMENTS[self.name] and not self.account:
            self.account = done.texts
        elif done.name in KINDS:
            yield from self._told()
            yield from self._entry(done)
        elif done.name in BALANCES:
            yield from self._told()
            yield from self._balance(done)
        elif done.name in ("CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO", "PAYEE"):
            self.open[-1].texts.update({f"{done.name}.{name}": text for name, text in done.texts.items()})

    def _told(self) -> Iterator[Part]:
        if self.is_told:
            return
        self.is_told = True
        problems: list[Problem] = []
        number = "/".join(
            self.account[name] for name in ("BANKID", "BROKERID", "BRANCHID", "ACCTID") if self.account.get(name)
        )
        yield Heading(
            position=self.position,
            kind=Kind.STATEMENT,
            where=self.where,
            account=number,
            identifier=f"{self.period.get('DTSTART', '')[:8]}-{self.period.get('DTEND', '')[:8]}".strip("-"),
            currency=self._currency(problems),
            from_date=self._date(self.period, "DTSTART", self.where, problems),
            to_date=self._date(self.period, "DTEND", self.where, problems),
        )
        if not self.account.get("ACCTID"):
            problems.append(Problem(self.where, "The statement names no account."))
        yield from problems

    def _currency(self, problems: list[Problem]) -> str:
        written = self.own.texts.get("CURDEF", "")
        try:
            return values.currency(written)
        except values.Unreadable as error:
            problems.append(Problem(self.where, f"CURDEF: {error}." if written else "The statement names no currency."))
            return ""

    def _date(self, texts: dict[str, str], name: str, where: str, problems: list[Problem]) -> date | None:
        if not texts.get(name):
            return None
        try:
            return values.compact_date(texts[name])
        except values.Unreadable as error:
            problems.append(Problem(where, f"{name}: {error}."))
            return None

    def _amount(self, texts: dict[str, str], name: str, where: str, problems: list[Problem]) -> Decimal | None:
        try:
            return values.amount(_with_point(texts.get(name, "")))
        except values.Unreadable as error:
            problems.append(Problem(where, f"{name}: {error}."))
            return None

    def _balance(self, done: _Aggregate) -> Iterator[Part]:
        where = f"statement {self.position}, {done.name}, line {done.line}"
        problems: list[Problem] = []
        amount = self._amount(done.texts, "BALAMT", where, problems)
        on = self._date(done.texts, "DTASOF", where, problems)
        yield Balance(BALANCES[done.name], amount, self.own.texts.get("CURDEF", ""), on, where)
        yield from problems

    def _entry(self, done: _Aggregate) -> Iterator[Part]:
        self.entries += 1
        texts, problems = done.texts, list[Problem]()
        where = f"statement {self.position}, entry {self.entries}, line {done.line}"
        amount = self._amount(texts, "TRNAMT", where, problems)
        yield Entry(
            where=where,
            amount=amount,
            # CURSYM is the currency that the amount is in; ORIGCURRENCY only tells what it was changed from
            currency=texts.get("CURRENCY.CURSYM") or self.own.texts.get("CURDEF", ""),
            booking_date=self._date(texts, "DTPOSTED", where, problems),
            value_date=self._date(texts, "DTAVAIL", where, problems),
            status=KINDS[done.name],
            references=References(
                bank=texts.get("FITID", ""),
                entry=texts.get("REFNUM", "") or texts.get("CHECKNUM", ""),
                transaction=texts.get("SRVRTID", ""),
            ),
            code=texts.get("TRNTYPE", ""),
            counterparty=texts.get("NAME", "") or texts.get("PAYEE.NAME", ""),
            counterparty_account=texts.get("BANKACCTTO.ACCTID", "") or texts.get("CCACCTTO.ACCTID", ""),
            text=texts.get("MEMO", ""),
            is_reversal="CORRECTACTION" in texts,
        )
        yield from problems


def _with_point(text: str) -> str:
    """OFX allows a comma as the decimal sign; thousands are never separated."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
