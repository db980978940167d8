"""How files of banks and payment providers, and batches for banks, are laid out on the desk."""

from collections.abc import Iterable, Mapping, Sequence

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import (
    BankAccount,
    BankStatement,
    GroupedPayment,
    Instruction,
    PaymentAnswer,
    PaymentBatch,
    StatementEntry,
    StatementFile,
)
from apps.banking.refusals import Said
from apps.banking.statements.parts import Entry
from apps.orders.models import Proceeds, Settlement
from apps.orders.refusals import RejectedLine
from apps.portal.bank_codes import STATUSES, reason_in_words
from apps.portal.bank_words import in_words, place_in_words
from apps.portal.subjects import subjects_of
from apps.portal.tables import Amount, Column, Count, Day, Moment, State, Table, Text

KINDS: dict[str, Promise | str] = {
    "statement": gettext_lazy("Statement"),
    "interim report": gettext_lazy("Interim report"),
    "notification": gettext_lazy("Notification"),
}
ENTRY_STATUS: dict[str, Promise | str] = {
    "booked": gettext_lazy("Booked"),
    "pending": gettext_lazy("Pending"),
    "information": gettext_lazy("For information"),
    "future": gettext_lazy("In the future"),
    "unknown": gettext_lazy("Unknown"),
}
PURPOSES: dict[str, Promise | str] = {
    "collection": gettext_lazy("Collection"),
    "funding": gettext_lazy("Funding"),
    "payout": gettext_lazy("Payout"),
}
PROCEEDS_KINDS: dict[str, Promise | str] = {
    "capture": gettext_lazy("Sale"),
    "refund": gettext_lazy("Refunded"),
    "chargeback": gettext_lazy("Charged back"),
}
PAYMENT_KINDS: dict[str, Promise | str] = {
    "payout": gettext_lazy("Payout to a seller"),
    "transfer": gettext_lazy("Transfer to a pool"),
    "disbursement": gettext_lazy("Disbursement"),
    "withdrawal": gettext_lazy("Withdrawal from a pool"),
}


def file_table(files: Sequence[StatementFile], names: Mapping[str, str]) -> Table:
    """Bank files, the latest first."""
    columns = (
        Column(_("File")), Column(_("Format")), Column(_("Statements"), numeric=True),
        Column(_("Still to book"), numeric=True), Column(_("Taken in")), Column(_("By")),
    )  # fmt: skip
    rows = [
        (
            Text(one.name, href=reverse("desk:file", args=[one.pk])),
            Text(f"{one.format} {one.version}".strip()),
            Count(len(one.statements.all())),
            Count(sum(statement.state == "left" for statement in one.statements.all()) or None),
            Moment(one.taken_in_at),
            Text(names.get(one.by, one.by)),
        )
        for one in files
    ]
    return Table(_("Bank files"), columns, rows, empty=_("No bank file came yet."))


def statement_table(statements: Iterable[BankStatement]) -> Table:
    """The statements of one file: whose, whether they add up, what became of them."""
    columns = (
        Column(_("Statement")), Column(_("Bank account")), Column(_("Opening"), numeric=True),
        Column(_("Entries in sum"), numeric=True), Column(_("Closing"), numeric=True),
        Column(_("Open by"), numeric=True), Column(_("Entries"), numeric=True), Column(_("State")),
    )  # fmt: skip
    rows = [
        (
            Text(one.number or _("without a number"), note=str(KINDS[one.kind]),
                 href=reverse("desk:statement", args=[one.pk])),
            Text(one.account.holder, note=one.account.masked),
            Amount(one.opening, one.currency),
            Amount(one.net, one.currency, signed=True),
            Amount(one.closing, one.currency),
            Amount(one.difference or None, one.currency, signed=True),
            Count(one.entry_count),
            State("bank_statement", one.state),
        )
        for one in statements
    ]  # fmt: skip
    return Table(_("Statements"), columns, rows)


def problem_table(problems: Iterable[tuple[str, str]]) -> Table:
    """What cannot be trusted, and where."""
    rows = [(Text(place_in_words(place)), Text(in_words(reason))) for place, reason in problems]
    return Table(_("What to look at"), (Column(_("Where it stands")), Column(_("Reason"))), rows)


