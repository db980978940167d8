"""Orders and proceeds, for reading: they come from the platform's feeds."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ViewOnlyAdmin, money
from apps.orders.models import FeedFile, Order, Proceeds, Settlement
from apps.sellers.models import Seller
from apps.sellers.services import ORDERS
from apps.users.models import FINANCIERS


@admin.register(Order)
class OrderAdmin(ViewOnlyAdmin):
    """Financiers read the orders of sellers who let them, and of nobody else from the moment consent is taken back."""

    list_display = ("external_id", "seller", "paid_money", "refunded_money", "placed_at", "state", "flagged")
    list_select_related = ("seller",)
    list_filter = ("state", "flagged")
    search_fields = ("external_id__exact", "seller__external_id__exact")
    ordering = ("-id",)
    paid_money = money("paid", _("paid by the buyer"))
    refunded_money = money("refunded", _("refunded"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders = super().get_queryset(request)
        if getattr(request.user, "role", "") in FINANCIERS:
            return orders.filter(seller__in=Seller.objects.consenting(ORDERS, timezone.localdate()))
        return orders


@admin.register(Proceeds)
class ProceedsAdmin(ViewOnlyAdmin):
    list_display = ("key", "seller", "kind", "amount_money", "settled_on", "booked_on")
    list_select_related = ("seller",)
    list_filter = ("kind",)
    search_fields = ("key__exact", "seller__external_id__exact")
    ordering = ("-id",)
    amount_money = money("amount", _("amount"))


@admin.register(FeedFile)
class FeedFileAdmin(ViewOnlyAdmin):
    list_display = ("name", "kind", "lines", "landed", "rejected", "taken_in_at", "by")
    list_filter = ("kind",)
    ordering = ("-taken_in_at",)


@admin.register(Settlement)
class SettlementAdmin(ViewOnlyAdmin):
    list_display = ("payout", "settled_on", "booked_on", "total_money", "fees_money")
    search_fields = ("payout__exact",)
    ordering = ("-id",)
    total_money = money("total", _("total"))
    fees_money = money("fees", _("fees"))
