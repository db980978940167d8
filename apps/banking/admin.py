"""Bank accounts, instructions and what banks booked, for reading. Account numbers are shown masked."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.banking.models import (
    BankAccount,
    BankLine,
    BankStatement,
    CsvMapping,
    GroupedPayment,
    Instruction,
    PaymentAnswer,
    PaymentBatch,
    StatementEntry,
    StatementFile,
)
from apps.core.admin import ViewOnlyAdmin, ViewOnlyInline, money


@admin.register(BankAccount)
class BankAccountAdmin(ViewOnlyAdmin):
    list_display = ("holder", "masked_number", "bank", "purpose", "currency", "verified_at")
    list_filter = ("purpose", "currency")
    search_fields = ("holder",)
    fields = ("purpose", "holder", "bank", "bic", "masked_number", "currency", "verified_at")
    readonly_fields = ("masked_number",)

    @admin.display(description=_("number"))
    def masked_number(self, row: BankAccount) -> str:
        return row.masked


class InstructionInline(ViewOnlyInline):
    model = Instruction
    fields = ("reference", "kind", "subject", "amount_money", "confirmed_on")
    amount_money = money("amount", _("amount"))


@admin.register(PaymentBatch)
class PaymentBatchAdmin(ViewOnlyAdmin):
    list_display = ("key", "business_date", "number_of_payments", "total_money", "state")
    list_filter = ("state",)
    ordering = ("-business_date", "-id")
    inlines = (InstructionInline,)
    total_money = money("total", _("total"))


@admin.register(Instruction)
class InstructionAdmin(ViewOnlyAdmin):
    list_display = ("reference", "kind", "subject", "amount_money", "business_date", "confirmed_on", "failed_on")
    list_filter = ("kind",)
    search_fields = ("reference__exact", "subject__exact")
    ordering = ("-id",)
    amount_money = money("amount", _("amount"))


@admin.register(BankLine)
class BankLineAdmin(ViewOnlyAdmin):
    list_display = ("booked_on", "purpose", "reference", "amount_money", "matched_to")
    list_filter = ("purpose",)
    search_fields = ("reference__exact", "key__exact")
    ordering = ("-booked_on", "-id")
    amount_money = money("amount", _("amount"))


@admin.register(CsvMapping)
class CsvMappingAdmin(ViewOnlyAdmin):
    list_display = ("account", "made_at", "made_by")
    list_select_related = ("account",)
    ordering = ("-id",)


@admin.register(StatementFile)
class StatementFileAdmin(ViewOnlyAdmin):
    list_display = ("name", "format", "version", "size", "taken_in_at", "by")
    list_filter = ("format",)
    search_fields = ("sha256__exact",)
    ordering = ("-id",)


@admin.register(BankStatement)
class BankStatementAdmin(ViewOnlyAdmin):
    list_display = ("number", "kind", "opening_money", "closing_money", "adds_up", "entry_count", "state")
    list_filter = ("kind", "state")
    search_fields = ("number__exact",)
    ordering = ("-id",)
    opening_money = money("opening", _("opening"))
    closing_money = money("closing", _("closing"))


@admin.register(StatementEntry)
class StatementEntryAdmin(ViewOnlyAdmin):
    list_display = ("place", "booked_on", "reference", "amount_money", "status")
    list_filter = ("status",)
    search_fields = ("bank_reference__exact",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"))


@admin.register(GroupedPayment)
class GroupedPaymentAdmin(ViewOnlyAdmin):
    list_display = ("entry", "position", "reference", "amount_money")
    list_select_related = ("entry",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"))


@admin.register(PaymentAnswer)
class PaymentAnswerAdmin(ViewOnlyAdmin):
    list_display = ("name", "batch", "status", "rejected", "taken_in_at", "by")
    list_select_related = ("batch",)
    ordering = ("-id",)
