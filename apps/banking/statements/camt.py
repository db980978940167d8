"""camt.052, camt.053 and camt.054 of every version, as a stream: an entry is forgotten when the next one is read.

ISO 20022 Message Definition Reports "Bank-to-Customer Cash Management". Elements are known by their local names, so a
file without a namespace, or one wrapped in an envelope, is read as well. `CdtDbtInd` is the direction in which the
entry moved the account, also when `RvslInd` says that it reverses another.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, TypeVar

from lxml import etree

from apps.banking.statements import values
from apps.banking.statements.camt_entries import NUMBER, Reader, signed
from apps.banking.statements.leaves import Leaves, local_name
from apps.banking.statements.parts import Balance, Heading, Kind, Part, Problem, Refused, Remark

CHUNK = 64 * 1024
MESSAGE = re.compile(r"([a-z]{4}\.\d{3})\.(\d{3}\.\d{2})")
T = TypeVar("T")
NAMESPACE = re.compile(r"\{[^}]*\}")
KINDS = {"Stmt": Kind.STATEMENT, "Rpt": Kind.INTERIM, "Ntfctn": Kind.NOTIFICATION}
CONTAINERS = {"Stmt": "BkToCstmrStmt", "Rpt": "BkToCstmrAcctRpt", "Ntfctn": "BkToCstmrDbtCdtNtfctn"}
REMARKS = ("AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf")
APART = frozenset({"Ntry", "Bal", *REMARKS})
CHILDREN = frozenset(KINDS)
FORMATS = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}


class Message:
    """What kind of message the XML is. Raises Refused for anything but a camt.052, .053 or .054 with a statement."""

    def __init__(self, source: IO[bytes]) -> None:
        self.format, self.version = "", ""
        self._namespaces: list[str] = []
        try:
            for event, element in _events(source, tags=None):
                if event == "start" and self._recognises(element):
                    return
                if event == "end":
                    element.clear()
        except etree.XMLSyntaxError as error:
            raise Refused(f"This is no whole XML: {error.msg}.") from None
        raise Refused(self._reason())

    def _recognises(self, element: etree._Element) -> bool:
        if element.getroottree().docinfo.doctype:
            raise Refused("The XML declares a document type: statements have none, so it is not read.")
        namespace, name = str(element.tag).rpartition("}")[0], local_name(element)
        if found := MESSAGE.search(namespace):
            self.format, self.version = found.groups()
            self._namespaces.append(f"{self.format}.{self.version}")
        if not _is_statement(element):
            return False
        self.format, self.version = FORMATS[name], self.version if self.format == FORMATS[name] else ""
        return True

    def _reason(self) -> str:
        named = [name for name in self._namespaces if not name.startswith("head.")]
        if not named:
            return "This XML is no bank statement: it holds no camt.052, camt.053 or camt.054 message."
        if named[-1].startswith(("camt.052", "camt.053", "camt.054")):
            return f"This {named[-1]} message holds no statement."
        return f"This is a {named[-1]} message and no bank statement: camt.052, camt.053 and camt.054 are."


def read(source: IO[bytes]) -> Iterator[Part]:
    """The parts of a camt message. What breaks off is a Problem behind the parts that could be read."""
    statement: _Statement | None = None
    position = 0
    try:
        for event, element in _events(source, tags=[f"{{*}}{name}" for name in (*KINDS, "Ntry")]):
            if event == "start":
                if statement is None and _is_statement(element):
                    position += 1
                    statement = _Statement(element, position)
            elif statement is not None:
                yield from statement.ended(element)
                if element is statement.element:
                    statement = None
                    element.clear()
    except etree.XMLSyntaxError as error:
        if statement is not None:
            yield from statement.ended(statement.element)
        yield Problem(f"line {error.lineno}", f"The file is no whole XML from here on: {error.msg}.", is_of_file=True)


def schema_faults(source: IO[bytes], message: str, schemas: Path) -> Iterator[Problem]:
    """The first fault against the ISO 20022 schema `<message>.xsd` in the folder `schemas`; none when it is valid."""
    path = schemas / f"{message}.xsd"
    if not path.is_file():
        yield Problem("file", f"There is no schema {path.name} to check it against.", is_of_file=True)
        return
    parser = etree.XMLPullParser(
        events=("end",), tag="{*}Ntry", schema=etree.XMLSchema(etree.parse(path)), resolve_entities=False
    )
    try:
        while chunk := source.read(CHUNK):
            parser.feed(chunk)
            for _, element in parser.read_events():
                _forget(element)
        parser.close()
    except etree.XMLSyntaxError as error:
        said = [log for log in parser.error_log if log.domain == etree.ErrorDomains.SCHEMASV]
        line, message = (said[0].line, said[0].message) if said else (error.lineno, error.msg or "")
        reason = f"Not valid against {path.name}: {NAMESPACE.sub('', message)}"
        yield Problem(f"line {line}" if line else "file", reason, is_of_file=True)


def _is_statement(element: etree._Element) -> bool:
    name = local_name(element)
    if name not in KINDS:
        return False
    parent = element.getparent()
    return parent is not None and local_name(parent).startswith(CONTAINERS[name])


def _events(source: IO[bytes], tags: list[str] | None) -> Iterator[tuple[str, etree._Element]]:
    """Start and end events. All that was whole before a fault in the XML comes before its XMLSyntaxError."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=tags,
        resolve_entities=False,
        huge_tree=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )
    fault: etree.XMLSyntaxError | None = None
    while fault is None:
        chunk = source.read(CHUNK)
        try:
            parser.feed(chunk) if chunk else parser.close()
        except etree.XMLSyntaxError as error:
            fault = error
        yield from parser.read_events()
        if not chunk:
            break
    if fault is not None:
        raise fault


