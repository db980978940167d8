"""Sums by day: as bars, or as a line as small as a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.portal.charts.frame import (
    GAP,
    LINE_HEIGHT,
    ONE,
    ZERO,
    Chart,
    Plot,
    amount_labels,
    day_labels,
    joined,
    left_margin,
    n,
    svg,
)
from apps.portal.formats import format_day, format_money
from apps.portal.tables import Amount, Column, Day, Table


@dataclass(frozen=True, slots=True)
class DailySum:
    """The sum of one day, in the currency of its chart; negative when refunds outweigh sales."""

    day: date
    amount: Decimal


def daily_chart(name: str, title: str, sums: Sequence[DailySum], *, currency: str) -> Chart:
    """One bar a day, below the line when negative. `title` says what is summed; `name` makes ids unique on the page.

    Raises ValueError when there are no sums: a page says in words that there is nothing yet.
    """
    highest, lowest = _range(sums)
    plot = Plot(left=left_margin([highest, lowest], currency))
    span = (highest - lowest) or ONE
    zero, step = plot.y(-lowest / span), plot.inner_width / len(sums)
    bars = format_html_join(
        "",
        '<rect class="chart-bar{}" x="{}" y="{}" width="{}" height="{}"/>',
        (_bar(plot.left + step * place, zero, step, plot.height * one.amount / span) for place, one in enumerate(sums)),
    )
    axis = format_html('<path class="chart-axis" d="M{} {}H{}"/>', n(plot.left), n(zero), n(plot.width))
    scale = _scale(plot, highest, lowest, zero, currency)
    drawing = format_html("{}{}{}{}{}", plot.rules(), scale, bars, axis, day_labels(plot, [one.day for one in sums]))
    depth = plot.bottom + LINE_HEIGHT + GAP
    drawn = svg("plot", name, title, _sentence(sums, currency), drawing, plot.width, depth)
    return Chart(drawn, title, _table(title, sums, currency))


def sparkline(name: str, title: str, sums: Sequence[DailySum], *, currency: str) -> Chart:
    """A line of a few weeks, as small as a word, ending in a dot.

    Raises ValueError when there are no sums.
    """
    highest, lowest = _range(sums)
    plot = Plot(left=Decimal(4), right=Decimal(4), width=Decimal(120), top=Decimal(4), height=Decimal(24))
    span, steps = (highest - lowest) or ONE, max(len(sums) - 1, 1)
    points = [(plot.x(Decimal(place) / steps), plot.y((one.amount - lowest) / span)) for place, one in enumerate(sums)]
    line = format_html('<polyline class="chart-line expected" points="{}"/>', joined(points))
    dot = format_html('<circle class="chart-dot" cx="{}" cy="{}" r="3"/>', *map(n, points[-1]))
    drawn = svg("spark", name, title, _sentence(sums, currency), line + dot, plot.width, Decimal(32))
    return Chart(drawn, title, _table(title, sums, currency))


def seconds_line(name: str, title: str, nights: Sequence[tuple[date, Decimal]]) -> SafeString:
    """How many seconds something took, night by night, as a line as small as a word. At least two nights."""
    longest = max(seconds for _night, seconds in nights) or ONE
    plot = Plot(left=Decimal(4), right=Decimal(4), width=Decimal(120), top=Decimal(4), height=Decimal(24))
    steps = len(nights) - 1
    points = [(plot.x(Decimal(place) / steps), plot.y(took / longest)) for place, (_night, took) in enumerate(nights)]
    line = format_html('<polyline class="chart-line expected" points="{}"/>', joined(points))
    words = _("%(least)s to %(most)s seconds from %(first)s to %(last)s") % {
        "least": min(seconds for _night, seconds in nights),
        "most": longest,
        "first": format_day(nights[0][0]),
        "last": format_day(nights[-1][0]),
    }
    return svg("spark", name, title, words, line, plot.width, Decimal(32))


def _range(sums: Sequence[DailySum]) -> tuple[Decimal, Decimal]:
    """The highest and the lowest sum, zero among them."""
    if not sums:
        raise ValueError("A chart needs at least one day.")
    amounts = [one.amount for one in sums]
    return max(*amounts, ZERO), min(*amounts, ZERO)


def _bar(x: Decimal, zero: Decimal, step: Decimal, height: Decimal) -> tuple[str, str, str, str, str]:
    gap = min(step / 4, Decimal(4))
    top = zero - max(height, ZERO)
    return " below" if height < 0 else "", n(x + gap / 2), n(top), n(step - gap), n(abs(height))


def _scale(plot: Plot, highest: Decimal, lowest: Decimal, zero: Decimal, currency: str) -> SafeString:
    """Zero always; the highest and the lowest where they do not touch its label."""
    ends = [(highest, plot.top), (lowest, plot.bottom)]
    clear = [(amount, y) for amount, y in ends if amount and abs(zero - y) >= LINE_HEIGHT]
    return amount_labels(plot, [(ZERO, zero), *clear], currency)


def _sentence(sums: Sequence[DailySum], currency: str) -> str:
    best = max(sums, key=lambda one: one.amount)
    return _("%(total)s from %(first)s to %(last)s; most on %(best)s, %(amount)s") % {
        "total": format_money(sum((one.amount for one in sums), ZERO), currency),
        "first": format_day(sums[0].day),
        "last": format_day(sums[-1].day),
        "best": format_day(best.day),
        "amount": format_money(best.amount, currency),
    }


def _table(title: str, sums: Sequence[DailySum], currency: str) -> Table:
    columns = (Column(_("Day")), Column(_("Amount"), numeric=True))
    return Table(title, columns, [(Day(one.day), Amount(one.amount, currency)) for one in sums])
