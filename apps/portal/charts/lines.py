"""Sums that run side by side through the same days, one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from apps.portal.charts.frame import (
    LINE_HEIGHT,
    ONE,
    ZERO,
    Chart,
    Label,
    Plot,
    amount_labels,
    day_labels,
    joined,
    label_rows,
    left_margin,
    svg,
)
from apps.portal.formats import format_day, format_money
from apps.portal.tables import Amount, Cell, Column, Day, Table

Tone = Literal["expected", "slow", "fast"]
WIDE = Decimal(560)


@dataclass(frozen=True, slots=True)
class Run:
    """One line: what it is called, how it is drawn, and an amount for each day; None where there is none."""

    label: str
    tone: Tone
    amounts: Sequence[Decimal | None]


def lines_chart(name: str, title: str, days: Sequence[date], runs: Sequence[Run], *, currency: str) -> Chart:
    """The amounts of `runs` on `days`, from zero (or the lowest of them) up. `name` makes ids unique on the page.

    Raises ValueError when there are no days: a page says in words that there is nothing yet.
    """
    known = [amount for run in runs for amount in run.amounts if amount is not None]
    if not days or not known:
        raise ValueError("A chart needs at least one day.")
    highest, lowest = max(*known, ZERO), min(*known, ZERO)
    plot = Plot(left=left_margin([highest, lowest], currency), width=WIDE, height=Decimal(150))
    span, steps = (highest - lowest) or ONE, Decimal(len(days))
    drawn = format_html_join(
        "",
        '<polyline class="chart-line {}" points="{}"/>',
        (
            (
                run.tone,
                joined(
                    (plot.x((place + ONE / 2) / steps), plot.y((amount - lowest) / span))
                    for place, amount in enumerate(run.amounts)
                    if amount is not None
                ),
            )
            for run in runs
        ),
    )
    middle = plot.left + plot.inner_width / 2
    names, depth = label_rows(
        (Label(middle, run.label, run.tone) for run in runs), top=plot.bottom + LINE_HEIGHT * 2, width=plot.width
    )
    scale = amount_labels(plot, [(highest, plot.y((highest - lowest) / span)), (lowest, plot.bottom)], currency)
    drawing = format_html("{}{}{}{}{}", plot.rules(), scale, drawn, day_labels(plot, days), names)
    words = " ".join(_sentence(run, days, currency) for run in runs)
    return Chart(
        svg("plot", name, title, words, drawing, plot.width, depth), title, _table(title, days, runs, currency)
    )


def _sentence(run: Run, days: Sequence[date], currency: str) -> str:
    last = next((amount for amount in reversed(run.amounts) if amount is not None), ZERO)
    most = max((amount for amount in run.amounts if amount is not None), default=ZERO)
    return _("%(label)s: %(last)s on %(day)s, at most %(most)s.") % {
        "label": run.label,
        "last": format_money(last, currency),
        "day": format_day(days[-1]),
        "most": format_money(most, currency),
    }


def _table(title: str, days: Sequence[date], runs: Sequence[Run], currency: str) -> Table:
    columns = [Column(_("Day")), *(Column(run.label, numeric=True) for run in runs)]
    rows: list[list[Cell]] = [
        [Day(day), *(Amount(run.amounts[place], currency) for run in runs)] for place, day in enumerate(days)
    ]
    return Table(title, columns, rows)
