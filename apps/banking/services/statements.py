"""Taking in bank statements: read as a stream, stored as they are, booked as lines where they prove themselves."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankAccount, BankStatement, CsvMapping, GroupedPayment, StatementEntry, StatementFile
from apps.banking.refusals import StatementRefused
from apps.banking.services.intake import Intake, book_lines
from apps.banking.statements.parts import Refused
from apps.banking.statements.reading import PLAIN, Options, scan
from apps.banking.statements.sheets import ColumnMapping, mapping_from
from apps.core.turns import take_turn
from apps.evidence.services import record
from apps.tenants.services import current_platform


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file: the file with its statements, whether its bytes are new, how many lines were booked."""

    file: StatementFile
    is_new: bool
    booked: int


def take_in_statement(
    *, source: IO[bytes], name: str, csv_account: int | None = None, at: datetime, by: str
) -> TakenIn:
    """Store the bank file in `source` and book what proves itself: statements whose balances add up, without a problem.

    Amounts are in the account's currency, as the bank wrote them; nothing is rounded. Interim reports, notifications
    and pending entries are stored and never booked; a statement that does not add up is left to a person. The same
    bytes, the same statement, the same line of an unnumbered statement again are nothing new. A CSV file is read by
    the mapping of the account `csv_account`. `source` can be read from its start again and is not closed. One file a
    platform at a time; another one waits.

    Raises StatementRefused with a sentence, and nothing is changed, when the file is no statement, names an account
    that is not ours or another currency, or a booked entry is dated before three years ago or after tomorrow (in UTC);
    StatementNumberTaken when another statement has the same number.
    """
    try:
        with transaction.atomic():
            take_turn("statement files")
            head, told = scan(source, name, PLAIN if csv_account is None else Options(_mapping(csv_account)))
            known = StatementFile.objects.filter(sha256=head.digest).first()
            if known is not None:
                return TakenIn(known, is_new=False, booked=0)
            if head.format == "CSV" and csv_account is None:
                raise StatementRefused(_("A CSV file is read by the mapping of its account: say which account it is."))
            intake = Intake(head, at, by)
            file = intake.take(told)
            record(
                kind="statement_taken_in",
                subject=f"statement_file:{file.pk}",
                payload={"sha256": file.sha256, "statements": intake.statements, "lines": intake.booked},
                business_date=current_platform().business_date(at),
                at=at,
                by=by,
            )
            _keep_bytes(file, source)
    except Refused as error:
        raise StatementRefused(str(error)) from error
    return TakenIn(file, is_new=True, booked=intake.booked)


def book_on_word(*, statement_id: int, at: datetime, by: str) -> BankStatement:
    """Book a statement that was left to a person, on the word of `by`; one that is booked stays as it is.

    Raises StatementRefused for one that is known not to add up, and when its number was booked since.
    """
    try:
        with transaction.atomic():
            statement = BankStatement.objects.select_for_update().get(pk=statement_id)
            if statement.state == "booked":
                return statement
            if not statement.may_be_accepted:
                raise StatementRefused(
                    _("Opening and entries do not make the closing, so it cannot be booked. Ask the bank for a whole "
                      "one. Nothing was changed.")
                )  # fmt: skip
            statement.move("accept", at=at, by=by, accepted_by=by)
            book_lines(statement.pk)
            return statement
    except IntegrityError as error:
        raise StatementRefused(_("A statement with this number was booked since. Nothing was changed.")) from error


def keep_mapping(*, account_id: int, mapping: ColumnMapping, at: datetime, by: str) -> CsvMapping:
    """Have the account's CSV files read by `mapping` from now on. What was read before stays as it was read."""
    kept, _made = CsvMapping.objects.update_or_create(
        account=BankAccount.objects.get(pk=account_id),
        defaults={"settings": asdict(mapping), "made_at": at, "made_by": by},
    )
    return kept


def grouped_payments(entry: StatementEntry) -> list[GroupedPayment]:
    """The payments that `entry` groups: its own, else those of the one notification (camt.054) that tells of it.

    A notification tells of an entry when account, bank reference, amount and currency are the same, whichever came
    first. Of several a person has to choose, so there is none.
    """
    own = list(entry.payments.order_by("position"))
    if own or not entry.bank_reference:
        return own
    notices = StatementEntry.objects.filter(
        statement__kind=BankStatement.Kind.NOTIFICATION,
        statement__account=entry.statement.account_id,
        bank_reference=entry.bank_reference,
        amount=entry.amount,
        currency=entry.currency,
    )[:2]
    return list(notices[0].payments.order_by("position")) if len(notices) == 1 else []


def _mapping(account_id: int) -> ColumnMapping:
    made = CsvMapping.objects.filter(account=account_id).first()
    if made is None:
        raise StatementRefused(_("How the CSV files of this account are read was not said yet. Say so first."))
    return mapping_from(made.settings)


def _keep_bytes(file: StatementFile, source: IO[bytes]) -> None:
    """Last, so that a refusal leaves nothing behind. Named by its content: a leftover is the very same file."""
    if not default_storage.exists(file.stored_as):
        source.seek(0)
        default_storage.save(file.stored_as, File(source))
