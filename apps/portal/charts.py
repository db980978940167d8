"""Charts drawn on the server as SVG: nothing to load, nothing to run, and the same figures beside them as a table.

Pure functions: Decimals in, text out, in the active language. Colours come from classes in `static/granary.css`. A chart
is drawn 320 units wide, the width of a small phone's card, and its labels are placed so that none covers another there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.portal.formats import format_compact_money, format_count, format_day, format_money, format_short_day
from apps.portal.tables import Amount, Cell, Column, Day, Table, Text

ZERO = Decimal(0)
FONT_SIZE = Decimal(12)
LINE_HEIGHT = Decimal(16)
TOP = Decimal(10)
GAP = Decimal(6)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart. `table` says in words and figures all that the drawing shows; `wide` asks for the whole card."""

    svg: SafeString
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Balance:
    """What is still owed at the end of the `day`-th day after the money was paid out (day 0)."""

    day: int
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Course:
    """How a financing would run off if sales went at one `pace`; the last balance is where the simulation ends."""

    pace: Literal["fast", "expected", "slow"]
    balances: Sequence[Balance]

    @property
    def days(self) -> int | None:
        """Days until repaid, or None when the simulation ends before that."""
        last = self.balances[-1]
        return last.day if last.outstanding <= 0 else None


@dataclass(frozen=True, slots=True)
class DailySum:
    """The sum of one day, in the currency of its chart; negative when refunds outweigh sales."""

    day: date
    amount: Decimal


def projection_chart(name: str, courses: Sequence[Course], *, start: date, currency: str, width: int = 320) -> Chart:
    """The outstanding amount over the days to come, one line a pace, each labelled with the days it takes.

    `name` makes the ids of the drawing unique on its page. `start` is the day the money is paid out.
    Raises ValueError when a course has no balances.
    """
    if not courses or not all(course.balances for course in courses):
        raise ValueError("A projection needs at least one course, and each course at least one balance.")
    top_amount = max(max(balance.outstanding for balance in course.balances) for course in courses)
    last_day = max(max(course.balances[-1].day for course in courses), 1)
    plot = _Plot(left=_left_margin([top_amount], currency), width=Decimal(width), height=Decimal(96))
    lines = format_html_join(
        "",
        '<polyline class="chart-line {}" points="{}"/>',
        ((course.pace, _points(plot, course.balances, last_day, top_amount)) for course in courses),
    )
    ends = [
        _Label(plot.x(Decimal(course.balances[-1].day) / last_day), _course_label(course), course.pace)
        for course in sorted(courses, key=lambda course: course.balances[-1].day)
    ]
    labels, depth = _rows_of(ends, top=plot.bottom + LINE_HEIGHT, width=plot.width)
    title = _("How the amount you owe goes down")
    drawing = format_html("{}{}{}{}", plot.frame(), _scale(plot, top_amount, currency), lines, labels)
    described = "; ".join(_course_sentence(course, start, currency) for course in courses)
    return Chart(_svg(name, title, described, drawing, plot.width, depth), title, _courses_table(courses, start, currency))


def daily_chart(name: str, title: str, sums: Sequence[DailySum], *, currency: str, width: int = 320) -> Chart:
    """One bar a day, below the line when negative. `title` names what is summed; `name` makes ids unique on the page.

    Raises ValueError when there are no sums: a page says in words that there is nothing yet.
    """
    if not sums:
        raise ValueError("A chart needs at least one day.")
    highest, lowest = _range(sums)
    plot = _Plot(left=_left_margin([highest, lowest], currency), width=Decimal(width), height=Decimal(96))
    span = (highest - lowest) or Decimal(1)
    zero = plot.y(-lowest / span)
    step = plot.inner_width / len(sums)
    bars = format_html_join("", '<rect class="chart-bar{}" x="{}" y="{}" width="{}" height="{}"/>', (
        _bar(plot.left + step * place, zero, step, plot.inner_height * one.amount / span) for place, one in enumerate(sums)
    ))
    axis = format_html('<path class="chart-axis" d="M{} {}H{}"/>', _n(plot.left), _n(zero), _n(plot.width))
    days = _day_labels(plot, [one.day for one in sums])
    drawing = format_html("{}{}{}{}{}", plot.frame(), _range_scale(plot, highest, lowest, zero, currency), bars, axis, days)
    described = _sums_sentence(sums, currency)
    table = _sums_table(title, sums, currency)
    return Chart(_svg(name, title, described, drawing, plot.width, plot.bottom + LINE_HEIGHT + GAP), title, table)