def entry_table(entries: Iterable[StatementEntry]) -> Table:
    """What was read, from where, and what came of it."""
    columns = (
        Column(_("Read from")), Column(_("Date")), Column(_("Reference")), Column(_("Status")),
        Column(_("Amount"), numeric=True), Column(_("Bank line")),
    )  # fmt: skip
    return Table(_("Entries"), columns, [_entry_row(one) for one in entries])


def _entry_row(one: StatementEntry) -> tuple[Text | Day | Amount, ...]:
    line = getattr(one, "line", None)
    grouped = len(one.payments.all())
    said = one.counterparty or one.text.partition("\n")[0][:80]
    if grouped > 1:
        said = _("%(number)s payments. %(text)s") % {"number": grouped, "text": said}
    return (
        Text(place_in_words(one.place), note=_("the %(number)s. that says the same") % {"number": one.occurrence}
             if one.occurrence > 1 else ""),
        Day(one.booked_on or one.value_on, short=True),
        Text(one.reference, note=said),
        Text(str(ENTRY_STATUS.get(one.status, one.status))),
        Amount(one.amount, one.currency or one.statement.currency, signed=True),
        Text("" if line is None else f"L-{line.pk}",
             note="" if line is None else line.matched_to or _("not explained yet"),
             href=reverse("desk:entry", args=[line.carried_by_id]) if line is not None and line.carried_by_id else ""),
    )  # fmt: skip


def grouped_table(payments: Iterable[GroupedPayment], currency: str) -> Table:
    """The payments behind grouped entries."""
    columns = (Column(_("Payment number")), Column(_("Who")), Column(_("Amount"), numeric=True))
    rows = [
        (Text(one.reference, note=one.return_reason), Text(one.counterparty, note=one.text[:80]),
         Amount(one.amount, one.currency or currency, signed=True))
        for one in payments
    ]  # fmt: skip
    return Table(_("Grouped payments"), columns, rows)


def both_table(was: Said, came: Said, currency: str) -> Table:
    """Two statements under one number, side by side."""
    columns = (
        Column(_("File")), Column(_("Opening"), numeric=True), Column(_("Entries in sum"), numeric=True),
        Column(_("Closing"), numeric=True), Column(_("Entries"), numeric=True),
    )  # fmt: skip
    rows = [
        (Text(one.file, note=note), Amount(one.opening, currency), Amount(one.net, currency, signed=True),
         Amount(one.closing, currency), Count(one.entries))
        for one, note in ((was, _("taken in before")), (came, _("refused now")))
    ]  # fmt: skip
    return Table(_("Both files"), columns, rows)


def preview_table(entries: Iterable[Entry], currency: str) -> Table:
    """The first rows of a CSV file as a mapping reads them."""
    columns = (Column(_("Date")), Column(_("Reference")), Column(_("Text")), Column(_("Amount"), numeric=True))
    rows = [
        (Day(one.booking_date), Text(one.references.bank), Text(one.text[:80], note=one.counterparty),
         Amount(one.amount, currency, signed=True))
        for one in entries
    ]  # fmt: skip
    return Table(_("The first rows, as they will be read"), columns, rows, empty=_("No row can be read this way."))


def account_table(accounts: Iterable[BankAccount], mapped: set[int]) -> Table:
    """The platform's own accounts."""
    columns = (Column(_("Bank account")), Column(_("What it is for")), Column(_("Currency")), Column(_("CSV files")))
    rows = [
        (
            Text(one.holder, note=f"{one.bank} {one.masked}".strip()),
            Text(str(PURPOSES[one.purpose])),
            Text(one.currency),
            Text(_("change how they are read") if one.pk in mapped else _("say how they are read"),
                 href=reverse("desk:csv_mapping", args=[one.pk])),
        )
        for one in accounts
    ]  # fmt: skip
    return Table(_("Our accounts"), columns, rows, empty=_("No account was added yet."))


