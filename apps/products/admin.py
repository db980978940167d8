"""Products and the versions of their terms. A draft is edited here; every other step is a button."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from apps.core.admin import GranaryAdmin, Step, TrimmedDecimalField, ViewOnlyInline, money, person, share
from apps.core.wording import money_text
from apps.products import services
from apps.products.forms import ProductForm, TermsForm, field_of_term
from apps.products.groups import OTHER_TERMS, REASON, TERMS
from apps.products.models import FinancingProduct, LendingPolicy, ProductVersion, ProvisionClass
from apps.products.wording import differences, term_text
from apps.tenants.services import current_platform

IN_WORDS = "_in_words"


class VersionInline(ViewOnlyInline):
    model = ProductVersion
    verbose_name_plural = _("versions")
    fields = ("number", "state", "least_money", "most_money")
    least_money = money("minimum_amount", _("least amount"), "product.pool.currency")
    most_money = money("maximum_amount", _("largest amount"), "product.pool.currency")
    ordering = ("-number",)


@admin.register(FinancingProduct)
class FinancingProductAdmin(GranaryAdmin):
    """A new product leads straight to the first draft of its terms."""

    form = ProductForm
    list_display = ("name", "name_zh", "code", "technique", "pool")
    list_select_related = ("pool",)
    list_filter = ("technique", "pool")
    search_fields = ("name", "name_zh", "code")
    ordering = ("name",)
    fields = (
        "technique", "code", "name", "name_zh", "pool", "pause_days", "lower_share_days", "lowest_part",
        "more_instalments", "extension_days", "pauses_a_year", "days_between_pauses",
    )  # fmt: skip
    inlines = (VersionInline,)
    steps = (Step("new_version", _("New version"), is_main=True),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What contracts rest on stays as it was once a version has left draft."""
        if obj is not None and obj.versions.exclude(state="draft").exists():
            return ["technique", "code", "pool"]
        return []

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        version = services.new_version(product_id=obj.pk, at=timezone.now(), by=by)
        messages.success(request, _("The product is there. Now its terms: they are a draft until you send them on."))
        return HttpResponseRedirect(reverse("admin:products_productversion_change", args=[version.pk]))

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        return [step for step in self.steps if self.may_take(request, step)]

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        return services.new_version(product_id=row.pk, at=at, by=by)


STANDING = (None, {"fields": ("product", "number", "state", "maker", "approver")})


