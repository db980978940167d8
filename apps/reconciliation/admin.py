"""Nights, control totals and breaks, for reading; the desk works them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ViewOnlyAdmin, ViewOnlyInline, money
from apps.core.wording import money_text
from apps.reconciliation.models import (
    Break,
    BreakNote,
    Clearing,
    ControlTotal,
    LargestSeller,
    Letter,
    MonthEnd,
    NightlyChunk,
    NightlyRun,
    NightlyStep,
    PortfolioFlow,
    PortfolioRow,
    RuleBook,
    SetAside,
    Standing,
    Suggestion,
    Vintage,
)


def figure(name: str, description: Any) -> Callable[[Any, ControlTotal], str]:
    """A list column that shows the figure `name` of a control total: money, or goods in their unit."""

    @admin.display(description=description, ordering=name)
    def column(_admin: Any, total: ControlTotal) -> str:
        value = getattr(total, name)
        return f"{value.normalize():,f} {total.unit}" if total.unit else money_text(value, total.currency)

    return column


class StepInline(ViewOnlyInline):
    model = NightlyStep
    fields = ("place", "name", "state", "done", "skipped", "failed", "total", "seconds", "reason")


class ControlTotalInline(ViewOnlyInline):
    model = ControlTotal
    fields = ("name", "opening_money", "movements_money", "closing_money", "difference_money")
    opening_money = figure("opening", _("opening"))
    movements_money = figure("movements", _("movements"))
    closing_money = figure("closing", _("closing"))
    difference_money = figure("difference", _("difference"))


@admin.register(NightlyRun)
class NightlyRunAdmin(ViewOnlyAdmin):
    list_display = ("business_date", "state", "started_at", "ended_at", "closed_by")
    list_filter = ("state",)
    ordering = ("-business_date",)
    inlines = (StepInline, ControlTotalInline)


@admin.register(NightlyStep)
class NightlyStepAdmin(ViewOnlyAdmin):
    list_display = ("run", "place", "name", "state", "done", "skipped", "failed", "seconds")
    list_select_related = ("run",)
    list_filter = ("state", "name")
    ordering = ("-run__business_date", "place")


@admin.register(NightlyChunk)
class NightlyChunkAdmin(ViewOnlyAdmin):
    list_display = ("run", "work", "first_seller", "last_seller", "done_at")
    list_select_related = ("run",)
    list_filter = (("done_at", admin.EmptyFieldListFilter), "work")
    ordering = ("-id",)


@admin.register(SetAside)
class SetAsideAdmin(ViewOnlyAdmin):
    list_display = ("run", "work", "seller_id", "error", "resolved_at")
    list_select_related = ("run",)
    ordering = ("-id",)


@admin.register(ControlTotal)
class ControlTotalAdmin(ViewOnlyAdmin):
    list_display = ("run", "name", "opening_money", "movements_money", "closing_money", "difference_money")
    list_select_related = ("run",)
    list_filter = ("name",)
    ordering = ("-run__business_date", "name")
    opening_money = figure("opening", _("opening"))
    movements_money = figure("movements", _("movements"))
    closing_money = figure("closing", _("closing"))
    difference_money = figure("difference", _("difference"))


@admin.register(Break)
class BreakAdmin(ViewOnlyAdmin):
    list_display = ("kind", "subject", "amount_money", "opened_on", "owner", "state")
    list_filter = ("state", "kind")
    search_fields = ("key__exact", "subject__exact")
    ordering = ("-opened_on", "-id")
    amount_money = money("amount", _("amount"))


@admin.register(BreakNote)
class BreakNoteAdmin(ViewOnlyAdmin):
    list_display = ("unexplained", "text", "name", "by", "at")
    list_select_related = ("unexplained",)
    exclude = ("content",)
    ordering = ("-id",)


@admin.register(Suggestion)
class SuggestionAdmin(ViewOnlyAdmin):
    list_display = ("unexplained", "rule", "lines", "expected", "difference_money", "accepted_by", "declined_by")
    list_select_related = ("unexplained",)
    list_filter = ("kind",)
    ordering = ("-id",)
    difference_money = money("difference", _("difference"), currency="unexplained.currency")


@admin.register(Clearing)
class ClearingAdmin(ViewOnlyAdmin):
    list_display = ("key", "rule", "difference_money", "account", "business_date", "by", "undone_by")
    list_filter = ("rule",)
    ordering = ("-id",)
    difference_money = money("difference", _("difference"))


@admin.register(RuleBook)
class RuleBookAdmin(ViewOnlyAdmin):
    list_display = ("number", "state", "reason", "proposed_by", "approved_by")
    list_filter = ("state",)
    ordering = ("-number",)


@admin.register(Letter)
class LetterAdmin(ViewOnlyAdmin):
    list_display = ("kind", "business_date", "subject", "sent_at")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(MonthEnd)
class MonthEndAdmin(ViewOnlyAdmin):
    list_display = ("month", "progress", "made_at", "sha256", "size", "asked_by", "error")
    ordering = ("-month",)


@admin.register(PortfolioRow)
class PortfolioRowAdmin(ViewOnlyAdmin):
    list_display = (
        "day", "product", "pool", "grade", "category", "region", "before", "bucket", "financings", "owed_money",
    )  # fmt: skip
    list_select_related = ("day", "product", "pool")
    list_filter = ("bucket", "product", "pool")
    ordering = ("-id",)
    owed_money = money("owed", _("owed"), "day.currency", is_column=False)


@admin.register(PortfolioFlow)
class PortfolioFlowAdmin(ViewOnlyAdmin):
    list_display = ("day", "product", "pool", "income_money", "expected_money", "collected_money")
    list_select_related = ("day", "product", "pool")
    list_filter = ("product", "pool")
    ordering = ("-id",)
    income_money = money("income", _("income"), "day.currency")
    expected_money = money("expected", _("expected"), "day.currency")
    collected_money = money("collected", _("collected"), "day.currency")


@admin.register(Standing)
class StandingAdmin(ViewOnlyAdmin):
    list_display = ("financing", "bucket", "since", "until", "principal_money")
    list_select_related = ("financing",)
    list_filter = ("bucket",)
    search_fields = ("financing__number__exact",)
    ordering = ("-id",)
    principal_money = money("principal", _("principal"), "financing.currency")


@admin.register(Vintage)
class VintageAdmin(ViewOnlyAdmin):
    list_display = (
        "month", "product", "pool", "grade", "category", "region", "late_after", "lost_after", "financings",
        "drawn_money", "lost_money",
    )  # fmt: skip
    list_select_related = ("product", "pool")
    list_filter = ("product", "pool")
    ordering = ("-month", "id")
    drawn_money = money("drawn", _("drawn"), "pool.currency")
    lost_money = money("lost", _("written off"), "pool.currency")


@admin.register(LargestSeller)
class LargestSellerAdmin(ViewOnlyAdmin):
    list_display = ("day", "product", "pool", "place", "seller", "financings", "owed_money")
    list_select_related = ("day", "product", "pool", "seller")
    ordering = ("-day_id", "id")
    owed_money = money("owed", _("owed"), "day.currency")
