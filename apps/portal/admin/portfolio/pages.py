"""The pages of the portfolio: read by every role of the admin, taken away by those who may export."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.core.admin import ViewOnlyAdmin
from apps.core.exports import PIECE, csv_answer, xlsx_answer
from apps.core.models import Export
from apps.portal.admin.portfolio import tables
from apps.portal.admin.portfolio.charts import charts_of
from apps.portal.admin.portfolio.query import Asked, AskForm, FigureForm
from apps.portal.formats import format_day
from apps.portal.paging import BY_NUMBER, page_of
from apps.reconciliation.models import DIMENSIONS, PortfolioDay
from apps.reconciliation.portfolio.behind import financings_behind
from apps.reconciliation.portfolio.reading import (
    BALANCES,
    INCOME_ACCOUNTS,
    flows,
    proved,
    rows_of_period,
    stands,
    vintages,
)

FORMATS = ("csv", "xlsx")
OF_ROWS = (
    "financings", "principal_before", *BALANCES, "past_due", *INCOME_ACCOUNTS, "expected", "collected", "goods_owed",
    "goods_value", "goods_room",
)  # fmt: skip
ROW_HEADER = ("date", "currency", *DIMENSIONS, "before", "bucket", *OF_ROWS)
FINANCING_HEADER = (
    "financing", "seller", "seller_name", "product", "pool", "grade", "category", "region", "paid_out_on", "currency",
    "drawn", "stood", "principal", "owed",
)  # fmt: skip


@admin.register(PortfolioDay)
class PortfolioDayAdmin(ViewOnlyAdmin):
    """The dates that were made, and the portfolio on any of them."""

    list_display = ("business_date", "currency", "made_at", "marks_through")
    ordering = ("-business_date",)

    def get_urls(self) -> list[URLPattern]:
        page, behind, take = (
            self.admin_site.admin_view(view) for view in (self.portfolio_view, self.financings_view, self.take_view)
        )
        return [
            path("portfolio/", page, name=self._page("portfolio")),
            path("financings/", behind, name=self._page("financings")),
            path("take/<slug:what>/<slug:kind>/", take, name=self._page("take")),
            *super().get_urls(),
        ]

    def portfolio_view(self, request: HttpRequest) -> HttpResponse:
        """The portfolio at the end of a date: the latest unless another is asked for."""
        form = self._form(request)
        asked = form.asked()
        told = self._figures(asked) if asked else {}
        return self._answer(request, "admin/portfolio.html", form, asked, "rows", {"title": _("Portfolio"), **told})

    def _figures(self, asked: Asked) -> dict[str, Any]:
        found = stands(asked.day, asked.part)
        flowed = flows(asked.first, asked.on, asked.part)
        curves = vintages(asked.day, asked.part)
        checks = proved(asked.day)
        return {
            "lines": tables.headline(asked, found, flowed),
            "charts": charts_of(asked, flowed),
            "buckets": tables.bucket_table(asked, found),
            "rolls": tables.roll_table(asked, found),
            "vintages": [tables.vintage_table(asked, curves, lost=lost) for lost in (False, True)],
            "concentration": tables.concentration(asked, found),
            "pools": tables.pool_table(asked.part.pool),
            "is_proved": not any(one.difference for one in checks),
            "proof": tables.proof_table(asked, checks),
        }

    def financings_view(self, request: HttpRequest) -> HttpResponse:
        """The financings behind a figure of the portfolio."""
        form = self._form(request)
        asked, figure = self._figure(request, form)
        page = page_of(financings_behind(figure), request.GET, key=BY_NUMBER)
        title = _("Financings at the end of %(day)s") % {"day": format_day(asked.on)}
        told = {"title": title, "page": page, "table": tables.financing_table(page.rows)}
        return self._answer(request, "admin/portfolio_financings.html", form, asked, "financings", told)

    def take_view(self, request: HttpRequest, what: str, kind: str) -> HttpResponseBase:
        """The rows of the period, or the financings behind a figure, as a file; who took them is on record first."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request) or not self._may(request, "export"):
            raise PermissionDenied
        if kind not in FORMATS or what not in {"rows", "financings"}:
            raise Http404
        form = self._form(request)
        asked, figure = self._figure(request, form)
        if not form.is_valid():
            raise Http404
        if what == "rows":
            found = rows_of_period(asked.first, asked.on, asked.part)
            return self._taken(request, "portfolio", kind, found, ROW_HEADER, _row_lines(found))
        found = financings_behind(figure).order_by("pk")
        return self._taken(request, "financings", kind, found, FINANCING_HEADER, _financing_lines(found))

    def _form(self, request: HttpRequest) -> AskForm:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return AskForm(request.GET)

    def _figure(self, request: HttpRequest, form: AskForm) -> tuple[Asked, Any]:
        asked = form.asked()
        figure = FigureForm(request.GET).figure(asked) if asked else None
        if asked is None or figure is None:
            raise Http404
        return asked, figure

    def _answer(
        self, request: HttpRequest, template: str, form: AskForm, asked: Asked | None, what: str, told: dict[str, Any]
    ) -> HttpResponse:
        if form.errors:
            messages.error(request, _("These filters are not known here, so all of the latest date is shown."))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "asked": asked,
            "whole": f"{reverse('admin:' + self._page('portfolio'))}?{urlencode(asked.query())}" if asked else "",
            "files": self._files(request, what) if asked and not form.errors else [],
            **told,
        }
        return TemplateResponse(request, template, context)

    def _files(self, request: HttpRequest, what: str) -> list[tuple[str, str]]:
        """What may be taken away of this page: what the button says and where it leads."""
        if not self._may(request, "export"):
            return []
        page = "admin:" + self._page("take")
        labels = {"csv": _("Export as CSV"), "xlsx": _("Export as XLSX")}
        return [(labels[kind], f"{reverse(page, args=[what, kind])}?{request.GET.urlencode()}") for kind in FORMATS]

    def _taken(
        self,
        request: HttpRequest,
        name: str,
        kind: str,
        found: Any,
        header: Sequence[str],
        lines: Iterable[Sequence[Any]],
    ) -> HttpResponseBase:
        Export.objects.create(
            model=found.model._meta.label_lower,
            query=request.GET.urlencode()[:1000],
            columns=list(header),
            rows=found.count(),
            by=request.user.actor,  # type: ignore[union-attr]  # admin_view lets only our users in
            at=timezone.now(),
        )
        if kind == "csv":
            return csv_answer(f"{name}.csv", header, lines)
        return xlsx_answer(f"{name}.xlsx", name, header, lines)


def _row_lines(found: Any) -> Iterator[list[Any]]:
    rows = found.select_related("day", "product", "pool").order_by("pk")
    for one in rows.iterator(PIECE):
        yield [
            one.day.business_date, one.day.currency, one.product.code, one.pool.name, one.grade, one.category,
            one.region, one.before, one.bucket, *(getattr(one, name) for name in OF_ROWS),
        ]  # fmt: skip


def _financing_lines(found: Any) -> Iterator[list[Any]]:
    for one in found.select_related("pool", "offer__assessment").iterator(PIECE):
        yield [
            one.number, one.seller.external_id, one.seller.name, one.version.product.code, one.pool.name,
            one.offer.assessment.grade, one.seller.category, one.seller.region, one.disbursed_on, one.currency,
            one.amount, one.bucket_then, one.principal_then, one.owed_then,
        ]  # fmt: skip
