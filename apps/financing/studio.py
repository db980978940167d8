"""The studio: a version's page in the admin, with what its terms do beside them as they are typed.

Products know no prices, so the page stands here. Nothing that is previewed is kept.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.money import is_payable
from apps.core.wording import day_text, money_text, share_text
from apps.financing.cautions import Bounds, Typical, cautions
from apps.financing.illustration import Example, Illustration, illustrate
from apps.financing.papers import contract_pdf
from apps.financing.services.samples import bounds_of, example_of, sample_contract, typical_seller
from apps.products.admin import ProductVersionAdmin
from apps.products.models import ProductVersion
from apps.products.terms import SALES
from apps.products.wording import condition_text
from apps.tenants.services import current_platform

PANEL = "admin/products/panel.html"

admin.site.unregister(ProductVersion)


@admin.register(ProductVersion)
class StudioAdmin(ProductVersionAdmin):
    """The page of a version: beside the terms what a seller would read, what it costs, and what to think about."""

    change_form_outer_after_template: Any = "admin/products/studio.html"

    class Media:
        css = {"all": ["studio.css"]}

    def get_urls(self) -> list[URLPattern]:
        preview, contract = (self.admin_site.admin_view(view) for view in (self.preview_view, self.contract_view))
        return [
            path("<int:object_id>/preview/", preview, name=self._page("preview")),
            path("<int:object_id>/contract/", contract, name=self._page("contract")),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        version = kwargs.get("obj")
        if version is not None and "panel" not in context:
            stored = ProductVersion.objects.select_related("product__pool").get(pk=version.pk)
            context["panel"] = panel_of(stored, _today(), request.POST or request.GET)
        return super().render_change_form(request, context, *args, **kwargs)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The panel of the terms as typed, or as stored where there is no form: alone for htmx, else in the page."""
        version = self._version(request, object_id)
        page = reverse("admin:products_productversion_change", args=[version.pk])
        if request.method != "POST":
            return HttpResponseRedirect(page)
        form = self._typed(request, version)
        if form is None or form.is_valid():
            panel = panel_of(version, _today(), request.POST)
        else:
            panel = {"errors": errors_of(form)}
        if getattr(request, "htmx", False):
            return render(request, PANEL, {"panel": panel, "original": version})
        if form is None:
            asked = {name: request.POST.get(name, "") for name in ("example_amount", "example_sales")}
            return HttpResponseRedirect(f"{page}?{urlencode(asked)}")
        return self._page_with(request, version, form, panel, page)

    def contract_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The contract of these terms, as stored or as typed, with nobody's name in it, as a PDF."""
        version = self._version(request, object_id)
        form = self._typed(request, version) if request.method == "POST" else None
        if form is not None and not form.is_valid():
            return render(request, "admin/products/no_contract.html", {"errors": errors_of(form)}, status=422)
        example = _example(version, typical_seller(_today()), bounds_of(version), request.POST)
        shown = illustrate(version.terms, _today(), example)
        if shown is None:
            said = [_("The terms say too little yet for a contract. Fill in how it is repaid.")]
            return render(request, "admin/products/no_contract.html", {"errors": said}, status=422)
        language = request.GET.get("language") or get_language() or "en"
        stated = sample_contract(version, shown, example, _today())
        return HttpResponse(
            contract_pdf(stated, language),
            content_type="application/pdf",
            headers={"Content-Disposition": 'inline; filename="sample.pdf"'},
        )

    def _version(self, request: HttpRequest, object_id: int) -> ProductVersion:
        if not self.has_view_permission(request):
            raise PermissionDenied
        version = ProductVersion.objects.select_related("product__pool").filter(pk=object_id).first()
        if version is None:
            raise Http404
        return version

    def _typed(self, request: HttpRequest, version: ProductVersion) -> ModelForm[Any] | None:
        """The form as typed, over `version`, which takes the typed terms when it is checked; None where it has none."""
        if not self.has_change_permission(request, version):
            return None
        form: ModelForm[Any] = self.get_form(request, version, change=True)(request.POST, instance=version)
        return form

    def _page_with(
        self, request: HttpRequest, version: ProductVersion, form: ModelForm[Any], panel: dict[str, Any], page: str
    ) -> HttpResponse:
        """The version's page, with `form` as typed in it, for browsers without script."""
        context = {
            **self.admin_site.each_context(request),
            "title": str(version),
            "adminform": AdminForm(
                form,
                list(self.get_fieldsets(request, version)),
                {},
                self.get_readonly_fields(request, version),
                model_admin=self,
            ),
            "object_id": str(version.pk),
            "original": version,
            "is_popup": False,
            "to_field": None,
            "media": self.media + form.media,
            "inline_admin_formsets": [],
            "errors": AdminErrorList(form, []),
            "panel": panel,
        }
        answer: HttpResponse = self.render_change_form(
            request, context, add=False, change=True, obj=version, form_url=page
        )
        return answer


