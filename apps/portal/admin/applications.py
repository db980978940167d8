"""The queue of applications that people decide, and the page on which they do."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import Step, ViewOnlyAdmin, money
from apps.core.history import names_of
from apps.financing.models import Application
from apps.financing.refusals import OfferRefused, RequestRefused, SellerBusy
from apps.financing.services import (
    approve_receipt_loan,
    approve_request,
    ask_seller,
    refuse_receipt_loan,
    refuse_request,
    take_up,
)
from apps.ledger.calendar import booking_date
from apps.portal.deciding import ApproveForm, QuestionForm, RefuseForm, page_of
from apps.portal.doors import shown_date
from apps.portal.formats import format_day
from apps.portal.states import staff_label
from apps.tenants.services import current_platform
from apps.warehousing.refusals import PledgeRefused

REFUSED = 422
GOODS_STEPS = frozenset({"approve", "reject"})


class QueueFilter(admin.SimpleListFilter):
    """What waits for whom; without a choice, what waits for a decision."""

    title = gettext_lazy("waits for")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("seller", _("the seller's answer")), ("decided", _("nothing: decided by people")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        """As ever, but that the first choice is the queue and not everything."""
        first, *others = super().choices(changelist)
        return [{**first, "display": _("a decision")}, *others]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        if self.value() == "seller":
            return queryset.filter(state="info_requested")
        if self.value() == "decided":
            return queryset.outside_policy().exclude(state__in=["under_review", "info_requested"])
        return queryset.filter(state="under_review")


class HolderFilter(admin.SimpleListFilter):
    """Who has it."""

    title = gettext_lazy("who has it")
    parameter_name = "holder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("I")), ("nobody", _("nobody yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(held_by=request.user.actor)  # type: ignore[union-attr]  # the admin lets only ours in
        return queryset.filter(held_by="") if self.value() == "nobody" else queryset


@admin.register(Application)
class ApplicationAdmin(ViewOnlyAdmin):
    """First what waits for a decision, the one that was promised first on top."""

    list_display = (
        "asked", "product_code", "requested_money", "proposed_money", "age", "promised", "holder", "state",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("seller",)
    list_filter = (QueueFilter, HolderFilter, "version__product")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("answer_by", "-id")
    list_before_template: Any = "admin/approvals/queue.html"
    exclude = ("decision", "cautions", "reasons", "held_by", "proposed_by", "approved_by")
    # The financier's word on a loan that waits for one, once the warehouse has counted the goods; all others are
    # decided on a page of their own.
    steps = (
        Step("take_up", gettext_lazy("I see to it"), right="decide"),
        Step("approve", gettext_lazy("Take the goods in and approve"), is_main=True, right="decide"),
        Step("reject", gettext_lazy("Refuse"), needs_reason=True, right="decide"),
    )
    refusals = (OfferRefused, PledgeRefused, SellerBusy)
    requested_money = money("requested_amount", gettext_lazy("asked for"))
    proposed_money = money("proposed_amount", gettext_lazy("approved by one"))

    @admin.display(description=gettext_lazy("seller"), ordering="seller__name")
    def asked(self, row: Application) -> str:
        name = "decide" if row.cautions else "change"
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{self._page(name)}", args=[row.pk]), row.seller.name)

    @admin.display(description=gettext_lazy("days old"), ordering="business_date")
    def age(self, row: Application) -> int:
        return (shown_date(timezone.now()) - row.business_date).days

    @admin.display(description=gettext_lazy("answer by"), ordering="answer_by")
    def promised(self, row: Application) -> str:
        if row.answer_by is None:
            return ""
        is_late = row.state == "under_review" and row.answer_by < shown_date(timezone.now())
        return _("late: %(day)s") % {"day": format_day(row.answer_by)} if is_late else format_day(row.answer_by)

    @admin.display(description=gettext_lazy("who has it"))
    def holder(self, row: Application) -> str:
        return str(getattr(row, "holder_name", row.held_by))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the names of those who have what, read in one statement."""
        listed = super().get_changelist_instance(request)
        rows = list(listed.result_list)
        names = names_of({row.held_by for row in rows if row.held_by})
        for row in rows:
            row.holder_name = names.get(row.held_by, "")
        listed.result_list = rows
        return listed

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [path("<int:object_id>/decide/", decide, name=self._page("decide")), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """What people decide has a page of its own."""
        asked = Application.objects.outside_policy().filter(pk=object_id) if object_id.isdecimal() else None
        if request.method == "GET" and asked is not None and asked.exists():
            return HttpResponseRedirect(reverse(f"admin:{self._page('decide')}", args=[object_id]))
        return super().change_view(request, object_id, form_url, extra_context)

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        """A loan on goods is decided by buttons; on all others there is a page."""
        return [one for one in super().steps_for(request, row) if bool(row.cautions) != (one.verb in GOODS_STEPS)]

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        if verb == "take_up":
            return take_up(application_id=row.pk, at=at, by=by)
        if row.cautions:
            raise RequestRefused(_("This request is decided on its own page. Nothing was changed."))
        today = booking_date(current_platform().business_date(at))
        if verb == "approve":
            approve_receipt_loan(application_id=row.pk, business_date=today, at=at, by=by)
            return None
        refuse_receipt_loan(application_id=row.pk, reason=reason, business_date=today, at=at, by=by)
        return None

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A request with all that a decision rests on; a POST decides, and what is refused keeps what was typed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self._request(object_id)
        if request.method != "POST":
            return self._page_with(request, found, {})
        if not self._may(request, "decide"):
            raise PermissionDenied
        return self._decide(request, found)

    def _decide(self, request: HttpRequest, found: Application) -> HttpResponse:
        verb = request.POST.get("verb", "")
        form = _form(verb, request.POST, found)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
                done = _act(verb, found.pk, form.cleaned_data, at=timezone.now(), by=by)
            except (OfferRefused, SellerBusy) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _said(verb, done))
                return HttpResponseRedirect(reverse(f"admin:{self._page('decide')}", args=[found.pk]))
        return self._page_with(request, self._request(found.pk), {verb: form}, REFUSED)

    def _request(self, object_id: int) -> Application:
        rows = Application.objects.outside_policy().select_related(
            "seller", "offer__assessment", "offer__version__product__pool", "version__product__pool"
        )
        found = rows.filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

    def _page_with(
        self, request: HttpRequest, found: Application, typed: dict[str, forms.Form], status: int = 200
    ) -> HttpResponse:
        page = page_of(
            found,
            on=shown_date(timezone.now()),
            reader=request.user.actor,  # type: ignore[union-attr]  # the admin lets only our users in
            may_decide=self._may(request, "decide"),
        )
        if page["forms"] is None:
            page["refusal"] = " ".join(str(error) for form in typed.values() for error in form.non_field_errors())
        else:
            for verb, form in typed.items():  # what was typed, over the figures of now
                form.data = {**request.POST.dict(), "seen": page["forms"]["approve"].initial["seen"]}
                if verb == "refuse":
                    form.data["reasons"] = request.POST.getlist("reasons")
            page["forms"] |= typed
        context = {
            **self.admin_site.each_context(request),
            "title": _("A request of %(seller)s") % {"seller": found.seller.name},
            "opts": self.opts,
            "original": found,
            "steps": self.steps_for(request, found),
            "state": staff_label("application", found.state),
            **page,
        }
        return TemplateResponse(request, "admin/approvals/decide.html", context, status=status)


def _form(verb: str, typed: Any, found: Application) -> forms.Form | None:
    if verb == "approve":
        return ApproveForm(typed, application=found)
    if verb == "refuse":
        return RefuseForm(typed, application=found)
    return QuestionForm(typed) if verb == "ask" else None


def _act(verb: str, application_id: int, typed: dict[str, Any], *, at: datetime, by: str) -> Application:
    if verb == "approve":
        return approve_request(application_id=application_id, **typed, at=at, by=by)
    if verb == "refuse":
        return refuse_request(application_id=application_id, **typed, at=at, by=by)
    return ask_seller(application_id=application_id, **typed, at=at, by=by)


def _said(verb: str, done: Application) -> str:
    if verb == "ask":
        return _("Asked. It comes back to the queue once the seller has answered.")
    if verb == "refuse":
        return _("Refused. The seller reads the reasons, and what would turn each.")
    if done.state == "under_review":
        return _("Approved by you. It takes effect once another person approves the same amount.")
    return _("Approved. The contract is being drawn up for the seller to sign.")
