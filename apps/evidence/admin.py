"""The evidence log, for reading. `manage.py verify_evidence` proves it."""

from django.contrib import admin

from apps.core.admin import ViewOnlyAdmin
from apps.evidence.models import Head, Record, Seal


@admin.register(Record)
class RecordAdmin(ViewOnlyAdmin):
    list_display = ("position", "kind", "subject", "business_date", "by", "at")
    list_filter = ("kind",)
    search_fields = ("subject__exact", "hash__exact")
    ordering = ("-position",)


@admin.register(Head)
class HeadAdmin(ViewOnlyAdmin):
    list_display = ("position", "hash")


@admin.register(Seal)
class SealAdmin(ViewOnlyAdmin):
    list_display = ("business_date", "first_position", "last_position", "merkle_root", "sealed_at")
    ordering = ("-business_date",)
