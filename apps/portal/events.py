"""What people did to a financing, in the reader's language: what each act is called, and what exactly it agreed.

`terms_of` is the one place that words the details of an event; previews, histories and what waits for a second person
all read it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.portal.formats import format_count, format_day, format_money, format_share
from apps.portal.tables import Amount, Cell, Column, Day, State, Table, Text
from apps.products.models import ProductVersion
from apps.repayment.models import Event
from apps.repayment.periods import Minimums

PLACES_OF_A_RATE = 6

EVENTS: dict[str, Any] = {
    "payment": gettext_lazy("Payment"),
    "reversal": gettext_lazy("Taken back"),
    "refund": gettext_lazy("Given back what was paid too much"),
    "waiver": gettext_lazy("Waiver"),
    "charge": gettext_lazy("Charge"),
    "rate": gettext_lazy("New rate"),
    "pause": gettext_lazy("Pause"),
    "lower_share": gettext_lazy("Lower share of sales"),
    "resume": gettext_lazy("End of the pause"),
    "due_date": gettext_lazy("New due date"),
    "write_off": gettext_lazy("Write-off"),
    "recovery": gettext_lazy("Recovery after the write-off"),
    "chargeback": gettext_lazy("Payment disputed and taken back"),
    "reschedule": gettext_lazy("New periods and minimum"),
    "restructure": gettext_lazy("Restructured into a new contract"),
    "carried": gettext_lazy("Carried from the contract before"),
    "refill": gettext_lazy("Paid off by a new financing"),
    "returned": gettext_lazy("Given back by the bank"),
}
TERMS: Mapping[str, Promise] = {
    "source": gettext_lazy("Paid from"),
    "taken_back": gettext_lazy("What is taken back"),
    "parts": gettext_lazy("Made up of"),
    "rate": gettext_lazy("Interest a year"),
    "share": gettext_lazy("Kept of each day's sales"),
    "moved": gettext_lazy("Minimum periods end"),
    "running": gettext_lazy("The running minimum is due by"),
    "due_on": gettext_lazy("Due on"),
    "next_on": gettext_lazy("The next instalment is due on"),
    "more": gettext_lazy("More instalments"),
    "period_days": gettext_lazy("Days in a period"),
    "minimum": gettext_lazy("Minimum a period"),
    "periods": gettext_lazy("Periods to come"),
    "version": gettext_lazy("New terms"),
    "charges": gettext_lazy("Fee, interest and penalty"),
    "owed": gettext_lazy("Owed from the first day"),
    "agreement": gettext_lazy("Agreement that the seller signed"),
    "before": gettext_lazy("The contract before"),
    "by": gettext_lazy("The new financing"),
}


class Term(NamedTuple):
    """One thing that an act agrees, in words: what it is called, as it is then, and as it was where that is known."""

    key: str
    then: str
    now: str = ""

    @property
    def name(self) -> str:
        return str(TERMS[self.key])


def terms_of(event: Event) -> list[Term]:
    """What `event` agreed, done or only planned, from its details alone; empty where its amount says it all."""
    wording = WORDINGS.get(event.kind)
    return wording(event) if wording else []


def details_text(event: Event) -> str:
    """What `event` agreed, in one line."""
    return _("; ").join(_in_line(term) for term in terms_of(event))


def _in_line(term: Term) -> str:
    facts = {"name": term.name, "then": term.then, "now": term.now}
    if not term.now:
        return _("%(name)s: %(then)s") % facts
    return _("%(name)s: %(then)s instead of %(now)s") % facts


def _payment(event: Event) -> list[Term]:
    if event.details.get("source") == "sales":
        return [Term("source", _("what sales brought"))]
    return [Term("source", _("a transfer to the bank"))]


def _reversal(event: Event) -> list[Term]:
    taken_back = [Term("taken_back", _name_of(event.reverses, event.financing.currency))] if event.reverses else []
    return [*taken_back, *_parts(event)]


def _name_of(event: Event, currency: str) -> str:
    """One event among those of its financing: what it was, of how much, from which day on."""
    amount = format_money(event.amount, currency) if event.amount else ""
    since = counts_from_text(event.effective_on)
    what = details_text(event) if event.kind == "rate" else ""
    return " · ".join(filter(None, (str(EVENTS[event.kind]), amount, what, since)))


def _parts(event: Event) -> list[Term]:
    parts = event.details.get("parts")
    return [Term("parts", parts_text(parts, event.financing.currency))] if parts else []


def parts_text(parts: Mapping[str, Any], currency: str) -> str:
    """Each part of an amount with its name."""
    names = {"principal": _("principal"), "fee": _("fee"), "interest": _("interest"), "penalty": _("penalty")}
    amounts = [(name, Decimal(parts[key])) for key, name in names.items() if key in parts]
    return _(", ").join(f"{format_money(amount, currency)} {name}" for name, amount in amounts if amount)


def _rate(event: Event) -> list[Term]:
    return [Term("rate", rate_text(Decimal(event.details["rate"])))]


def rate_text(rate: Decimal) -> str:
    """A rate a year, to all its places."""
    return format_share(rate, PLACES_OF_A_RATE)


def _easing(event: Event) -> list[Term]:
    until = date.fromisoformat(event.details["until"])
    moved = [Term("moved", moved_text(event.details["days"]))] if event.details["days"] else []
    return [Term("share", eased_text(until, Decimal(event.details.get("share", 0)))), *moved]


def eased_text(until: date, share: Decimal) -> str:
    """What is kept of sales while less is kept, and for how long."""
    facts = {"share": format_share(share, 2), "day": format_day(until)}
    return (_("%(share)s, through %(day)s") if share else _("nothing, through %(day)s")) % facts


def moved_text(days: int) -> str:
    """By how many days minimum periods move; below 0 they end earlier."""
    if days < 0:
        return ngettext("%(days)s day earlier", "%(days)s days earlier", -days) % {"days": -days}
    return ngettext("%(days)s day later", "%(days)s days later", days) % {"days": days}


def _resume(event: Event) -> list[Term]:
    days = event.details["days"]
    return [Term("share", _("as agreed again")), *([Term("moved", moved_text(-days))] if days else [])]


def _due_date(event: Event) -> list[Term]:
    details = event.details
    before, to = (format_day(date.fromisoformat(details[name])) if details[name] else "" for name in ("from", "to"))
    if "more" not in details:
        return [Term("due_on", to, before)]
    moved = [Term("next_on", to, before)] if to else []
    return [*moved, *([Term("more", format_count(details["more"]))] if details["more"] else [])]


def _reschedule(event: Event) -> list[Term]:
    return period_terms(Minimums.of_json(event.details["to"]), event.financing.currency)


def period_terms(planned: Minimums, currency: str) -> list[Term]:
    """The periods that `planned` has still to come: how long, what each asks for, and when the last one ends."""
    terms = [Term("period_days", format_count(planned.period_days))]
    if not planned.amounts or planned.begins_after is None:
        return terms
    number = len(planned.amounts)
    last_on = format_day(planned.begins_after + timedelta(days=planned.period_days * number))
    through = _("%(number)s, through %(day)s") % {"number": format_count(number), "day": last_on}
    return [*terms, Term("minimum", _minimum(planned.amounts, currency)), Term("periods", through)]


def _minimum(amounts: Sequence[Decimal], currency: str) -> str:
    """One amount, with the last one's where that is another; a range where they follow seasons."""
    first, last = amounts[0], amounts[-1]
    if len({*amounts[:-1]}) > 1:
        facts = {"least": format_money(min(amounts), currency), "most": format_money(max(amounts), currency)}
        return _("from %(least)s to %(most)s") % facts
    if first == last:
        return format_money(first, currency)
    facts = {"each": format_money(first, currency), "last": format_money(last, currency)}
    return _("%(each)s, the last one %(last)s") % facts


