"""Admin bases. Rights come from the person's role (users.models.RIGHTS); buttons call the services everyone calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from apps.core.exports import PIECE, csv_answer
from apps.core.history import history_of, names_of
from apps.core.models import AmountField, Export, RateField, Transition
from apps.core.shares import share_typed
from apps.core.wording import money_text, number_text, share_text


@dataclass(frozen=True, slots=True)
class Step:
    """A button on a row's page: the verb that it takes, what it says, whether it asks for a reason, and which right it
    takes: to change the row, or to decide on it."""

    verb: str
    label: Any
    needs_reason: bool = False
    is_main: bool = False
    right: str = "change"


class TrimmedDecimalField(forms.DecimalField):
    """Shows 0.04 and 1000 where the column keeps 0.04000000 and 1000.0000."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return format(value.normalize(), "f")
        return super().prepare_value(value)


class ShareField(TrimmedDecimalField):
    """A share of one, typed as 0.18 or 18%; a rate in the wrong unit is told what it would mean."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # stubs: an IntegerField
        return None if value in self.empty_values else share_typed(str(value))


class RefusingForm(forms.ModelForm[Any]):
    """A form whose row a service will write: what the service would refuse of it is said on the form."""

    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    def check(self) -> None:
        """The service's own check of `instance` and what was typed; raises one of `refusals`."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's stubs leave it out
        if not self.errors:
            try:
                self.check()
            except self.refusals as refusal:
                self.add_error(None, str(refusal))


class GranaryAdmin(ModelAdmin):
    """A page a row with its state history beneath and a button for each step that the person may take now.

    Nothing is ever deleted here: no role has that right.
    """

    steps: ClassVar[Sequence[Step]] = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    change_form_outer_before_template: Any = "admin/steps.html"
    change_form_outer_after_template: Any = "admin/after_form.html"
    formfield_overrides: ClassVar[dict[Any, Any]] = {  # type: ignore[misc]  # unfold sets it on the instance
        AmountField: {"form_class": TrimmedDecimalField, "widget": UnfoldAdminDecimalFieldWidget},
        RateField: {"form_class": ShareField, "widget": UnfoldAdminTextInputWidget},
    }
    list_before_template: Any = "admin/export.html"
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    list_filter_submit = False
    actions = None

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        """The steps that this person may take with `row` now."""
        return [step for step in self.steps if self.may_take(request, step) and row.can(step.verb)]

    def may_take(self, request: HttpRequest, step: Step) -> bool:
        """Whether this person's role lets them take `step` with rows of this model at all."""
        return self._may(request, step.right)

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}"))

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        """Call the service behind a button; answers the row to show next, when it is another one."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        step, export = (self.admin_site.admin_view(view) for view in (self.step_view, self.export_view))
        return [
            path("<int:object_id>/step/<slug:verb>/", step, name=self._page("step")),
            path("export/", export, name=self._page("export")),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may_export = {"may_export": self._may(request, "export")}
        return super().changelist_view(request, extra_context=may_export | (extra_context or {}))

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as its filters leave it, every page of it, as CSV; who took what is on record before it is sent."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request) or not self._may(request, "export"):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            messages.error(request, _("These filters are not known here. Nothing was exported."))
            return HttpResponseRedirect(reverse(f"admin:{self._page('changelist')}"))
        names = [name for name in self.get_list_display(request) if name != "action_checkbox"]
        header = [str(label_for_field(name, self.model, self)) for name in names]
        Export.objects.create(
            model=self.model._meta.label_lower,
            query=request.GET.urlencode()[:1000],
            columns=header,
            rows=rows.count(),
            by=request.user.actor,  # type: ignore[union-attr]  # admin_view lets only our users in
            at=timezone.now(),
        )
        lines = ([lookup_field(name, row, self)[2] for name in names] for row in rows.iterator(PIECE))
        return csv_answer(f"{self.opts.model_name}.csv", header, lines)

    def step_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Take one step; what the service refuses is said in its words, and nothing was changed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        if not any(step.verb == verb and self.may_take(request, step) for step in self.steps):
            raise PermissionDenied
        shown: models.Model = row
        try:
            reason = request.POST.get("reason", "")[:300]
            by = request.user.actor  # type: ignore[union-attr]  # admin_view lets only our users in
            row.latest_shown = request.POST.get("latest_shown", "")  # of its history, on the page with the button
            shown = self.take_step(verb, row=row, reason=reason, at=timezone.now(), by=by) or row
        except self.refusals as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Done."))
        opts = shown._meta
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[shown.pk]))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context["steps"] = self.steps_for(request, row)
            context["transitions"] = history_of(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def _page(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"


class ViewOnlyAdmin(GranaryAdmin):
    """Rows that only services write: everyone with a right to view sees them, nobody edits them here."""

    paginator = InfinitePaginator  # counts nothing: some of these tables have millions of rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ViewOnlyInline(TabularInline):
    """Child rows shown beneath a parent, never edited."""

    extra = 0
    per_page: Any = 50
    ordering: ClassVar[Any] = ("pk",)
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, *args: Any) -> Any:
        return self.fields or ()

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False


def person(name: str, description: Any) -> Callable[[Any, Any], str]:
    """A read-only field that shows the name of the actor in column `name`."""

    @admin.display(description=description)
    def field(_admin: Any, row: Any) -> str:
        actor = getattr(row, name)
        return names_of([actor])[actor]

    return field


def money(
    name: str, description: Any, currency: str = "currency", *, is_column: bool = True
) -> Callable[[Any, Any], str]:
    """A list column that shows the amount `name` in the row's `currency` (a dotted path): CNY 10,400.00.

    With `is_column` false the amount is computed, so that the list cannot be ordered by it.
    """

    @admin.display(description=description, ordering=name if is_column else None)
    def column(_admin: Any, row: Any) -> str:
        amount = getattr(row, name)
        code = row
        for part in currency.split("."):
            code = getattr(code, part)
        return "" if amount is None else money_text(amount, code)

    return column


def quantity(name: str, description: Any, unit: str = "unit") -> Callable[[Any, Any], str]:
    """A column that shows the quantity `name` in the row's `unit` (a dotted path): 1,480.5 kg."""

    @admin.display(description=description, ordering=name)
    def column(_admin: Any, row: Any) -> str:
        number = getattr(row, name)
        measure = row
        for part in unit.split("."):
            measure = getattr(measure, part)
        return "" if number is None else f"{number_text(number)}\N{NO-BREAK SPACE}{measure}"

    return column


def share(name: str, description: Any) -> Callable[[Any, Any], str]:
    """A list column that shows the share of one `name` as percent."""

    @admin.display(description=description, ordering=name)
    def column(_admin: Any, row: Any) -> str:
        return share_text(getattr(row, name))

    return column


@admin.register(Export)
class ExportAdmin(ViewOnlyAdmin):
    """Who took which list away."""

    list_display = ("at", "by", "model", "query", "rows")
    list_filter = ("model",)
    search_fields = ("by__exact",)
    ordering = ("-id",)


@admin.register(Transition)
class TransitionAdmin(ViewOnlyAdmin):
    list_display = ("at", "model", "object_id", "verb", "source", "target", "by", "reason")
    list_filter = ("model",)
    search_fields = ("object_id__exact", "by__exact")
    ordering = ("-id",)
