"""Writing what a statement file tells, statement by statement, with memory that does not grow with the file."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount, BankStatement, GroupedPayment, StatementEntry, StatementFile
from apps.banking.refusals import Said, StatementNumberTaken, StatementRefused
from apps.banking.statements.parts import Detail, Entry, FileHead, Heading, Kind, Problem, References, Status
from apps.banking.statements.proof import Statement, Told
from apps.core import bulk
from apps.core.money import LIMIT
from apps.core.states import log_birth

AT_ONCE = 1_000  # entries that are held before they are written
OLDEST = timedelta(days=3 * 365)
NEWEST = timedelta(days=1)
SAYS_NOTHING = ("NOTPROVIDED", "NONREF")
LONGEST_REFERENCE, LONGEST_NAME, LONGEST_TEXT = 140, 140, 2_000
DECIMALS = Decimal("0.0001")

ENTRY_COLUMNS = (
    "id", "statement_id", "position", "place", "status", "amount", "currency", "booked_on", "value_on", "reference",
    "bank_reference", "code", "return_reason", "counterparty", "text", "fingerprint", "occurrence",
)  # fmt: skip
PAYMENT_COLUMNS = (
    "entry_id", "position", "amount", "currency", "reference", "return_reason", "counterparty", "text",
)  # fmt: skip

# A line of a statement with a number is known by its place in it; any other by what it says, and which of those that
# say the same it is, so that overlapping exports bring each line once.
BOOK = """
INSERT INTO banking_bankline (purpose, booked_on, amount, currency, reference, text, key, matched_to, entry_id)
SELECT account.purpose, coalesce(entry.booked_on, entry.value_on), entry.amount, entry.currency, entry.reference,
       left(entry.text, 300),
       CASE WHEN statement.number_key = '' THEN concat_ws(':', 'line', account.id, entry.fingerprint, entry.occurrence)
            ELSE concat_ws(':', 'statement', account.id, statement.number_key, entry.position) END,
       '', entry.id
FROM banking_statemententry AS entry
JOIN banking_bankstatement AS statement ON statement.id = entry.statement_id
JOIN banking_bankaccount AS account ON account.id = statement.account_id
WHERE entry.statement_id = %s AND entry.status = 'booked' AND entry.amount <> 0
ORDER BY entry.position
ON CONFLICT (key) DO NOTHING
"""


def book_lines(statement_id: int) -> int:
    """Make a bank line of each booked entry of the statement that has none yet; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(BOOK, [statement_id])
        return int(cursor.rowcount)


