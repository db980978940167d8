"""Bank accounts, instructions and what banks booked, for reading. Account numbers are shown masked."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.banking.models import BankAccount, BankLine, Instruction, PaymentBatch
from apps.core.admin import ViewOnlyAdmin, ViewOnlyInline, money


@admin.register(BankAccount)
class BankAccountAdmin(ViewOnlyAdmin):
    list_display = ("holder", "masked", "bank", "purpose", "currency", "verified_at")
    list_filter = ("purpose", "currency")
    search_fields = ("holder",)
    fields = ("purpose", "holder", "bank", "masked", "currency", "verified_at")
    readonly_fields = ("masked",)


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
    list_display = ("reference", "kind", "subject", "amount_money", "business_date", "confirmed_on")
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
