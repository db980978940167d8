"""How a figure of the desk is opened: the rows and postings behind it, an entry, and the file and line it came from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankLine
from apps.financing.models import Financing
from apps.ledger import chart
from apps.ledger.models import Account, Posting
from apps.orders.models import Proceeds
from apps.portal.bank_words import place_in_words
from apps.portal.events import EVENTS
from apps.portal.formats import format_count, format_day
from apps.portal.forms import day_field
from apps.portal.money_files import PROCEEDS_KINDS
from apps.portal.movements import movement_name
from apps.portal.subjects import subjects_of
from apps.portal.tables import Amount, Cell, Column, Count, Day, Table, Text
from apps.reconciliation.control import CONTROLS
from apps.reconciliation.models import NightlyRun
from apps.reconciliation.tracing import KindSum
from apps.repayment.models import Movement
from apps.sellers.models import Seller

LONGEST_RANGE = 31  # days
ENTRY_KINDS: dict[str, Promise | str] = {
    "sales": gettext_lazy("Sales day"),
    "sweep": gettext_lazy("Kept from sales"),
    "accrual": gettext_lazy("Interest"),
    "penalty": gettext_lazy("Penalty for being late"),
    "disbursement": gettext_lazy("Disbursement"),
    "bank_payout": gettext_lazy("Payouts booked by the bank"),
    "bank_transfer": gettext_lazy("Transfers booked by the bank"),
    "bank_settlement": gettext_lazy("Settlement booked by the bank"),
    "payout_rejected": gettext_lazy("Payout rejected"),
    "payout_returned": gettext_lazy("Payout given back by the bank"),
    "provider_fees": gettext_lazy("Fees of the payment provider"),
    "clearing": gettext_lazy("Difference explained"),
    "funding": gettext_lazy("Funding"),
    "withdrawal": gettext_lazy("Withdrawal from a pool"),
    "withdrawal_failed": gettext_lazy("Withdrawal that was not paid"),
    "bank_withdrawal": gettext_lazy("Withdrawals booked by the bank"),
    "reversal": gettext_lazy("Taken back"),
    **EVENTS,
}
# Steps of the night whose sum is what entries of one kind moved on one account.
POSTED_BY_STEP = {"accrue": (chart.INTEREST, "accrual"), "sweep": (chart.SELLER_PAYABLE, "sweep")}
OPENED_BY_STEP = {
    "match": "explained", "value_receipts": "valued", "age_financings": "late", "control_totals": "found",
}  # fmt: skip
ACCOUNT_OF = {control.name: control.account for control in CONTROLS}


class PostingsForm(forms.Form):
    """Which postings of an account are shown."""

    first = day_field(gettext_lazy("From"))
    last = day_field(gettext_lazy("Through"))
    account = forms.CharField(widget=forms.HiddenInput)
    currency = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The dates in their order, a month apart at most: all that was before stands in the opening balance."""
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST_RANGE:
            raise forms.ValidationError(
                _("Please choose dates in their order, at most %(days)s days. The opening balance holds all before.")
                % {"days": LONGEST_RANGE}
            )
        return given


def postings_url(account: str, currency: str, first: date, last: date, kind: str = "") -> str:
    """The page of the postings on an account of the chart, both dates inclusive, of one kind of entry if given."""
    asked = {"account": account, "currency": currency, "first": first.isoformat(), "last": last.isoformat()}
    return f"{reverse('desk:postings')}?{urlencode(asked | ({'kind': kind} if kind else {}))}"


def step_urls(day: date, currency: str, batch_id: int | None) -> dict[str, str]:
    """By step of the night of `day`, the page of what its sum is made of, where it is made of postings or payments."""
    urls = {name: postings_url(code, currency, day, day, kind) for name, (code, kind) in POSTED_BY_STEP.items()}
    urls |= {name: reverse(f"desk:{page}", args=[day]) for name, page in OPENED_BY_STEP.items()}
    if batch_id is not None:
        urls["payout_batch"] = reverse("desk:batch", args=[batch_id])
    return urls


def kind_table(sums: Iterable[KindSum], account: Account, first: date, last: date) -> Table:
    """What moved an account, by kind of entry."""
    rows = [
        (
            Text(str(ENTRY_KINDS.get(one.kind, one.kind)),
                 href=postings_url(account.code, account.currency, first, last, one.kind)),
            Count(one.postings),
            Amount(one.moved, account.currency, signed=True),
        )
        for one in sums
    ]  # fmt: skip
    columns = (Column(_("Kind")), Column(_("Postings"), numeric=True), Column(_("Moved"), numeric=True))
    return Table(_("By kind"), columns, rows)


def posting_table(postings: Sequence[Any], account: Account) -> Table:
    """Postings on an account, the latest first: each opens its entry. Rows come from `postings_of`."""
    about = subjects_of(one.entry.subject for one in postings)
    rows = [
        (
            Text(str(ENTRY_KINDS.get(one.entry.kind, one.entry.kind)), note=one.entry.key,
                 href=reverse("desk:entry", args=[one.entry_id])),
            Day(one.entry.business_date, short=True),
            about.get(one.entry.subject, Text(one.entry.subject)),
            Text((one.credit if one.debit_id == account.pk else one.debit).code),
            Amount(one.moved, account.currency, signed=True),
        )
        for one in postings
    ]  # fmt: skip
    columns = (
        Column(_("Entry")), Column(_("Day")), Column(_("What it is about")), Column(_("Other account")),
        Column(_("Moved"), numeric=True),
    )  # fmt: skip
    return Table(_("Postings"), columns, rows, empty=_("Nothing was posted there on these dates."))


