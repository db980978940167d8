"""The forms of joining: one page a step, each read kindly, and what has come of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from apps.core.models import Transition
from apps.portal.forms import day_field
from apps.sellers.models import STEPS, Particulars, Seller
from apps.sellers.numbers import LONGEST_NUMBER, read_account_number, read_number
from apps.sellers.services import Account
from apps.sellers.services.joining import Business, Identity

OLDEST_SHOP = date(1900, 1, 1)


class IdentityForm(forms.Form):
    """Who sells, by law."""

    legal_form = forms.ChoiceField(
        label=gettext_lazy("Who sells?"), choices=Particulars.LegalForm.choices, widget=forms.RadioSelect
    )
    legal_name = forms.CharField(label=gettext_lazy("Full name, as on your papers"), max_length=140)
    number = forms.CharField(
        label=gettext_lazy("Identity number or, for a company, its registration number"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *arguments: Any, country: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.country = country

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("number") and typed.get("legal_form"):
            try:
                self.kind, typed["number"] = read_number(
                    typed["number"], country=self.country, legal_form=typed["legal_form"]
                )
            except ValidationError as error:
                self.add_error("number", error)
        return typed

    @property
    def identity(self) -> Identity:
        typed = self.cleaned_data
        return Identity(typed["legal_form"], typed["legal_name"], self.kind, typed["number"])


class BusinessForm(forms.Form):
    """What is sold."""

    category = forms.CharField(label=gettext_lazy("What do you sell?"), max_length=80)
    region = forms.CharField(label=gettext_lazy("Where are you? A town or a county"), max_length=80)
    sells_since = day_field(gettext_lazy("Since when do you sell?"))
    shop_number = forms.CharField(
        label=gettext_lazy("Your shop's number on the platform"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("It stands in the platform's seller centre. Leave it empty if you cannot find it."),
    )

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def clean_sells_since(self) -> date:
        since: date = self.cleaned_data["sells_since"]
        if since > self.today:
            raise ValidationError(_("This day is still to come. Please give the day of your first sale, or about it."))
        if since < OLDEST_SHOP:
            raise ValidationError(_("That is too long ago. Please look at the year once more."))
        return since

    @property
    def business(self) -> Business:
        return Business(**self.cleaned_data)


class AccountForm(forms.Form):
    """Where the money goes."""

    holder = forms.CharField(
        label=gettext_lazy("Whose account is it?"),
        max_length=140,
        help_text=gettext_lazy("Your own name or your company's, as the bank writes it."),
    )
    bank = forms.CharField(label=gettext_lazy("Bank"), required=False, max_length=140)
    number = forms.CharField(
        label=gettext_lazy("Account or card number"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *arguments: Any, country: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.country = country

    def clean_number(self) -> str:
        return read_account_number(self.cleaned_data["number"], country=self.country)[:LONGEST_NUMBER]

    @property
    def account(self) -> Account:
        return Account(**self.cleaned_data)


class ConsentForm(forms.Form):
    """Who may read the orders, and for how long."""

    YEARS: ClassVar[Sequence[tuple[str, StrPromise]]] = (
        ("1", gettext_lazy("One year")),
        ("3", gettext_lazy("Three years")),
        ("10", gettext_lazy("Ten years")),
    )
    orders = forms.BooleanField(
        label=gettext_lazy("The financiers of this platform may read my orders, returns and deliveries."),
        error_messages={
            "required": gettext_lazy("Without your orders nobody can work out a limit. You can take this back any day.")
        },
    )
    years = forms.ChoiceField(label=gettext_lazy("For how long?"), choices=YEARS, widget=forms.RadioSelect)

    def until(self, today: date) -> date:
        """The last day, inclusive."""
        return today + timedelta(days=365 * int(self.cleaned_data["years"]))


@dataclass(frozen=True, slots=True)
class StepState:
    """One step on the list: its name, what it is called, whether it is done."""

    name: str
    label: str
    is_done: bool


def steps_of(seller: Seller) -> list[StepState]:
    """The four steps, in the order in which they are asked."""
    labels = {
        "identity": _("Who you are"),
        "business": _("What you sell"),
        "payout_account": _("Where your money goes"),
        "data_consent": _("Who may read your orders"),
    }
    return [StepState(step, labels[step], getattr(seller, f"{step}_done")) for step in STEPS]


def last_word(seller: Seller) -> str:
    """What staff said when they asked for more, or refused."""
    said = Transition.of(seller).filter(verb__in=["request_info", "reject"]).last()
    return said.reason if said and seller.state in {"info_requested", "rejected"} else ""
