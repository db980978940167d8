"""Charts: what they show is also said; nothing covers anything on a small phone."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.portal.charts import Balance, Chart, Course, DailySum, daily_chart, projection_chart, sparkline
from apps.portal.charts.frame import text_width
from tests.portal.pages import Piece, read

PAID_OUT = date(2026, 11, 20)
OWED = Decimal(20800)


def course(pace: str, days: int, *, until: int | None = None) -> Course:
    """Repaid evenly over `days`; the simulation ends with the last of them, or after `until` days."""
    seen = range((until or days) + 1)
    return Course(pace, [Balance(day, OWED - OWED * day / days) for day in seen])  # type: ignore[arg-type]  # a Pace


def projection(*courses: Course) -> Chart:
    return projection_chart("p", courses, start=PAID_OUT, currency="CNY")


def month(*amounts: int) -> list[DailySum]:
    return [
        DailySum(date(2026, 10, 21) + timedelta(days=place), Decimal(amount)) for place, amount in enumerate(amounts)
    ]


def row_texts(chart: Chart, piece: Callable[..., Piece]) -> list[list[str]]:
    table = piece("{% include 'components/table.html' %}", table=chart.table)
    return [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]


def spans(svg: Piece) -> list[tuple[Decimal, Decimal, Decimal]]:
    """(baseline, from, to) of each text of a drawing, as wide as it may come out."""
    found = []
    for text in svg.all("text"):
        x, wide = Decimal(text["x"]), text_width(text.text)
        start = x - (wide / 2 if text["text-anchor"] == "middle" else wide)
        found.append((Decimal(text["y"]), start, start + wide))
    return found


def assert_readable(svg: Piece) -> None:
    """No text leaves the drawing or covers another."""
    _left, _top, width, height = (Decimal(edge) for edge in svg["viewBox"].split())
    placed = sorted(spans(svg))
    assert all(start >= Decimal("-0.1") and end <= width + Decimal("0.1") for _y, start, end in placed)
    assert all(y <= height for y, _start, _end in placed)
    for one, other in pairwise(placed):
        apart_down = other[0] - one[0] >= 12
        apart_across = other[1] >= one[2] or one[1] >= other[2]
        assert apart_down or apart_across, f"{one} and {other} overlap."


def test_three_paces_each_with_its_days(language: str) -> None:
    svg = read(projection(course("fast", 62), course("expected", 90), course("slow", 141)).svg).one("svg")
    labels = [text.text for text in svg.all("text", class_="chart-label") if text["text-anchor"] == "middle"]
    assert (
        set(labels)
        == {
            "en": {"Fast 62 days", "Expected 90 days", "Slow 141 days"},
            "zh-hans": {"卖得快 62 天", "预计 90 天", "卖得慢 141 天"},
        }[language]
    )
    assert [line.classes for line in svg.all("polyline")] == [
        {"chart-line", "fast"}, {"chart-line", "expected"}, {"chart-line", "slow"},
    ]  # fmt: skip
    assert_readable(svg)


def test_a_line_starts_with_all_that_is_owed_and_ends_with_nothing() -> None:
    svg = read(projection(course("expected", 90), course("slow", 180)).svg).one("svg")
    expected, slow = (line["points"].split() for line in svg.all("polyline"))
    assert expected[0].split(",")[1] == slow[0].split(",")[1] == "10"
    assert expected[-1].split(",")[1] == slow[-1].split(",")[1] == "106"
    assert slow[-1].split(",")[0] == "312"


def test_a_drawing_is_named_and_described(language: str) -> None:
    svg = read(projection(course("expected", 90)).svg).one("svg")
    title, described = svg["aria-labelledby"].split()
    assert svg["role"] == "img"
    assert svg.one(id=title).tag == "title"
    assert (
        svg.one(id=described).text
        == {
            "en": "Expected 90 days, on 18 February 2027",
            "zh-hans": "预计 90 天，2027年2月18日还清",
        }[language]
    )


def test_a_projection_in_figures(piece: Callable[..., Piece]) -> None:
    chart = projection(course("fast", 62), course("slow", 500, until=365))
    assert row_texts(chart, piece) == [["Fast", "62", "21 January 2027"], ["Slow", "over 365", "¥5,616.00 left then"]]


def test_a_course_that_does_not_end_says_so() -> None:
    svg = read(projection(course("slow", 500, until=365)).svg).one("svg")
    assert "Slow: not within 365 days, ¥5,616.00 left" in svg.one("desc").text


@pytest.mark.parametrize("courses", [[], [Course("slow", [])]])
def test_a_projection_of_nothing_is_refused(courses: Sequence[Course]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        projection(*courses)


@settings(deadline=None)
@given(
    fast=st.integers(1, 400), more=st.integers(0, 400), most=st.integers(0, 1500), ends=st.booleans(),
)  # fmt: skip
def test_labels_of_a_projection_never_collide(fast: int, more: int, most: int, ends: bool) -> None:
    slowest = fast + more + most
    slow = course("slow", slowest) if ends else course("slow", slowest * 3, until=slowest)
    assert_readable(read(projection(course("fast", fast), course("expected", fast + more), slow).svg).one("svg"))


def test_a_bar_a_day_and_below_the_line_what_is_negative(piece: Callable[..., Piece]) -> None:
    chart = daily_chart("d", "Sales", month(300, -100, 0, 200), currency="CNY")
    bars = read(chart.svg).one("svg").all("rect")
    assert [bar["height"] for bar in bars] == ["72", "24", "0", "48"]
    assert [bar["y"] for bar in bars] == ["10", "82", "82", "34"]
    assert ["below" in bar.classes for bar in bars] == [False, True, False, False]
    assert row_texts(chart, piece)[1] == ["22 October 2026", "−¥100.00"]


def test_a_chart_of_days_is_described() -> None:
    svg = read(daily_chart("d", "Sales", month(300, -100, 0, 200), currency="CNY").svg).one("svg")
    assert svg.one("desc").text == "¥400.00 from 21 October 2026 to 24 October 2026; most on 21 October 2026, ¥300.00"


@settings(deadline=None)
@given(amounts=st.lists(st.integers(-5_000_000, 5_000_000), min_size=1, max_size=62))
def test_labels_of_days_never_collide(amounts: list[int]) -> None:
    assert_readable(read(daily_chart("d", "Sales", month(*amounts), currency="BRL").svg).one("svg"))


def test_a_sparkline_is_a_line_with_a_dot_at_its_end() -> None:
    svg = read(sparkline("s", "Sales", month(1, 5, 3), currency="CNY").svg).one("svg")
    last = svg.one("polyline")["points"].split()[-1]
    assert (svg.one("circle")["cx"], svg.one("circle")["cy"]) == tuple(last.split(","))
    assert svg.all("text") == []


@pytest.mark.parametrize("draw", [daily_chart, sparkline])
def test_a_chart_of_no_days_is_refused(draw: Callable[..., Chart]) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        draw("d", "Sales", [], currency="CNY")


def test_the_component_shows_the_figures_to_everyone(piece: Callable[..., Piece]) -> None:
    chart = projection(course("expected", 90))
    figure = piece("{% include 'components/chart.html' %}", chart=chart).one("figure")
    assert figure.one("summary").text == "Show these figures as a table"
    assert figure.one("table").one("caption").text == "Days until repaid"
    quiet = piece("{% include 'components/chart.html' with quiet=True %}", chart=chart).one("figure")
    assert quiet.all("details") == []
    assert "visually-hidden" in quiet.one("figcaption").classes
    assert quiet.one("table").all("td")


def test_a_title_is_text_and_never_markup() -> None:
    svg = read(sparkline("s", "<script>", month(1), currency="CNY").svg)
    assert svg.one("title").text == "<script>"
    assert svg.all("script") == []
