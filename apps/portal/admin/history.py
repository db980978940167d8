"""The log of state changes, in words."""

from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.core.admin import TransitionAdmin
from apps.core.models import Transition
from apps.portal.history import given_reason, model_of, verb_of_row
from apps.portal.states import state_of_row

admin.site.unregister(Transition)


@admin.register(Transition)
class HistoryAdmin(TransitionAdmin):
    """Every move of every row. An export holds the same words."""

    list_display = ("at", "of_what", "object_id", "done", "was", "became", "by", "why")
    fields = readonly_fields = list_display

    @admin.display(description=_("model"), ordering="model")
    def of_what(self, row: Transition) -> str:
        return capfirst(model_of(row.model))

    @admin.display(description=_("verb"), ordering="verb")
    def done(self, row: Transition) -> str:
        return verb_of_row(row.model, row.verb)

    @admin.display(description=_("from"), ordering="source")
    def was(self, row: Transition) -> str:
        return state_of_row(row.model, row.source)

    @admin.display(description=_("to"), ordering="target")
    def became(self, row: Transition) -> str:
        return state_of_row(row.model, row.target)

    @admin.display(description=_("reason"), ordering="reason")
    def why(self, row: Transition) -> str:
        return given_reason(row.reason)