def _forget(element: etree._Element) -> None:
    """Free an element that was read, and the space before it."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class _Statement:
    """One Stmt, Rpt or Ntfctn that is being read. Its heading is told before its first entry."""

    def __init__(self, element: etree._Element, position: int) -> None:
        self.element = element
        self.position = position
        self.entries = 0
        self.is_told = False
        self.where = f"statement {position}, line {element.sourceline}"

    def ended(self, element: etree._Element) -> Iterator[Part]:
        """An entry of the statement, or the statement itself with what stands behind its entries, is over."""
        is_over = element is self.element
        if is_over or not self.is_told:
            yield from self._told()
        if not is_over and element.getparent() is self.element:
            self.entries += 1
            reader = Reader(f"statement {self.position}, entry {self.entries}, line {element.sourceline}")
            yield reader.entry(element)
            yield from reader.problems
            self.element.remove(element)

    def _told(self) -> Iterator[Part]:
        leaves = Leaves(self.element, APART)
        if not self.is_told:
            self.is_told = True
            yield from self._heading(leaves)
        for balance in leaves.groups("Bal"):
            yield from self._balance(balance)
            self.element.remove(balance.element)
        for remark in [group.element for group in leaves.groups(*REMARKS)]:
            yield Remark(f"{self.where}, {local_name(remark)}", remark.text or "")
            self.element.remove(remark)

    def _heading(self, leaves: Leaves) -> Iterator[Part]:
        problems: list[Problem] = []
        container = self.element.getparent()
        account = leaves.text(*(f"Acct/{path}" for path in NUMBER))
        if not account:
            problems.append(Problem(self.where, "The statement names no account."))
        yield Heading(
            position=self.position,
            kind=KINDS[local_name(self.element)],
            where=self.where,
            account=account,
            holder=leaves.text("Acct/Ownr/Nm", "Acct/Ownr/Pty/Nm", "Acct/Nm"),
            identifier=leaves.text("Id"),
            sequence=leaves.text("ElctrncSeqNb", "LglSeqNb"),
            page=leaves.text("StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb"),
            currency=self._checked(leaves.text("Acct/Ccy"), values.currency, problems) or "",
            reference=Leaves(container, CHILDREN).text("GrpHdr/MsgId") if container is not None else "",
            from_date=self._checked(leaves.text("FrToDt/FrDtTm"), values.iso_date, problems),
            to_date=self._checked(leaves.text("FrToDt/ToDtTm"), values.iso_date, problems),
        )
        yield from problems

    def _checked(self, written: str, read: Callable[[str], T], problems: list[Problem]) -> T | None:
        try:
            return read(written) if written else None
        except values.Unreadable as error:
            problems.append(Problem(self.where, f"{error}."))
            return None

    def _balance(self, leaves: Leaves) -> Iterator[Part]:
        kind = leaves.text("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd")
        where = f"statement {self.position}, balance {kind or 'without a type'}, line {leaves.element.sourceline}"
        amount: Decimal | None = None
        on: date | None = None
        currency = ""
        try:
            currency = values.currency(leaves.currency("Amt"))
            amount = signed(leaves.text("Amt"), leaves.text("CdtDbtInd"))
            on = values.iso_date(leaves.text("Dt/Dt", "Dt/DtTm", "Dt"))
        except values.Unreadable as error:
            yield Problem(where, f"{error}.")
        yield Balance(kind, amount, currency, on, where)