class Intake:
    """One file on its way in. `statements` and `booked` count what is new: statements, and lines made of them."""

    def __init__(self, head: FileHead, at: datetime, by: str) -> None:
        self.head, self.at, self.by = head, at, by
        self.file_id = bulk.next_ids(StatementFile, 1)[0]
        self.accounts = list(BankAccount.objects.exclude(purpose=BankAccount.Purpose.PAYOUT))
        self.problems: list[tuple[str, str]] = []
        self.statements = self.booked = 0
        self._waiting: list[tuple[int, Entry]] = []
        self._statement_id = self._position = 0
        self._savepoint = ""

    def take(self, told: Iterator[Told]) -> StatementFile:
        """Write all that is told. Raises StatementRefused as `take_in_statement` says; its caller undoes the rest."""
        for part in told:
            match part:
                case Heading():
                    self._begin(part)
                case Entry():
                    self._take_entry(part)
                case Statement():
                    self._end(part)
                case Problem():
                    self.problems.append((part.where, part.reason))
        head = self.head
        return StatementFile.objects.create(
            id=self.file_id, sha256=head.digest, name=head.name[:200], format=head.format, version=head.version,
            encoding=head.encoding, size=head.size, problems=self.problems, taken_in_at=self.at, by=self.by,
        )  # fmt: skip

    def _begin(self, heading: Heading) -> None:
        self._named = [one for one in self.accounts if one.is_named(heading.account)]
        if not self._named:
            raise StatementRefused(
                _("%(place)s is about account %(number)s, which is none of this platform's. Nothing was taken in.")
                % {"place": heading.where.capitalize(), "number": heading.account or "?"}
            )
        self._statement_id, self._position = bulk.next_ids(BankStatement, 1)[0], 0
        self._savepoint = transaction.savepoint()

    def _in(self, currency: str, where: str) -> BankAccount:
        """The account that the statement names, in `currency`: banks keep several currencies under one number."""
        account = next((one for one in self._named if one.currency == currency), None)
        if account is None:
            kept_in = ", ".join(sorted(one.currency for one in self._named))
            raise StatementRefused(
                _("%(place)s is in %(currency)s, but the account is kept in %(own)s. Nothing was taken in.")
                % {"place": where.capitalize(), "currency": currency, "own": kept_in}
            )
        return account

    def _take_entry(self, entry: Entry) -> None:
        self._position += 1
        if entry.status is Status.BOOKED:
            self._must_be_plausible(entry)
        self._waiting.append((self._position, entry))
        if len(self._waiting) >= AT_ONCE:
            self._write_waiting()

    def _must_be_plausible(self, entry: Entry) -> None:
        today = self.at.date()
        booked_on = entry.booking_date or entry.value_date
        if booked_on is None or not today - OLDEST <= booked_on <= today + NEWEST:
            raise StatementRefused(
                _("%(place)s is dated %(day)s, which no statement of %(today)s can be. Nothing was taken in.")
                % {"place": entry.where.capitalize(), "day": booked_on or _("on no day at all"), "today": today}
            )
        if entry.currency:
            self._in(entry.currency, entry.where)

    def _write_waiting(self) -> None:
        ids = bulk.next_ids(StatementEntry, len(self._waiting))
        rows = [(key, self._statement_id, *_entry_row(*one)) for key, one in zip(ids, self._waiting, strict=True)]
        payments = [
            (key, place, *_payment_row(detail))
            for key, (_position, entry) in zip(ids, self._waiting, strict=True)
            for place, detail in enumerate(entry.details, 1)
        ]
        bulk.copy_rows(StatementEntry, ENTRY_COLUMNS, rows)
        if payments:
            bulk.copy_rows(GroupedPayment, PAYMENT_COLUMNS, payments)
        self._waiting = []

    def _end(self, read: Statement) -> None:
        self._write_waiting()
        self._account = self._in(read.currency, read.heading.where) if read.currency else self._named[0]
        if self._is_known(read):
            transaction.savepoint_rollback(self._savepoint)
            return
        transaction.savepoint_commit(self._savepoint)
        problems = [(problem.where, problem.reason) for problem in read.problems]
        if twin := self._booked_under_another_number(read):
            problems.append((read.heading.where, _("Its balances are those of %(twin)s.") % {"twin": twin}))
        statement = self._written(read, problems)
        self.statements += 1
        if read.heading.kind is not Kind.STATEMENT:
            return
        if read.adds_up and not problems:
            statement.move("book", at=self.at, by=self.by)
            self.booked += book_lines(statement.pk)
        else:
            statement.move("leave", at=self.at, by=self.by)

    def _is_known(self, read: Statement) -> bool:
        """Whether this very statement came before. Raises StatementNumberTaken when another one has its number.

        One that was left to a person, and of which nothing is booked, gives way to what the bank sends after it.
        """
        if not read.number_key:
            return False
        same = BankStatement.objects.filter(account=self._account, number_key=read.number_key).exclude(state="left")
        known = same.select_related("file").first()
        if known is None or known.digest == read.digest:
            return known is not None
        raise StatementNumberTaken(
            _("Statement %(number)s of %(account)s came before in %(file)s and says something else. "
              "Nothing was taken in; ask the bank which of the two holds.")
            % {"number": known, "account": self._account, "file": known.file.name},
            known,
            Said(self.head.name, read.count, *_balances(read), _fitting(read.net), read.digest),
        )  # fmt: skip

    def _booked_under_another_number(self, read: Statement) -> BankStatement | None:
        """The same days in another format: the bank numbers its camt and its MT940 files differently."""
        if not read.count or read.closing is None or read.closing.on is None:
            return None
        opening, closing = _balances(read)
        return BankStatement.objects.filter(
            account=self._account, state="booked", closing_on=read.closing.on, opening=opening, closing=closing,
            entry_count=read.count,
        ).first()  # fmt: skip

    def _written(self, read: Statement, problems: Sequence[tuple[str, str]]) -> BankStatement:
        heading = read.heading
        opening, closing = _balances(read)
        statement = BankStatement.objects.create(
            id=self._statement_id,
            file_id=self.file_id,
            position=heading.position,
            place=heading.where[:80],
            kind=heading.kind.value,
            account=self._account,
            number=heading.identifier[:80],
            number_key=read.number_key,
            digest=read.digest,
            currency=self._account.currency,
            from_date=heading.from_date,
            to_date=heading.to_date,
            opening=opening,
            closing=closing,
            closing_on=read.closing.on if read.closing else None,
            net=_fitting(read.net),
            adds_up=read.adds_up,
            difference=_fitting(read.difference),
            entry_count=read.count,
            not_booked=read.pending,
            identical=read.identical,
            problems=list(problems),
        )
        log_birth([statement], at=self.at, by=self.by)
        return statement


def _balances(read: Statement) -> tuple[Decimal | None, Decimal | None]:
    return (
        _fitting(read.opening.amount if read.opening else None),
        _fitting(read.closing.amount if read.closing else None),
    )


def _fitting(amount: Decimal | None) -> Decimal | None:
    """`amount` where a column can hold it exactly; else the statement has a problem that says what stands there."""
    return amount if amount is not None and abs(amount) < LIMIT and not amount % DECIMALS else None


def _entry_row(position: int, entry: Entry) -> tuple[object, ...]:
    reasons = {detail.return_reason for detail in entry.details}
    return (
        position, entry.where[:80], entry.status.value, _fitting(entry.amount), entry.currency[:3],
        entry.booking_date, entry.value_date, _reference(entry.references),
        (entry.references.bank or entry.references.entry)[:LONGEST_REFERENCE], entry.code[:80],
        reasons.pop()[:35] if len(reasons) == 1 else "", entry.counterparty[:LONGEST_NAME],
        entry.text[:LONGEST_TEXT], entry.fingerprint, entry.occurrence,
    )  # fmt: skip


def _payment_row(detail: Detail) -> tuple[object, ...]:
    return (
        _fitting(detail.amount), detail.currency[:3], _reference(detail.references), detail.return_reason[:35],
        detail.counterparty[:LONGEST_NAME], detail.text[:LONGEST_TEXT],
    )  # fmt: skip


def _reference(references: References) -> str:
    """What was given by whoever paid: the end-to-end id first, the bank's own only where there is nothing else."""
    given = (references.end_to_end, references.instruction, references.entry, references.bank)
    return next((one[:LONGEST_REFERENCE] for one in given if one and one not in SAYS_NOTHING), "")