def _today() -> date:
    return current_platform().business_date(timezone.now())


def errors_of(form: ModelForm[Any]) -> list[str]:
    """What has to be mended, each with the box that it is about."""
    return [
        f"{form.fields[name].label}: {strip_tags(str(error))}" if name in form.fields else strip_tags(str(error))
        for name, errors in form.errors.items()
        for error in errors
    ]


def panel_of(version: ProductVersion, on: date, asked: Any) -> dict[str, Any]:
    """Everything that the panel says about the terms of `version`; `asked` may name another example."""
    terms, currency = version.terms, version.product.pool.currency
    typical, bounds = typical_seller(on), bounds_of(version)
    example = _example(version, typical, bounds, asked)
    shown = illustrate(terms, on, example)
    return {
        "illustration": illustration_in_words(shown, currency) if shown else None,
        "technique": terms.technique,
        "cautions": cautions(terms, version.conditions, shown, typical, bounds),
        "conditions": [condition_text(one, currency) for one in version.conditions],
        "purposes": version.purpose_names,
        "documents": version.document_names,
        "is_typical": typical is not None and terms.technique == SALES,
        "example_amount": asked.get("example_amount", ""),
        "example_sales": asked.get("example_sales", ""),
    }


def _example(version: ProductVersion, typical: Typical | None, bounds: Bounds, asked: Any) -> Example:
    """The typical seller's example, with the amount and the daily sales that were asked for instead."""
    usual = example_of(version.terms, typical, bounds)
    currency = version.terms.currency
    amount, sales = (_amount(asked.get(name), currency) for name in ("example_amount", "example_sales"))
    return Example(amount or usual.amount, sales or usual.daily_sales, usual.monthly, usual.known_on)


def _amount(text: str | None, currency: str) -> Decimal | None:
    """A payable amount above 0 as typed; None for everything else, which leaves the usual example."""
    try:
        amount = Decimal((text or "").replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if is_payable(amount, currency) and amount > 0 else None


def illustration_in_words(shown: Illustration, currency: str) -> dict[str, Any]:
    """The example with its money and rates as a reader writes them."""
    return {
        "amount": money_text(shown.cost.amount, currency),
        "charge": money_text(shown.cost.charge, currency),
        "total": money_text(shown.cost.total, currency),
        "annualised_rate": share_text(shown.cost.annualised_rate),
        "daily_sales": money_text(shown.daily_sales, currency) if shown.daily_sales else "",
        "days": shown.days,
        "cases": [
            {"case": one.case, "days": one.days, "annualised_rate": share_text(one.effective_rate)}
            for one in shown.cases
        ],
        "minimums": _dated([(last, least) for _first, last, least in shown.minimums], currency),
        "schedule": _dated([(row.due_on, row.amount) for row in shown.schedule], currency),
        "worst": {
            "on": day_text(shown.worst.on),
            "charge": money_text(shown.worst.charge, currency),
            "penalty": money_text(shown.worst.penalty, currency) if shown.worst.penalty else "",
            "annualised_rate": share_text(shown.worst.annualised_rate),
        }
        if shown.worst
        else None,
    }


def _dated(rows: Sequence[tuple[date, Decimal]], currency: str) -> list[dict[str, str]]:
    return [{"on": day_text(day), "amount": money_text(amount, currency)} for day, amount in rows]
