"""What moved on a financing, laid out: its movements, and what of its past is told otherwise today, with the causes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.financing.models import Financing
from apps.portal.events import EVENTS, counts_from_text
from apps.portal.formats import format_day, format_signed_money
from apps.portal.tables import Amount, Cell, Column, Day, Table, Text
from apps.repayment.history import Moved, Restated, Retelling, as_known, as_told, moved_by, restated
from apps.repayment.models import Event, Movement

COMPONENTS: dict[str, Any] = {
    "principal": gettext_lazy("Principal"),
    "fee": gettext_lazy("Fee"),
    "interest": gettext_lazy("Interest"),
    "penalty": gettext_lazy("Penalty"),
    "surplus": gettext_lazy("Paid too much"),
}


def movement_name(kind: str, *, is_reversal: bool = False) -> str:
    """What a movement is called."""
    names = {
        Movement.Kind.DISBURSEMENT: _("Paid out, with its fee"),
        Movement.Kind.ACCRUAL: _("Interest"),
        Movement.Kind.SWEEP: _("Kept from sales"),
        Movement.Kind.PAYMENT: _("Payment"),
        Movement.Kind.WAIVER: _("Waived"),
        Movement.Kind.CHARGE: _("Charged"),
        Movement.Kind.WRITE_OFF: _("Written off"),
        Movement.Kind.REFUND: _("Given back"),
        Movement.Kind.PENALTY: _("Penalty for being late"),
        Movement.Kind.REBATE: _("Fee given back"),
        Movement.Kind.REFILL: _("Paid off by a new financing"),
        Movement.Kind.RESTRUCTURE: _("Carried to a new contract"),
        Movement.Kind.CARRIED: _("Carried from the contract before"),
        Movement.Kind.RETURNED: _("Given back by the bank"),
    }
    name = names[Movement.Kind(kind)]
    return _("Taken back: %(what)s") % {"what": name} if is_reversal else name


def movement_table(movements: Sequence[Movement], currency: str, entries: Mapping[str, int] | None = None) -> Table:
    """What moved, the latest first: the change, and what was owed after it; `entries` has the ledger's entries by key,
    where the reader may open them."""
    rows = [
        (
            Day(one.business_date),
            Text(movement_name(one.kind, is_reversal=one.reverses_id is not None), note=_counting_from(one)),
            Amount(one.total, currency, signed=True, note=_beyond(one, currency), href=_entry_url(one, entries or {})),
            Amount(one.outstanding, currency),
        )
        for one in movements
    ]
    columns = (
        Column(_("Day")),
        Column(_("What")),
        Column(_("Change"), numeric=True),
        Column(_("Owed after"), numeric=True),
    )
    return Table(_("Every movement"), columns, rows, empty=_("Nothing has moved yet. The money is on its way to you."))


def _beyond(one: Movement, currency: str) -> str:
    """What it changed beside what is owed: paid too much, or given back of that."""
    return f"{COMPONENTS['surplus']} {format_signed_money(one.surplus, currency)}" if one.surplus else ""


def _entry_url(one: Movement, entries: Mapping[str, int]) -> str:
    return reverse("desk:entry", args=[entries[one.entry_key]]) if one.entry_key in entries else ""


def _counting_from(movement: Movement) -> str:
    return counts_from_text(movement.effective_on) if movement.effective_on else ""


def known_figures(financing: Financing, day: date) -> dict[str, Any]:
    """What was owed at the end of `day` as it was known then and as it is told today, and each difference's causes."""
    return {
        "then": moved_by(as_known(financing, day)),
        "now": moved_by(as_told(financing, day)),
        "differences": restated_table(restated(financing, day), financing.currency),
    }


def restated_table(changed: Iterable[Restated], currency: str) -> Table:
    """What is told otherwise, a row for each component and each cause: a row begins where the one above it ended."""
    rows: list[tuple[Cell, ...]] = [
        (
            Day(one.on),
            Text(movement_name(one.kind), note="" if str(name) == movement_name(one.kind) else str(name)),
            Amount(was, currency, signed=True),
            Amount(now - was, currency, signed=True),
            Amount(now, currency, signed=True),
            Text(cause_name(step.cause), note=_when_and_why(step.cause)),
        )
        for one in changed
        for component, name in COMPONENTS.items()
        for step in one.steps
        for was, now in [(step.was.by_component()[component], step.now.by_component()[component])]
        if was != now
    ]
    columns = (
        Column(_("Counts from")),
        Column(_("What")),
        Column(_("Before"), numeric=True),
        Column(_("Change"), numeric=True),
        Column(_("After"), numeric=True),
        Column(_("Because of")),
    )
    empty = _("Nothing is told otherwise today than it was known then.")
    return Table(_("What changed since"), columns, rows, empty)


def cause_name(cause: Event | None) -> str:
    """What made days that were over be told anew; None is a night that closed them late."""
    if cause is None:
        return _("Closed late by a night")
    if cause.kind == "reversal" and cause.reverses is not None:
        return _("Taken back: %(what)s") % {"what": EVENTS[cause.reverses.kind]}
    return str(EVENTS[cause.kind])


def _when_and_why(cause: Event | None) -> str:
    return f"{format_day(cause.business_date)} · {cause.reason}" if cause else ""


def retelling_table(told: Sequence[Retelling], currency: str) -> Table:
    """What told days anew that were over, with what was owed by the end of them before and after."""
    rows: list[tuple[Cell, ...]] = [
        (
            Day(one.booked_on, note=counts_from_text(one.since)),
            Text(cause_name(one.step.cause), note=one.step.cause.reason if one.step.cause else ""),
            Day(one.through),
            Amount(one.step.was.total, currency),
            Amount(one.step.now.total, currency),
            Text(differing(one.step.was, one.step.now, currency)),
        )
        for one in told
    ]
    columns = (
        Column(_("Told anew on")),
        Column(_("Because of")),
        Column(_("For the end of")),
        Column(_("Owed as told before"), numeric=True),
        Column(_("Owed as told anew"), numeric=True),
        Column(_("What differs")),
    )
    return Table(_("Days told anew"), columns, rows, empty=_("No day has been told anew."))


def differing(was: Moved, now: Moved, currency: str) -> str:
    """In what `now` differs from `was`, by component, each with its difference."""
    change = now.minus(was).by_component()
    differ = [(name, change[part]) for part, name in COMPONENTS.items() if change[part]]
    return _(", ").join(f"{name} {format_signed_money(amount, currency)}" for name, amount in differ)
