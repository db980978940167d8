"""Offers, contracts and financings for reading, approval limits; the studio of products is loaded from here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.admin import GranaryAdmin, RefusingForm, ViewOnlyAdmin, ViewOnlyInline, money, person
from apps.core.wording import money_text
from apps.financing.models import (
    Allocation,
    ApplicationFile,
    ApprovalLimit,
    Contract,
    FinancedOrder,
    Financing,
    Offer,
    Participation,
    Promise,
    Remark,
    Share,
)
from apps.financing.models.mandate import DECIDING_ROLES
from apps.financing.refusals import RequestRefused
from apps.financing.services import set_approval_limit
from apps.financing.services.limits import check_approval_limit
from apps.financing.studio import StudioAdmin
from apps.products.groups import TECHNIQUE_NAMES
from apps.tenants.services import current_platform
from apps.users.models import User

__all__ = ["StudioAdmin"]  # the page of a version, which registers itself


@admin.register(Offer)
class OfferAdmin(ViewOnlyAdmin):
    list_display = ("seller", "product_code", "maximum_money", "made_on", "expires_on", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "version__product")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    maximum_money = money("maximum_amount", _("up to"))


@admin.register(Remark)
class RemarkAdmin(ViewOnlyAdmin):
    list_display = ("application", "kind", "by", "at", "text")
    list_select_related = ("application",)
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(ApplicationFile)
class ApplicationFileAdmin(ViewOnlyAdmin):
    list_display = ("application", "name", "media_type", "size", "added_at")
    list_select_related = ("application",)
    list_filter = ("media_type",)
    ordering = ("-id",)
    exclude = ("original", "shown")


class ApprovalLimitForm(RefusingForm):
    """Whose limit, how much, and why."""

    refusals = (RequestRefused,)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "person" in self.fields:
            deciding = User.objects.filter(role__in=DECIDING_ROLES, is_active=True).order_by("name", "pk")
            self.fields["person"].queryset = deciding  # type: ignore[attr-defined]  # it has one

    def check(self) -> None:
        check_approval_limit(self.instance)


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(GranaryAdmin):
    """How much people may approve alone. What it was stays on the evidence log; nothing is deleted, 0 is no right."""

    form = ApprovalLimitForm
    list_display = ("whom", "alone", "because", "setter", "set_at")
    list_select_related = ("person",)
    fields = ("role", "person", "most", "because", "setter", "set_at")
    ordering = ("id",)
    setter = person("set_by", _("set by"))

    @admin.display(description=_("whom"))
    def whom(self, row: ApprovalLimit) -> str:
        return str(row)

    @admin.display(description=_("most alone"), ordering="most")
    def alone(self, row: ApprovalLimit) -> str:
        return money_text(row.most, current_platform().currency)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["setter", "set_at"] if obj is None else ["role", "person", "setter", "set_at"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        by = request.user.actor  # type: ignore[union-attr]  # the admin lets only our users in
        set_approval_limit(limit=obj, at=timezone.now(), by=by)


@admin.register(Contract)
class ContractAdmin(ViewOnlyAdmin):
    """The stored paper is handed out by the portal, which checks it against its hash."""

    list_display = ("number", "seller", "language", "rendered_at", "signed_at", "state")
    list_select_related = ("seller",)
    list_filter = ("state", "language")
    search_fields = ("number__exact", "seller__name")
    ordering = ("-id",)
    exclude = ("document",)


class FinancedOrderInline(ViewOnlyInline):
    model = FinancedOrder
    fields = ("order", "value_money", "released_on")
    value_money = money("eligible_value", _("eligible value"), "financing.currency")


class ParticipationInline(ViewOnlyInline):
    model = Participation
    verbose_name_plural = _("who funds it")
    fields = ("pool", "amount_money", "principal_money", "is_first_loss")
    amount_money = money("amount", _("put in"), "financing.currency")
    principal_money = money("principal", _("still out"), "financing.currency")


@admin.register(Financing)
class FinancingAdmin(ViewOnlyAdmin):
    list_display = ("number", "seller", "way", "amount_money", "outstanding_money", "days_past_due", "bucket", "state")
    list_select_related = ("seller", "version")
    list_filter = ("state", "version__product__technique", "pool")
    search_fields = ("number__exact", "seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    readonly_fields = ("bucket",)
    inlines = (ParticipationInline, FinancedOrderInline)
    amount_money = money("amount", _("amount"))
    outstanding_money = money("outstanding", _("owed"), is_column=False)

    @admin.display(description=_("technique"), ordering="technique")
    def way(self, row: Financing) -> str:
        return str(TECHNIQUE_NAMES.get(row.technique, row.technique))

    @admin.display(description=_("bucket"), ordering="days_past_due")
    def bucket(self, row: Financing) -> str:
        return row.bucket


@admin.register(Participation)
class ParticipationAdmin(ViewOnlyAdmin):
    """The parts of financings that several pools fund."""

    list_display = (
        "pool", "financing", "amount_money", "principal_money", "income_money", "lost_money", "recovered_money",
        "is_first_loss",
    )  # fmt: skip
    list_select_related = ("pool", "financing")
    list_filter = ("pool", "is_first_loss")
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)
    amount_money = money("amount", _("put in"), "financing.currency")
    principal_money = money("principal", _("still out"), "financing.currency")
    income_money = money("income", _("income"), "financing.currency")
    lost_money = money("lost", _("lost"), "financing.currency")
    recovered_money = money("recovered", _("recovered"), "financing.currency")


@admin.register(Promise)
class PromiseAdmin(ViewOnlyAdmin):
    """What pools have promised to contracts that wait for a signature, or waited for one."""

    list_display = ("pool", "application", "amount_money", "is_first_loss")
    list_select_related = ("pool", "application")
    list_filter = ("pool", "application__state")
    ordering = ("-id",)
    amount_money = money("amount", _("amount"), "application.currency")


@admin.register(Share)
class ShareAdmin(ViewOnlyAdmin):
    """Every movement of a shared financing, pool by pool."""

    list_display = ("business_date", "participation", "kind", "principal_money", "income_money", "key")
    list_select_related = ("participation__pool", "participation__financing")
    list_filter = ("kind", "participation__pool")
    search_fields = ("participation__financing__number__exact", "key__exact")
    ordering = ("-id",)
    principal_money = money("principal", _("principal"), "participation.financing.currency")
    income_money = money("income", _("income"), "participation.financing.currency")


@admin.register(Allocation)
class AllocationAdmin(ViewOnlyAdmin):
    list_display = ("plan", "offer", "pool", "amount_money")
    list_select_related = ("plan", "offer", "pool")
    list_filter = ("pool",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"), "plan.currency")


@admin.register(FinancedOrder)
class FinancedOrderAdmin(ViewOnlyAdmin):
    list_display = ("financing", "order", "value_money", "released_on")
    list_select_related = ("financing", "order")
    search_fields = ("financing__number__exact", "order__external_id__exact")
    ordering = ("-id",)
    value_money = money("eligible_value", _("eligible value"), "financing.currency")
