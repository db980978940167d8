"""What a reader of the portfolio asks for, read from the address and written into links."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.products.models import FinancingProduct, FundingPool
from apps.reconciliation.models import NEW, STANDINGS, UNKNOWN, PortfolioDay
from apps.reconciliation.portfolio.behind import ANY_LATE, Figure
from apps.reconciliation.portfolio.reading import Slice, values_of

PERIODS = (30, 90, 365)
NONE = "-"  # in an address: without a grade, a category or a region
WORDS = ("grade", "category", "region")
WHOLE = "admin:reconciliation_portfolioday_portfolio"
BEHIND = "admin:reconciliation_portfolioday_financings"


@dataclass(frozen=True, slots=True)
class Asked:
    """The date, the slice, and how many days back flows are added up."""

    day: PortfolioDay
    part: Slice
    days: int

    @property
    def on(self) -> date:
        return self.day.business_date

    @property
    def first(self) -> date:
        """The first date of the period, which ends with `on`; both are in it."""
        return self.on - timedelta(days=self.days - 1)

    def query(self) -> dict[str, str]:
        """What makes this page again."""
        chosen = {name: NONE if value == "" else str(value) for name, value in self.part.chosen.items()}
        return {"on": self.on.isoformat(), "days": str(self.days), **chosen}

    def behind(self, **figure: Any) -> str:
        """The address of the financings behind a figure of this slice."""
        told = {name: str(value) for name, value in figure.items() if value is not None and value != ""}
        address = _behind(tuple(self.query().items()))
        return f"{address}&{urlencode(told)}" if told else address

    def narrowed(self, name: str, value: Any) -> str:
        """The address of the financings that owe something, in this slice narrowed further."""
        return replace(self, part=replace(self.part, **{name: value})).behind()


@lru_cache(maxsize=32)  # one page has hundreds of links that begin alike
def _behind(query: tuple[tuple[str, str], ...]) -> str:
    return f"{reverse(BEHIND)}?{urlencode(query)}"


class AskForm(forms.Form):
    """The filters of the portfolio. Every box may stay empty; a date that was not made means the last before."""

    on = forms.DateField(
        required=False, label=gettext_lazy("At the end of"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    days = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, label=gettext_lazy("Income and collections of"),
        choices=(), widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, data: QueryDict) -> None:
        super().__init__({name: data.get(name, "") for name in ("on", "days", "product", "pool", *WORDS)})
        self.fields["days"].choices = [  # type: ignore[attr-defined]  # a choice field
            (days, _("the last %(days)s days") % {"days": days}) for days in PERIODS
        ]
        for name, label, choices in _dimensions():
            self.fields[name] = forms.ChoiceField(
                required=False, label=label, choices=[("", _("all")), *choices], widget=UnfoldAdminSelectWidget
            )

    def asked(self) -> Asked | None:
        """What is asked for; None when no date was ever made. Of a form with errors, the whole of the latest date."""
        told: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        made = PortfolioDay.objects.order_by("-business_date")
        on = told.get("on")
        day = (made.filter(business_date__lte=on).first() if on else None) or made.first()
        if day is None:
            return None
        chosen: dict[str, Any] = {name: int(told[name]) for name in ("product", "pool") if told.get(name)}
        chosen |= {name: "" if told[name] == NONE else told[name] for name in WORDS if told.get(name)}
        return Asked(day, Slice(**chosen), told.get("days") or PERIODS[0])


def _dimensions() -> Iterator[tuple[str, str, Sequence[tuple[str, str]]]]:
    language = get_language() or "en"
    products = FinancingProduct.objects.order_by("name")
    yield "product", _("Product"), [(str(one.pk), one.local_name(language)) for one in products]
    yield "pool", _("Funding pool"), [(str(one.pk), one.name) for one in FundingPool.objects.order_by("name")]
    known = values_of(WORDS)
    for name, label in zip(WORDS, (_("Grade"), _("Category"), _("Region")), strict=True):
        yield name, label, [(value or NONE, value or _("none")) for value in known[name]]


class FigureForm(forms.Form):
    """Which figure of a slice is opened."""

    bucket = forms.ChoiceField(required=False, choices=[(name, name) for name in (ANY_LATE, *STANDINGS)])
    before = forms.ChoiceField(required=False, choices=[(name, name) for name in (NEW, UNKNOWN, *STANDINGS)])
    moved = forms.BooleanField(required=False)
    month = forms.DateField(required=False)
    late_by = forms.IntegerField(required=False, min_value=0, max_value=120)
    lost_by = forms.IntegerField(required=False, min_value=0, max_value=120)
    seller = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def figure(self, asked: Asked) -> Figure | None:
        """The figure, or None when the address tells of none."""
        if not self.is_valid():
            return None
        told = dict(self.cleaned_data)
        month: date | None = told.pop("month")
        since = asked.first if told.pop("moved") else None
        return Figure(asked.on, asked.part, since=since, month=month and month.replace(day=1), **told)
