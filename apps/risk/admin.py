"""Scores and limits, for reading."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ViewOnlyAdmin, money
from apps.risk.models import Assessment, Goal


@admin.register(Assessment)
class AssessmentAdmin(ViewOnlyAdmin):
    list_display = ("seller", "business_date", "score", "grade", "limit_money", "scorecard")
    list_select_related = ("seller",)
    list_filter = ("grade", "scorecard")
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-business_date", "-id")
    limit_money = money("limit", _("limit"))


@admin.register(Goal)
class GoalAdmin(ViewOnlyAdmin):
    list_display = ("seller", "name", "started_at", "target", "below", "set_on", "reached_on")
    list_select_related = ("seller",)
    list_filter = ("name",)
    search_fields = ("seller__name", "seller__external_id__exact")
    ordering = ("-id",)
