"""CSV statements, read by a mapping: which column holds what, and how dates and amounts are written.

A person makes a mapping once for a bank (`mapping_from`); for a file without one, `proposed` reads it from the headings
and the columns themselves. What can be read in two ways is refused and not guessed.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from itertools import chain, islice

from apps.banking.statements import values
from apps.banking.statements.parts import Balance, Entry, Heading, Kind, Part, Problem, References, Refused, Status

SAMPLE = 2_000  # rows that decide how dates and amounts are written
MOST_UNREAD = 1_000  # lines; with more, and more than half of all, this is no statement
DELIMITERS = ",;\t|"
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y",
                "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%Y年%m月%d日")  # fmt: skip
DEBIT_MARKS = ("D", "DBIT", "DEBIT", "DR", "S", "SOLL", "-", "借", "支出")
CREDIT_MARKS = ("C", "CRDT", "CREDIT", "CR", "H", "HABEN", "+", "贷", "收入")
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "booking_date": ("date", "bookingdate", "transactiondate", "posteddate", "buchungstag", "buchungsdatum", "fecha",
                     "dateoperation", "dateopération", "datum", "data", "日期", "交易日期", "记账日期"),
    "value_date": ("valuedate", "valuta", "valutadatum", "wertstellung", "fechavalor", "datevaleur", "起息日"),
    "amount": ("amount", "betrag", "umsatz", "importe", "montant", "bedrag", "importo", "valor", "金额", "交易金额"),
    "debit": ("debit", "débit", "withdrawal", "soll", "cargo", "paidout", "借方金额", "支出", "支出金额", "借方发生额"),
    "credit": ("credit", "crédit", "deposit", "haben", "abono", "paidin", "贷方金额", "收入", "收入金额", "贷方发生额"),
    "mark": ("d/c", "dc", "debitcredit", "debit/credit", "cdtdbtind", "type", "借贷标志", "借贷"),
    "currency": ("currency", "ccy", "währung", "moneda", "devise", "valuta/ccy", "币种", "货币"),
    "balance": ("balance", "runningbalance", "saldo", "solde", "余额", "账户余额"),
    "account": ("account", "accountnumber", "iban", "konto", "cuenta", "compte", "账号", "本方账号"),
    "reference": ("reference", "ref", "referenz", "referencia", "référence", "operationnumber", "transactionid",
                  "流水号", "交易流水号"),
    "text": ("description", "details", "detail", "label", "libellé", "concepto", "verwendungszweck", "memo", "text",
             "摘要", "用途", "附言"),
    "counterparty": ("counterparty", "partnername", "name", "payee", "beneficiary", "empfänger",
                     "对方户名", "对方名称"),
    "counterparty_account": ("bankaccount", "counterpartyaccount", "partneraccount", "gegenkonto", "对方账号"),
}  # fmt: skip
GROUPED = {
    ".": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+", re.ASCII),
    ",": re.compile(r"[+-]?(\d{1,3}([. ' ]\d{3})+|\d+)(,\d*)?|[+-]?,\d+", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds what, by its heading, and how values are written. Columns that a bank lacks stay empty.

    `amount` is signed, or positive beside `mark` (D or C), or `debit` and `credit` are two columns. `account_number`
    and `currency_code` stand for columns that the file lacks.
    """

    booking_date: str
    date_format: str
    decimal_sign: str
    delimiter: str = ","
    value_date: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    mark: str = ""
    currency: str = ""
    balance: str = ""
    account: str = ""
    reference: str = ""
    text: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    account_number: str = ""
    currency_code: str = ""
    is_inverted: bool = False  # a card's statement, where what was spent is positive

    @property
    def columns(self) -> dict[str, str]:
        return {purpose: heading for purpose in HEADINGS if (heading := getattr(self, purpose))}


def mapping_from(said: Mapping[str, object]) -> ColumnMapping:
    """A mapping from JSON. Raises Refused, naming what is missing or unknown in it."""
    known = {field.name for field in fields(ColumnMapping)}
    if unknown := sorted(set(said) - known):
        raise Refused(f"The mapping has unknown settings: {', '.join(unknown)}.")
    for name in ("booking_date", "date_format", "decimal_sign"):
        if not said.get(name):
            raise Refused(f"The mapping lacks {name}.")
    if wrong := sorted(
        name for name, value in said.items() if not isinstance(value, bool if name == "is_inverted" else str)
    ):
        raise Refused(f"These settings of the mapping are not of their kind: {', '.join(wrong)}.")
    mapping = ColumnMapping(**said)  # type: ignore[arg-type]  # names and kinds were checked above
    if mapping.decimal_sign not in GROUPED or len(mapping.delimiter) != 1:
        raise Refused("The mapping's decimal_sign is . or , and its delimiter one character.")
    if not (mapping.amount or (mapping.debit and mapping.credit)):
        raise Refused("The mapping names neither an amount nor debit and credit.")
    return mapping


