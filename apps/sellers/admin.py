"""Sellers: staff keep their particulars and decide on their state."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.paginator import InfinitePaginator

from apps.core.admin import GranaryAdmin, Step, ViewOnlyAdmin, ViewOnlyInline, money, share
from apps.sellers.models import (
    Consent,
    Delivery,
    Invitation,
    Message,
    MessageSettings,
    Particulars,
    PayoutChange,
    Seller,
)
from apps.sellers.services import DecisionRefused, decide_on_seller
from apps.users.models import FINANCIERS

REMEMBERED = 300  # seconds


class ConsentInline(ViewOnlyInline):
    model = Consent
    fields = ("data", "audience", "given_on", "until", "withdrawn_at")


class CategoryFilter(admin.SimpleListFilter):
    """Which categories there are is remembered for some minutes: finding out takes as long as there are sellers."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known: list[str] = cache.get_or_set("categories-of-sellers", self._look, REMEMBERED) or []
        return [(one, one) for one in known if one]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Seller]) -> models.QuerySet[Seller]:
        return queryset.filter(category=self.value()) if self.value() else queryset

    @staticmethod
    def _look() -> list[str]:
        return list(Seller.objects.order_by("category").values_list("category", flat=True).distinct())


@admin.register(Seller)
class SellerAdmin(GranaryAdmin):
    """Staff change name, category, region, language and user; everything that money rests on is read here only."""

    steps = (
        Step("verify", _("Verify"), is_main=True),
        Step("request_info", _("Ask for information"), needs_reason=True),
        Step("reject", _("Reject"), needs_reason=True),
        Step("suspend", _("Suspend"), needs_reason=True),
        Step("resume", _("Lift the suspension"), is_main=True),
        Step("close", _("Close")),
    )
    refusals = (DecisionRefused,)
    list_display = ("name", "external_id", "category", "region", "state", "balance_money", "worst_days_past_due")
    list_filter = ("state", CategoryFilter)
    search_fields = ("name", "external_id__exact")
    ordering = ("-id",)  # the latest first: to sort a hundred thousand names for fifty of them takes too long
    paginator = InfinitePaginator  # counts nothing
    raw_id_fields = ("user",)
    inlines = (ConsentInline,)
    fieldsets = (
        (_("Particulars"), {"fields": ("external_id", "name", "category", "region", "language", "joined_on", "user")}),
        (
            _("Joining"),
            {"fields": ("state", "identity_done", "business_done", "payout_account_done", "data_consent_done")},
        ),
        (
            _("Money"),
            {"fields": ("payout_account", "payout_frozen", "sweep_cap_share", "balance_money", "worst_days_past_due")},
        ),
    )
    readonly_fields = (
        "external_id", "joined_on", "state", "identity_done", "business_done", "payout_account_done",
        "data_consent_done", "payout_account", "payout_frozen", "sweep_cap_share", "balance_money",
        "worst_days_past_due",
    )  # fmt: skip
    balance_money = money("balance", _("balance"))
    sweep_cap_share = share("sweep_cap", _("most of sales that all financings take"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sellers come from the platform's own feed."""
        return False

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        return decide_on_seller(seller_id=row.pk, decision=verb, reason=reason, at=at, by=by)


@admin.register(Consent)
class ConsentAdmin(ViewOnlyAdmin):
    list_display = ("seller", "data", "audience", "given_on", "until", "withdrawn_at")
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-given_on", "-id")


@admin.register(Particulars)
class ParticularsAdmin(ViewOnlyAdmin):
    """Who a seller is by law, for those who check it and those who audit the checking."""

    list_display = ("seller", "legal_form", "legal_name", "number_kind", "shop_number", "sells_since")
    list_select_related = ("seller",)
    search_fields = ("legal_name", "seller__external_id__exact")
    ordering = ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_view_permission(request, obj) and getattr(request.user, "role", "") not in FINANCIERS


@admin.register(Invitation)
class InvitationAdmin(ViewOnlyAdmin):
    list_display = ("seller", "invited_at", "expires_at", "accepted_at")
    list_select_related = ("seller",)
    fields = ("seller", "contact", "invited_at", "expires_at", "accepted_at")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)


@admin.register(PayoutChange)
class PayoutChangeAdmin(ViewOnlyAdmin):
    list_display = ("seller", "before", "account", "asked_at", "state")
    list_select_related = ("seller", "before", "account")
    list_filter = ("state",)
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)


class DeliveryInline(ViewOnlyInline):
    model = Delivery
    fields = ("channel", "due_at", "attempts", "last_fault", "sent_at", "gave_up_at")


@admin.register(Message)
class MessageAdmin(ViewOnlyAdmin):
    list_display = ("seller", "kind", "business_date", "created_at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)
    inlines = (DeliveryInline,)


@admin.register(Delivery)
class DeliveryAdmin(ViewOnlyAdmin):
    list_display = ("message", "channel", "due_at", "attempts", "last_fault", "sent_at", "gave_up_at")
    list_filter = ("channel",)
    list_select_related = ("message",)
    ordering = ("-id",)


@admin.register(MessageSettings)
class MessageSettingsAdmin(ViewOnlyAdmin):
    list_display = ("seller", "summary", "quiet_from", "quiet_until", "time_zone")
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("id",)
