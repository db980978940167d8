"""Goods in store, for reading: warehouses' own pages write them. How far a price is believed is set here."""

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import GranaryAdmin, ViewOnlyAdmin, ViewOnlyInline, money, share, share_text
from apps.warehousing.models import (
    Commodity,
    CommodityPrice,
    GoodsSale,
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


class MarginCallInline(ViewOnlyInline):
    model = MarginCall
    fields = ("opened_on", "state", "ratio", "limit", "outstanding", "value", "cash_cure", "due_on", "ended_on")


@admin.register(Pledge)
class PledgeAdmin(ViewOnlyAdmin):
    list_display = (
        "number", "seller", "pledgee", "subject", "owed", "value_money", "loan_to_value", "limit_share", "room", "call",
        "price_is_stale", "state",
    )  # fmt: skip
    list_select_related = ("seller",)
    list_filter = ("state", "price_is_stale")
    search_fields = ("number__exact", "subject__exact", "seller__name")
    ordering = ("-id",)
    inlines = (PledgedReceiptInline, MarginCallInline)
    value_money = money("value", _("goods worth"))
    owed = money("outstanding", _("owed"))
    room = money("headroom", _("headroom"), is_column=False)
    limit_share = share("limit", _("limit"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pledge]:
        state = MarginCall.objects.open().filter(pledge=OuterRef("pk")).values("state")[:1]
        return super().get_queryset(request).annotate(call_state=Subquery(state))

    @admin.display(description=_("loan to value"))
    def loan_to_value(self, pledge: Pledge) -> str:
        return "" if pledge.ratio is None else share_text(pledge.ratio)

    @admin.display(description=_("margin call"))
    def call(self, pledge: Pledge) -> str:
        return (getattr(pledge, "call_state", None) or "").replace("_", " ")


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


@admin.register(GoodsSale)
class GoodsSaleAdmin(ViewOnlyAdmin):
    list_display = ("pledge", "sold_on", "price_money", "costs_money", "surplus_money", "buyer", "to_pledgee", "line")
    list_select_related = ("pledge", "line")
    search_fields = ("pledge__number__exact", "buyer")
    ordering = ("-sold_on", "-id")
    price_money = money("price", _("price"))
    costs_money = money("costs", _("costs"))
    surplus_money = money("surplus", _("surplus"))


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
