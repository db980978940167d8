"""How a night is laid out on the desk: its steps, its control totals, its breaks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.portal.break_words import break_in_words
from apps.portal.breaks import BREAK_KINDS, name_of
from apps.portal.charts import seconds_line
from apps.portal.formats import format_count, format_day, format_moment, format_span
from apps.portal.subjects import QUANTITIES, subjects_of
from apps.portal.tables import Amount, Button, Cell, Column, Count, Day, Moment, Span, State, Table, Text
from apps.reconciliation.models import Break, ControlTotal, NightlyChunk, NightlyRun, SetAside
from apps.reconciliation.plan import NIGHT
from apps.reconciliation.steps import StepNow
from apps.reconciliation.suggesting import Forecast
from apps.reconciliation.trend import Trend

STEPS: dict[str, Promise | str] = {
    "age_orders": gettext_lazy("Age orders and refunds"),
    "expire_receipts": gettext_lazy("Expire receipts"),
    "value_receipts": gettext_lazy("Value receipts"),
    "raise_demands": gettext_lazy("Raise demands"),
    "accrue": gettext_lazy("Accrue"),
    "sweep": gettext_lazy("Sweep and allocate"),
    "age_financings": gettext_lazy("Age financings"),
    "limits_and_offers": gettext_lazy("Limits and offers"),
    "contracts": gettext_lazy("Contracts"),
    "payout_batch": gettext_lazy("Payout batch"),
    "match": gettext_lazy("Match with the bank"),
    "control_totals": gettext_lazy("Control totals"),
    "messages": gettext_lazy("Messages to sellers"),
}
WORKS: dict[str, Promise | str] = {
    "orders": gettext_lazy("Age orders and refunds"),
    "receipts": gettext_lazy("Value receipts"),
    "close": gettext_lazy("Close the day"),
    "offers": gettext_lazy("Limits and offers"),
    "messages": gettext_lazy("Messages to sellers"),
}

# Why the database could not, by its SQLSTATE or the class of it.
REFUSALS: dict[str, Promise] = {
    "53100": gettext_lazy("its disk is full"),
    "53": gettext_lazy("it has no memory or no connection left"),
    "57014": gettext_lazy("the work took longer than it allows"),
    "57": gettext_lazy("it was being stopped or started"),
    "55": gettext_lazy("something else held what the night needs for too long"),
}


class CloseForm(forms.Form):
    """Why a day may be closed although something is open."""

    reason = forms.CharField(
        label=gettext_lazy("Why the day may be closed"),
        max_length=300,
        help_text=gettext_lazy("What is open stays open and yours; that you knew of it goes to the evidence log."),
    )


def step_table(
    steps: Sequence[StepNow], currency: str, trends: Mapping[str, Trend], urls: Mapping[str, str], *, running: bool
) -> Table:
    """The steps in their order, with what each did, how long it took, and how long it took on the nights before; `urls`
    open what a step's sum is made of. Of a night that is `running` it says too how many sellers are locked, for they
    are being worked on."""
    rows = [
        (
            Text(str(STEPS.get(one.name, one.name)), note=_(one.reason) if one.reason else ""),
            State("nightly_step", one.state),
            Count(one.done),
            Count(one.skipped),
            Count(one.failed),
            *([Count(one.locked)] if running else []),
            Amount(one.total, currency, href=urls.get(one.name, "") if one.total else ""),
            Span(_seconds(one.seconds) if one.pieces_done else None, note=_usually(one, trends.get(one.name))),
            _trend(one, trends.get(one.name)),
        )
        for one in steps
    ]
    columns = (
        Column(_("Step")),
        Column(_("State")),
        Column(_("Done"), numeric=True),
        Column(_("Skipped"), numeric=True),
        Column(_("Set aside"), numeric=True),
        *([Column(_("Locked now"), numeric=True)] if running else []),
        Column(_("Sum"), numeric=True),
        Column(_("Time"), numeric=True),
        Column(_("Last thirty nights")),
    )
    return Table(_("Steps"), columns, rows)


def refusal_words(piece: NightlyChunk) -> str:
    """Why a piece of the night waits for the database, how often it was tried, and what is to be done."""
    reason = REFUSALS.get(piece.refused_with) or REFUSALS.get(piece.refused_with[:2])
    facts = {
        "work": WORKS.get(piece.work) or STEPS[next(one.steps[0] for one in NIGHT if one.name == piece.work)],
        "reason": reason or _("it said: %(error)s") % {"error": piece.error[:200]},
        "times": piece.refusals,
        "last": format_moment(piece.refused_at) if piece.refused_at else "",
    }
    words = ngettext(
        "The database refused “%(work)s” %(times)s time, last at %(last)s: %(reason)s.",
        "The database refused “%(work)s” %(times)s times, last at %(last)s: %(reason)s.",
        piece.refusals,
    )
    kept = _("Nothing of it was written and the date stays open. It is tried again every minute and goes on by itself.")
    return f"{words % facts} {kept}"


def _usually(step: StepNow, trend: Trend | None) -> str:
    """How long it takes on other nights, where that reads differently."""
    if trend is None or format_span(_seconds(trend.usual)) == format_span(_seconds(step.seconds)):
        return ""
    return _("usually %(span)s") % {"span": format_span(_seconds(trend.usual))}


def _trend(step: StepNow, trend: Trend | None) -> Cell:
    """The seconds of the nights before as a line; nothing where there are fewer than two to draw one between."""
    if trend is None or len(trend.nights) < 2:
        return Text("")
    title = _("Seconds of “%(step)s” on the nights before") % {"step": STEPS.get(step.name, step.name)}
    return seconds_line(f"trend-{step.name}", title, trend.nights)


def _seconds(seconds: Decimal) -> timedelta:
    return timedelta(milliseconds=int(seconds * 1000))


def name_of_total(total: ControlTotal) -> str:
    """What a control total is of."""
    return _("In pledge") if total.unit else str(QUANTITIES.get(total.name, total.name))


def total_table(totals: Sequence[ControlTotal], day: date) -> Table:
    """opening + movements = closing for each quantity of the night of `day`, proved or open by how much; each opens."""
    rows = [
        (
            Text(name_of_total(one), href=reverse("desk:total", args=[day, one.name])),
            figure_of(one, one.opening),
            figure_of(one, one.movements, signed=True),
            figure_of(one, one.closing),
            State("control_total", "open" if one.difference else "proved"),
            figure_of(one, one.difference or None, signed=True),
        )
        for one in totals
    ]
    columns = (
        Column(_("Quantity")),
        Column(_("Opening"), numeric=True),
        Column(_("Movements"), numeric=True),
        Column(_("Closing"), numeric=True),
        Column(_("Proof")),
        Column(_("Open by"), numeric=True),
    )
    return Table(_("Control totals"), columns, rows, empty=_("They are computed at the end of the night."))


def figure_of(total: ControlTotal, figure: Decimal | None, *, signed: bool = False) -> Amount | Text:
    """A figure of `total`: money, or a quantity of goods with its unit."""
    if not total.unit or figure is None:
        return Amount(figure, total.currency, signed=signed)
    sign = "+" if signed and figure > 0 else ""
    return Text(f"{sign}{format_count(figure.normalize())} {total.unit}")


def break_table(breaks: Sequence[Break], names: Mapping[str, str], caption: str) -> Table:
    """Differences that nobody has explained: what is seen, how much, since when, whose."""
    about = subjects_of(one.subject for one in breaks)
    rows = [
        (
            name_of(one),
            Text(break_in_words(one.text), note=about[one.subject].value if one.subject in about else ""),
            State("break", one.state),
            Amount(one.amount, one.currency, signed=True),
            Day(one.opened_on, short=True),
            Text(names.get(one.owner, "")),
        )
        for one in breaks
    ]
    columns = (
        Column(_("Break")),
        Column(_("What we see")),
        Column(_("State")),
        Column(_("Ours less theirs"), numeric=True),
        Column(_("Since")),
        Column(_("Owner")),
    )
    return Table(caption, columns, rows, empty=_("Nothing is unexplained."))


def set_aside_table(rows: Iterable[SetAside], sellers: Mapping[int, str], *, may_rerun: bool) -> Table:
    """Sellers whose night failed while the others went on, with the error and when it was made good."""
    columns = (Column(_("Seller")), Column(_("Work")), Column(_("Error")), Column(_("Made good")), Column(_("Again")))
    return Table(
        _("Set aside"),
        columns,
        [
            (
                Text(sellers.get(one.seller_id, str(one.seller_id)), href=reverse("desk:seller", args=[one.seller_id])),
                Text(str(WORKS.get(one.work, one.work))),
                Text(one.error.strip().rpartition("\n")[2][:200]),
                Moment(one.resolved_at),
                Button(_("Do it again"), reverse("desk:rerun", args=[one.pk]))
                if may_rerun and one.resolved_at is None
                else Text(""),
            )
            for one in rows
        ],
        empty=_("Nobody was set aside."),
    )


def forecast_table(seen: Forecast) -> Table:
    """Tonight's breaks as they look now."""
    about = subjects_of(one.subject for one in seen.new)
    rows = [
        (
            Text(str(BREAK_KINDS.get(one.kind, one.kind))),
            Text(break_in_words(one.text)),
            about.get(one.subject, Text(one.subject)),
            Amount(one.amount, one.currency, signed=True),
        )
        for one in seen.new
    ]
    columns = (
        Column(_("Type")),
        Column(_("What we see")),
        Column(_("What it is about")),
        Column(_("Ours less theirs"), numeric=True),
    )
    return Table(_("New breaks"), columns, rows, empty=_("None, as it looks now."))


def night_table(runs: Sequence[NightlyRun], names: Mapping[str, str]) -> Table:
    """Nights, the latest first."""
    rows = [
        (
            Text(format_day(one.business_date), href=reverse("desk:run", args=[one.business_date])),
            State("nightly_run", one.state),
            Moment(one.started_at),
            Span(one.ended_at - one.started_at if one.ended_at and one.started_at else None),
            Text(names.get(one.closed_by, "")),
        )
        for one in runs
    ]
    columns = (
        Column(_("Business date")),
        Column(_("State")),
        Column(_("Started")),
        Column(_("Took"), numeric=True),
        Column(_("Closed by")),
    )
    return Table(_("Nights"), columns, rows)
