"""How a financing would run off if sales go fast, as expected, or slowly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.portal.charts.frame import (
    LINE_HEIGHT,
    ONE,
    ZERO,
    Chart,
    Label,
    Plot,
    amount_labels,
    joined,
    label_rows,
    left_margin,
    svg,
)
from apps.portal.formats import format_count, format_day, format_money
from apps.portal.tables import Amount, Cell, Column, Day, Table

Pace = Literal["fast", "expected", "slow"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What is still owed at the end of the `day`-th day after the money was paid out (day 0)."""

    day: int
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """How a financing would run off if sales went at one `pace`; the last balance is where the simulation ends."""

    pace: Pace
    balances: Sequence[Balance]

    @property
    def last(self) -> Balance:
        return self.balances[-1]

    @property
    def days(self) -> int | None:
        """Days until repaid, or None when the simulation ends before that."""
        return self.last.day if self.last.outstanding <= 0 else None


def projection_chart(name: str, courses: Sequence[Course], *, start: date, currency: str) -> Chart:
    """The outstanding amount over the days to come, one line a pace, each labelled with the days it takes.

    `name` makes the ids of the drawing unique on its page. `start` is the day the money is paid out, day 0.
    Raises ValueError when there is no course, or a course has no balances.
    """
    if not courses or not all(course.balances for course in courses):
        raise ValueError("A projection needs at least one course, and each course at least one balance.")
    top_amount = max(balance.outstanding for course in courses for balance in course.balances)
    last_day = max(1, *(course.last.day for course in courses))
    plot = Plot(left=left_margin([top_amount], currency))
    lines = format_html_join(
        "",
        '<polyline class="chart-line {}" points="{}"/>',
        ((course.pace, _points(plot, course, last_day, top_amount)) for course in courses),
    )
    ends = [
        Label(plot.x(Decimal(course.last.day) / last_day), _label(course), course.pace)
        for course in sorted(courses, key=lambda course: course.last.day)
    ]
    labels, depth = label_rows(ends, top=plot.bottom + LINE_HEIGHT, width=plot.width)
    scale = amount_labels(plot, [(top_amount, plot.top), (ZERO, plot.bottom)], currency)
    drawing = format_html("{}{}{}{}", plot.rules(), scale, lines, labels)
    title = _("How the amount you owe goes down")
    described = "; ".join(_sentence(course, start, currency) for course in courses)
    return Chart(
        svg("plot", name, title, described, drawing, plot.width, depth), title, _table(courses, start, currency)
    )


def _points(plot: Plot, course: Course, last_day: int, top_amount: Decimal) -> str:
    whole = top_amount or ONE
    return joined(
        (plot.x(Decimal(one.day) / last_day), plot.y(max(one.outstanding, ZERO) / whole)) for one in course.balances
    )


def _pace_name(pace: Pace) -> str:
    match pace:
        case "fast":
            return pgettext("sales", "Fast")
        case "expected":
            return pgettext("sales", "Expected")
        case "slow":
            return pgettext("sales", "Slow")


def _label(course: Course) -> str:
    words = {"pace": _pace_name(course.pace), "days": format_count(course.last.day)}
    if course.days is None:
        return _("%(pace)s: not within %(days)s days") % words
    return ngettext("%(pace)s %(days)s day", "%(pace)s %(days)s days", course.days) % words


def _sentence(course: Course, start: date, currency: str) -> str:
    label = _label(course)
    if course.days is None:
        return _("%(label)s, %(amount)s left") % {
            "label": label,
            "amount": format_money(course.last.outstanding, currency),
        }
    return _("%(label)s, on %(day)s") % {"label": label, "day": format_day(start + timedelta(days=course.days))}


def _table(courses: Sequence[Course], start: date, currency: str) -> Table:
    columns = (Column(_("Sales")), Column(_("Days"), numeric=True), Column(_("Repaid on"), numeric=True))
    return Table(_("Days until repaid"), columns, [_row(course, start, currency) for course in courses])


def _row(course: Course, start: date, currency: str) -> tuple[Cell, ...]:
    name, days = _pace_name(course.pace), format_count(course.last.day)
    if course.days is None:
        left = Amount(course.last.outstanding, currency, note=_("left then"))
        return name, _("over %(days)s") % {"days": days}, left
    return name, days, Day(start + timedelta(days=course.days))