def entry_table(postings: Iterable[Posting]) -> Table:
    """The postings of one entry."""
    rows = [(Text(one.debit.code), Text(one.credit.code), Amount(one.amount, one.currency)) for one in postings]
    columns = (Column(_("Debit")), Column(_("Credit")), Column(_("Amount"), numeric=True))
    return Table(_("Postings"), columns, rows)


def carried_table(movements: Sequence[Movement]) -> Table:
    """The movements that an entry carries."""
    rows: list[tuple[Cell, ...]] = [
        (
            Text(one.financing.number, note=one.financing.seller.name,
                 href=reverse("desk:financing", args=[one.financing_id])),
            Text(movement_name(one.kind, is_reversal=one.reverses_id is not None),
                 note=one.event.reason if one.event else ""),
            *(Amount(part or None, one.financing.currency, signed=True) for part in _parts(one)),
        )
        for one in movements
    ]  # fmt: skip
    parts = (_("Principal"), _("Fee"), _("Interest"), _("Penalty"), _("Paid too much"))
    columns = (Column(_("Financing")), Column(_("What")), *(Column(part, numeric=True) for part in parts))
    return Table(_("Movements of financings"), columns, rows)


def _parts(one: Movement) -> tuple[Decimal, ...]:
    return one.principal, one.fee, one.interest, one.penalty, one.surplus


def sold_table(lines: Sequence[Proceeds]) -> Table:
    """Settlement lines with the file and line of each, and of the order that it is for."""
    rows = [
        (
            Text(one.key, note=str(PROCEEDS_KINDS[one.kind])),
            Text(one.seller.name, href=reverse("desk:seller", args=[one.seller_id])),
            _order(one),
            _settlement(one),
            Amount(one.amount if one.kind == "capture" else -one.amount, one.currency, signed=True),
        )
        for one in lines
    ]
    columns = (
        Column(_("Line")), Column(_("Seller")), Column(_("Order")), Column(_("Read from")),
        Column(_("Amount"), numeric=True),
    )  # fmt: skip
    return Table(_("Settlement lines"), columns, rows)


def _order(one: Proceeds) -> Text:
    order = one.order
    if order is None or order.feed is None:
        return Text("" if order is None else order.external_id)
    address = reverse("admin:orders_feedfile_change", args=[order.feed_id])
    return Text(order.external_id, note=file_line(order.feed.name, order.feed_line), href=address)


def _settlement(one: Proceeds) -> Text:
    if one.settlement is None:
        return Text(_("told by the platform"))
    address = f"{reverse('desk:settlement', args=[one.settlement_id])}?older={one.pk + 1}"
    return Text(file_line(one.settlement.file.name, one.file_line), href=address)


def file_line(name: str, line: int | None) -> str:
    """A line of a file in words."""
    return name if line is None else _("%(file)s, line %(line)s") % {"file": name, "line": line}


def line_table(lines: Sequence[BankLine], caption: str) -> Table:
    """Lines of the bank with the statement and the place that each was read from."""
    rows = [
        (
            Text(f"L-{one.pk}", note=one.matched_to),
            Day(one.booked_on, short=True),
            Text(one.reference, note=one.text[:80]),
            _statement(one),
            Amount(one.amount, one.currency, signed=True),
        )
        for one in lines
    ]
    columns = (
        Column(_("Bank line")), Column(_("Booked")), Column(_("Reference")), Column(_("Read from")),
        Column(_("Amount"), numeric=True),
    )  # fmt: skip
    return Table(caption, columns, rows, empty=_("No line of the bank stands behind this."))


def _statement(one: BankLine) -> Text:
    if one.entry is None:
        return Text(_("not from a statement"))
    address = f"{reverse('desk:statement', args=[one.entry.statement_id])}?older={one.entry.pk + 1}"
    return Text(one.entry.statement.file.name, note=place_in_words(one.entry.place), href=address)


def standing_table(rows: Sequence[Any], caption: str, unit: str, urls: Mapping[int, str]) -> Table:
    """Rows behind a control total with the three figures of each; money unless `unit` names what goods are counted
    in. `urls` open what moved a row, by its key."""
    columns = (
        Column(_("Whose")), Column(_("Opening"), numeric=True), Column(_("Movements"), numeric=True),
        Column(_("Closing"), numeric=True),
    )  # fmt: skip
    cells: list[tuple[Cell, ...]] = [
        (_whose(one), *(_figure(one, name, unit, urls) for name in ("opening", "moved", "closing"))) for one in rows
    ]
    return Table(caption, columns, cells, empty=_("Nothing stood there on this date."))


def _whose(one: Any) -> Text:
    if isinstance(one, Financing):
        return Text(one.number, note=one.seller.name, href=reverse("desk:financing", args=[one.pk]))
    if isinstance(one, Seller):
        return Text(one.name, note=one.external_id, href=reverse("desk:seller", args=[one.pk]))
    seller = one.pledge.seller
    return Text(one.receipt.number, note=seller.name, href=reverse("desk:seller", args=[seller.pk]))


def _figure(one: Any, name: str, unit: str, urls: Mapping[int, str]) -> Cell:
    figure: Decimal = getattr(one, name)
    signed = name == "moved"
    if unit:
        return Text(f"{'+' if signed and figure > 0 else ''}{format_count(figure.normalize())} {unit}")
    return Amount(figure, one.currency, signed=signed, href=urls.get(one.pk, "") if signed and figure else "")


def trail(day: date) -> list[tuple[str, str]]:
    """The way back: to the night of a date that had one, to the books otherwise."""
    if NightlyRun.objects.filter(business_date=day).exists():
        return [(reverse("desk:run", args=[day]), _("Night of %(day)s") % {"day": format_day(day)})]
    return [(reverse("desk:books"), _("Books"))]
