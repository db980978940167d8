"""What moved, what was swept and what falls due, for reading; goods in pledge beside what they secure."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.admin import Step, ViewOnlyAdmin, ViewOnlyInline, money, person, quantity, share
from apps.core.wording import share_text
from apps.financing.refusals import SellerBusy
from apps.ledger.calendar import booking_date
from apps.repayment.goods import let_goods_go
from apps.repayment.models import Demand, Event, Movement, NearBreach, ReliefRequest, Sweep
from apps.tenants.services import current_platform
from apps.warehousing.models import MarginCall, Pledge, PledgedReceipt
from apps.warehousing.models.pledge import HOLDING_STATES
from apps.warehousing.refusals import PledgeRefused
from apps.warehousing.services import decline_release, take_back_goods, take_in_offered


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
    list_display = ("financing", "business_date", "kind", "reason", "total_money", "outstanding_money", "posted")
    list_select_related = ("financing",)
    list_filter = ("kind",)
    search_fields = ("financing__number__exact", "entry_key__exact")
    ordering = ("-id",)
    total_money = money("total", _("change"), "financing.currency", is_column=False)
    outstanding_money = money("outstanding", _("owed after it"), "financing.currency")

    @admin.display(description=_("posted by"))
    def posted(self, row: Movement) -> str:
        """The entry that carries it, with the way to its postings."""
        address = f"{reverse('admin:ledger_entry_changelist')}?{urlencode({'q': row.entry_key})}"
        return format_html('<a class="underline" href="{}">{}</a>', address, row.entry_key)


@admin.register(Demand)
class DemandAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "kind", "due_on", "amount_money", "paid_money", "state")
    list_select_related = ("financing",)
    list_filter = ("state", "kind")
    search_fields = ("financing__number__exact",)
    ordering = ("-due_on", "-id")
    amount_money = money("amount", _("amount"), "financing.currency")
    paid_money = money("paid", pgettext_lazy("demand", "paid"), "financing.currency")


@admin.register(NearBreach)
class NearBreachAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "checked_on", "expected_money", "paid_money")
    list_select_related = ("financing",)
    search_fields = ("financing__number__exact",)
    date_hierarchy = "checked_on"
    ordering = ("-checked_on", "-id")
    expected_money = money("expected", _("expected by then"), "financing.currency")
    paid_money = money("paid", pgettext_lazy("demand", "paid"), "financing.currency")


@admin.register(Event)
class EventAdmin(ViewOnlyAdmin):
    list_display = ("financing", "number", "kind", "effective_on", "business_date", "amount_money", "by", "state")
    list_select_related = ("financing",)
    list_filter = ("state", "kind")
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"), "financing.currency")


@admin.register(ReliefRequest)
class ReliefRequestAdmin(ViewOnlyAdmin):
    list_display = ("financing", "kind", "days", "part", "more", "asked_on", "answer_by", "decided_by", "state")
    list_select_related = ("financing",)
    list_filter = ("state", "kind")
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)


class PledgedReceiptInline(ViewOnlyInline):
    model = PledgedReceipt
    hide_title = True
    fields = ("receipt", "goods", "on_paper", "counted", "counter", "pledged_on", "secured_on", "released_on")
    on_paper = quantity("weight", _("on paper"), "receipt.unit")
    counted = quantity("confirmed_weight", _("counted"), "receipt.unit")
    counter = person("counted_by", _("counted by"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[PledgedReceipt]:
        return super().get_queryset(request).select_related("receipt")

    @admin.display(description=_("goods"))
    def goods(self, row: PledgedReceipt) -> str:
        return f"{row.receipt.commodity}, {row.receipt.grade}"


class MarginCallInline(ViewOnlyInline):
    model = MarginCall
    hide_title = True
    fields = ("opened_on", "state", "loan_to_value", "most", "owed", "worth", "cash", "due_on", "ended_on")
    loan_to_value = share("ratio", _("loan to value"))
    most = share("limit", _("at most"))
    owed = money("outstanding", _("owed"))
    worth = money("value", _("goods worth"))
    cash = money("cash_cure", _("cured by cash"))


@admin.register(Pledge)
class PledgeAdmin(ViewOnlyAdmin):
    """The financier's portfolio of goods, and the financier's word on what sellers offer and ask back."""

    list_display = (
        "number", "seller", "owed", "value_money", "loan_to_value", "limit_share", "room", "call",
        "price_is_stale", "state",
    )  # fmt: skip
    list_select_related = ("seller",)
    list_filter = ("state", "price_is_stale")
    search_fields = ("number__exact", "subject__exact", "seller__name")
    ordering = ("-id",)
    inlines = (PledgedReceiptInline, MarginCallInline)
    fieldsets = (
        (None, {"fields": ("number", "state", "seller", "pledgee", "secures", "counter", "approver")}),
        (_("Last night"), {"fields": (
            "valued_on", "value_money", "lendable_money", "owed", "loan_to_value", "room", "price_is_stale",
        )}),
        (_("As agreed"), {"fields": ("limit_share", "watch", "haircuts", "age", "lot_cap")}),
    )  # fmt: skip
    steps = (
        Step("take_in", _("Take in the offered goods"), is_main=True, right="decide"),
        Step("give_back", _("Give the offered goods back"), right="decide"),
        Step("release", _("Let the goods go"), is_main=True, right="decide"),
        Step("decline_release", _("Keep the goods"), needs_reason=True, right="decide"),
    )
    refusals = (PledgeRefused, SellerBusy)
    value_money = money("value", _("goods worth"))
    lendable_money = money("lendable", _("they lend"))
    owed = money("outstanding", _("owed"))
    room = money("headroom", _("headroom"), is_column=False)
    limit_share = share("limit", _("at most"))
    counter = person("warehouse_confirmed_by", _("counted by"))
    approver = person("financier_confirmed_by", _("taken in by"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pledge]:
        state = MarginCall.objects.open().filter(pledge=OuterRef("pk")).values("state")[:1]
        return super().get_queryset(request).annotate(call_state=Subquery(state))

    def steps_for(self, request: HttpRequest, row: Any) -> list[Step]:
        is_offered = row.state in HOLDING_STATES and row.pledged_receipts.asked().exists()
        now = {"take_in", "give_back"} if is_offered else set()
        if row.state == "release_requested":
            now = {"release", "decline_release"}
        return [step for step in self.steps if step.verb in now and self.may_take(request, step)]

    def take_step(self, verb: str, *, row: Any, reason: str, at: datetime, by: str) -> models.Model | None:
        today = current_platform().business_date(at)
        match verb:
            case "take_in":
                return take_in_offered(pledge_id=row.pk, on=booking_date(today), at=at, by=by)
            case "give_back":
                take_back_goods(pledge_id=row.pk, on=booking_date(today), at=at, by=by)
            case "release":
                return let_goods_go(pledge_id=row.pk, asked_on=today, at=at, by=by)
            case _:
                decline_release(pledge_id=row.pk, reason=reason, at=at, by=by)
        return None

    @admin.display(description=_("secures"))
    def secures(self, pledge: Pledge) -> str:
        """The financing, or the application for one, with the way there."""
        kind, _colon, key = pledge.subject.partition(":")
        if kind not in {"financing", "application"}:
            return pledge.subject
        return format_html('<a href="{}">{}</a>', reverse(f"admin:financing_{kind}_change", args=[key]), pledge.subject)

    @admin.display(description=_("haircuts"))
    def haircuts(self, pledge: Pledge) -> str:
        terms = pledge.lending
        lines = [f"{grade.replace('/', ', ')}: {share_text(cut)}" for grade, cut in sorted(terms.haircuts.items())]
        lines.append(_("all other goods: %(share)s") % {"share": share_text(terms.other_grades)})
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))  # nosec B308 B703

    @admin.display(description=_("lost by lying"))
    def age(self, pledge: Pledge) -> str:
        age = pledge.lending.age
        if not age.a_day:
            return str(_("nothing"))
        shares = {"free": age.free_days, "share": share_text(age.a_day), "most": share_text(age.at_most)}
        return _("nothing for %(free)s days, then %(share)s a day, never more than %(most)s") % shares

    @admin.display(description=_("a lot lends at most"))
    def lot_cap(self, pledge: Pledge) -> str:
        return _("%(share)s of what all the goods are worth") % {"share": share_text(pledge.lending.lot_cap)}

    @admin.display(description=_("watched from"))
    def watch(self, pledge: Pledge) -> str:
        return share_text(pledge.limit * pledge.lending.watch_at)

    @admin.display(description=_("loan to value"))
    def loan_to_value(self, pledge: Pledge) -> str:
        return "" if pledge.ratio is None else share_text(pledge.ratio)

    @admin.display(description=_("margin call"))
    def call(self, pledge: Pledge) -> str:
        return (getattr(pledge, "call_state", None) or "").replace("_", " ")