@admin.register(ProductVersion)
class ProductVersionAdmin(GranaryAdmin):
    form = TermsForm
    list_display = ("product", "number", "state", "fee", "interest", "of_sales", "least_money", "most_money")
    list_select_related = ("product__pool",)
    fee = share("fee_rate", _("flat fee"))
    interest = share("annual_rate", _("interest a year"))
    of_sales = share("sweep_rate", _("share of sales kept"))
    least_money = money("minimum_amount", _("least amount"), "product.pool.currency")
    most_money = money("maximum_amount", _("largest amount"), "product.pool.currency")
    list_filter = ("state", "product")
    ordering = ("product__name", "-number")
    readonly_fields = ("product", "number", "state", "maker", "approver")
    maker = person("made_by", _("made by"))
    approver = person("approved_by", _("approved by"))
    refusals = (services.VersionRefused,)
    steps = (
        Step("submit", _("Send to review"), is_main=True),
        Step("approve", _("Approve and put on offer"), is_main=True, right="decide"),
        Step("send_back", _("Send back to the maker"), needs_reason=True, right="decide"),
        Step("retire", _("Take off offer"), needs_reason=True, right="decide"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only what matters to the product's technique: boxes for who may edit the version, words for all others."""
        groups = TERMS.get(obj.product.technique if obj else "", OTHER_TERMS)
        if obj is None or self.has_change_permission(request, obj):
            return (STANDING, *groups, REASON)
        return (
            STANDING,
            *((title, {**one, "fields": [f"{name}{IN_WORDS}" for name in one["fields"]]}) for title, one in groups),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        worded = [f"{name}{IN_WORDS}" for name in services.COPIED]
        return [*self.readonly_fields, *worded]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A version begins as a copy: by the button on its product."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == "draft")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A form that comes in after its draft has moved on is told so, and what was typed is not kept."""
        version = self.get_object(request, object_id) if request.method == "POST" else None
        if version is not None and version.state != "draft" and super().has_change_permission(request, None):
            messages.error(request, _("This version is no longer a draft, so what you typed was not saved. Ask its "
                                      "reviewer to send it back, or make a new version."))  # fmt: skip
            return HttpResponseRedirect(reverse("admin:products_productversion_change", args=[version.pk]))
        return super().change_view(request, object_id, form_url, extra_context)

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        steps = super().steps_for(request, row)
        return [step for step in steps if step.verb != "approve" or services.can_approve(version=row, by=by)]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        said = {"label": capfirst(db_field.verbose_name), "help_text": db_field.help_text}
        own = field_of_term(db_field.name, **said)
        if own is not None:
            return own
        if db_field.name in {"penalty_per_thousand", "minimum_pace"}:  # thousandths and times, not shares
            kwargs |= {"form_class": TrimmedDecimalField, "widget": UnfoldAdminDecimalFieldWidget}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.compare_view)
        return [path("<int:object_id>/compare/", view, name=self._page("compare")), *super().get_urls()]

    def compare_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The terms in which two versions differ, in words; beside the one before it unless another is asked for."""
        version = self.get_object(request, str(object_id))
        if version is None or not self.has_view_permission(request, version):
            raise Http404
        versions = ProductVersion.objects.select_related("product__pool").order_by("product__name", "-number")
        asked = request.GET.get("with", "")
        other = versions.filter(pk=asked).first() if asked.isdecimal() else before(version)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What is different"),
            "opts": self.opts,
            "version": version,
            "other": other,
            "versions": versions.exclude(pk=version.pk),
            "differences": differences(other, version) if other else [],
        }
        return TemplateResponse(request, "admin/products/compare.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        version = kwargs.get("obj")
        if version is not None:
            stored = ProductVersion.objects.select_related("product__pool").get(pk=version.pk)
            context["former"] = former = before(stored)
            context["differences"] = differences(former, stored) if former else []
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        try:
            changed = [name for name in form.changed_data if name != "why"]
            why = form.cleaned_data["why"]
            services.save_draft(version=obj, changed=changed, at=timezone.now(), by=by, why=why)
        except services.VersionRefused as refusal:
            raise PermissionDenied(str(refusal)) from refusal

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "submit":
            return services.submit_version(version_id=row.pk, at=at, by=by)
        if verb == "approve":
            seen = int(row.latest_shown) if row.latest_shown.isdecimal() else None
            return services.approve_version(version_id=row.pk, seen=seen, at=at, by=by)
        if verb == "send_back":
            return services.send_back_version(version_id=row.pk, reason=reason, at=at, by=by)
        return services.retire_version(version_id=row.pk, reason=reason, at=at, by=by)


def _in_words(name: str) -> Callable[[Any, ProductVersion], str]:
    """A read-only field that says the term `name` as a reader would."""

    @admin.display(description=ProductVersion._meta.get_field(name).verbose_name)
    def field(_admin: Any, version: ProductVersion) -> str:
        return term_text(version, name)

    return field


for term in services.COPIED:
    setattr(ProductVersionAdmin, f"{term}{IN_WORDS}", _in_words(term))


def before(version: ProductVersion) -> ProductVersion | None:
    """The version that `version` is to replace, or has replaced: the active one, else the one before it."""
    others = ProductVersion.objects.select_related("product__pool").filter(product_id=version.product_id)
    earlier = others.filter(number__lt=version.number).order_by("-number")
    return earlier.filter(state="active").first() or earlier.first()


@admin.register(LendingPolicy)
class LendingPolicyAdmin(GranaryAdmin):
    """The bounds that every product is held against. One row; what it was stays on the evidence log."""

    list_display = ("rates", "sales", "two_above", "answer_days", "because", "setter", "set_at")
    fields = (*services.BOUNDS, "because", "setter", "set_at")
    readonly_fields = ("setter", "set_at")
    ordering = ("id",)
    rates = share("rate_cap", _("highest annualised rate"))
    sales = share("sweep_cap", _("largest share of sales"))
    setter = person("set_by", _("set by"))

    @admin.display(description=_("two approvers above"), ordering="second_above")
    def two_above(self, row: LendingPolicy) -> str:
        return money_text(row.second_above, current_platform().currency)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not LendingPolicy.objects.exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        said = {name: form.cleaned_data[name] for name in (*services.BOUNDS, "because")}
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        services.set_policy(**said, at=timezone.now(), by=by)


@admin.register(ProvisionClass)
class ProvisionClassAdmin(GranaryAdmin):
    """Without a class that begins at day 0, the usual five of the supervisors hold."""

    list_display = ("code", "first_day", "rate_share")
    ordering = ("first_day",)
    fields = ("code", "first_day", "rate")
    rate_share = share("rate", _("share set aside"))