def sparkline(name: str, title: str, sums: Sequence[DailySum], *, currency: str) -> Chart:
    """A line of a few weeks, as small as a word, ending in a dot.

    Raises ValueError when there are no sums.
    """
    if not sums:
        raise ValueError("A sparkline needs at least one day.")
    highest, lowest = _range(sums)
    plot = _Plot(left=Decimal(4), width=Decimal(120), height=Decimal(24), top=Decimal(4), right=Decimal(4))
    span, steps = (highest - lowest) or Decimal(1), max(len(sums) - 1, 1)
    points = [
        (plot.x(Decimal(place) / steps), plot.y((one.amount - lowest) / span)) for place, one in enumerate(sums)
    ]
    drawing = format_html(
        '<polyline class="chart-line expected" points="{}"/><circle class="chart-dot" cx="{}" cy="{}" r="3"/>',
        _joined(points), _n(points[-1][0]), _n(points[-1][1]),
    )
    described = _sums_sentence(sums, currency)
    svg = _svg(name, title, described, drawing, plot.width, Decimal(32), kind="spark")
    return Chart(svg, title, _sums_table(title, sums, currency))


# The frame


@dataclass(frozen=True, slots=True)
class _Plot:
    """The rectangle that lines and bars are drawn in, inside a drawing `width` units wide."""

    left: Decimal
    width: Decimal
    height: Decimal
    top: Decimal = TOP
    right: Decimal = Decimal(8)

    @property
    def bottom(self) -> Decimal:
        return self.top + self.inner_height

    @property
    def inner_width(self) -> Decimal:
        return self.width - self.left - self.right

    @property
    def inner_height(self) -> Decimal:
        return self.height

    def x(self, share: Decimal) -> Decimal:
        return self.left + self.inner_width * share

    def y(self, share: Decimal) -> Decimal:
        return self.bottom - self.inner_height * share

    def frame(self) -> SafeString:
        rules = (self.y(Decimal(share) / 2) for share in range(3))
        return format_html_join(
            "", '<path class="chart-rule" d="M{} {}H{}"/>', ((_n(self.left), _n(y), _n(self.width)) for y in rules)
        )


def _svg(
    name: str, title: str, described: str, drawing: SafeString, width: Decimal, height: Decimal, kind: str = "plot"
) -> SafeString:
    return format_html(
        '<svg class="chart-{kind}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{described}</desc>{drawing}</svg>',
        kind=kind, name=name, title=title, described=described, drawing=drawing, width=_n(width), height=_n(height),
    )


def _n(number: Decimal) -> str:
    """A coordinate, to a tenth of a unit."""
    return f"{number:.1f}".removesuffix(".0")


def _joined(points: Iterable[tuple[Decimal, Decimal]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


# Labels


@dataclass(frozen=True, slots=True)
class _Label:
    """Words centred on `x` if there is room."""

    x: Decimal
    text: str
    tone: str = ""

    @property
    def half(self) -> Decimal:
        return _text_width(self.text) / 2

    def inside(self, width: Decimal) -> "_Label":
        return _Label(max(self.half, min(self.x, width - self.half)), self.text, self.tone)

    def clear_of(self, other: "_Label") -> bool:
        return abs(self.x - other.x) >= self.half + other.half + GAP


def _text_width(text: str) -> Decimal:
    """An upper estimate: a Chinese character is as wide as it is high, anything else a good half of that."""
    return sum((FONT_SIZE if ord(letter) > 0x2E7F else FONT_SIZE * Decimal("0.58") for letter in text), ZERO)


def _rows_of(labels: Sequence[_Label], *, top: Decimal, width: Decimal) -> tuple[SafeString, Decimal]:
    """The labels set in as many rows as they need so that none covers another, and the depth they reach."""
    rows: list[list[_Label]] = []
    for label in (label.inside(width) for label in labels):
        row = next((row for row in rows if all(label.clear_of(other) for other in row)), None)
        if row is None:
            rows.append(row := [])
        row.append(label)
    placed = ((label, top + LINE_HEIGHT * depth) for depth, row in enumerate(rows) for label in row)
    drawn = format_html_join(
        "",
        '<text class="chart-label {}" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((label.tone, _n(label.x), _n(y), label.text) for label, y in placed),
    )
    return drawn, top + LINE_HEIGHT * (len(rows) - 1) + GAP


def _day_labels(plot: _Plot, days: Sequence[date]) -> SafeString:
    """The last day, the first, then those between, as many as fit in one row."""
    step = plot.inner_width / len(days)
    middle = [len(days) // 2, len(days) // 4, len(days) * 3 // 4]
    chosen: list[_Label] = []
    for place in dict.fromkeys([len(days) - 1, 0, *middle]):
        label = _Label(plot.left + step * (place + Decimal("0.5")), format_short_day(days[place])).inside(plot.width)
        if all(label.clear_of(other) for other in chosen):
            chosen.append(label)
    y = plot.bottom + LINE_HEIGHT
    return format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((_n(label.x), _n(y), label.text) for label in chosen),
    )


def _left_margin(amounts: Sequence[Decimal], currency: str) -> Decimal:
    return max(_text_width(format_compact_money(amount, currency)) for amount in amounts) + GAP


def _amount_labels(plot: _Plot, amounts: Iterable[tuple[Decimal, Decimal]], currency: str) -> SafeString:
    return format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (_n(plot.left - GAP), _n(y + FONT_SIZE / 3), format_compact_money(amount, currency) if amount else "0")
            for amount, y in amounts
        ),
    )


