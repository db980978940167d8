"""What people type into the portal's forms, read kindly and checked before any service sees it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from apps.core.money import quantum
from apps.portal.formats import currency_symbol, format_day, format_whole_money, split_symbol

LONGEST_AMOUNT = 30
LARGEST_AMOUNT = Decimal("999999999999999")
PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
SPACES = re.compile(r"\s+")


def read_amount(typed: str, currency: str) -> Decimal:
    """The amount that a person means by `typed`: full-width digits, spaces, the currency's symbol or code, and commas
    between thousands are all read. Both languages write the point before decimals.

    Raises ValidationError with a sentence for anything else: letters, a minus, commas elsewhere, absurd lengths, more
    decimals than `currency` has. Nothing is guessed and nothing is rounded.
    """
    if len(typed) > LONGEST_AMOUNT:
        raise ValidationError(_("This is too long to be an amount. Please type a number such as 12,000."))
    text = SPACES.sub("", unicodedata.normalize("NFKC", typed)).replace("、", ",").replace("。", ".")
    for sign in (currency_symbol(currency), currency):
        text = text.removeprefix(unicodedata.normalize("NFKC", sign)).removesuffix(sign)
    text = text.removesuffix("元") if currency == "CNY" else text
    if text.startswith(("-", "\N{MINUS SIGN}")):
        raise ValidationError(_("An amount cannot be below zero."))
    if not (PLAIN.fullmatch(text) or GROUPED.fullmatch(text)):
        raise ValidationError(_("Please type the amount in figures, such as 12,000 or 12000.50."))
    amount = Decimal(text.replace(",", ""))
    if amount > LARGEST_AMOUNT:
        raise ValidationError(_("This is too long to be an amount. Please type a number such as 12,000."))
    if amount != amount.quantize(quantum(currency), rounding=ROUND_DOWN):
        raise ValidationError(_decimals(currency))
    return amount


def _decimals(currency: str) -> str:
    places = -int(quantum(currency).as_tuple().exponent)
    if not places:
        return _("This currency has whole amounts only: please leave the decimals out.")
    return _("Please type at most %(places)s decimals.") % {"places": places}


class AmountField(forms.Field):
    """An amount of money in `currency` between `min_value` and `max_value`, both inclusive."""

    def __init__(self, *, currency: str, min_value: Decimal, max_value: Decimal, **options: Any) -> None:
        self.currency, self.min_value, self.max_value = currency, min_value, max_value
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """An amount of ours is shown grouped; what a person typed stays as it was typed."""
        return split_symbol(value, self.currency)[1] if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        typed = str(value or "")
        return read_amount(typed, self.currency) if typed.strip() else None

    def validate(self, value: Any) -> None:
        if value is None:
            if self.required:
                raise ValidationError(_("Please type an amount."))
        elif not self.min_value <= value <= self.max_value:
            raise ValidationError(
                _("Please choose an amount from %(least)s to %(most)s.")
                % {
                    "least": format_whole_money(self.min_value, self.currency),
                    "most": format_whole_money(self.max_value, self.currency),
                }
            )


class DrawForm(forms.Form):
    """How much to draw from an offer."""

    def __init__(self, *arguments: Any, currency: str, least: Decimal, most: Decimal, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["amount"] = AmountField(
            currency=currency, min_value=least, max_value=most, label=_("How much do you need?")
        )
        self.fields["refill"] = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def clean(self) -> None:
        """Nobody sees the field that names the financing to be paid off, so what is wrong with it is said for all."""
        if self.errors.pop("refill", None):
            self.add_error(None, _("The financing to be paid off is not known. Please begin again on its page."))


class PledgeForm(DrawForm):
    """Which receipts to pledge, and how much to draw on them."""

    def __init__(self, *arguments: Any, receipts: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["receipts"] = receipts_field(_("Which goods?"), receipts)


def receipts_field(
    label: str, receipts: Sequence[tuple[int, str]], *, required: bool = True
) -> forms.TypedMultipleChoiceField:
    """Receipts to tick, by key."""
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=receipts,
        coerce=int,
        required=required,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one receipt.")},
    )


class BackForm(forms.Form):
    """Which pledged goods a seller asks back."""

    def __init__(self, *arguments: Any, pledged: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["back"] = receipts_field(_("Which goods?"), pledged)


class OfferGoodsForm(forms.Form):
    """Which free goods a seller offers for a pledge, and which pledged ones they are to take the place of."""

    def __init__(
        self, *arguments: Any, free: Sequence[tuple[int, str]], pledged: Sequence[tuple[int, str]], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.fields["receipts"] = receipts_field(_("Which goods?"), free)
        self.fields["instead_of"] = receipts_field(
            _("In the place of these, if you want them back"), pledged, required=False
        )


class CountForm(forms.Form):
    """What a warehouse found of each receipt, by its key, in the receipt's own unit."""

    def __init__(self, *arguments: Any, receipts: Sequence[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        for key, label in receipts:
            self.fields[str(key)] = forms.DecimalField(label=label, min_value=0, max_digits=16, decimal_places=4)

    def weights(self) -> dict[int, Decimal]:
        """The weights by receipt id."""
        return {int(name): weight for name, weight in self.cleaned_data.items()}


def day_field(label: str | StrPromise, *, required: bool = True) -> forms.DateField:
    """A business date, chosen from the browser's own calendar."""
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ThroughForm(forms.Form):
    """The last business date that a page of the books takes in."""

    through = day_field(gettext_lazy("Through the end of"))


class DayWithinForm(forms.Form):
    """A business date from `earliest` through `latest`, both included; before it is asked for, `shown`."""

    on = day_field(gettext_lazy("At the end of"))

    def __init__(self, asked: Mapping[str, str], *, earliest: date, latest: date, shown: date) -> None:
        super().__init__(asked if "on" in asked else None, initial={"on": shown})
        self.earliest, self.latest = earliest, latest
        self.fields["on"].widget.attrs |= {"min": earliest.isoformat(), "max": latest.isoformat()}

    def clean_on(self) -> date:
        """The day, where it lies within."""
        on: date = self.cleaned_data["on"]
        if not self.earliest <= on <= self.latest:
            days = {"first": format_day(self.earliest), "last": format_day(self.latest)}
            raise ValidationError(_("Choose a day from %(first)s through %(last)s.") % days)
        return on

    @property
    def is_refused(self) -> bool:
        """Whether a day was asked for that is not within."""
        return self.is_bound and not self.is_valid()


class RangeForm(forms.Form):
    """The business dates of a statement, both included; none lies after `latest`, where one is given."""

    first = forms.DateField(label=gettext_lazy("First day"))
    last = forms.DateField(label=gettext_lazy("Through"))

    def __init__(self, *arguments: Any, latest: date | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.latest = latest

    def clean(self) -> dict[str, Any]:
        """The range, the right way round."""
        typed = super().clean() or {}
        if typed.get("first") and typed.get("last") and typed["last"] < typed["first"]:
            raise ValidationError(_("The last day lies before the first."))
        if self.latest and typed.get("last") and typed["last"] > self.latest:
            raise ValidationError(_("The last day lies ahead: nothing can be stated of it yet."))
        return typed


class SearchForm(forms.Form):
    """A name, or a number."""

    q = forms.CharField(
        label=gettext_lazy("Name or number"),
        required=False,
        max_length=140,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