def read(lines: Iterable[tuple[int, str]], mapping: ColumnMapping | None = None) -> Iterator[Part]:
    """The parts of a CSV statement: one statement for each account that follows another in it.

    Raises Refused when no heading fits, or when dates or amounts can be read in two ways.
    """
    remaining = iter(lines)
    first = list(islice(remaining, 100))
    delimiter = mapping.delimiter if mapping else _delimiter(first)
    more = _rows(chain(first, remaining), delimiter)
    rows = [(number, row) for number, row in islice(more, SAMPLE) if any(cell.strip() for cell in row)]
    found = _heading_row(rows, mapping)
    if found is None:
        raise Refused(
            "This is no statement of a known format, and no row of it names a date and an amount as CSV does."
        )
    start, columns = found
    settled = mapping or proposed(rows[start][1], [row for _, row in rows[start + 1 :]], delimiter)
    before = [
        Problem(f"line {number}", f"{values.quoted(delimiter.join(row))} stands before the headings and is not read.")
        for number, row in rows[:start]
    ]
    yield from _Sheet(settled, columns, is_proposed=mapping is None).parts(
        before, rows[start + 1 :], more, rows[start][0]
    )


def propose(lines: Iterable[tuple[int, str]]) -> ColumnMapping:
    """The mapping that the first `lines` of a file suggest, for a person to look at. Raises Refused as `read` does."""
    first = list(islice(lines, SAMPLE))
    delimiter = _delimiter(first)
    rows = [(number, row) for number, row in _rows(first, delimiter) if any(cell.strip() for cell in row)]
    found = _heading_row(rows, None)
    if found is None:
        raise Refused("No row names a date and an amount as CSV statements do: choose the columns.")
    start, _columns_found = found
    return proposed(rows[start][1], [row for _, row in rows[start + 1 :]], delimiter)


