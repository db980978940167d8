"""The portfolio over its period, drawn. Amounts in the platform's currency."""

from collections.abc import Sequence
from itertools import accumulate

from django.utils.translation import gettext as _

from apps.portal.admin.portfolio.query import Asked
from apps.portal.charts import Chart, Run, Tone, lines_chart
from apps.reconciliation.portfolio.reading import Flow, levels

POINTS = 12  # one a month of the longest period: more say no more on a chart, and make its table long


def charts_of(asked: Asked, flows: Sequence[Flow]) -> list[Chart]:
    """What was owed, what was collected beside what was expected, and what was earned; none of fewer than two dates."""
    if len(flows) < 2:
        return []
    currency, places = asked.day.currency, _places(len(flows))
    days = [flows[place].day for place in places]
    ends = levels(days, asked.part)

    def level(label: str, tone: Tone, name: str) -> Run:
        return Run(label, tone, [getattr(ends[day], name) for day in days])

    def since_the_start(label: str, tone: Tone, name: str) -> Run:
        told = list(accumulate(getattr(one, name) for one in flows))
        return Run(label, tone, [told[place] for place in places])

    def chart(name: str, title: str, *runs: Run) -> Chart:
        return lines_chart(name, title, days, runs, currency=currency)

    return [
        chart("owed", _("Owed, and of it past due"), level(_("owed"), "expected", "owed"),
              level(_("past due"), "slow", "past_due")),
        chart("collected", _("Collected against expected, since the period began"),
              since_the_start(_("collected"), "expected", "collected"),
              since_the_start(_("expected"), "slow", "expected")),
        chart("income", _("Income since the period began"), since_the_start(_("income"), "expected", "income")),
    ]  # fmt: skip


def _places(count: int) -> list[int]:
    """At most POINTS places of `count`, evenly apart, the last among them."""
    step = -(-count // POINTS)
    return list(range((count - 1) % step, count, step))
