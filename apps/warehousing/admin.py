"""Goods in store, for reading: warehouses' own pages write them. How far a price is believed is set here."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import GranaryAdmin, ViewOnlyAdmin, ViewOnlyInline, money
from apps.warehousing.models import (
    Commodity,
    CommodityPrice,
    MarginCall,
    Pledge,
    PledgedReceipt,
    PriceBasis,
    PriceFile,
    Warehouse,
    WarehouseReceipt,
)


@admin.register(Warehouse)
class WarehouseAdmin(ViewOnlyAdmin):
    list_display = ("code", "name", "operator", "region")
    search_fields = ("name", "code__exact")
    ordering = ("code",)


@admin.register(WarehouseReceipt)
class WarehouseReceiptAdmin(ViewOnlyAdmin):
    list_display = ("number", "warehouse", "holder", "commodity", "grade", "weight", "unit", "state", "valid_until")
    list_select_related = ("warehouse", "holder")
    list_filter = ("state", "commodity", "warehouse")
    search_fields = ("number__exact", "lot__exact", "holder__name")
    ordering = ("-id",)


class PledgedReceiptInline(ViewOnlyInline):
    model = PledgedReceipt
    fields = ("receipt", "weight", "confirmed_weight", "counted_by", "pledged_on", "secured_on", "released_on")


@admin.register(Pledge)
class PledgeAdmin(ViewOnlyAdmin):
    list_display = ("number", "seller", "pledgee", "subject", "value_money", "limit", "state", "price_is_stale")
    list_select_related = ("seller",)
    list_filter = ("state", "price_is_stale")
    search_fields = ("number__exact", "subject__exact", "seller__name")
    ordering = ("-id",)
    inlines = (PledgedReceiptInline,)
    value_money = money("value", _("value"))


@admin.register(PledgedReceipt)
class PledgedReceiptAdmin(ViewOnlyAdmin):
    list_display = ("receipt", "pledge", "weight", "confirmed_weight", "pledged_on", "released_on")
    list_select_related = ("receipt", "pledge")
    search_fields = ("receipt__number__exact", "pledge__number__exact")
    ordering = ("-id",)


@admin.register(MarginCall)
class MarginCallAdmin(ViewOnlyAdmin):
    list_display = ("pledge", "opened_on", "state", "ratio", "limit", "owed", "worth", "due_on")
    list_select_related = ("pledge",)
    list_filter = ("state",)
    search_fields = ("pledge__number__exact",)
    ordering = ("-opened_on", "-id")
    owed = money("outstanding", _("owed"))
    worth = money("value", _("value"))


@admin.register(Commodity)
class CommodityAdmin(GranaryAdmin):
    """Commodities come with their first price; the financier says how old a price may be, and how far it may step."""

    list_display = ("code", "name", "max_price_age", "largest_step", "source")
    search_fields = ("code", "name")
    ordering = ("code",)
    fields = ("code", "name", "max_price_age", "largest_step", "bushel_kg", "bag_kg", "source")
    readonly_fields = ("code",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(PriceBasis)
class PriceBasisAdmin(GranaryAdmin):
    """By which published price the goods of receipts are valued."""

    list_display = ("commodity", "grade", "priced_as")
    list_select_related = ("priced_as",)
    search_fields = ("commodity", "grade")
    ordering = ("commodity", "grade")
    fields = ("commodity", "grade", "priced_as")


@admin.register(PriceFile)
class PriceFileAdmin(ViewOnlyAdmin):
    list_display = ("name", "kind", "told", "landed", "rejected", "steps_accepted", "taken_in_at", "by")
    list_filter = ("kind", "steps_accepted")
    ordering = ("-taken_in_at",)


@admin.register(CommodityPrice)
class CommodityPriceAdmin(ViewOnlyAdmin):
    list_display = ("commodity", "on", "price_money", "unit", "source", "revision", "recorded_at")
    list_filter = ("commodity", "source")
    ordering = ("-on", "commodity", "-revision")
    price_money = money("price", _("price"))