def proposed(heading: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> ColumnMapping:
    """The mapping that headings and values suggest. Raises Refused when they can be read in two ways."""
    columns = _columns(heading)
    named = {purpose: heading[place].strip() for purpose, place in columns.items()}
    plain = ColumnMapping(booking_date="", date_format="%Y-%m-%d", decimal_sign=".", delimiter=delimiter)
    mapping = replace(plain, **named)  # type: ignore[arg-type]  # purposes are the names of its text fields
    if not rows:
        return mapping
    dates = [row[columns["booking_date"]].strip() for row in rows if len(row) > columns["booking_date"]]
    amounts = [
        row[columns[purpose]].strip()
        for purpose in ("amount", "debit", "credit", "balance")
        if purpose in columns
        for row in rows
        if len(row) > columns[purpose]
    ]
    return replace(mapping, date_format=_date_format(dates), decimal_sign=_decimal_sign(amounts))


def _rows(lines: Iterable[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line on which each ends."""
    at = [0]

    def told() -> Iterator[str]:
        for number, line in lines:
            at[0] = number
            yield line

    reader = csv.reader(told(), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(f"Line {at[0]} is no CSV: {error}.") from None
        yield at[0], row


def _delimiter(sample: Sequence[tuple[int, str]]) -> str:
    """The delimiter that most lines have most of."""
    return max(DELIMITERS, key=lambda sign: sum(min(line.count(sign), 50) for _, line in sample))


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Purpose -> place, by the names in HEADINGS; the first column of a purpose counts."""
    places: dict[str, int] = {}
    for place, cell in enumerate(heading):
        name = "".join(cell.lower().split()).replace("_", "")
        for purpose, names in HEADINGS.items():
            if name in names:
                places.setdefault(purpose, place)
    return places


def _heading_row(
    rows: Sequence[tuple[int, list[str]]], mapping: ColumnMapping | None
) -> tuple[int, dict[str, int]] | None:
    """The row that holds the headings, and the place of each column."""
    for position, (_, row) in enumerate(rows[:30]):
        if mapping is not None:
            cells = [cell.strip() for cell in row]
            if set(mapping.columns.values()) <= set(cells):
                return position, {purpose: cells.index(heading) for purpose, heading in mapping.columns.items()}
        elif "booking_date" in (places := _columns(row)) and ("amount" in places or {"debit", "credit"} <= set(places)):
            return position, places
    if mapping is not None:
        raise Refused(f"No row names all columns of the mapping: {', '.join(mapping.columns.values())}.")
    return None


def _date_format(texts: Sequence[str]) -> str:
    """The one form that most dates have. Raises Refused when two forms read them equally well but differently."""
    fits = {form: sum(_is_date(text, form) for text in texts) for form in DATE_FORMATS}
    most = max(fits.values())
    if not most:
        raise Refused(f"The dates cannot be read: {values.quoted(next(iter(texts), ''))} is the first.")
    best = [form for form, count in fits.items() if count == most]
    readings = {tuple(_read_dates(texts, form)) for form in best}
    if len(readings) > 1:
        raise Refused(f"The dates can be read in {len(readings)} ways ({', '.join(best)}): a mapping has to say which.")
    return best[0]


def _is_date(text: str, form: str) -> bool:
    try:
        values.formatted_date(text, form)
    except values.Unreadable:
        return False
    return True


def _read_dates(texts: Sequence[str], form: str) -> Iterator[date | None]:
    for text in texts:
        yield values.formatted_date(text, form) if _is_date(text, form) else None


def _decimal_sign(texts: Sequence[str]) -> str:
    """`.` or `,`, whichever more amounts can be read with. Raises Refused when both read them, but differently."""
    plain = [text for text in texts if text and len(text) <= values.LONGEST]
    fits = {sign: sum(bool(pattern.fullmatch(text)) for text in plain) for sign, pattern in GROUPED.items()}
    if fits["."] != fits[","]:
        return "." if fits["."] > fits[","] else ","
    if any("," in text or "." in text for text in plain if GROUPED["."].fullmatch(text)):
        raise Refused("The amounts can be read with a decimal point or a decimal comma: a mapping has to say which.")
    return "."


class _Running:
    """The balance behind each line. It proves the lines in one direction: the oldest first, or the newest."""

    def __init__(self) -> None:
        self.first: tuple[Decimal, Decimal, str] | None = None
        self.last: tuple[Decimal, Decimal, str] | None = None
        self.currencies: set[str] = set()
        self.breaks: dict[bool, str] = {}  # oldest first? -> where it first does not hold
        self.is_whole = True

    def take(self, amount: Decimal | None, balance: Decimal | None, currency: str, where: str) -> None:
        if amount is None or balance is None:
            self.is_whole = False
            return
        if self.last is not None:
            before_amount, before, _ = self.last
            if before + amount != balance:
                self.breaks.setdefault(True, where)
            if balance + before_amount != before:
                self.breaks.setdefault(False, where)
        self.last = (amount, balance, where)
        self.first = self.first or self.last
        self.currencies.add(currency)

    def end(self) -> Iterator[Part]:
        """Opening and closing balance; a Problem where the balances do not follow from the lines."""
        if self.first is None or self.last is None:
            return
        if len(self.breaks) == 2 or not self.is_whole or len(self.currencies) > 1:
            where = self.breaks.get(True, self.first[2])
            yield Problem(where, "The balances behind the lines do not follow from the lines.")
            return
        oldest, newest = (self.first, self.last) if True not in self.breaks else (self.last, self.first)
        currency = next(iter(self.currencies))
        yield Balance("OPBD", oldest[1] - oldest[0], currency, None, f"{oldest[2]}, before it")
        yield Balance("CLBD", newest[1], currency, None, newest[2])


class _Sheet:
    """Reads rows by a mapping. Accounts that follow one another in a file are statements of their own."""

    def __init__(self, mapping: ColumnMapping, columns: Mapping[str, int], *, is_proposed: bool) -> None:
        self.mapping, self.columns, self.is_proposed = mapping, columns, is_proposed
        self.heading: Heading | None = None
        self.position = 0
        self.entries = self.unread = 0
        self.running = _Running()

    def parts(
        self,
        before: Sequence[Problem],
        rows: Sequence[tuple[int, list[str]]],
        more: Iterator[tuple[int, list[str]]],
        heading_line: int,
    ) -> Iterator[Part]:
        for source in (rows, more):
            for number, row in source:
                if any(cell.strip() for cell in row):
                    yield from self._row(number, row, before)
        if self.heading is None:
            yield from self._begun(heading_line, {}, before)
        yield from self.running.end()

    def _row(self, number: int, row: Sequence[str], before: Sequence[Problem]) -> Iterator[Part]:
        cells = {purpose: row[place].strip() for purpose, place in self.columns.items() if place < len(row)}
        account = cells.get("account", "") or self.mapping.account_number
        if self.heading is None or account != self.heading.account:
            yield from self._begun(number, cells, before if self.heading is None else ())
        self.entries += 1
        for part in self._entry(cells, f"statement {self.position}, entry {self.entries}, line {number}"):
            self.unread += isinstance(part, Entry) and part.amount is None
            yield part
        if self.unread > MOST_UNREAD and self.unread > self.entries / 2:
            raise Refused(f"{self.unread} of {self.entries} lines up to line {number} have no amount that can be read.")

    def _begun(self, number: int, cells: Mapping[str, str], before: Sequence[Problem]) -> Iterator[Part]:
        yield from self.running.end()
        self.position, self.running = self.position + 1, _Running()
        self.entries = self.unread = 0
        where = f"statement {self.position}, line {number}"
        self.heading = Heading(
            position=self.position,
            kind=Kind.STATEMENT,
            where=where,
            account=cells.get("account", "") or self.mapping.account_number,
            currency=self.mapping.currency_code,
        )
        yield self.heading
        if self.is_proposed and self.position == 1:
            chosen = ", ".join(f"{purpose}={heading}" for purpose, heading in self.mapping.columns.items())
            form, sign = self.mapping.date_format, self.mapping.decimal_sign
            reason = f"No mapping was given; read as {chosen}; dates {form}, decimal sign {sign}."
            yield Problem("file", reason, is_of_file=True)
        if not self.heading.account:
            yield Problem(where, "The statement names no account.")
        yield from before

    def _entry(self, cells: Mapping[str, str], where: str) -> Iterator[Part]:
        problems: list[Problem] = []
        amount = self._amount(cells, where, problems)
        currency = cells.get("currency", "").upper() or self.mapping.currency_code
        if not currency:
            problems.append(Problem(where, "The line names no currency."))
        yield Entry(
            where=where,
            amount=amount,
            currency=currency,
            booking_date=self._date(cells, "booking_date", where, problems),
            value_date=self._date(cells, "value_date", where, problems) if cells.get("value_date") else None,
            status=Status.BOOKED,
            references=References(bank=cells.get("reference", "")),
            counterparty=cells.get("counterparty", ""),
            counterparty_account=cells.get("counterparty_account", ""),
            text=cells.get("text", ""),
        )
        if "balance" in self.columns:
            balance = self._number(cells.get("balance", ""), where, problems)
            self.running.take(amount, balance, currency, where)
        yield from problems

    def _amount(self, cells: Mapping[str, str], where: str, problems: list[Problem]) -> Decimal | None:
        """Signed: a credit is positive. Debit and credit columns may both be filled; a debit's own sign is ignored."""
        if "amount" in self.columns:
            amount = self._number(cells.get("amount", ""), where, problems)
            if amount is not None and "mark" in self.columns:
                amount = self._marked(amount, cells.get("mark", ""), where, problems)
        else:
            amount = self._two_columns(cells, where, problems)
        return -amount if amount is not None and self.mapping.is_inverted else amount

    def _two_columns(self, cells: Mapping[str, str], where: str, problems: list[Problem]) -> Decimal | None:
        parts: list[Decimal] = []
        for purpose, sign in (("debit", -1), ("credit", 1)):
            if written := cells.get(purpose, ""):
                number = self._number(written, where, problems)
                if number is None:
                    return None
                parts.append(-abs(number) if sign < 0 else number)
        if not parts:
            problems.append(Problem(where, "The line has neither a debit nor a credit."))
            return None
        return sum(parts, Decimal(0))

    def _marked(self, amount: Decimal, mark: str, where: str, problems: list[Problem]) -> Decimal | None:
        if mark.upper() in DEBIT_MARKS:
            return -abs(amount)
        if mark.upper() in CREDIT_MARKS:
            return amount
        problems.append(Problem(where, f"{values.quoted(mark)} says neither debit nor credit."))
        return None

    def _number(self, written: str, where: str, problems: list[Problem]) -> Decimal | None:
        sign = self.mapping.decimal_sign
        try:
            if len(written) > values.LONGEST or not GROUPED[sign].fullmatch(written):
                raise values.Unreadable(f"{values.quoted(written)} is no amount")
            plain = "".join(letter for letter in written if letter.isdigit() or letter in f"+-{sign}")
            return values.amount(plain.replace(",", "."))
        except values.Unreadable as error:
            problems.append(Problem(where, f"{error}."))
            return None

    def _date(self, cells: Mapping[str, str], purpose: str, where: str, problems: list[Problem]) -> date | None:
        try:
            return values.formatted_date(cells.get(purpose, ""), self.mapping.date_format)
        except values.Unreadable as error:
            problems.append(Problem(where, f"{error}."))
            return None
