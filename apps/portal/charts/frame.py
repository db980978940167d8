"""What all charts share: the drawing around them, the rectangle they are drawn in, labels that keep clear."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.portal.formats import format_compact_money, format_short_day
from apps.portal.tables import Table

ZERO = Decimal(0)
ONE = Decimal(1)
FONT_SIZE = Decimal(12)
LINE_HEIGHT = Decimal(16)
GAP = Decimal(6)
NARROW_LETTER = Decimal("0.58")  # of the font size; a Chinese character takes all of it


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart; `table` says in words and figures all that the drawing shows."""

    svg: SafeString
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle that lines and bars are drawn in, inside a drawing `width` units wide."""

    left: Decimal
    width: Decimal = Decimal(320)
    height: Decimal = Decimal(96)
    top: Decimal = Decimal(10)
    right: Decimal = Decimal(8)

    @property
    def bottom(self) -> Decimal:
        return self.top + self.height

    @property
    def inner_width(self) -> Decimal:
        return self.width - self.left - self.right

    def x(self, share: Decimal) -> Decimal:
        """The place at `share` of the way from left to right."""
        return self.left + self.inner_width * share

    def y(self, share: Decimal) -> Decimal:
        """The place at `share` of the way from bottom to top."""
        return self.bottom - self.height * share

    def rules(self) -> SafeString:
        """Three quiet lines across, at the top, the middle and the bottom."""
        heights = (self.y(Decimal(half) / 2) for half in range(3))
        return format_html_join(
            "", '<path class="chart-rule" d="M{} {}H{}"/>', ((n(self.left), n(y), n(self.width)) for y in heights)
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Words centred on `x` if there is room."""

    x: Decimal
    text: str
    tone: str = ""

    @property
    def half(self) -> Decimal:
        return text_width(self.text) / 2

    def inside(self, width: Decimal) -> "Label":
        """The same words, moved until none of them is outside a drawing of `width`."""
        return Label(max(self.half, min(self.x, width - self.half)), self.text, self.tone)

    def clear_of(self, other: "Label") -> bool:
        return abs(self.x - other.x) >= self.half + other.half + GAP


def svg(
    kind: str, name: str, title: str, described: str, drawing: SafeString, width: Decimal, height: Decimal
) -> SafeString:
    """The whole drawing, named by `title` and described to those who do not see it."""
    return format_html(
        '<svg class="chart-{0}" viewBox="0 0 {1} {2}" role="img" aria-labelledby="{3}-title {3}-desc">'
        '<title id="{3}-title">{4}</title><desc id="{3}-desc">{5}</desc>{6}</svg>',
        *(kind, n(width), n(height), name, title, described, drawing),
    )


def n(number: Decimal) -> str:
    """A coordinate, to a tenth of a unit."""
    return f"{number:.1f}".removesuffix(".0")


def joined(points: Iterable[tuple[Decimal, Decimal]]) -> str:
    """The points as a polyline takes them."""
    return " ".join(f"{n(x)},{n(y)}" for x, y in points)


def text_width(text: str) -> Decimal:
    """How wide `text` will be at most, in units of the drawing."""
    return FONT_SIZE * sum((ONE if ord(letter) > 0x2E7F else NARROW_LETTER for letter in text), ZERO)


def left_margin(amounts: Sequence[Decimal], currency: str) -> Decimal:
    """The room that the labels of `amounts` need left of the plot."""
    return max(text_width(format_compact_money(amount, currency)) for amount in amounts) + GAP


def amount_labels(plot: Plot, amounts: Iterable[tuple[Decimal, Decimal]], currency: str) -> SafeString:
    """Each amount at its height, left of the plot."""
    return format_html_join(
        "",
        '<text class="chart-label" x="{}" y="{}" text-anchor="end">{}</text>',
        (
            (n(plot.left - GAP), n(y + FONT_SIZE / 3), format_compact_money(amount, currency) if amount else "0")
            for amount, y in amounts
        ),
    )


def label_rows(labels: Iterable[Label], *, top: Decimal, width: Decimal) -> tuple[SafeString, Decimal]:
    """The labels in as many rows from `top` on as they need so that none covers another, and the depth they reach."""
    rows: list[list[Label]] = []
    for label in (label.inside(width) for label in labels):
        row = next((row for row in rows if all(label.clear_of(other) for other in row)), None)
        if row is None:
            rows.append(row := [])
        row.append(label)
    placed = ((label, top + LINE_HEIGHT * depth) for depth, row in enumerate(rows) for label in row)
    return _drawn(placed), top + LINE_HEIGHT * (len(rows) - 1) + GAP


def day_labels(plot: Plot, days: Sequence[date]) -> SafeString:
    """In one row below the plot: the last day, the first, then those between, as many as keep clear of each other."""
    step = plot.inner_width / len(days)
    count = len(days)
    chosen: list[Label] = []
    for place in dict.fromkeys([count - 1, 0, count // 2, count // 4, count * 3 // 4]):
        label = Label(plot.left + step * (place + ONE / 2), format_short_day(days[place])).inside(plot.width)
        if all(label.clear_of(other) for other in chosen):
            chosen.append(label)
    return _drawn((label, plot.bottom + LINE_HEIGHT) for label in chosen)


def _drawn(placed: Iterable[tuple[Label, Decimal]]) -> SafeString:
    return format_html_join(
        "",
        '<text class="chart-label {}" x="{}" y="{}" text-anchor="middle">{}</text>',
        ((label.tone, n(label.x), n(y), label.text) for label, y in placed),
    )
