"""How a planned change of a financing is laid out before it is done: terms and amounts, now and then."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.financing.models import Financing
from apps.portal.events import (
    Term,
    carried_term,
    counts_from_text,
    eased_text,
    period_terms,
    rate_text,
    terms_of,
    version_text,
)
from apps.portal.formats import format_day, format_share
from apps.portal.movements import COMPONENTS, movement_name
from apps.portal.tables import Amount, Column, Count, Day, Table, Text
from apps.products.models import ProductVersion
from apps.products.wording import differences
from apps.repayment.changes import Change
from apps.repayment.history import Moved
from apps.repayment.models import Demand
from apps.repayment.rearranging import periods_to_come
from apps.repayment.recoveries import recovered, recovered_by

MOVES_MONEY = frozenset({"payment", "recovery", "refund"})
MOVES = {"pause": 1, "lower_share": 1, "resume": -1}  # which way the running minimum goes


def change_table(change: Change) -> Table:
    """Before and after: what is agreed term by term, what is owed component by component."""
    currency = change.financing.currency
    was, now = (Moved(one.owed, one.surplus).by_component() for one in (change.before, change.after))
    pairs = [(str(name), was[part], now[part]) for part, name in COMPONENTS.items()]
    pairs.append((_("Past due"), change.before.past_due, change.after.past_due))
    collected = recovered(change.financing.events.all())
    pairs.append((_("Collected after it was written off"), collected, collected + recovered_by(change.event)))
    rows: list[tuple[Any, ...]] = _money(change)
    rows += [(Text(name), Text(agreed), Text(""), Text(then)) for name, agreed, then in _terms(change)]
    rows += [
        (Text(name), Amount(before, currency), Amount(after - before, currency, signed=True), Amount(after, currency))
        for name, before, after in pairs
        if before or after
    ]
    late, still_late = change.before.days_past_due, change.after.days_past_due
    if late or still_late:
        rows.append((Text(_("Days late")), Count(late), Text(""), Count(still_late)))
    columns = (
        Column(_("What")),
        Column(_("Now"), numeric=True),
        Column(_("Change"), numeric=True),
        Column(_("Then"), numeric=True),
    )
    return Table(_("This is what will change"), columns, rows)


def _money(change: Change) -> list[tuple[Any, ...]]:
    """The amount of an act that moves money, and from when it counts; what it does to each component stands below."""
    event = change.event
    if event.kind not in MOVES_MONEY:
        return []
    since = counts_from_text(event.effective_on) if event.effective_on != event.business_date else ""
    amount = Amount(event.amount, change.financing.currency, note=since)
    return [(Text(_("Amount")), Text(""), Text(""), amount)]


def accrues_today(change: Change) -> bool:
    """Whether interest or a penalty of today is among what it books: the night would book it otherwise."""
    today = change.event.business_date
    return any(one.on == today and one.kind in {"accrual", "penalty"} for one in change.told)


def _terms(change: Change) -> list[tuple[str, str, str]]:
    """What is agreed, as (what it is called, now, then)."""
    now = _agreed(change.financing, change.event.business_date)
    terms = [*terms_of(change.event), *_besides(change)]
    told = [(term.name, term.now or now.get(term.key, ""), term.then) for term in terms]
    if change.event.kind != "restructure":
        return told
    after = ProductVersion.objects.select_related("product__pool").get(pk=change.event.details["version"])
    return told + [(one.label, one.before, one.after) for one in differences(change.financing.version, after)]


def _agreed(financing: Financing, on: date) -> dict[str, str]:
    """What is agreed on `financing` by the end of `on`, in words, by the key of its term."""
    until = financing.paused_until
    is_eased = until is not None and until >= on
    periods = periods_to_come(financing, on)
    return {
        "rate": rate_text(financing.rate),
        "share": eased_text(until, financing.paused_rate) if is_eased and until else format_share(financing.sweep_rate),
        "due_on": format_day(financing.due_on) if financing.due_on else "",
        "version": version_text(financing.version),
        **({term.key: term.then for term in period_terms(periods, financing.currency)} if periods else {}),
    }


def _besides(change: Change) -> list[Term]:
    """What follows from the act without standing in its details."""
    event, terms = change.event, []
    if event.kind in MOVES:
        running = Demand.objects.filter(financing=change.financing, state="open", kind="minimum").last()
        if running is not None:
            to = running.due_on + timedelta(days=MOVES[event.kind] * event.details["days"])
            terms.append(Term("running", format_day(to), format_day(running.due_on)))
    if event.kind == "reversal" and change.life.rate != change.financing.rate:
        terms.append(Term("rate", rate_text(change.life.rate)))
    if event.kind == "restructure" and "owed" not in event.details:
        terms.append(carried_term(event, change.before_end._asdict()))
    return terms


def rewritten_table(change: Change) -> Table:
    """The days that are told again: what stood there, and what will."""
    currency = change.financing.currency
    told = {(one.on, one.identity): one for one in change.told}
    undone = {(one.on, one.identity): one for one in change.undone}
    rows = [
        (
            Day(key[0]),
            Text(movement_name(old.kind if old else new.kind)),  # type: ignore[union-attr]  # one of the two is there
            Amount(old.change.total if old else None, currency, signed=True),
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
    return Table(_("Day by day"), columns, rows)