def _scale(plot: _Plot, top_amount: Decimal, currency: str) -> SafeString:
    return _amount_labels(plot, [(top_amount, plot.top), (ZERO, plot.bottom)], currency)


def _range_scale(plot: _Plot, highest: Decimal, lowest: Decimal, zero: Decimal, currency: str) -> SafeString:
    """Highest, lowest and zero; zero gives way where it would touch one of the others."""
    ends = [(highest, plot.top)] + ([(lowest, plot.bottom)] if lowest else [])
    if all(abs(zero - y) >= LINE_HEIGHT for _amount, y in ends):
        ends.append((ZERO, zero))
    return _amount_labels(plot, ends, currency)


# Projection


def _points(plot: _Plot, balances: Sequence[Balance], last_day: int, top_amount: Decimal) -> str:
    whole = top_amount or Decimal(1)
    return _joined(
        (plot.x(Decimal(one.day) / last_day), plot.y(max(one.outstanding, ZERO) / whole)) for one in balances
    )


def _pace_name(pace: str) -> str:
    return {"fast": _("Sales go fast"), "expected": _("As expected"), "slow": _("Sales go slowly")}[pace]


def _course_label(course: Course) -> str:
    if course.days is None:
        return _("%(pace)s: not within %(days)s days") % {
            "pace": _pace_name(course.pace), "days": format_count(course.balances[-1].day),
        }
    days = ngettext("%(days)s day", "%(days)s days", course.days) % {"days": format_count(course.days)}
    return f"{_pace_name(course.pace)} {days}"


def _course_sentence(course: Course, start: date, currency: str) -> str:
    if course.days is None:
        return _("%(label)s, %(amount)s left") % {
            "label": _course_label(course), "amount": format_money(course.balances[-1].outstanding, currency),
        }
    return _("%(label)s, on %(day)s") % {
        "label": _course_label(course), "day": format_day(start + timedelta(days=course.days)),
    }


def _courses_table(courses: Sequence[Course], start: date, currency: str) -> Table:
    columns = (Column(_("Sales")), Column(_("Days"), numeric=True), Column(_("Repaid on"), numeric=True))
    return Table(_("Days until repaid"), columns, [_course_row(course, start, currency) for course in courses])


def _course_row(course: Course, start: date, currency: str) -> tuple[Cell, ...]:
    name = _pace_name(course.pace)
    last = course.balances[-1]
    if course.days is None:
        return name, _("over %(days)s") % {"days": format_count(last.day)}, Amount(
            last.outstanding, currency, note=_("left then")
        )
    return name, format_count(course.days), Day(start + timedelta(days=course.days))


# Daily sums


def _range(sums: Sequence[DailySum]) -> tuple[Decimal, Decimal]:
    amounts = [one.amount for one in sums]
    return max(*amounts, ZERO), min(*amounts, ZERO)


def _bar(x: Decimal, zero: Decimal, step: Decimal, height: Decimal) -> tuple[str, str, str, str, str]:
    gap = min(step / 4, Decimal(4))
    top = zero - max(height, ZERO)
    return " below" if height < 0 else "", _n(x + gap / 2), _n(top), _n(step - gap), _n(abs(height))


def _sums_sentence(sums: Sequence[DailySum], currency: str) -> str:
    best = max(sums, key=lambda one: one.amount)
    return _("%(total)s from %(first)s to %(last)s; most on %(best)s, %(amount)s") % {
        "total": format_money(sum((one.amount for one in sums), ZERO), currency),
        "first": format_day(sums[0].day),
        "last": format_day(sums[-1].day),
        "best": format_day(best.day),
        "amount": format_money(best.amount, currency),
    }


def _sums_table(title: str, sums: Sequence[DailySum], currency: str) -> Table:
    columns = (Column(_("Day")), Column(_("Amount"), numeric=True))
    return Table(title, columns, [(Text(format_day(one.day)), Amount(one.amount, currency)) for one in sums])