def _restructure(event: Event) -> list[Term]:
    details = event.details
    version = ProductVersion.objects.select_related("product").get(pk=details["version"])
    due_on = format_day(date.fromisoformat(details["due_on"])) if details["due_on"] else ""
    charges = _("become principal") if details["capitalise"] else _("are carried as what they are")
    return [
        Term("version", version_text(version)),
        *([Term("due_on", due_on)] if due_on else []),
        *_owed(event),
        Term("charges", charges),
        Term("agreement", details["agreement"]),
    ]


def _owed(event: Event) -> list[Term]:
    """What the new contract owes from its first day, once that is known."""
    owed = {name: Decimal(amount) for name, amount in event.details.get("owed", {}).items()}
    return [carried_term(event, owed)] if any(owed.values()) else []


def carried_term(event: Event, owed: Mapping[str, Decimal]) -> Term:
    """What of `owed`, by component, a restructuring makes the new contract owe."""
    if event.details["capitalise"]:
        owed = {"principal": sum(owed.values(), ZERO)}
    return Term("owed", parts_text(owed, event.financing.currency))


def version_text(version: ProductVersion) -> str:
    """Which version of which product."""
    product = version.product.local_name(get_language() or "en")
    return _("%(product)s, version %(number)s") % {"product": product, "number": version.number}


def _carried(event: Event) -> list[Term]:
    return [Term("before", event.details["from"]), *_parts(event)]


def _refill(event: Event) -> list[Term]:
    return [Term("by", event.details["by_financing"])] if "by_financing" in event.details else []


WORDINGS: Mapping[str, Callable[[Event], list[Term]]] = {
    "payment": _payment,
    "reversal": _reversal,
    "chargeback": _reversal,
    "waiver": _parts,
    "charge": _parts,
    "rate": _rate,
    "pause": _easing,
    "lower_share": _easing,
    "resume": _resume,
    "due_date": _due_date,
    "reschedule": _reschedule,
    "restructure": _restructure,
    "carried": _carried,
    "refill": _refill,
    "refund": _refill,
}


def event_table(
    events: Iterable[Event], currency: str, names: Mapping[str, str] | None = None, caption: str = ""
) -> Table:
    """What people did, exactly what and why, the latest first; `names` says who, where a reader of the house asks."""
    rows: list[tuple[Cell, ...]] = [
        (
            Day(one.business_date, note=_event_counts_from(one)),
            Text(str(EVENTS[one.kind]), note=" · ".join(filter(None, (details_text(one), one.reason)))),
            *([Text(names.get(one.by, ""), note=names.get(one.approved_by, ""))] if names is not None else []),
            Amount(one.amount, currency),
            State("event", one.state),
        )
        for one in events
    ]
    columns = (
        Column(_("Day")),
        Column(_("What was done")),
        *([Column(_("By"))] if names is not None else []),
        Column(_("Amount"), numeric=True),
        Column(_("State")),
    )
    return Table(
        caption or _("What was done, and why"), columns, rows, empty=_("Nobody has done anything to it by hand.")
    )


def counts_from_text(day: date) -> str:
    """From which day on something counts."""
    return _("counts from %(day)s") % {"day": format_day(day)}


def _event_counts_from(event: Event) -> str:
    return "" if event.effective_on == event.business_date else counts_from_text(event.effective_on)
