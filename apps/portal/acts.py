"""The form of an act on a financing, and how what it will change is laid out before it is done."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.banking.models import BankLine
from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.financings import EVENTS
from apps.portal.formats import format_day, format_money
from apps.portal.forms import LARGEST_AMOUNT, AmountField, day_field
from apps.portal.movements import movement_name
from apps.portal.tables import Amount, Column, Count, Day, Table, Text
from apps.products.models import ProductVersion
from apps.products.plan import MOST_INSTALMENTS
from apps.repayment.changes import Change
from apps.repayment.events import LONGEST_PERIOD, Act
from apps.repayment.models import Event

LONGEST_LIST = 50
HINTS: Mapping[str, Promise] = {
    "payment": gettext_lazy(
        "Choose the bank's line that brought the money. It counts from the day the bank booked it."
    ),
    "reversal": gettext_lazy("As if it had never been: the days since are told again. Old and new stay on record."),
    "refund": gettext_lazy("What was paid too much goes to what is owed to the seller; the night pays it out."),
    "waiver": gettext_lazy("The seller owes this no more. It lowers income, not cash."),
    "charge": gettext_lazy("Only what the contract allows can be charged."),
    "rate": gettext_lazy("Interest runs at this rate from the day after the one given."),
    "pause": gettext_lazy("Nothing is kept from sales, and minimum periods move by the days of the pause."),
    "lower_share": gettext_lazy(
        "Less is kept from sales, and minimum periods move by as many days of the agreed share as are not kept."
    ),
    "resume": gettext_lazy("Sales repay again from tonight."),
    "due_date": gettext_lazy("Everything falls due on this day instead. Interest goes on."),
    "write_off": gettext_lazy("You propose it; another person approves it. Nothing changes until then."),
    "recovery": gettext_lazy("Money that came after the write-off is income."),
    "chargeback": gettext_lazy("The payment is taken out as if it had never been, and the fee of the terms is owed."),
    "reschedule": gettext_lazy("From the end of the running period on, periods and minimum are these."),
    "restructure": gettext_lazy(
        "You propose it; another person approves it. This contract ends, and another carries on what it owes."
    ),
}
NEEDED_STATES: Mapping[str, tuple[str, ...]] = {
    "payment": ("active",), "reversal": ("active", "repaid", "overpaid"), "refund": ("overpaid",),
    "waiver": ("active",), "charge": ("active",), "rate": ("active",), "pause": ("active",),
    "lower_share": ("active",), "resume": ("active",),
    "due_date": ("active",), "write_off": ("active",), "recovery": ("written_off",),
    "chargeback": ("active", "repaid", "overpaid"), "reschedule": ("active",), "restructure": ("active",),
}  # fmt: skip


def kinds_for(financing: Financing) -> list[tuple[str, str]]:
    """The acts that may make sense on `financing` as it stands, with their names. The service has the last word."""
    left_out = {"due_date"} if financing.due_on is None else {"pause", "lower_share", "resume", "reschedule"}
    left_out |= {"pause", "lower_share"} if financing.paused_until else {"resume"}
    return [
        (kind, str(EVENTS[kind]))
        for kind, states in NEEDED_STATES.items()
        if financing.state in states and kind not in left_out
    ]


def hint_for(kind: str, financing: Financing) -> Promise:
    """What to know before doing `kind` to `financing`."""
    if kind == "due_date" and financing.version.terms.plan:
        return gettext_lazy(
            "Instalments still to come move: the next one to the day given, the others as far apart as agreed. What is "
            "late stays late. The principal is spread anew."
        )
    return HINTS[kind]


class ActForm(forms.Form):
    """What `kind` of act needs to be told, for `financing`. Its `act()` is what the service takes."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, kind: str, financing: Financing, **options: Any) -> None:
        options.setdefault("initial", {"key": uuid.uuid4().hex})
        super().__init__(*arguments, **options)
        self.kind, self.financing = kind, financing
        for name, field in self._fields_of(kind).items():
            self.fields[name] = field()
        self.fields["reason"] = forms.CharField(
            label=_("Why"), max_length=300, help_text=_("It stands in the history for good; the seller reads it.")
        )

    def _fields_of(self, kind: str) -> dict[str, Callable[[], forms.Field]]:
        fields: dict[str, dict[str, Callable[[], forms.Field]]] = {
            "payment": {"line": lambda: self._line(positive=True)},
            "reversal": {"event": lambda: self._event(), "line": lambda: self._line(positive=False, required=False)},
            "waiver": {name: lambda name=name: self._part(name) for name in ("fee", "interest", "penalty")},  # type: ignore[misc]
            "charge": {name: lambda name=name: self._part(name) for name in ("fee", "penalty")},  # type: ignore[misc]
            "rate": {"percent": self._percent, "effective_on": lambda: day_field(_("Counts from"))},
            "pause": {"until": lambda: day_field(_("Through"))},
            "lower_share": {"until": lambda: day_field(_("Through")), "kept": self._kept},
            "due_date": self._due_date(),
            "recovery": {"line": lambda: self._line(positive=True)},
            "chargeback": {
                "event": lambda: self._event("payment"),
                "line": lambda: self._line(positive=False),
            },
            "reschedule": {"period_days": self._days, "minimum": self._minimum},
            "restructure": {
                "version": self._version,
                "capitalise": self._capitalise,
                "agreement": self._agreement,
                **({"until": lambda: day_field(_("New due date"))} if self.financing.due_on else {}),
            },
        }
        return fields.get(kind, {})

    def _due_date(self) -> dict[str, Callable[[], forms.Field]]:
        if not self.financing.version.terms.plan:
            return {"until": lambda: day_field(_("New due date"))}
        more = partial(forms.IntegerField, label=_("More instalments"), min_value=0, max_value=MOST_INSTALMENTS)
        return {
            "until": lambda: day_field(_("The next instalment is due on"), required=False),
            "more": lambda: more(initial=0, required=False),
        }

    def _line(self, *, positive: bool, required: bool = True) -> forms.Field:
        sign = {"amount__gt": 0} if positive else {"amount__lt": 0}
        lines = BankLine.objects.unmatched().filter(purpose="collection", currency=self.financing.currency, **sign)
        choices = [
            (
                str(one.pk),
                f"{format_day(one.booked_on)} · {format_money(one.amount, one.currency)} · {one.reference or '–'}",
            )
            for one in lines.order_by("-booked_on", "-pk")[:LONGEST_LIST]
        ]
        label = _("Line of the bank") if positive else _("Line of the bank that took it back")
        return forms.ChoiceField(label=label, choices=[("", "–"), *choices], required=required)

    def _event(self, *kinds: str) -> forms.Field:
        kinds = kinds or ("payment", "waiver", "charge", "rate")
        events = Event.objects.filter(financing=self.financing, state="done", reversed_by=None, kind__in=kinds)
        choices = [
            (str(one.number), f"{format_day(one.effective_on)} · {EVENTS[one.kind]}"
             + (f" · {format_money(one.amount, self.financing.currency)}" if one.amount else ""))
            for one in events.order_by("-number")
        ]  # fmt: skip
        return forms.ChoiceField(label=_("What is taken back"), choices=choices)

    def _days(self) -> forms.Field:
        return forms.IntegerField(label=_("Days in a period"), min_value=1, max_value=LONGEST_PERIOD)

    def _minimum(self) -> forms.Field:
        return AmountField(
            currency=self.financing.currency, min_value=ZERO, max_value=LARGEST_AMOUNT, label=_("Minimum a period")
        )

    def _version(self) -> forms.Field:
        versions = ProductVersion.objects.active().filter(
            product__pool=self.financing.pool_id, product__technique=self.financing.technique
        )
        return forms.ChoiceField(label=_("New terms"), choices=[(str(one.pk), str(one)) for one in versions])

    def _capitalise(self) -> forms.Field:
        return forms.BooleanField(
            label=_("Fee, interest and penalty become principal"),
            required=False,
            help_text=_("Otherwise each is carried as what it is."),
        )

    def _agreement(self) -> forms.Field:
        return forms.CharField(
            label=_("Agreement that the seller signed"),
            max_length=120,
            help_text=_("Its number or date, and where it lies."),
        )

    def _part(self, name: str) -> forms.Field:
        names = {"fee": _("Fee"), "interest": _("Interest"), "penalty": _("Penalty")}
        return AmountField(
            currency=self.financing.currency,
            min_value=ZERO,
            max_value=LARGEST_AMOUNT,
            label=names[name],
            required=False,
        )

    def _percent(self) -> forms.Field:
        return forms.DecimalField(
            label=_("Rate a year, in percent"), min_value=ZERO, max_value=Decimal("99.99"), decimal_places=6
        )

    def _kept(self) -> forms.Field:
        return forms.DecimalField(
            label=_("Share of sales kept, in percent"), min_value=ZERO, max_value=100,
            decimal_places=2,
        )  # fmt: skip

    def act(self) -> Act:
        """The act as typed. Call it on a valid form."""
        typed = self.cleaned_data
        return Act(
            kind=self.kind,
            reason=typed["reason"],
            effective_on=typed.get("effective_on"),
            line_id=int(typed["line"]) if typed.get("line") else None,
            parts={name: typed[name] for name in ("fee", "interest", "penalty") if typed.get(name)},
            rate=typed["percent"] / 100 if "percent" in typed else None,
            share=typed["kept"] / 100 if "kept" in typed else None,
            until=typed.get("until"),
            more=typed.get("more") or 0,
            reverses=int(typed["event"]) if typed.get("event") else None,
            period_days=typed.get("period_days"),
            minimum=typed.get("minimum"),
            version_id=int(typed["version"]) if typed.get("version") else None,
            capitalise=typed.get("capitalise", False),
            agreement=typed.get("agreement", ""),
        )


