"""Charts drawn on the server as SVG: nothing to load, nothing to run, and the same figures beside them as a table.

Pure functions: Decimals in, text out, in the active language. Colours come from classes in `static/granary.css`.
A chart is drawn 320 units wide, as wide as the screen of a small phone (lines side by side are for the admin, and
wider), and no label covers another there.
"""

from apps.portal.charts.daily import DailySum, daily_chart, seconds_line, sparkline
from apps.portal.charts.frame import Chart
from apps.portal.charts.lines import Run, Tone, lines_chart
from apps.portal.charts.projection import Balance, Course, projection_chart

__all__ = [
    "Balance",
    "Chart",
    "Course",
    "DailySum",
    "Run",
    "Tone",
    "daily_chart",
    "lines_chart",
    "projection_chart",
    "seconds_line",
    "sparkline",
]
