"""Forms by which files come to the desk, and by which a person says how a bank's CSV is read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankAccount
from apps.banking.statements.bytes_in import look_over
from apps.banking.statements.parts import Refused
from apps.banking.statements.sheets import DATE_FORMATS, ColumnMapping, mapping_from

LAST_DAY = date(2026, 12, 31)  # shows how a date is written: no part of it can be taken for another
SAMPLE_LINES, LONGEST_SAMPLE = 30, 20_000
DELIMITERS = ((",", ","), (";", ";"), ("\t", gettext_lazy("tab")), ("|", "|"))
COLUMNS = {
    "booking_date": gettext_lazy("Booking date"),
    "amount": gettext_lazy("Amount, with its sign"),
    "debit": gettext_lazy("Money out"),
    "credit": gettext_lazy("Money in"),
    "mark": gettext_lazy("Mark for debit or credit"),
    "value_date": gettext_lazy("Value date"),
    "balance": gettext_lazy("Balance after the line"),
    "reference": gettext_lazy("Reference"),
    "counterparty": gettext_lazy("Who paid or was paid"),
    "text": gettext_lazy("Text"),
}


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)


class StatementForm(UploadForm):
    """A bank's file; which account it is about says the file itself, unless it is CSV."""

    csv_account = forms.ModelChoiceField(
        queryset=BankAccount.objects.none(),
        required=False,
        label=gettext_lazy("Bank account"),
        empty_label=gettext_lazy("As the file says"),
        help_text=gettext_lazy("Only for CSV files, which are read as was said for their account."),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["csv_account"].queryset = BankAccount.objects.filter(  # type: ignore[attr-defined]  # it has one
            csv_mapping__isnull=False
        ).order_by("pk")


class AccountForm(forms.Form):
    """An account of the platform's own."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("What it is for"),
        choices=(
            ("collection", gettext_lazy("Collecting what is sold, paying sellers")),
            ("funding", gettext_lazy("Money that funds financings")),
        ),
    )
    holder = forms.CharField(label=gettext_lazy("Holder"), max_length=140)
    number = forms.CharField(label=gettext_lazy("IBAN or account number"), max_length=34)
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3)
    bank = forms.CharField(label=gettext_lazy("Bank"), max_length=140, required=False)
    bic = forms.RegexField(
        r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$", label=gettext_lazy("BIC"), max_length=11, required=False
    )


class SampleForm(UploadForm):
    """A CSV file of the account, of which the first lines are looked at."""

    def clean_file(self) -> str:
        """Its first lines as text."""
        begin: bytes = self.cleaned_data["file"].read(LONGEST_SAMPLE)
        try:
            encoding = look_over(io.BytesIO(begin.rpartition(b"\n")[0] or begin)).encoding
        except Refused as error:
            raise ValidationError(_("This cannot be read as a CSV file: %(why)s") % {"why": error}) from error
        return "\n".join(begin.decode(encoding, errors="replace").splitlines()[:SAMPLE_LINES])


class MappingForm(forms.Form):
    """Which column of a CSV file holds what, chosen among the headings in its first lines."""

    lines = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_SAMPLE, strip=False)
    delimiter = forms.ChoiceField(label=gettext_lazy("Columns are parted by"), choices=DELIMITERS)
    date_format = forms.ChoiceField(
        label=gettext_lazy("Dates are written"), choices=[(form, LAST_DAY.strftime(form)) for form in DATE_FORMATS]
    )
    decimal_sign = forms.ChoiceField(label=gettext_lazy("Decimal sign"), choices=((".", "."), (",", ",")))
    is_inverted = forms.BooleanField(label=gettext_lazy("Money out is written as positive"), required=False)

    def __init__(self, *arguments: Any, account: BankAccount, lines: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.account, self.initial["lines"] = account, lines
        headings = [("", _("no such column")), *((name, name) for name in _cells(lines))]
        for name, label in COLUMNS.items():
            self.fields[name] = forms.ChoiceField(label=label, choices=headings, required=name == "booking_date")

    def mapping(self) -> ColumnMapping:
        """What was chosen, for this account and its currency. Raises Refused when it names no amount."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "lines"}
        own = {"account_number": self.account.number, "currency_code": self.account.currency}
        return mapping_from({**chosen, **own})

    @classmethod
    def of(cls, mapping: ColumnMapping, *, account: BankAccount, lines: str) -> "MappingForm":
        """The form with what `mapping` says chosen."""
        return cls(initial=asdict(mapping), account=account, lines=lines)


def _cells(lines: str) -> Sequence[str]:
    """Every distinct cell of the first lines that may be a heading, under whichever delimiter."""
    found: dict[str, None] = {}
    for delimiter, _label in DELIMITERS:
        for row in list(csv.reader(lines.splitlines()[:SAMPLE_LINES], delimiter=delimiter))[:10]:
            found.update(dict.fromkeys(cell.strip() for cell in row if len(row) > 1 and cell.strip()))
    return list(found)
