"""Admin bases. Rights come from the person's role; see users.models.RIGHTS."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline


class ViewOnlyAdmin(ModelAdmin):
    """Rows that only services write: everyone with a right to view sees them, nobody edits them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ViewOnlyInline(TabularInline):
    """Child rows shown beneath a parent, never edited."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False
