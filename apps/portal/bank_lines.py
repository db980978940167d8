"""The bank's lines that nothing explains yet: how a person looks for one and chooses it for an act."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.banking.models import BankLine
from apps.banking.models.lines import BankLineQuerySet
from apps.financing.models import Financing
from apps.portal.formats import format_count, format_day, format_money
from apps.portal.forms import day_field, read_amount

LONGEST_LIST = 50
LINE_LABELS: Mapping[str, Promise] = {
    "payment": gettext_lazy("Line of the bank"),
    "recovery": gettext_lazy("Line of the bank"),
    "reversal": gettext_lazy("Line of the bank that took it back"),
    "chargeback": gettext_lazy("Line of the bank that took it back"),
}
BRINGS_MONEY = frozenset({"payment", "recovery"})
NOT_THERE = gettext_lazy("This line of the bank is not there, is in another currency, or is explained already.")
MAY_BE_LEFT_OUT = frozenset({"reversal"})


class LineSearchForm(forms.Form):
    """What is known of the line that is looked for."""

    find = forms.CharField(
        label=gettext_lazy("Amount or reference"),
        required=False,
        max_length=140,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    booked = day_field(gettext_lazy("Booked on"), required=False)

    def lines_among(self, lines: BankLineQuerySet, currency: str) -> BankLineQuerySet:
        """Those of `lines` that fit what was typed, newest first; all of them where nothing was, none where it was
        nonsense."""
        if not self.is_bound:
            return lines.order_by("-booked_on", "-pk")
        if not self.is_valid():
            return lines.none()
        typed: str = self.cleaned_data["find"]
        day: date | None = self.cleaned_data["booked"]
        if typed:
            words = Q(reference__icontains=typed) | Q(text__icontains=typed)
            amount = _amount(typed, currency)
            lines = lines.filter(words if amount is None else words | Q(amount__in=[amount, -amount]))
        return (lines.filter(booked_on=day) if day else lines).order_by("-booked_on", "-pk")


def _amount(typed: str, currency: str) -> Decimal | None:
    try:
        return read_amount(typed.lstrip("-\N{MINUS SIGN}+ "), currency)
    except ValidationError:
        return None


def line_words(line: BankLine) -> str:
    """One line of the bank among others: when, how much, under which reference."""
    return f"{format_day(line.booked_on)} · {format_money(line.amount, line.currency)} · {line.reference or '–'}"


class LineField(forms.ModelChoiceField[BankLine]):
    """A choice among `lines`, of which the newest that `search` finds are listed. One that was chosen stays listed,
    whatever is looked for and whatever came since."""

    def __init__(
        self, lines: BankLineQuerySet, search: LineSearchForm, *, currency: str, chosen: str, required: bool, label: str
    ) -> None:
        found = search.lines_among(lines, currency)
        listed = list(found[:LONGEST_LIST])
        super().__init__(
            queryset=lines,
            label=label,
            required=required,
            help_text=_how_many(len(listed), found.count() if len(listed) == LONGEST_LIST else len(listed)),
            error_messages={"invalid_choice": NOT_THERE},
        )
        if chosen.isdecimal() and all(str(one.pk) != chosen for one in listed):
            listed = [*lines.filter(pk=chosen), *listed]
        self.widget.choices = [("", "–"), *((str(one.pk), line_words(one)) for one in listed)]


def _how_many(listed: int, found: int) -> str:
    if not found:
        return _("No line that is still unexplained is like that.")
    if found > listed:
        words = _("The newest %(listed)s of %(found)s that are still unexplained. Look for an older one above.")
        return words % {"listed": format_count(listed), "found": format_count(found)}
    words = ngettext("%(found)s line is still unexplained.", "%(found)s lines are still unexplained.", found)
    return words % {"found": format_count(found)}


def line_field(kind: str, financing: Financing, search: LineSearchForm, chosen: str) -> LineField:
    """The field in which an act of `kind` on `financing` names its line: money in for what pays, money out for what
    takes back."""
    sign = {"amount__gt": 0} if kind in BRINGS_MONEY else {"amount__lt": 0}
    lines = BankLine.objects.unmatched().filter(purpose="collection", currency=financing.currency, **sign)
    return LineField(
        lines, search, currency=financing.currency, chosen=chosen, required=kind not in MAY_BE_LEFT_OUT,
        label=str(LINE_LABELS[kind]),
    )  # fmt: skip
