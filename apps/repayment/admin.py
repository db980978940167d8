"""What moved, what was swept and what falls due, for reading."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ViewOnlyAdmin, money
from apps.repayment.models import Demand, Event, Movement, NearBreach, PauseRequest, Sweep


@admin.register(Sweep)
class SweepAdmin(ViewOnlyAdmin):
    list_display = ("seller", "business_date", "captured_money", "kept_money", "paid_out_money", "state")
    list_select_related = ("seller",)
    list_filter = ("state",)
    date_hierarchy = "business_date"
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-business_date", "-id")
    captured_money = money("captured", _("captured"))
    kept_money = money("kept", _("kept"))
    paid_out_money = money("paid_out", _("paid out"))


@admin.register(Movement)
class MovementAdmin(ViewOnlyAdmin):
    list_display = ("financing", "business_date", "kind", "reason", "total_money", "outstanding_money")
    list_select_related = ("financing",)
    list_filter = ("kind",)
    search_fields = ("financing__number__exact", "entry_key__exact")
    ordering = ("-id",)
    total_money = money("total", _("change"), "financing.currency", is_column=False)
    outstanding_money = money("outstanding", _("owed after it"), "financing.currency")


@admin.register(Demand)
class DemandAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "kind", "due_on", "amount_money", "paid_money", "state")
    list_select_related = ("financing",)
    list_filter = ("state", "kind")
    search_fields = ("financing__number__exact",)
    ordering = ("-due_on", "-id")
    amount_money = money("amount", _("amount"), "financing.currency")
    paid_money = money("paid", _("paid"), "financing.currency")


@admin.register(NearBreach)
class NearBreachAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "checked_on", "expected_money", "paid_money")
    list_select_related = ("financing",)
    search_fields = ("financing__number__exact",)
    date_hierarchy = "checked_on"
    ordering = ("-checked_on", "-id")
    expected_money = money("expected", _("expected by then"), "financing.currency")
    paid_money = money("paid", _("paid"), "financing.currency")


@admin.register(Event)
class EventAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "kind", "effective_on", "business_date", "amount_money", "by", "state")
    list_select_related = ("financing",)
    list_filter = ("state", "kind")
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"), "financing.currency")


@admin.register(PauseRequest)
class PauseRequestAdmin(ViewOnlyAdmin):
    list_display = ("financing", "days", "asked_on", "decided_by", "state")
    list_select_related = ("financing",)
    list_filter = ("state",)
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)
