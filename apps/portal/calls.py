"""How margin calls are laid out: for the seller as three ways out, for the desk as a list and what can be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.bank_lines import LONGEST_LIST, line_words
from apps.portal.forms import LARGEST_AMOUNT, AmountField
from apps.portal.receipts import commodity_names, weight_text
from apps.portal.tables import Amount, Column, Day, Share, State, Table, Text
from apps.repayment.changes import balance_of
from apps.repayment.goods import financing_of
from apps.repayment.life import payoff
from apps.warehousing.models import MarginCall
from apps.warehousing.revaluation import Held
from apps.warehousing.ways_out import WaysOut, ways_out


@dataclass(frozen=True, slots=True)
class Standing:
    """A call on a day as a page shows it. `outstanding` is what will be owed through `through`, so that an amount that
    is asked for today still cures on that day."""

    call: MarginCall
    financing: Financing
    through: date
    outstanding: Decimal
    ways: WaysOut | None

    @property
    def is_enough(self) -> bool:
        """Whether a call that is open still is none by the figures of today: the night will close it."""
        return self.ways is not None and self.ways.now.level != "call" and self.call.state in {"called", "overdue"}


def standing_of(call: MarginCall, today: date) -> Standing:
    """Where `call` stands on `today`, its cures reckoned through the last day to cure. Raises Http404 when its pledge
    secures no financing."""
    try:
        financing = financing_of(call.pledge)
    except Financing.DoesNotExist as missing:
        raise Http404 from missing
    through = max(today, call.due_on or today)
    owed = financing.outstanding
    if financing.state == "active":
        balance = balance_of(financing)
        owed = payoff(balance, max(through, balance.accrued_through), financing.currency).total
    return Standing(call, financing, through, owed, ways_out(call, outstanding=owed, on=today))


def goods_table(goods: Iterable[Held]) -> Table:
    """What is pledged, receipt by receipt."""
    goods = list(goods)
    names = commodity_names(one.commodity for one in goods)
    rows = [
        (
            Text(one.receipt, note=one.lot.partition("/")[2]),
            Text(names[one.commodity], note=one.grade),
            Text(weight_text(one.quantity, one.unit)),
        )
        for one in goods
    ]
    columns = (Column(_("Receipt")), Column(_("Goods")), Column(_("Quantity of goods"), numeric=True))
    return Table(_("Pledged goods"), columns, rows)


def call_table(calls: Iterable[MarginCall], caption: str) -> Table:
    """Calls, each with what the last night saw."""
    rows = [
        (
            Text(one.pledge.number, note=one.pledge.seller.name, href=reverse("desk:call", args=[one.pk])),
            State("margin_call", one.state),
            Share(one.pledge.ratio, note=_("of at most %(limit)s") % {"limit": f"{one.limit * 100:.0f}%"}),
            Amount(one.pledge.outstanding, one.currency),
            Amount(one.pledge.value, one.currency, note=_("old price") if one.pledge.price_is_stale else ""),
            Amount(one.cash_cure, one.currency),
            Day(one.due_on, short=True),
        )
        for one in calls
    ]
    columns = (
        Column(_("Pledge")),
        Column(_("State")),
        Column(_("Loan to value"), numeric=True),
        Column(_("Owed"), numeric=True),
        Column(_("Goods worth"), numeric=True),
        Column(_("Asked for"), numeric=True),
        Column(_("Last day")),
    )
    return Table(caption, columns, rows, empty=_("No goods are short of what is owed on them."))


class ReasonForm(forms.Form):
    """Why goods are to be taken over."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=300)


class SaleForm(forms.Form):
    """What goods that were taken over brought: a line of the bank, the price being its amount, and the costs."""

    line = forms.TypedChoiceField(label=gettext_lazy("The buyer's payment"), coerce=int)
    buyer = forms.CharField(label=gettext_lazy("Buyer"), max_length=140)
    to_pledgee = forms.BooleanField(label=gettext_lazy("The financier keeps the goods at this price"), required=False)

    def __init__(self, *arguments: object, currency: str, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        lines = BankLine.objects.unmatched().filter(purpose="collection", currency=currency, amount__gt=0)
        self.lines = {one.pk: one for one in lines.order_by("-booked_on", "-pk")[:LONGEST_LIST]}
        choices = [(key, line_words(one)) for key, one in self.lines.items()]
        self.fields["line"].choices = choices  # type: ignore[attr-defined]
        self.fields["costs"] = AmountField(
            currency=currency, min_value=ZERO, max_value=LARGEST_AMOUNT, label=_("Costs of the sale"), initial=ZERO
        )

    @property
    def chosen(self) -> BankLine:
        """The line that was chosen, whose amount is the price."""
        return self.lines[self.cleaned_data["line"]]