def change_table(change: Change) -> Table:
    """Before and after, component by component."""
    currency = change.financing.currency
    names = {"principal": _("Principal"), "fee": _("Fee"), "interest": _("Interest"), "penalty": _("Penalty")}
    pairs = [(names[part], getattr(change.before.owed, part), getattr(change.after.owed, part)) for part in names]
    pairs.append((_("Paid too much"), change.before.surplus, change.after.surplus))
    pairs.append((_("Past due"), change.before.past_due, change.after.past_due))
    rows: list[tuple[Any, ...]] = [
        (Text(name), Amount(before, currency), Amount(after - before, currency, signed=True), Amount(after, currency))
        for name, before, after in pairs
        if before or after
    ]
    rows.append((Text(_("Days late")), Count(change.before.days_past_due), Text(""), Count(change.after.days_past_due)))
    columns = (
        Column(_("What")),
        Column(_("Now"), numeric=True),
        Column(_("Change"), numeric=True),
        Column(_("Then"), numeric=True),
    )
    return Table(_("This is what will change"), columns, rows)


def rewritten_table(change: Change) -> Table:
    """The days that are told again: what stood there, and what will."""
    currency = change.financing.currency
    told = {(one.on, one.identity): one for one in change.told}
    undone = {(one.counts_from, one.identity): one for one in change.undone}
    rows = [
        (
            Day(key[0]),
            Text(movement_name(old.kind if old else new.kind)),  # type: ignore[union-attr]  # one of the two is there
            Amount(old.total if old else None, currency, signed=True),
            Amount(new.change.total if new else None, currency, signed=True),
        )
        for key in sorted(told.keys() | undone.keys())
        for old, new in [(undone.get(key), told.get(key))]
    ]
    columns = (
        Column(_("Counts from")),
        Column(_("What")),
        Column(_("As it stands"), numeric=True),
        Column(_("As it will be told"), numeric=True),
    )
    return Table(_("The days behind it"), columns, rows)
