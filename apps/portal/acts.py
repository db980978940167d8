"""Which acts are offered on a financing, and the form of each."""

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import ZERO
from apps.financing.models import Financing
from apps.portal.bank_lines import LINE_LABELS, LineSearchForm, line_field
from apps.portal.events import EVENTS, version_text
from apps.portal.formats import format_day, format_money
from apps.portal.forms import LARGEST_AMOUNT, AmountField, day_field
from apps.portal.movements import COMPONENTS
from apps.products.models import ProductVersion
from apps.products.plan import MOST_INSTALMENTS
from apps.products.terms import SALES
from apps.repayment.events import LONGEST_PERIOD, REVERSIBLE, Act
from apps.repayment.models import Event

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
    "payment": ("active", "repaid", "overpaid"), "reversal": tuple(REVERSIBLE), "refund": ("overpaid",),
    "waiver": ("active",), "charge": ("active",), "rate": ("active",), "pause": ("active",),
    "lower_share": ("active",), "resume": ("active",),
    "due_date": ("active",), "write_off": ("active",), "recovery": ("written_off",),
    "chargeback": ("active", "repaid", "overpaid"), "reschedule": ("active",), "restructure": ("active",),
}  # fmt: skip


def kinds_for(financing: Financing, on: date) -> list[tuple[str, str]]:
    """The acts that may make sense on `financing` as it stands on `on`, with their names. The service has the last
    word."""
    refused = _always_refused(financing, on)
    return [
        (kind, str(EVENTS[kind]))
        for kind, states in NEEDED_STATES.items()
        if financing.state in states and kind not in refused
    ]


def _always_refused(financing: Financing, on: date) -> set[str]:
    """The acts that the service would refuse whatever was typed, as the terms, the pause and the history stand."""
    terms = financing.version.terms
    is_eased = financing.paused_until is not None and financing.paused_until >= on
    refused = {"due_date"} if terms.technique == SALES else {"pause", "lower_share", "resume", "reschedule"}
    refused |= {"pause", "lower_share", "reschedule"} if is_eased else {"resume"}
    if terms.plan:
        refused.add("restructure")
    elif financing.past_due:
        refused.add("due_date")
    standing = set(financing.events.filter(state="done", reversed_by=None).values_list("kind", flat=True))
    if not standing & REVERSIBLE.get(financing.state, frozenset()):
        refused.add("reversal")
    if "payment" not in standing:
        refused.add("chargeback")
    return refused.union(financing.events.filter(state="proposed").values_list("kind", flat=True))


def hint_for(kind: str, financing: Financing) -> Promise:
    """What to know before doing `kind` to `financing`."""
    if kind == "due_date" and financing.version.terms.plan:
        return gettext_lazy(
            "Instalments still to come move: the next one to the day given, the others as far apart as agreed. What is "
            "late stays late. The principal is spread anew."
        )
    if kind == "reversal" and financing.state == "written_off":
        return gettext_lazy(
            "The money is the pool's income no more; nothing is owed again. Without a line that took it back, the line "
            "that brought it waits for an explanation again."
        )
    return HINTS[kind]


class ActForm(forms.Form):
    """What `kind` of act needs to be told, for `financing`. Its `act()` is what the service takes; `asked` is what the
    address says of the bank's line that is looked for."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(
        self, *arguments: Any, kind: str, financing: Financing, asked: Mapping[str, str], **options: Any
    ) -> None:
        options.setdefault("initial", {"key": uuid.uuid4().hex})
        super().__init__(*arguments, **options)
        self.kind, self.financing = kind, financing
        self.search = LineSearchForm(asked or None) if kind in LINE_LABELS else None
        for name, field in self._fields_of(kind).items():
            self.fields[name] = field()
        self.fields["reason"] = forms.CharField(
            label=_("Why"), max_length=300, help_text=_("It stands in the history for good; the seller reads it.")
        )

    def _fields_of(self, kind: str) -> dict[str, Callable[[], forms.Field]]:
        fields: dict[str, dict[str, Callable[[], forms.Field]]] = {
            "payment": {"line": self._line},
            "reversal": {"event": lambda: self._event(), "line": self._line},
            "waiver": {name: lambda name=name: self._part(name) for name in ("fee", "interest", "penalty")},  # type: ignore[misc]
            "charge": {name: lambda name=name: self._part(name) for name in ("fee", "penalty")},  # type: ignore[misc]
            "rate": {"percent": self._percent, "effective_on": lambda: day_field(_("Counts from"))},
            "pause": {"until": lambda: day_field(_("Through"))},
            "lower_share": {"until": lambda: day_field(_("Through")), "kept": self._kept},
            "due_date": self._due_date(),
            "recovery": {"line": self._line},
            "chargeback": {
                "event": lambda: self._event("payment"),
                "line": self._line,
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

    def _line(self) -> forms.Field:
        return line_field(self.kind, self.financing, self.search or LineSearchForm(), self.data.get("line", ""))

    def _event(self, *kinds: str) -> forms.Field:
        kinds = kinds or tuple(REVERSIBLE[self.financing.state])
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
        return forms.ChoiceField(label=_("New terms"), choices=[(str(one.pk), version_text(one)) for one in versions])

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
        return AmountField(
            currency=self.financing.currency,
            min_value=ZERO,
            max_value=LARGEST_AMOUNT,
            label=COMPONENTS[name],
            help_text=self._owed(name) if self.kind == "waiver" else "",
            required=False,
        )

    def _owed(self, name: str) -> str:
        owed = format_money(getattr(self.financing, name), self.financing.currency)
        return _("%(amount)s is owed of it.") % {"amount": owed}

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
            line_id=typed["line"].pk if typed.get("line") else None,
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