def settlement_table(settlements: Sequence[Settlement]) -> Table:
    """Payouts of payment providers, the latest first."""
    columns = (
        Column(_("Payout")), Column(_("Sales day")), Column(_("Gross sales"), numeric=True),
        Column(_("Given back"), numeric=True), Column(_("Fees"), numeric=True), Column(_("Paid to us"), numeric=True),
    )  # fmt: skip
    rows = [
        (
            Text(one.payout, note=one.file.name, href=reverse("desk:settlement", args=[one.pk])),
            Day(one.settled_on),
            Amount(one.captured, one.currency),
            Amount(one.refunded + one.charged_back, one.currency),
            Amount(one.fees, one.currency),
            Amount(one.total, one.currency),
        )
        for one in settlements
    ]
    return Table(_("Payouts of payment providers"), columns, rows, empty=_("No settlement file came yet."))


def proceeds_table(lines: Iterable[Proceeds]) -> Table:
    """The lines of one payout."""
    columns = (
        Column(_("Line")),
        Column(_("Kind")),
        Column(_("Seller")),
        Column(_("Order")),
        Column(_("Amount"), numeric=True),
    )
    rows = [
        (
            Text(one.key, note="" if one.file_line is None else _("line %(number)s") % {"number": one.file_line}),
            Text(str(PROCEEDS_KINDS[one.kind])),
            Text(one.seller.name, href=reverse("desk:seller", args=[one.seller_id])),
            Text(one.order.external_id if one.order else ""),
            Amount(one.amount if one.kind == "capture" else -one.amount, one.currency, signed=True),
        )
        for one in lines
    ]
    return Table(_("Lines"), columns, rows)


def rejected_table(rejected: Iterable[RejectedLine]) -> Table:
    """The lines of a file that are wrong."""
    rows = [(Text(one.key), Text(one.reason)) for one in rejected]
    return Table(_("Lines to put right"), (Column(_("Line of the file")), Column(_("Reason"))), rows)


def batch_table(batches: Sequence[PaymentBatch]) -> Table:
    """Batches for the bank, the latest first."""
    columns = (
        Column(_("Batch")), Column(_("Business date")), Column(_("Payments"), numeric=True),
        Column(_("Sum"), numeric=True), Column(_("State")),
    )  # fmt: skip
    rows = [
        (
            Text(one.message_id, href=reverse("desk:batch", args=[one.pk])),
            Day(one.business_date),
            Count(one.number_of_payments),
            Amount(one.total, one.currency),
            State("payment_batch", one.state) if one.number_of_payments else Text(_("Nothing to pay")),
        )
        for one in batches
    ]
    return Table(_("Batches"), columns, rows, empty=_("No batch was built yet."))


def payment_table(payments: Sequence[Instruction]) -> Table:
    """The payments of a batch, what each is for, and what became of it."""
    columns = (
        Column(_("Payment number")), Column(_("Kind")), Column(_("What it is about")), Column(_("Paid to")),
        Column(_("Amount"), numeric=True), Column(_("Booked by the bank")), Column(_("Came to nothing")),
    )  # fmt: skip
    about = subjects_of(one.subject for one in payments)
    rows = [
        (
            Text(one.reference),
            Text(str(PAYMENT_KINDS[one.kind])),
            about.get(one.subject, Text(one.subject)),
            Text(one.to_account.holder if one.to_account else _("Our funding account"),
                 note=one.to_account.masked if one.to_account else ""),
            Amount(one.amount, one.currency),
            Day(one.confirmed_on),
            Day(one.failed_on, note=reason_in_words(one.failure_reason)),
        )
        for one in payments
    ]  # fmt: skip
    return Table(_("Every payment"), columns, rows)


def answer_table(answers: Iterable[PaymentAnswer]) -> Table:
    """What the bank answered, the latest first."""
    columns = (
        Column(_("File")),
        Column(_("Status")),
        Column(_("Payments stopped"), numeric=True),
        Column(_("Taken in")),
    )
    rows = [
        (
            Text(one.name),
            Text(str(STATUSES.get(one.status, one.status)), note=one.status),
            Count(one.rejected),
            Moment(one.taken_in_at),
        )
        for one in answers
    ]
    return Table(_("The bank's answers"), columns, rows, empty=_("The bank has not answered yet."))
