"""The portfolio over its period, drawn. Amounts in the platform's currency."""

from collections.abc import Sequence
from itertools import accumulate

from django.utils.translation import gettext as _

from apps.portal.admin.portfolio.query import Asked
from apps.portal.charts import Chart, Run, lines_chart
from apps.reconciliation.portfolio.reading import Flow

POINTS = 16  # more than so many say no more on a chart, and make its table long


def charts_of(asked: Asked, flows: Sequence[Flow]) -> list[Chart]:
    """What was owed, what was collected beside what was expected, and what was earned; none of fewer than two dates."""
    if len(flows) < 2:
        return []
    currency, places = asked.day.currency, _places(len(flows))
    days = [flows[place].day for place in places]

    def run(label: str, tone: str, name: str, *, sums: bool) -> Run:
        amounts = [getattr(one, name) for one in flows]
        told = list(accumulate(amounts)) if sums else amounts
        return Run(label, tone, [told[place] for place in places])  # type: ignore[arg-type]  # a Tone

    def chart(name: str, title: str, *runs: Run) -> Chart:
        return lines_chart(name, title, days, runs, currency=currency)

    return [
        chart("owed", _("Owed, and of it past due"), run(_("owed"), "expected", "owed", sums=False),
              run(_("past due"), "slow", "past_due", sums=False)),
        chart("collected", _("Collected against expected, since the period began"),
              run(_("collected"), "expected", "collected", sums=True),
              run(_("expected"), "slow", "expected", sums=True)),
        chart("income", _("Income since the period began"), run(_("income"), "expected", "income", sums=True)),
    ]  # fmt: skip


def _places(count: int) -> list[int]:
    """At most POINTS places of `count`, evenly apart, the last among them."""
    step = -(-count // POINTS)
    return list(range((count - 1) % step, count, step))
